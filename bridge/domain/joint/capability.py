"""The couplings of the rooms, as a capability of their own."""

from typing import Final

from bridge.domain.alarms.events import PartsLookedAt
from bridge.domain.callout import activations, calls, ringback
from bridge.domain.callout.records import ACTIVATIONS, ATTEMPTS
from bridge.domain.conference import entry, keypad, people, prompts
from bridge.domain.conference.commands import EndConference, GiveFloor, RemoveParticipant
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.passing import ENTRIES, SEATS
from bridge.domain.conference.records import CONFERENCES, ConferenceState
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.decisions.commands import ReadBackDecision
from bridge.domain.joint import (
    alarmed,
    arriving,
    belonging,
    beside,
    conduct,
    ending,
    failures,
    forgetting,
    going,
    legs,
    mailed,
    notices,
    orders,
    radio_answers,
    reach,
    reconcile,
    roll_calls,
    scheduled,
    talkgroup_tracks,
)
from bridge.domain.joint.commands import AnswerByLink, CallOutBeside, TakeAnswer
from bridge.domain.kernel import again
from bridge.domain.kernel.again import AgainTimer
from bridge.domain.kernel.capability import Capability, carries_out, on, when_due
from bridge.domain.kernel.events import EffectFailed
from bridge.domain.kernel.ids import AttemptId, ChannelId, ConferenceId
from bridge.domain.kernel.step import Step
from bridge.domain.meetingtime import prompts as time_prompts
from bridge.domain.phoneorders import ordering
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.recording.events import RecordingStarted
from bridge.domain.schedule.events import CalledRead, ClockSet
from bridge.domain.schedule.timers import ScheduleTimer
from bridge.domain.shortdata.events import SdsReceived, StatusReceived
from bridge.domain.siderooms import prompts as siderooms_prompts
from bridge.domain.telephony.effects import HangUpLeg
from bridge.domain.telephony.events import (
    CallArrived,
    KeyTaken,
    LaterPressed,
    LegAnswered,
    LegEnded,
    LegRinging,
    TelephonyDown,
    TelephonyUp,
)
from bridge.domain.telephony.state import TELEPHONY, Telephony


def _telephony_down(step: Step, event: TelephonyDown) -> None:
    step.know(TELEPHONY, Telephony(up=False, reason=event.reason))
    step.show("telephony", "asterisk")


def _call_arrived(step: Step, event: CallArrived) -> None:
    if event.channel not in step.node[SEATS] and event.channel not in step.node[ENTRIES]:
        arriving.arrive(step, event)


def _code_resolved(step: Step, event: CodeResolved) -> None:
    caller = step.node[ENTRIES].get(event.channel)
    if caller is not None and not ordering.takes(step, caller, event):
        arriving.came_in(step, entry.resolved(step, caller, event))


def _leg_ended(step: Step, event: LegEnded) -> None:
    again.forget_subject(step, event.channel)
    legs.ended(step, event.channel, event.cause)


def _leg_moves(step: Step, event: LegRinging | LegAnswered | KeyTaken | LaterPressed) -> None:
    """A call of ours that nobody knows any more must not ring on, nor be answered by silence."""
    attempt = step.node[ATTEMPTS].get(AttemptId(event.channel))
    if attempt is not None:
        match event:
            case LegRinging():
                calls.ringing(step, attempt)
            case LegAnswered():
                calls.answered(step, attempt)
            case LaterPressed():
                calls.later_pressed(step, attempt)
            case KeyTaken():
                calls.handed_over(step, attempt, event.key)
    elif event.channel not in step.node[SEATS] and event.channel not in step.node[ENTRIES]:
        step.do(HangUpLeg(event.channel))


def _join_overdue(step: Step, subject: str) -> None:
    channel = ChannelId(subject)
    participant = people.seat(step, channel)
    if participant is not None:
        failures.join_overdue(step, channel, participant)


def _farewell_over(step: Step, subject: str) -> None:
    conference = step.node[CONFERENCES].get(ConferenceId(subject))
    if conference is not None:
        ending.farewell_over(step, conference)


def _keep(step: Step) -> None:
    forgetting.forget_finished(step)
    _keep_call_outs(step)
    ringback.refresh(step)
    belonging.follow(step)
    roll_calls.follow(step)
    scheduled.follow(step)
    mailed.follow(step)
    reach.keep_floors(step)
    talkgroup_tracks.follow(step)
    beside.follow(step)
    alarmed.follow(step)


def _keep_call_outs(step: Step) -> None:
    """Those of a conference that is over are over, and go with it. One of which a call is up stays until that ends."""
    up = {attempt.activation for attempt in step.node[ATTEMPTS].values()}
    for activation in list(step.node[ACTIVATIONS].values()):
        conference = step.node[CONFERENCES].get(activation.conference)
        if conference is None and activation.id not in up:
            activations.forget(step, activation)
        elif conference is None or conference.state is ConferenceState.ENDED:
            activations.cancel(step, activation)


def _at_start(step: Step) -> None:
    reconcile.at_start(step)
    _keep_call_outs(step)
    beside.keep(step)
    mailed.at_start(step)


JOINT: Final = Capability(
    "joint",
    heed=(
        on(TelephonyUp, reconcile.telephony_up),
        on(TelephonyDown, _telephony_down),
        on(CallArrived, _call_arrived),
        on(CodeResolved, _code_resolved),
        on(LegRinging, _leg_moves),
        on(LegAnswered, _leg_moves),
        on(KeyTaken, _leg_moves),
        on(LaterPressed, _leg_moves),
        on(LegEnded, _leg_ended),
        on(RecordingStarted, notices.recording_started),
        on(CalledRead, scheduled.called),
        on(SdsReceived, radio_answers.text_came),
        on(StatusReceived, radio_answers.status_came),
        on(StatusReceived, alarmed.status_came),
        on(PartsLookedAt, alarmed.looked),
        on(ClockSet, mailed.clock_set),
        on(EffectFailed, failures.failed),
    ),
    commands=(
        carries_out(EndConference, orders.end),
        carries_out(GiveFloor, orders.give_floor),
        carries_out(RemoveParticipant, orders.remove),
        carries_out(ReadBackDecision, orders.read_back),
        carries_out(CallOutBeside, beside.call_out),
        carries_out(TakeAnswer, beside.take_answer),
        carries_out(AnswerByLink, beside.answer_by_link),
    ),
    timers=(
        when_due(AgainTimer.AGAIN, failures.again_due),
        when_due(ConferenceTimer.JOIN, _join_overdue),
        when_due(RadioTimer.TRACK, talkgroup_tracks.retry_due),
        when_due(ConferenceTimer.CONFERENCE_END, _farewell_over),
        when_due(ScheduleTimer.SCHEDULED_END, scheduled.end_due),
        when_due(ScheduleTimer.SCHEDULE_REMINDER, mailed.reminder_due),
        when_due(ScheduleTimer.SCHEDULE_REPORTS, mailed.reports_due),
    ),
    keys=(
        keypad.for_all(
            "#7",
            "go to a side room or, as a host, to those who wait; and back to the meeting",
            siderooms_prompts.HELP_HASH_7,
            going.by_key,
        ),
        keypad.for_hosts(
            "#8",
            "more time, the latest decision read back, or the end for everybody: a key answers which",
            time_prompts.HELP_HASH_8,
            conduct.by_key,
        ),
        keypad.for_hosts("*#", "end the conference, keyed twice within 10 s", prompts.HELP_STAR_HASH, ending.by_key),
    ),
    resume=_at_start,
    keep=_keep,
)
