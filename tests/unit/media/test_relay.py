"""Talkgroups of one meeting hear each other while Asterisk is away, and never twice when it is back."""

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, Samples
from bridge.media.relay import MOST_WAITING, Relay


def frame(value: int) -> Samples:
    return np.full(FRAME_SAMPLES, value, dtype=np.int16)


def meeting(*patches: str, away: bool = True) -> Relay:
    relay = Relay()
    for patch in patches:
        relay.join(patch, "mix-1")
        relay.set_away(patch, away=away)
    return relay


def test_what_one_talkgroup_says_is_heard_in_the_others_and_not_in_itself() -> None:
    relay = meeting("a", "b", "c")
    relay.put("a", frame(100))
    for other in ("b", "c"):
        heard = relay.take(other)
        assert heard is not None
        assert np.array_equal(heard, frame(100))
    assert relay.take("a") is None
    assert relay.take("b") is None, "once"


def test_two_who_talk_at_once_are_mixed_without_wrapping_over() -> None:
    relay = meeting("a", "b", "c")
    relay.put("a", frame(30000))
    relay.put("b", frame(30000))
    heard = relay.take("c")
    assert heard is not None
    assert np.array_equal(heard, frame(32767))


def test_meetings_are_isolated_from_each_other() -> None:
    relay = meeting("a", "b")
    relay.join("x", "mix-2")
    relay.set_away("x", away=True)
    relay.join("lone", "")
    relay.set_away("lone", away=True)
    relay.put("a", frame(100))
    relay.put("lone", frame(7))
    assert relay.take("x") is None
    assert relay.take("lone") is None


def test_while_asterisk_carries_them_nothing_is_relayed() -> None:
    relay = meeting("a", "b", away=False)
    relay.put("a", frame(100))
    assert relay.take("b") is None


def test_when_asterisk_is_back_for_one_of_them_the_relay_between_them_ends() -> None:
    relay = meeting("a", "b", "c")
    relay.put("a", frame(100))
    relay.set_away("b", away=False)
    assert relay.take("b") is None, "what waited is forgotten: Asterisk gives it"
    relay.put("a", frame(101))
    relay.put("b", frame(102))
    assert relay.take("b") is None
    heard = relay.take("c")
    assert heard is not None
    assert np.array_equal(heard, frame(100))


def test_a_path_that_does_not_take_keeps_100_ms_and_the_rest_is_counted() -> None:
    relay = meeting("a", "b")
    for value in range(MOST_WAITING + 3):
        relay.put("a", frame(value))
    heard = relay.take("b")
    assert heard is not None
    assert heard[0] == 3
    assert relay.dropped == 3


def test_who_has_left_is_neither_heard_nor_sent_to() -> None:
    relay = meeting("a", "b")
    relay.put("a", frame(100))
    relay.leave("a")
    relay.leave("a")
    assert relay.take("b") is None
    assert relay.take("a") is None
    relay.put("a", frame(100))
    assert relay.take("b") is None
