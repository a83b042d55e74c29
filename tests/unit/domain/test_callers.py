"""A caller's number as a stranger may write it."""

import pytest

from bridge.domain.telephony.callers import MOST_CHARACTERS, shown_caller


@pytest.mark.parametrize("text", ["", "anonymous", "Anonymous", " RESTRICTED ", "unknown", "\r\n"])
def test_a_withheld_number_is_empty(text: str) -> None:
    assert shown_caller(text) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+46701740605", "+46701740605"),
        ("070-174 06 05", "070-174 06 05"),
        ('070\r\n"x', "070 x"),
        ("<script>alert(1)</script>", "scriptalert(1)/script"),
        ("=HYPERLINK(1)", "HYPERLINK(1)"),
        ("070\u202e\u0000123", "070 123"),
        ("anna@example.com", "annaexample.com"),
        ("1" * 1000, "1" * MOST_CHARACTERS),
    ],
)
def test_what_is_shown_is_one_line_without_markup(text: str, shown: str) -> None:
    assert shown_caller(text) == shown
