"""The file of an exercise. The tests say what it may hold, how a fault in it is told, and what a dry run shows."""

import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from bridge import words
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Unusable
from bridge.words import say
from hardware.simulator.exercise import scenario as s
from hardware.simulator.exercise.player import told
from hardware.simulator.exercise.results import Result, Results
from hardware.simulator.exercise.scenario import find_scenario, read_scenario
from hardware.simulator.exercise.texts import teller

GOOD = """name = "Övning"

[[telephone]]
number = "08-465 004 00"
manner = "busy"

[[step]]
do = "open"

[[step]]
do = "expect"
what = "present"
at_least = 2

[[step]]
do = "radio"
issi = 1401001
gssi = 2401
says = "Framme"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.toml"
    path.write_text(text)
    return path


def test_a_scenario_is_read_step_by_step(tmp_path: Path) -> None:
    found = read_scenario(written(tmp_path, GOOD))
    assert found.step == (
        s.Open(),
        s.Expect(what="present", at_least=2),
        s.Radio(issi=1401001, gssi=2401, says="Framme"),
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "remedy"),
    [
        ('do = "expect"', 'do = "expects"', 11, "do", "`open`, `patch`, `call_in`"),
        ('what = "present"', 'what = "glad"', 12, "what", "`ready`, `joined`, `answered`"),
        ("at_least = 2", "at_least = 2.5", 13, "at_least", "a whole number"),
        ("at_least = 2", "", 12, "what", "add one"),
        ('what = "present"', 'what = "target"', 12, "what", "add them"),
        ('do = "open"', 'do = "end"', 8, "do", 'put a step `do = "open"` before this'),
        ('do = "radio"', 'do = "open"', 17, "issi", "Correct its spelling"),
        ("issi = 1401001", "issi = 0", 17, "issi", "1 to 16777215"),
        ('says = "Framme"', "", 15, "says", "in quotes"),
        ('number = "08-465 004 00"', 'number = "growler"', 4, "number", "no telephone number"),
        ('manner = "busy"', 'manner = "shy"', 5, "manner", "`answers`, `rings_out`"),
        ('name = "Övning"', 'name = ""', 1, "name", "in quotes"),
        ('name = "Övning"', 'title = "Övning"', 1, "title", "Correct its spelling"),
    ],
)
def test_a_fault_is_told_with_its_line_its_field_and_a_remedy(
    tmp_path: Path, old: str, new: str, line: int, field: str, remedy: str
) -> None:
    assert old in GOOD
    with pytest.raises(Unusable) as caught:
        read_scenario(written(tmp_path, GOOD.replace(old, new, 1)))
    told = say(caught.value.reason, Language.EN)
    assert f"scenario.toml, line {line}: {field}: " in told
    assert remedy in told


def test_a_telephone_of_a_scenario_may_forward_to_one_that_is_there_anyway_and_not_in_a_ring(tmp_path: Path) -> None:
    forwards = 'manner = "forwards"\nto = "{}"'
    elsewhere = GOOD.replace('manner = "busy"', forwards.format("070-174 06 10"))
    assert len(read_scenario(written(tmp_path, elsewhere)).telephone) == 1
    with pytest.raises(Unusable, match=r"telephone_forwards_to_none.*place=to.*line=6"):
        read_scenario(written(tmp_path, GOOD.replace('manner = "busy"', forwards.format("08-465 004 00"))))


def test_no_conference_is_opened_twice(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"scenario_open_twice.*line=22"):
        read_scenario(written(tmp_path, GOOD + '\n[[step]]\ndo = "open"\n'))


def test_a_shipped_scenario_is_found_by_its_name_and_another_is_told_of(tmp_path: Path) -> None:
    assert find_scenario("storm.toml") == find_scenario("storm")
    own = written(tmp_path, GOOD)
    assert find_scenario(str(own)) == own
    with pytest.raises(Unusable, match=r"scenario_not_found\(given=flood\.toml, known=.*storm\.toml"):
        find_scenario("flood.toml")


@pytest.mark.parametrize("path", sorted(s.SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_read(path: Path) -> None:
    assert isinstance(read_scenario(path).step[-1], s.Expect)


@pytest.mark.parametrize("language", Language)
def test_every_step_and_every_expectation_has_words(language: Language) -> None:
    filled: dict[str, Any] = {
        "gssi": 1, "issi": 1, "to": 1, "number": "1", "says": "x", "text": "x", "keys": "1", "list": "x",
        "mode": "queue", "what": "ready",
    }  # fmt: skip
    words.missing.clear()
    for kind in get_args(s.Step):
        fields = {field.name for field in msgspec.structs.fields(kind)}
        assert told(kind(**{name: value for name, value in filled.items() if name in fields}), teller(language))
    for what in get_args(next(one.type for one in msgspec.structs.fields(s.Expect) if one.name == "what")):
        assert told(s.Expect(what=what, at_least=1, organisation="o", state="later"), teller(language))
    assert words.missing.total() == 0, words.missing


def test_the_results_say_what_was_met_what_was_not_and_how_it_was() -> None:
    results = Results([Result("minst 2 i mötet", "3", met=True), Result("Polisen: deltar", "väntar", met=False)])
    assert results.missed == 1
    table = results.table(teller(Language.SV))
    assert "uppfyllt       minst 2 i mötet" in table
    assert "INTE UPPFYLLT  Polisen: deltar – blev väntar" in table
    assert table.endswith("1 av 2 blev inte som väntat.")


def player(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "hardware.simulator.exercise", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_a_dry_run_tells_every_step_and_needs_nothing_that_runs() -> None:
    done = player("storm.toml", "--dry-run", "--speed", "2", "--telephones=127.0.0.1:9", "--radio=127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert "listan lista-inriktande kallas in" in done.stdout
    assert len(done.stdout.splitlines()) == 1 + len(read_scenario(find_scenario("storm")).step)


@pytest.mark.slow
def test_what_cannot_be_played_ends_with_status_2_and_one_line(tmp_path: Path) -> None:
    wrong = written(tmp_path, GOOD.replace("at_least = 2", "at_least = -2"))
    for arguments, said in (
        ([str(wrong)], "rad 13: at_least: här ska stå ett heltal från 0"),
        (["nowhere.toml"], "nowhere.toml finns inte"),
        (["storm.toml", "--radio=127.0.0.1:9"], "inga simulerade radioanvändare svarar på 127.0.0.1:9"),
        (["nowhere.toml", "--language=en"], "the exercise: nowhere.toml is not there"),
    ):
        done = player(*arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
