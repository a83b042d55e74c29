"""Messages by SMS and e-mail: sent once, with the true state of each, beside the calls of a call-out."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.domain.callout.commands import CancelActivation, NewTarget, StartActivation
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, ActivationState, TargetState
from bridge.domain.callout.written_answers import AnswerReason, Written, WrittenAnswer
from bridge.domain.conference.commands import EndConference
from bridge.domain.joint.commands import CallOutBeside, TakeAnswer
from bridge.domain.kernel.events import EffectFailed, Fate
from bridge.domain.kernel.ids import ActivationId, OutboxId, TargetId
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
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
from bridge.domain.outbox.passing import EARLY, EARLY_S, MOST_EARLY
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.outbox.records import OUTBOX, Bearer, OutboxMessage, OutboxState
from bridge.domain.telephony.effects import Dial, HangUpLeg
from bridge.domain.telephony.events import KeyTaken, LegEnded, LegRinging
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, TRUNK, Story

MOBILE, OTHER = "+46701740605", "+46701740606"
ACTIVATION = ActivationId("act-00000000000000000000000001")
FIGURES = OutboxPolicy((BearerPolicy(Bearer.SMS, 0, 4), BearerPolicy(Bearer.MAIL, 0, 4)), tries=3)


def told(figures: OutboxPolicy = FIGURES) -> Story:
    trunk = TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100)
    return Story(Policy(CalloutPolicy(trunks=(trunk,)), figures))


def message(number: int = 1, bearer: Bearer = Bearer.SMS, **more: Any) -> NewMessage:
    to = MOBILE if bearer is Bearer.SMS else "tib@example.se"
    return replace(NewMessage(OutboxId(f"out-{number:026d}"), bearer, to, "Samling"), **more)


def queued(story: Story, number: int = 1, bearer: Bearer = Bearer.SMS, **more: Any) -> OutboxId:
    new = message(number, bearer, **more)
    story.asks(QueueMessage(new))
    assert story.reply == Done(new.id)
    return new.id


def latest(story: Story, key: str) -> OutboxMessage:
    """As it was last committed."""
    return [one for one in story.records if isinstance(one, OutboxMessage) and one.id == key][-1]


def state(story: Story, key: str) -> OutboxState:
    return latest(story, key).state


def orders(story: Story, key: str) -> list[SendMessage]:
    return [one for one in story.done(SendMessage) if one.message == key]


def takes(story: Story, key: str, name: str = "s1") -> None:
    story.happens(MessageSent(story.now_s, OutboxId(key), name))


def fails(story: Story, key: str, fate: Fate, *, retry: bool = False) -> None:
    story.happens(EffectFailed(story.now_s, orders(story, key)[-1], fate, because("away"), retry))


def receipt(story: Story, key: str, what: Receipt = Receipt.DELIVERED) -> None:
    story.asks(TakeReceipt(OutboxId(key), what, "s1"))


# --- one message ---


def test_a_message_is_claimed_on_disk_before_it_is_handed_over_and_delivered_when_its_receipt_comes() -> None:
    story = told()
    key = queued(story)
    assert state(story, key) is OutboxState.SENDING
    assert orders(story, key) == [SendMessage(key, Bearer.SMS, MOBILE, "", "Samling", story.now_s)]
    takes(story, key)
    assert (state(story, key), latest(story, key).provider_id) == (OutboxState.SENT, "s1")
    receipt(story, key)
    assert (state(story, key), latest(story, key).ended_at_s) == (OutboxState.DELIVERED, story.now_s)
    assert key not in story.node[OUTBOX]


def test_an_email_that_its_server_has_taken_is_sent_and_nothing_more_is_awaited() -> None:
    story = told()
    key = queued(story, bearer=Bearer.MAIL)
    takes(story, key)
    assert (state(story, key), latest(story, key).ended_at_s) == (OutboxState.SENT, story.now_s)
    assert not story.node[OUTBOX]


def test_the_same_id_again_is_the_same_message() -> None:
    story = told()
    key = queued(story)
    queued(story)
    assert len(orders(story, key)) == 1


def test_a_refusal_that_may_pass_is_tried_again_later_and_not_for_ever() -> None:
    story = told()
    key = queued(story)
    for pause_s in (2.0, 4.0):
        fails(story, key, Fate.REFUSED, retry=True)
        assert (state(story, key), latest(story, key).reason) == (OutboxState.WAITING, because("away"))
        before = len(orders(story, key))
        story.passes(pause_s - 0.1)
        assert len(orders(story, key)) == before
        story.passes(0.2)
        assert len(orders(story, key)) == before + 1
    fails(story, key, Fate.REFUSED, retry=True)
    assert (state(story, key), latest(story, key).tries) == (OutboxState.FAILED, 3)
    assert not story.node[OUTBOX]


@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.GONE])
def test_a_refusal_for_good_is_the_end_of_it(fate: Fate) -> None:
    story = told()
    key = queued(story)
    fails(story, key, fate)
    assert (state(story, key), latest(story, key).reason) == (OutboxState.FAILED, because("away"))


def test_a_bearer_that_asks_for_a_slower_pace_gets_it_and_no_try_is_spent() -> None:
    story = told(replace(FIGURES, bearers=(BearerPolicy(Bearer.SMS, 10, 1),)))
    key = queued(story)
    for times in range(1, 6):
        slower = EffectFailed(story.now_s, orders(story, key)[-1], Fate.REFUSED, OutboxReason.THROTTLED(), retry=True)
        story.happens(slower)
        assert (state(story, key), latest(story, key).tries) == (OutboxState.WAITING, 0)
        before = len(orders(story, key))
        story.passes(2 ** (times - 1) - 0.1)
        assert len(orders(story, key)) == before
        story.passes(0.2)
        assert len(orders(story, key)) == before + 1
    takes(story, key)
    second, third = queued(story, 2), queued(story, 3)
    story.passes(0.2)
    assert not orders(story, second)  # a tenth of a second was the pace
    story.passes(4)
    takes(story, second)
    story.passes(4)
    takes(story, third)
    assert state(story, third) is OutboxState.SENT


def has_taken(story: Story, key: str, *names: str) -> None:
    story.happens(MessageSent(story.now_s, OutboxId(key), names[0], "smpp", names))


def part(story: Story, name: str, what: Receipt = Receipt.DELIVERED, by: str = "smpp") -> None:
    story.asks(TakePartReceipt(by, name, what))


def test_a_message_of_parts_is_delivered_when_all_its_parts_are() -> None:
    story = told()
    key = queued(story)
    has_taken(story, key, "a", "b")
    assert latest(story, key).by == "smpp"
    part(story, "b")
    part(story, "b")
    assert state(story, key) is OutboxState.SENT
    part(story, "a")
    assert (state(story, key), latest(story, key).ended_at_s) == (OutboxState.DELIVERED, story.now_s)
    assert not story.node[OUTBOX]


def test_a_message_of_parts_has_failed_with_the_first_that_failed() -> None:
    story = told()
    key = queued(story)
    has_taken(story, key, "a", "b")
    part(story, "a", Receipt.FAILED)
    assert (state(story, key), latest(story, key).reason) == (OutboxState.FAILED, OutboxReason.NOT_DELIVERED())


def test_a_receipt_that_is_quicker_than_the_answer_to_its_message_is_kept_for_it() -> None:
    story = told()
    key = queued(story)
    part(story, "a")
    part(story, "b")
    has_taken(story, key, "a", "b")
    assert state(story, key) is OutboxState.DELIVERED


def test_a_receipt_of_another_bearer_or_name_is_not_this_messages() -> None:
    story = told()
    key = queued(story)
    has_taken(story, key, "a")
    part(story, "a", by="modem")
    part(story, "A")
    assert state(story, key) is OutboxState.SENT


def test_receipts_of_nothing_take_no_more_room_than_they_may() -> None:
    story = told()
    for at in range(MOST_EARLY + 5):
        part(story, f"x{at}")
    assert len(story.node[EARLY]) == MOST_EARLY


def test_an_old_report_of_another_message_never_says_that_a_new_one_arrived() -> None:
    """A modem's names begin again at 0 after 255 messages."""
    story = told()
    part(story, "a")
    story.passes(EARLY_S + 1)
    key = queued(story)
    has_taken(story, key, "a")
    assert state(story, key) is OutboxState.SENT
    part(story, "a")
    assert state(story, key) is OutboxState.DELIVERED


