"""Texts and statuses by radio. They are sent when it can be and shown as they are. They are delivered only when the
receiver says so."""

from dataclasses import replace

import pytest

from bridge.domain.conference.records import Role
from bridge.domain.kernel.events import EffectFailed, Fate
from bridge.domain.kernel.ids import Gssi, Issi, MessageId, TerminalName
from bridge.domain.kernel.journal import Audit, Note, NoteKind
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused, Reply
from bridge.domain.radio import prompts
from bridge.domain.radio.commands import AddPatch
from bridge.domain.radio.events import TerminalChanged, TerminalState, TransmitEnded
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.saved import Saved
from bridge.domain.shortdata import sdstext
from bridge.domain.shortdata.commands import SendSds, SendStatus
from bridge.domain.shortdata.effects import SubmitSds, SubmitStatus
from bridge.domain.shortdata.events import (
    SdsDelivery,
    SdsProgress,
    SdsReceived,
    SdsReported,
    SdsStage,
    SdsUnreadable,
    StatusReceived,
)
from bridge.domain.shortdata.notes import ShortDataNote
from bridge.domain.shortdata.passing import EMERGENCY_TOLD_AT_S
from bridge.domain.shortdata.policy import ShortDataPolicy
from bridge.domain.shortdata.records import MESSAGES, Message, MessageDirection, MessageState
from tests.harness.reasons import because, english
from tests.harness.story import CONFERENCE, GROUP, PATCH, RADIO_VOICE, TERMINAL, Story

MESSAGE = MessageId("sds-00000000000000000000000001")
OTHER = MessageId("sds-00000000000000000000000002")
COMMANDER = Issi(1_002_001)
SECOND = TerminalName("rakel-2")
READY, ABSENT = TerminalState.READY, TerminalState.ABSENT
TRIES = ShortDataPolicy().tries


class Texts(Story):
    """A story in which messages are written."""

    def __init__(self, saved: Saved | None = None, policy: Policy | None = None) -> None:
        super().__init__(policy or Policy(), saved)

    def writes(self, text: str = "Samling kl 16", message: MessageId = MESSAGE, **more: object) -> Reply:
        command = SendSds(message, COMMANDER, text)
        return self.asks(replace(command, **more))  # type: ignore[arg-type]

    def message(self, message: MessageId = MESSAGE) -> Message:
        """As it was last kept."""
        return [one for one in self.records if isinstance(one, Message) and one.id == message][-1]

    def state(self, message: MessageId = MESSAGE) -> MessageState:
        return self.message(message).state

    def terminal(self, name: TerminalName, state: TerminalState = READY) -> None:
        self.happens(TerminalChanged(self.now_s, name, state, None, Issi(1001), GROUP))

    def comes_to(self, *stages: SdsStage, part: int = 1, parts: int = 1, reference: int | None = 7) -> None:
        for stage in stages:
            self.happens(
                SdsProgress(
                    self.now_s, TERMINAL, self.handed()[-1].message, stage, part, parts, reference, because("why")
                )
            )

    def goes_out(self, *, parts: int = 1, reference: int | None = 7) -> None:
        """All parts; their references count up."""
        for part in range(1, parts + 1):
            self.comes_to(
                SdsStage.STARTED,
                SdsStage.ACCEPTED,
                SdsStage.ON_AIR,
                part=part,
                parts=parts,
                reference=None if reference is None else reference + part - 1,
            )

    def reports(self, delivery: SdsDelivery, reference: int = 7, sender: Issi = COMMANDER, reason: str = "") -> None:
        self.happens(
            SdsReported(self.now_s, TERMINAL, sender, reference, delivery, because(reason) if reason else None)
        )

    def refuses(self, *, retry: bool, reason: str = "busy with signalling") -> None:
        self.happens(EffectFailed(self.now_s, self.handed()[-1], Fate.REFUSED, because(reason), retry))

    def handed(self) -> list[SubmitSds]:
        return self.done(SubmitSds)

    def noted(self, kind: NoteKind) -> list[Note]:
        return [note for note in self.notes if isinstance(note, Note) and note.kind is kind]

    def audits(self, action: str) -> list[Audit]:
        return [line for line in self.audited if isinstance(line, Audit) and line.action == action]


