"""The causes of mailings. Those who are invited to a meeting hear of each change once, by whichever way
it came."""

from typing import Final

from bridge.domain.kernel.ids import MailingId, ScheduleId
from bridge.domain.kernel.step import Step
from bridge.domain.mailings import desk
from bridge.domain.mailings.records import Mailing, MailingKind
from bridge.domain.outbox.policy import OutboxPolicy
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.outbox.records import Bearer
from bridge.domain.schedule import calendar, keeping
from bridge.domain.schedule.records import SCHEDULES, Rule, Schedule

SERIES: Final = "series"
"""In the id of a mailing that is about no single date."""


def follow(step: Step) -> None:
    """After every event: a schedule that was added, changed or removed."""
    before, now = step.before[SCHEDULES], step.node[SCHEDULES]
    if before is now:
        return
    for key, schedule in now.items():
        was = before.get(key)
        if was is None or was.sequence < schedule.sequence:
            _changed(step, was, schedule)
    for key, was in before.items():
        if key not in now:
            _removed(step, was)


def _changed(step: Step, was: Schedule | None, schedule: Schedule) -> None:
    """A change of single dates is told about these alone. A calendar that takes the series anew forgets its moved
    dates, so these follow."""
    if not schedule.invites:
        return
    if was is not None and was.invites and _but_for_dates(was) == _but_for_dates(schedule):
        for on in _dates_moved(was.rule, schedule.rule):
            if _is_ahead(step, schedule.rule, on):
                _invite(step, schedule, on)
        return
    _invite(step, schedule, None)
    for moved in schedule.rule.moved:
        if _is_ahead(step, schedule.rule, moved.on):
            _invite(step, schedule, moved.on)


def _removed(step: Step, was: Schedule) -> None:
    """One that has come to its end by itself cancels nothing."""
    is_ahead = next(calendar.following(was.rule, keeping.wall_s(step)), None) is not None
    if was.invites and is_ahead:
        _begin(step, MailingKind.INVITATION, was.id, None, was.sequence + 1)


def _invite(step: Step, schedule: Schedule, on: str | None) -> None:
    _begin(step, MailingKind.INVITATION, schedule.id, on, schedule.sequence)


def _begin(step: Step, kind: MailingKind, schedule: ScheduleId, on: str | None, sequence: int) -> None:
    key = MailingId(f"{schedule}/{kind.value}/{on or SERIES}/{sequence}")
    mailing = Mailing(key, kind, step.at_s, schedule, on, sequence)
    if step.node.policy[OutboxPolicy].of(Bearer.MAIL) is None:
        desk.not_written(step, mailing, OutboxReason.BEARER_OFF(bearer=Bearer.MAIL.value))
    else:
        desk.begin(step, mailing)


# --- what has changed ---


def _but_for_dates(schedule: Schedule) -> tuple[object, ...]:
    """All that an invitation to the series tells, but for its skipped and moved dates."""
    rule = schedule.rule
    return (
        schedule.name,
        schedule.forum,
        schedule.activation_list,
        schedule.options,
        schedule.smarr,
        schedule.open_before_s,
        schedule.lasts_s,
        schedule.rings,
        (rule.first_on, rule.time, rule.weekdays, rule.last_on, rule.zone),
    )


def _dates_moved(was: Rule, now: Rule) -> list[str]:
    """Those that are skipped or moved otherwise than before, in order."""
    moved = {one.on for one in set(was.moved) ^ set(now.moved)}
    return sorted(moved | (set(was.skipped) ^ set(now.skipped)))


def _is_ahead(step: Step, rule: Rule, on: str) -> bool:
    """A date of the past that a change lets go is no news. One that is skipped counts by its time in the rule."""
    planned = calendar.planned_on(rule, on)
    if planned is not None:
        return planned.starts_at_s > keeping.wall_s(step)
    return on >= calendar.local_date(rule, keeping.wall_s(step))
