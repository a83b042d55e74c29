"""A fault of a scenario, or of a file of telephones, is told in two languages with its remedy.

The tables below break both files in every way that has a reason of its own.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import hardware
from bridge import words
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason, Unusable
from hardware.simulator.exercise import scenario as s
from hardware.simulator.exercise.player import reason_of
from hardware.simulator.json_lines import SimulatorError
from hardware.simulator.reasons import ControlReason
from hardware.simulator.telephones import manners
from tests.harness.tongues import english_in

TELEPHONES = """[[telephone]]
number = "08-465 004 00"
manner = "answers"
after_s = 2

[[telephone]]
number = "08-465 004 01"
manner = "forwards"
to = "08-465 004 00"
"""
SCENARIO = """name = "Övning"

[[step]]
do = "open"

[[step]]
do = "expect"
what = "present"
at_least = 2
"""
OF_TELEPHONES: dict[str, tuple[str, str, int]] = {
    "field_unknown": ("after_s = 2", "afters = 2", 4),
    "field_missing": ('number = "08-465 004 00"\n', "", 1),
    "field_wrong": ("after_s = 2", 'after_s = "snart"', 4),
    "telephone_no_number": ('number = "08-465 004 00"', 'number = "växeln"', 2),
    "telephone_twice": ('number = "08-465 004 01"', 'number = "+46 8 465 004 00"', 7),
    "telephone_forwards_to_none": ('to = "08-465 004 00"', 'to = "08-465 004 99"', 9),
    "written_toml_open": ("[[telephone]]", "[[telephone]", 1),
    "written_toml_name": ('manner = "answers"', 'manner "answers"', 3),
    "written_toml_value": ("after_s = 2", "after_s = strax", 4),
    "written_toml_twice": ("after_s = 2", "after_s = 2\nafter_s = 2", 5),
    "written_toml_character": ('manner = "answers"', r'manner = "C:\var"', 3),
}
OF_SCENARIOS: dict[str, tuple[str, str, int]] = {
    "scenario_open_twice": ('do = "expect"\nwhat = "present"\nat_least = 2', 'do = "open"', 7),
    "scenario_not_open_yet": ('do = "open"', 'do = "end"', 4),
    "scenario_target_lacks": ('what = "present"', 'what = "target"', 8),
    "scenario_bound_lacks": ("at_least = 2\n", "", 8),
    "field_wrong": ('do = "open"', 'do = "opens"', 4),
    "telephone_no_number": ('do = "expect"\nwhat = "present"\nat_least = 2', 'do = "hang_up"\nnumber = "Anna"', 8),
}
PLAIN = re.compile(r"\S*\.toml|`[^`]*`|\"[^\"]*\"|'[^']*'|(?<=\d, )[a-z_]+|(?<=\d: )[a-z_]+:")
"""Names of files and fields, and what is written alike in both languages."""

Read = Callable[[Path], object]


def codes_in(reason: Reason) -> Iterator[str]:
    yield reason.code
    for _, value in reason.data:
        if isinstance(value, Reason):
            yield from codes_in(value)


def fault_of(read: Read, path: Path) -> Reason:
    with pytest.raises(Unusable) as caught:
        read(path)
    return caught.value.reason


@pytest.mark.parametrize(
    ("read", "good", "code", "broken"),
    [
        *((manners.read_telephones, TELEPHONES, code, broken) for code, broken in OF_TELEPHONES.items()),
        *((s.read_scenario, SCENARIO, code, broken) for code, broken in OF_SCENARIOS.items()),
    ],
)
def test_each_fault_has_its_reason_and_is_told_in_swedish_and_english(
    tmp_path: Path, read: Read, good: str, code: str, broken: tuple[str, str, int]
) -> None:
    old, new, line = broken
    assert old in good
    path = tmp_path / "fil.toml"
    path.write_text(good, encoding="utf-8")
    assert read(path)
    path.write_text(good.replace(old, new, 1), encoding="utf-8")
    found = fault_of(read, path)
    assert code in set(codes_in(found))
    words.missing.clear()
    swedish, english = words.say(found, Language.SV), words.say(found, Language.EN)
    assert words.missing.total() == 0, words.missing
    assert swedish.startswith(f"{path}, rad {line}: ")
    assert english.startswith(f"{path}, line {line}: ")
    assert english_in(PLAIN.sub(" ", swedish)) == [], swedish


@pytest.mark.parametrize("read", [manners.read_telephones, s.read_scenario])
def test_a_file_that_cannot_be_read_is_told_with_the_remedy(tmp_path: Path, read: Read) -> None:
    nowhere = tmp_path / "ingenstans.toml"
    assert words.say(fault_of(read, nowhere), Language.SV).startswith(f"{nowhere}: går inte att läsa: det finns inte")
    latin = tmp_path / "latin.toml"
    latin.write_bytes('name = "x"\nabout = "Västanå"'.encode("latin-1"))
    told = words.say(fault_of(read, latin), Language.SV)
    assert told == f"{latin}, rad 2: inte UTF-8. Spara filen i den kodningen."
    deep = tmp_path / "djup.toml"
    deep.write_text("a = " + "[" * 5000 + "]" * 5000)
    assert "written_too_deep" in set(codes_in(fault_of(read, deep)))


def fields_of(*kinds: Any) -> set[str]:
    return {field.encode_name for kind in kinds for field in msgspec.structs.fields(kind)}


def test_what_may_stand_in_a_field_is_said_of_every_field_and_of_no_other() -> None:
    steps, telephones = get_args(s.Step), get_args(manners.Manner)
    fields = fields_of(*steps, *telephones, s.Scenario) | {"do", "manner"}
    assert set(words.section(Language.SV, "may_be")) - {"other"} == fields


@pytest.mark.parametrize(("field", "kinds"), [("do", s.Step), ("manner", manners.Manner)])
def test_every_step_and_every_manner_is_named_where_another_was_written(field: str, kinds: Any) -> None:
    names = {one.__struct_config__.tag for one in get_args(kinds)}
    for language in Language:
        assert set(re.findall("`([^`]*)`", words.section(language, "may_be")[field])) == names


def test_nothing_that_reads_or_plays_a_file_refuses_by_a_sentence() -> None:
    """Only these errors carry a reason."""
    root = Path(str(hardware.__file__)).parent / "simulator"
    sources = [root / "located.py", root / "telephones/manners.py", *(root / "exercise").glob("*.py")]
    raised: list[Any] = [
        node.exc.func
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    assert len(raised) > 20
    kinds = {one.attr if isinstance(one, ast.Attribute) else one.id for one in raised}
    assert kinds == {"Unusable", "CannotPlay", "ApiError", "fault", "AssertionError", "ArgumentTypeError"}


@pytest.mark.parametrize("error", [TimeoutError(), OSError(5, "Input/output error"), ConnectionResetError()])
def test_a_step_that_fails_without_a_reason_is_told_in_the_reader_s_language_all_the_same(error: Exception) -> None:
    told = words.say(reason_of(error), Language.SV)
    assert told
    assert english_in(told) == []


def test_the_simulator_s_own_refusal_is_told_by_its_reason() -> None:
    refused = SimulatorError("keys: telephone_no_call(number=+46846500400)", ControlReason.SLOW(act="keys"))
    assert words.say(reason_of(refused), Language.SV) == "simulatorn svarade inte i tid (keys)"
