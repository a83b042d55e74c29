"""An answer to a call-out that comes by another bearer than the call: it counts as the key does."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, assert_never

from bridge.domain.callout import answers, prompts, pump, questions, sharing, targets
from bridge.domain.callout.records import TARGET_DONE, AttemptResult, Target, TargetState
from bridge.domain.kernel.reasons import Reason, ReasonCode
from bridge.domain.kernel.step import Step


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
    LINK_COMES = "answered_by_link_comes"
    LINK_LATER = "answered_by_link_later", "minutes"
    LINK_CANNOT = "answered_by_link_cannot"


_SETTLED: Final = frozenset({TargetState.JOINED, TargetState.LOST, TargetState.CANCELLED, TargetState.STANDBY})
"""They are in the meeting, or are asked for nothing."""


def take(step: Step, target: Target, written: Written, *, by_link: bool = False) -> bool:
    """The function has answered: its telephones stop ringing. A later answer goes before an earlier one.

    Returns:
        Whether it changed anything.
    """
    reason = _by_link(written) if by_link else _reason(written)
    if target.state in _SETTLED or target.reason == reason:
        return False
    if written.answer is WrittenAnswer.CANNOT:
        step.put(replace(target, state=TargetState.CANNOT, reason=reason, comes_at_s=None))
    else:
        step.put(replace(answers.comes_later(step, target, written.minutes), reason=reason))
    _stop_ringing(step, target, written)
    targets.close_if_done(step, target.activation)
    pump.pump(step)
    return True


def _reason(written: Written) -> Reason:
    match written.answer:
        case WrittenAnswer.COMES:
            return AnswerReason.COMES()
        case WrittenAnswer.LATER:
            return AnswerReason.LATER(minutes=written.minutes)
        case WrittenAnswer.CANNOT:
            return AnswerReason.CANNOT()
        case _:
            assert_never(written.answer)


def _by_link(written: Written) -> Reason:
    match written.answer:
        case WrittenAnswer.COMES:
            return AnswerReason.LINK_COMES()
        case WrittenAnswer.LATER:
            return AnswerReason.LINK_LATER(minutes=written.minutes)
        case WrittenAnswer.CANNOT:
            return AnswerReason.LINK_CANNOT()
        case _:
            assert_never(written.answer)


def _stop_ringing(step: Step, target: Target, written: Written) -> None:
    """A call that others are asked in too goes on."""
    cannot = written.answer is WrittenAnswer.CANNOT
    for attempt in sharing.calls_of(step.node, target):
        others = [one for one in sharing.functions_of(step.node, attempt) if one.state not in TARGET_DONE]
        if attempt.result is None and not others:
            said = prompts.CALLOUT_CANNOT if cannot else prompts.CALLOUT_LATER
            questions.call_off(step, attempt, AttemptResult.CANNOT if cannot else AttemptResult.LATER, said)
