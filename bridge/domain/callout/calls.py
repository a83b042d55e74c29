"""The call-out (*inkallning*): the next person to call, the number, and the meaning of each call's end.

The rules, each from the field:

- The intent is committed before the call is placed, and its id is the channel's: asking twice gives one call.
- A function has at most one live call, over all activations; a number likewise.
- The trunk sets the pace: `calls_per_s` and `channels`. Its congestion costs nobody an attempt, it rests the trunk.
  Calls are decided a little ahead of the pace, which holds on the wire by the gate of `bridge.ari` (`pacing`).
- Answered is not confirmed: without a key nobody is bridged, and the next number is tried.
- A call that a crash left without a trace is made again, with words about it, and counted.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.callout import answers, pump, questions, sharing, targets, trunks
from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.passing import AWAITED, QUESTIONS, KeyQuestion
from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    NOT_RUNG,
    ActivationState,
    Attempt,
    AttemptResult,
    AttemptState,
    Target,
    TargetState,
)
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.conference.passing import SEATS
from bridge.domain.kernel import again
from bridge.domain.kernel.ids import AttemptId, ChannelId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import HangUpLeg
from bridge.domain.telephony.events import LiveChannel

_CAUSES: Final = {
    1: AttemptResult.INVALID,
    22: AttemptResult.INVALID,
    28: AttemptResult.INVALID,
    17: AttemptResult.BUSY,
    21: AttemptResult.REJECTED,
    23: AttemptResult.FORWARDED,
    34: AttemptResult.CONGESTION,
    38: AttemptResult.CONGESTION,
    41: AttemptResult.CONGESTION,
    42: AttemptResult.CONGESTION,
    44: AttemptResult.CONGESTION,
    0: AttemptResult.NO_ANSWER,
    16: AttemptResult.NO_ANSWER,
    18: AttemptResult.NO_ANSWER,
    19: AttemptResult.NO_ANSWER,
    20: AttemptResult.NO_ANSWER,
}
"""Q.850 cause of an unanswered call → what it means for the function (ITU-T Q.850; all others: failed)."""

_ANSWERED: Final = 16
"""Q.850 normal clearing: in a call record, that the call was answered."""
GAVE_UP: Final = "w"
"""In a call record: Asterisk put the line down, since no controller came for a person who had pressed 1."""


def ringing(step: Step, attempt: Attempt) -> None:
    if attempt.state is AttemptState.INTENT:
        step.put(replace(attempt, state=AttemptState.RINGING, ringing_at_s=step.at_s))


def answered(step: Step, attempt: Attempt) -> None:
    """Asterisk speaks at once and listens for a key from the first moment. A person who answers too late hears so."""
    channel = ChannelId(attempt.id)
    step.stop_timer(CalloutTimer.CALLOUT_RING, attempt.id)
    if channel in step.node[QUESTIONS] or channel in step.node[SEATS]:
        return
    functions = sharing.functions_of(step.node, attempt)
    if not functions:
        step.do(HangUpLeg(channel))
    elif _is_settled(attempt, functions):
        questions.say_and_leave(step, KeyQuestion(channel, attempt.id), functions[0], callout_prompts.CALLOUT_CANCELLED)
    else:
        questions.is_asked(step, attempt)


def _is_settled(attempt: Attempt, functions: Sequence[Target]) -> bool:
    """Nobody need answer this call any more. One who has pressed 2 is still asked for the minutes."""
    return all(one.state in NOT_RUNG for one in functions) and attempt.result is not AttemptResult.LATER


def later_pressed(step: Step, attempt: Attempt) -> None:
    """Asterisk asks them for the minutes."""
    question = step.node[QUESTIONS].get(ChannelId(attempt.id))
    if question is not None:
        questions.later_pressed(step, question)


def handed_over(step: Step, attempt: Attempt, key: str) -> None:
    """Asterisk has asked whoever answered, and the line is ours."""
    answered(step, attempt)
    question = step.node[QUESTIONS].get(ChannelId(attempt.id))
    if question is not None:
        questions.handed_over(step, question, key)


def ended(step: Step, attempt: Attempt, cause: int) -> None:
    """The channel is gone: what that means for the function, and who is next."""
    _end(step, attempt, attempt.result or _result_of(attempt, cause), cause)


def _end(step: Step, attempt: Attempt, result: AttemptResult, cause: int | None) -> None:
    """The one way out of an attempt, whatever ended it: question, timers, trunk and target are all let go of."""
    questions.drop_question(step, ChannelId(attempt.id))
    step.stop_timer(CalloutTimer.CALLOUT_RING, attempt.id)
    step.drop_from(AWAITED, attempt.id)
    again.forget_subject(step, attempt.id)
    finished = replace(attempt, state=AttemptState.ENDED, result=result, cause=cause, ended_at_s=step.at_s)
    step.put(finished)
    step.forget(finished)
    trunks.free_trunk(step, attempt, congested=result is AttemptResult.CONGESTION)
    for one in sharing.functions_of(step.node, attempt):
        if one.state not in NOT_RUNG:
            targets.after(step, replace(one, attempt=None), result, attempt.number)
        elif one.attempt == attempt.id:
            step.put(replace(one, attempt=None))
    targets.close_if_done(step, attempt.activation)
    pump.pump(step)


def _result_of(attempt: Attempt, cause: int) -> AttemptResult:
    if attempt.state is AttemptState.ANSWERED:
        return AttemptResult.NO_KEY
    return _CAUSES.get(cause, AttemptResult.FAILED)


def ended_meanwhile(step: Step, attempt: Attempt, cause: int, key: str) -> None:
    """Its call record tells how it ended while nobody listened, and the key that Asterisk took from whoever answered.

    Nobody who has pressed a key is rung again. A person who pressed 1 and waited in vain is (`GAVE_UP`).
    """
    if attempt.result in (None, AttemptResult.LATER) and answers.is_answer(key):
        result = questions.take(step, attempt, key)
        return _end(step, step.node[ATTEMPTS][attempt.id], result, cause)
    if attempt.result is None and key == GAVE_UP:
        return lost(step, attempt)
    if cause == _ANSWERED and attempt.state is not AttemptState.ANSWERED:
        attempt = replace(attempt, state=AttemptState.ANSWERED)
    return ended(step, attempt, cause)


def lost(step: Step, attempt: Attempt) -> None:
    """Nobody knows whether the person had this call: it left no trace, or nobody asked them for a key."""
    _end(step, attempt, attempt.result or AttemptResult.IN_DOUBT, None)


def ring_overdue(step: Step, attempt: Attempt) -> None:
    """The call should have been answered or ended long ago, and neither was reported: it is ended and in doubt."""
    if attempt.state in (AttemptState.INTENT, AttemptState.RINGING):
        step.do(HangUpLeg(ChannelId(attempt.id)))
        lost(step, attempt)


def not_seated(step: Step, channel: ChannelId) -> None:
    """They pressed 1 and could not be put into the conference: they are called again, and told why."""
    attempt = step.node[ATTEMPTS].get(AttemptId(channel))
    functions = sharing.functions_of(step.node, attempt) if attempt is not None else []
    if attempt is None or not functions:
        return
    step.put(replace(attempt, result=AttemptResult.IN_DOUBT))
    for one in functions:
        step.put(replace(one, state=TargetState.ASKED, attempt=attempt.id))
    activation = step.node[ACTIVATIONS][attempt.activation]
    if activation.state is ActivationState.DONE:
        step.put(replace(activation, state=ActivationState.OPEN, ended_at_s=None))


def not_diallable(step: Step, attempt: Attempt, reason: Reason) -> None:
    """Asterisk will never place this call: the next number is tried, and the reason is shown."""
    _end(step, attempt, AttemptResult.FAILED, None)
    for one in sharing.functions_of(step.node, attempt):
        step.put(replace(one, reason=reason))


def refused_by_trunk(step: Step, attempt: Attempt) -> None:
    """Asterisk did not place the call: the trunk's fault, as congestion."""
    ended(step, replace(attempt, result=AttemptResult.CONGESTION), 38)


def adopted(step: Step, attempt: Attempt, channel: LiveChannel) -> None:
    """The call lives in Asterisk: it is not placed again, and its end is looked for. The key that was pressed meanwhile
    counts. A call that nobody wants any more is hung up."""
    functions = sharing.functions_of(step.node, attempt)
    activation = step.node[ACTIVATIONS].get(attempt.activation)
    if activation is None or _is_settled(attempt, functions):
        step.do(HangUpLeg(ChannelId(attempt.id)))
    elif channel.answered:
        handed_over(step, attempt, channel.key)
    elif channel.asked:
        questions.is_asked(step, attempt)
        if channel.key == answers.LATER:
            later_pressed(step, step.node[ATTEMPTS][attempt.id])
    else:
        pump.await_end(step, attempt.id, activation.ring_s)
        ringing(step, attempt)
