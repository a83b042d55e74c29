"""The alarms of the node: raised, acknowledged, parked, over. Nothing here knows what the faults are."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bridge.domain.alarms.book import Book, Condition, advance, book_of, rows
from bridge.domain.alarms.commands import AcknowledgeAlarms, ShelveAlarm, UnshelveAlarm
from bridge.domain.alarms.kinds import Priority
from bridge.domain.alarms.notes import AlarmNote
from bridge.domain.alarms.passing import DELAYS, NO_DELAYS, Delays
from bridge.domain.alarms.reasons import AlarmReason
from bridge.domain.alarms.records import ALARMS, Alarm, AlarmState
from bridge.domain.kernel.ids import AlarmId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step

LONGEST_SHELF_S: Final = 8 * 3600.0
SHORTEST_SHELF_S: Final = 60.0
ALL: Final = "alarms"
"""The subject of an acknowledgement of several."""
_NOBODYS: Final = AlarmId("")


def would_change(node: Node, conditions: Mapping[str, Condition], now_s: float) -> bool:
    """Whether an alarm or a delay changes by what is there now."""
    before = book_of(node[ALARMS].values(), node[DELAYS])
    after = advance(before, conditions, now_s, lambda: _NOBODYS)
    return bool(after.ended) or after.alarms != before.alarms or after.delays != before.delays


def looked(step: Step, conditions: Mapping[str, Condition]) -> None:
    """All that is there now, by key."""
    _write(step, advance(_book(step), conditions, step.at_s, lambda: AlarmId(step.mint("alarm"))))


def happened(step: Step, condition: Condition) -> None:
    """It is raised at once, whether or not it is there still at the next look. Its kind has no delay."""
    before = _book(step)
    own = Book({key: one for key, one in before.alarms.items() if key == condition.key}, before.delays)
    after = advance(own, {condition.key: condition}, step.at_s, lambda: AlarmId(step.mint("alarm")))
    delays = Delays(before.delays.waiting, after.delays.gone, {**before.delays.told, **after.delays.told})
    _write(step, Book({**before.alarms, **after.alarms}, delays, after.ended))


def acknowledge(step: Step, actor: str, command: AcknowledgeAlarms) -> None:
    """Those that are acknowledged already stay so. One that is over ends with it."""
    shown = rows(step.node[ALARMS].values())
    named = [one for key in command.alarms if (one := step.node[ALARMS].get(key)) is not None]
    chosen = [*named, *(one for one in shown if one.priority is command.priority)]
    if command.alarms and not named:
        step.reply = Refused("not_found", AlarmReason.NO_SUCH_ALARM())
        return
    for alarm in {one.id: one for one in chosen if one.is_unacknowledged}.values():
        state = AlarmState.ACKNOWLEDGED if alarm.standing else AlarmState.ENDED
        seen = replace(
            alarm,
            state=state,
            acknowledged_by=actor,
            acknowledged_at_s=step.at_s,
            acknowledged_reason=command.reason,
            ended_at_s=None if alarm.standing else step.at_s,
        )
        _put(step, seen)
        step.audit(
            actor,
            "alarm.acknowledge",
            alarm.id,
            key=alarm.key,
            priority=alarm.priority.value,
            cause=alarm.cause,
            reason=command.reason,
        )
        if alarm.is_emergency and alarm.conference is not None:
            step.note(alarm.conference, AlarmNote.EMERGENCY_ACKNOWLEDGED, by=actor, reason=command.reason)
    step.reply = Done(named[0].id if len(named) == 1 else ALL)


def shelve(step: Step, actor: str, command: ShelveAlarm) -> None:
    alarm = step.node[ALARMS].get(command.alarm)
    refusal = _why_not_shelved(alarm, command)
    if alarm is None or refusal is not None:
        step.reply = refusal
        return
    shelved = replace(
        alarm,
        state=AlarmState.SHELVED,
        shelved_by=actor,
        shelved_at_s=step.at_s,
        shelved_until_s=step.at_s + command.for_s,
        shelved_reason=command.reason.strip(),
    )
    _put(step, shelved)
    step.audit(
        actor, "alarm.shelve", alarm.id, key=alarm.key, cause=alarm.cause, for_s=command.for_s, reason=command.reason
    )
    step.reply = Done(alarm.id)


def unshelve(step: Step, actor: str, command: UnshelveAlarm) -> None:
    alarm = step.node[ALARMS].get(command.alarm)
    if alarm is None:
        step.reply = Refused("not_found", AlarmReason.NO_SUCH_ALARM())
        return
    if alarm.state is not AlarmState.SHELVED:
        step.reply = Refused("conflict", AlarmReason.NOT_SHELVED())
        return
    back = replace(alarm, state=AlarmState.NEW if alarm.standing else AlarmState.RETURNED, shelved_until_s=step.at_s)
    _put(step, back)
    step.audit(actor, "alarm.unshelve", alarm.id, key=alarm.key)
    step.reply = Done(alarm.id)


# --- inside ---


def _why_not_shelved(alarm: Alarm | None, command: ShelveAlarm) -> Refused | None:
    if alarm is None:
        return Refused("not_found", AlarmReason.NO_SUCH_ALARM())
    if alarm.priority is Priority.CRITICAL:
        return Refused("not_allowed", AlarmReason.NEVER_SHELVED())
    if not command.reason.strip():
        return Refused("invalid", AlarmReason.REASON_MISSING(), "reason")
    if not SHORTEST_SHELF_S <= command.for_s <= LONGEST_SHELF_S:
        return Refused("invalid", AlarmReason.SHELVE_TIME(most_h=round(LONGEST_SHELF_S / 3600)), "for_s")
    return None


def _book(step: Step) -> Book:
    return book_of(step.node[ALARMS].values(), step.node[DELAYS])


def _write(step: Step, after: Book) -> None:
    before = step.node[ALARMS]
    for alarm in after.ended:
        _put(step, alarm)
    for alarm in after.alarms.values():
        if before.get(alarm.id) != alarm:
            step.put(alarm)
    if after.delays != step.node[DELAYS]:
        step.know(DELAYS, after.delays if after.delays != NO_DELAYS else NO_DELAYS)


def _put(step: Step, alarm: Alarm) -> None:
    step.put(alarm)
    if alarm.state is AlarmState.ENDED:
        step.forget(alarm)
