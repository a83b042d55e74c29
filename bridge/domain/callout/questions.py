"""The question put to a called person who has answered: 1, 2, 3, 4, or nothing.

Asterisk puts it and takes the key (`Dial.question`), so that a key counts also while no controller is there. The
line is handed over with the key, or without one when the time is up.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.callout import answers, targets
from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.passing import AWAITED, QUESTIONS, KeyQuestion, QuestionPhase
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    OPERATOR_LIST,
    TARGET_DONE,
    TARGETS,
    Attempt,
    AttemptResult,
    AttemptState,
    Target,
    TargetState,
)
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.conference import door, returning, rooms, seats
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.entry import door_prompts
from bridge.domain.conference.passing import NOTICES
from bridge.domain.conference.policy import EntryPolicy
from bridge.domain.conference.prompts import ENTRY_RECORDED
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    LegKind,
    Role,
    Seat,
    SeatState,
)
from bridge.domain.kernel.ids import AttemptId, ChannelId, ParticipantId, PlaybackId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import HangUpLeg, Play, SpokenQuestion, StopPlaying
from bridge.domain.telephony.timers import PromptTimer

REPEATS: Final = 2
"""So many times a 0 has the question said again, with the whole time to answer."""
MINUTES_S: Final = 15.0
"""Asking for the minutes takes no longer."""
HANDED_OVER_S: Final = 15.0
"""Asterisk lets its last sentence end. A line that it has not handed over so long after that is fetched."""


def question_to(step: Step, target: Target) -> SpokenQuestion:
    """The question that Asterisk puts to whoever answers."""
    said = (
        *((conference_prompts.ENTRY_EXERCISE,) if step.node[ACTIVATIONS][target.activation].exercise else ()),
        _intro(step, target),
        *((callout_prompts.CALLOUT_PROMISED,) if target.comes_at_s is not None else ()),
        *((callout_prompts.CALLOUT_AGAIN,) if target.called_before else ()),
        callout_prompts.CALLOUT_KEYS,
    )
    return SpokenQuestion(
        said,
        (callout_prompts.CALLOUT_KEYS,),
        target.language,
        wait_s=step.node.policy[CalloutPolicy].key_wait_s,
        repeats=REPEATS,
        minutes=(callout_prompts.CALLOUT_MINUTES,) if answers.is_called_then(step, target) else (),
        receipts=tuple((key, answers.receipt(step, target, key)) for key in answers.KEYS if key != "1"),
    )


def longest_s(policy: CalloutPolicy) -> float:
    """From the answer until a line is handed over at the latest, if all is well."""
    return policy.key_wait_s * (1 + REPEATS) + HANDED_OVER_S


def is_asked(step: Step, attempt: Attempt, target: Target) -> None:
    """They have answered, and Asterisk asks them."""
    channel = ChannelId(attempt.id)
    step.put(replace(attempt, state=AttemptState.ANSWERED, answered_at_s=attempt.answered_at_s or step.at_s))
    if target.state not in TARGET_DONE:
        step.put(replace(target, state=TargetState.ASKED))
    step.set_in(QUESTIONS, channel, KeyQuestion(channel, attempt.id))
    _await_key(step, channel, longest_s(step.node.policy[CalloutPolicy]))


def later_pressed(step: Step, question: KeyQuestion) -> None:
    """A 2 counts at once. The minutes that they are asked for now may never come, since people hang up there."""
    called = _called(step, question) if question.phase is QuestionPhase.ASKING else None
    if called is not None:
        attempt, target = called
        step.put(replace(attempt, result=answers.take(step, attempt, target, "2")))
        _await_key(step, question.channel, MINUTES_S + HANDED_OVER_S)


def _await_key(step: Step, channel: ChannelId, after_s: float) -> None:
    step.start_timer(CalloutTimer.CALLOUT_KEY, channel, after_s)
    until_s = step.at_s + after_s + step.node.policy[EntryPolicy].prompt_longest_s
    step.set_in(AWAITED, AttemptId(channel), until_s)


def handed_over(step: Step, question: KeyQuestion, key: str) -> None:
    """Asterisk has the answer, or has asked in vain. Handing over twice is as once."""
    if answers.is_answer(key):
        press(step, question, key)
    else:
        no_key(step, question)


def _intro(step: Step, target: Target) -> Prompt:
    if target.seat is not None:
        return callout_prompts.CALLOUT_RING_BACK
    return callout_prompts.CALLOUT_OPERATOR if _is_operator(step, target) else callout_prompts.CALLOUT_INTRO


def _is_operator(step: Step, target: Target) -> bool:
    """The answer comes in as operator."""
    return step.node[ACTIVATIONS][target.activation].list_id == OPERATOR_LIST


def press(step: Step, question: KeyQuestion, taken: str) -> None:
    """1 joins, 2 comes later, 3 cannot, 4 has the deputy called."""
    if question.phase is not QuestionPhase.ASKING:
        return
    called = _called(step, question)
    if called is None:
        return
    attempt, target = called
    step.stop_timer(CalloutTimer.CALLOUT_KEY, question.channel)
    if taken == "1":
        _accept(step, question, attempt, target)
    else:
        receipt = answers.receipt(step, target, taken)
        step.put(replace(attempt, result=answers.take(step, attempt, target, taken)))
        say_and_leave(step, question, target, *receipt)
        targets.close_if_done(step, target.activation)


def _called(step: Step, question: KeyQuestion) -> tuple[Attempt, Target] | None:
    """The person whom the question is put to. A person who is no longer known is hung up."""
    attempt = step.node[ATTEMPTS].get(question.attempt)
    target = step.node[TARGETS].get(attempt.target) if attempt is not None else None
    if attempt is None or target is None:
        drop_question(step, question.channel)
        step.do(HangUpLeg(question.channel))
        return None
    return attempt, target


def _accept(step: Step, question: KeyQuestion, attempt: Attempt, target: Target) -> None:
    conference = step.node[CONFERENCES].get(step.node[ACTIVATIONS][attempt.activation].conference)
    if conference is None or conference.state is ConferenceState.ENDED:
        step.put(replace(target, state=TargetState.CANCELLED, reason=ConferenceReason.ENDED()))
        say_and_leave(step, question, target, callout_prompts.CALLOUT_CANCELLED)
        return
    participant = _participant(step, conference, question, attempt, target)
    step.put(replace(target, state=TargetState.JOINED, reason=None, comes_at_s=None))
    step.put(replace(attempt, result=AttemptResult.JOINED))
    participant = seats.admit(step, participant, question.channel, attempt.trunk)
    notices = door_prompts(conference, participant)
    playback = _play(step, question.channel, target, *notices)
    if ENTRY_RECORDED in notices:
        step.set_in(NOTICES, question.channel, playback)
    joining = replace(question, phase=QuestionPhase.JOINING, playback=playback, participant=participant.id)
    step.set_in(QUESTIONS, question.channel, joining)
    targets.close_if_done(step, target.activation)


def _participant(step: Step, conference: Conference, question: KeyQuestion, attempt: Attempt, target: Target) -> Seat:
    """A new participant, or the lost one who is rung back: with the role, mute and name they had."""
    lost = step.node[PARTICIPANTS].get(target.seat) if target.seat is not None else None
    if lost is not None and lost.state is SeatState.LOST:
        return returning.back(lost)
    participant = Seat(
        id=ParticipantId(step.mint("participant")),
        conference=conference.id,
        room=rooms.main(step.node, conference.id).id,
        kind=LegKind.PHONE,
        name=f"{target.organisation} {target.function}".strip() or attempt.number,
        organisation=target.organisation or None,
        function=target.function or None,
        target=target.id,
        language=target.language,
        number=attempt.number,
        host_rank=target.host_rank,
        role=Role.OPERATOR if _is_operator(step, target) else Role.PARTICIPANT,
    )
    return door.comes_in(step, conference, participant)


def no_key(step: Step, question: KeyQuestion) -> None:
    """Somebody, or a voicemail, has pressed nothing: never bridged."""
    if question.phase is not QuestionPhase.ASKING:
        return
    called = _called(step, question)
    if called is not None and called[0].result is AttemptResult.LATER:
        press(step, question, "2")
    elif called is not None:
        attempt, target = called
        step.put(replace(attempt, result=AttemptResult.NO_KEY))
        say_and_leave(step, question, target, callout_prompts.CALLOUT_NO_KEY)


def played(step: Step, question: KeyQuestion, playback: PlaybackId) -> None:
    if question.playback != playback:
        return
    step.stop_timer(PromptTimer.PROMPT, question.channel)
    match question.phase:
        case QuestionPhase.JOINING:
            step.drop_from(QUESTIONS, question.channel)
            participant = step.node[PARTICIPANTS].get(question.participant) if question.participant else None
            if participant is not None:
                seats.take_seat(step, participant)
        case QuestionPhase.LEAVING:
            step.do(HangUpLeg(question.channel))
        case QuestionPhase.ASKING:
            pass  # what is said then is Asterisk's own


def say_and_leave(step: Step, question: KeyQuestion, target: Target, *said: Prompt) -> None:
    if question.playback is not None:
        step.do(StopPlaying(question.channel, question.playback))
    playback = _play(step, question.channel, target, *said)
    step.set_in(QUESTIONS, question.channel, replace(question, phase=QuestionPhase.LEAVING, playback=playback))


def _play(step: Step, channel: ChannelId, target: Target, *said: Prompt) -> PlaybackId:
    playback = PlaybackId(step.mint("playback"))
    step.do(Play(channel, playback, said, target.language))
    step.start_timer(PromptTimer.PROMPT, channel, step.node.policy[EntryPolicy].prompt_longest_s)
    return playback


def drop_question(step: Step, channel: ChannelId) -> None:
    step.drop_from(QUESTIONS, channel)
    step.stop_timer(CalloutTimer.CALLOUT_KEY, channel)
    step.stop_timer(PromptTimer.PROMPT, channel)


def prompt_overdue(step: Step, question: KeyQuestion) -> None:
    """The end of a prompt was not reported: it counts as ended."""
    if question.playback is not None:
        played(step, question, question.playback)
