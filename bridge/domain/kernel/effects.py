"""Effects: things to be done. A step returns them; the engine hands them to the devices after the commit."""

from collections.abc import Hashable
from dataclasses import dataclass

from bridge.domain.kernel.timers import TimerKey


class Effect:
    """Something to be done."""

    __slots__ = ()


class DeviceEffect(Effect):
    """An order to a device, which it may fail to carry out."""

    __slots__ = ()

    @property
    def subject(self) -> str:
        """The id of the channel, mix, recording, terminal, message, conference or patch that it is about."""
        raise NotImplementedError

    @property
    def lane(self) -> Hashable:
        """Effects that must be done in order share a lane."""
        return self.subject


@dataclass(frozen=True, slots=True)
class StartTimer(Effect):
    """Starting a timer that runs moves it."""

    key: TimerKey
    after_s: float


@dataclass(frozen=True, slots=True)
class StopTimer(Effect):
    key: TimerKey
