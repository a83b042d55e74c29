"""The line from the terminal is cut into lines however it arrives."""

import random

import pytest

from bridge.rakel.pei.framing import Line, LineReader, Overlong
from tests.unit.rakel.wire import all_fixtures, fixture


def texts(lines: list[Line | Overlong]) -> list[str]:
    return [line.text for line in lines]


@pytest.mark.parametrize("name", all_fixtures())
def test_byte_by_byte_gives_the_same_lines_as_whole(name: str) -> None:
    data = fixture(name)
    one_by_one = LineReader()
    assert [line for at in range(len(data)) for line in one_by_one.feed(data[at : at + 1])] == LineReader().feed(data)


@pytest.mark.parametrize("name", ["ctsdsr", "cnumf"])
def test_a_cut_anywhere_changes_nothing(name: str) -> None:
    data = fixture(name)
    whole = LineReader().feed(data)
    for at in range(len(data)):
        reader = LineReader()
        assert [*reader.feed(data[:at]), *reader.feed(data[at:])] == whole


def test_any_mix_of_cr_and_lf_ends_a_line() -> None:
    assert texts(LineReader().feed(b"a\rb\nc\r\nd\n\re\r\r\n\n")) == ["a", "b", "c", "d", "e"]


def test_blank_lines_and_blanks_around_a_line_are_nothing() -> None:
    assert texts(LineReader().feed(b"\r\n  \r\n OK \r\n")) == ["OK"]


def test_nul_and_control_bytes_inside_a_line_are_dropped() -> None:
    assert texts(LineReader().feed(b"\x00\x00O\x00K\x07\x80\r\n")) == ["OK"]


def test_group_names_keep_their_swedish_letters() -> None:
    assert texts(LineReader().feed("2,1234567,RÄDDNING ÅÖ\r\n".encode("latin-1"))) == ["2,1234567,RÄDDNING ÅÖ"]


def test_a_line_without_end_takes_no_more_memory_and_the_next_line_is_read() -> None:
    reader = LineReader(max_line_chars=100)
    for _ in range(1000):
        assert reader.feed(b"x" * 100) == []
    overlong, good = reader.feed(b"\r\nOK\r\n")
    assert isinstance(overlong, Overlong)
    assert overlong.chars == 100_000
    assert good == Line("OK")


def test_a_line_of_just_the_bound_is_whole() -> None:
    assert texts(LineReader(max_line_chars=4).feed(b"abcd\r\n")) == ["abcd"]


def test_a_reopened_line_does_not_inherit_half_a_line() -> None:
    reader = LineReader()
    reader.feed(b"+CTXG: 1,")
    reader.clear()
    assert texts(reader.feed(b"0,0,0\r\n")) == ["0,0,0"]


@pytest.mark.parametrize("seed", range(20))
def test_after_any_noise_the_next_line_is_read(seed: int) -> None:
    noise = random.Random(seed).randbytes(5000)
    reader = LineReader()
    reader.feed(noise)
    assert texts(reader.feed(b"\r\nOK\r\n"))[-1] == "OK"


def test_a_bound_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        LineReader(0)
