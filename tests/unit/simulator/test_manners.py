"""The file of the telephones' manners: what it may hold, and how a fault in it is told."""

from pathlib import Path

import pytest

from bridge.domain.directory.records import Function
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Unusable
from bridge.main import region
from bridge.words import say
from hardware.simulator.telephones.manners import (
    REGION,
    Answers,
    Forwards,
    e164,
    read_telephones,
)

GOOD = """# En telefon

[[telephone]]
number = "08-465 004 00"
manner = "answers"
after_s = 2
key = "2"

[[telephone]]
number = "08-465 004 01"
manner = "forwards"
to = "08-465 004 00"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "telephones.toml"
    path.write_text(text)
    return path


def test_a_telephone_is_found_by_its_number_in_international_form(tmp_path: Path) -> None:
    found = read_telephones(written(tmp_path, GOOD))
    assert found["+46846500400"] == Answers(number="08-465 004 00", after_s=2.0, key="2")
    assert isinstance(found["+46846500401"], Forwards)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "remedy"),
    [
        ("after_s = 2", 'after_s = "two"', 6, "after_s", "seconds as a number"),
        ("after_s = 2", "after_s = -1", 6, "after_s", "not -1"),
        ("after_s = 2", "afters = 2", 6, "afters", "Correct its spelling"),
        ('key = "2"', 'key = "4"', 7, "key", 'one of "1", "2" and "3"'),
        ('manner = "answers"', 'manner = "answer"', 5, "manner", "`answers`, `rings_out`, `busy`"),
        ('manner = "answers"', "", 3, "manner", "`answers`, `rings_out`, `busy`"),
        ('number = "08-465 004 00"', "number = 846500400", 4, "number", "a telephone number in quotes"),
        ('number = "08-465 004 00"', 'number = "growler"', 4, "number", "such as 08-465 004 00"),
        ('number = "08-465 004 00"', "", 3, "number", "a telephone number in quotes"),
        ('number = "08-465 004 01"', 'number = "+46 8 465 004 00"', 10, "number", "take one of them out"),
        ('to = "08-465 004 00"', 'to = "08-465 004 99"', 12, "to", "another telephone in this file"),
        ('to = "08-465 004 00"', 'to = "08-465 004 01"', 12, "to", "another telephone in this file"),
        ('to = "08-465 004 00"', 'to = "08-465 004 00"\nkey = "1"', 13, "key", "Correct its spelling"),
    ],
)
def test_a_fault_is_told_with_its_line_its_field_and_a_remedy(
    tmp_path: Path, old: str, new: str, line: int, field: str, remedy: str
) -> None:
    assert old in GOOD
    with pytest.raises(Unusable) as caught:
        read_telephones(written(tmp_path, GOOD.replace(old, new, 1)))
    told = say(caught.value.reason, Language.EN)
    assert f"telephones.toml, line {line}: {field}: " in told
    assert remedy in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[telephone]\nnumber = 1", "not TOML, "),
        ("", "telephone: it is missing: write at least one `[[telephone]]` table"),
        ("telephone = 3", "telephone: this must be at least one `[[telephone]]` table, not 3"),
    ],
)
def test_a_file_that_holds_no_telephones_says_so(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Unusable) as caught:
        read_telephones(written(tmp_path, text))
    assert said in say(caught.value.reason, Language.EN)


def test_every_number_of_the_example_region_has_a_telephone_with_every_manner_somewhere() -> None:
    telephones = read_telephones(REGION)
    numbers = {number for one in region.entries() if isinstance(one, Function) for number in one.numbers}
    assert numbers == set(telephones)
    manners = {one.__struct_config__.tag for one in telephones.values()}
    assert manners >= {"answers", "rings_out", "busy", "rejects", "forwards", "voicemail", "screening", "hangs_up"}
    assert {one.key for one in telephones.values() if isinstance(one, Answers)} == {"1", "2", "3"}


@pytest.mark.parametrize(
    "text",
    [
        "08-465 004 00",
        "+46 8 465 00 400",
        "0046846500400",
        "tel:+46846500400",
        "46846500400",
        "+46 (0)8-465 004 00",
        "+460846500400",
    ],
)
def test_a_number_is_the_same_in_every_form(text: str) -> None:
    assert e164(text) == "+46846500400"


@pytest.mark.parametrize("text", ["", "112", "Anna", "08-465 004 00 ankn 12", "+46 8 465 004 00 465 004 00"])
def test_what_is_no_whole_number_is_none(text: str) -> None:
    with pytest.raises(Unusable, match="telephone_no_number"):
        e164(text)
