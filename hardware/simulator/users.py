"""Scripted users of the network: they press, say something, and release."""

import asyncio
from collections.abc import Callable
from typing import Final

from hardware.simulator.signals import FRAME_SAMPLES, Samples, padded, speech_like
from hardware.simulator.station import Station
from hardware.simulator.talkgroup import Talkgroup

LOOP_S: Final = 10.0
"""A user who presses without a text says ten seconds of speech over and over until the release."""


class User(Station):
    """A person with a radio.

    `inbox` holds the SDS that reached it, as (sender, service, data). `reachable` is False when the radio is switched
    off. Messages to it are sent over the air all the same, and get lost.
    """

    def __init__(self, issi: int, name: str, on_message: Callable[["User", int, int, int, bytes], None]) -> None:
        super().__init__(issi)
        self.name = name
        self.reachable = True
        self.talkgroup: Talkgroup | None = None
        self._on_message = on_message
        self._says: Samples | None = None
        self._at = 0
        self._repeats = False
        self._talking = False
        self._tot: asyncio.TimerHandle | None = None

    def press(self, talkgroup: Talkgroup, says: Samples | None, priority: int, tot_s: float) -> bool:
        """Ask for the floor and, when it is given, talk. True if it was given at once."""
        self.release()
        self.talkgroup = talkgroup
        self._repeats = says is None
        self._says = padded(speech_like(LOOP_S, seed=self.issi) if says is None else says)
        self._at = 0
        self._tot_s = tot_s
        return talkgroup.decide(self, priority)

    def release(self, reason: str = "released") -> None:
        self._stop()
        if self.talkgroup is not None:
            self.talkgroup.cease(self, reason)

    def lose_coverage(self) -> None:
        self._stop()
        if self.talkgroup is not None:
            self.talkgroup.lose(self)

    def granted(self, gssi: int) -> None:
        self._talking = True
        self._tot = asyncio.get_running_loop().call_later(self._tot_s, self.release, "tot")

    def withdrawn(self, gssi: int, talker: int, *, emergency: bool) -> None:
        self._stop()

    def tick(self, at_s: float) -> None:
        """Say the next 20 ms; release after the last."""
        if not self._talking or self._says is None or self.talkgroup is None:
            return
        frame = self._says[self._at : self._at + FRAME_SAMPLES]
        self._at += len(frame)
        if len(frame):
            self.talkgroup.put(self, frame, at_s, clocked=True)
        if self._at >= len(self._says):
            if self._repeats:
                self._at = 0
            else:
                self.release()

    def message(self, sender: int, called: int, service: int, data: bytes, bits: int) -> None:
        if self.reachable:
            self._on_message(self, sender, called, service, data)

    def _stop(self) -> None:
        self._talking = False
        if self._tot is not None:
            self._tot.cancel()
            self._tot = None
