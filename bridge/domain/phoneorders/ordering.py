"""A duty function starts a call-out by telephone, without a screen.

::

    own code ─▶ CHOOSING ─▶ READING ─▶ KIND ─▶ CONFIRMING ─▶ STARTING ─▶ receipt
               list number            7 or 9    own code again

A single key starts nothing. The code is keyed twice, and live and exercise have keys that nobody confuses. A line that
is lost before the second code starts nothing. After it the call-out is started once: the id of the call is its key.
A caller who is on the line still after a restart hears what became of the order.
A wrong code is braked as at every door.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import entry
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.passing import ENTRIES, DoorQuestion, Entry, EntryPhase
from bridge.domain.conference.policy import EntryPolicy
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.phoneorders import prompts
from bridge.domain.phoneorders.commands import DescribeOrder, GiveUpOrder, NoSuchList, OrderRefused, OrderStarted
from bridge.domain.phoneorders.passing import MOST_ENDED, ORDERS_ENDED, PHONE_ORDERS, OrderPhase, PhoneOrder
from bridge.domain.phoneorders.reasons import PhoneOrderReason
from bridge.domain.phoneorders.records import CONFIRMED_ORDERS, ConfirmedOrder
from bridge.domain.telephony.effects import Answer
from bridge.domain.telephony.events import CallArrived

LIVE: Final = "7"
EXERCISE: Final = "9"
MOST_DIGITS: Final = 3
"""Of a list's number."""
_NO_KEY: Final = "-"
"""In the place of the keys of words that no key answers."""
_WAITS: Final = 8
"""So many times a caller hears that it takes a moment."""


def takes(step: Step, caller: Entry, event: CodeResolved) -> bool:
    """Whether the code is one for orders, or belongs to an order under way. It is dealt with then."""
    order = step.node[PHONE_ORDERS].get(caller.channel)
    if caller.phase is not EntryPhase.CHECKING or caller.only is not None:
        return False
    if order is None and event.orderer is None:
        return False
    if order is None and event.holder is not None and event.orderer is not None:
        entry.right_code(step, caller)
        holder = event.holder
        begun = PhoneOrder(caller.channel, event.orderer, holder.function, holder.organisation, language=event.language)
        _ask_list(step, caller, begun, prompts.ORDER_LIST)
    elif order is not None and event.orderer == order.function_id:
        entry.right_code(step, caller)
        _confirmed(step, caller, order)
    else:
        entry.refuse(step, caller)
    entry.release(step)
    return True


def comes_again(step: Step, event: CallArrived) -> bool:
    """Whether the line is that of an order that was confirmed before a restart. Its caller hears what became of it, or
    waits for that."""
    order, was_started = step.node[CONFIRMED_ORDERS].get(event.channel), step.node[ORDERS_ENDED].get(event.channel)
    if order is None and was_started is None:
        return False
    step.do(Answer(event.channel))
    caller = Entry(event.channel, event.caller, event.trunk)
    if order is None:
        step.drop_from(ORDERS_ENDED, event.channel)
        said = prompts.ORDER_STARTED if was_started else prompts.ORDER_REFUSED
        entry.let_go(step, caller, said, language=_language(step, event.channel))
        return True
    held = PhoneOrder(order.id, order.function_id, order.function, order.organisation, exercise=order.exercise)
    _hold(step, replace(held, phase=OrderPhase.STARTING, list_id=order.list_id, list_name=order.list_name))
    _wait(step, caller)
    return True


def keep(step: Step) -> None:
    """After every event: an order ends with its call."""
    if step.node[ENTRIES] is not step.before[ENTRIES]:
        for channel in [one for one in step.node[PHONE_ORDERS] if one not in step.node[ENTRIES]]:
            step.drop_from(PHONE_ORDERS, channel)


# --- which list ---


