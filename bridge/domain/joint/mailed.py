"""The causes of mailings. Those whom a meeting or a call-out concerns hear of each change once, by whichever way it
came."""

from dataclasses import replace
from typing import Final

from bridge.domain.callout.records import ACTIVATIONS, OPERATOR_LIST, Activation, ActivationState
from bridge.domain.conference.records import CONFERENCES, ConferenceState
from bridge.domain.kernel.ids import ActivationId, MailingId, ScheduleId
from bridge.domain.kernel.step import Step
from bridge.domain.mailings import desk
from bridge.domain.mailings.policy import MailingPolicy
from bridge.domain.mailings.records import Mailing, MailingKind
from bridge.domain.outbox import desk as outbox
from bridge.domain.outbox.policy import OutboxPolicy
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.outbox.records import OUTBOX, Bearer
from bridge.domain.schedule import calendar, keeping
from bridge.domain.schedule.events import ClockSet
from bridge.domain.schedule.records import SCHEDULES, Rule, Schedule
from bridge.domain.schedule.timers import ScheduleTimer

SERIES: Final = "series"
"""In the id of a mailing that is about no single date."""


def at_start(step: Step) -> None:
    """The program has come up. A call-out may have ended with that, and reminders are awaited anew."""
    _follow_call_outs(step)
    for schedule in list(step.node[SCHEDULES].values()):
        _before_dates(step, schedule)


def clock_set(step: Step, _: ClockSet) -> None:
    for schedule in list(step.node[SCHEDULES].values()):
        _before_dates(step, schedule)


def follow(step: Step) -> None:
    """After every event: a schedule or a call-out that has come, moved or gone."""
    _follow_schedules(step)
    _follow_call_outs(step)
    _follow_conferences(step)


# --- meetings ---


def _follow_schedules(step: Step) -> None:
    before, now = step.before[SCHEDULES], step.node[SCHEDULES]
    if before is now:
        return
    for key, schedule in list(now.items()):
        was = before.get(key)
        if was is None or was.sequence < schedule.sequence:
            _changed(step, was, schedule)
            _before_dates(step, schedule, told=schedule.invites)
    for key, was in before.items():
        if key not in now:
            _removed(step, was)


def _changed(step: Step, was: Schedule | None, schedule: Schedule) -> None:
    """A change of single dates is told about these alone. A calendar that takes the series anew forgets its moved
    dates, so these follow."""
    knew = was if was is not None and was.invites else None
    if schedule.invites:
        for on in _news(step, knew, schedule):
            _invite(step, schedule, on)
    for on in _news(step, was, schedule):
        _inform(step, MailingKind.MEETING, schedule.id, on, schedule.sequence)


def _news(step: Step, was: Schedule | None, schedule: Schedule) -> list[str | None]:
    """The dates to tell about; `None` among them: the series."""
    if was is not None and _but_for_dates(was) == _but_for_dates(schedule):
        return [on for on in _dates_moved(was.rule, schedule.rule) if _is_ahead(step, schedule.rule, on)]
    return [None, *(one.on for one in schedule.rule.moved if _is_ahead(step, schedule.rule, one.on))]


def _removed(step: Step, was: Schedule) -> None:
    """One that has come to its end by itself cancels nothing."""
    step.stop_timer(ScheduleTimer.SCHEDULE_REMINDER, was.id)
    step.stop_timer(ScheduleTimer.SCHEDULE_REPORTS, was.id)
    _withdraw_reminders(step, was.id)
    if next(calendar.following(was.rule, keeping.wall_s(step)), None) is None:
        return
    removed = replace(was, sequence=was.sequence + 1)
    if was.invites:
        _invite(step, removed, None)
    _inform(step, MailingKind.MEETING, was.id, None, removed.sequence)


def _invite(step: Step, schedule: Schedule, on: str | None) -> None:
    """Without a mail server it is kept as failed, since somebody asked for it."""
    mailing = _of_schedule(step, MailingKind.INVITATION, schedule.id, on, schedule.sequence)
    if step.node.policy[OutboxPolicy].of(Bearer.MAIL) is None:
        desk.not_written(step, mailing, OutboxReason.BEARER_OFF(bearer=Bearer.MAIL.value))
    else:
        desk.begin(step, mailing)


def _inform(step: Step, kind: MailingKind, schedule: ScheduleId, on: str | None, sequence: int) -> None:
    if step.node.policy[OutboxPolicy].bearers:
        desk.begin(step, _of_schedule(step, kind, schedule, on, sequence))


def _of_schedule(step: Step, kind: MailingKind, schedule: ScheduleId, on: str | None, sequence: int) -> Mailing:
    key = MailingId(f"{schedule}/{kind.value}/{on or SERIES}/{sequence}")
    return Mailing(key, kind, step.at_s, schedule, on, sequence)


# --- so long before a date ---


def reminder_due(step: Step, subject: str) -> None:
    schedule = step.node[SCHEDULES].get(ScheduleId(subject))
    if schedule is not None:
        _remind(step, schedule)


def reports_due(step: Step, subject: str) -> None:
    schedule = step.node[SCHEDULES].get(ScheduleId(subject))
    if schedule is not None:
        _ask_reports(step, schedule)


def _before_dates(step: Step, schedule: Schedule, *, told: bool = False) -> None:
    """`told`: its invitation goes out in this step, and reminds of the dates that are so near."""
    _remind(step, schedule, told=told)
    _ask_reports(step, step.node[SCHEDULES][schedule.id])


