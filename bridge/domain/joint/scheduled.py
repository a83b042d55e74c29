"""Meetings of the schedule: the call-out at their time, and the end of one that nobody is in."""

from dataclasses import replace

from bridge.domain.callout import activations
from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.conference.passing import EMPTY_SINCE_S
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, ConferenceState, SeatState
from bridge.domain.joint import ending
from bridge.domain.kernel import again
from bridge.domain.kernel.ids import ActivationId, OccurrenceId, TargetId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.replies import Refused
from bridge.domain.kernel.step import Step
from bridge.domain.schedule import keeping
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.schedule.events import Called, CalledRead
from bridge.domain.schedule.notes import ScheduleNote
from bridge.domain.schedule.passing import AHEAD_S
from bridge.domain.schedule.policy import SchedulePolicy
from bridge.domain.schedule.reasons import ScheduleReason
from bridge.domain.schedule.records import OCCURRENCES, SCHEDULES, OccurrenceState, Ringing
from bridge.domain.schedule.timers import ScheduleTimer

AGAIN_S = 10.0
"""A directory that cannot be read is asked again within so long."""


def called(step: Step, event: CalledRead) -> None:
    """Call them out, in one commit with the record that says so."""
    occurrence = step.node[OCCURRENCES].get(event.occurrence)
    if occurrence is None or occurrence.ringing is not Ringing.READING:
        return
    conference = step.node[CONFERENCES].get(occurrence.conference)
    if conference is None or not keeping.is_open(step, occurrence):
        keeping.not_rung(step, occurrence, ScheduleReason.MEETING_OVER())
        return
    if not event.list.called:
        keeping.not_rung(step, occurrence, ScheduleReason.NOBODY_FOUND())
        return
    activation = ActivationId(step.mint("activation"))
    order = StartActivation(
        activation=activation,
        key=occurrence.id,
        conference=conference.id,
        list_name=event.list.name,
        targets=tuple(_target(step, one) for one in event.list.called),
        ring_s=event.list.ring_s,
        rounds=event.list.rounds,
        round_pause_s=event.list.round_pause_s,
        exercise=conference.exercise,
        list_id=event.list.id,
    )
    activations.start(step, keeping.ACTOR, order)
    answer, step.reply = step.reply, None
    if isinstance(answer, Refused):
        keeping.not_rung(step, occurrence, answer.reason)
        return
    late_s = keeping.rung_late_s(step, occurrence)
    started = ActivationId(answer.subject) if answer is not None else activation
    step.put(replace(occurrence, ringing=Ringing.RUNG, activation=started, rung_late_s=late_s))
    step.note(conference.id, ScheduleNote.SCHEDULED_RINGING, functions=len(order.targets), late_s=round(late_s))


def _target(step: Step, one: Called) -> NewTarget:
    return NewTarget(
        id=TargetId(step.mint("target")),
        function=one.function,
        organisation=one.organisation,
        numbers=one.numbers,
        number_uses=one.number_uses,
        language=one.language,
        host_rank=one.host_rank,
        function_id=one.function_id,
        issis=one.issis,
        deputies=tuple(_target(step, each) for each in one.deputies),
    )


# --- failures ---


def not_done(step: Step, effect: PrepareMeeting | ReadCalled, reason: Reason) -> None:
    """The directory or the codes cannot be reached: asked again as long as it may be done late, then missed."""
    occurrence = step.node[OCCURRENCES].get(OccurrenceId(effect.subject))
    if occurrence is None or renewed(step, effect) is None:
        return
    if not keeping.is_too_late(step, occurrence):
        again.plan(step, effect, longest_s=AGAIN_S)
    elif occurrence.state is OccurrenceState.PREPARING:
        keeping.not_prepared(step, occurrence, reason)
    else:
        keeping.not_rung(step, occurrence, reason)


def renewed(step: Step, effect: PrepareMeeting | ReadCalled) -> PrepareMeeting | ReadCalled | None:
    """The order as it is wanted now; `None` when it is not."""
    occurrence = step.node[OCCURRENCES].get(OccurrenceId(effect.subject))
    if occurrence is None:
        return None
    if isinstance(effect, PrepareMeeting):
        return effect if occurrence.state is OccurrenceState.PREPARING else None
    return effect if occurrence.ringing is Ringing.READING else None


# --- the end ---


def end_due(step: Step, subject: str) -> None:
    """Nothing ends a meeting that somebody is in. One that has been empty for long would keep its codes for ever."""
    occurrence = step.node[OCCURRENCES].get(OccurrenceId(subject))
    conference = step.node[CONFERENCES].get(occurrence.conference) if occurrence is not None else None
    if occurrence is None or conference is None or not keeping.is_open(step, occurrence):
        return
    is_peopled = any(
        one.conference == conference.id and one.state is not SeatState.LEFT for one in step.node[PARTICIPANTS].values()
    )
    empty_since_s = step.at_s if is_peopled else step.node[EMPTY_SINCE_S].get(conference.id, 0.0)
    is_empty_long = step.at_s - empty_since_s >= step.node.policy[SchedulePolicy].empty_s
    if not is_empty_long:
        keeping.await_end(step, occurrence, empty_since_s + step.node[AHEAD_S])
    elif ending.end(step, conference):
        step.audit(keeping.ACTOR, "schedule.end_empty", conference.id)


def follow(step: Step) -> None:
    """After every event: a meeting that is over awaits nothing, and is forgotten with its schedule."""
    before, now = step.before[CONFERENCES], step.node[CONFERENCES]
    if before is now:
        return
    for one in list(step.node[OCCURRENCES].values()):
        was = before.get(one.conference)
        if was is None or was.state is ConferenceState.ENDED or keeping.is_open(step, one):
            continue
        step.stop_timer(ScheduleTimer.SCHEDULED_END, one.id)
        if one.schedule not in step.node[SCHEDULES]:
            step.stop_timer(ScheduleTimer.SCHEDULED_RINGING, one.id)
            step.forget(one)