def test_of_two_messages_with_one_name_the_receipt_is_the_newer_ones() -> None:
    story = told()
    old = queued(story)
    has_taken(story, old, "7/1740605")
    story.passes(5)
    new = queued(story, 2)
    has_taken(story, new, "7/1740605")
    part(story, "7/1740605")
    assert (state(story, old), state(story, new)) == (OutboxState.SENT, OutboxState.DELIVERED)


def test_an_outcome_that_nobody_knows_is_shown_as_uncertain_and_nothing_is_sent_twice_by_itself() -> None:
    story = told()
    key = queued(story)
    fails(story, key, Fate.UNKNOWN, retry=True)
    story.passes(30_000)
    assert state(story, key) is OutboxState.UNCERTAIN
    assert len(orders(story, key)) == 1


def test_somebody_may_send_an_uncertain_message_again_as_a_new_one_that_names_the_first() -> None:
    story = told()
    key = queued(story)
    fails(story, key, Fate.UNKNOWN)
    story.asks(QueueMessage(message(2), again_of=key))
    again = latest(story, message(2).id)
    assert (again.again_of, again.state) == (key, OutboxState.SENDING)
    assert state(story, key) is OutboxState.UNCERTAIN


def test_a_message_that_was_being_sent_when_the_controller_died_is_uncertain_and_its_receipt_still_settles_it() -> None:
    story = told()
    key = queued(story)
    waits = queued(story, 2, bearer=Bearer.MAIL)
    takes(story, waits)
    fresh = story.restarted()
    assert (state(fresh, key), latest(fresh, key).reason) == (
        OutboxState.UNCERTAIN, OutboxReason.SENDING_INTERRUPTED(),
    )  # fmt: skip
    assert fresh.done(SendMessage) == []
    receipt(fresh, key)
    assert state(fresh, key) is OutboxState.DELIVERED


