"""Messages by SMS and e-mail, with the true state of each.

::

    STANDBY ──its deputy is called──▶ WAITING ──claimed──▶ SENDING ──taken──▶ SENT ──receipt──▶ DELIVERED
       │                               │   ▲                │  │ │                └──receipt──▶ FAILED
       └──not needed──▶ WITHDRAWN ◀────┘   └─refused, may pass─┘ │ └─refused for good──▶ FAILED
                                                                 └─may have left, no answer──▶ UNCERTAIN

A bearer that asks for a slower pace spends no try. Its pace is halved, and comes back message by message.

The row is committed with the act that it belongs to. A message is claimed before it is handed over. The
controller that comes after a crash finds it SENDING, and cannot know. It is UNCERTAIN then, and only a person sends it
again, under a new id. A receipt names our own id, so it settles such a message too.

Overflow: with `most_waiting` unsent messages a free one is refused, and one of a call-out is kept as failed. The calls
go on. A correction is always taken: there is at most one for each message that was sent.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.events import EffectFailed, Fate
from bridge.domain.kernel.ids import ActivationId, OutboxId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.outbox import gsm, marks
from bridge.domain.outbox.commands import (
    NewMessage,
    QueueMessage,
    Receipt,
    TakePartReceipt,
    TakeReceipt,
    WithdrawMessage,
)
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.events import MessageSent
from bridge.domain.outbox.passing import EARLY, EARLY_S, MOST_EARLY, NEXT_AT_S, SLOWED, EarlyReceipt
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.outbox.records import OUTBOX, Bearer, OutboxMessage, OutboxState
from bridge.domain.outbox.timers import OutboxTimer

MOST_PARTS: Final = 10
"""Of one SMS. Telephones and gateways take more, and nobody reads them."""
MOST_SLOWED: Final = 6
"""A pace is halved so often at most."""
FASTEST_GAP_S: Final = 0.05
"""Where no pace is set, halving begins here."""
THROTTLED_S: Final = 1.0
"""The pause after the first answer that asks for a slower pace; doubled each time up to `THROTTLED_LONGEST_S`."""
THROTTLED_LONGEST_S: Final = 30.0
REACHED: Final = frozenset({OutboxState.SENDING, OutboxState.SENT, OutboxState.DELIVERED, OutboxState.UNCERTAIN})
"""Somebody may have read it, or will."""
_UNSENT: Final = frozenset({OutboxState.STANDBY, OutboxState.WAITING})
_AWAIT_RECEIPT: Final = frozenset({OutboxState.SENT, OutboxState.UNCERTAIN})


# --- asking ---


def queue(step: Step, actor: str, command: QueueMessage) -> None:
    """Take a free message on. The same id again is the same message."""
    new = command.message
    if new.id not in step.node[OUTBOX]:
        refusal = why_not(step, new)
        if refusal is not None:
            step.reply = refusal
            return
        put(step, actor, new, again_of=command.again_of)
        action = "message.queue" if command.again_of is None else "message.again"
        step.audit(actor, action, new.id, bearer=new.bearer.value, to=new.to, again_of=command.again_of)
    step.reply = Done(new.id)


def why_not(step: Step, new: NewMessage) -> Refused | None:
    """Why a free message cannot be taken on."""
    policy = step.node.policy[OutboxPolicy]
    if policy.of(new.bearer) is None:
        return Refused("unavailable", OutboxReason.BEARER_OFF(bearer=new.bearer.value), "bearer")
    if not new.text.strip():
        return Refused("invalid", OutboxReason.EMPTY(), "text")
    parts = _parts(new.bearer, new.text)
    if parts > MOST_PARTS:
        return Refused("invalid", OutboxReason.TOO_LONG(parts=parts, most=MOST_PARTS), "text")
    if _is_full(step):
        return Refused("unavailable", OutboxReason.TOO_MANY_WAIT(most=policy.most_waiting), retry=True)
    return None


def put(
    step: Step,
    actor: str,
    new: NewMessage,
    *,
    activation: ActivationId | None = None,
    stands_by: bool = False,
    corrects: OutboxId | None = None,
    again_of: OutboxId | None = None,
) -> None:
    """The row. A message that cannot be sent is kept too, as failed, with the reason.

    Args:
        activation: The call-out that it belongs to, which is known here.
        stands_by: It is to a deputy, who is not called yet.
        corrects: The message that it takes back.
        again_of: The message that it repeats.
    """
    message = OutboxMessage(
        id=new.id,
        bearer=new.bearer,
        to=new.to,
        text=new.text,
        created_at_s=step.at_s,
        heading=new.heading,
        language=new.language,
        state=OutboxState.STANDBY if stands_by else OutboxState.WAITING,
        actor=actor,
        activation=activation,
        target=new.target,
        correction=new.correction,
        correction_heading=new.correction_heading,
        corrects=corrects,
        again_of=again_of,
        held=activation is not None and corrects is None,
        parts=_parts(new.bearer, new.text),
        mailing=new.mailing,
        mailing_on=new.mailing_on,
        function_id=new.function_id,
        calendar=new.calendar,
        links=new.links,
        calendar_method=new.calendar_method,
        tests_number=new.tests_number,
        package=new.package,
        attached=new.attached,
        expires_at_s=None if stands_by else step.at_s + step.node.policy[OutboxPolicy].expires_s,
    )
    reason = _cannot(step, message)
    step.put(message)
    if reason is not None:
        _settle(step, replace(message, state=OutboxState.FAILED, reason=reason))
    pump(step)


def withdraw(step: Step, actor: str, command: WithdrawMessage) -> None:
    message = step.node[OUTBOX].get(command.message)
    if message is None:
        step.reply = Refused("not_found", OutboxReason.NO_SUCH_MESSAGE())
    elif message.state not in _UNSENT:
        step.reply = Refused("conflict", OutboxReason.NOT_WAITING(state=message.state.value))
    else:
        not_needed(step, message, OutboxReason.WITHDRAWN())
        step.audit(actor, "message.withdraw", message.id)
        step.reply = Done(message.id)


def _cannot(step: Step, message: OutboxMessage) -> Reason | None:
    policy = step.node.policy[OutboxPolicy]
    if policy.of(message.bearer) is None:
        return OutboxReason.BEARER_OFF(bearer=message.bearer.value)
    if message.corrects is None and _is_full(step):
        return OutboxReason.TOO_MANY_WAIT(most=policy.most_waiting)
    return None


def _is_full(step: Step) -> bool:
    waiting = sum(one.state in _UNSENT for one in step.node[OUTBOX].values())
    return waiting >= step.node.policy[OutboxPolicy].most_waiting


def _parts(bearer: Bearer, text: str) -> int:
    return gsm.counted(marks.as_long(text)).parts if bearer is Bearer.SMS else 1


# --- what a call-out makes of its messages ---


def called(step: Step, message: OutboxMessage) -> None:
    """The deputy whom it is to is called."""
    if message.state is OutboxState.STANDBY:
        expires_at_s = step.at_s + step.node.policy[OutboxPolicy].expires_s
        step.put(replace(message, state=OutboxState.WAITING, expires_at_s=expires_at_s))
        pump(step)


def not_needed(step: Step, message: OutboxMessage, reason: Reason) -> None:
    """An unsent message is not sent. One that is being sent is not tried again."""
    if message.state in _UNSENT:
        _settle(step, replace(message, state=OutboxState.WITHDRAWN, reason=reason))
    elif message.state is OutboxState.SENDING and not message.withdrawn:
        step.put(replace(message, withdrawn=True))


def take_back(step: Step, actor: str, activation: ActivationId) -> None:
    """The call-out is cancelled. Unsent messages are withdrawn, and each address that was reached is
    told once."""
    told: dict[tuple[Bearer, str], OutboxMessage] = {}
    for message in _of(step, activation):
        if message.state in REACHED and message.correction:
            before = told.get((message.bearer, message.to))
            if before is None or before.state is OutboxState.SENDING:
                told[message.bearer, message.to] = message
        not_needed(step, message, OutboxReason.CALLOUT_CANCELLED())
    for message in told.values():
        correction = NewMessage(
            OutboxId(step.mint("outbox")),
            message.bearer,
            message.to,
            message.correction,
            message.correction_heading,
            message.language,
            message.target,
        )
        put(step, actor, correction, activation=activation, corrects=message.id)
    let_go(step, activation)


def let_go(step: Step, activation: ActivationId) -> None:
    """The call-out is known here no more: what is settled is forgotten, and the store keeps it."""
    for message in _of(step, activation):
        if message.held:
            _settle(step, replace(message, held=False))


def _of(step: Step, activation: ActivationId) -> list[OutboxMessage]:
    """Its messages; the corrections are none of them."""
    return [one for one in step.node[OUTBOX].values() if one.activation == activation and one.corrects is None]


# --- sending ---


def pump(step: Step) -> None:
    """Hand over as much as the bearers have room for, and end the old. Then wait until the next is due."""
    if not step.node[OUTBOX]:
        return
    _end_the_old(step)
    for bearer in Bearer:
        policy = step.node.policy[OutboxPolicy].of(bearer)
        if policy is None:
            _give_up(step, bearer)
        else:
            _hand_over_by(step, policy)
    _look_again(step)


def _hand_over_by(step: Step, policy: BearerPolicy) -> None:
    room = policy.at_once - sum(
        one.bearer is policy.bearer and one.state is OutboxState.SENDING for one in step.node[OUTBOX].values()
    )
    gap_s = 1 / policy.messages_per_s if policy.messages_per_s else 0.0
    if slowed := step.node[SLOWED].get(policy.bearer, 0):
        gap_s = max(gap_s, FASTEST_GAP_S) * 2**slowed
    for message in _due(step, policy.bearer):
        next_at_s = step.node[NEXT_AT_S].get(policy.bearer, 0.0)
        if room <= 0 or next_at_s > step.at_s:
            return
        room -= 1
        # A timer that is a little late must not slow a call-out down; a long rest gives no burst.
        on_pace = step.at_s - next_at_s < gap_s
        step.set_in(NEXT_AT_S, policy.bearer, (next_at_s if on_pace else step.at_s) + gap_s)
        step.put(replace(message, state=OutboxState.SENDING, tries=message.tries + 1, reason=None))
        step.do(
            SendMessage(
                message.id,
                message.bearer,
                message.to,
                message.heading,
                message.text,
                message.created_at_s,
                message.calendar,
                message.calendar_method,
                message.links,
                message.package,
                message.attached,
            )
        )


def _due(step: Step, bearer: Bearer) -> list[OutboxMessage]:
    """Oldest first. A correction never overtakes what it corrects."""
    waiting = [
        one
        for one in step.node[OUTBOX].values()
        if one.bearer is bearer
        and one.state is OutboxState.WAITING
        and one.not_before_s <= step.at_s
        and not _is_under_way(step, one.corrects)
    ]
    return sorted(waiting, key=lambda one: (one.created_at_s, one.id))


def _is_under_way(step: Step, message: OutboxId | None) -> bool:
    found = step.node[OUTBOX].get(message) if message is not None else None
    return found is not None and found.state is OutboxState.SENDING


def _give_up(step: Step, bearer: Bearer) -> None:
    """The settings have it no more."""
    for message in list(step.node[OUTBOX].values()):
        if message.bearer is bearer and message.state in _UNSENT:
            reason = OutboxReason.BEARER_OFF(bearer=bearer.value)
            _settle(step, replace(message, state=OutboxState.FAILED, reason=reason))


def _look_again(step: Step) -> None:
    """A message that is being sent has no age: its bearer answers, or the restart finds it uncertain."""
    due: list[float] = []
    for message in step.node[OUTBOX].values():
        is_waiting = message.state is OutboxState.WAITING
        if message.expires_at_s is not None and (is_waiting or message.state in _AWAIT_RECEIPT):
            due.append(message.expires_at_s)
        if is_waiting and message.not_before_s > step.at_s:
            due.append(message.not_before_s)
        elif is_waiting and (next_at_s := step.node[NEXT_AT_S].get(message.bearer, 0.0)) > step.at_s:
            due.append(next_at_s)
    if due:
        step.start_timer(OutboxTimer.OUTBOX_PUMP, "", max(min(due) - step.at_s, 0.0))


def _end_the_old(step: Step) -> None:
    for message in list(step.node[OUTBOX].values()):
        if message.expires_at_s is None or message.expires_at_s > step.at_s:
            continue
        if message.state is OutboxState.WAITING:
            why = OutboxReason.NOT_SENT_IN_TIME(cause=message.reason or OutboxReason.PACE())
            _settle(step, replace(message, state=OutboxState.FAILED, reason=why))
        elif message.state in _AWAIT_RECEIPT:
            reason = message.reason or OutboxReason.NO_RECEIPT()
            _settle(step, replace(message, expires_at_s=None, reason=reason))


# --- what became of it ---


def sent(step: Step, event: MessageSent) -> None:
    """The bearer has it. A receipt may have been quicker."""
    message = step.node[OUTBOX].get(event.message)
    if message is None:
        return
    _faster(step, message.bearer)
    message = replace(
        message,
        provider_id=event.provider_id,
        sent_at_s=message.sent_at_s or step.at_s,
        by=event.by,
        awaited=event.awaited,
    )
    if message.state is OutboxState.SENDING:
        message = _awaits_receipt(step, replace(message, state=OutboxState.SENT))
    for name in event.awaited:
        early = step.node[EARLY].get(_early(event.by, name))
        step.drop_from(EARLY, _early(event.by, name))
        if early is not None and step.at_s - early.at_s <= EARLY_S:
            message = _with_part(step, message, name, early.receipt)
    _settle(step, message)
    pump(step)


def failed(step: Step, event: EffectFailed) -> None:
    """Refused: another try, or the end of it. Unknown: nobody knows, and nobody but a person sends it again."""
    message = step.node[OUTBOX].get(OutboxId(event.effect.subject))
    if message is None or message.state is not OutboxState.SENDING:
        return
    policy = step.node.policy[OutboxPolicy]
    if event.fate is Fate.UNKNOWN:
        uncertain = replace(message, state=OutboxState.UNCERTAIN, reason=event.reason)
        _settle(step, _awaits_receipt(step, uncertain))
    elif message.withdrawn:
        withdrawn = replace(message, state=OutboxState.WITHDRAWN, reason=OutboxReason.CALLOUT_CANCELLED())
        _settle(step, withdrawn)
        _nobody_to_correct(step, message)
    elif event.retry and event.reason.code == OutboxReason.THROTTLED:
        _slower(step, message.bearer)
        step.put(replace(message, state=OutboxState.WAITING, reason=event.reason, tries=message.tries - 1))
    elif event.fate is Fate.GONE or not event.retry or message.tries >= policy.tries:
        refused = event.fate is not Fate.GONE and not event.retry
        _settle(step, replace(message, state=OutboxState.FAILED, reason=event.reason, refused=refused))
    else:
        wait_s = Backoff(policy.retry_s, policy.retry_longest_s).after(message.tries)
        not_before_s = step.at_s + wait_s
        step.put(replace(message, state=OutboxState.WAITING, reason=event.reason, not_before_s=not_before_s))
    pump(step)


def reported(step: Step, actor: str, command: TakeReceipt) -> None:
    """The bearer's receipt. It settles a message in doubt too, and may come before the answer to the order. Of a
    message that was never handed over there is none."""
    message = step.node[OUTBOX].get(command.message)
    if message is None:
        step.reply = Refused("not_found", OutboxReason.NO_SUCH_MESSAGE())
        return
    step.reply = Done(message.id)
    if message.state not in (OutboxState.SENDING, *_AWAIT_RECEIPT):
        return
    known = replace(
        message,
        provider_id=message.provider_id or command.provider_id,
        sent_at_s=message.sent_at_s or step.at_s,
        expires_at_s=None,
    )
    if command.receipt is Receipt.DELIVERED:
        _settle(step, replace(known, state=OutboxState.DELIVERED, delivered_at_s=step.at_s, reason=None))
    else:
        _settle(step, replace(known, state=OutboxState.FAILED, reason=OutboxReason.NOT_DELIVERED()))
    pump(step)


def part_reported(step: Step, actor: str, command: TakePartReceipt) -> None:
    """The receipt of one part, by the bearer's name for it. It may come before the message is known as sent. It is kept
    for a while then, and the reply names no message. Of several messages with that name, since a modem begins again at
    0, it is the newest's."""
    found = [
        one
        for one in step.node[OUTBOX].values()
        if one.by == command.by and command.name in one.awaited and one.state in _AWAIT_RECEIPT
    ]
    step.reply = Done(found[0].id if found else "")
    if not found:
        while len(step.node[EARLY]) >= MOST_EARLY:
            step.drop_from(EARLY, next(iter(step.node[EARLY])))
        step.set_in(EARLY, _early(command.by, command.name), EarlyReceipt(command.receipt, step.at_s))
        return
    message = max(found, key=lambda one: (one.sent_at_s or 0.0, one.id))
    _settle(step, _with_part(step, message, command.name, command.receipt))
    pump(step)