@pytest.fixture
def story() -> Texts:
    """A terminal is ready, and nobody talks."""
    texts = Texts()
    texts.terminal_is(READY)
    return texts


# --- the way out ---


def test_a_text_is_handed_to_the_ready_terminal_at_once(story: Texts) -> None:
    assert story.writes() == Done(MESSAGE)
    assert story.handed() == [SubmitSds(TERMINAL, MESSAGE, COMMANDER, False, "Samling kl 16", 1)]
    assert story.state() is MessageState.SENDING
    assert story.message().sender == 1001


def test_only_the_report_of_the_receiver_makes_it_delivered(story: Texts) -> None:
    story.writes()
    story.comes_to(SdsStage.STARTED, SdsStage.ACCEPTED)
    assert story.state() is MessageState.SENT
    story.comes_to(SdsStage.ON_AIR)
    assert story.state() is MessageState.ON_AIR
    story.passes(5)
    story.reports(SdsDelivery.DELIVERED)
    assert story.state() is MessageState.DELIVERED
    assert story.message().delivered_at_s == story.now_s
    story.reports(SdsDelivery.READ)
    assert story.state() is MessageState.READ
    assert not story.node[MESSAGES], "nothing more is awaited"


def test_a_receiver_who_is_off_leaves_it_on_the_air_and_never_delivered(story: Texts) -> None:
    story.writes()
    story.goes_out()
    story.passes(601)
    assert story.state() is MessageState.ON_AIR
    assert (english(story.message().reason), story.message().ended_at_s) == ("no delivery report came", story.now_s - 1)
    assert not story.node[MESSAGES]


def test_a_report_that_overtakes_the_word_of_the_terminal_counts(story: Texts) -> None:
    story.writes()
    story.comes_to(SdsStage.STARTED)
    story.reports(SdsDelivery.DELIVERED)
    story.comes_to(SdsStage.ACCEPTED, SdsStage.ON_AIR)
    assert story.state() is MessageState.DELIVERED


@pytest.mark.parametrize(("sender", "reference"), [(COMMANDER, 8), (Issi(999), 7)])
def test_a_report_of_another_message_or_by_another_changes_nothing(story: Texts, sender: Issi, reference: int) -> None:
    story.writes()
    story.goes_out()
    story.reports(SdsDelivery.DELIVERED, reference, sender)
    assert story.state() is MessageState.ON_AIR


def test_a_reference_used_again_means_the_newest_message(story: Texts) -> None:
    story.writes()
    story.goes_out()
    story.passes(1)
    story.writes(message=OTHER)
    story.goes_out()
    story.reports(SdsDelivery.DELIVERED)
    assert (story.state(MESSAGE), story.state(OTHER)) == (MessageState.ON_AIR, MessageState.DELIVERED)


def test_what_the_network_keeps_is_said_and_may_still_arrive(story: Texts) -> None:
    story.writes()
    story.goes_out()
    story.reports(SdsDelivery.STORED, reason="the network keeps the message")
    assert (story.state(), english(story.message().reason)) == (MessageState.ON_AIR, "the network keeps the message")
    story.reports(SdsDelivery.DELIVERED)
    assert (story.state(), english(story.message().reason)) == (MessageState.DELIVERED, "")


def test_a_delivery_that_failed_is_told_with_its_reason(story: Texts) -> None:
    story.writes()
    story.goes_out()
    story.reports(SdsDelivery.FAILED, reason="there is no such receiver")
    assert (story.state(), english(story.message().reason)) == (MessageState.FAILED, "there is no such receiver")