def test_a_message_that_waited_when_the_controller_died_is_sent_by_the_next() -> None:
    story = told(replace(FIGURES, bearers=(BearerPolicy(Bearer.SMS, 0, at_once=1),)))
    first, second = queued(story), queued(story, 2)
    assert orders(story, second) == []
    fresh = story.restarted()
    assert (state(fresh, first), state(fresh, second)) == (OutboxState.UNCERTAIN, OutboxState.SENDING)
    assert [one.message for one in fresh.done(SendMessage)] == [second]


def test_a_receipt_that_is_quicker_than_the_answer_counts() -> None:
    story = told()
    key = queued(story)
    receipt(story, key)
    takes(story, key)
    assert state(story, key) is OutboxState.DELIVERED


def test_a_message_that_could_not_be_delivered_has_failed() -> None:
    story = told()
    key = queued(story)
    takes(story, key)
    receipt(story, key, Receipt.FAILED)
    assert (state(story, key), latest(story, key).reason) == (OutboxState.FAILED, OutboxReason.NOT_DELIVERED())


def test_a_receipt_that_never_comes_is_awaited_for_six_hours_and_no_longer() -> None:
    story = told()
    key = queued(story)
    takes(story, key)
    story.passes(21_599)
    assert key in story.node[OUTBOX]
    story.passes(2)
    assert key not in story.node[OUTBOX]
    assert (state(story, key), latest(story, key).reason) == (OutboxState.SENT, OutboxReason.NO_RECEIPT())
    receipt(story, key)
    assert isinstance(story.reply, Refused)


def test_no_more_than_the_bearer_takes_are_with_it_at_once_and_its_pace_is_kept() -> None:
    story = told(replace(FIGURES, bearers=(BearerPolicy(Bearer.SMS, messages_per_s=2, at_once=2),)))
    keys = [queued(story, number) for number in range(1, 5)]
    assert [len(orders(story, key)) for key in keys] == [1, 0, 0, 0]
    story.passes(0.51)
    assert [len(orders(story, key)) for key in keys] == [1, 1, 0, 0]
    story.passes(2)
    assert [len(orders(story, key)) for key in keys] == [1, 1, 0, 0]
    takes(story, keys[0])
    assert [len(orders(story, key)) for key in keys] == [1, 1, 1, 0]


