"""The consequences of an act besides the act itself: who sees it, what is written of it, and what stops."""

import pytest

from bridge.domain.callout.pacing import Bound, bounds
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import TargetState
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.conference import prompts
from bridge.domain.conference.commands import (
    LockConference,
    RemoveParticipant,
    RequestFloor,
    SetFloorMode,
    SetMuted,
    TakeFloor,
)
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.policy import EntryPolicy
from bridge.domain.conference.records import FloorMode, RecordingState, Role
from bridge.domain.kernel.again import AGAIN
from bridge.domain.kernel.events import Commanded, Fate
from bridge.domain.kernel.ids import ChannelId, RecordingId
from bridge.domain.kernel.journal import Audit, Note, NoteKind
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.step import Seen
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio.commands import KeyRadio
from bridge.domain.radio.effects import CeaseTransmit, SelectTalkgroup, StartTrack, StopTrack
from bridge.domain.radio.events import PathUp, TerminalState, TransmissionCut
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import Keying, PatchState
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.recording.commands import SetRecording
from bridge.domain.recording.effects import ArchiveRecording, StartRecording
from bridge.domain.recording.events import RecordingEnded, RecordingStarted
from bridge.domain.shortdata.sdstext import numbered
from bridge.domain.telephony.effects import Announce, Dial, HangUpLeg, Play, SetHeard
from tests.harness.principals import somebody
from tests.harness.reasons import english
from tests.harness.story import CONFERENCE, MIX, PATCH, TRUNK, Story

HOST, BO = "host", "bo"
NUMBER = "+46846500401"


def meeting(*, recorded: bool = False) -> Story:
    story = Story()
    story.opens(recorded=recorded)
    story.joins(HOST, Role.HOST)
    story.joins(BO)
    return story


def notes(story: Story, kind: NoteKind) -> list[Note]:
    return [one for one in story.notes if isinstance(one, Note) and one.kind is kind]


def audits(story: Story, action: str) -> list[Audit]:
    return [one for one in story.audited if isinstance(one, Audit) and one.action == action]


# --- muted ---


def test_who_is_muted_while_talking_is_shown_as_silent_and_the_timeline_says_when() -> None:
    story = meeting()
    story.talks(BO)
    assert story.who(BO).talking
    person = story.who(BO).id
    story.passes(3)
    story.asks(SetMuted(CONFERENCE, person, True))
    assert not story.who(BO).talking
    assert notes(story, ConferenceNote.TALK_STOPPED)[-1].at_s == story.now_s
    assert len(notes(story, ConferenceNote.TALK_STOPPED)) == 1


def test_who_is_muted_in_silence_has_not_stopped_talking() -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who(BO).id, True))
    assert notes(story, ConferenceNote.TALK_STOPPED) == []
    assert [one.participant for one in notes(story, ConferenceNote.MUTED)] == [story.who(BO).id]


@pytest.mark.parametrize(
    ("muted", "said"), [(True, prompts.MUTED_BY_HOST), (False, prompts.UNMUTED)], ids=["muted", "unmuted"]
)
def test_who_is_muted_by_the_host_hears_by_whom_and_hears_when_it_is_over(muted: bool, said: Prompt) -> None:
    story = meeting()
    if not muted:
        story.asks(SetMuted(CONFERENCE, story.who(BO).id, True))
    story.forget_effects()
    story.asks(SetMuted(CONFERENCE, story.who(BO).id, muted))
    assert story.said_to(BO) == [said]
    story.asks(SetMuted(CONFERENCE, story.who(BO).id, muted))
    assert story.said_to(BO) == [said], "once"


# --- shown ---


def test_every_change_is_shown_with_the_conference_that_it_concerns() -> None:
    story = meeting()
    result = story.happens(Commanded(story.now_s, somebody(), SetMuted(CONFERENCE, story.who(BO).id, True)))
    assert Seen("participant", story.who(BO).id, CONFERENCE) in result.seen
    result = story.happens(Commanded(story.now_s, somebody(), LockConference(CONFERENCE, True)))
    assert Seen("conference", CONFERENCE, CONFERENCE) in result.seen


# --- removed ---


def test_who_is_removed_hears_it_and_leaves_and_who_is_still_coming_in_is_hung_up_on() -> None:
    story = meeting()
    story.asks(RemoveParticipant(CONFERENCE, story.who(BO).id))
    assert story.said_to(BO)[-1] == prompts.MEETING_REMOVED
    line = story.calls("late")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.forget_effects()
    story.asks(RemoveParticipant(CONFERENCE, story.who("late").id))
    assert HangUpLeg(line) in story.effects


# --- the way in ---