def _ask_list(step: Step, caller: Entry, order: PhoneOrder, *said: Prompt) -> None:
    _hold(step, replace(order, phase=OrderPhase.CHOOSING))
    entry.offer(step, caller, DoorQuestion(said, said, _list_keyed, _language(step, caller.channel), most=MOST_DIGITS))


def _list_keyed(step: Step, caller: Entry, keyed: str) -> None:
    order = step.node[PHONE_ORDERS].get(caller.channel)
    if order is None or not keyed:
        entry.let_go(step, caller, prompts.ORDER_NOT_STARTED, language=_language(step, caller.channel))
        return
    _hold(step, replace(order, phase=OrderPhase.READING, number=int(keyed)))
    _wait(step, caller)


def no_such_list(step: Step, _actor: str, command: NoSuchList) -> None:
    found = _awaiting(step, command.channel, OrderPhase.READING)
    if found is not None:
        caller, order = found
        _ask_list(step, caller, order, prompts.ORDER_NO_LIST)


# --- live or exercise ---


def describe(step: Step, _actor: str, command: DescribeOrder) -> None:
    """The caller hears the list, and is asked which of the two it is."""
    found = _awaiting(step, command.channel, OrderPhase.READING)
    if found is None:
        return
    caller, order = found
    told = replace(order, list_id=command.list_id, list_name=command.list_name, functions=command.functions)
    _hold(step, replace(told, phase=OrderPhase.KIND))
    said = (*_the_list(told), prompts.ORDER_KIND)
    entry.offer(
        step, caller, DoorQuestion(said, said, _kind_keyed, _language(step, caller.channel), keys=LIVE + EXERCISE)
    )


def _the_list(order: PhoneOrder) -> tuple[Prompt, ...]:
    if not order.number:
        return (phrases.spoken(order.list_name),)
    counted = (phrases.number(order.functions), prompts.ORDER_FUNCTIONS)
    return (prompts.ORDER_THE_LIST, phrases.number(order.number), phrases.spoken(order.list_name), *counted)


def _kind_keyed(step: Step, caller: Entry, key: str) -> None:
    order = step.node[PHONE_ORDERS].get(caller.channel)
    if order is None or not key:
        entry.let_go(step, caller, prompts.ORDER_NOT_STARTED, language=_language(step, caller.channel))
        return
    order = replace(order, exercise=key == EXERCISE, phase=OrderPhase.CONFIRMING)
    _hold(step, order)
    consequence = prompts.ORDER_EXERCISE if order.exercise else prompts.ORDER_LIVE
    said = (consequence, *_the_list(order), prompts.ORDER_CONFIRM)
    entry.ask_code(step, caller, *said, language=_language(step, caller.channel))


# --- the code again ---


def _confirmed(step: Step, caller: Entry, order: PhoneOrder) -> None:
    if order.phase is not OrderPhase.CONFIRMING:
        entry.refuse(step, caller)
        return
    order = replace(order, phase=OrderPhase.STARTING)
    step.audit(
        order.actor,
        "phone_order.start",
        order.list_id,
        list=order.list_name,
        functions=order.functions,
        exercise=order.exercise,
        channel=order.channel,
    )
    step.put(
        ConfirmedOrder(
            order.channel,
            order.function_id,
            order.function,
            order.organisation,
            order.list_id,
            order.list_name,
            order.exercise is not False,
            step.at_s,
        )
    )
    _hold(step, order)
    _wait(step, caller)


def started(step: Step, _actor: str, command: OrderStarted) -> None:
    """The receipt. The caller may be gone, also since before a restart."""
    is_settled = _settle(step, command.channel)
    found = _awaiting(step, command.channel, OrderPhase.STARTING)
    if found is None and is_settled:
        step.reply = Done(command.channel)
        _remember(step, command.channel, was_started=True)
    if found is not None:
        caller, order = found
        said = (prompts.ORDER_STARTED, *_the_list(order))
        entry.let_go(step, caller, *said, language=_language(step, caller.channel))


