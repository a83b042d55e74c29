"""A room's contribution: its records, and the rule for everything that concerns it.

`bridge.domain.step` has the list of all rooms and goes through it. A rule is paired with the class that it answers by
`on`, `carries_out` and `when_due`, so that mypy sees both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType
from typing import Any, TypeVar

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.keys import Key
from bridge.domain.kernel.step import Step
from bridge.domain.kernel.tables import Records
from bridge.domain.kernel.timers import TimerKind

E = TypeVar("E", bound=Event)
C = TypeVar("C", bound=Command)

Heed = tuple[type[Event], Callable[[Step, Any], None]]
Carry = tuple[type[Command], Callable[[Step, str, Any], None]]
Due = tuple[TimerKind, Callable[[Step, str], None]]


def on(kind: type[E], rule: Callable[[Step, E], None]) -> Heed:
    """The rule for an event. Several rooms may have one for the same event; they follow in the order of the list."""
    return (kind, rule)


def carries_out(kind: type[C], rule: Callable[[Step, str, C], None]) -> Carry:
    """The one rule for a command. It gets the actor, and sets `step.reply`; a refusal changes nothing."""
    return (kind, rule)


def when_due(kind: TimerKind, rule: Callable[[Step, str], None]) -> Due:
    """The rule for a timer. It gets the timer's subject."""
    return (kind, rule)


@dataclass(frozen=True)
class Capability:
    """One room.

    Attributes:
        name: The folder below `bridge.domain`.
        records: Its tables of records. The store keeps them.
        heed: Its rules for events.
        commands: Its rules for commands.
        timers: Its rules for timers.
        notes: The enumeration of its lines in a conference's timeline.
        prompts: The module that declares its prompts.
        keys: Its keys on a telephone in a conference.
        resume: Once, after a restart of the controller, before anything is known of the devices.
        keep: After every event: what must hold whichever rule has moved something.
    """

    name: str
    records: tuple[Records[Any, Any], ...] = ()
    heed: tuple[Heed, ...] = ()
    commands: tuple[Carry, ...] = ()
    timers: tuple[Due, ...] = ()
    notes: type[StrEnum] | None = None
    prompts: ModuleType | None = None
    keys: tuple[Key, ...] = ()
    resume: Callable[[Step], None] | None = None
    keep: Callable[[Step], None] | None = None
