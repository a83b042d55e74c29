"""`step(node, event, mint)`: the state and an event in, the next state and the effects out.

This file holds the list of all rooms and the loop over them; the rules are in the rooms. An event about something
unknown changes nothing: Asterisk's and our own orders may cross.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from bridge.domain.alarms.capability import ALARM
from bridge.domain.callout.capability import CALLOUT
from bridge.domain.conference.capability import CONFERENCE
from bridge.domain.decisions.capability import DECISION
from bridge.domain.evaluation.capability import EVALUATION
from bridge.domain.guessing.capability import GUESSING
from bridge.domain.headroom.capability import HEADROOM
from bridge.domain.joint.capability import JOINT
from bridge.domain.kernel.capability import Capability
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.events import Commanded, Event, TimerDue
from bridge.domain.kernel.ids import TerminalName
from bridge.domain.kernel.keys import by_role
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.reasons import GeneralReason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.replies import Refused
from bridge.domain.kernel.step import Mint, Result, Step
from bridge.domain.kernel.timers import TimerKind
from bridge.domain.linewatch.capability import LINE_WATCH
from bridge.domain.links.capability import LINK
from bridge.domain.mailings.capability import MAILING
from bridge.domain.meetingtime.capability import MEETING_TIME
from bridge.domain.outbox.capability import OUTBOX_ROOM
from bridge.domain.phoneorders.capability import PHONE_ORDERS_ROOM
from bridge.domain.presence.capability import PRESENCE
from bridge.domain.radio.capability import RADIO
from bridge.domain.radio.records import TERMINALS, TerminalView
from bridge.domain.recording.capability import RECORDING
from bridge.domain.rollcall.capability import ROLL_CALL
from bridge.domain.schedule.capability import SCHEDULE
from bridge.domain.seattracks.capability import SEAT_TRACKS
from bridge.domain.shortdata.capability import SHORT_DATA
from bridge.domain.siderooms.capability import SIDE_ROOMS
from bridge.domain.situation.capability import SITUATION
from bridge.domain.speaking.capability import SPEAKING
from bridge.domain.waiting.capability import WAITING

CAPABILITIES: Final[tuple[Capability, ...]] = (
    JOINT,
    CONFERENCE,
    GUESSING,
    SPEAKING,
    RECORDING,
    CALLOUT,
    RADIO,
    SHORT_DATA,
    OUTBOX_ROOM,
    PRESENCE,
    DECISION,
    WAITING,
    LINE_WATCH,
    HEADROOM,
    SIDE_ROOMS,
    ROLL_CALL,
    MEETING_TIME,
    SCHEDULE,
    SITUATION,
    PHONE_ORDERS_ROOM,
    MAILING,
    LINK,
    EVALUATION,
    ALARM,
    SEAT_TRACKS,
)
"""Every room. Where several heed one event, they follow in this order."""

_KINDS: Final = {table.kind: table for room in CAPABILITIES for table in room.records}
KEYS: Final = tuple(key for room in CAPABILITIES for key in room.keys)
"""The keys of a telephone in a conference."""
_KEYS_BY_ROLE: Final = by_role(KEYS)
_RULES: Final[dict[type[Event], list[Callable[[Step, Any], None]]]] = defaultdict(list)
_TIMERS: Final[dict[TimerKind, list[Callable[[Step, str], None]]]] = defaultdict(list)
_COMMANDS: Final[dict[type[Command], Callable[[Step, str, Any], None]]] = {}
for _room in CAPABILITIES:
    for _event, _rule in _room.heed:
        _RULES[_event].append(_rule)
    for _timer, _due in _room.timers:
        _TIMERS[_timer].append(_due)
    _COMMANDS.update(_room.commands)


def begin(
    saved: Iterable[Record], policy: Policy, terminals: tuple[TerminalName, ...], at_s: float, mint: Mint
) -> Result:
    """The node as the store kept it; nothing is known yet of what Asterisk and the terminals do."""
    tables: dict[Any, dict[Any, Any]] = {table: {} for table in _KINDS.values()}
    for record in saved:
        tables[_KINDS[type(record)]][record.id] = record
    tables[TERMINALS] = {name: TerminalView(name) for name in terminals}
    begun = Step(Node(policy, _KINDS, _KEYS_BY_ROLE, tables), at_s, mint)
    for room in CAPABILITIES:
        if room.resume is not None:
            room.resume(begun)
    return begun.result()


def step(node: Node, event: Event, mint: Mint) -> Result:
    """One event. Pure but for `mint`: the same node, event and ids give the same result."""
    taken = Step(node, event.at_s, mint)
    match event:
        case Commanded():
            _carry_out(taken, event)
        case TimerDue():
            for due in _TIMERS.get(event.key.kind, ()):
                due(taken, event.key.subject)
        case _:
            for rule in _RULES.get(type(event), ()):
                rule(taken, event)
    for room in CAPABILITIES:
        if room.keep is not None:
            room.keep(taken)
    return taken.result()


def _carry_out(taken: Step, event: Commanded) -> None:
    rule = _COMMANDS.get(type(event.command))
    if rule is None:
        taken.reply = Refused("invalid", GeneralReason.NOT_UNDERSTOOD(evidence=type(event.command).__name__))
    else:
        rule(taken, event.actor.name, event.command)
