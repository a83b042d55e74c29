"""What is told of an act: in the timeline, in the audit, and in the ears of those concerned."""

from typing import Any

import pytest

from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.commands import CancelActivation
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.commands import (
    EndConference,
    GiveFloor,
    LockConference,
    OpenConference,
    RemoveParticipant,
    RequestFloor,
    SetFloorMode,
    SetMuted,
    TakeFloor,
)
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import FloorMode, Role
from bridge.domain.kernel import phrases
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import (
    ActivationId,
    ChannelId,
    ConferenceId,
    Gssi,
    Issi,
    ParticipantId,
    PatchId,
    RecordingId,
)
from bridge.domain.kernel.journal import Audit, Note, NoteKind
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Seen
from bridge.domain.presence import prompts as presence_prompts
from bridge.domain.radio import prompts as radio_prompts
from bridge.domain.radio.commands import AddPatch, ApprovePatch, ExtendPatch, KeyRadio, RemovePatch, SetPatch
from bridge.domain.radio.events import (
    PathUp,
    RadioTalkStarted,
    SaidOnAir,
    SpeechLost,
    TerminalChanged,
    TerminalState,
    VoiceStuck,
)
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.radio.records import TERMINALS, Keying
from bridge.domain.recording import prompts as recording_prompts
from bridge.domain.recording.commands import SetRecording
from bridge.domain.recording.effects import ArchiveRecording, StartRecording
from bridge.domain.recording.events import RecordingArchived, RecordingEnded, RecordingStarted
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.records import RECORDINGS
from bridge.domain.telephony.effects import Announce
from bridge.domain.telephony.events import TelephonyDown, TelephonyUp
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, RADIO_VOICE, SPARE, TERMINAL, TRUNK, Story

HOST, BO, CARL = "host", "bo", "carl"
NUMBER, OTHER = "+46846500401", "+46846500402"
READY, ABSENT = TerminalState.READY, TerminalState.ABSENT
SECOND = PatchId("pat-00000000000000000000000002")
FIELD = Issi(1_002_001)


def meeting(*, recorded: bool = False, policy: Policy | None = None) -> Story:
    story = Story(policy, terminals=(TERMINAL, SPARE))
    story.opens(recorded=recorded)
    story.joins(HOST, Role.HOST)
    story.joins(BO)
    return story


def patched(policy: Policy | None = None, **more: object) -> Story:
    """A talkgroup that is reached, in a meeting."""
    story = meeting(policy=policy)
    story.terminal_is(READY)
    story.patches(**more)
    story.happens(PathUp(story.now_s, PATCH))
    return story


def timeline(story: Story, kind: NoteKind) -> list[tuple[ParticipantId | None, dict[str, Any]]]:
    return [(one.participant, dict(one.detail)) for one in story.notes if isinstance(one, Note) and one.kind is kind]


