"""Messages beside the calls of a call-out. They are sent with it, withdrawn by an answer, and corrected when it is
cancelled. Answers that come by SMS are taken here too."""

from dataclasses import replace
from typing import Final

from bridge.domain.callout import activations, orders, written_answers
from bridge.domain.callout.commands import CallOut
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, Activation, ActivationState, Target, TargetState
from bridge.domain.callout.written_answers import Written
from bridge.domain.joint.commands import AnswerByLink, CallOutBeside, TakeAnswer
from bridge.domain.kernel.ids import ActivationId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.links import keeping as links
from bridge.domain.links.reasons import LinkReason
from bridge.domain.links.records import LINKS
from bridge.domain.outbox import desk
from bridge.domain.outbox.notes import OutboxNote
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.outbox.records import OUTBOX, Bearer, OutboxMessage, OutboxState

_NO_NEED: Final = frozenset(
    {
        TargetState.JOINED,
        TargetState.LOST,
        TargetState.LATER,
        TargetState.CANNOT,
        TargetState.CANCELLED,
        TargetState.REACHED,
    }
)
"""The function has answered, or is not called any more."""


def call_out(step: Step, actor: str, command: CallOutBeside) -> None:
    """The call-out by its own rules, and its messages in the same commit."""
    if isinstance(command.call_out, CallOut):
        orders.call_out(step, actor, command.call_out)
    else:
        activations.start(step, actor, command.call_out)
    new = command.start.activation
    if step.reply != Done(new) or new in step.before[ACTIVATIONS]:
        return
    for message in command.messages:
        target = step.node[TARGETS].get(message.target) if message.target is not None else None
        if target is not None and target.activation == new:
            stands_by = target.state is TargetState.STANDBY
            desk.put(step, actor, message, activation=new, stands_by=stands_by)
    for link in command.links:
        links.put(step, link)
    step.audit(actor, "activation.messages", new, messages=len(command.messages))


def follow(step: Step) -> None:
    """After every event. An answer withdraws unsent messages, and a cancelled call-out is taken back. A forgotten one
    lets its messages go."""
    moved = (ACTIVATIONS, TARGETS, OUTBOX)
    if any(step.node[table] is not step.before[table] for table in moved):
        keep(step)


def keep(step: Step) -> None:
    held = [one for one in step.node[OUTBOX].values() if one.held and one.activation is not None]
    for key in dict.fromkeys(one.activation for one in held if one.activation is not None):
        activation = step.node[ACTIVATIONS].get(key)
        if _is_cancelled(step, key, activation):
            desk.take_back(step, "samband", key)
        elif activation is None:
            _end_standby(step, key)
            desk.let_go(step, key)
        else:
            if activation.state is not ActivationState.OPEN:
                _end_standby(step, key)
            for message in [one for one in held if one.activation == key]:
                _follow_target(step, message)


def take_answer(step: Step, actor: str, command: TakeAnswer) -> None:
    """It answers for the functions to whose number the newest call-out has sent an SMS."""
    asked = [
        one
        for one in step.node[OUTBOX].values()
        if one.bearer is Bearer.SMS and one.held and one.to == command.sender and one.state in desk.REACHED
    ]
    if not asked:
        step.reply = Refused("not_found", OutboxReason.NO_SUCH_MESSAGE())
        return
    newest = max(asked, key=lambda one: (one.created_at_s, one.id)).activation
    answered = {one.target for one in asked if one.activation == newest and one.target is not None}
    for key in sorted(answered):
        target = step.node[TARGETS].get(key)
        if target is not None and written_answers.take(step, target, command.written):
            _tell(step, actor, target, command.written, command.sender)
    step.reply = Done(newest or "")


def answer_by_link(step: Step, actor: str, command: AnswerByLink) -> None:
    """It answers for the function of the link. The last word counts, by whichever way it came."""
    link = step.node[LINKS].get(command.link)
    target = step.node[TARGETS].get(link.target) if link is not None and link.target is not None else None
    if link is None or target is None:
        step.reply = Refused("ended", LinkReason.OVER())
        return
    if written_answers.take(step, target, command.written, written_answers.By.LINK):
        _tell(step, actor, target, command.written, None)
    step.put(replace(link, used_at_s=step.at_s))
    step.reply = Done(link.id)


# --- inside ---


def _is_cancelled(step: Step, key: ActivationId, activation: Activation | None) -> bool:
    """One that is forgotten in the step that cancels it was open before. One that came to its end is not cancelled."""
    if activation is not None:
        return activation.state is ActivationState.CANCELLED
    before = step.before[ACTIVATIONS].get(key)
    return before is not None and before.state is ActivationState.OPEN


def _end_standby(step: Step, key: ActivationId) -> None:
    for message in list(step.node[OUTBOX].values()):
        if message.activation == key and message.state is OutboxState.STANDBY:
            desk.not_needed(step, message, OutboxReason.NOT_CALLED())


def _follow_target(step: Step, message: OutboxMessage) -> None:
    target = step.node[TARGETS].get(message.target) if message.target is not None else None
    if target is None:
        return
    if message.state is OutboxState.STANDBY and target.state is not TargetState.STANDBY:
        desk.called(step, message)
    elif message.state is OutboxState.WAITING and target.state in _NO_NEED:
        desk.not_needed(step, message, OutboxReason.ANSWERED())


def _tell(step: Step, actor: str, target: Target, written: Written, number: str | None) -> None:
    """`number`: the sender of an SMS; `None`: it came by a link."""
    about = {"function": target.function, "organisation": target.organisation, "answer": written.answer.value}
    minutes = {} if written.minutes is None else {"minutes": written.minutes}
    sender = {} if number is None else {"number": number}
    step.audit(actor, "activation.answer", target.id, **sender, **about, **minutes)
    conference = step.node[ACTIVATIONS][target.activation].conference
    note = OutboxNote.LINK_ANSWER if number is None else OutboxNote.MESSAGE_ANSWER
    step.note(conference, note, None, **sender, **about, **minutes)