def given_up(step: Step, _actor: str, command: GiveUpOrder) -> None:
    """It stands in the audit log, since nobody else may hear of it."""
    order = step.node[CONFIRMED_ORDERS].get(command.channel)
    step.reply = Refused("not_found", PhoneOrderReason.NO_SUCH_ORDER()) if order is None else Done(command.channel)
    if order is not None:
        actor = f"{order.organisation} {order.function} (telephone)".strip()
        step.audit(actor, "phone_order.lost", order.list_id, list=order.list_name, channel=order.id)
        is_settled = _settle(step, command.channel)
        _tell_refused(step, command.channel, is_confirmed=is_settled)
        step.reply = Done(command.channel)


def _settle(step: Step, channel: ChannelId) -> bool:
    """Whether there was one to settle."""
    order = step.node[CONFIRMED_ORDERS].get(channel)
    if order is None:
        return False
    ended = replace(order, ended_at_s=step.at_s)
    step.put(ended)
    step.forget(ended)
    return True


def refused(step: Step, _actor: str, command: OrderRefused) -> None:
    is_settled = _settle(step, command.channel)
    _tell_refused(step, command.channel, is_confirmed=is_settled)
    if is_settled:
        step.reply = Done(command.channel)


def _tell_refused(step: Step, channel: ChannelId, *, is_confirmed: bool) -> None:
    """The caller hears that it is not carried out, now or when their line is found. It is not started after that."""
    found = _awaiting(step, channel, OrderPhase.READING, OrderPhase.STARTING)
    if found is not None:
        entry.let_go(step, found[0], prompts.ORDER_REFUSED, language=_language(step, channel))
        step.drop_from(PHONE_ORDERS, channel)
    elif is_confirmed:
        _remember(step, channel, was_started=False)


def _remember(step: Step, channel: ChannelId, *, was_started: bool) -> None:
    """For the caller, whose line may be found later."""
    for oldest in list(step.node[ORDERS_ENDED])[: -MOST_ENDED + 1]:
        step.drop_from(ORDERS_ENDED, oldest)
    step.set_in(ORDERS_ENDED, channel, was_started)


# --- inside ---


def _hold(step: Step, order: PhoneOrder) -> None:
    step.set_in(PHONE_ORDERS, order.channel, order)
    step.show("phone_order", order.channel)


def _wait(step: Step, caller: Entry) -> None:
    """Words instead of silence, while others look the list up or start the call-out. They come to an end."""
    said = (prompts.ORDER_WAIT,)
    question = DoorQuestion(said, said, _overdue, _language(step, caller.channel), keys=_NO_KEY, tries=_WAITS)
    entry.offer(step, caller, question)


def _overdue(step: Step, caller: Entry, _keyed: str) -> None:
    order = step.node[PHONE_ORDERS].get(caller.channel)
    is_unsure = order is not None and order.phase is OrderPhase.STARTING
    said = prompts.ORDER_UNSURE if is_unsure else prompts.ORDER_REFUSED
    entry.let_go(step, caller, said, language=_language(step, caller.channel))


def _awaiting(step: Step, channel: ChannelId, *phases: OrderPhase) -> tuple[Entry, PhoneOrder] | None:
    """The caller and the order, while they wait for just that."""
    caller, order = step.node[ENTRIES].get(channel), step.node[PHONE_ORDERS].get(channel)
    if caller is None or order is None or order.phase not in phases or caller.phase is not EntryPhase.OFFERED:
        step.reply = Refused("not_found", PhoneOrderReason.NO_SUCH_ORDER())
        return None
    step.reply = Done(channel)
    return caller, order


def _language(step: Step, channel: ChannelId) -> Language:
    """The caller's own; where it is not known, the house's."""
    order = step.node[PHONE_ORDERS].get(channel)
    return (order.language if order is not None else None) or step.node.policy[EntryPolicy].language
