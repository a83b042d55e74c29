"""A key that Asterisk tells twice is one key; a key that is pressed twice is two."""

import pytest

from bridge.ari.keys import KeysOfLeg
from bridge.ari.model import Channel, ChannelDtmfReceived

PHONE = Channel("1732631000.1")


def told(*keys: tuple[str, int, int]) -> str:
    """Digit, duration and time (ms) of each telling; gives the keys that are counted."""
    leg = KeysOfLeg()
    events = [
        ChannelDtmfReceived(PHONE, digit, duration_ms, f"2026-11-26T15:54:{at_ms // 1000:02d}.{at_ms % 1000:03d}+0000")
        for digit, duration_ms, at_ms in keys
    ]
    return "".join(event.digit for event in events if leg.is_new(event))


def test_keys_one_after_the_other_are_all_counted() -> None:
    assert told(("1", 100, 0), ("2", 100, 200), ("3", 100, 400), ("#", 100, 600)) == "123#"


@pytest.mark.parametrize("pace_ms", [145, 160, 200, 300])
def test_on_an_even_line_a_key_pressed_many_times_is_many_however_alike_they_are(pace_ms: int) -> None:
    assert told(*(("5", 100, number * pace_ms) for number in range(8))) == "55555555"


@pytest.mark.parametrize("again_ms", [20, 60, 100, 160, 190])
def test_a_key_that_was_held_back_is_told_twice_and_counted_once(again_ms: int) -> None:
    """The second began less than 45 ms after the first and was played out, so that the third came too early."""
    assert told(("1", 100, 0), ("2", 100, 130), ("3", 100, 270), ("3", 100, 270 + again_ms), ("4", 100, 900)) == "1234"


def test_the_keys_after_it_are_held_back_too_and_each_is_counted_once() -> None:
    keys = [("1", 100, 0), ("2", 100, 130), ("3", 100, 270), ("3", 100, 300), ("4", 100, 410), ("4", 100, 470)]
    assert told(*keys, ("5", 100, 550), ("5", 100, 640)) == "12345"


def test_a_key_pressed_twice_and_told_four_times_is_two() -> None:
    keys = [("1", 100, 0), ("2", 100, 130), ("5", 100, 270), ("5", 100, 300), ("5", 100, 410), ("5", 100, 470)]
    assert told(*keys) == "1255"


def test_keys_held_back_together_are_told_again_in_their_order() -> None:
    assert (
        told(("1", 100, 0), ("2", 100, 110), ("3", 100, 130), ("4", 100, 150), ("3", 100, 280), ("4", 100, 430))
        == "1234"
    )


def test_a_rest_between_two_keys_ends_it() -> None:
    keys = [("1", 100, 0), ("2", 100, 130), ("3", 100, 270), ("3", 100, 300)]
    assert told(*keys, ("7", 100, 1000), ("7", 100, 1200)) == "12377"


def test_a_telling_without_a_time_is_a_key() -> None:
    leg = KeysOfLeg()
    assert all(leg.is_new(ChannelDtmfReceived(PHONE, "5", 100, timestamp)) for timestamp in ("", "", "no time"))
