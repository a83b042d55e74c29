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
    DEPUTY = "4"
    """Cannot come, and the deputy is to."""


class By(StrEnum):
    """The bearer of an answer."""

    SMS = "sms"
    RADIO = "radio"
    LINK = "link"


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
    DEPUTY = "answered_by_sms_deputy"
    RADIO_COMES = "answered_by_radio_comes"
    RADIO_LATER = "answered_by_radio_later", "minutes"
    RADIO_CANNOT = "answered_by_radio_cannot"
    RADIO_DEPUTY = "answered_by_radio_deputy"
    LINK_COMES = "answered_by_link_comes"
    LINK_LATER = "answered_by_link_later", "minutes"
    LINK_CANNOT = "answered_by_link_cannot"
    LINK_DEPUTY = "answered_by_link_deputy"


_REASONS: Final = {
    By.SMS: (AnswerReason.COMES, AnswerReason.LATER, AnswerReason.CANNOT, AnswerReason.DEPUTY),
    By.RADIO: (
        AnswerReason.RADIO_COMES,
        AnswerReason.RADIO_LATER,
        AnswerReason.RADIO_CANNOT,
        AnswerReason.RADIO_DEPUTY,
    ),
    By.LINK: (AnswerReason.LINK_COMES, AnswerReason.LINK_LATER, AnswerReason.LINK_CANNOT, AnswerReason.LINK_DEPUTY),
}


_NOT_COMING: Final = frozenset({WrittenAnswer.CANNOT, WrittenAnswer.DEPUTY})
_SETTLED: Final = frozenset({TargetState.JOINED, TargetState.LOST, TargetState.CANCELLED, TargetState.STANDBY})
"""They are in the meeting, or are asked for nothing."""


def take(step: Step, target: Target, written: Written, by: By = By.SMS) -> bool:
    """The function has answered: its telephones stop ringing. A later answer goes before an earlier one.

    Returns:
        Whether it changed anything.
    """
    reason = _reason(written, by)
    if target.state in _SETTLED or target.reason == reason:
        return False
    if written.answer in _NOT_COMING:
        step.put(replace(target, state=TargetState.CANNOT, reason=reason, comes_at_s=None))
    else:
        step.put(replace(answers.comes_later(step, target, written.minutes), reason=reason))
    _stop_ringing(step, target, written)
    targets.close_if_done(step, target.activation)
    pump.pump(step)
    return True


def _reason(written: Written, by: By) -> Reason:
    comes, later, cannot, deputy = _REASONS[by]
    match written.answer:
        case WrittenAnswer.COMES:
            return comes()
        case WrittenAnswer.LATER:
            return later(minutes=written.minutes)
        case WrittenAnswer.CANNOT:
            return cannot()
        case WrittenAnswer.DEPUTY:
            return deputy()
        case _:
            assert_never(written.answer)


def _stop_ringing(step: Step, target: Target, written: Written) -> None:
    """A call that others are asked in too goes on."""
    cannot = written.answer in _NOT_COMING
    for attempt in sharing.calls_of(step.node, target):
        others = [one for one in sharing.functions_of(step.node, attempt) if one.state not in TARGET_DONE]
        if attempt.result is None and not others:
            said = prompts.CALLOUT_CANNOT if cannot else prompts.CALLOUT_LATER
            questions.call_off(step, attempt, AttemptResult.CANNOT if cannot else AttemptResult.LATER, said)