def _with_part(step: Step, message: OutboxMessage, name: str, receipt: Receipt) -> OutboxMessage:
    """A message is delivered when all its parts are, and has failed with the first that failed."""
    left = tuple(one for one in message.awaited if one != name)
    if message.state not in _AWAIT_RECEIPT:
        return message
    if receipt is Receipt.FAILED:
        reason = OutboxReason.NOT_DELIVERED()
        return replace(message, state=OutboxState.FAILED, awaited=(), reason=reason, expires_at_s=None)
    if left:
        return replace(message, awaited=left)
    delivered = replace(message, state=OutboxState.DELIVERED, awaited=(), reason=None, expires_at_s=None)
    return replace(delivered, delivered_at_s=step.at_s)


def _early(by: str, name: str) -> str:
    return f"{by} {name}"


def _slower(step: Step, bearer: Bearer) -> None:
    """The pace is halved, and nothing goes for a while."""
    times = min(step.node[SLOWED].get(bearer, 0) + 1, MOST_SLOWED)
    step.set_in(SLOWED, bearer, times)
    step.set_in(NEXT_AT_S, bearer, step.at_s + Backoff(THROTTLED_S, THROTTLED_LONGEST_S).after(times))


def _faster(step: Step, bearer: Bearer) -> None:
    times = step.node[SLOWED].get(bearer, 0)
    if times > 1:
        step.set_in(SLOWED, bearer, times - 1)
    else:
        step.drop_from(SLOWED, bearer)


