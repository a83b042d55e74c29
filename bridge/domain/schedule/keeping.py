"""Each date of a schedule comes once: in time, late within a stated time, or missed with a mark.

A date is known by its schedule and the date of the rule. Its record is committed before anything is read for it. The
conference is opened in one commit with the record that says so, and no crash opens it twice. Times are those of the
wall clock: after the clock was set, every timer is set anew.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import orders
from bridge.domain.conference.commands import OpenConference
from bridge.domain.conference.effects import WithdrawCodes
from bridge.domain.conference.records import CONFERENCES, ConferenceState
from bridge.domain.kernel import again
from bridge.domain.kernel.ids import ConferenceId, MixId, OccurrenceId, ScheduleId
from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.replies import Refused
from bridge.domain.kernel.step import Step
from bridge.domain.schedule import calendar
from bridge.domain.schedule.calendar import Planned
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.schedule.events import ClockSet, MeetingPrepared
from bridge.domain.schedule.notes import ScheduleNote
from bridge.domain.schedule.passing import AHEAD_S
from bridge.domain.schedule.policy import SchedulePolicy
from bridge.domain.schedule.reasons import ScheduleReason
from bridge.domain.schedule.records import (
    OCCURRENCES,
    SCHEDULES,
    Occurrence,
    OccurrenceState,
    Ringing,
    Schedule,
)
from bridge.domain.schedule.timers import ScheduleTimer

ACTOR: Final = SYSTEM.name
DAY_S: Final = 86_400.0
"""Each schedule is looked at once a day at least."""
KEPT_S: Final = 62 * DAY_S
"""So long after a date has come it is still known here. No exception moves a date so far."""
MOST_MISSED: Final = 400
"""So many missed dates of one schedule get a record at once. Older ones are counted in one line of the audit log."""
SOON_S: Final = 0.01


# --- time ---


def wall_s(step: Step) -> float:
    """The wall clock: seconds since 1970 (UTC)."""
    return step.at_s + step.node[AHEAD_S]


def is_too_late(step: Step, occurrence: Occurrence) -> bool:
    """Whether the time is over in which it may still be done late."""
    return wall_s(step) > occurrence.starts_at_s + step.node.policy[SchedulePolicy].late_s


def clock_set(step: Step, event: ClockSet) -> None:
    """The wall clock was set: what is due now is done now, and nothing is done again."""
    step.know(AHEAD_S, event.ahead_s)
    for schedule in list(step.node[SCHEDULES].values()):
        look(step, schedule)
    for occurrence in list(step.node[OCCURRENCES].values()):
        _await_ringing(step, occurrence)
        if is_open(step, occurrence):
            await_end(step, occurrence)


# --- a date comes due ---


def id_of(schedule: ScheduleId, on: str) -> OccurrenceId:
    return OccurrenceId(f"{schedule}.{on}")


def of_schedule(step: Step, schedule: ScheduleId) -> list[Occurrence]:
    return [one for one in step.node[OCCURRENCES].values() if one.schedule == schedule]


def is_open(step: Step, occurrence: Occurrence) -> bool:
    """Whether its conference is there and goes on."""
    conference = step.node[CONFERENCES].get(occurrence.conference)
    return conference is not None and conference.state is not ConferenceState.ENDED


def due(step: Step, subject: str) -> None:
    schedule = step.node[SCHEDULES].get(ScheduleId(subject))
    if schedule is not None:
        look(step, schedule)


def look(step: Step, schedule: Schedule) -> None:
    """Settle everything of a schedule that has come due, and wait for the next."""
    now_s = wall_s(step)
    schedule = _without_old(step, schedule)
    if _is_over(step, schedule):
        remove(step, schedule)
        step.audit(ACTOR, "schedule.over", schedule.id, name=schedule.name)
        return
    until_s = now_s + schedule.open_before_s
    planned = calendar.between(schedule.rule, schedule.from_at_s, until_s)
    fresh = [one for one in planned if id_of(schedule.id, one.on) not in step.node[OCCURRENCES]]
    if fresh:
        latest_s = now_s - step.node.policy[SchedulePolicy].late_s
        missed = [one for one in fresh if one.starts_at_s < latest_s]
        _miss_old(step, schedule, missed)
        for one in fresh:
            if one.starts_at_s >= latest_s:
                begin(step, _occurrence(step, schedule, one), schedule)
        schedule = replace(schedule, from_at_s=max(schedule.from_at_s, now_s))
        step.put(schedule)
    _wait(step, schedule)


def _miss_old(step: Step, schedule: Schedule, missed: list[Planned]) -> None:
    older, kept = missed[:-MOST_MISSED], missed[-MOST_MISSED:]
    if older:
        step.audit(ACTOR, "schedule.missed_older", schedule.id, dates=len(older), first=older[0].on, last=older[-1].on)
    for one in kept:
        late_s = round(wall_s(step) - one.starts_at_s)
        miss(step, _occurrence(step, schedule, one), ScheduleReason.AWAY(late_s=late_s))


def _occurrence(step: Step, schedule: Schedule, planned: Planned) -> Occurrence:
    due_at_s = max(planned.starts_at_s - schedule.open_before_s, schedule.from_at_s)
    return Occurrence(
        id=id_of(schedule.id, planned.on),
        schedule=schedule.id,
        on=planned.on,
        name=schedule.name,
        starts_at_s=planned.starts_at_s,
        due_at_s=due_at_s,
        decided_at_s=wall_s(step),
        conference=ConferenceId(step.mint("conference")),
        mix=MixId(step.mint("mix")),
    )


def begin(step: Step, occurrence: Occurrence, schedule: Schedule) -> None:
    """It is due: what it needs is read, and it is opened when that is known."""
    ringing = Ringing.AWAITED if schedule.rings else Ringing.NO
    occurrence = replace(occurrence, ringing=ringing)
    step.put(occurrence)
    step.do(PrepareMeeting(occurrence, schedule))


def _wait(step: Step, schedule: Schedule) -> None:
    """For the next date, or a day at most. Then old dates are forgotten, and the zone is asked again."""
    now_s = wall_s(step)
    after_s = max(schedule.from_at_s, now_s)
    known = step.node[OCCURRENCES]
    ahead = calendar.between(schedule.rule, after_s, now_s + schedule.open_before_s + 2 * DAY_S)
    coming = next((one for one in ahead if id_of(schedule.id, one.on) not in known), None)
    wait_s = DAY_S if coming is None else min(coming.starts_at_s - schedule.open_before_s - now_s, DAY_S)
    step.start_timer(ScheduleTimer.SCHEDULE, schedule.id, max(wait_s, SOON_S))


def _without_old(step: Step, schedule: Schedule) -> Schedule:
    """Old dates go, and are settled for good; the store keeps what the node forgets."""
    long_ago_s = wall_s(step) - KEPT_S
    old = [one for one in of_schedule(step, schedule.id) if one.decided_at_s < long_ago_s and not is_open(step, one)]
    settled_s = max((one.starts_at_s for one in old), default=schedule.from_at_s)
    if settled_s > schedule.from_at_s:
        schedule = replace(schedule, from_at_s=settled_s)
        step.put(schedule)
    for one in old:
        step.forget(one)
    return schedule


def _is_over(step: Step, schedule: Schedule) -> bool:
    """Whether its last date is long over, and nothing of it is known here any more."""
    if schedule.from_at_s >= wall_s(step) - KEPT_S or of_schedule(step, schedule.id):
        return False
    return next(calendar.following(schedule.rule, schedule.from_at_s), None) is None


def remove(step: Step, schedule: Schedule) -> None:
    """No date of it comes any more. Those that are open go on, and ring nobody."""
    for one in of_schedule(step, schedule.id):
        reason = ScheduleReason.SCHEDULE_REMOVED()
        if one.state is OccurrenceState.PREPARING:
            step.put(replace(one, state=OccurrenceState.MISSED, ringing=Ringing.NO, reason=reason))
            step.do(WithdrawCodes(one.conference))
        elif one.ringing in (Ringing.AWAITED, Ringing.READING):
            step.put(replace(one, ringing=Ringing.MISSED, reason=reason))
        step.stop_timer(ScheduleTimer.SCHEDULED_RINGING, one.id)
        again.forget_subject(step, one.id)
        if not is_open(step, one):
            step.forget(step.node[OCCURRENCES][one.id])
    step.put(replace(schedule, removed_at_s=wall_s(step)))
    step.forget(schedule)
    step.stop_timer(ScheduleTimer.SCHEDULE, schedule.id)


# --- it is opened ---


def prepared(step: Step, event: MeetingPrepared) -> None:
    """Open it, in one commit with the record that says so."""
    occurrence = step.node[OCCURRENCES].get(event.occurrence)
    if occurrence is None or occurrence.state is not OccurrenceState.PREPARING:
        if event.opening.conference not in step.node[CONFERENCES]:
            step.do(WithdrawCodes(event.opening.conference))
        return
    if is_too_late(step, occurrence):
        not_prepared(step, occurrence)
        return
    opening = replace(_with_end(step, event.opening, occurrence), opened_by=occurrence.opened_by)
    orders.open_conference(step, ACTOR, opening)
    answer, step.reply = step.reply, None
    if isinstance(answer, Refused):
        step.do(WithdrawCodes(occurrence.conference))
        miss(step, occurrence, answer.reason)
        return
    now_s = wall_s(step)
    late_s = _late(step, now_s - occurrence.due_at_s)
    opened = replace(occurrence, state=OccurrenceState.OPENED, late_s=late_s, opened_at_s=now_s)
    step.put(opened)
    await_end(step, opened)
    step.note(opened.conference, ScheduleNote.BY_SCHEDULE, late_s=round(late_s))
    step.audit(
        ACTOR, "schedule.open", opened.schedule, on=opened.on, conference=opened.conference, late_s=round(late_s)
    )
    _await_ringing(step, opened)


def _with_end(step: Step, opening: OpenConference, occurrence: Occurrence) -> OpenConference:
    """As long as it lasts from its time on. An end that has passed is no end."""
    schedule = step.node[SCHEDULES].get(occurrence.schedule)
    if schedule is None or schedule.lasts_s is None:
        return opening
    ends_at_s = occurrence.starts_at_s + schedule.lasts_s - step.node[AHEAD_S]
    return replace(opening, ends_at_s=ends_at_s if ends_at_s > step.at_s else None)


def _late(step: Step, seconds: float) -> float:
    return seconds if seconds > step.node.policy[SchedulePolicy].slack_s else 0.0


def not_prepared(step: Step, occurrence: Occurrence, reason: Reason | None = None) -> None:
    """The time in which it may be opened late is over."""
    step.do(WithdrawCodes(occurrence.conference))
    miss(step, occurrence, reason or ScheduleReason.AWAY(late_s=round(wall_s(step) - occurrence.starts_at_s)))


def miss(step: Step, occurrence: Occurrence, reason: Reason) -> None:
    """It is not opened: a mark, a line of the audit log, and an alarm (`bridge.main.schedule_watch`)."""
    missed = replace(occurrence, state=OccurrenceState.MISSED, ringing=Ringing.NO, reason=reason)
    step.put(missed)
    again.forget_subject(step, occurrence.id)
    step.audit(ACTOR, "schedule.missed", missed.schedule, on=missed.on, name=missed.name, reason=reason)


def await_end(step: Step, occurrence: Occurrence, since_s: float | None = None) -> None:
    """Look again when it may have been empty for long, since its time or since the last has left."""
    after_s = max(occurrence.starts_at_s, since_s or 0.0) + step.node.policy[SchedulePolicy].empty_s - wall_s(step)
    step.start_timer(ScheduleTimer.SCHEDULED_END, occurrence.id, max(after_s, SOON_S))


# --- its functions are rung ---


def _await_ringing(step: Step, occurrence: Occurrence) -> None:
    if occurrence.state is OccurrenceState.OPENED and occurrence.ringing is Ringing.AWAITED:
        wait_s = max(occurrence.starts_at_s - wall_s(step), SOON_S)
        step.start_timer(ScheduleTimer.SCHEDULED_RINGING, occurrence.id, wait_s)


def ringing_due(step: Step, subject: str) -> None:
    occurrence = step.node[OCCURRENCES].get(OccurrenceId(subject))
    if occurrence is None or occurrence.ringing is not Ringing.AWAITED:
        return
    if occurrence.starts_at_s - wall_s(step) > 1.0:
        _await_ringing(step, occurrence)
        return
    _read_called(step, occurrence)


def _read_called(step: Step, occurrence: Occurrence) -> None:
    schedule = step.node[SCHEDULES].get(occurrence.schedule)
    if schedule is None:
        not_rung(step, occurrence, ScheduleReason.SCHEDULE_REMOVED())
    elif not is_open(step, occurrence):
        not_rung(step, occurrence, ScheduleReason.MEETING_OVER())
    elif is_too_late(step, occurrence):
        not_rung(step, occurrence, ScheduleReason.AWAY(late_s=round(wall_s(step) - occurrence.starts_at_s)))
    else:
        step.put(replace(occurrence, ringing=Ringing.READING))
        step.do(ReadCalled(occurrence.id, schedule.forum, schedule.activation_list))


def not_rung(step: Step, occurrence: Occurrence, reason: Reason) -> None:
    step.put(replace(occurrence, ringing=Ringing.MISSED, reason=reason))
    again.forget_subject(step, occurrence.id)
    step.audit(ACTOR, "schedule.not_rung", occurrence.schedule, on=occurrence.on, reason=reason)


def rung_late_s(step: Step, occurrence: Occurrence) -> float:
    """So long after its time; 0 within the slack."""
    return _late(step, wall_s(step) - occurrence.starts_at_s)


# --- a restart ---


def resume(step: Step) -> None:
    """Dates that were under way go on, and those that came due meanwhile are settled."""
    for one in list(step.node[OCCURRENCES].values()):
        _go_on(step, one)
    for schedule in list(step.node[SCHEDULES].values()):
        look(step, schedule)


def _go_on(step: Step, one: Occurrence) -> None:
    schedule = step.node[SCHEDULES].get(one.schedule)
    if is_open(step, one):
        await_end(step, one, wall_s(step))  # since when it is empty is not kept
    if one.state is OccurrenceState.PREPARING and (schedule is None or is_too_late(step, one)):
        not_prepared(step, one)
    elif one.state is OccurrenceState.PREPARING and schedule is not None:
        step.do(PrepareMeeting(one, schedule))
    elif one.ringing is Ringing.READING:
        _read_called(step, one)
    else:
        _await_ringing(step, one)
