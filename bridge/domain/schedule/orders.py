"""The commands of the schedule: each is carried out or refused, and audited."""

from dataclasses import replace
from typing import Final

from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import Secrecy
from bridge.domain.kernel.ids import ScheduleId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.schedule import calendar, keeping
from bridge.domain.schedule.commands import (
    AddSchedule,
    ChangeSchedule,
    MoveDate,
    RemoveSchedule,
    SkipDate,
    StartScheduled,
)
from bridge.domain.schedule.reasons import ScheduleReason
from bridge.domain.schedule.records import (
    OCCURRENCES,
    SCHEDULES,
    Moved,
    Occurrence,
    OccurrenceState,
    Rule,
    Schedule,
)

MOST_SCHEDULES: Final = 500
NO_SCHEDULE: Final = Refused("not_found", ScheduleReason.NO_SUCH_SCHEDULE())


def add(step: Step, actor: str, command: AddSchedule) -> None:
    schedule = command.schedule
    if schedule.id in step.node[SCHEDULES]:
        step.reply = Done(schedule.id)
        return
    if len(step.node[SCHEDULES]) >= MOST_SCHEDULES:
        step.reply = Refused("conflict", ScheduleReason.TOO_MANY(most=MOST_SCHEDULES))
        return
    now_s = keeping.wall_s(step)
    schedule = replace(schedule, created_by=actor, created_at_s=step.at_s, from_at_s=now_s, sequence=0)
    if not _is_usable(step, schedule):
        return
    step.audit(actor, "schedule.add", schedule.id, name=schedule.name, rings=schedule.rings)
    _keep(step, schedule)


def change(step: Step, actor: str, command: ChangeSchedule) -> None:
    """The one who changes it has seen the latest: else one change would undo another in silence."""
    before = _known(step, command.schedule.id)
    if before is None:
        return
    if command.schedule.sequence != before.sequence:
        step.reply = Refused("conflict", ScheduleReason.CHANGED_MEANWHILE(), "sequence")
        return
    changed = replace(
        command.schedule,
        created_by=before.created_by,
        created_at_s=before.created_at_s,
        sequence=before.sequence + 1,
        reminded_to_s=before.reminded_to_s,
        asked_to_s=before.asked_to_s,
        from_at_s=max(before.from_at_s, keeping.wall_s(step)),
    )
    if not _is_usable(step, changed):
        return
    keeping.look(step, before)  # what has come due by the rule of before
    step.audit(actor, "schedule.change", changed.id, name=changed.name, sequence=changed.sequence)
    _keep(step, changed)


def remove(step: Step, actor: str, command: RemoveSchedule) -> None:
    schedule = _known(step, command.schedule)
    if schedule is not None:
        keeping.remove(step, replace(schedule, sequence=schedule.sequence + 1))
        step.audit(actor, "schedule.remove", schedule.id, name=schedule.name)
        step.reply = Done(schedule.id)


def skip(step: Step, actor: str, command: SkipDate) -> None:
    """One date is not held, or is held after all. To ask twice changes nothing."""
    schedule = _ahead(step, command.schedule, command.on)
    if schedule is None:
        return
    rule = schedule.rule
    moved = tuple(one for one in rule.moved if one.on != command.on)
    skipped = set(rule.skipped) | {command.on} if command.skipped else set(rule.skipped) - {command.on}
    changed = replace(rule, skipped=tuple(sorted(skipped)), moved=moved)
    if changed == rule:
        step.reply = Done(schedule.id)
        return
    if _excepted(step, schedule, changed):
        step.audit(actor, "schedule.skip", schedule.id, on=command.on, skipped=command.skipped)


def move(step: Step, actor: str, command: MoveDate) -> None:
    """One date is held at another time."""
    schedule = _ahead(step, command.schedule, command.on)
    if schedule is None:
        return
    others = tuple(one for one in schedule.rule.moved if one.on != command.on)
    moved = (*others, Moved(command.on, command.to_on, command.to_time))
    skipped = tuple(one for one in schedule.rule.skipped if one != command.on)
    rule = replace(schedule.rule, moved=tuple(sorted(moved)), skipped=skipped)
    if _excepted(step, schedule, rule):
        step.audit(actor, "schedule.move", schedule.id, on=command.on, to=f"{command.to_on} {command.to_time}")


