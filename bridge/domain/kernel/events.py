"""Events. Adapters translate their peers' messages into them; the engine steps the domain with them."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.timers import TimerKey


class Event:
    """Frozen; `at_s` is when it happened, in seconds since 1970 (UTC)."""

    __slots__ = ()
    at_s: float


@dataclass(frozen=True, slots=True)
class TimerDue(Event):
    at_s: float
    key: TimerKey


class Fate(StrEnum):
    """The known fate of an effect that failed."""

    REFUSED = "refused"
    """The device said no: it was not done."""
    UNKNOWN = "unknown"
    """No answer came: it may have been done. Only the same effect, under the same id, may follow."""
    GONE = "gone"
    """The channel, mix, path or recording that it was about does not exist (any more)."""


@dataclass(frozen=True, slots=True)
class EffectFailed(Event):
    """A device did not do what it was asked to. `bridge.domain.joint.failures` has a rule for every effect."""

    at_s: float
    effect: DeviceEffect
    fate: Fate
    reason: Reason
    retry: bool = False
    """Whether the same can succeed later without anybody mending anything."""


@dataclass(frozen=True, slots=True)
class Commanded(Event):
    """Somebody asks for something. The name of `actor` stands in the audit log."""

    at_s: float
    actor: Principal
    command: Command