def _remind(step: Step, schedule: Schedule, *, told: bool = False) -> None:
    before_s = schedule.remind_before_s if step.node.policy[OutboxPolicy].bearers else None
    kind = None if told else MailingKind.REMINDER
    after_s = _due(step, schedule, ScheduleTimer.SCHEDULE_REMINDER, before_s, schedule.reminded_to_s, kind)
    if after_s > schedule.reminded_to_s:
        step.put(replace(schedule, reminded_to_s=after_s))


def _ask_reports(step: Step, schedule: Schedule) -> None:
    policy = step.node.policy[MailingPolicy]
    can_ask = policy.can_link and step.node.policy[OutboxPolicy].of(Bearer.MAIL) is not None
    before_s = policy.report_before_s if can_ask and schedule.smarr.asks_reports else None
    kind = MailingKind.REPORT
    after_s = _due(step, schedule, ScheduleTimer.SCHEDULE_REPORTS, before_s, schedule.asked_to_s, kind)
    if after_s > schedule.asked_to_s:
        step.put(replace(schedule, asked_to_s=after_s))


def _due(
    step: Step,
    schedule: Schedule,
    timer: ScheduleTimer,
    before_s: float | None,
    settled_s: float,
    kind: MailingKind | None,
) -> float:
    """Write about each date whose time for it has come, and wait for the next.

    Args:
        timer: Its own, by which it is looked at again.
        before_s: So long before a date; `None`: not at all.
        settled_s: Wall time. Dates up to this are settled.
        kind: Of the mailing; `None`: the dates are settled without one.

    Returns:
        Wall time up to which dates are settled now.
    """
    if before_s is None:
        step.stop_timer(timer, schedule.id)
        return settled_s
    now_s = keeping.wall_s(step)
    near = calendar.between(schedule.rule, max(settled_s, now_s), now_s + before_s)
    for one in near:
        if kind is not None:
            key = MailingId(f"{schedule.id}/{kind.value}/{one.on}/{round(one.starts_at_s)}")
            mailing = Mailing(key, kind, step.at_s, schedule.id, one.on, schedule.sequence)
            desk.begin(step, replace(mailing, until_s=one.starts_at_s))
    settled_s = near[-1].starts_at_s if near else settled_s
    coming = next(calendar.following(schedule.rule, max(settled_s, now_s)), None)
    wait_s = keeping.DAY_S if coming is None else min(coming.starts_at_s - before_s - now_s, keeping.DAY_S)
    step.start_timer(timer, schedule.id, max(wait_s, keeping.SOON_S))
    return settled_s


def _withdraw_reminders(step: Step, schedule: ScheduleId) -> None:
    begins = tuple(f"{schedule}/{kind.value}/" for kind in (MailingKind.REMINDER, MailingKind.REPORT))
    for message in list(step.node[OUTBOX].values()):
        if message.mailing is not None and message.mailing.startswith(begins):
            outbox.not_needed(step, message, OutboxReason.WITHDRAWN())


# --- call-outs ---


def _follow_call_outs(step: Step) -> None:
    before, now = step.before[ACTIVATIONS], step.node[ACTIVATIONS]
    if before is now or not step.node.policy[OutboxPolicy].bearers:
        return
    for key, activation in now.items():
        was = before.get(key)
        if was is None and activation.state is ActivationState.OPEN:
            _tell(step, activation, MailingKind.CALLOUT_STARTED)
        elif was is not None and was.state is ActivationState.OPEN:
            _ended(step, activation)
    for key, was in before.items():
        if key not in now and was.state is ActivationState.OPEN:
            _tell(step, was, MailingKind.CALLOUT_CANCELLED)


def _ended(step: Step, activation: Activation) -> None:
    if activation.state is ActivationState.CANCELLED:
        _tell(step, activation, MailingKind.CALLOUT_CANCELLED)
    elif activation.state is ActivationState.DONE:
        _tell(step, activation, MailingKind.CALLOUT_ENDED)


def _tell(step: Step, activation: Activation, kind: MailingKind) -> None:
    """A telephone that is rung into a meeting by somebody is no call-out of a list."""
    if activation.list_id is None or activation.list_id == OPERATOR_LIST:
        return
    if kind is not MailingKind.CALLOUT_STARTED:
        _withdraw_started(step, activation.id)
    key = MailingId(f"{activation.id}/{kind.value}")
    desk.begin(step, Mailing(key, kind, step.at_s, activation=activation.id, conference=activation.conference))


def _withdraw_started(step: Step, activation: ActivationId) -> None:
    started = f"{activation}/{MailingKind.CALLOUT_STARTED.value}"
    for message in list(step.node[OUTBOX].values()):
        if message.mailing == started:
            outbox.not_needed(step, message, OutboxReason.CALLOUT_CANCELLED())


# --- conferences ---


def _follow_conferences(step: Step) -> None:
    """Those who took part are asked for an evaluation, where the forum has questions. No exercise is left out."""
    before, now = step.before[CONFERENCES], step.node[CONFERENCES]
    can_ask = step.node.policy[MailingPolicy].can_link and step.node.policy[OutboxPolicy].of(Bearer.MAIL) is not None
    if before is now or not can_ask:
        return
    for key, was in before.items():
        conference = now.get(key)
        has_ended = conference is None or conference.state is ConferenceState.ENDED
        if has_ended and was.state is not ConferenceState.ENDED and was.forum is not None:
            kind = MailingKind.EVALUATION
            desk.begin(step, Mailing(MailingId(f"{key}/{kind.value}"), kind, step.at_s, conference=key))


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
