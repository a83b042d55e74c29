"""An SMS is counted as the network counts it (3GPP TS 23.038, TS 23.040)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.outbox.gsm import ALPHABET, EXTENSION, Coding, counted


@pytest.mark.parametrize(
    ("text", "coding", "units", "parts"),
    [
        ("", Coding.GSM7, 0, 1),
        ("å" * 160, Coding.GSM7, 160, 1),
        ("ÅÄÖåäö é @ ? § ü", Coding.GSM7, 16, 1),
        ("a" * 161, Coding.GSM7, 161, 2),
        ("a" * 306, Coding.GSM7, 306, 2),
        ("a" * 307, Coding.GSM7, 307, 3),
        ("€" * 80, Coding.GSM7, 160, 1),
        ("€" * 81, Coding.GSM7, 162, 2),
        # 152 septets, and then an escape that would be parted from its character: it goes to the next part.
        ("a" * 152 + "€" + "a" * 152, Coding.GSM7, 306, 3),
        ("a" * 151 + "€" + "a" * 153, Coding.GSM7, 306, 2),
        ("”" + "a" * 69, Coding.UCS2, 70, 1),
        ("”" + "a" * 70, Coding.UCS2, 71, 2),
        ("”" + "a" * 133, Coding.UCS2, 134, 2),
        ("”" + "a" * 134, Coding.UCS2, 135, 3),
        ("🚒" * 35, Coding.UCS2, 70, 1),
        ("🚒" * 36, Coding.UCS2, 72, 2),
        # 66 units hold 33 of them: the 67th is no half of a character.
        ("🚒" * 67, Coding.UCS2, 134, 3),
    ],
)
def test_the_parts_of_a_text_are_those_that_are_charged(text: str, coding: Coding, units: int, parts: int) -> None:
    found = counted(text)
    assert (found.coding, found.units, found.parts) == (coding, units, parts)


def test_the_alphabet_has_all_its_characters() -> None:
    """128 places: one is the escape, and ten characters stand behind it."""
    assert (len(ALPHABET), len(EXTENSION)) == (127, 10)
    assert not ALPHABET & EXTENSION


@given(st.text(max_size=700))
def test_no_text_takes_fewer_parts_than_its_length_asks_for_nor_many_more(text: str) -> None:
    found = counted(text)
    one, of_several = (160, 153) if found.coding is Coding.GSM7 else (70, 67)
    if found.units <= one:
        assert found.parts == 1
    else:
        assert -(-found.units // of_several) <= found.parts <= -(-found.units // (of_several - 1))