def test_a_long_text_is_one_message_with_so_many_parts_delivered(story: Texts) -> None:
    story.writes("Skogsbrand vid Älvdalen. " * 12)
    assert story.message().parts == 3
    story.goes_out(parts=3)
    assert (story.state(), story.message().parts_on_air) == (MessageState.ON_AIR, 3)
    story.reports(SdsDelivery.DELIVERED, 9)
    story.reports(SdsDelivery.DELIVERED, 9)
    story.reports(SdsDelivery.DELIVERED, 7)
    assert (story.state(), sorted(story.message().delivered)) == (MessageState.ON_AIR, [1, 3])
    story.reports(SdsDelivery.DELIVERED, 8)
    assert story.state() is MessageState.DELIVERED


def test_nobody_reports_for_a_group_so_on_the_air_is_all_that_is_known(story: Texts) -> None:
    story.writes(receiver=GROUP, group=True)
    story.goes_out(reference=None)
    assert (story.state(), english(story.message().reason)) == (MessageState.ON_AIR, "")
    assert not story.node[MESSAGES]


def test_a_status_goes_out_as_such(story: Texts) -> None:
    story.asks(SendStatus(MESSAGE, COMMANDER, 0x8004))
    assert story.done(SubmitStatus) == [SubmitStatus(TERMINAL, MESSAGE, COMMANDER, 0x8004)]
    [handed] = story.done(SubmitStatus)
    story.fails(handed, reason="refused", retry=False)
    assert story.state() is MessageState.FAILED


# --- when it cannot be sent now ---


def test_it_waits_for_a_terminal(story: Texts) -> None:
    story.terminal_is(ABSENT)
    story.writes()
    assert (story.state(), story.handed()) == (MessageState.QUEUED, [])
    story.terminal_is(READY)
    assert story.state() is MessageState.SENDING


def test_what_cannot_be_read_is_shown_with_its_sender_and_why(story: Texts) -> None:
    story.opens()
    story.patches()
    story.happens(SdsUnreadable(story.now_s, TERMINAL, Issi(1401001), because("protocol 12"), GROUP, True))
    kept = [one for one in story.records if isinstance(one, Message)][-1]
    assert (kept.sender, kept.text, english(kept.reason)) == (1401001, "[?]", "it cannot be read: protocol 12")
    assert (kept.state, kept.conference) == (MessageState.RECEIVED, CONFERENCE)


def test_the_smallest_terminal_that_may_send_it_says_how_long_a_text_may_be() -> None:
    small = TerminalPolicy(TERMINAL, text_octets=79)
    story = Texts(policy=Policy(RadioPolicy(terminals=(small, TerminalPolicy(SECOND)))))
    refused = story.writes("x" * 700)
    assert isinstance(refused, Refused)
    assert "about 584 characters" in english(refused.reason)
    assert isinstance(story.writes("x" * 500), Done)
    assert story.message().parts == 7


def test_nothing_is_filed_under_a_conference_whose_patch_nobody_has_approved(story: Texts) -> None:
    story.opens()
    story.joins("host", Role.HOST)
    wish = AddPatch(CONFERENCE, PATCH, RADIO_VOICE, TERMINAL, GROUP, "Ledning", approval_required=True)
    assert isinstance(story.asks(wish), Done)
    story.happens(StatusReceived(story.now_s, TERMINAL, Issi(2002), 0, GROUP, True))
    kept = [one for one in story.records if isinstance(one, Message)][-1]
    assert kept.conference is None
    assert prompts.RADIO_EMERGENCY not in story.said_to("host")
    story.writes("till gruppen", receiver=GROUP, group=True)
    assert [one for one in story.records if isinstance(one, Message)][-1].conference is None


def test_it_waits_while_a_call_is_up_on_the_terminal_patched_or_not(story: Texts) -> None:
    story.radio_user_talks()
    story.writes()
    story.passes(30)
    assert (story.state(), story.handed()) == (MessageState.QUEUED, [])
    story.radio_user_stops()
    assert story.state() is MessageState.SENDING


def test_it_waits_while_the_meeting_is_on_the_air(story: Texts) -> None:
    story.opens()
    story.patches()
    story.speech_begins()
    story.writes()
    story.network_grants()
    assert story.handed() == []
    story.speech_drains()
    story.happens(TransmitEnded(story.now_s, TERMINAL))
    assert story.state() is MessageState.SENDING


