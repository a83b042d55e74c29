"""A person who decides anything leaves it in the audit: who, what, about what, and how. They are answered, or told why
not."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bridge.domain.callout.commands import CancelActivation, NewTarget, StartActivation
from bridge.domain.conference.commands import (
    EndConference,
    GiveFloor,
    LockConference,
    MuteAll,
    OpenConference,
    PassOn,
    RemoveParticipant,
    RequestFloor,
    SetFloorMode,
    SetMuted,
    SetRole,
    TakeFloor,
)
from bridge.domain.conference.records import FloorMode, Role
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import (
    ActivationId,
    ChannelId,
    ConferenceId,
    Gssi,
    MessageId,
    MixId,
    ParticipantId,
    PatchId,
    TargetId,
    TerminalName,
)
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.radio.commands import AddPatch, ApprovePatch, ExtendPatch, RemovePatch, SetPatch
from bridge.domain.radio.events import TerminalState
from bridge.domain.radio.records import Keying, Precedence
from bridge.domain.recording.commands import SetRecording
from bridge.domain.shortdata.commands import SendSds, SendStatus
from bridge.domain.siderooms.commands import OpenSideRoom
from bridge.domain.waiting.commands import LetIn, SetDoor
from bridge.words import say
from tests.harness.story import CONFERENCE, GROUP, PATCH, RADIO_VOICE, TERMINAL, Story

ANNA, BO = "in-1", "in-2"
NUMBER = "+46846500401"
OTHER = ConferenceId("cnf-00000000000000000000000002")
SIDE = MixId("mix-side")
NOBODY = ParticipantId("prt-nobody")


def meeting() -> Story:
    """A host and a participant in a conference, with a talkgroup patched in and a call-out under way."""
    story = Story()
    story.opens()
    story.joins(ANNA, Role.HOST)
    story.joins(BO)
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.activates([(NUMBER,)])
    return story


def audited(story: Story, command: Command, actor: str = "TiB") -> list[Audit]:
    """What this command left in the audit."""
    before = len(story.audited)
    assert isinstance(story.asks(command, actor), Done)
    return [one for one in story.audited[before:] if isinstance(one, Audit)]


@dataclass(frozen=True)
class Case:
    """A command, what it leaves in the audit about which object, and how."""

    action: str
    subject: Callable[[Story], str]
    command: Callable[[Story], Command]
    detail: dict[str, object]


def bo(story: Story) -> ParticipantId:
    return story.who(BO).id


ABOUT_CONFERENCE = [
    Case("conference.open", lambda _: OTHER,
         lambda _: OpenConference(OTHER, MixId("mix-2"), "Två", "+4685555555", recorded=True),
         {"name": "Två", "recorded": True}),
    Case("conference.end", lambda _: CONFERENCE, lambda _: EndConference(CONFERENCE), {}),
    Case("conference.lock", lambda _: CONFERENCE, lambda _: LockConference(CONFERENCE, True), {"locked": True}),
    Case("conference.lock", lambda _: CONFERENCE, lambda _: LockConference(CONFERENCE, False), {"locked": False}),
    Case("conference.pass_on", lambda _: CONFERENCE, lambda _: PassOn(CONFERENCE, "anna", False),
         {"former": None, "to": "anna", "stays": False}),
    Case("conference.door", lambda _: CONFERENCE, lambda _: SetDoor(CONFERENCE, joins_muted=True),
         {"waiting_room": False, "joins_muted": True, "sound": "none", "asks_name": False}),
    Case("waiting.let_in", lambda _: CONFERENCE, lambda _: LetIn(CONFERENCE), {"people": 0}),
    Case("conference.mute_all", lambda _: CONFERENCE, lambda _: MuteAll(CONFERENCE), {}),
    Case("floor.mode", lambda _: CONFERENCE, lambda _: SetFloorMode(CONFERENCE, FloorMode.QUEUE), {"mode": "queue"}),
    Case("floor.take", lambda _: CONFERENCE, lambda _: TakeFloor(CONFERENCE), {}),
    Case("room.open", lambda _: SIDE, lambda _: OpenSideRoom(CONFERENCE, SIDE, "Media"),
         {"name": "Media", "parallel": False}),
    Case("recording.start", lambda _: CONFERENCE, lambda _: SetRecording(CONFERENCE, True), {}),
    Case("recording.stop", lambda _: CONFERENCE, lambda _: SetRecording(CONFERENCE, False), {}),
]  # fmt: skip
ABOUT_PARTICIPANT = [
    Case("participant.mute", bo, lambda story: SetMuted(CONFERENCE, bo(story), True), {"muted": True}),
    Case("participant.mute", bo, lambda story: SetMuted(CONFERENCE, bo(story), False), {"muted": False}),
    Case("participant.role", bo, lambda story: SetRole(CONFERENCE, bo(story), Role.COHOST), {"role": "cohost"}),
    Case("participant.remove", bo, lambda story: RemoveParticipant(CONFERENCE, bo(story)), {}),
]
ABOUT_CALLOUT = [
    Case("activation.cancel", lambda _: "act-1", lambda _: CancelActivation(ActivationId("act-1")), {}),
    Case("activation.start", lambda _: "act-2",
         lambda _: StartActivation(ActivationId("act-2"), "key-2", CONFERENCE, "Stab",
                                     (NewTarget(TargetId("tgt-2"), "TiB", "Kommun", ("+46846500402",)),)),
         {"list": "Stab", "functions": 1}),
]  # fmt: skip
ABOUT_RADIO = [
    Case("patch.remove", lambda _: PATCH, lambda _: RemovePatch(CONFERENCE, PATCH),
         {"gssi": GROUP, "terminal": TERMINAL}),
    Case("patch.extend", lambda _: PATCH, lambda _: ExtendPatch(CONFERENCE, PATCH, 600.0), {"lease_s": 600.0}),
    Case("patch.change", lambda _: PATCH,
         lambda _: SetPatch(CONFERENCE, PATCH, Keying.KEY, Precedence.PHONE, True),
         {"keying": "key", "precedence": "phone", "spoken_end": True}),
    Case("sds.send", lambda _: "msg-1", lambda _: SendSds(MessageId("msg-1"), 1234, "Samling"),
         {"receiver": 1234, "group": False, "characters": 7}),
    Case("sds.send", lambda _: "msg-1", lambda _: SendStatus(MessageId("msg-1"), 2001, 32770, group=True),
         {"receiver": 2001, "group": True, "status": 32770}),
]  # fmt: skip


@pytest.mark.parametrize(
    "case",
    [*ABOUT_CONFERENCE, *ABOUT_PARTICIPANT, *ABOUT_CALLOUT, *ABOUT_RADIO],
    ids=lambda case: f"{case.action} {' '.join(map(str, case.detail.values()))}",
)
def test_a_decision_is_in_the_audit_with_who_made_it_and_when(case: Case) -> None:
    story = meeting()
    subject = case.subject(story)
    [line] = [one for one in audited(story, case.command(story)) if one.action == case.action]
    assert (line.actor, line.object, dict(line.detail)) == ("TiB", subject, case.detail)
    assert line.at_s == story.now_s


def test_the_word_that_is_given_names_who_has_it() -> None:
    story = meeting()
    anna = story.who(ANNA).id
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.asks(RequestFloor(CONFERENCE, bo(story), True))
    story.asks(RequestFloor(CONFERENCE, anna, True))
    assert (story.floor.holder, story.floor.queue) == (bo(story), (anna,))
    [line] = audited(story, GiveFloor(CONFERENCE, None))
    assert (line.action, dict(line.detail)) == ("floor.give", {"participant": anna})
    assert story.floor.holder == anna


def test_four_eyes_are_in_the_audit_who_asked_and_who_approved() -> None:
    story = Story()
    story.opens()
    command = AddPatch(CONFERENCE, PATCH, RADIO_VOICE, TERMINAL, GROUP, "Ledning", approval_required=True)
    [asked] = audited(story, command, "RSIB")
    assert (asked.actor, asked.action, dict(asked.detail)) == (
        "RSIB", "patch.ask", {"gssi": GROUP, "conference": CONFERENCE},
    )  # fmt: skip
    lines = audited(story, ApprovePatch(CONFERENCE, PATCH), "TiB")
    assert [(one.actor, one.action) for one in lines] == [("TiB", "patch.approve"), ("RSIB", "patch.add")]
    assert dict(lines[0].detail) == {"gssi": GROUP, "asked_by": "RSIB"}
    assert dict(lines[1].detail) == {"gssi": GROUP, "terminal": TERMINAL, "conference": CONFERENCE}


@pytest.mark.parametrize(
    ("keys", "action", "detail"),
    [
        ("*8", "conference.lock", {"locked": True}),
        ("*3", "conference.mute_all", {}),
        ("*3#3", "conference.undo_mute_all", {}),
        ("*7", "floor.mode", {"mode": "lecture"}),
        ("*9", "recording.start", {}),
        ("*9*9", "recording.stop", {}),
        ("*#*#", "conference.end", {}),
    ],
)
def test_a_host_who_decides_by_key_leaves_the_same_evidence(keys: str, action: str, detail: dict[str, object]) -> None:
    story = meeting()
    before, host = len(story.audited), story.who(ANNA)
    story.keys(story.line_of(host.id), keys)
    lines = [one for one in story.audited[before:] if isinstance(one, Audit) and one.action == action]
    assert len(lines) == 1
    assert (lines[0].actor, lines[0].object) == (f"host {host.id}", CONFERENCE)
    assert dict(lines[0].detail) == {"by": "key", "name": host.name, **detail}


def test_a_key_of_the_hosts_in_another_hand_changes_nothing() -> None:
    story = meeting()
    before, node = len(story.audited), story.conference
    line = ChannelId(BO)
    for key in ("*1", "*2", "*3", "*7", "*8", "*9", "*#", "*#"):
        story.keys(line, key)
    assert story.audited[before:] == []
    assert story.conference == node


# --- why not ---

LISTED = (NewTarget(TargetId("tgt-9"), "TiB", "Kommun", ("+46846500409",)),)

REFUSED: list[tuple[Command, str, str | None]] = [
    (LockConference(OTHER, True), "not_found", None),
    (SetMuted(OTHER, NOBODY, True), "not_found", None),
    (SetMuted(CONFERENCE, NOBODY, True), "not_found", None),
    (GiveFloor(CONFERENCE, None), "conflict", "participant"),
    (GiveFloor(CONFERENCE, NOBODY), "not_found", "participant"),
    (CancelActivation(ActivationId("act-9")), "not_found", None),
    (StartActivation(ActivationId("act-9"), "key-9", OTHER, "Stab", LISTED), "not_found", "conference_id"),
    (StartActivation(ActivationId("act-9"), "key-9", CONFERENCE, "Stab", ()), "invalid", "targets"),
    (RemovePatch(OTHER, PATCH), "not_found", None),
    (RemovePatch(CONFERENCE, PatchId("pat-9")), "not_found", None),
    (ExtendPatch(CONFERENCE, PatchId("pat-9"), 60.0), "not_found", None),
    (SetPatch(CONFERENCE, PatchId("pat-9")), "not_found", None),
    (AddPatch(OTHER, PatchId("pat-9"), NOBODY, TERMINAL, GROUP, "x"), "not_found", "conference"),
    (AddPatch(CONFERENCE, PatchId("pat-9"), NOBODY, TerminalName("x"), Gssi(9), "x"), "invalid", "terminal"),
    (AddPatch(CONFERENCE, PatchId("pat-9"), NOBODY, None, GROUP, "x"), "conflict", "gssi"),
    (AddPatch(CONFERENCE, PatchId("pat-9"), NOBODY, TERMINAL, Gssi(9), "x"), "conflict", "terminal"),
    (SendSds(MessageId("msg-9"), 0, "x"), "invalid", "to"),
    (SendSds(MessageId("msg-9"), 1 << 24, "x"), "invalid", "to"),
    (SendSds(MessageId("msg-9"), 1234, "x", terminals=(TerminalName("x"),)), "not_found", "terminal"),
    (SendSds(MessageId("msg-9"), 1234, "x", conference=OTHER), "not_found", "conference_id"),
    (SendSds(MessageId("msg-9"), 1234, "  "), "invalid", "text"),
]


@pytest.mark.parametrize(("command", "code", "field"), REFUSED, ids=lambda value: type(value).__name__)
def test_what_cannot_be_done_is_refused_with_the_reason_and_changes_nothing(
    command: Command, code: str, field: str | None
) -> None:
    story = meeting()
    before, records, effects = story.node, len(story.records), len(story.effects)
    refused = story.asks(command)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field) == (code, field)
    assert say(refused.reason, Language.EN)
    assert (story.node, len(story.records), len(story.effects)) == (before, records, effects)


def test_a_conference_that_has_ended_takes_no_order_but_to_end_once_more() -> None:
    story = meeting()
    story.asks(EndConference(CONFERENCE))
    refused = story.asks(LockConference(CONFERENCE, True))
    assert isinstance(refused, Refused)
    assert refused.code == "ended"
    assert story.asks(EndConference(CONFERENCE)) == Done(CONFERENCE)


def test_who_has_left_is_told_of_no_more() -> None:
    story = meeting()
    person = bo(story)
    story.hangs_up(BO)
    refused = story.asks(SetMuted(CONFERENCE, person, True))
    assert isinstance(refused, Refused)
    assert refused.code in ("conflict", "not_found")


def test_nobody_is_removed_from_another_conference_than_theirs() -> None:
    story = meeting()
    story.opens(conference=OTHER, mix=MixId("mix-2"))
    refused = story.asks(RemoveParticipant(OTHER, bo(story)))
    assert isinstance(refused, Refused)
    assert story.who(BO).id == bo(story)
    assert refused.code == "not_found"