def start(step: Step, actor: str, command: StartScheduled) -> None:
    """While a meeting of it is open, it is the one: pressed twice it opens one."""
    schedule = _known(step, command.schedule)
    if schedule is None:
        return
    held = keeping.of_schedule(step, schedule.id)
    under_way = next(
        (one for one in held if one.state is OccurrenceState.PREPARING or keeping.is_open(step, one)), None
    )
    if under_way is not None:
        step.reply = Done(under_way.id)
        return
    now_s = keeping.wall_s(step)
    on = _today(step, schedule, now_s)
    occurrence = Occurrence(
        id=command.extra if on is None else keeping.id_of(schedule.id, on),
        schedule=schedule.id,
        on=on or calendar.local_date(schedule.rule, now_s),
        name=schedule.name,
        starts_at_s=now_s,
        due_at_s=now_s,
        decided_at_s=now_s,
        conference=command.conference,
        mix=command.mix,
        opened_by=command.opened_by,
    )
    keeping.begin(step, occurrence, schedule)
    keeping.look(step, schedule)
    step.audit(actor, "schedule.start", schedule.id, on=occurrence.on)
    step.reply = Done(occurrence.id)


def _today(step: Step, schedule: Schedule, now_s: float) -> str | None:
    """The date of the rule that is held today and has not come yet."""
    today = calendar.local_date(schedule.rule, now_s)
    found = calendar.between(schedule.rule, max(schedule.from_at_s, now_s), now_s + keeping.DAY_S)
    ahead = (one for one in found if keeping.id_of(schedule.id, one.on) not in step.node[OCCURRENCES])
    return next((one.on for one in ahead if one.local.startswith(today)), None)


# --- inside ---


def _known(step: Step, schedule: ScheduleId) -> Schedule | None:
    """The schedule; else `step.reply` refuses."""
    found = step.node[SCHEDULES].get(schedule)
    if found is None:
        step.reply = NO_SCHEDULE
    return found


def _ahead(step: Step, key: ScheduleId, on: str) -> Schedule | None:
    """The schedule, where the date is one of its rule and has not come yet; else `step.reply` refuses."""
    schedule = _known(step, key)
    if schedule is None:
        return None
    if not calendar.is_of(schedule.rule, on):
        step.reply = Refused("invalid", ScheduleReason.NOT_OF_THE_RULE(on=on[:20]), "on")
        return None
    planned = calendar.planned_on(schedule.rule, on)
    is_past = planned is not None and planned.starts_at_s <= keeping.wall_s(step)
    if is_past or keeping.id_of(schedule.id, on) in step.node[OCCURRENCES]:
        step.reply = Refused("conflict", ScheduleReason.HELD_ALREADY(on=on), "on")
        return None
    return schedule


def _excepted(step: Step, schedule: Schedule, rule: Rule) -> bool:
    """The same with other exceptions; false where that is refused."""
    changed = replace(
        schedule,
        rule=rule,
        sequence=schedule.sequence + 1,
        from_at_s=max(schedule.from_at_s, keeping.wall_s(step)),
    )
    fault = calendar.fault_of(rule)
    if fault is not None:
        step.reply = Refused("invalid", fault[1], fault[0])
        return False
    keeping.look(step, schedule)  # what has come due by the rule of before
    _keep(step, changed)
    return True


def _is_usable(step: Step, schedule: Schedule) -> bool:
    """Whether it can be kept; else `step.reply` refuses."""
    fault = calendar.fault_of(schedule.rule)
    if fault is not None:
        step.reply = Refused("invalid", fault[1], fault[0])
    elif schedule.options.secrecy is Secrecy.NATIONAL:
        step.reply = Refused("invalid", ConferenceReason.NATIONAL_SECURITY(), "secrecy")
    elif schedule.rings and schedule.forum is None and schedule.activation_list is None:
        step.reply = Refused("invalid", ScheduleReason.NOBODY_TO_RING(), "rings")
    elif next(calendar.following(schedule.rule, keeping.wall_s(step)), None) is None:
        step.reply = Refused("invalid", ScheduleReason.NO_DATE_AHEAD(), "first_on")
    else:
        return True
    return False


def _keep(step: Step, schedule: Schedule) -> None:
    schedule = replace(schedule, rule=calendar.without_past(schedule.rule, keeping.wall_s(step)))
    step.put(schedule)
    keeping.look(step, schedule)
    step.reply = Done(schedule.id)
