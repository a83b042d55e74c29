"""The faults that the node and its parts show now: a pure function of both and of the time.

An emergency of the radio does not wait for the next look. It is an alarm in the commit of what brought it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.domain.alarms import keeping
from bridge.domain.alarms.book import Condition
from bridge.domain.alarms.events import PartsLookedAt
from bridge.domain.alarms.kinds import MEANT_BY_PART, MEANT_BY_TERMINAL, AlarmKind, kind_of_part
from bridge.domain.alarms.passing import LOOKED_AT_S
from bridge.domain.alarms.reasons import AlarmReason
from bridge.domain.callout import deadline
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, Activation, ActivationState, TargetState
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, LegKind, RecordingState, SeatState
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.kernel.step import Step
from bridge.domain.radio.records import PATCHES, TERMINALS, Patch, PatchState
from bridge.domain.shortdata.desk import EMERGENCY
from bridge.domain.shortdata.events import StatusReceived

LEASE_S: Final = 300.0
"""So long before the end of a lease it is an alarm."""
TELEPHONY: Final = "asterisk"
TRUNKS: Final = "trunks"
"""All trunks together."""
_OF_TELEPHONY: Final = (TELEPHONY, "asterisk process")
_OF_LINES: Final = (*_OF_TELEPHONY, TRUNKS)
_DATABASE: Final = "database"
_OF_DISKS: Final = frozenset({AlarmKind.DISK, AlarmKind.DISK_LOW})
"""There are two disks; of other parts that have no name of their own the kind says it all."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known from outside the node.

    Attributes:
        parts: Part → `WELL`, or the reason why not.
        unconfirmed: Functions whose contact data is overdue to be confirmed.
        wrong_numbers: Functions at which an exercise met a number that is none.
    """

    parts: Mapping[str, Reason]
    unconfirmed: int = 0
    wrong_numbers: tuple[str, ...] = ()


def conditions(node: Node, facts: Facts, now_s: float) -> Mapping[str, Condition]:
    """All faults that are there, by key."""
    found = [
        *_emergencies(node),
        *_parts(node, facts.parts),
        *_terminals(node),
        *_recordings(node),
        *_call_outs(node),
        *_lines(node, facts.parts),
        *_leases(node, now_s),
        *_directory(facts),
    ]
    return {one.key: one for one in found}


def looked(step: Step, event: PartsLookedAt) -> None:
    facts = Facts(dict(event.parts), event.unconfirmed, event.wrong_numbers)
    keeping.looked(step, conditions(step.node, facts, step.at_s))
    step.know(LOOKED_AT_S, event.at_s)


def follow(step: Step) -> None:
    """An emergency call that has just begun is an alarm at once, and stays one however short it was."""
    if step.node[PATCHES] is step.before[PATCHES]:
        return
    for patch in list(step.node[PATCHES].values()):
        before = step.before[PATCHES].get(patch.id)
        is_new = before is None or not before.emergency or before.talker != patch.talker
        if patch.emergency and is_new:
            keeping.happened(step, _emergency_call(patch))


def status_came(step: Step, event: StatusReceived) -> None:
    """The emergency status is an alarm at once. The talkgroup need not be patched."""
    if event.code != EMERGENCY:
        return
    patch = next((one for one in _live(step.node) if one.terminal == event.terminal), None)
    cause = AlarmReason.EMERGENCY_ALARM(issi=event.sender or 0, terminal=event.terminal)
    key = f"emergency status {event.sender or 0}"
    kind = AlarmKind.EMERGENCY_ALARM
    keeping.happened(
        step,
        Condition(key, kind, cause, f"ISSI {event.sender or 0}", conference=patch.conference if patch else None),
    )


# --- the causes ---


def _emergencies(node: Node) -> Iterator[Condition]:
    """They are real, also in an exercise."""
    yield from (_emergency_call(one) for one in _live(node) if one.emergency)


def _emergency_call(patch: Patch) -> Condition:
    cause = AlarmReason.EMERGENCY_CALL(talkgroup=patch.name, gssi=patch.gssi, issi=patch.talker or 0)
    key = f"emergency call {patch.gssi} {patch.talker or 0}"
    return Condition(key, AlarmKind.EMERGENCY_CALL, cause, patch.name, conference=patch.conference)


def _parts(node: Node, parts: Mapping[str, Reason]) -> Iterator[Condition]:
    trunks = [name for name in parts if name.startswith("trunk ")]
    down = [name for name in trunks if parts[name] != WELL]
    if trunks and len(down) == len(trunks):
        cause = AlarmReason.NO_TRUNK(count=len(trunks))
        yield Condition(TRUNKS, AlarmKind.NO_TRUNK, cause, "", (*_OF_TELEPHONY, "asterisk manager"))
    patched = {f"terminal {one.terminal}" for one in _live(node)}
    for part, reason in parts.items():
        kind = kind_of_part(part, reason.code) if reason != WELL else None
        if kind is AlarmKind.SPARE_TERMINAL and part in patched:
            yield Condition(part, AlarmKind.TERMINAL, reason, part, exercise=_is_exercise(node, part))
        elif kind is AlarmKind.SPARE_TERMINAL:
            yield Condition(f"{part} spare", kind, reason, part, (part,))
        elif kind is not None:
            subject = "" if part in MEANT_BY_PART and kind not in _OF_DISKS else part
            yield Condition(part, kind, reason, subject, _behind(node, part, kind))


def _behind(node: Node, part: str, kind: AlarmKind) -> tuple[str, ...]:
    """The causes that would explain the fault of a part."""
    match kind:
        case AlarmKind.TELEPHONY:
            return ("asterisk process",)
        case AlarmKind.MANAGER:
            return _OF_TELEPHONY
        case AlarmKind.TRUNK:
            return (*_OF_LINES, "asterisk manager")
        case AlarmKind.AUDIO_PATH:
            patch = next((one for one in _live(node) if part == f"audio path {one.id}"), None)
            return ("media worker", *_OF_TELEPHONY, *((f"terminal {patch.terminal}",) if patch is not None else ()))
        case AlarmKind.CODES | AlarmKind.DIRECTORY | AlarmKind.ARCHIVE:
            return (_DATABASE, "archive disk", "spool disk") if kind is AlarmKind.ARCHIVE else (_DATABASE,)
        case _:
            return ()


def _terminals(node: Node) -> Iterator[Condition]:
    for name, terminal in node[TERMINALS].items():
        for alarm in terminal.alarms:
            kind = MEANT_BY_TERMINAL.get(alarm)
            if kind is None:
                continue
            part = f"terminal {name}"
            cause = AlarmReason.TERMINAL(terminal=name, alarm=alarm)
            behind = () if kind is AlarmKind.ON_AIR else (part, f"{part} spare")
            exercise = kind is not AlarmKind.ON_AIR and _is_exercise(node, part)
            yield Condition(f"{part} {alarm}", kind, cause, part, behind, exercise)


def _recordings(node: Node) -> Iterator[Condition]:
    for one in node[CONFERENCES].values():
        if one.recording.wanted and one.recording.state is RecordingState.FAILED:
            cause = AlarmReason.RECORDING(conference=one.name, cause=one.recording.failure)
            key, behind = f"recording {one.id}", ("spool disk", TELEPHONY, "asterisk process")
            yield Condition(key, AlarmKind.RECORDING, cause, one.name, behind, one.exercise, one.id)


def _call_outs(node: Node) -> Iterator[Condition]:
    missed = Counter(one.activation for one in node[TARGETS].values() if one.state is TargetState.UNREACHABLE)
    for one in node[ACTIVATIONS].values():
        yield from _late(node, one)
        if missed[one.id] and one.state is ActivationState.OPEN:
            cause = AlarmReason.UNREACHED(list=one.list_name, count=missed[one.id])
            key, kind = f"callout unreached {one.id}", AlarmKind.UNREACHED
            yield Condition(key, kind, cause, one.list_name, _OF_LINES, one.exercise, one.conference)


def _late(node: Node, activation: Activation) -> Iterator[Condition]:
    """One for each level that is late, where the call-out has several."""
    for one in deadline.late(node, activation):
        level = one.goal.level if activation.goals else None
        cause = AlarmReason.LATE(list=activation.list_name, came=one.came, needed=one.needed)
        if level is not None:
            cause = AlarmReason.LEVEL_LATE(
                list=activation.list_name, level=level.value, came=one.came, needed=one.needed
            )
        key = " ".join(("callout late", activation.id, *(() if level is None else (level.value,))))
        yield Condition(
            key,
            AlarmKind.CALLOUT_LATE,
            cause,
            activation.list_name,
            exercise=activation.exercise,
            conference=activation.conference,
        )


def _lines(node: Node, parts: Mapping[str, Reason]) -> Iterator[Condition]:
    """A host's lost line. Nobody knows by which trunk they came, so that any trunk that is down explains it."""
    down = tuple(name for name in parts if name.startswith("trunk ") and parts[name] != WELL)
    for one in node[PARTICIPANTS].values():
        if one.state is SeatState.LOST and one.leads and one.kind is LegKind.PHONE:
            conference = node[CONFERENCES].get(one.conference)
            if conference is None:
                continue
            name = one.spoken_name or one.name
            cause = AlarmReason.HOST_LINE(name=name, conference=conference.name)
            behind, exercise = (*_OF_LINES, *down), conference.exercise
            yield Condition(f"line {one.id}", AlarmKind.HOST_LINE, cause, name, behind, exercise, conference.id)


