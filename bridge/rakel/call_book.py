"""A terminal's calls as it reports them, and the talker in them."""

from dataclasses import replace
from typing import Final

from bridge.domain.kernel.ids import Gssi, Issi, TerminalName
from bridge.domain.radio.events import RadioTalkStarted, RadioTalkStopped
from bridge.rakel.call_values import LiveCall, Output, Talk

MAX_CALLS: Final = 16
"""Terminals have few call instances; the oldest is forgotten beyond this."""


class CallBook:
    """The calls by instance, and the one talker that a terminal can play. A change of the talker gives its event.

    Attributes:
        calls: At most `MAX_CALLS`; the oldest gives way.
        talk: The talker now, if there is one.
        own_issi: The terminal's own identity, once it has told.
    """

    def __init__(self, terminal: TerminalName) -> None:
        self._terminal = terminal
        self.calls: dict[int, LiveCall] = {}
        self.talk: Talk | None = None
        self.own_issi: Issi | None = None

    def start_talk(self, instance: int, issi: Issi | None, at_s: float) -> list[Output]:
        """Somebody talks in this call; says so unless it is known."""
        known = replace(self.known(instance), talked=True, interrupted=None)
        self.remember(known)
        before, now = self.talk, Talk(instance, known.gssi, issi, known.emergency, at_s)
        self.talk = now
        if before is not None and replace(before, heard_at_s=at_s) == now:
            return []
        started = RadioTalkStarted(at_s, self._terminal, now.gssi, now.issi, now.emergency)
        moved = before is not None and before.instance != instance
        return [RadioTalkStopped(at_s, self._terminal), started] if moved else [started]

    def stop_talk(self, at_s: float) -> list[Output]:
        """Nobody talks any more; says so unless it is known."""
        if self.talk is None:
            return []
        self.talk = None
        return [RadioTalkStopped(at_s, self._terminal)]

    def talks_in(self, instance: int) -> bool:
        return self.talk is not None and self.talk.instance == instance

    def own_talk(self) -> bool:
        """Somebody at the terminal itself talks."""
        return self.talk is not None and self.talk.issi is not None and self.talk.issi == self.own_issi

    def up_on(self, gssi: Gssi) -> LiveCall | None:
        """The group's call in which a demand can be made; one whose group was never told may be it."""
        up = (one for one in self.calls.values() if one.connected and not one.individual)
        return next((one for one in up if one.gssi in (gssi, None)), None)

    def known(self, instance: int) -> LiveCall:
        """The call, or an empty one of this instance, which `remember` then keeps."""
        return self.calls.get(instance, LiveCall(instance))

    def remember(self, live: LiveCall) -> None:
        self.calls[live.instance] = live
        if len(self.calls) > MAX_CALLS:
            del self.calls[next(iter(self.calls))]
