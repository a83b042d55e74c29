"""A text by radio in full: each step of it, its tries and its end, and its terminal."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import Role
from bridge.domain.kernel.events import Event, Fate
from bridge.domain.kernel.ids import ConferenceId, Gssi, Issi, MessageId, TerminalName
from bridge.domain.kernel.journal import Audit, Note, NoteKind
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.radio import prompts
from bridge.domain.radio.events import (
    ChannelFree,
    RadioTalkStarted,
    RadioTalkStopped,
    TerminalState,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.radio.reasons import PatchReason
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
from bridge.domain.shortdata.passing import EMERGENCY_TOLD_AT_S, ON_CALL
from bridge.domain.shortdata.policy import ShortDataPolicy
from bridge.domain.shortdata.reasons import ShortDataReason
from bridge.domain.shortdata.records import MESSAGES, Message, MessageDirection, MessageState
from bridge.domain.shortdata.timers import ShortDataTimer
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, GROUP, RADIO_VOICE, SPARE, TERMINAL, Story

READY, ABSENT = TerminalState.READY, TerminalState.ABSENT
MESSAGE = MessageId("sds-00000000000000000000000001")
OTHER = MessageId("sds-00000000000000000000000002")
COMMANDER = Issi(1_002_001)
TEXT = SendSds(MESSAGE, COMMANDER, "Samling kl 16")
STATUS = SendStatus(MESSAGE, COMMANDER, 40_000)
HOST = "host"


def ready(policy: Policy | None = None, terminals: tuple[TerminalName, ...] = (TERMINAL,)) -> Story:
    story = Story(policy, terminals=terminals)
    for terminal in terminals:
        story.terminal_is(READY, terminal=terminal)
    return story


def patched() -> Story:
    story = ready(terminals=(TERMINAL, SPARE))
    story.opens()
    story.joins(HOST, Role.HOST)
    story.patches()
    story.forget_effects()
    return story


def kept(story: Story, message: MessageId = MESSAGE) -> Message:
    """As it was last kept."""
    return [one for one in story.records if isinstance(one, Message) and one.id == message][-1]


def comes_to(
    story: Story,
    *stages: SdsStage,
    message: MessageId = MESSAGE,
    part: int = 1,
    parts: int = 1,
    reference: int | None = 7,
    reason: Reason | None = None,
) -> None:
    for stage in stages:
        story.happens(SdsProgress(story.now_s, TERMINAL, message, stage, part, parts, reference, reason))


def reports(story: Story, delivery: SdsDelivery, reference: int = 7, reason: Reason | None = None) -> None:
    story.happens(SdsReported(story.now_s, TERMINAL, COMMANDER, reference, delivery, reason))


def notes(story: Story, kind: NoteKind) -> list[tuple[ConferenceId, dict[str, object]]]:
    found = [one for one in story.notes if isinstance(one, Note) and one.kind is kind]
    return [(one.conference, dict(one.detail)) for one in found]


def audits(story: Story, action: str) -> list[tuple[str, str, dict[str, object]]]:
    found = [one for one in story.audited if isinstance(one, Audit) and one.action == action]
    return [(one.actor, one.object, dict(one.detail)) for one in found]


# --- from the wish to the report ---


def test_a_text_is_kept_at_each_step_as_it_is_then() -> None:
    story = patched()
    asked_s = story.now_s
    assert story.asks(replace(TEXT, conference=CONFERENCE, terminals=(TERMINAL,)), actor="tib") == Done(MESSAGE)
    sending = Message(
        MESSAGE,
        MessageDirection.OUT,
        MessageState.SENDING,
        asked_s,
        COMMANDER,
        sender=Issi(1001),
        text="Samling kl 16",
        actor="tib",
        terminal=TERMINAL,
        terminals=(TERMINAL,),
        conference=CONFERENCE,
        tries=1,
        expires_at_s=asked_s + 600,
    )
    assert kept(story) == sending
    assert audits(story, "sds.send") == [
        ("tib", MESSAGE, {"receiver": COMMANDER, "group": False, "characters": len("Samling kl 16")})
    ]
    out = {"id": MESSAGE, "issi": 1001, "receiver": COMMANDER, "group": False, "text": "Samling kl 16"}
    assert notes(story, ShortDataNote.MESSAGE_OUT) == [(CONFERENCE, out)]
    comes_to(story, SdsStage.STARTED)
    assert kept(story) == replace(sending, references=(7,))
    story.passes(1)
    comes_to(story, SdsStage.ACCEPTED)
    sent = replace(
        sending,
        state=MessageState.SENT,
        references=(7,),
        parts_sent=1,
        sent_at_s=story.now_s,
        expires_at_s=story.now_s + 600,
    )
    assert kept(story) == sent
    story.passes(1)
    comes_to(story, SdsStage.ON_AIR)
    on_air = replace(sent, state=MessageState.ON_AIR, parts_on_air=1, on_air_at_s=story.now_s)
    assert kept(story) == on_air
    story.passes(1)
    reports(story, SdsDelivery.DELIVERED)
    delivered = replace(on_air, state=MessageState.DELIVERED, delivered=frozenset({1}), delivered_at_s=story.now_s)
    assert kept(story) == delivered
    delivered_s = story.now_s
    story.passes(1)
    reports(story, SdsDelivery.DELIVERED)
    assert kept(story).delivered_at_s == delivered_s, "told twice it was delivered when it was"
    reports(story, SdsDelivery.READ)
    assert kept(story) == replace(
        delivered,
        state=MessageState.READ,
        read=frozenset({1}),
        read_at_s=story.now_s,
        ended_at_s=story.now_s,
    )
    assert not story.node[MESSAGES]
    assert len(notes(story, ShortDataNote.MESSAGE_OUT)) == 1


def test_a_status_is_kept_and_audited_as_one_and_goes_to_the_receiver() -> None:
    story = patched()
    story.asks(replace(STATUS, conference=CONFERENCE))
    assert story.done(SubmitStatus) == [SubmitStatus(SPARE, MESSAGE, COMMANDER, 40_000)]
    assert (kept(story).text, kept(story).status, kept(story).parts) == (None, 40_000, 1)
    assert audits(story, "sds.send") == [("test", MESSAGE, {"receiver": COMMANDER, "group": False, "status": 40_000})]
    [(_, noted)] = notes(story, ShortDataNote.MESSAGE_OUT)
    assert noted == {"id": MESSAGE, "issi": 1002, "receiver": COMMANDER, "group": False, "status": 40_000}


def test_a_text_to_a_group_belongs_to_the_meeting_that_the_group_is_patched_into() -> None:
    story = patched()
    story.asks(SendSds(MESSAGE, GROUP, "Alla", group=True))
    assert kept(story).conference == CONFERENCE
    story.asks(SendSds(OTHER, GROUP, "Du", group=False))
    assert kept(story, OTHER).conference is None, "a radio with the same number is not the group"
    another = MessageId("sds-00000000000000000000000003")
    story.asks(SendSds(another, GROUP + 1, "Andra", group=True))
    assert kept(story, another).conference is None


def test_a_long_text_is_sent_when_all_its_parts_are_taken_and_on_the_air_when_all_are() -> None:
    story = ready()
    story.asks(replace(TEXT, text="x" * 300))
    assert kept(story).parts == 3
    comes_to(story, SdsStage.STARTED, SdsStage.ACCEPTED, part=1, parts=3, reference=7)
    assert (kept(story).state, kept(story).parts_sent) == (MessageState.SENDING, 1)
    comes_to(story, SdsStage.STARTED, SdsStage.ACCEPTED, part=2, parts=3, reference=8)
    comes_to(story, SdsStage.ON_AIR, part=1, parts=3)
    comes_to(story, SdsStage.STARTED, part=3, parts=3, reference=9)
    assert (kept(story).state, kept(story).parts_on_air) == (MessageState.SENDING, 1)
    comes_to(story, SdsStage.ACCEPTED, part=3, parts=3)
    assert (kept(story).state, kept(story).parts_sent, kept(story).references) == (MessageState.SENT, 3, (7, 8, 9))
    comes_to(story, SdsStage.ON_AIR, part=2, parts=3)
    assert kept(story).state is MessageState.SENT
    comes_to(story, SdsStage.ON_AIR, part=3, parts=3)
    assert (kept(story).state, kept(story).parts_on_air) == (MessageState.ON_AIR, 3)
    comes_to(story, SdsStage.ON_AIR, part=3, parts=3)
    assert kept(story).parts_on_air == 3, "never more than there are"
    for reference in (7, 8):
        reports(story, SdsDelivery.READ, reference)
    assert kept(story).state is MessageState.ON_AIR
    reports(story, SdsDelivery.DELIVERED, 9)
    assert (kept(story).state, kept(story).delivered, kept(story).read) == (
        MessageState.DELIVERED,
        frozenset({1, 2, 3}),
        frozenset({1, 2}),
    )


def test_a_text_refused_in_the_middle_goes_on_with_the_part_that_has_not_gone_out() -> None:
    story = ready()
    story.asks(replace(TEXT, text="x" * 300))
    comes_to(story, SdsStage.STARTED, SdsStage.ACCEPTED, part=1, parts=3, reference=7)
    comes_to(story, SdsStage.STARTED, part=2, parts=3, reference=8)
    story.fails(story.done(SubmitSds)[-1], reason="busy")
    later = kept(story)
    assert (later.state, later.reason, later.not_before_s) == (MessageState.QUEUED, because("busy"), story.now_s + 5)
    assert (later.parts_sent, later.terminals) == (1, (TERMINAL,))
    story.passes(7)
    assert story.done(SubmitSds)[-1].first_part == 2
    assert kept(story).tries == 2
    assert kept(story).reason is None, "it is under way again"


def test_a_text_that_the_terminal_loses_after_it_took_it_is_tried_from_that_part_on() -> None:
    story = ready()
    story.asks(TEXT)
    comes_to(story, SdsStage.STARTED, SdsStage.ACCEPTED)
    story.fails(story.done(SubmitSds)[-1])
    assert (kept(story).state, kept(story).parts_sent) == (MessageState.QUEUED, 0)
    story.passes(7)
    comes_to(story, SdsStage.STARTED, SdsStage.ACCEPTED, SdsStage.ON_AIR)
    story.fails(story.done(SubmitSds)[-1])
    assert kept(story).state is MessageState.ON_AIR, "what is on the air cannot be refused"


@pytest.mark.parametrize(
    ("stages", "stage", "ends_as"),
    [
        ((), SdsStage.NOT_ON_AIR, MessageState.FAILED),
        ((SdsStage.STARTED, SdsStage.ACCEPTED), SdsStage.NOT_ON_AIR, MessageState.FAILED),
        ((SdsStage.STARTED, SdsStage.ACCEPTED, SdsStage.ON_AIR), SdsStage.NOT_ON_AIR, MessageState.ON_AIR),
        ((SdsStage.STARTED,), SdsStage.IN_DOUBT, MessageState.IN_DOUBT),
        ((SdsStage.STARTED, SdsStage.ACCEPTED), SdsStage.IN_DOUBT, MessageState.SENT),
    ],
)
def test_a_late_word_of_the_terminal_counts_as_long_as_nothing_better_is_known(
    stages: tuple[SdsStage, ...], stage: SdsStage, ends_as: MessageState
) -> None:
    story = ready()
    story.asks(TEXT)
    comes_to(story, *stages)
    comes_to(story, stage, reason=because("no answer"))
    assert kept(story).state is ends_as
    if ends_as in (MessageState.FAILED, MessageState.IN_DOUBT):
        assert kept(story).reason == because("no answer")
    assert (MESSAGE in story.node[MESSAGES]) is (ends_as is not MessageState.FAILED)
    if ends_as is MessageState.IN_DOUBT:
        assert (kept(story).sent_at_s, kept(story).expires_at_s) == (story.now_s, story.now_s + 600)


def test_what_nobody_can_report_is_done_when_it_is_on_the_air_and_a_mixed_one_waits() -> None:
    for references, waits in (((None, None), False), ((None, 8), True)):
        story = ready()
        story.asks(replace(TEXT, text="x" * 200))
        for part, reference in enumerate(references, 1):
            comes_to(
                story,
                SdsStage.STARTED,
                SdsStage.ACCEPTED,
                SdsStage.ON_AIR,
                part=part,
                parts=2,
                reference=reference,
            )
        assert kept(story).state is MessageState.ON_AIR
        assert (kept(story).ended_at_s is None) is waits


def test_a_report_is_of_the_radio_that_the_text_went_to_and_never_of_a_group() -> None:
    story = ready()
    story.asks(SendSds(MESSAGE, COMMANDER, "Alla", group=True))
    comes_to(story, SdsStage.STARTED)
    reports(story, SdsDelivery.DELIVERED)
    assert kept(story).state is MessageState.SENDING
    story = ready()
    story.asks(SendSds(MESSAGE, COMMANDER + 1, "Annan"))
    comes_to(story, SdsStage.STARTED)
    reports(story, SdsDelivery.DELIVERED)
    assert kept(story).state is MessageState.SENDING


def test_what_the_network_keeps_is_said_until_it_arrives() -> None:
    story = ready()
    story.asks(TEXT)
    comes_to(story, SdsStage.STARTED, SdsStage.ACCEPTED, SdsStage.ON_AIR)
    reports(story, SdsDelivery.STORED, reason=because("switched off"))
    assert (kept(story).state, kept(story).reason) == (MessageState.ON_AIR, because("switched off"))
    reports(story, SdsDelivery.DELIVERED)
    assert (kept(story).state, kept(story).reason) == (MessageState.DELIVERED, None)


def test_a_report_before_any_word_of_the_terminal_says_when_it_was_sent_too() -> None:
    story = ready()
    story.asks(TEXT)
    comes_to(story, SdsStage.STARTED)
    story.passes(2)
    reports(story, SdsDelivery.DELIVERED)
    assert (kept(story).sent_at_s, kept(story).delivered_at_s) == (story.now_s, story.now_s)


# --- given up, tried again ---


@pytest.mark.parametrize(
    ("stages", "ends_as", "reason"),
    [
        ((SdsStage.STARTED, SdsStage.ACCEPTED), MessageState.SENT, ShortDataReason.NO_REPORT()),
        ((SdsStage.STARTED, SdsStage.ACCEPTED, SdsStage.ON_AIR), MessageState.ON_AIR, ShortDataReason.NO_REPORT()),
        ((SdsStage.STARTED, SdsStage.IN_DOUBT), MessageState.IN_DOUBT, None),
    ],
)
def test_a_report_is_waited_for_ten_minutes_and_then_nothing_more(
    stages: tuple[SdsStage, ...], ends_as: MessageState, reason: Reason | None
) -> None:
    story = ready()
    story.asks(TEXT)
    comes_to(story, *stages)
    story.passes(599.9)
    assert MESSAGE in story.node[MESSAGES]
    story.passes(0.1)
    assert (kept(story).state, kept(story).reason, kept(story).ended_at_s) == (ends_as, reason, story.now_s)
    assert MESSAGE not in story.node[MESSAGES]
    assert not [key for key in story.timers if key.kind is ShortDataTimer.SDS_PUMP]


def test_a_text_that_was_never_sent_says_what_stood_in_the_way() -> None:
    story = Story()
    story.asks(TEXT)
    story.passes(600)
    assert (kept(story).state, kept(story).reason) == (
        MessageState.EXPIRED,
        ShortDataReason.NOT_SENT_IN_TIME(cause=ShortDataReason.NO_TERMINAL_FREE()),
    )
    story = ready()
    story.asks(TEXT)
    story.fails(story.done(SubmitSds)[-1], reason="busy")
    story.terminal_is(ABSENT)
    story.passes(600)
    assert kept(story).reason == ShortDataReason.NOT_SENT_IN_TIME(cause=because("busy"))


def test_a_text_is_tried_five_times_and_a_refusal_for_good_ends_it_at_once() -> None:
    story = ready()
    story.asks(TEXT)
    for tries in range(1, 5):
        assert kept(story).tries == tries
        story.fails(story.done(SubmitSds)[-1])
        assert kept(story).state is MessageState.QUEUED
        story.passes(45)
    story.fails(story.done(SubmitSds)[-1], reason="busy")
    assert (kept(story).state, kept(story).reason, kept(story).tries) == (MessageState.FAILED, because("busy"), 5)
    story.asks(replace(TEXT, message=OTHER))
    story.fails(story.done(SubmitSds)[-1], reason="no such radio", retry=False)
    assert (kept(story, OTHER).state, kept(story, OTHER).reason) == (MessageState.FAILED, because("no such radio"))
    story.fails(story.done(SubmitSds)[-1], Fate.UNKNOWN)
    assert kept(story, OTHER).state is MessageState.FAILED, "told again it changes nothing"


def test_while_something_waits_the_terminals_are_looked_at_every_two_seconds() -> None:
    story = ready()
    story.asks(TEXT)
    story.fails(story.done(SubmitSds)[-1])
    [(_, due_s)] = [(key, at_s) for key, at_s in story.timers.items() if key.kind is ShortDataTimer.SDS_PUMP]
    assert due_s == story.now_s + 5, "not before its pause is over"
    story = Story()
    story.asks(TEXT)
    [(_, due_s)] = [(key, at_s) for key, at_s in story.timers.items() if key.kind is ShortDataTimer.SDS_PUMP]
    assert due_s == story.now_s + 2


# --- by which terminal, and when ---


def test_of_the_free_terminals_one_without_a_meeting_is_taken_else_by_name() -> None:
    story = patched()
    story.asks(TEXT)
    assert story.done(SubmitSds)[-1].terminal == SPARE
    story.asks(replace(TEXT, message=OTHER))
    assert story.done(SubmitSds)[-1].terminal == TERMINAL, "each has one at a time"
    story = ready(terminals=(SPARE, TERMINAL))
    story.asks(TEXT)
    assert story.done(SubmitSds)[-1].terminal == TERMINAL


def test_the_oldest_goes_first_and_those_of_one_moment_by_their_names() -> None:
    story = Story()
    for name in ("sds-b", "sds-a"):
        story.asks(replace(TEXT, message=MessageId(name)))
    story.passes(1)
    story.asks(replace(TEXT, message=MessageId("sds-0")))
    story.terminal_is(READY)
    for name in ("sds-a", "sds-b", "sds-0"):
        assert story.done(SubmitSds)[-1].message == name
        comes_to(story, SdsStage.STARTED, SdsStage.ACCEPTED, message=MessageId(name))


@pytest.mark.parametrize(
    ("event", "waits"),
    [
        (lambda at_s: RadioTalkStarted(at_s, TERMINAL, GROUP, COMMANDER, False), True),
        (lambda at_s: TransmitGranted(at_s, TERMINAL), True),
        (lambda at_s: TransmitQueued(at_s, TERMINAL), False),
        (lambda at_s: ChannelFree(at_s, TERMINAL), False),
    ],
    ids=["a radio user talks", "granted", "queued", "free"],
)
@pytest.mark.parametrize(
    "end",
    [
        lambda at_s: RadioTalkStopped(at_s, TERMINAL),
        lambda at_s: TransmitEnded(at_s, TERMINAL),
        lambda at_s: TransmitRefused(at_s, TERMINAL, because("busy")),
    ],
    ids=["stopped", "ended", "refused"],
)
def test_a_text_waits_for_the_end_of_a_call_on_its_terminal(
    event: Callable[[float], Event], waits: bool, end: Callable[[float], Event]
) -> None:
    story = ready()
    story.happens(event(story.now_s))
    story.asks(TEXT)
    assert bool(story.done(SubmitSds)) is not waits
    story.happens(end(story.now_s))
    assert len(story.done(SubmitSds)) == 1
    assert TERMINAL not in story.node[ON_CALL]


def test_a_terminal_that_goes_away_has_no_call_any_more() -> None:
    story = ready()
    story.radio_user_talks()
    story.terminal_is(READY)
    assert TERMINAL in story.node[ON_CALL]
    story.terminal_is(ABSENT)
    assert TERMINAL not in story.node[ON_CALL]
    story.asks(TEXT)
    story.terminal_is(READY)
    assert len(story.done(SubmitSds)) == 1


# --- refused ---


@pytest.mark.parametrize(
    ("wish", "refused"),
    [
        (replace(TEXT, receiver=0), Refused("invalid", ShortDataReason.NO_SUCH_RECEIVER(receiver=0), "to")),
        (
            replace(TEXT, terminals=(TERMINAL, TerminalName("rakel-9"))),
            Refused("not_found", PatchReason.NO_SUCH_TERMINAL(terminal="rakel-9"), "terminal"),
        ),
        (
            replace(TEXT, conference=ConferenceId("cnf-nobodys")),
            Refused("not_found", ConferenceReason.NO_OPEN_CONFERENCE(), "conference_id"),
        ),
        (replace(TEXT, text=" \n "), Refused("invalid", ShortDataReason.EMPTY_TEXT(), "text")),
        (
            replace(TEXT, text="x" * 1100),
            Refused(
                "invalid",
                ShortDataReason.TEXT_TOO_LONG(parts=9, most=8, characters=1072, coding="ISO-8859-1"),
                "text",
            ),
        ),
        (replace(STATUS, status=0), Refused("not_allowed", ShortDataReason.NO_EMERGENCY_FROM_HERE(), "status")),
        (
            replace(STATUS, status=7),
            Refused("invalid", ShortDataReason.NO_SUCH_STATUS(first=32_768, last=65_535), "status"),
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_reason_and_its_field(
    wish: SendSds | SendStatus, refused: Refused
) -> None:
    story = ready()
    assert story.asks(wish) == refused


def test_where_there_is_no_terminal_nothing_can_be_sent_and_to_a_meeting_that_is_over_nothing_is() -> None:
    story = Story(terminals=())
    assert story.asks(TEXT) == Refused("unavailable", PatchReason.NO_TERMINAL(), "terminal")
    story = patched()
    story.asks(EndConference(CONFERENCE))
    over = Refused("not_found", ConferenceReason.NO_OPEN_CONFERENCE(), "conference_id")
    assert story.asks(replace(TEXT, conference=CONFERENCE)) == over


def test_the_queue_holds_as_many_as_its_policy_says_and_what_is_under_way_does_not_count() -> None:
    story = ready(Policy(ShortDataPolicy(most_waiting=2)))
    for number in range(3):
        assert isinstance(story.asks(replace(TEXT, message=MessageId(f"sds-{number}"))), Done), number
    full = Refused("unavailable", ShortDataReason.TOO_MANY_WAIT(most=2), retry=True)
    assert story.asks(replace(TEXT, message=MessageId("sds-3"))) == full
    assert story.asks(replace(TEXT, message=MessageId("sds-0"))) == Done(MessageId("sds-0")), "it is here already"


def test_the_terminal_that_holds_least_of_those_that_may_send_it_sets_the_length() -> None:
    policy = Policy(
        RadioPolicy(
            terminals=(TerminalPolicy(TERMINAL, text_octets=140), TerminalPolicy(SPARE, text_octets=79)),
        )
    )
    story = ready(policy, (TERMINAL, SPARE))
    story.asks(replace(TEXT, text="x" * 100))
    assert kept(story).parts == 2
    story.asks(replace(TEXT, message=OTHER, text="x" * 100, terminals=(TERMINAL,)))
    assert kept(story, OTHER).parts == 1


# --- what comes in ---


def test_a_text_that_comes_in_is_kept_whole_and_forgotten_here() -> None:
    story = patched()
    story.happens(SdsReceived(story.now_s, TERMINAL, COMMANDER, "På väg", GROUP, True))
    [came] = [one for one in story.records if isinstance(one, Message)]
    assert came == Message(
        came.id,
        MessageDirection.IN,
        MessageState.RECEIVED,
        story.now_s,
        GROUP,
        group=True,
        sender=COMMANDER,
        text="På väg",
        terminal=TERMINAL,
        conference=CONFERENCE,
        ended_at_s=story.now_s,
    )
    assert not story.node[MESSAGES]
    read = {"id": came.id, "issi": COMMANDER, "receiver": GROUP, "group": True, "text": "På väg"}
    assert notes(story, ShortDataNote.MESSAGE_IN) == [(CONFERENCE, read)]


@pytest.mark.parametrize(
    ("receiver", "group", "is_the_meetings"),
    [
        (GROUP, True, True),
        (Gssi(GROUP + 1), True, False),
        (1001, False, True),
        (None, False, True),
        (None, True, False),
    ],
)
def test_only_a_text_to_another_group_is_not_the_meetings(
    receiver: int | None, group: bool, is_the_meetings: bool
) -> None:
    story = patched()
    story.happens(SdsReceived(story.now_s, TERMINAL, COMMANDER, "x", receiver, group))
    [came] = [one for one in story.records if isinstance(one, Message)]
    assert (came.conference == CONFERENCE) is is_the_meetings
    assert bool(notes(story, ShortDataNote.MESSAGE_IN)) is is_the_meetings


def test_what_cannot_be_read_and_has_no_sender_is_noted_all_the_same() -> None:
    story = patched()
    story.happens(SdsUnreadable(story.now_s, TERMINAL, None, because("odd coding")))
    [came] = [one for one in story.records if isinstance(one, Message)]
    assert (came.text, came.reason) == ("[?]", ShortDataReason.UNREADABLE(cause=because("odd coding")))
    [(_, noted)] = notes(story, ShortDataNote.MESSAGE_IN)
    assert noted == {"id": came.id, "issi": 0, "receiver": 0, "group": False, "text": "[?]"}


def test_an_alarm_to_another_group_is_the_meetings_and_another_status_is_not() -> None:
    story = patched()
    story.happens(StatusReceived(story.now_s, TERMINAL, COMMANDER, 40_000, Gssi(GROUP + 1), True))
    assert notes(story, ShortDataNote.MESSAGE_IN) == []
    assert audits(story, "radio.emergency") == []
    story.happens(StatusReceived(story.now_s, TERMINAL, COMMANDER, 0, Gssi(GROUP + 1), True))
    [(_, noted)] = notes(story, ShortDataNote.MESSAGE_IN)
    assert (noted["status"], noted["issi"], noted["group"]) == (0, COMMANDER, True)
    assert notes(story, RadioNote.EMERGENCY) == [(CONFERENCE, {"issi": COMMANDER})]
    [one] = [one for one in story.notes if isinstance(one, Note) and one.kind is RadioNote.EMERGENCY]
    assert one.participant == RADIO_VOICE
    assert story.said_to(HOST) == [prompts.RADIO_EMERGENCY]
    [(_, _, detail)] = audits(story, "radio.emergency")
    assert detail == {"issi": COMMANDER, "terminal": TERMINAL, "receiver": GROUP + 1}


def test_alarms_of_two_radios_are_both_told_and_an_old_one_is_forgotten_at_its_time() -> None:
    story = patched()
    for issi in (COMMANDER, Issi(COMMANDER + 1)):
        story.happens(StatusReceived(story.now_s, TERMINAL, issi, 0))
    assert len(story.said_to(HOST)) == 2
    story.passes(30)
    story.happens(StatusReceived(story.now_s, TERMINAL, Issi(COMMANDER + 2), 0))
    assert list(story.node[EMERGENCY_TOLD_AT_S]) == [COMMANDER + 2]


def test_what_was_being_handed_over_when_the_program_went_is_in_doubt_from_now_on() -> None:
    story = ready()
    story.asks(TEXT)
    story.asks(replace(TEXT, message=OTHER))
    story.passes(20)
    fresh = story.restarted()
    assert (kept(fresh).state, kept(fresh).reason) == (
        MessageState.IN_DOUBT,
        ShortDataReason.HANDOVER_INTERRUPTED(),
    )
    assert (kept(fresh).sent_at_s, kept(fresh).expires_at_s) == (fresh.now_s, fresh.now_s + 600)
    assert kept(fresh, OTHER).state is MessageState.QUEUED
    fresh.terminal_is(READY)
    assert [one.message for one in fresh.done(SubmitSds)] == [OTHER]
