"""An answer to a call-out, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.callout.written import read_written
from bridge.domain.callout.written_answers import Written, WrittenAnswer

COMES, LATER, CANNOT = WrittenAnswer.COMES, WrittenAnswer.LATER, WrittenAnswer.CANNOT


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1", Written(COMES)),
        (" 1. ", Written(COMES)),
        ("Ja!", Written(COMES)),
        ("YES", Written(COMES)),
        ("2", Written(LATER)),
        ("2 30", Written(LATER, 30)),
        ("2, 30 min", Written(LATER, 30)),
        ("2 om 45 minuter", Written(LATER, 45)),
        ("Senare", Written(LATER)),
        ("3", Written(CANNOT)),
        ("nej", Written(CANNOT)),
        ("1\n\nSkickat från min telefon", Written(COMES)),
        ("\n\n3\n", Written(CANNOT)),
    ],
)
def test_a_plain_answer_is_read(text: str, read: Written) -> None:
    assert read_written(text) == read


@pytest.mark.parametrize(
    "text",
    ["", "4", "12", "1 30", "3 30", "2 0", "2 1441", "2 30 40", "kanske", "ja kanske", "Vem är det?", "１", "2" * 5000],
)
def test_anything_else_is_no_answer(text: str) -> None:
    assert read_written(text) is None


@given(st.text())
def test_no_text_of_a_stranger_is_a_fault(text: str) -> None:
    read = read_written(text)
    assert read is None or read.minutes is None or 1 <= read.minutes <= 1440