def _awaits_receipt(step: Step, message: OutboxMessage) -> OutboxMessage:
    """There is none for e-mail."""
    if message.bearer is Bearer.MAIL:
        return replace(message, expires_at_s=None)
    return replace(message, expires_at_s=step.at_s + step.node.policy[OutboxPolicy].receipt_s)


def _nobody_to_correct(step: Step, message: OutboxMessage) -> None:
    for one in list(step.node[OUTBOX].values()):
        if one.corrects == message.id:
            not_needed(step, one, OutboxReason.NOBODY_REACHED())


def _settle(step: Step, message: OutboxMessage) -> None:
    """Keep it; where nothing more is awaited of it, the node forgets it, and the store has it."""
    is_open = message.state in (*_UNSENT, OutboxState.SENDING)
    awaits_receipt = message.state in _AWAIT_RECEIPT and message.expires_at_s is not None
    if message.held or is_open or awaits_receipt:
        step.put(message)
        return
    ended = replace(message, ended_at_s=step.at_s)
    step.put(ended)
    step.forget(ended)


def at_start(step: Step) -> None:
    """The program has come up. A message that it was sending when it went is uncertain, and not sent again by itself.
    No bearer can be asked for a message by our own id. Its receipt may still settle it."""
    for message in list(step.node[OUTBOX].values()):
        if message.state is OutboxState.SENDING:
            reason = OutboxReason.SENDING_INTERRUPTED()
            uncertain = replace(message, state=OutboxState.UNCERTAIN, reason=reason)
            _settle(step, _awaits_receipt(step, uncertain))
    pump(step)
