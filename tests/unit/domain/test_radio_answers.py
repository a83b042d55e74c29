"""A duty officer answers a call-out from a radio, by a digit or a status: it counts as the key."""

from dataclasses import replace

import pytest

from bridge.domain.callout.commands import NewTarget
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import ActivationState, TargetState
from bridge.domain.callout.written import read_coded
from bridge.domain.joint.passing import RADIO_ANSWERS
from bridge.domain.kernel.ids import Issi, TargetId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.policy import Policy
from bridge.domain.shortdata.events import SdsReceived, StatusReceived
from bridge.domain.telephony.effects import HangUpLeg
from tests.harness.reasons import english
from tests.harness.story import TERMINAL, TRUNK, Story

A, B, DEPUTY = "+4684650041", "+4684650042", "+4684650043"
RADIO, STRANGER = Issi(1401001), Issi(1401999)
STATUSES = (33001, 33002, 33003, 33004)


def called_out(*, deputy: bool = False) -> Story:
    """One function with a radio is rung, and another without."""
    trunks = (TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100),)
    story = Story(Policy(CalloutPolicy(trunks=trunks, answer_statuses=STATUSES)))
    story.opens()
    tib = NewTarget(TargetId(f"tgt-{0:026d}"), "TiB", "Region", (A,), function_id="tib", issis=(RADIO,))
    jour = NewTarget(TargetId(f"tgt-{1:026d}"), "Jour", "Kommun", (B,), function_id="jour")
    if deputy:
        stands_in = NewTarget(TargetId(f"tgt-{2:026d}"), "Ersättare", "Region", (DEPUTY,), function_id="dep")
        tib = replace(tib, deputies=(stands_in,))
    story.activates([], targets=(tib, jour))
    story.rings(A)
    story.rings(B)
    return story


def texts(story: Story, text: str, sender: Issi = RADIO, *, group: bool = False) -> None:
    story.happens(SdsReceived(story.now_s, TERMINAL, sender, text, group=group))


@pytest.mark.parametrize(
    ("text", "state", "reason"),
    [
        ("1", TargetState.LATER, "answered by radio: comes now"),
        ("2", TargetState.LATER, "answered by radio: comes later"),
        ("2 30", TargetState.LATER, "answered by radio: comes later, in 30 min"),
        ("3", TargetState.CANNOT, "answered by radio: cannot"),
        (" 4 ", TargetState.CANNOT, "answered by radio: the deputy is to come"),
    ],
)
def test_a_digit_by_radio_counts_and_the_telephone_stops_ringing_in_the_same_step(
    text: str, state: TargetState, reason: str
) -> None:
    story = called_out()
    texts(story, text)
    assert (story.target(0).state, english(story.target(0).reason)) == (state, reason)
    assert HangUpLeg(story.line_to(A)) in story.fresh
    assert HangUpLeg(story.line_to(B)) not in story.fresh
    assert [one.actor for one in story.audited if isinstance(one, Audit) and one.action == "activation.answer"] == [
        f"radio {RADIO}"
    ]


@pytest.mark.parametrize(("key", "state"), [(0, "later"), (1, "later"), (2, "cannot"), (3, "cannot")])
def test_a_status_means_the_key_of_its_place(key: int, state: str) -> None:
    story = called_out()
    story.happens(StatusReceived(story.now_s, TERMINAL, RADIO, STATUSES[key]))
    assert story.target(0).state == state


def test_an_answer_that_was_taken_is_kept_for_its_receipt_and_told_of_once() -> None:
    story = called_out()
    told = sends(story, "2 30")
    [answer] = story.node[RADIO_ANSWERS].values()
    assert (answer.issi, answer.terminal, answer.written.minutes) == (RADIO, TERMINAL, 30)
    assert told == [story.target(0).id]
    assert sends(story, "2 30") == []
    assert sends(story, "3") == [story.target(0).id]
    assert sends(story, "1", STRANGER) == []


def sends(story: Story, text: str, sender: Issi = RADIO) -> list[str]:
    """The targets of whose answer others are told."""
    result = story.happens(SdsReceived(story.now_s, TERMINAL, sender, text, group=False))
    return [one.subject for one in result.seen if one.kind == "radio_answer"]


def test_4_has_the_deputy_called() -> None:
    story = called_out(deputy=True)
    texts(story, "4")
    story.passes(1)
    assert story.dialled() == [A, B, DEPUTY]


@pytest.mark.parametrize("text", ["JA", "NEJ", "5", "12", "1 30", "status", "", "1 och 2"])
def test_words_and_other_digits_are_no_answers_by_radio(text: str) -> None:
    assert read_coded(text) is None
    story = called_out()
    texts(story, text)
    assert story.target(0).state is TargetState.CALLING


def test_another_radio_and_a_text_to_a_talkgroup_answer_nothing() -> None:
    story = called_out()
    texts(story, "1", STRANGER)
    texts(story, "1", group=True)
    story.happens(StatusReceived(story.now_s, TERMINAL, RADIO, 40000))
    assert story.target(0).state is TargetState.CALLING


def test_an_answer_survives_a_restart_and_the_same_again_changes_nothing() -> None:
    story = called_out()
    texts(story, "3")
    again = story.restarted()
    assert again.target(0).state is TargetState.CANNOT
    assert again.target(0).issis == (RADIO,)
    before = len(again.records)
    texts(again, "3")
    assert not [one for one in again.records[before:] if type(one) is type(again.target(0))]


def test_a_call_out_that_is_over_is_answered_no_more() -> None:
    story = called_out()
    for number in (A, B):
        story.keys(story.answers(number), "3")
    assert story.activation.state is ActivationState.DONE
    texts(story, "1")
    assert story.target(0).state is TargetState.CANNOT