@pytest.mark.parametrize("language", list(Language))
def test_a_caller_is_greeted_in_the_language_that_is_set(language: Language) -> None:
    story = Story(
        Policy(EntryPolicy(language=language), CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0),)))
    )
    story.opens()
    story.calls("anna")
    assert {one.language for one in story.done(Play)} == {language}


def test_a_code_that_is_asked_for_again_is_not_taken_for_finished_by_the_pause_of_the_first() -> None:
    story = Story()
    story.opens()
    line = story.calls("anna")
    story.keys(line, "12345678#")
    story.code_is(line, None)
    story.forget_effects()
    story.passes(story.policy[EntryPolicy].digit_pause_s + 1)
    assert story.done(LookUpCode) == []


# --- the call-out ---


def test_who_answers_is_shown_as_asked_until_a_key_is_pressed() -> None:
    story = Story()
    story.opens()
    story.activates([(NUMBER,)])
    assert story.target(0).state is TargetState.CALLING
    line = story.answers(NUMBER)
    assert story.target(0).state is TargetState.ASKED
    story.keys(line, "2")
    assert story.target(0).state is TargetState.LATER
    assert TimerKey(CalloutTimer.CALLOUT_KEY, line) not in story.timers


def test_a_number_that_can_never_be_called_is_shown_with_the_reason() -> None:
    story = Story()
    story.opens()
    story.activates([(NUMBER,)], rounds=1)
    [dial] = story.done(Dial)
    story.fails(dial, reason="no such trunk", retry=False)
    assert english(story.target(0).reason) == "no such trunk"
    assert story.target(0).state is TargetState.UNREACHABLE


# --- recording ---


def test_a_recording_that_is_not_the_meetings_own_does_not_switch_it_on() -> None:
    story = meeting(recorded=True)
    own = story.conference.recording.recording
    assert own is not None
    assert story.conference.recording.state is RecordingState.STARTING
    story.happens(RecordingStarted(story.now_s, RecordingId("rec-other")))
    assert story.conference.recording.state is RecordingState.STARTING
    story.happens(RecordingStarted(story.now_s, own))
    assert story.conference.recording.state is RecordingState.ON


@pytest.mark.parametrize("somebody", [True, False], ids=["somebody is there", "nobody is there"])
def test_the_end_of_a_recording_is_announced_where_anybody_hears_it(somebody: bool) -> None:
    story = Story()
    story.opens(recorded=True)
    if somebody:
        story.joins(BO)
    story.forget_effects()
    story.asks(SetRecording(CONFERENCE, False))
    assert bool(story.done(Announce)) is somebody


# --- what could not be done ---


def test_an_order_that_failed_is_in_the_audit_with_its_fate_and_reason() -> None:
    story = meeting(recorded=True)
    recording = story.conference.recording.recording
    assert recording is not None
    story.fails(StartRecording(MIX, recording), Fate.REFUSED, "the disk is full")
    [line] = audits(story, "effect.failed")
    assert (line.actor, line.object) == ("samband", recording)
    assert dict(line.detail) == {
        "effect": "StartRecording",
        "fate": "refused",
        "reason": "the disk is full",
    }


def test_a_terminal_that_does_not_take_its_talkgroup_is_told_once() -> None:
    story = meeting()
    story.patches()
    story.terminal_is(TerminalState.READY, gssi=None)
    select = story.done(SelectTalkgroup)[-1]
    for _ in range(3):
        story.fails(select, reason="not in the codeplug")
        story.passes(200)
    assert len(audits(story, "radio.not_selected")) == 1
    assert "not in the codeplug" in english(story.patch.reason)


# --- the radio's key ---


def test_a_key_that_nobody_holds_is_not_let_go_of() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches(keying=Keying.KEY)
    story.asks(KeyRadio(CONFERENCE, story.who(BO).id, True))
    assert story.patch.keyed_by == story.who(BO).id
    story.asks(KeyRadio(CONFERENCE, story.who(BO).id, False))
    assert story.patch.keyed_by is None
    before = story.patch
    story.passes(story.policy[RadioPolicy].key_silent_s + 1)
    assert story.patch.keyed_by is before.keyed_by


# --- figures ---


@pytest.mark.parametrize(
    ("calls_per_s", "meant"),
    [
        (0.0, ()),
        (0.5, (Bound(1, 2.0),)),
        (1.0, (Bound(1, 1.0),)),
        (2.5, (Bound(2, 0.8), Bound(3, 1.0))),
        (5.0, (Bound(5, 1.0),)),
        (5.0000001, (Bound(5, 1.0),)),
        (4.9999999, (Bound(5, 1.0),)),
    ],
)
def test_what_a_rate_of_calls_means(calls_per_s: float, meant: tuple[Bound, ...]) -> None:
    assert bounds(calls_per_s) == meant


# --- the word ---