def test_a_message_that_its_bearer_never_had_room_for_is_given_up_in_time() -> None:
    story = told(replace(FIGURES, bearers=(BearerPolicy(Bearer.SMS, 0, at_once=1),), expires_s=60))
    queued(story)
    late = queued(story, 2)
    story.passes(61)
    assert (state(story, late), latest(story, late).reason) == (
        OutboxState.FAILED, OutboxReason.NOT_SENT_IN_TIME(cause=OutboxReason.PACE()),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("figures", "new", "code"),
    [
        (OutboxPolicy(), message(), "bearer_off"),
        (FIGURES, message(text="  "), "outbox_text_empty"),
        (FIGURES, message(text="a" * 1531), "sms_too_long"),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused_with_the_reason(
    figures: OutboxPolicy, new: NewMessage, code: str
) -> None:
    story = told(figures)
    story.asks(QueueMessage(new))
    assert isinstance(story.reply, Refused)
    assert story.reply.reason.code == code
    assert not story.node[OUTBOX]


def test_a_full_outbox_refuses_a_free_message_and_takes_it_later() -> None:
    story = told(replace(FIGURES, bearers=(BearerPolicy(Bearer.SMS, 0, at_once=1),), most_waiting=1))
    first = queued(story)
    queued(story, 2)
    story.asks(QueueMessage(message(3)))
    assert story.reply == Refused("unavailable", OutboxReason.TOO_MANY_WAIT(most=1), retry=True)
    takes(story, first)
    queued(story, 3)


def test_a_waiting_message_may_be_withdrawn_and_one_that_is_being_sent_may_not() -> None:
    story = told(replace(FIGURES, bearers=(BearerPolicy(Bearer.SMS, 0, at_once=1),)))
    first, second = queued(story), queued(story, 2)
    story.asks(WithdrawMessage(second))
    assert state(story, second) is OutboxState.WITHDRAWN
    story.asks(WithdrawMessage(first))
    assert isinstance(story.reply, Refused)


def test_a_bearer_that_is_taken_out_of_the_settings_leaves_no_message_waiting() -> None:
    story = told(replace(FIGURES, bearers=(BearerPolicy(Bearer.SMS, 0, at_once=1),)))
    queued(story)
    waits = queued(story, 2)
    story.policy = Policy(OutboxPolicy())
    fresh = story.restarted()
    assert (state(fresh, waits), latest(fresh, waits).reason) == (
        OutboxState.FAILED, OutboxReason.BEARER_OFF(bearer="sms"),
    )  # fmt: skip


# --- beside the calls of a call-out ---


def target(number: int, mobile: str, *deputies: NewTarget) -> NewTarget:
    return NewTarget(TargetId(f"tgt-{number:026d}"), f"TiB {number}", "Länet", (mobile,), deputies=deputies)


def beside(to: NewTarget, number: int, bearer: Bearer = Bearer.SMS) -> NewMessage:
    address = to.numbers[0] if bearer is Bearer.SMS else "tib@example.se"
    return message(
        number,
        bearer,
        to=address,
        target=to.id,
        correction="Inställt",
        correction_heading="Inställt",
    )


def called_out(story: Story, targets: list[NewTarget], *messages: NewMessage) -> None:
    story.opens()
    start = StartActivation(ACTIVATION, "key", CONFERENCE, "Ledning", tuple(targets), rounds=1)
    story.asks(CallOutBeside(start, messages))
    assert story.reply == Done(ACTIVATION)


def test_a_call_out_sends_to_every_function_at_once_beside_the_calls() -> None:
    story = told()
    one, two = target(1, MOBILE), target(2, OTHER)
    called_out(story, [one, two], beside(one, 1), beside(one, 2, Bearer.MAIL), beside(two, 3))
    assert {call.number for call in story.done(Dial)} == {MOBILE, OTHER}
    assert {order.to for order in story.done(SendMessage)} == {MOBILE, OTHER, "tib@example.se"}
    assert latest(story, beside(one, 1).id).activation == ACTIVATION


def test_the_same_call_out_again_sends_nothing() -> None:
    story = told()
    one = target(1, MOBILE)
    called_out(story, [one], beside(one, 1))
    again = StartActivation(ActivationId("act-2"), "key", CONFERENCE, "Ledning", (one,))
    story.asks(CallOutBeside(again, (beside(one, 2),)))
    assert story.reply == Done(ACTIVATION)
    assert len(story.done(SendMessage)) == 1


def test_a_bearer_that_is_not_set_up_never_holds_a_call_out_back() -> None:
    story = told(OutboxPolicy())
    one = target(1, MOBILE)
    called_out(story, [one], beside(one, 1))
    assert [call.number for call in story.done(Dial)] == [MOBILE]
    assert state(story, beside(one, 1).id) is OutboxState.FAILED


def test_an_answer_by_key_withdraws_the_messages_that_still_wait() -> None:
    story = told(replace(FIGURES, bearers=(BearerPolicy(Bearer.SMS, 0, at_once=1),)))
    one, two = target(1, MOBILE), target(2, OTHER)
    called_out(story, [one, two], beside(one, 1), beside(two, 2))
    assert state(story, beside(two, 2).id) is OutboxState.WAITING
    story.happens(KeyTaken(story.now_s, story.answers(OTHER), "3"))
    assert (state(story, beside(two, 2).id), latest(story, beside(two, 2).id).reason) == (
        OutboxState.WITHDRAWN, OutboxReason.ANSWERED(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "becomes", "reason"),
    [
        (Written(WrittenAnswer.COMES), TargetState.LATER, AnswerReason.COMES()),
        (Written(WrittenAnswer.LATER, 30), TargetState.LATER, AnswerReason.LATER(minutes=30)),
        (Written(WrittenAnswer.CANNOT), TargetState.CANNOT, AnswerReason.CANNOT()),
    ],
)
def test_an_answer_by_sms_counts_as_the_key_does_and_stops_the_ringing_at_once(
    written: Written, becomes: TargetState, reason: object
) -> None:
    story = told()
    one = target(1, MOBILE)
    called_out(story, [one], beside(one, 1))
    (call,) = story.done(Dial)
    story.happens(LegRinging(story.now_s, call.channel))
    story.asks(TakeAnswer(MOBILE, written))
    assert story.reply == Done(ACTIVATION)
    assert [hung.channel for hung in story.done(HangUpLeg)] == [call.channel]
    answered = story.node[TARGETS][one.id]
    assert (answered.state, answered.reason) == (becomes, reason)
    story.happens(LegEnded(story.now_s, call.channel, 16))
    over = written.answer is WrittenAnswer.CANNOT
    assert story.node[ACTIVATIONS][ACTIVATION].state is (ActivationState.DONE if over else ActivationState.OPEN)
    story.passes(1790)
    assert len(story.done(Dial)) == 1, "nobody who has answered is rung before the time they told"
    story.passes(20)
    assert len(story.done(Dial)) == (1 if over else 2), "nobody who wanted to come is forgotten"


def test_those_who_change_their_mind_are_heard_and_the_last_word_counts() -> None:
    story = told()
    one = target(1, MOBILE)
    called_out(story, [one], beside(one, 1))
    for written in (Written(WrittenAnswer.COMES), Written(WrittenAnswer.CANNOT)):
        story.asks(TakeAnswer(MOBILE, written))
    assert story.node[TARGETS][one.id].state is TargetState.CANNOT


def test_an_answer_by_sms_does_not_take_somebody_out_of_the_meeting() -> None:
    story = told()
    one = target(1, MOBILE)
    called_out(story, [one], beside(one, 1))
    story.happens(KeyTaken(story.now_s, story.answers(MOBILE), "1"))
    story.asks(TakeAnswer(MOBILE, Written(WrittenAnswer.CANNOT)))
    assert story.node[TARGETS][one.id].state is TargetState.JOINED


def test_an_sms_of_a_number_that_nobody_asked_changes_nothing() -> None:
    story = told()
    one = target(1, MOBILE)
    called_out(story, [one], beside(one, 1))
    story.asks(TakeAnswer(OTHER, Written(WrittenAnswer.CANNOT)))
    assert isinstance(story.reply, Refused)
    assert story.node[TARGETS][one.id].state is TargetState.CALLING


def test_a_deputy_gets_its_message_when_it_is_called_and_not_before() -> None:
    story = told()
    deputy = target(2, OTHER)
    one = target(1, MOBILE, deputy)
    called_out(story, [one], beside(one, 1), beside(deputy, 2))
    assert state(story, beside(deputy, 2).id) is OutboxState.STANDBY
    story.asks(TakeAnswer(MOBILE, Written(WrittenAnswer.CANNOT)))
    assert state(story, beside(deputy, 2).id) is OutboxState.SENDING


def test_a_deputy_who_is_never_called_gets_no_message() -> None:
    story = told()
    deputy = target(2, OTHER)
    one = target(1, MOBILE, deputy)
    called_out(story, [one], beside(one, 1), beside(deputy, 2))
    story.happens(KeyTaken(story.now_s, story.answers(MOBILE), "1"))
    assert state(story, beside(deputy, 2).id) is OutboxState.WITHDRAWN
    assert orders(story, beside(deputy, 2).id) == []


def corrections(story: Story) -> list[SendMessage]:
    return [one for one in story.done(SendMessage) if one.text == "Inställt"]


def test_a_cancelled_call_out_tells_those_who_were_reached_and_nobody_else() -> None:
    story = told(replace(FIGURES, bearers=(BearerPolicy(Bearer.SMS, 0, 1), BearerPolicy(Bearer.MAIL, 0, 4))))
    one, two = target(1, MOBILE), target(2, OTHER)
    called_out(story, [one, two], beside(one, 1), beside(two, 2), beside(one, 3, Bearer.MAIL))
    takes(story, beside(one, 3).id)
    story.asks(CancelActivation(ACTIVATION))
    assert state(story, beside(two, 2).id) is OutboxState.WITHDRAWN
    assert [(one.to, one.heading) for one in corrections(story)] == [("tib@example.se", "Inställt")]
    takes(story, beside(one, 1).id)
    assert {one.to for one in corrections(story)} == {"tib@example.se", MOBILE}, "it overtakes nothing"


def test_a_message_that_turns_out_never_to_have_left_is_not_corrected_nor_tried_again() -> None:
    story = told(replace(FIGURES, bearers=(BearerPolicy(Bearer.SMS, 0, at_once=1),)))
    one = target(1, MOBILE)
    called_out(story, [one], beside(one, 1))
    story.asks(CancelActivation(ACTIVATION))
    fails(story, beside(one, 1).id, Fate.REFUSED, retry=True)
    story.passes(600)
    assert corrections(story) == []
    assert state(story, beside(one, 1).id) is OutboxState.WITHDRAWN
    assert not story.node[OUTBOX]


def test_an_uncertain_message_is_corrected_since_somebody_may_have_read_it() -> None:
    story = told()
    one = target(1, MOBILE)
    called_out(story, [one], beside(one, 1))
    fails(story, beside(one, 1).id, Fate.UNKNOWN)
    story.asks(CancelActivation(ACTIVATION))
    assert [one.to for one in corrections(story)] == [MOBILE]


def test_two_functions_with_one_telephone_hear_once_that_it_is_cancelled() -> None:
    story = told()
    one, two = target(1, MOBILE), target(2, MOBILE)
    called_out(story, [one, two], beside(one, 1), beside(two, 2))
    for number in (1, 2):
        takes(story, beside(one, number).id)
    story.asks(CancelActivation(ACTIVATION))
    assert len(corrections(story)) == 1


def test_a_meeting_that_ends_while_people_are_called_takes_their_messages_back() -> None:
    story = told()
    one = target(1, MOBILE)
    called_out(story, [one], beside(one, 1))
    takes(story, beside(one, 1).id)
    story.asks(EndConference(CONFERENCE))
    story.passes(60)
    assert [one.to for one in corrections(story)] == [MOBILE]


def test_a_call_out_that_came_to_its_end_is_corrected_by_nothing_and_leaves_nothing_behind() -> None:
    story = told()
    one = target(1, MOBILE)
    called_out(story, [one], beside(one, 1))
    takes(story, beside(one, 1).id)
    receipt(story, beside(one, 1).id)
    assert beside(one, 1).id in story.node[OUTBOX], "it can still be answered"
    story.asks(TakeAnswer(MOBILE, Written(WrittenAnswer.CANNOT)))
    (call,) = story.done(Dial)
    story.happens(LegEnded(story.now_s, call.channel, 16))
    story.asks(EndConference(CONFERENCE))
    story.passes(60)
    assert corrections(story) == []
    assert not story.node[OUTBOX]


def test_a_controller_that_dies_during_a_call_out_still_takes_answers_and_corrects() -> None:
    story = told()
    one, two = target(1, MOBILE), target(2, OTHER)
    called_out(story, [one, two], beside(one, 1), beside(two, 2))
    takes(story, beside(one, 1).id)
    fresh = story.restarted()
    assert state(fresh, beside(two, 2).id) is OutboxState.UNCERTAIN
    fresh.asks(TakeAnswer(MOBILE, Written(WrittenAnswer.CANNOT)))
    assert fresh.node[TARGETS][one.id].state is TargetState.CANNOT
    fresh.asks(CancelActivation(ACTIVATION))
    assert {one.to for one in corrections(fresh)} == {MOBILE, OTHER}
