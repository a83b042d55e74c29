"""What real terminals say, kind by kind and defect by defect, and what bridge.rakel makes of it.

The dialogues lie in `fixtures_captured`, see `dialogue`. Each stands for one kind of line or one defect. It has been
seen on a real line or has made another program stumble.
"""

import pytest

from tests.unit.rakel.dialogue import INPUTS, Dialogue, lines_of, names, on_the_wire, said_in

KINDS = (
    *("CTICN", "CTOCP", "CTCC", "CTCR", "CTXG", "CDTXC", "CTXI", "CTXW", "CTXN", "CTXD", "CUTXC", "CTGS", "CTOM"),
    *("CREG", "CSQ", "CLVL", "CTDGR", "CTSDSR", "CMGS", "CNUMF", "GMI", "GMM", "CME ERROR"),
)


@pytest.mark.parametrize("name", names())
def test_a_dialogue_has_the_outcome_written_in_it(name: str) -> None:
    dialogue = Dialogue()
    played: list[str] = []
    for line in lines_of(name):
        if line.startswith(INPUTS):
            played += [line, *dialogue.play(line)]
    assert played == lines_of(name)


@pytest.mark.parametrize("name", names())
def test_a_dialogue_that_comes_byte_by_byte_has_the_same_outcome(name: str) -> None:
    dialogue = Dialogue()
    played: list[str] = []
    for line in lines_of(name):
        if line.startswith("<"):
            played += [line, *(outcome for byte in on_the_wire(line) for outcome in dialogue.hear(bytes([byte])))]
        elif line.startswith(INPUTS):
            played += [line, *dialogue.play(line)]
    assert played == lines_of(name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_line_is_in_a_dialogue(kind: str) -> None:
    assert any(f"+{kind}:".encode() in said_in(name) for name in names())