def test_another_ready_terminal_is_taken_rather_than_one_that_carries_a_meeting(story: Texts) -> None:
    story.opens()
    story.patches()
    story.terminal(SECOND)
    story.writes()
    assert story.handed()[-1].terminal == SECOND


def test_a_named_terminal_is_the_only_one(story: Texts) -> None:
    story.terminal(SECOND)
    story.terminal(SECOND, ABSENT)
    story.writes(terminals=(SECOND,))
    assert story.handed() == []
    story.terminal(SECOND)
    assert story.handed()[-1].terminal == SECOND


def test_one_at_a_time_in_the_order_asked(story: Texts) -> None:
    story.writes("ett")
    story.writes("två", OTHER)
    assert [one.text for one in story.handed()] == ["ett"]
    story.comes_to(SdsStage.STARTED, SdsStage.ACCEPTED)
    assert [one.text for one in story.handed()] == ["ett", "två"]


def test_it_is_given_up_after_ten_minutes_and_says_why(story: Texts) -> None:
    story.terminal_is(ABSENT)
    story.writes()
    story.passes(599)
    assert story.state() is MessageState.QUEUED
    story.passes(2)
    assert (story.state(), english(story.message().reason)) == (
        MessageState.EXPIRED,
        "not sent in time: no terminal was free",
    )
    story.terminal_is(READY)
    assert story.handed() == []


# --- when the terminal does not take it ---


def test_a_refusal_that_may_pass_is_tried_again_a_bounded_number_of_times(story: Texts) -> None:
    story.writes()
    for tried in range(1, TRIES):
        story.refuses(retry=True)
        assert (story.state(), len(story.handed())) == (MessageState.QUEUED, tried)
        story.passes(61)
        assert len(story.handed()) == tried + 1
    story.refuses(retry=True)
    assert (story.state(), english(story.message().reason)) == (MessageState.FAILED, "busy with signalling")
    story.passes(700)
    assert len(story.handed()) == TRIES


def test_a_refusal_for_good_is_told_at_once(story: Texts) -> None:
    story.writes()
    story.refuses(retry=False, reason="not supported")
    assert (story.state(), english(story.message().reason)) == (MessageState.FAILED, "not supported")


def test_a_long_text_goes_on_where_it_stopped_and_by_the_same_terminal(story: Texts) -> None:
    story.terminal(SECOND)
    story.writes("Skogsbrand vid Älvdalen. " * 12)
    story.comes_to(SdsStage.STARTED, SdsStage.ACCEPTED, SdsStage.ON_AIR, part=1, parts=3)
    story.comes_to(SdsStage.STARTED, SdsStage.ACCEPTED, part=2, parts=3, reference=8)
    story.refuses(retry=True, reason="could not be sent over the air")
    story.passes(10)
    assert (story.handed()[-1].terminal, story.handed()[-1].first_part) == (TERMINAL, 2)


def test_a_doubt_is_shown_and_nothing_is_sent_twice_by_itself(story: Texts) -> None:
    story.writes()
    story.comes_to(SdsStage.STARTED, SdsStage.IN_DOUBT)
    assert (story.state(), english(story.message().reason)) == (MessageState.IN_DOUBT, "why")
    story.terminal_is(ABSENT)
    story.terminal_is(READY)
    story.passes(100)
    assert len(story.handed()) == 1
    story.reports(SdsDelivery.DELIVERED)
    assert story.state() is MessageState.DELIVERED, "the receiver's word ends the doubt"


def test_a_message_told_off_the_air_too_late_has_failed(story: Texts) -> None:
    story.writes()
    story.comes_to(SdsStage.STARTED, SdsStage.ACCEPTED, SdsStage.NOT_ON_AIR)
    assert (story.state(), english(story.message().reason)) == (MessageState.FAILED, "why")


# --- a restart in the middle ---


