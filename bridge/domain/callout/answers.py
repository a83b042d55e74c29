"""An answer to a call-out that comes by another bearer than the call: it counts as the key does."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, assert_never

from bridge.domain.callout import prompts, pump, questions, targets
from bridge.domain.callout.passing import QUESTIONS, QuestionPhase
from bridge.domain.callout.records import ATTEMPTS, AttemptResult, Target, TargetState
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.reasons import Reason, ReasonCode
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import HangUpLeg


class WrittenAnswer(StrEnum):
    """The keys of a call, as they are written."""

    COMES = "1"
    """Comes now, by dialling in."""
    LATER = "2"
    CANNOT = "3"


@dataclass(frozen=True, slots=True)
class Written:
    """An answer, with the minutes until they come where they were told."""

    answer: WrittenAnswer
    minutes: int | None = None


class AnswerReason(ReasonCode):
    """How a function answered that pressed no key."""

    COMES = "answered_by_sms_comes"
    LATER = "answered_by_sms_later", "minutes"
    CANNOT = "answered_by_sms_cannot"


_SETTLED: Final = frozenset({TargetState.JOINED, TargetState.LOST, TargetState.CANCELLED, TargetState.STANDBY})
"""They are in the meeting, or are asked for nothing."""


def take(step: Step, target: Target, written: Written) -> bool:
    """The function has answered: its telephone stops ringing. A later answer goes before an earlier one.

    Returns:
        Whether it changed anything.
    """
    state, result, reason, said = _meaning(written)
    if target.state in _SETTLED or (target.state is state and target.reason == reason):
        return False
    step.put(replace(target, state=state, reason=reason))
    _stop_ringing(step, target, result, said)
    targets.close_if_done(step, target.activation)
    pump.pump(step)
    return True


def _meaning(written: Written) -> tuple[TargetState, AttemptResult, Reason, Prompt]:
    """The last is said to a person who is on the telephone at that moment. Nobody has joined before they are in."""
    match written.answer:
        case WrittenAnswer.COMES:
            return TargetState.LATER, AttemptResult.LATER, AnswerReason.COMES(), prompts.CALLOUT_LATER
        case WrittenAnswer.LATER:
            reason = AnswerReason.LATER(minutes=written.minutes)
            return TargetState.LATER, AttemptResult.LATER, reason, prompts.CALLOUT_LATER
        case WrittenAnswer.CANNOT:
            return TargetState.CANNOT, AttemptResult.CANNOT, AnswerReason.CANNOT(), prompts.CALLOUT_CANNOT
        case _:
            assert_never(written.answer)


def _stop_ringing(step: Step, target: Target, result: AttemptResult, said: Prompt) -> None:
    attempt = step.node[ATTEMPTS].get(target.attempt) if target.attempt is not None else None
    if attempt is None or attempt.result is not None:
        return
    step.put(replace(attempt, result=result))
    question = step.node[QUESTIONS].get(ChannelId(attempt.id))
    if question is None:
        step.do(HangUpLeg(ChannelId(attempt.id)))
    elif question.phase is QuestionPhase.ASKING:
        step.stop_timer(CalloutTimer.CALLOUT_KEY, question.channel)
        questions.say_and_leave(step, question, target, said)
