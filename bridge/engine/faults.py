"""Events that went wrong: kept with their evidence, counted, and reported. The old state stands and the node goes on.

No evidence holds a key or a code: of a pressed digit only the channel is kept.
"""

import dataclasses
import traceback
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.domain.kernel.events import Commanded, Event
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.telephony.events import DigitPressed
from bridge.engine.reasons import EngineReason

KEPT: Final = 50
"""The latest are kept in memory. Overflow: the oldest is dropped; the log and the audit have it."""
ALARM_S: Final = 600.0
"""So long a fault shows in the engine's health."""
_SECRET: Final = frozenset({"digits", "digit", "code", "host_code"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One event that could not be stepped."""

    at_s: float
    event: str
    """Its kind, or the command's."""
    subject: str
    """The subject, as far as the event names one."""
    evidence: str
    """The event's fields, without keys and codes."""
    error: str
    place: str
    """File and line of the fault."""
    trace: str


def fault_of(event: Event, error: Exception, at_s: float) -> Fault:
    """The evidence of one event that raised."""
    core = event.command if isinstance(event, Commanded) else event
    last = traceback.extract_tb(error.__traceback__)[-1]
    return Fault(
        at_s=at_s,
        event=type(core).__name__,
        subject=_subject(core),
        evidence=_evidence(core),
        error=f"{type(error).__name__}: {error}",
        place=f"{Path(last.filename).name}:{last.lineno}",
        trace="".join(traceback.format_exception(error)),
    )


class Faults:
    """The latest faults of the engine."""

    def __init__(self) -> None:
        self._kept: deque[Fault] = deque(maxlen=KEPT)
        self.count = 0

    def keep(self, fault: Fault) -> None:
        self._kept.append(fault)
        self.count += 1

    def latest(self) -> tuple[Fault, ...]:
        """The kept ones, oldest first."""
        return tuple(self._kept)

    def alarm(self, now_s: float) -> Reason:
        """The reason for the keeper, or `WELL` when nothing has gone wrong lately."""
        recent = [fault for fault in self._kept if now_s - fault.at_s < ALARM_S]
        if not recent:
            return WELL
        last = recent[-1]
        return EngineReason.EVENTS_WENT_WRONG(count=len(recent), last=last.event, place=last.place)


def _evidence(core: object) -> str:
    if isinstance(core, DigitPressed) or not dataclasses.is_dataclass(core):
        return ""
    names = [one.name for one in dataclasses.fields(core) if one.name not in _SECRET]
    return ", ".join(f"{name}={_shown(core, name)}" for name in names)[:2000]


def _shown(core: object, name: str) -> str:
    try:
        return repr(getattr(core, name))
    except Exception as error:  # noqa: BLE001 - what broke the rule may break its own picture too
        return type(error).__name__


def _subject(core: object) -> str:
    for name in ("channel", "patch", "terminal", "recording", "message", "activation", "participant", "conference"):
        found = getattr(core, name, None)
        if isinstance(found, str):
            return found
    return ""
