"""A duty function starts a call-out by telephone: the code twice, and a key each for live and exercise."""

import pytest

from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.records import Holder
from bridge.domain.guessing.records import GUESSES
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.phoneorders import ordering, prompts
from bridge.domain.phoneorders.commands import DescribeOrder, GiveUpOrder, NoSuchList, OrderRefused, OrderStarted
from bridge.domain.phoneorders.passing import MOST_ENDED, ORDERS_ENDED, PHONE_ORDERS, OrderPhase, PhoneOrder
from bridge.domain.phoneorders.records import CONFIRMED_ORDERS, ConfirmedOrder
from bridge.domain.telephony.effects import HangUpLeg, Play
from bridge.domain.telephony.events import LiveChannel, TelephonyUp
from tests.harness.story import Story

HOLDER = Holder("TiB", "Länsstyrelsen")
STRANGER = "+46701740699"
ORDER_PROMPTS = (
    *(prompts.ORDER_LIST, prompts.ORDER_WAIT, prompts.ORDER_KIND, prompts.ORDER_CONFIRM, prompts.ORDER_STARTED),
)


def keys_code(story: Story, line: ChannelId, function: str | None = "tib") -> None:
    """A whole code, and the answer whose it is."""
    story.keys(line, "12345678#")
    holder = HOLDER if function is not None else None
    story.happens(CodeResolved(story.now_s, line, None, holder=holder, orderer=function))


def dialled_in() -> tuple[Story, ChannelId]:
    story = Story()
    line = story.calls("duty", STRANGER)
    keys_code(story, line)
    return story, line


def order(story: Story, line: ChannelId) -> PhoneOrder:
    return story.node[PHONE_ORDERS][line]


def described(story: Story, line: ChannelId) -> None:
    story.keys(line, "12#")
    assert story.asks(DescribeOrder(line, "list-1", "Inriktande", 14)) == Done(line)


def ready_to_confirm(exercise: bool = False) -> tuple[Story, ChannelId]:
    story, line = dialled_in()
    described(story, line)
    story.keys(line, ordering.EXERCISE if exercise else ordering.LIVE)
    return story, line


def orders_given(story: Story) -> list[Audit]:
    return [one for one in story.audited if isinstance(one, Audit) and one.action == "phone_order.start"]


def test_the_code_for_orders_leads_to_the_number_of_a_list() -> None:
    story, line = dialled_in()
    assert story.said_to(line)[-1] == prompts.ORDER_LIST
    assert order(story, line).phase is OrderPhase.CHOOSING


def test_a_caller_hears_every_question_and_the_receipt_in_their_own_language() -> None:
    story = Story()
    line = story.calls("duty", STRANGER)
    story.keys(line, "12345678#")
    story.happens(CodeResolved(story.now_s, line, None, holder=HOLDER, orderer="tib", language=Language.EN))
    described(story, line)
    story.keys(line, ordering.LIVE)
    story.keys(line, "12345678#")
    story.happens(CodeResolved(story.now_s, line, None, holder=HOLDER, orderer="tib", language=Language.EN))
    story.asks(OrderStarted(line))
    heard = [one for one in story.done(Play) if one.channel == line and set(one.prompts) & set(ORDER_PROMPTS)]
    assert len(heard) >= 5
    assert {one.language for one in heard} == {Language.EN}


def test_the_list_is_read_back_with_its_name_and_number_of_functions() -> None:
    story, line = dialled_in()
    described(story, line)
    assert story.said_to(line)[-6:] == [
        *(prompts.ORDER_THE_LIST, phrases.number(12), phrases.spoken("Inriktande")),
        *(phrases.number(14), prompts.ORDER_FUNCTIONS, prompts.ORDER_KIND),
    ]


@pytest.mark.parametrize(("exercise", "said"), [(False, prompts.ORDER_LIVE), (True, prompts.ORDER_EXERCISE)])
def test_live_and_exercise_have_keys_of_their_own_and_the_consequence_is_said(exercise: bool, said: str) -> None:
    story, line = ready_to_confirm(exercise)
    assert order(story, line).exercise is exercise
    assert said in story.said_to(line)
    assert story.said_to(line)[-1] == prompts.ORDER_CONFIRM
    assert orders_given(story) == [], "one key starts nothing"


def test_the_code_again_starts_it_and_the_receipt_is_said() -> None:
    story, line = ready_to_confirm()
    keys_code(story, line)
    assert order(story, line).phase is OrderPhase.STARTING
    [given] = orders_given(story)
    assert (given.actor, given.object) == ("Länsstyrelsen TiB (telephone)", "list-1")
    assert story.asks(OrderStarted(line)) == Done(line)
    assert prompts.ORDER_STARTED in story.said_to(line)
    story.prompt_ends(line)
    assert HangUpLeg(line) in story.fresh
    story.hangs_up(line)
    assert not story.node[PHONE_ORDERS]


@pytest.mark.parametrize("function", [None, "another"])
def test_another_code_than_ones_own_starts_nothing_and_is_braked_as_a_wrong_one(function: str | None) -> None:
    story, line = ready_to_confirm()
    keys_code(story, line, function)
    assert order(story, line).phase is OrderPhase.CONFIRMING
    assert orders_given(story) == []
    assert story.node[GUESSES]
    story.passes(30)
    assert conference_prompts.ENTRY_WRONG in story.said_to(line)


def test_a_line_that_is_lost_before_the_code_starts_nothing() -> None:
    story, line = ready_to_confirm()
    story.keys(line, "12345678#")
    story.hangs_up(line)
    story.happens(CodeResolved(story.now_s, line, None, holder=HOLDER, orderer="tib"))
    assert orders_given(story) == []
    assert not story.node[PHONE_ORDERS]


