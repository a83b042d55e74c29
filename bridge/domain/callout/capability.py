"""The call-out, as the step sees it."""

from collections.abc import Callable
from typing import Final

from bridge.domain.callout import (
    activations,
    callback,
    calls,
    coming,
    deadline,
    operator,
    orders,
    prompts,
    pump,
    questions,
    steering,
    watchdog,
)
from bridge.domain.callout.commands import ApproveActivation, CallOut, CancelActivation, StartActivation, SteerTarget
from bridge.domain.callout.events import TargetsIdle
from bridge.domain.callout.passing import QUESTIONS, KeyQuestion
from bridge.domain.callout.records import ACTIVATIONS, ATTEMPTS, TALLY, TARGETS
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.conference import keypad
from bridge.domain.kernel.capability import Capability, Due, carries_out, on, when_due
from bridge.domain.kernel.ids import ActivationId, AttemptId, ChannelId
from bridge.domain.kernel.step import Step
from bridge.domain.kernel.timers import TimerKind
from bridge.domain.telephony.events import PlaybackEnded
from bridge.domain.telephony.timers import PromptTimer


def _played(step: Step, event: PlaybackEnded) -> None:
    question = step.node[QUESTIONS].get(event.channel)
    if question is not None:
        questions.played(step, question, event.playback)


def _question_timer(kind: TimerKind, rule: Callable[[Step, KeyQuestion], None]) -> Due:
    def due(step: Step, subject: str) -> None:
        question = step.node[QUESTIONS].get(ChannelId(subject))
        if question is not None:
            rule(step, question)

    return when_due(kind, due)


def _ring_due(step: Step, subject: str) -> None:
    attempt = step.node[ATTEMPTS].get(AttemptId(subject))
    if attempt is not None:
        calls.ring_overdue(step, attempt)


def _due(step: Step, subject: str) -> None:
    activation = step.node[ACTIVATIONS].get(ActivationId(subject))
    if activation is not None:
        deadline.due(step, activation)


def _resume(step: Step) -> None:
    callback.settle(step)
    deadline.resume(step)


def _keep(step: Step) -> None:
    callback.follow(step)
    coming.follow(step)
    deadline.follow(step)
    operator.keep(step)


CALLOUT: Final = Capability(
    "callout",
    records=(ACTIVATIONS, TARGETS, ATTEMPTS, TALLY),
    heed=(on(PlaybackEnded, _played), on(TargetsIdle, watchdog.found_idle)),
    commands=(
        carries_out(StartActivation, activations.start),
        carries_out(CallOut, orders.call_out),
        carries_out(CancelActivation, orders.cancel),
        carries_out(ApproveActivation, orders.approve),
        carries_out(SteerTarget, steering.steer),
    ),
    timers=(
        _question_timer(CalloutTimer.CALLOUT_KEY, questions.no_key),
        _question_timer(PromptTimer.PROMPT, questions.prompt_overdue),
        when_due(CalloutTimer.CALLOUT_RING, _ring_due),
        when_due(CalloutTimer.CALLOUT_DUE, _due),
        when_due(CalloutTimer.CALLOUT_PUMP, lambda step, _: pump.pump(step)),
    ),
    prompts=prompts,
    keys=(keypad.for_all("#9", "call the operator in", prompts.HELP_HASH_9, operator.call),),
    keep=_keep,
    resume=_resume,
)
