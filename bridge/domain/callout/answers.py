"""The answers of called people who do not come now: later, cannot, and the deputy instead."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bridge.domain.callout import prompts, targets
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ACTIVATIONS, OPERATOR_LIST, AttemptResult, Target, TargetState
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step

RESULTS: Final = {
    "1": AttemptResult.JOINED,
    "2": AttemptResult.LATER,
    "3": AttemptResult.CANNOT,
    "4": AttemptResult.DEPUTY,
}
"""Key → the result of the call."""
KEYS: Final = tuple(RESULTS)
LATER: Final = "2"
_MINUTES: Final = 2
"""So many digits at most are asked for."""


def is_answer(taken: str) -> bool:
    """Whether Asterisk took one of the keys that were asked for."""
    return taken[:1] in KEYS


def is_called_then(step: Step, target: Target) -> bool:
    """Whether one who comes later is called at that time. A lost seat is kept by rules of its own, and an operator is
    asked for anew."""
    return target.seat is None and step.node[ACTIVATIONS][target.activation].list_id != OPERATOR_LIST


def take(step: Step, number: str, target: Target, taken: str) -> None:
    """Note what was answered by 2, 3 or 4 on the function.

    Args:
        step: The step.
        number: The telephone on which it was answered, E.164 with plus.
        target: The function that was called.
        taken: The key, and behind a 2 the minutes, where they were keyed.
    """
    match taken[:1]:
        case "2":
            step.put(_later(step, number, target, taken[1:]))
        case "4":
            has = targets.has_deputy(step.node, target)
            reason = CalloutReason.DEPUTY_ASKED_FOR() if has else CalloutReason.NO_DEPUTY()
            step.put(replace(target, state=TargetState.CANNOT, reason=reason))
        case _:
            step.put(replace(target, state=TargetState.CANNOT, reason=None))


def receipts(step: Step, target: Target) -> Mapping[str, tuple[Prompt, ...]]:
    """Key → the words on it."""
    has_deputy = targets.has_deputy(step.node, target)
    then = (prompts.CALLOUT_CALLED_THEN,) if is_called_then(step, target) else ()
    return {
        "2": (prompts.CALLOUT_LATER, *then),
        "3": (prompts.CALLOUT_CANNOT, *((prompts.CALLOUT_DEPUTY,) if has_deputy else ())),
        "4": (prompts.CALLOUT_DEPUTY if has_deputy else prompts.CALLOUT_NO_DEPUTY,),
    }


def _later(step: Step, number: str, target: Target, minutes: str) -> Target:
    """They are called first at the number at which they were reached."""
    keyed = int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) <= _MINUTES else None
    return comes_later(step, target, keyed, number)


def comes_later(step: Step, target: Target, minutes: int | None, number: str = "") -> Target:
    """The function as one that comes in so many minutes. Without them, or with 0, the policy tells how many.

    Args:
        step: The step.
        target: The function.
        minutes: As they were told.
        number: They are called first at this one.
    """
    later = replace(target, state=TargetState.LATER, reason=None)
    if not is_called_then(step, target):
        return later
    comes_at_s = step.at_s + ((minutes or 0) * 60.0 or step.node.policy[CalloutPolicy].later_s)
    first = target.numbers.index(number) if number in target.numbers else 0
    return replace(later, comes_at_s=comes_at_s, next_number=first, round=0, not_before_s=0.0, tried=frozenset())