def restarted(story: Texts) -> Texts:
    latest = {one.id: one for one in story.records if isinstance(one, Message)}
    again = Texts(Saved.of(*(one for one in latest.values() if one.ended_at_s is None)))
    again.now_s = story.now_s
    again.terminal_is(READY)
    return again


def test_after_a_crash_what_was_being_handed_over_is_in_doubt_and_the_queue_goes_on(story: Texts) -> None:
    story.writes("ett")
    story.writes("två", OTHER)
    story.comes_to(SdsStage.STARTED)
    again = restarted(story)
    assert [one.text for one in again.handed()] == ["två"]
    assert again.node[MESSAGES][MESSAGE].state is MessageState.IN_DOUBT


def test_a_report_to_a_former_life_is_understood(story: Texts) -> None:
    story.writes()
    story.goes_out()
    again = restarted(story)
    again.reports(SdsDelivery.DELIVERED)
    assert again.state() is MessageState.DELIVERED
    assert again.handed() == []


# --- what is refused ---


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"receiver": 0}, "to"),
        ({"receiver": 2**24}, "to"),
        ({"text": " \n"}, "text"),
        ({"text": "x" * 1200}, "text"),
        ({"terminals": (TerminalName("rakel-9"),)}, "terminal"),
        ({"conference": CONFERENCE}, "conference_id"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_field(story: Texts, change: dict[str, object], field: str) -> None:
    reply = story.writes(**change)  # type: ignore[arg-type]
    assert isinstance(reply, Refused)
    assert reply.field == field
    assert not story.node[MESSAGES]


def test_a_text_too_long_is_told_the_limit_of_its_characters(story: Texts) -> None:
    latin, emoji = story.writes("å" * 1200), story.writes("€" * 700)
    assert isinstance(latin, Refused)
    assert isinstance(emoji, Refused)
    assert "about 1072 characters in ISO-8859-1" in english(latin.reason)
    assert "about 512 characters in UTF-16" in english(emoji.reason)


@pytest.mark.parametrize("status", [0, 1, 0x7E07, 32767, 65536])
def test_no_alarm_no_reserved_status_and_no_forged_report_is_sent(story: Texts, status: int) -> None:
    reply = story.asks(SendStatus(MESSAGE, COMMANDER, status))
    assert isinstance(reply, Refused)
    assert reply.field == "status"


def test_the_queue_is_bounded(story: Texts) -> None:
    story.terminal_is(ABSENT)
    for number in range(200):
        assert isinstance(story.writes(message=MessageId(f"sds-{number}")), Done)
    reply = story.writes(message=MessageId("sds-last"))
    assert isinstance(reply, Refused)
    assert reply.retry


def test_the_same_message_asked_twice_is_one(story: Texts) -> None:
    story.writes()
    assert story.writes() == Done(MESSAGE)
    assert len(story.handed()) == 1


def test_the_text_stands_in_the_timeline_and_never_in_the_audit(story: Texts) -> None:
    story.opens()
    story.patches()
    story.writes("Kod 4711", receiver=GROUP, group=True)
    (note,) = story.noted(ShortDataNote.MESSAGE_OUT)
    assert note.conference == CONFERENCE
    assert dict(note.detail)["text"] == "Kod 4711"
    assert "4711" not in str(story.audits("sds.send"))


# --- what comes in ---


def test_a_text_that_comes_in_is_kept_with_its_meeting(story: Texts) -> None:
    story.opens()
    story.patches()
    story.happens(SdsReceived(story.now_s, TERMINAL, COMMANDER, "Läget är lugnt", GROUP, group=True))
    message = next(one for one in story.records if isinstance(one, Message))
    assert (message.direction, message.state) == (MessageDirection.IN, MessageState.RECEIVED)
    assert (message.sender, message.text, message.conference) == (COMMANDER, "Läget är lugnt", CONFERENCE)
    assert dict(story.noted(ShortDataNote.MESSAGE_IN)[0].detail)["text"] == "Läget är lugnt"
    assert not story.node[MESSAGES], "the store keeps it, the node need not"


def test_a_text_to_another_group_or_without_a_meeting_is_kept_without_one(story: Texts) -> None:
    story.happens(SdsReceived(story.now_s, TERMINAL, COMMANDER, "ett", 1001))
    story.opens()
    story.patches()
    story.happens(SdsReceived(story.now_s, TERMINAL, COMMANDER, "två", Gssi(2999), group=True))
    assert [one.conference for one in story.records if isinstance(one, Message)] == [None, None]


def test_a_status_that_comes_in_is_kept(story: Texts) -> None:
    story.happens(StatusReceived(story.now_s, TERMINAL, COMMANDER, 0x8003, 1001))
    message = next(one for one in story.records if isinstance(one, Message))
    assert (message.status, message.text) == (0x8003, None)
    assert story.audits("radio.emergency") == []


def test_an_emergency_alarm_is_told_to_the_hosts_alone_noted_and_audited(story: Texts) -> None:
    story.opens()
    story.joins("host", Role.HOST)
    story.joins("guest")
    story.patches()
    story.happens(StatusReceived(story.now_s, TERMINAL, COMMANDER, 0, GROUP, group=True))
    assert prompts.RADIO_EMERGENCY in story.said_to("host")
    assert prompts.RADIO_EMERGENCY not in story.said_to("guest")
    assert dict(story.noted(RadioNote.EMERGENCY)[0].detail) == {"issi": COMMANDER}
    assert len(story.audits("radio.emergency")) == 1


def test_a_repeated_alarm_is_kept_each_time_and_told_once_in_a_while(story: Texts) -> None:
    story.opens()
    story.joins("host", Role.HOST)
    story.patches()
    for _ in range(3):
        story.happens(StatusReceived(story.now_s, TERMINAL, COMMANDER, 0))
        story.passes(5)
    assert story.said_to("host").count(prompts.RADIO_EMERGENCY) == 1
    story.passes(30)
    story.happens(StatusReceived(story.now_s, TERMINAL, COMMANDER, 0))
    assert story.said_to("host").count(prompts.RADIO_EMERGENCY) == 2
    assert len(story.audits("radio.emergency")) == 4


def test_an_alarm_on_a_terminal_without_a_meeting_is_audited(story: Texts) -> None:
    story.happens(StatusReceived(story.now_s, TERMINAL, COMMANDER, 0))
    assert len(story.audits("radio.emergency")) == 1


# --- how much fits ---


@pytest.mark.parametrize(
    ("text", "coding", "parts"),
    [
        ("å" * 140, sdstext.Coding.LATIN1, 1),
        ("å" * 141, sdstext.Coding.LATIN1, 2),
        ("€" * 70, sdstext.Coding.UTF16, 1),
        ("€" * 71, sdstext.Coding.UTF16, 2),
        ("🚒" * 35, sdstext.Coding.UTF16, 1),
        ("🚒" * 36, sdstext.Coding.UTF16, 2),
    ],
)
def test_one_message_holds_140_octets(text: str, coding: sdstext.Coding, parts: int) -> None:
    assert (sdstext.coding_of(text), sdstext.parts_needed(text)) == (coding, parts)


def test_numbered_parts_break_at_blanks_and_series_keep_every_character() -> None:
    text = " ".join(f"ord{number}" for number in range(60))
    assert [part.partition(" ")[0] for part in sdstext.numbered(text)] == ["1/3", "2/3", "3/3"]
    assert "".join(sdstext.series(text)) == text


@pytest.mark.parametrize(("short_s", "remembered"), [(0.0, [3001]), (0.1, [3000, 3001])])
def test_an_alarm_is_remembered_for_as_long_as_it_is_not_told_again_and_no_longer(
    short_s: float, remembered: list[int]
) -> None:
    story = Story()
    story.happens(StatusReceived(story.now_s, TERMINAL, Issi(3000), 0))
    story.passes(story.policy[ShortDataPolicy].emergency_again_s - short_s)
    story.happens(StatusReceived(story.now_s, TERMINAL, Issi(3001), 0))
    assert list(story.node[EMERGENCY_TOLD_AT_S]) == remembered
