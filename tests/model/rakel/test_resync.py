"""Whatever comes over the line before: a clean line after it is understood, and a command gets its own answer."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.rakel.pei import commands
from bridge.rakel.pei.codes import TxGrant
from bridge.rakel.pei.framing import Line, LineReader, Overlong
from bridge.rakel.pei.identity import Identity
from bridge.rakel.pei.indications import Indication, ShortData, SignalReport, TransmissionGrant
from bridge.rakel.pei.session import Answered, Indicated, Outcome, Output, Session
from tests.unit.rakel import dialogue

CAPTURED = b"".join(dialogue.said_in(name) for name in dialogue.names())
CLEAN = b"\r\n+CTXG: 9,3,0,0,0,23404\r\n"
UNDERSTOOD = TransmissionGrant(9, TxGrant.GRANTED_TO_ANOTHER, True, Identity(23404))
QUIET_S = 60.0

LINES = st.sampled_from(CAPTURED.split(b"\r\n")).map(lambda line: b"\r\n" + line + b"\r\n")
TORN = st.tuples(LINES, st.integers(0, 40)).map(lambda torn: torn[0][: torn[1]])
DOUBLED = LINES.map(lambda line: line * 2)
NOISE = st.binary(max_size=200)
OVERLONG = st.integers(1000, 3000).map(lambda length: b"x" * length)
FINALS = st.sampled_from([b"\r\nOK\r\n", b"\r\nERROR\r\n", b"\r\n+CME ERROR: 35\r\n", b"\r\n+CME ERROR: 999999999\r\n"])
ANYTHING = st.lists(st.one_of(LINES, TORN, DOUBLED, NOISE, OVERLONG, FINALS), max_size=20).map(b"".join)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[begin:end] for begin, end in itertools.pairwise(edges)]


def heard(outputs: list[Output]) -> list[Indication]:
    return [output.indication for output in outputs if isinstance(output, Indicated)]


@given(ANYTHING, st.lists(st.integers(0, 10_000), max_size=30))
@settings(max_examples=300, deadline=None)
@pytest.mark.slow
def test_lines_are_the_same_however_the_bytes_are_cut(data: bytes, places: list[int]) -> None:
    reader = LineReader()
    pieces: list[Line | Overlong] = [line for piece in cut(data, places) for line in reader.feed(piece)]
    assert pieces == LineReader().feed(data)


@given(ANYTHING, st.lists(st.integers(0, 10_000), max_size=10))
@settings(max_examples=300, deadline=None)
@pytest.mark.slow
def test_what_is_heard_is_the_same_however_the_bytes_are_cut(data: bytes, places: list[int]) -> None:
    session = Session()
    pieces = [said for piece in cut(data, places) for said in heard(session.feed(piece, 0.0))]
    assert pieces == heard(Session().feed(data, 0.0))


@given(ANYTHING)
@settings(max_examples=500, deadline=None)
@pytest.mark.slow
def test_after_anything_a_clean_line_is_understood(noise: bytes) -> None:
    session = Session()
    session.feed(noise + b"\r\n", 0.0)
    said = [one for one in heard(session.feed(CLEAN, QUIET_S)) if not isinstance(one, ShortData)]
    assert said == [UNDERSTOOD], "beside a message whose data never came"


@given(ANYTHING, ANYTHING)
@settings(max_examples=500, deadline=None)
@pytest.mark.slow
def test_after_anything_the_next_command_gets_its_own_answer_and_every_command_one(before: bytes, amid: bytes) -> None:
    session = Session()
    session.feed(before, 0.0)
    first, sent = session.send(commands.plain("registration"), 1.0)
    outputs = [*sent, *session.feed(amid, 1.1)]
    at_s = 2.0
    while (due_s := session.next_due_s()) is not None:
        at_s = max(at_s, due_s)
        outputs += session.tick(at_s)
    session.feed(b"\r\n", at_s + QUIET_S)
    second, sent = session.send(commands.plain("signal"), at_s + QUIET_S)
    outputs += [*sent, *session.feed(b"\r\n+CSQ: 17,99\r\n\r\nOK\r\n", at_s + QUIET_S)]
    answered = [output for output in outputs if isinstance(output, Answered)]
    assert [one.token for one in answered] == [first, second]
    assert (answered[1].outcome, answered[1].lines) == (Outcome.OK, (SignalReport(17),))


@given(ANYTHING)
@settings(max_examples=300, deadline=None)
@pytest.mark.slow
def test_noise_grants_nothing_that_was_not_written_in_it(noise: bytes) -> None:
    """Only a line that says so is a grant."""
    granted = [said for said in heard(Session().feed(noise, 0.0)) if isinstance(said, TransmissionGrant)]
    lines = [line.text for line in LineReader().feed(noise) if isinstance(line, Line)]
    assert len(granted) <= sum("CTXG" in text.upper() for text in lines)