def test_a_line_that_is_lost_after_the_code_has_started_it_all_the_same() -> None:
    story, line = ready_to_confirm()
    keys_code(story, line)
    story.hangs_up(line)
    assert len(orders_given(story)) == 1
    assert story.asks(OrderStarted(line)) == Done(line), "it is settled, though nobody hears the receipt"
    assert isinstance(story.asks(OrderStarted(line)), Refused)


def test_a_number_of_no_list_is_asked_for_again() -> None:
    story, line = dialled_in()
    story.keys(line, "99#")
    assert story.asks(NoSuchList(line)) == Done(line)
    assert story.said_to(line)[-1] == prompts.ORDER_NO_LIST
    assert order(story, line).phase is OrderPhase.CHOOSING


def test_an_order_that_cannot_be_carried_out_is_told() -> None:
    story, line = ready_to_confirm()
    keys_code(story, line)
    story.asks(OrderRefused(line))
    assert story.said_to(line)[-1] == prompts.ORDER_REFUSED


def test_nobody_waits_in_silence_for_an_answer_that_does_not_come() -> None:
    story, line = ready_to_confirm()
    keys_code(story, line)
    for _ in range(ordering._WAITS + 1):
        assert story.said_to(line)[-1] == prompts.ORDER_WAIT
        story.prompt_ends(line)
        story.passes(4)
    assert story.said_to(line)[-1] == prompts.ORDER_UNSURE


def test_one_who_keys_no_list_hears_that_nothing_was_started() -> None:
    story, line = dialled_in()
    for _ in range(3):
        story.prompt_ends(line)
        story.passes(4)
    assert story.said_to(line)[-1] == prompts.ORDER_NOT_STARTED


def test_a_restart_forgets_the_order_and_starts_nothing() -> None:
    story, line = ready_to_confirm()
    again = story.restarted()
    assert not again.node[PHONE_ORDERS]
    assert not [one for one in again.effects if isinstance(one, LookUpCode) and one.channel == line]


# --- over a restart ---


def confirmed() -> tuple[Story, ChannelId]:
    story, line = ready_to_confirm()
    keys_code(story, line)
    return story, line


def test_a_confirmed_order_is_on_disk_until_its_call_out_runs() -> None:
    story, line = confirmed()
    [kept] = story.node[CONFIRMED_ORDERS].values()
    assert (kept.id, kept.list_id, kept.exercise, kept.ended_at_s) == (line, "list-1", False, None)
    story.asks(OrderStarted(line))
    assert not story.node[CONFIRMED_ORDERS]
    assert [one.ended_at_s for one in story.records if isinstance(one, ConfirmedOrder)][-1] == story.now_s


def test_an_order_whose_caller_is_gone_is_settled_all_the_same() -> None:
    story, line = confirmed()
    story.hangs_up(line)
    story.asks(OrderStarted(line))
    assert not story.node[CONFIRMED_ORDERS]


def found_again(story: Story, line: ChannelId) -> None:
    """Asterisk has the call still, and the new controller finds it."""
    channel = LiveChannel(line, answered=True, caller=STRANGER)
    story.happens(TelephonyUp(story.now_s, (channel,), frozenset(), frozenset()))


def test_a_caller_on_the_line_after_a_restart_waits_and_hears_that_it_was_started() -> None:
    story, line = confirmed()
    again = story.restarted()
    found_again(again, line)
    assert again.said_to(line) == [prompts.ORDER_WAIT]
    assert order(again, line).phase is OrderPhase.STARTING
    assert again.asks(OrderStarted(line)) == Done(line)
    assert again.said_to(line)[-2:] == [prompts.ORDER_STARTED, phrases.spoken("Inriktande")]
    again.prompt_ends(line)
    assert again.done(HangUpLeg)


@pytest.mark.parametrize(
    ("command", "said"), [(OrderStarted, prompts.ORDER_STARTED), (GiveUpOrder, prompts.ORDER_REFUSED)]
)
def test_a_caller_whose_line_is_found_when_the_order_has_ended_hears_how(
    command: type[OrderStarted | GiveUpOrder], said: Prompt
) -> None:
    story, line = confirmed()
    again = story.restarted()
    again.asks(command(line))
    found_again(again, line)
    assert again.said_to(line) == [said]
    assert not again.node[PHONE_ORDERS]


def test_an_order_that_is_given_up_while_its_caller_waits_is_told_and_is_never_started() -> None:
    story, line = confirmed()
    again = story.restarted()
    found_again(again, line)
    assert again.asks(GiveUpOrder(line)) == Done(line)
    assert again.said_to(line)[-1] == prompts.ORDER_REFUSED
    assert line not in again.node[PHONE_ORDERS]


def test_the_ends_of_orders_that_nobody_asks_for_are_not_kept_for_ever() -> None:
    story, line = Story(), ChannelId("")
    for number in range(MOST_ENDED + 10):
        line = story.calls(f"duty-{number}", STRANGER)
        keys_code(story, line)
        described(story, line)
        story.keys(line, ordering.LIVE)
        keys_code(story, line)
        story.hangs_up(line)
        story.asks(OrderStarted(line))
    assert len(story.node[ORDERS_ENDED]) == MOST_ENDED
    assert line in story.node[ORDERS_ENDED]


def test_an_order_that_is_given_up_stands_in_the_audit_log() -> None:
    story, line = confirmed()
    assert story.asks(GiveUpOrder(line)) == Done(line)
    assert [one.action for one in story.audited if isinstance(one, Audit)][-1] == "phone_order.lost"
    assert not story.node[CONFIRMED_ORDERS]
    assert isinstance(story.asks(GiveUpOrder(line)), Refused)
