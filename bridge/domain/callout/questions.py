"""The question put to a called person who has answered: 1, 2, 3, 4, or nothing.

Asterisk puts it and takes the key (`Dial.question`), so that a key counts also while no controller is there. The
line is handed over with the key, or without one when the time is up.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.callout import answers, sharing, targets
from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.passing import AWAITED, QUESTIONS, KeyQuestion, QuestionPhase
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    NOT_RUNG,
    OPERATOR_LIST,
    TARGET_DONE,
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
    FunctionOf,
    LegKind,
    Role,
    Seat,
    SeatState,
)
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import AttemptId, ChannelId, ParticipantId, PlaybackId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import HangUpLeg, Play, SpokenQuestion, StopPlaying
from bridge.domain.telephony.numbers import national
from bridge.domain.telephony.timers import PromptTimer

NO_KEY: Final = ""
"""As the key of the words that are said when the time is up."""
REPEATS: Final = 2
"""So many times a 0 has the question said again, with the whole time to answer."""
MINUTES_S: Final = 15.0
"""Asking for the minutes takes no longer."""
WHO_S: Final = 60.0
"""Asking who answers takes no longer. It is asked `WHO_TRIES` times."""
WHO_TRIES: Final = 2
HANDED_OVER_S: Final = 15.0
"""Asterisk lets its last sentence end. A line that it has not handed over so long after that is fetched."""


def question_to(step: Step, called: Sequence[Target]) -> SpokenQuestion:
    """The question that Asterisk puts to whoever answers. Where it is to several functions, it names them."""
    target = called[0]
    names = (phrases.spoken(one.function) for one in called if one.function)
    said = (
        *((conference_prompts.ENTRY_EXERCISE,) if step.node[ACTIVATIONS][target.activation].exercise else ()),
        _intro(step, target),
        *((_for_several(len(called)), *names) if len(called) > 1 else ()),
        *((callout_prompts.CALLOUT_PROMISED,) if any(one.comes_at_s is not None for one in called) else ()),
        *((callout_prompts.CALLOUT_AGAIN,) if any(one.called_before for one in called) else ()),
        callout_prompts.CALLOUT_KEYS,
    )
    return SpokenQuestion(
        said,
        (callout_prompts.CALLOUT_KEYS,),
        target.language,
        wait_s=step.node.policy[CalloutPolicy].key_wait_s,
        repeats=REPEATS,
        minutes=(callout_prompts.CALLOUT_MINUTES,) if answers.is_called_then(step, target) else (),
        who=who_prompts(called),
        choices=len(called) + 1 if sharing.is_asked_who(len(called)) else 0,
        receipts=(*receipts(step, called).items(), (NO_KEY, no_key_message(step, target))),
    )


def _for_several(count: int) -> Prompt:
    """A 1 is followed by the question who answers, unless they are too many for one key."""
    is_asked = sharing.is_asked_who(count)
    return callout_prompts.CALLOUT_FOR_THESE if is_asked else callout_prompts.CALLOUT_FOR_SEVERAL


def who_prompts(called: Sequence[Target]) -> tuple[Prompt, ...]:
    """ "Who answers? For A press 1, for B press 2, for both press 3." Empty where it is not asked."""
    if not sharing.is_asked_who(len(called)):
        return ()
    whole = callout_prompts.CALLOUT_WHO_BOTH if len(called) == 2 else callout_prompts.CALLOUT_WHO_ALL
    said = [callout_prompts.CALLOUT_WHO]
    for place, one in enumerate(called, 1):
        said += [callout_prompts.CALLOUT_WHO_FOR, phrases.spoken(spoken_name(one, called))]
        said += [callout_prompts.CALLOUT_WHO_PRESS, phrases.number(place)]
    return (*said, whole, callout_prompts.CALLOUT_WHO_PRESS, phrases.number(len(called) + 1))


def spoken_name(target: Target, called: Sequence[Target]) -> str:
    """The function as it is said. Where another has its name, its organisation tells which."""
    is_alone = sum(one.function == target.function for one in called) == 1
    return target.function if is_alone and target.function else f"{target.organisation} {target.function}".strip()


def receipts(step: Step, called: Sequence[Target]) -> dict[str, tuple[Prompt, ...]]:
    """Key → the words on it for all the functions, each said once."""
    words = [answers.receipts(step, one) for one in called]
    return {key: tuple(dict.fromkeys(said for one in words for said in one[key])) for key in words[0]}


def no_key_message(step: Step, target: Target) -> tuple[Prompt, ...]:
    """Said where nobody pressed a key, so to every voicemail: whole sentences, the number to call, and no code."""
    conference = step.node[CONFERENCES].get(step.node[ACTIVATIONS][target.activation].conference)
    number = conference.number if conference is not None else ""
    digits = tuple(phrases.number(int(one)) for one in national(number) if one.isdigit())
    return (callout_prompts.CALLOUT_NO_KEY, *((callout_prompts.CALLOUT_RING_IN, *digits) if digits else ()))


def longest_s(policy: CalloutPolicy) -> float:
    """From the answer until a line is handed over at the latest, if all is well."""
    return policy.key_wait_s * (1 + REPEATS) + HANDED_OVER_S


def is_asked(step: Step, attempt: Attempt) -> None:
    """They have answered, and Asterisk asks them."""
    channel = ChannelId(attempt.id)
    step.put(replace(attempt, state=AttemptState.ANSWERED, answered_at_s=attempt.answered_at_s or step.at_s))
    for one in sharing.functions_of(step.node, attempt):
        if one.state not in NOT_RUNG:
            step.put(replace(one, state=TargetState.ASKED))
    step.set_in(QUESTIONS, channel, KeyQuestion(channel, attempt.id))
    who_s = WHO_S if sharing.is_asked_who(1 + len(attempt.also)) else 0.0
    _await_key(step, channel, longest_s(step.node.policy[CalloutPolicy]) + who_s)


def later_pressed(step: Step, question: KeyQuestion) -> None:
    """A 2 counts at once. The minutes that they are asked for now may never come, since people hang up there."""
    called = _called(step, question) if question.phase is QuestionPhase.ASKING else None
    if called is not None:
        attempt, _ = called
        take(step, attempt, "2")
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
    """1 joins, 2 comes later, 3 cannot, 4 has the deputy called. Behind a 1 stands who answers, where it was asked."""
    if question.phase is not QuestionPhase.ASKING:
        return
    called = _called(step, question)
    if called is None:
        return
    attempt, functions = called
    step.stop_timer(CalloutTimer.CALLOUT_KEY, question.channel)
    if taken[:1] == "1":
        _accept(step, question, attempt, functions, taken)
    else:
        receipt = receipts(step, functions)[taken[:1]]
        take(step, attempt, taken)
        say_and_leave(step, question, functions[0], *receipt)
        targets.close_if_done(step, attempt.activation)


def take(step: Step, attempt: Attempt, taken: str) -> AttemptResult:
    """The answer counts for every function that the call is to and that has none yet. A 1 counts for those alone for
    whom the person says to answer. Their other calls are over."""
    result = answers.RESULTS[taken[:1]]
    functions = sharing.functions_of(step.node, attempt)
    answered = sharing.chosen(functions, taken[1:]) if taken[:1] == "1" else tuple(functions)
    released = [one for one in functions if one not in answered]
    reason = None if len(functions) == 1 or sharing.tells_who(functions, taken[1:]) else CalloutReason.DID_NOT_SAY_WHO()
    attempt = replace(attempt, released=(*attempt.released, *(one.id for one in released)))
    step.put(replace(attempt, result=result))
    for one in answered:
        is_open = one.state not in TARGET_DONE or (attempt.result is AttemptResult.LATER and one.is_awaited)
        if is_open and taken[:1] == "1":
            step.put(replace(one, state=TargetState.JOINED, reason=reason, comes_at_s=None, was=None))
        elif is_open:
            answers.take(step, attempt.number, replace(one, was=None), taken)
    for one in released:
        if one.state not in NOT_RUNG:
            targets.answered_by_other(step, one, attempt.number)
    for one in sharing.functions_of(step.node, attempt):
        for other in sharing.calls_of(step.node, one):
            if other.id != attempt.id and all(each.state in TARGET_DONE for each in _functions(step, other)):
                call_off(step, other)
    return result


def call_off(
    step: Step,
    attempt: Attempt,
    result: AttemptResult = AttemptResult.CANCELLED,
    said: Prompt = callout_prompts.CALLOUT_CANCELLED,
) -> None:
    """Nobody need answer this call any more. A person who is being asked hears so; one who has joined stays."""
    if attempt.result is not None:
        return
    step.put(replace(attempt, result=result))
    ask = step.node[QUESTIONS].get(ChannelId(attempt.id))
    if ask is None:
        step.do(HangUpLeg(ChannelId(attempt.id)))
    elif ask.phase is QuestionPhase.ASKING:
        step.stop_timer(CalloutTimer.CALLOUT_KEY, ask.channel)
        say_and_leave(step, ask, _functions(step, attempt)[0], said)


def _functions(step: Step, attempt: Attempt) -> list[Target]:
    return sharing.functions_of(step.node, attempt)


def _called(step: Step, question: KeyQuestion) -> tuple[Attempt, list[Target]] | None:
    """The call, and the functions whom the question is put to. A person who is no longer known is hung up."""
    attempt = step.node[ATTEMPTS].get(question.attempt)
    functions = _functions(step, attempt) if attempt is not None else []
    if attempt is None or not functions:
        drop_question(step, question.channel)
        step.do(HangUpLeg(question.channel))
        return None
    return attempt, functions


def _accept(step: Step, question: KeyQuestion, attempt: Attempt, functions: Sequence[Target], taken: str) -> None:
    target = functions[0]
    conference = step.node[CONFERENCES].get(step.node[ACTIVATIONS][attempt.activation].conference)
    if conference is None or conference.state is ConferenceState.ENDED:
        for one in functions:
            step.put(replace(one, state=TargetState.CANCELLED, reason=ConferenceReason.ENDED()))
        say_and_leave(step, question, target, callout_prompts.CALLOUT_CANCELLED)
        return
    answered = sharing.chosen(functions, taken[1:])
    participant = participant_of(step, conference, attempt.number, answered)
    take(step, attempt, taken)
    participant = seats.admit(step, participant, question.channel, attempt.trunk)
    notices = door_prompts(conference, participant)
    playback = _play(step, question.channel, target, *notices)
    if ENTRY_RECORDED in notices:
        step.set_in(NOTICES, question.channel, playback)
    joining = replace(question, phase=QuestionPhase.JOINING, playback=playback, participant=participant.id)
    step.set_in(QUESTIONS, question.channel, joining)
    targets.close_if_done(step, target.activation)


def participant_of(step: Step, conference: Conference, number: str, functions: Sequence[Target]) -> Seat:
    """A new participant, or the lost one who is rung back: with the role, mute and name they had.

    One person who answers for several functions has the names of all.
    """
    target = functions[0]
    lost = step.node[PARTICIPANTS].get(target.seat) if target.seat is not None else None
    if lost is not None and lost.state is SeatState.LOST:
        return returning.back(lost)
    participant = Seat(
        id=ParticipantId(step.mint("participant")),
        conference=conference.id,
        room=rooms.main(step.node, conference.id).id,
        kind=LegKind.PHONE,
        name=", ".join(filter(None, (f"{one.organisation} {one.function}".strip() for one in functions))) or number,
        organisation=target.organisation or None,
        function=target.function or None,
        also=tuple(FunctionOf(one.function, one.organisation) for one in functions[1:] if one.function),
        target=target.id,
        language=target.language,
        number=number,
        host_rank=min((one.host_rank for one in functions if one.host_rank is not None), default=None),
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
        attempt, functions = called
        step.put(replace(attempt, result=AttemptResult.NO_KEY))
        say_and_leave(step, question, functions[0], *no_key_message(step, functions[0]))


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