def _leases(node: Node, now_s: float) -> Iterator[Condition]:
    for one in _live(node):
        if one.lease_until_s is not None and one.lease_until_s - now_s <= LEASE_S:
            conference = node[CONFERENCES].get(one.conference)
            name = conference.name if conference is not None else ""
            cause = AlarmReason.LEASE(talkgroup=one.name, conference=name)
            exercise = conference is not None and conference.exercise
            yield Condition(f"lease {one.id}", AlarmKind.LEASE, cause, one.name, (), exercise, one.conference)


def _directory(facts: Facts) -> Iterator[Condition]:
    if facts.unconfirmed:
        cause = AlarmReason.UNCONFIRMED(count=facts.unconfirmed)
        yield Condition("directory unconfirmed", AlarmKind.UNCONFIRMED, cause, "", ("directory", _DATABASE))
    if facts.wrong_numbers:
        cause = AlarmReason.NUMBER_WRONG(count=len(facts.wrong_numbers), name=facts.wrong_numbers[0])
        yield Condition("directory numbers", AlarmKind.NUMBER_WRONG, cause, "", ("directory", _DATABASE))


# --- inside ---


def _live(node: Node) -> Iterator[Patch]:
    return (one for one in node[PATCHES].values() if one.state is not PatchState.REMOVED)


def _is_exercise(node: Node, part: str) -> bool:
    """Whether the terminal serves exercises alone."""
    of = {one.conference for one in _live(node) if part == f"terminal {one.terminal}"}
    return bool(of) and all(_exercises(node, one) for one in of)


def _exercises(node: Node, conference: ConferenceId) -> bool:
    found = node[CONFERENCES].get(conference)
    return found is not None and found.exercise
