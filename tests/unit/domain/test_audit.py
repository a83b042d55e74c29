"""Whoever decides anything leaves it in the audit: who, what, about what, and how; and is answered, or told why not."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from bridge.domain import commands as c
from bridge.domain import events as e
from bridge.domain.ids import (
    ActivationId,
    ConferenceId,
    Gssi,
    MessageId,
    MixId,
    ParticipantId,
    PatchId,
    TargetId,
    TerminalName,
)
from bridge.domain.model import Audit, FloorMode, Keying, Precedence, Role
from tests.harness.story import CONFERENCE, GROUP, PATCH, RADIO_VOICE, TERMINAL, Story

ANNA, BO = "in-1", "in-2"
NUMBER = "+46846500401"
OTHER = ConferenceId("cnf-00000000000000000000000002")
NOBODY = ParticipantId("prt-nobody")


def meeting() -> Story:
    """A host and a participant in a conference, with a talkgroup patched in and a call-out under way."""
    story = Story()
    story.opens()
    story.joins(ANNA, Role.HOST)
    story.joins(BO)
    story.terminal_is(e.TerminalState.READY)
    story.patches()
    story.activates([(NUMBER,)])
    return story


def audited(story: Story, command: c.Command, actor: str = "TiB") -> list[Audit]:
    """What this command left in the audit."""
    before = len(story.audited)
    assert isinstance(story.asks(command, actor), c.Done)
    return [one for one in story.audited[before:] if isinstance(one, Audit)]


@dataclass(frozen=True)
class Case:
    """A command, what it leaves in the audit about which object, and how."""

    action: str
    subject: Callable[[Story], str]
    command: Callable[[Story], c.Command]
    detail: dict[str, object]


def bo(story: Story) -> ParticipantId:
    return story.who(BO).id


ABOUT_CONFERENCE = [
    Case("conference.open", lambda _: OTHER,
         lambda _: c.OpenConference(OTHER, MixId("mix-2"), "Två", "+4685555555", recorded=True),
         {"name": "Två", "recorded": True}),
    Case("conference.end", lambda _: CONFERENCE, lambda _: c.EndConference(CONFERENCE), {}),
    Case("conference.lock", lambda _: CONFERENCE, lambda _: c.LockConference(CONFERENCE, True), {"locked": True}),
    Case("conference.lock", lambda _: CONFERENCE, lambda _: c.LockConference(CONFERENCE, False), {"locked": False}),
    Case("conference.mute_all", lambda _: CONFERENCE, lambda _: c.MuteAll(CONFERENCE), {}),
    Case("floor.mode", lambda _: CONFERENCE, lambda _: c.SetFloorMode(CONFERENCE, FloorMode.QUEUE), {"mode": "queue"}),
    Case("floor.take", lambda _: CONFERENCE, lambda _: c.TakeFloor(CONFERENCE), {}),
    Case("recording.start", lambda _: CONFERENCE, lambda _: c.SetRecording(CONFERENCE, True), {}),
    Case("recording.stop", lambda _: CONFERENCE, lambda _: c.SetRecording(CONFERENCE, False), {}),
]  # fmt: skip
ABOUT_PARTICIPANT = [
    Case("participant.mute", bo, lambda story: c.SetMuted(CONFERENCE, bo(story), True), {"muted": True}),
    Case("participant.mute", bo, lambda story: c.SetMuted(CONFERENCE, bo(story), False), {"muted": False}),
    Case("participant.remove", bo, lambda story: c.RemoveParticipant(CONFERENCE, bo(story)), {}),
]
ABOUT_CALLOUT = [
    Case("activation.cancel", lambda _: "act-1", lambda _: c.CancelActivation(ActivationId("act-1")), {}),
    Case("activation.start", lambda _: "act-2",
         lambda _: c.StartActivation(ActivationId("act-2"), "key-2", CONFERENCE, "Stab",
                                     (c.NewTarget(TargetId("tgt-2"), "TiB", "Kommun", ("+46846500402",)),)),
         {"list": "Stab", "functions": 1}),
]  # fmt: skip
ABOUT_RADIO = [
    Case("patch.remove", lambda _: PATCH, lambda _: c.RemovePatch(CONFERENCE, PATCH),
         {"gssi": GROUP, "terminal": TERMINAL}),
    Case("patch.extend", lambda _: PATCH, lambda _: c.ExtendPatch(CONFERENCE, PATCH, 600.0), {"lease_s": 600.0}),
    Case("patch.change", lambda _: PATCH,
         lambda _: c.SetPatch(CONFERENCE, PATCH, Keying.KEY, Precedence.PHONE, True),
         {"keying": "key", "precedence": "phone", "spoken_end": True}),
    Case("sds.send", lambda _: "msg-1", lambda _: c.SendSds(MessageId("msg-1"), 1234, "Samling"),
         {"receiver": 1234, "group": False, "characters": 7}),
    Case("sds.send", lambda _: "msg-1", lambda _: c.SendStatus(MessageId("msg-1"), 2001, 32770, group=True),
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
    story.asks(c.SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.asks(c.RequestFloor(CONFERENCE, bo(story), True))
    story.asks(c.RequestFloor(CONFERENCE, anna, True))
    assert (story.floor.holder, story.floor.queue) == (bo(story), (anna,))
    [line] = audited(story, c.GiveFloor(CONFERENCE, None))
    assert (line.action, dict(line.detail)) == ("floor.give", {"participant": anna})
    assert story.floor.holder == anna


def test_four_eyes_are_in_the_audit_who_asked_and_who_approved() -> None:
    story = Story()
    story.opens()
    command = c.AddPatch(CONFERENCE, PATCH, RADIO_VOICE, TERMINAL, GROUP, "Ledning", approval_required=True)
    [asked] = audited(story, command, "RSIB")
    assert (asked.actor, asked.action, dict(asked.detail)) == (
        "RSIB", "patch.ask", {"gssi": GROUP, "conference": CONFERENCE},
    )  # fmt: skip
    lines = audited(story, c.ApprovePatch(CONFERENCE, PATCH), "TiB")
    assert [(one.actor, one.action) for one in lines] == [("TiB", "patch.approve"), ("RSIB", "patch.add")]
    assert dict(lines[0].detail) == {"gssi": GROUP, "asked_by": "RSIB"}
    assert dict(lines[1].detail) == {"gssi": GROUP, "terminal": TERMINAL, "conference": CONFERENCE}


@pytest.mark.parametrize(
    ("keys", "action", "detail"),
    [
        ("*8", "conference.lock", {"locked": True}),
        ("*3", "conference.mute_all", {}),
        ("*7", "floor.mode", {"mode": "lecture"}),
        ("*9", "recording.start", {}),
        ("*9*9", "recording.stop", {}),
        ("*#*#", "conference.end", {}),
    ],
)
def test_a_host_who_decides_by_key_leaves_the_same_evidence(keys: str, action: str, detail: dict[str, object]) -> None:
    story = meeting()
    before, host = len(story.audited), story.who(ANNA)
    assert host.channel is not None
    story.keys(host.channel, keys)
    lines = [one for one in story.audited[before:] if isinstance(one, Audit) and one.action == action]
    assert len(lines) == 1
    assert (lines[0].actor, lines[0].object) == (f"host {host.id}", CONFERENCE)
    assert dict(lines[0].detail) == {"by": "key", "name": host.name, **detail}


def test_a_key_of_the_hosts_in_another_hand_changes_nothing() -> None:
    story = meeting()
    before, node = len(story.audited), story.conference
    line = story.who(BO).channel
    assert line is not None
    for key in ("*1", "*2", "*3", "*7", "*8", "*9", "*#", "*#"):
        story.keys(line, key)
    assert story.audited[before:] == []
    assert story.conference == node


# --- why not ---

LISTED = (c.NewTarget(TargetId("tgt-9"), "TiB", "Kommun", ("+46846500409",)),)

REFUSED: list[tuple[c.Command, str, str | None]] = [
    (c.LockConference(OTHER, True), "not_found", None),
    (c.SetMuted(OTHER, NOBODY, True), "not_found", None),
    (c.SetMuted(CONFERENCE, NOBODY, True), "not_found", None),
    (c.GiveFloor(CONFERENCE, None), "conflict", "participant"),
    (c.GiveFloor(CONFERENCE, NOBODY), "not_found", "participant"),
    (c.CancelActivation(ActivationId("act-9")), "not_found", None),
    (c.StartActivation(ActivationId("act-9"), "key-9", OTHER, "Stab", LISTED), "not_found", "conference_id"),
    (c.StartActivation(ActivationId("act-9"), "key-9", CONFERENCE, "Stab", ()), "invalid", "targets"),
    (c.RemovePatch(OTHER, PATCH), "not_found", None),
    (c.RemovePatch(CONFERENCE, PatchId("pat-9")), "not_found", None),
    (c.ExtendPatch(CONFERENCE, PatchId("pat-9"), 60.0), "not_found", None),
    (c.SetPatch(CONFERENCE, PatchId("pat-9")), "not_found", None),
    (c.AddPatch(OTHER, PatchId("pat-9"), NOBODY, TERMINAL, GROUP, "x"), "not_found", "conference"),
    (c.AddPatch(CONFERENCE, PatchId("pat-9"), NOBODY, TerminalName("x"), Gssi(9), "x"), "not_found", "terminal"),
    (c.AddPatch(CONFERENCE, PatchId("pat-9"), NOBODY, None, GROUP, "x"), "conflict", "gssi"),
    (c.AddPatch(CONFERENCE, PatchId("pat-9"), NOBODY, TERMINAL, Gssi(9), "x"), "conflict", "terminal"),
    (c.SendSds(MessageId("msg-9"), 0, "x"), "invalid", "to"),
    (c.SendSds(MessageId("msg-9"), 1 << 24, "x"), "invalid", "to"),
    (c.SendSds(MessageId("msg-9"), 1234, "x", terminals=(TerminalName("x"),)), "not_found", "terminal"),
    (c.SendSds(MessageId("msg-9"), 1234, "x", conference=OTHER), "not_found", "conference_id"),
    (c.SendSds(MessageId("msg-9"), 1234, "  "), "invalid", "text"),
]


@pytest.mark.parametrize(("command", "code", "field"), REFUSED, ids=lambda value: type(value).__name__)
def test_what_cannot_be_done_is_refused_with_the_reason_and_changes_nothing(
    command: c.Command, code: str, field: str | None
) -> None:
    story = meeting()
    before, records, effects = story.node, len(story.records), len(story.effects)
    refused = story.asks(command)
    assert isinstance(refused, c.Refused)
    assert (refused.code, refused.field) == (code, field)
    assert refused.reason
    assert (story.node, len(story.records), len(story.effects)) == (before, records, effects)


def test_a_conference_that_has_ended_takes_no_order_but_to_end_once_more() -> None:
    story = meeting()
    story.asks(c.EndConference(CONFERENCE))
    refused = story.asks(c.LockConference(CONFERENCE, True))
    assert isinstance(refused, c.Refused)
    assert refused.code == "ended"
    assert story.asks(c.EndConference(CONFERENCE)) == c.Done(CONFERENCE)


def test_who_has_left_is_told_of_no_more() -> None:
    story = meeting()
    person = bo(story)
    story.hangs_up(BO)
    refused = story.asks(c.SetMuted(CONFERENCE, person, True))
    assert isinstance(refused, c.Refused)
    assert refused.code in ("conflict", "not_found")


def test_nobody_is_removed_from_another_conference_than_theirs() -> None:
    story = meeting()
    story.opens(conference=OTHER, mix=MixId("mix-2"))
    refused = story.asks(c.RemoveParticipant(OTHER, bo(story)))
    assert isinstance(refused, c.Refused)
    assert story.who(BO).id == bo(story)
    assert replace(refused, reason="") == c.Refused("not_found", "")
