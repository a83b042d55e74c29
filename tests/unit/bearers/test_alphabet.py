"""A text becomes the septets of the standard, and comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.bearers import alphabet
from bridge.bearers.alphabet import Joined, Parts
from bridge.domain.outbox import gsm
from bridge.domain.outbox.gsm import Coding

LETTERS = "".join(sorted(gsm.ALPHABET | gsm.EXTENSION))


@given(st.text(alphabet=LETTERS), st.integers(0, 6))
def test_every_text_of_the_alphabet_comes_back_from_its_packed_septets(text: str, fill_bits: int) -> None:
    data = alphabet.septets(text)
    packed = alphabet.packed(data, fill_bits=fill_bits)
    assert alphabet.of_septets(alphabet.unpacked(packed, len(data), fill_bits=fill_bits)) == text


def test_hello_is_packed_as_the_standard_packs_it() -> None:
    assert alphabet.packed(alphabet.septets("hellohello")).hex() == "e8329bfd4697d9ec37"


@given(st.text(max_size=900))
def test_parts_are_the_text_fit_and_are_as_many_as_were_counted(text: str) -> None:
    coding = gsm.coding_of(text)
    parts = gsm.split(text, coding)
    assert "".join(parts) == text
    assert len(parts) == gsm.counted(text).parts
    most = {Coding.GSM7: (160, 153), Coding.UCS2: (140, 134)}[coding][len(parts) > 1]
    assert all(len(alphabet.encoded(one, coding)) <= most for one in parts)


@pytest.mark.parametrize(
    "sort", [b"\x00\x03\x2a\x02\x01", b"\x08\x04\x00\x2a\x02\x01", b"\x24\x01\x00\x00\x03\x2a\x02\x01"]
)
def test_both_sizes_of_reference_are_read_also_behind_other_elements(sort: bytes) -> None:
    assert alphabet.joined_of(sort) == Joined(42, 2, 1)


@given(st.binary(max_size=20))
def test_no_header_of_a_stranger_is_an_accident(header: bytes) -> None:
    found = alphabet.joined_of(header)
    assert found is None or 1 <= found.part <= found.parts


def test_parts_are_put_together_in_their_order_and_old_ones_are_given_up() -> None:
    parts = Parts(most=1, age_s=10)
    assert parts.add("+46701740605", Joined(7, 2, 2), "världen", 0.0) is None
    assert parts.add("+46701740605", Joined(7, 2, 1), "hej ", 1.0) == "hej världen"
    assert parts.add("+46701740605", Joined(8, 2, 1), "a", 2.0) is None
    assert parts.add("+46701740606", Joined(8, 2, 1), "b", 3.0) is None  # takes the only place
    assert parts.add("+46701740605", Joined(8, 2, 2), "a", 4.0) is None
    assert parts.add("+46701740607", None, "ensam", 5.0) == "ensam"