def test_the_timeline_says_who_had_the_word_from_when_to_when() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.asks(RequestFloor(CONFERENCE, story.who(BO).id, True))
    assert [one.participant for one in notes(story, ConferenceNote.FLOOR_GIVEN)] == [story.who(BO).id]
    assert notes(story, ConferenceNote.FLOOR_TAKEN) == []
    story.asks(TakeFloor(CONFERENCE))
    assert [one.participant for one in notes(story, ConferenceNote.FLOOR_GIVEN)] == [story.who(BO).id]
    assert [one.participant for one in notes(story, ConferenceNote.FLOOR_TAKEN)] == [story.who(BO).id]
    assert dict(notes(story, ConferenceNote.FLOOR_MODE)[0].detail) == {"mode": "queue"}


# --- strangers ---


def test_a_caller_who_hangs_up_early_fills_no_audit() -> None:
    story = Story()
    story.opens()
    story.calls("stranger")
    story.fails(story.done(Play)[-1], Fate.GONE)
    assert audits(story, "effect.failed") == []
    line = story.calls("another")
    story.fails(story.done(Play)[-1], Fate.REFUSED)
    assert [one.object for one in audits(story, "effect.failed")] == [line]
    story.fails(HangUpLeg(ChannelId("nobody")), Fate.REFUSED)
    assert len(audits(story, "effect.failed")) == 1, "of somebody who was never here"


def test_nothing_is_asked_for_again_of_a_call_that_is_over() -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who(BO).id, True))
    story.fails(story.done(SetHeard)[-1])
    assert story.node[AGAIN]
    story.hangs_up(BO)
    assert not [one for one in story.node[AGAIN].values() if getattr(one.effect, "channel", "") == BO]


# --- the talkgroup's track ---


def on_track() -> tuple[Story, StartTrack]:
    """A recorded meeting with a talkgroup whose track runs."""
    story = meeting(recorded=True)
    own = story.conference.recording.recording
    assert own is not None
    story.happens(RecordingStarted(story.now_s, own))
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.happens(PathUp(story.now_s, PATCH))
    [started] = story.done(StartTrack)
    story.happens(RecordingStarted(story.now_s, started.recording))
    return story, started


def test_a_track_that_cannot_be_closed_has_ended_with_its_path_and_goes_to_the_archive() -> None:
    story, started = on_track()
    stop = StopTrack(PATCH, started.recording)
    story.fails(stop, Fate.GONE)
    assert ArchiveRecording(started.recording) in story.effects


def test_a_track_that_begins_does_not_switch_the_meetings_own_recording() -> None:
    story, started = on_track()
    before = story.conference.recording
    story.happens(RecordingStarted(story.now_s, started.recording))
    assert story.conference.recording == before


def test_a_file_that_is_closed_twice_is_archived_once() -> None:
    story, started = on_track()
    for _ in range(2):
        story.happens(RecordingEnded(story.now_s, started.recording, 12.0))
    assert story.done(ArchiveRecording) == [ArchiveRecording(started.recording)]


# --- long texts by radio ---


def test_a_long_text_is_cut_at_its_blanks_also_after_a_word_of_one_letter() -> None:
    first, *rest = numbered("I " + "x" * 300)
    assert first == f"1/{1 + len(rest)} I"
    assert all(part.split(" ", 1)[1].strip("x") == "" for part in rest)


# --- on the air ---


def test_a_transmission_that_the_sound_itself_cut_goes_on_in_the_next() -> None:
    """The last guard of the one-minute rule is where the sound is."""
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.happens(PathUp(story.now_s, PATCH))
    story.speech_begins()
    story.network_grants()
    story.forget_effects()
    story.happens(TransmissionCut(story.now_s, PATCH))
    assert story.patch.state is PatchState.PAUSING
    assert len(story.done(CeaseTransmit)) == 1
    story.speech_begins()
    story.passes(story.policy[RadioPolicy].pause_s + 0.1)
    assert story.patch.state is PatchState.DEMANDING


def test_a_terminal_that_is_back_in_time_keeps_its_talkgroup() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.terminal_is(TerminalState.ABSENT)
    takeover = TimerKey(RadioTimer.RADIO_TAKEOVER, PATCH)
    assert takeover in story.timers
    story.terminal_is(TerminalState.READY)
    assert takeover not in story.timers


# --- who was there ---


def test_the_timeline_says_who_came_and_who_left() -> None:
    story = meeting()
    person = story.who(BO)
    story.hangs_up(BO)
    [left] = [one for one in notes(story, ConferenceNote.LEFT) if one.participant == person.id]
    assert dict(left.detail) == {"name": person.name}
    assert person.id in [one.participant for one in notes(story, ConferenceNote.JOINED)]