def audit(story: Story, action: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Actor, object and detail of each."""
    lines = [one for one in story.audited if isinstance(one, Audit) and one.action == action]
    return [(one.actor, one.object, dict(one.detail)) for one in lines]


def announced(story: Story) -> list[Prompt]:
    return [prompt for one in story.done(Announce) for prompt in one.prompts]


# --- the meeting ---


def test_the_timeline_says_when_the_meeting_ended() -> None:
    story = meeting()
    story.passes(60)
    for _ in range(2):
        story.asks(EndConference(CONFERENCE))
    ended = [one for one in story.notes if isinstance(one, Note) and one.kind is ConferenceNote.ENDED]
    assert [one.at_s for one in ended] == [story.now_s]
    assert announced(story)[-1] == conference_prompts.MEETING_ENDED


def test_the_door_is_heard_and_in_the_timeline_when_it_turns_and_not_when_it_is_so_already() -> None:
    story = meeting()
    for locked in (True, True, False, False):
        story.asks(LockConference(CONFERENCE, locked))
    assert announced(story) == [conference_prompts.MEETING_LOCKED, conference_prompts.MEETING_UNLOCKED]
    assert (len(timeline(story, ConferenceNote.LOCKED)), len(timeline(story, ConferenceNote.UNLOCKED))) == (1, 1)


def test_the_timeline_says_who_was_muted_and_unmuted_and_whether_by_the_host() -> None:
    story = meeting()
    bo = story.who(BO)
    story.asks(SetMuted(CONFERENCE, bo.id, True))
    story.keys(ChannelId(BO), "*6")
    assert timeline(story, ConferenceNote.MUTED) == [(bo.id, {"by_host": True})]
    assert timeline(story, ConferenceNote.UNMUTED) == [(bo.id, {"by_host": False})]


def test_the_timeline_says_who_talked_from_when_to_when_and_nothing_of_the_muted() -> None:
    story = meeting()
    bo = story.who(BO).id
    story.talks(BO)
    story.talks(BO)
    story.falls_silent(BO)
    story.asks(SetMuted(CONFERENCE, bo, True))
    story.talks(BO)
    story.falls_silent(BO)
    assert timeline(story, ConferenceNote.TALK_STARTED) == [(bo, {})]
    assert timeline(story, ConferenceNote.TALK_STOPPED) == [(bo, {})]


def test_the_first_hears_that_they_are_alone_and_the_second_does_not() -> None:
    story = meeting()
    assert conference_prompts.MEETING_ALONE in story.said_to(HOST)
    assert conference_prompts.MEETING_ALONE not in story.said_to(BO)


def test_the_host_hears_how_many_are_present() -> None:
    story = meeting()
    story.joins(CARL)
    story.keys(ChannelId(HOST), "*4")
    told = story.said_to(HOST)
    assert told[told.index(presence_prompts.PRESENCE_COUNT) - 1] == phrases.number(3)


def test_the_host_hears_that_all_are_muted_and_that_the_end_must_be_keyed_twice() -> None:
    story = meeting()
    host = ChannelId(HOST)
    story.keys(host, "*3")
    assert story.said_to(HOST)[-1] == conference_prompts.MUTED_ALL
    story.keys(host, "*#")
    assert story.said_to(HOST)[-1] == conference_prompts.MEETING_END_CONFIRM


@pytest.mark.parametrize(("after_s", "ended"), [(10.0, True), (10.1, False)])
def test_the_second_key_of_an_end_counts_for_ten_seconds(after_s: float, ended: bool) -> None:
    story = meeting()
    host = ChannelId(HOST)
    story.keys(host, "*#")
    story.passes(after_s)
    story.keys(host, "*#")
    assert bool(timeline(story, ConferenceNote.ENDED)) is ended


@pytest.mark.parametrize(("after_s", "told"), [(29.9, 1), (30.0, 2)])
def test_who_talks_while_muted_is_told_again_when_half_a_minute_is_over(after_s: float, told: int) -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who(BO).id, True))
    story.talks(BO)
    story.falls_silent(BO)
    story.passes(after_s)
    story.talks(BO)
    assert story.said_to(BO).count(conference_prompts.MUTED_TALKING) == told


def test_an_exercise_is_called_one_at_the_door_and_in_the_call() -> None:
    story = Story()
    story.asks(OpenConference(CONFERENCE, MIX, "Övning", "+4685555555", recorded=False, exercise=True))
    line = story.joins(BO)
    assert conference_prompts.ENTRY_EXERCISE in story.said_to(BO)
    assert line
    story.activates([(NUMBER,)])
    assert story.said_to(story.answers(NUMBER))[0] == conference_prompts.ENTRY_EXERCISE


# --- the word ---


def test_who_asks_for_the_word_hears_their_place_and_the_timeline_says_who_asked_and_who_took_it_back() -> None:
    story = meeting()
    bo, carl = story.who(BO).id, story.joins(CARL)
    for one in (bo, carl, carl):
        story.asks(RequestFloor(CONFERENCE, one))
    assert story.said_to(BO)[-2:] == [conference_prompts.FLOOR_ASKED, phrases.number(1)]
    assert story.said_to(CARL)[-2:] == [conference_prompts.FLOOR_ASKED, phrases.number(2)]
    assert [who for who, _ in timeline(story, ConferenceNote.FLOOR_REQUESTED)] == [bo, carl]
    for _ in range(2):
        story.asks(RequestFloor(CONFERENCE, bo, wanted=False))
    assert [who for who, _ in timeline(story, ConferenceNote.FLOOR_WITHDRAWN)] == [bo]
    assert story.said_to(BO).count(conference_prompts.FLOOR_WITHDRAWN) == 1
    assert story.said_to(HOST).count(conference_prompts.FLOOR_REQUEST_FOR_HOST) == 2


@pytest.mark.parametrize(
    ("mode", "said"),
    [(FloorMode.LECTURE, conference_prompts.FLOOR_LECTURE), (FloorMode.QUEUE, conference_prompts.FLOOR_QUEUE)],
)
def test_all_hear_a_new_mode_of_the_floor_and_hear_nothing_when_it_is_so_already(mode: FloorMode, said: Prompt) -> None:
    story = meeting()
    for wanted in (mode, mode, FloorMode.OPEN):
        story.asks(SetFloorMode(CONFERENCE, wanted))
    assert announced(story) == [said, conference_prompts.FLOOR_OPEN]
    assert [detail["mode"] for _, detail in timeline(story, ConferenceNote.FLOOR_MODE)] == [mode.value, "open"]


def test_who_has_had_the_word_hears_that_it_is_taken_but_not_where_all_are_heard() -> None:
    story = meeting()
    bo = story.who(BO).id
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.asks(GiveFloor(CONFERENCE, bo))
    story.asks(TakeFloor(CONFERENCE))
    assert story.said_to(BO)[-1] == conference_prompts.FLOOR_TAKEN
    story.asks(SetFloorMode(CONFERENCE, FloorMode.OPEN))
    story.asks(GiveFloor(CONFERENCE, bo))
    story.asks(TakeFloor(CONFERENCE))
    assert story.said_to(BO).count(conference_prompts.FLOOR_TAKEN) == 1


def test_a_host_who_gives_the_word_where_nobody_waits_hears_so_and_whoever_has_it_keeps_it() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.asks(GiveFloor(CONFERENCE, story.who(BO).id))
    story.keys(ChannelId(HOST), "*1")
    assert story.said_to(HOST)[-1] == conference_prompts.FLOOR_NOBODY_WAITS
    assert story.floor.holder == story.who(BO).id


def test_a_lecture_returns_to_the_host_who_has_been_there_longest() -> None:
    story = meeting()
    story.passes(10)
    story.joins("second host", Role.HOST)
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.asks(GiveFloor(CONFERENCE, story.who(BO).id))
    story.asks(TakeFloor(CONFERENCE))
    assert story.floor.holder == story.who(HOST).id
    story.hangs_up(HOST)
    assert story.floor.holder == story.who("second host").id


# --- recording ---


def test_the_timeline_says_from_when_to_when_it_was_recorded_and_the_audit_what_came_into_the_archive() -> None:
    story = meeting(recorded=True)
    recording = story.conference.recording.recording
    assert recording is not None
    story.happens(RecordingStarted(story.now_s, recording))
    story.asks(SetRecording(CONFERENCE, False))
    assert announced(story) == [recording_prompts.MEETING_RECORDING_STOPPED]
    story.happens(RecordingEnded(story.now_s, recording, 3.5))
    story.happens(RecordingArchived(story.now_s, recording, "2027/a.flac", "ab" * 32, 3.5))
    assert timeline(story, RecordingNote.RECORDING_STARTED) == [(None, {"recording": recording})]
    assert timeline(story, RecordingNote.RECORDING_STOPPED) == [(None, {"recording": recording})]
    assert audit(story, "recording.archived") == [("samband", recording, {"sha256": "ab" * 32, "duration_s": 3.5})]


def test_a_recording_that_fails_is_told_with_its_reason_and_a_failed_archiving_too() -> None:
    story = meeting(recorded=True)
    recording = story.conference.recording.recording
    assert recording is not None
    story.fails(story.done(StartRecording)[-1], reason="the disk is full")
    assert timeline(story, RecordingNote.RECORDING_FAILED) == [(None, {"reason": "the disk is full"})]
    assert audit(story, "recording.failed") == [("samband", recording, {"reason": "the disk is full"})]
    story.passes(story.policy[ConferencePolicy].recording_retry_s + 1)
    again = story.conference.recording.recording
    assert again is not None
    story.happens(RecordingStarted(story.now_s, again))
    story.happens(RecordingEnded(story.now_s, again, 3.0))
    story.fails(ArchiveRecording(again), reason="no room in the archive")
    assert audit(story, "recording.archive_failed") == [("samband", again, {"reason": "no room in the archive"})]
    assert story.node[RECORDINGS][again].failure == because("no room in the archive")


# --- called out, rung back ---


@pytest.mark.parametrize(
    ("key", "said"), [("2", callout_prompts.CALLOUT_CALLED_THEN), ("3", callout_prompts.CALLOUT_CANNOT)]
)
def test_who_answers_with_a_key_hears_that_it_was_understood(key: str, said: Prompt) -> None:
    story = Story()
    story.opens()
    story.activates([(NUMBER,)])
    line = story.answers(NUMBER)
    story.keys(line, key)
    assert story.said_to(line)[-1] == said


def test_the_audit_says_how_many_are_rung_back() -> None:
    story = Story()
    story.opens()
    for number in (NUMBER, OTHER):
        story.joins(number)
    story.telephony_goes_down()
    story.telephony_comes_up()
    [(actor, _, detail)] = audit(story, "activation.ring_back")
    assert (actor, detail) == ("samband", {"conference": CONFERENCE, "lost": 2})


# --- radio ---


def test_the_timeline_says_from_when_to_when_a_talkgroup_was_linked_and_by_which_terminal() -> None:
    story = patched()
    assert timeline(story, RadioNote.PATCHED) == [(RADIO_VOICE, {"gssi": GROUP, "terminal": TERMINAL})]
    assert (RADIO_VOICE, {"name": "Ledning", "by": "radio"}) in timeline(story, ConferenceNote.JOINED)
    story.asks(RemovePatch(CONFERENCE, PATCH))
    story.happens(SaidOnAir(story.now_s, PATCH))
    assert timeline(story, RadioNote.UNPATCHED) == [(RADIO_VOICE, {"gssi": GROUP})]
    added = {"gssi": GROUP, "terminal": TERMINAL, "conference": CONFERENCE}
    assert audit(story, "patch.add") == [("test", PATCH, added)]
    assert audit(story, "patch.remove") == [("test", PATCH, {"gssi": GROUP, "terminal": TERMINAL})]


def test_a_talkgroup_that_is_linked_to_the_end_is_unlinked_in_the_timeline_with_the_meeting() -> None:
    story = patched(notice=False)
    story.asks(EndConference(CONFERENCE))
    story.passes(60)
    assert timeline(story, RadioNote.UNPATCHED) == [(RADIO_VOICE, {"gssi": GROUP})]


def test_the_timeline_says_who_asked_for_a_talkgroup_and_who_approved() -> None:
    story = meeting()
    story.terminal_is(READY)
    story.patches(approval_required=True)
    assert timeline(story, RadioNote.PATCH_ASKED) == [(None, {"gssi": GROUP, "by": "test"})]
    story.asks(ApprovePatch(CONFERENCE, PATCH), actor="colleague")
    assert timeline(story, RadioNote.PATCH_APPROVED) == [(None, {"gssi": GROUP, "by": "colleague"})]
    assert audit(story, "patch.approve") == [("colleague", PATCH, {"gssi": GROUP, "asked_by": "test"})]


def test_the_timeline_says_who_talked_by_radio_and_for_how_long() -> None:
    story = patched()
    story.radio_user_talks(FIELD)
    story.passes(3.25)
    story.radio_user_talks(FIELD)
    story.radio_user_stops()
    known = {"issi": FIELD, "gssi": GROUP}
    assert timeline(story, RadioNote.RADIO_TALK_STARTED) == [(RADIO_VOICE, known)]
    assert timeline(story, RadioNote.RADIO_TALK_STOPPED) == [(RADIO_VOICE, {**known, "duration_s": 3.25})]


def test_the_timeline_says_from_when_to_when_we_were_on_the_air_and_the_talker_hears_the_end() -> None:
    story = patched()
    story.talks(BO)
    story.speech_begins()
    story.network_grants()
    assert story.said_to(BO)[-1] == radio_prompts.TONE_PERMIT
    story.passes(2.5)
    story.speech_drains()
    assert story.said_to(BO)[-1] == radio_prompts.TONE_END
    assert radio_prompts.TONE_END not in story.said_to(HOST), "who does not talk hears no tone"
    assert timeline(story, RadioNote.TRANSMISSION_STARTED) == [(RADIO_VOICE, {"gssi": GROUP})]
    assert timeline(story, RadioNote.TRANSMISSION_STOPPED) == [(RADIO_VOICE, {"gssi": GROUP, "duration_s": 2.5})]


def test_a_meeting_that_went_on_by_radio_alone_says_for_how_long_and_why() -> None:
    story = patched()
    story.telephony_goes_down("Asterisk is gone")
    story.passes(story.policy[RadioPolicy].fallback_s)
    assert timeline(story, RadioNote.RADIO_ONLY_STARTED) == [(None, {})]
    assert audit(story, "conference.radio_only") == [("samband", CONFERENCE, {"reason": "Asterisk is gone"})]
    story.passes(7.5)
    story.telephony_comes_up()
    assert timeline(story, RadioNote.RADIO_ONLY_ENDED) == [(None, {"after_s": 7.5})]
    story.telephony_goes_down()
    story.telephony_comes_up()
    assert len(timeline(story, RadioNote.RADIO_ONLY_ENDED)) == 1


def combined() -> Story:
    """Two talkgroups on two terminals in one conference."""
    story = patched()
    story.terminal_is(READY, gssi=Gssi(2002), terminal=SPARE)
    second = AddPatch(CONFERENCE, SECOND, ParticipantId("prt-2"), SPARE, Gssi(2002), "Annan")
    assert isinstance(story.asks(second), Done)
    return story


def test_talkgroups_that_are_linked_already_are_told_once_in_timeline_audit_and_to_the_host() -> None:
    story = combined()
    for _ in range(2):
        story.happens(RadioTalkStarted(story.now_s, SPARE, Gssi(2002), Issi(1001)))
    assert timeline(story, RadioNote.RADIO_LOOP) == [(ParticipantId("prt-2"), {"gssi": 2002, "issi": 1001})]
    assert audit(story, "radio.loop") == [("samband", SECOND, {"gssi": 2002, "issi": 1001})]
    assert story.said_to(HOST).count(radio_prompts.RADIO_LOOP) == 1


@pytest.mark.parametrize(("apart_s", "is_loop"), [(1.0, True), (1.1, False)])
def test_one_user_who_begins_in_two_groups_within_a_second_is_a_loop_and_later_is_none(
    apart_s: float, is_loop: bool
) -> None:
    story = combined()
    story.radio_user_talks(FIELD)
    story.passes(apart_s)
    story.happens(RadioTalkStarted(story.now_s, SPARE, Gssi(2002), FIELD))
    assert bool(timeline(story, RadioNote.RADIO_LOOP)) is is_loop


@pytest.mark.parametrize(("lasts_s", "is_kept"), [(0.45, False), (0.5, True)])
def test_a_press_of_half_a_second_asks_for_the_word_and_a_shorter_one_does_not(lasts_s: float, is_kept: bool) -> None:
    story = patched()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.radio_user_talks(FIELD)
    story.passes(lasts_s)
    story.radio_user_stops()
    assert (RADIO_VOICE in story.floor.queue) is is_kept


def test_a_spare_that_takes_over_is_in_timeline_and_audit_with_both_terminals() -> None:
    trunks = (TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100),)
    story = patched(Policy(CalloutPolicy(trunks=trunks), RadioPolicy(terminals=(TerminalPolicy(SPARE, spare=True),))))
    story.terminal_is(READY, gssi=None, terminal=SPARE)
    story.terminal_is(ABSENT)
    story.passes(story.policy[RadioPolicy].takeover_s)
    known = {"gssi": GROUP, "old": TERMINAL, "new": SPARE}
    assert timeline(story, RadioNote.TERMINAL_REPLACED) == [(RADIO_VOICE, known)]
    assert audit(story, "patch.take_over") == [("samband", PATCH, known)]
    assert radio_prompts.RADIO_SPARE in story.said_to(HOST)


def test_speech_that_was_lost_and_a_noise_that_keyed_the_radio_are_in_the_audit() -> None:
    story = patched()
    story.happens(SpeechLost(story.now_s, PATCH, 120))
    assert audit(story, "radio.speech_lost") == [("samband", PATCH, {"lost_ms": 120})]
    for stuck in (True, False):
        story.happens(VoiceStuck(story.now_s, PATCH, stuck))
    assert audit(story, "radio.voice_stuck") == [("samband", PATCH, {"gssi": GROUP})]
    assert story.said_to(HOST).count(radio_prompts.RADIO_STUCK) == 1


def test_an_emergency_on_the_talkgroup_is_in_the_timeline() -> None:
    story = patched()
    story.radio_user_talks(FIELD, emergency=True)
    assert timeline(story, RadioNote.EMERGENCY) == [(RADIO_VOICE, {"issi": FIELD})]


def test_an_ended_recording_of_nobody_is_no_line_of_the_timeline() -> None:
    story = meeting()
    story.happens(RecordingStarted(story.now_s, RecordingId("rec-nobodys")))
    assert timeline(story, RecordingNote.RECORDING_STARTED) == []


# --- to who looks on, and to who asked ---


def test_a_terminal_and_telephony_are_shown_when_they_change() -> None:
    story = meeting()
    changed = TerminalChanged(
        story.now_s,
        TERMINAL,
        READY,
        None,
        Issi(1001),
        GROUP,
        -71,
        "MTM5400",
        88,
        ("weak_signal",),
        (1.0,),
        (),
        "38400 baud",
    )
    assert Seen("terminal", TERMINAL) in story.happens(changed).seen
    view = story.node[TERMINALS][TERMINAL]
    assert (view.state, view.reason, view.issi, view.gssi) == ("ready", None, 1001, GROUP)
    assert (view.signal_dbm, view.model, view.battery_percent) == (-71, "MTM5400", 88)
    assert (view.alarms, view.alarm_times_s, view.detail) == (("weak_signal",), (1.0,), {"line": "38400 baud"})
    story.terminal_is(ABSENT, reason="unplugged")
    assert (story.node[TERMINALS][TERMINAL].reason, story.node[TERMINALS][TERMINAL].detail) == (
        because("unplugged"),
        {},
    )
    assert Seen("telephony", "asterisk") in story.happens(TelephonyDown(story.now_s, because("gone"))).seen
    assert Seen("telephony", "asterisk") in story.happens(TelephonyUp(story.now_s, (), frozenset(), frozenset())).seen


def is_refused(story: Story, command: Command, actor: str = "test") -> Refused:
    reply = story.asks(command, actor)
    assert isinstance(reply, Refused), reply
    return reply


def test_what_may_be_asked_for_again_is_told_apart_from_what_is_refused_for_good() -> None:
    story = patched(keying=Keying.KEY)
    bo, host = story.who(BO).id, story.who(HOST).id
    assert isinstance(story.asks(KeyRadio(CONFERENCE, host, True)), Done)
    assert is_refused(story, KeyRadio(CONFERENCE, bo, True)).retry, "another has keyed the radio"
    other = AddPatch(CONFERENCE, SECOND, ParticipantId("prt-2"), None, Gssi(2002), "Annan", terminals=(TERMINAL,))
    assert is_refused(story, other).retry, "its terminal is in use"
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.terminal_is(ABSENT)
    assert is_refused(story, GiveFloor(CONFERENCE, RADIO_VOICE)).retry, "the talkgroup is out of reach"
    line = story.calls("late")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    assert is_refused(story, RequestFloor(CONFERENCE, story.who("late").id)).retry, "still on the way in"
    story.asks(RemovePatch(CONFERENCE, PATCH, at_once=True))
    assert not is_refused(story, KeyRadio(CONFERENCE, bo, True)).retry, "nothing is keyed by key"
    assert not is_refused(story, GiveFloor(CONFERENCE)).retry, "nobody waits"


def test_a_wish_that_is_refused_changes_nothing_and_is_written_nowhere() -> None:
    story = meeting()
    before = (story.node, len(story.records), len(story.notes), len(story.audited))
    nobody = ParticipantId("prt-nobody")
    for command in (
        SetMuted(CONFERENCE, nobody, True),
        RemoveParticipant(CONFERENCE, nobody),
        RequestFloor(CONFERENCE, nobody),
        GiveFloor(CONFERENCE, nobody),
        GiveFloor(CONFERENCE),
        KeyRadio(CONFERENCE, nobody, True),
        RemovePatch(CONFERENCE, PATCH),
        ApprovePatch(CONFERENCE, PATCH),
        ExtendPatch(CONFERENCE, PATCH, 600),
        SetPatch(CONFERENCE, PATCH, Keying.KEY),
        CancelActivation(ActivationId("act-nobodys")),
        EndConference(ConferenceId("cnf-nobodys")),
    ):
        is_refused(story, command)
    assert (story.node, len(story.records), len(story.notes), len(story.audited)) == before


def test_who_has_left_cannot_be_muted_or_removed() -> None:
    story = meeting()
    bo = story.who(BO).id
    story.hangs_up(BO)
    for command in (SetMuted(CONFERENCE, bo, True), RemoveParticipant(CONFERENCE, bo)):
        assert is_refused(story, command).code == "conflict"


def test_all_hear_that_the_host_switched_the_recording_on_and_off_by_key() -> None:
    story = meeting()
    host = ChannelId(HOST)
    story.keys(host, "*9")
    [order] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, order.recording))
    assert recording_prompts.MEETING_RECORDING_STARTED in story.said_to(HOST)
    assert recording_prompts.MEETING_RECORDING_STARTED in story.said_to(BO)
    story.keys(host, "*9")
    assert announced(story) == [recording_prompts.MEETING_RECORDING_STOPPED]
