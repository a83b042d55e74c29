"""Silence in a recording: the same order twice is as once, whatever Asterisk does with it."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ari.errors import AriUnavailable
from bridge.ari.silence import Silence
from bridge.domain.kernel.ids import RecordingId

RECORDING = RecordingId("rec-00000000000000000000000001")


class Toggling:
    """One recording in an Asterisk of version 22: muting toggles, unmuting looks first."""

    def __init__(self) -> None:
        self.is_silent = False
        self.is_paused = False
        self.believes_muted = False
        self.written: list[bool] = []
        """Whether silence was written, after each request that left it writing."""
        self.loses = 0
        """So many of the next requests are carried out, and their answers lost."""

    async def live_recording(self, name: str) -> None:
        self._answers()

    async def mute_recording(self, name: str, *, muted: bool) -> None:
        if muted or self.believes_muted:
            self.believes_muted = muted
            self.is_silent = not self.is_silent
        self._answers()

    async def pause_recording(self, name: str, *, paused: bool) -> None:
        self.is_paused = paused
        self._answers()

    def _answers(self) -> None:
        if not self.is_paused:
            self.written.append(self.is_silent)
        if self.loses:
            self.loses -= 1
            raise AriUnavailable("mute", 0, "no answer")


def silence(asterisk: Toggling) -> Silence:
    """A program that has just started."""
    return Silence(cast("Any", asterisk))


async def test_a_recording_of_ones_own_is_silenced_and_has_its_sound_again_each_time() -> None:
    asterisk = Toggling()
    ours = silence(asterisk)
    ours.begun(RECORDING)
    for silent in (True, True, False, False, True):
        await ours.order(RECORDING, silent=silent)
        assert asterisk.is_silent is silent
    assert asterisk.is_paused is False


async def test_after_a_restart_no_moment_of_sound_is_written() -> None:
    asterisk = Toggling()
    first = silence(asterisk)
    first.begun(RECORDING)
    await first.order(RECORDING, silent=True)
    asterisk.written.clear()
    await silence(asterisk).order(RECORDING, silent=True)
    assert asterisk.written == [True]
    await silence(asterisk).order(RECORDING, silent=False)
    assert (asterisk.is_silent, asterisk.is_paused) == (False, False)


async def test_a_recording_that_the_program_before_did_not_silence_is_silenced() -> None:
    asterisk = Toggling()
    await silence(asterisk).order(RECORDING, silent=True)
    assert (asterisk.is_silent, asterisk.is_paused) == (True, False)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.booleans()), max_size=12),
    st.booleans(),
)
async def test_whatever_answers_are_lost_and_whenever_it_restarts_the_last_order_holds(
    orders: list[tuple[bool, int, bool]], silent: bool
) -> None:
    asterisk = Toggling()
    ours = silence(asterisk)
    ours.begun(RECORDING)
    for wanted, loses, restarts in [*orders, (silent, 0, False)]:
        asterisk.loses = loses
        for _ in range(loses + 1):
            try:
                await ours.order(RECORDING, silent=wanted)
            except AriUnavailable:
                continue
        if restarts:
            ours = silence(asterisk)
    assert (asterisk.is_silent, asterisk.is_paused) == (silent, False)


async def test_what_is_not_known_to_be_done_is_an_error() -> None:
    asterisk = Toggling()
    asterisk.loses = 1
    with pytest.raises(AriUnavailable):
        await silence(asterisk).order(RECORDING, silent=True)
