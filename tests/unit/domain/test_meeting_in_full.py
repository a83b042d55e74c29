"""A meeting's recording, its talkgroup's turns and its end in full: orders, records and words."""

import pytest

from bridge.domain.conference import prompts
from bridge.domain.conference.commands import EndConference, GiveFloor, SetFloorMode, SetMuted
from bridge.domain.conference.effects import WithdrawCodes
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    ROOMS,
    ConferenceRecording,
    ConferenceState,
    FloorMode,
    RecordingState,
    Role,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.events import TimerDue
from bridge.domain.kernel.ids import ChannelId, Gssi, Issi, MixId, ParticipantId, PatchId, RecordingId
from bridge.domain.kernel.journal import Audit, Note, NoteKind
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio import prompts as radio_prompts
from bridge.domain.radio.commands import AddPatch, RemovePatch, SetPatch
from bridge.domain.radio.effects import (
    ArmVoice,
    CeaseTransmit,
    ClosePath,
    DemandTransmit,
    DropVoice,
    OpenPath,
    SayOnAir,
    SelectTalkgroup,
    SetRadioHeard,
    StartTrack,
    StopTrack,
)
from bridge.domain.radio.events import PathUp, RadioTalkStarted, RadioTalkStopped, TerminalState
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.passing import LOOPS, REFUSALS
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.reasons import PatchReason
from bridge.domain.radio.records import PATCHES, Keying, PatchState, Precedence
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.recording import prompts as recording_prompts
from bridge.domain.recording.commands import SetRecording
from bridge.domain.recording.effects import ArchiveRecording, StartRecording, StopRecording
from bridge.domain.recording.events import RecordingArchived, RecordingEnded, RecordingFailed, RecordingStarted
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording
from bridge.domain.recording.timers import RecordingTimer
from bridge.domain.telephony.effects import Announce, DestroyMix, HangUpLeg
from bridge.domain.telephony.events import LiveChannel
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, RADIO_VOICE, SPARE, TERMINAL, Story

HOST, BO = "host", "bo"
FIELD = Issi(1_002_001)
READY, ABSENT = TerminalState.READY, TerminalState.ABSENT
OTHER_PATCH = PatchId("pat-00000000000000000000000002")
OTHER_GROUP = Gssi(GROUP + 1)


def meeting(*, recorded: bool = False, policy: Policy | None = None) -> Story:
    story = Story(policy, terminals=(TERMINAL, SPARE))
    story.opens(recorded=recorded)
    story.joins(HOST, Role.HOST)
    story.joins(BO)
    return story


def patched(*, recorded: bool = False, policy: Policy | None = None, **more: object) -> Story:
    story = meeting(recorded=recorded, policy=policy)
    story.terminal_is(READY)
    story.patches(**more)
    story.happens(PathUp(story.now_s, PATCH))
    story.forget_effects()
    return story


def linked() -> Story:
    """Two talkgroups in one meeting."""
    story = patched()
    story.terminal_is(READY, gssi=OTHER_GROUP, terminal=SPARE)
    other = ParticipantId("prt-radio00000000000000000002")
    story.asks(AddPatch(CONFERENCE, OTHER_PATCH, other, SPARE, OTHER_GROUP, "Sjukvård"))
    story.happens(PathUp(story.now_s, OTHER_PATCH))
    story.forget_effects()
    return story


def recording_of(story: Story) -> RecordingId:
    recording = story.conference.recording.recording
    assert recording is not None
    return recording


def runs(story: Story) -> RecordingId:
    """The recording that was ordered has begun."""
    recording = recording_of(story)
    story.happens(RecordingStarted(story.now_s, recording))
    return recording


def kept(story: Story, recording: RecordingId) -> Recording:
    return [one for one in story.records if isinstance(one, Recording) and one.id == recording][-1]


def notes(story: Story, kind: NoteKind) -> list[dict[str, object]]:
    return [dict(one.detail) for one in story.notes if isinstance(one, Note) and one.kind is kind]


def audits(story: Story, action: str) -> list[dict[str, object]]:
    return [dict(one.detail) for one in story.audited if isinstance(one, Audit) and one.action == action]


def announced(story: Story) -> list[Prompt]:
    return [prompt for one in story.done(Announce) for prompt in one.prompts]


def on_air(story: Story) -> list[Prompt]:
    return [prompt for one in story.done(SayOnAir) for prompt in one.prompts]


# --- recording ---


def test_a_recording_is_kept_from_its_order_to_the_archive() -> None:
    story = meeting(recorded=True)
    recording = recording_of(story)
    assert story.done(StartRecording) == [StartRecording(MIX, recording)]
    ordered = Recording(recording, CONFERENCE, story.now_s, room=MIX)
    assert kept(story, recording) == ordered
    story.passes(1)
    began_s = story.now_s
    story.happens(RecordingStarted(story.now_s, recording))
    assert story.conference.recording == ConferenceRecording(True, RecordingState.ON, recording)
    story.passes(60)
    story.happens(RecordingStarted(story.now_s, recording))
    assert kept(story, recording).started_at_s == began_s, "told twice it began when it did"
    assert len(notes(story, RecordingNote.RECORDING_STARTED)) == 1
    story.asks(SetRecording(CONFERENCE, False))
    assert story.conference.recording == ConferenceRecording(False, RecordingState.STOPPING, recording)
    story.happens(RecordingEnded(story.now_s, recording, 59.5))
    assert story.conference.recording == ConferenceRecording()
    ended_s = story.now_s
    assert (kept(story, recording).state, kept(story, recording).ended_at_s, kept(story, recording).duration_s) == (
        ArchiveState.SPOOLED,
        ended_s,
        59.5,
    )
    story.passes(3)
    story.happens(RecordingArchived(story.now_s, recording, "2027/a.flac", "ab" * 32, 59.25))
    archived = kept(story, recording)
    assert (archived.state, archived.file, archived.sha256, archived.duration_s, archived.ended_at_s) == (
        ArchiveState.ARCHIVED,
        "2027/a.flac",
        "ab" * 32,
        59.25,
        ended_s,
    )
    assert recording not in story.node[RECORDINGS]
    story.happens(RecordingArchived(story.now_s, recording, "2027/b.flac", "cd" * 32, 1.0))
    assert kept(story, recording) == archived


def test_recording_that_is_switched_on_twice_is_one_and_switched_off_twice_is_stopped_once() -> None:
    story = meeting()
    for _ in range(2):
        story.asks(SetRecording(CONFERENCE, True))
    assert len(story.done(StartRecording)) == 1
    runs(story)
    story.asks(SetRecording(CONFERENCE, True))
    assert len(story.done(StartRecording)) == 1
    for _ in range(2):
        story.asks(SetRecording(CONFERENCE, False))
    assert len(story.done(StopRecording)) == 1
    assert announced(story) == [recording_prompts.MEETING_RECORDING_STOPPED]
    assert [len(audits(story, f"recording.{act}")) for act in ("start", "stop")] == [3, 2]


def test_the_hosts_key_switches_recording_on_and_off_and_each_is_audited_and_announced() -> None:
    story = meeting()
    story.keys(ChannelId(HOST), "*9")
    assert story.conference.recording.state is RecordingState.STARTING
    story.keys(ChannelId(HOST), "*9")
    assert story.conference.recording.state is RecordingState.STOPPING
    assert announced(story) == [recording_prompts.MEETING_RECORDING_STOPPED]
    assert [one["by"] for one in (*audits(story, "recording.start"), *audits(story, "recording.stop"))] == ["key"] * 2


def test_a_recording_that_fails_is_told_once_and_tried_every_half_minute_while_somebody_is_there() -> None:
    story = meeting(recorded=True)
    for times in (1, 2, 3):
        recording = recording_of(story)
        story.fails(story.done(StartRecording)[-1], reason="disk full")
        assert story.conference.recording == ConferenceRecording(
            True, RecordingState.FAILED, failure=because("disk full")
        )
        assert (kept(story, recording).state, kept(story, recording).ended_at_s) == (ArchiveState.FAILED, story.now_s)
        assert announced(story) == [recording_prompts.MEETING_RECORDING_FAILED]
        assert len(audits(story, "recording.failed")) == times
        story.passes(29.9)
        assert len(story.done(StartRecording)) == times
        story.passes(0.1)
        assert len(story.done(StartRecording)) == times + 1
    assert story.conference.recording.failure == because("disk full"), "until it runs"
    runs(story)
    assert story.conference.recording.failure is None
    assert recording_prompts.MEETING_RECORDING_STARTED in story.said_to(HOST)


def test_a_failed_recording_of_an_empty_meeting_begins_with_the_next_to_come() -> None:
    story = meeting(recorded=True)
    story.fails(story.done(StartRecording)[-1])
    for one in (HOST, BO):
        story.hangs_up(one)
    story.passes(30)
    assert story.conference.recording == ConferenceRecording(wanted=True)
    assert len(story.done(StartRecording)) == 1
    story.joins(BO)
    assert len(story.done(StartRecording)) == 2


@pytest.mark.parametrize("on", [True, False])
def test_a_failed_recording_that_is_switched_while_nobody_is_there_is_failed_no_more(on: bool) -> None:
    story = meeting(recorded=True)
    story.fails(story.done(StartRecording)[-1])
    for one in (HOST, BO):
        story.hangs_up(one)
    story.asks(SetRecording(CONFERENCE, on))
    assert story.conference.recording == ConferenceRecording(wanted=on)


def test_an_empty_meeting_that_is_to_be_recorded_is_so_with_the_first_and_closed_a_minute_after_the_last() -> None:
    story = meeting(recorded=True)
    recording = runs(story)
    for one in (BO, HOST):
        story.hangs_up(one)
    story.passes(59.9)
    assert story.done(StopRecording) == []
    story.passes(0.1)
    assert story.done(StopRecording) == [StopRecording(MIX, recording)]
    assert story.conference.recording == ConferenceRecording(True, RecordingState.STOPPING, recording)
    assert recording_prompts.MEETING_RECORDING_STOPPED not in announced(story), "nobody is there"
    story.happens(RecordingEnded(story.now_s, recording, 1.0))
    assert story.done(StartRecording) == [StartRecording(MIX, recording)]
    story.joins(BO)
    assert len(story.done(StartRecording)) == 2


def test_a_timer_of_a_failed_recording_that_was_under_way_starts_none_that_runs_or_is_not_wanted() -> None:
    story = meeting(recorded=True)
    runs(story)
    due = TimerKey(RecordingTimer.RECORDING, CONFERENCE)
    story.happens(TimerDue(story.now_s, due))
    assert len(story.done(StartRecording)) == 1
    story = meeting(recorded=True)
    story.fails(story.done(StartRecording)[-1])
    story.asks(SetRecording(CONFERENCE, False))
    story.happens(TimerDue(story.now_s, due))
    assert len(story.done(StartRecording)) == 1


def test_a_file_that_is_in_the_archive_cannot_fail_and_an_old_one_does_not_fail_the_meetings() -> None:
    story = meeting(recorded=True)
    first = runs(story)
    story.happens(RecordingEnded(story.now_s, first, 1.0))
    second = recording_of(story)
    assert second != first
    story.happens(RecordingFailed(story.now_s, first, because("there is no file")))
    assert kept(story, first).state is ArchiveState.FAILED
    assert recording_of(story) == second
    assert story.conference.recording.state is RecordingState.STARTING
    assert announced(story) == []


# --- a talkgroup's track ---


def test_a_track_follows_the_recording_and_one_that_failed_is_tried_after_half_a_minute() -> None:
    story = patched(recorded=True)
    assert story.done(StartTrack) == [], "the meeting's own has not begun"
    runs(story)
    [first] = story.done(StartTrack)
    assert kept(story, first.recording) == Recording(first.recording, CONFERENCE, story.now_s, patch=PATCH, gssi=GROUP)
    story.fails(first, reason="disk full")
    retry = TimerKey(RadioTimer.TRACK, PATCH)
    assert story.timers[retry] == story.now_s + 30
    story.passes(30)
    second = story.done(StartTrack)[-1]
    assert second.recording != first.recording
    story.fails(first)
    assert retry not in story.timers, "what is said of the old one tries nothing"
    story.happens(TimerDue(story.now_s, retry))
    assert story.patch.track == second.recording, "one that runs is not begun anew"
    story.asks(SetRecording(CONFERENCE, False))
    assert story.done(StopTrack) == [StopTrack(PATCH, second.recording)]
    assert story.patch.track is None


def test_a_track_ends_with_its_path_and_nothing_more_is_ordered_of_it() -> None:
    story = patched(recorded=True)
    runs(story)
    assert len(story.done(StartTrack)) == 1
    story.asks(RemovePatch(CONFERENCE, PATCH, at_once=True))
    assert story.done(ClosePath) == [ClosePath(PATCH)]
    assert story.done(StopTrack) == []


def test_by_radio_alone_the_track_runs_where_the_meeting_was_to_be_recorded() -> None:
    for recorded in (True, False):
        story = patched(recorded=recorded)
        story.telephony_goes_down()
        story.passes(story.policy[RadioPolicy].fallback_s)
        assert bool(story.done(StartTrack)) is recorded


# --- the talkgroup ---


@pytest.mark.parametrize("keying", list(Keying))
def test_nothing_is_ordered_of_a_path_that_is_not_there(keying: Keying) -> None:
    story = meeting()
    story.patches(keying=keying, approval_required=True, terminal=None)
    assert [one for one in story.effects if isinstance(one, ArmVoice | OpenPath | SetRadioHeard)] == []
    story = patched(keying=keying)
    fresh = story.restarted()
    assert fresh.done(ArmVoice) == []
    fresh.telephony_comes_up()
    wanted: list[DeviceEffect] = [OpenPath(PATCH, TERMINAL, MIX)]
    if keying is not Keying.VOICE:
        wanted.append(ArmVoice(PATCH, False))
    assert [one for one in fresh.effects if isinstance(one, ArmVoice | OpenPath)] == wanted


def test_a_report_that_says_nothing_new_orders_and_writes_nothing() -> None:
    story = patched()
    for state in (READY, ABSENT):
        story.terminal_is(state)
        before = story.patch
        story.forget_effects()
        story.terminal_is(state)
        assert story.patch == before
        assert [one for one in story.effects if isinstance(one, DeviceEffect)] == [], state


def test_a_terminal_away_says_why_and_else_its_state() -> None:
    story = patched()
    story.terminal_is(ABSENT, reason="unplugged")
    assert story.patch.reason == because("unplugged")
    story.terminal_is(ABSENT)
    assert story.patch.reason == PatchReason.TERMINAL_NOT_READY(state="absent")


def test_a_talkgroup_that_is_refused_is_asked_for_by_its_own_timer_until_the_terminal_was_away() -> None:
    story = patched()
    story.terminal_is(READY, gssi=OTHER_GROUP)
    assert story.patch.reason == PatchReason.BEING_SET()
    story.fails(SelectTalkgroup(TERMINAL, GROUP))
    pauses = []
    for _ in range(6):
        story.forget_effects()
        began_s = story.now_s
        while not story.done(SelectTalkgroup):
            story.passes(1)
        pauses.append(story.now_s - began_s)
        story.fails(SelectTalkgroup(TERMINAL, GROUP))
    assert pauses == [5, 10, 20, 40, 80, 120]
    assert story.node[REFUSALS][PATCH] == 7
    story.forget_effects()
    story.terminal_is(READY, gssi=OTHER_GROUP)
    assert story.done(SelectTalkgroup) == [], "a report asks for nothing"
    story.terminal_is(ABSENT)
    assert PATCH not in story.node[REFUSALS]
    story.terminal_is(READY, gssi=OTHER_GROUP)
    assert story.done(SelectTalkgroup) == [SelectTalkgroup(TERMINAL, GROUP)]
    assert len(audits(story, "radio.not_selected")) == 1


def test_the_link_is_told_in_words_the_first_time_and_to_the_hosts_alone_after_that() -> None:
    for recorded, said in (
        (True, [radio_prompts.AIR_OPENED, radio_prompts.AIR_RECORDED]),
        (False, [radio_prompts.AIR_OPENED]),
    ):
        story = meeting(recorded=recorded)
        story.terminal_is(READY)
        story.patches()
        assert on_air(story) == said
        assert story.said_to(BO)[-1] == radio_prompts.RADIO_PATCHED
        story.forget_effects()
        story.terminal_is(ABSENT)
        story.terminal_is(READY)
        assert on_air(story) == []
        assert (story.said_to(HOST)[-1], story.said_to(BO)) == (radio_prompts.RADIO_BACK, [])
        assert story.done(DropVoice) == [DropVoice(PATCH, 10.0)]


def test_who_talks_to_a_talkgroup_out_of_reach_is_told_only_where_the_way_to_the_air_is_open() -> None:
    for keying in (Keying.VOICE, Keying.KEY):
        story = patched(keying=keying)
        story.talks(BO)
        story.talks(HOST)
        story.terminal_is(ABSENT)
        assert story.said_to(BO) == ([radio_prompts.RADIO_LOST] if keying is Keying.VOICE else [])
        assert story.said_to(HOST) == [radio_prompts.RADIO_LOST], "once"


def test_sound_of_another_group_or_from_outside_the_network_is_nobodys_here() -> None:
    story = patched()
    story.happens(RadioTalkStarted(story.now_s, TERMINAL, OTHER_GROUP, FIELD))
    assert story.patch.state is PatchState.IDLE
    story.happens(RadioTalkStarted(story.now_s, TERMINAL, None, FIELD))
    assert (story.patch.state, story.patch.talker) == (PatchState.RECEIVING, FIELD)


def test_a_talker_whose_name_comes_later_is_the_same_and_another_name_is_another() -> None:
    story = patched()
    story.happens(RadioTalkStarted(story.now_s, TERMINAL, GROUP, None))
    began_s = story.now_s
    story.passes(1)
    story.radio_user_talks(FIELD)
    assert (story.patch.talker, story.patch.talk_began_at_s) == (FIELD, began_s)
    story.passes(1)
    story.happens(RadioTalkStarted(story.now_s, TERMINAL, GROUP, None))
    assert (story.patch.talker, story.patch.talk_began_at_s) == (FIELD, began_s), "a repeat takes no name away"
    story.radio_user_talks(FIELD + 1)
    assert (story.patch.talker, story.patch.talk_began_at_s) == (FIELD + 1, story.now_s)
    assert [one["issi"] for one in notes(story, RadioNote.RADIO_TALK_STARTED)] == [0, FIELD, FIELD + 1]


def test_our_own_terminal_heard_in_the_other_group_is_a_loop_and_what_is_left_of_it_is_dropped() -> None:
    story = linked()
    own = Issi(1002)
    story.radio_user_talks(own)
    assert story.patch.looped
    assert story.done(SetRadioHeard) == []
    assert story.done(DropVoice) == [DropVoice(PATCH)]
    assert story.done(ArmVoice) == [ArmVoice(PATCH, False)]
    assert notes(story, RadioNote.RADIO_LOOP) == [{"gssi": GROUP, "issi": own}]
    assert audits(story, "radio.loop") == [{"gssi": GROUP, "issi": own}]
    assert story.said_to(HOST) == [radio_prompts.RADIO_LOOP]
    story.radio_user_talks(own)
    assert len(notes(story, RadioNote.RADIO_LOOP)) == 1
    story.radio_user_stops()
    assert not story.patch.looped
    assert story.done(ArmVoice)[-1] == ArmVoice(PATCH, True)
    assert story.done(DropVoice) == [DropVoice(PATCH)] * 2
    story.radio_user_talks(1001)
    assert not story.patch.looped, "the terminal's own name is a radio user's on its own group"


@pytest.mark.parametrize(("after_s", "looped"), [(0.0, True), (1.0, True), (1.1, False)])
def test_one_user_who_begins_in_both_groups_within_a_second_is_let_through_in_one(after_s: float, looped: bool) -> None:
    story = linked()
    story.radio_user_talks(FIELD)
    story.passes(after_s)
    story.happens(RadioTalkStarted(story.now_s, SPARE, OTHER_GROUP, FIELD))
    assert story.node[PATCHES][OTHER_PATCH].looped is looped
    assert not story.patch.looped


@pytest.mark.parametrize(("after_s", "suspected"), [(0.0, True), (1.0, True), (1.1, False)])
def test_a_nameless_talker_a_moment_after_our_own_start_is_taken_for_us_the_third_time(
    after_s: float, suspected: bool
) -> None:
    story = linked()
    for times in (1, 2, 3):
        story.speech_begins()
        story.network_grants()
        story.passes(after_s)
        story.happens(RadioTalkStarted(story.now_s, SPARE, OTHER_GROUP, None))
        other = story.node[PATCHES][OTHER_PATCH]
        assert other.looped is (suspected and times == 3)
        assert story.node[LOOPS][OTHER_PATCH] == (times if suspected else 0)
        story.happens(RadioTalkStarted(story.now_s, SPARE, OTHER_GROUP, None))
        assert story.node[PATCHES][OTHER_PATCH].looped is other.looped, "a repeat changes nothing"
        story.happens(RadioTalkStopped(story.now_s, SPARE))
        story.speech_drains()
        story.passes(5)
    told = [{"gssi": OTHER_GROUP, "issi": 0}] if suspected else []
    assert notes(story, RadioNote.RADIO_LOOP) == told, "a talker without a name has the number 0"
    assert audits(story, "radio.loop") == ([{"gssi": OTHER_GROUP, "issi": None}] if suspected else [])


@pytest.mark.parametrize(("talked_s", "waits"), [(0.4, False), (0.5, True)])
def test_a_press_of_half_a_second_asks_for_the_word_and_a_shorter_one_does_not(talked_s: float, waits: bool) -> None:
    story = patched()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.radio_user_talks(FIELD)
    story.passes(talked_s)
    story.radio_user_stops()
    assert (RADIO_VOICE in story.floor.queue) is waits


def test_a_radio_user_gives_the_word_on_with_the_end_of_their_turn_only_where_it_goes_in_order() -> None:
    for mode, keeps in ((FloorMode.QUEUE, False), (FloorMode.LECTURE, True)):
        story = patched()
        story.asks(SetFloorMode(CONFERENCE, mode))
        story.asks(GiveFloor(CONFERENCE, RADIO_VOICE))
        story.radio_user_talks(FIELD)
        story.passes(3)
        story.radio_user_stops()
        assert (story.floor.holder == RADIO_VOICE) is keeps


def test_the_gate_follows_mute_and_floor_and_shows_who_talks() -> None:
    story = patched()
    voice = story.node[PARTICIPANTS][RADIO_VOICE]
    assert not voice.talking
    story.radio_user_talks(FIELD)
    assert story.node[PARTICIPANTS][RADIO_VOICE].talking
    story.asks(SetMuted(CONFERENCE, RADIO_VOICE, True))
    assert not story.node[PARTICIPANTS][RADIO_VOICE].talking
    story.asks(SetMuted(CONFERENCE, RADIO_VOICE, False))
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.asks(GiveFloor(CONFERENCE, RADIO_VOICE))
    heard = [one.heard for one in story.done(SetRadioHeard)]
    assert heard == [True, False, True, False, True]


@pytest.mark.parametrize("closing", [False, True])
def test_a_talkgroup_hears_on_the_air_that_it_has_the_word_unless_it_is_taken_leave_of(closing: bool) -> None:
    story = patched()
    if closing:
        story.asks(RemovePatch(CONFERENCE, PATCH))
        story.forget_effects()
    story.asks(GiveFloor(CONFERENCE, RADIO_VOICE))
    assert (radio_prompts.AIR_FLOOR_YOURS in on_air(story)) is not closing
    story.forget_effects()
    story.asks(SetMuted(CONFERENCE, story.who(BO).id, True))
    assert on_air(story) == [], "once"


def test_breaking_in_is_asked_for_once_and_given_up_in_an_emergency() -> None:
    story = patched(precedence=Precedence.PHONE)
    story.talks(BO)
    story.radio_user_talks(FIELD)
    for _ in range(2):
        story.speech_begins()
    assert story.patch.breaking_in
    assert story.done(DemandTransmit) == [DemandTransmit(TERMINAL, GROUP, preempt=True)]
    story.radio_user_talks(FIELD, emergency=True)
    assert (story.patch.breaking_in, story.patch.emergency) == (False, True)
    assert CeaseTransmit(TERMINAL) in story.effects
    story.forget_effects()
    story.speech_begins()
    assert not story.patch.breaking_in
    assert story.said_to(HOST) == []


def test_a_turn_ends_with_kom_and_then_with_the_channel() -> None:
    story = patched(spoken_end=True)
    story.speech_begins()
    story.network_grants()
    story.forget_effects()
    story.speech_drains()
    assert (on_air(story), story.patch.ending, story.patch.state) == (
        [radio_prompts.AIR_OVER],
        True,
        PatchState.TRANSMITTING,
    )
    story.speech_drains()
    assert (on_air(story), story.patch.ending, story.patch.state) == (
        [radio_prompts.AIR_OVER],
        False,
        PatchState.IDLE,
    )
    assert story.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)]


# --- by radio alone ---


def test_by_radio_alone_is_told_to_each_meeting_once_and_never_where_the_setting_says_so() -> None:
    story = patched()
    story.telephony_goes_down()
    story.passes(10)
    assert on_air(story) == [radio_prompts.AIR_RADIO_ONLY]
    assert story.conference.radio_only_since_s == story.now_s
    story.passes(30)
    assert on_air(story) == [radio_prompts.AIR_RADIO_ONLY]
    story.telephony_comes_up()
    assert on_air(story) == [radio_prompts.AIR_RADIO_ONLY, radio_prompts.AIR_TELEPHONY_BACK]
    assert story.conference.radio_only_since_s is None
    assert notes(story, RadioNote.RADIO_ONLY_ENDED) == [{"after_s": 30.0}]
    never = patched(policy=Policy(RadioPolicy(fallback_s=0.0)))
    never.telephony_goes_down()
    assert not [key for key in never.timers if key.kind is RadioTimer.RADIO_ONLY]


def test_a_timer_of_the_radio_alone_that_was_under_way_when_telephony_came_back_says_nothing() -> None:
    story = patched()
    story.happens(TimerDue(story.now_s, TimerKey(RadioTimer.RADIO_ONLY, "telephony")))
    assert story.conference.radio_only_since_s is None
    assert story.effects == []


# --- the end ---


def test_a_meeting_ends_with_words_for_all_four_seconds_and_then_everything_is_taken_down() -> None:
    story = patched(recorded=True, notice=False)
    recording = runs(story)
    story.forget_effects()
    story.asks(EndConference(CONFERENCE))
    assert (story.conference.state, story.conference.ended_at_s) == (ConferenceState.ENDED, story.now_s)
    assert announced(story) == [prompts.MEETING_ENDED]
    assert story.done(WithdrawCodes) == [WithdrawCodes(CONFERENCE)]
    assert story.done(ArmVoice) == [ArmVoice(PATCH, False)]
    assert story.timers[TimerKey(ConferenceTimer.CONFERENCE_END, CONFERENCE)] == story.now_s + 4
    assert story.done(HangUpLeg) == []
    story.passes(4)
    assert sorted(one.channel for one in story.done(HangUpLeg)) == [BO, HOST]
    assert story.done(ClosePath) == [ClosePath(PATCH)]
    assert story.done(DestroyMix) == [DestroyMix(MIX)]
    assert story.done(StopRecording) == [StopRecording(MIX, recording)]
    assert not story.node[PARTICIPANTS]
    assert [one.closed_at_s for one in story.node[ROOMS].values()] == [story.now_s]
    story.happens(RecordingEnded(story.now_s, recording, 4.0))
    for track in [one.recording for one in story.done(StopTrack)]:
        story.happens(RecordingEnded(story.now_s, track, 4.0))
    for archive in story.done(ArchiveRecording):
        story.happens(RecordingArchived(story.now_s, archive.recording, "a.flac", "ab" * 32, 4.0))
    assert not story.node[CONFERENCES]
    assert not story.node[ROOMS]


def test_an_empty_meeting_is_taken_down_at_once() -> None:
    story = Story()
    story.opens()
    story.asks(EndConference(CONFERENCE))
    assert announced(story) == []
    assert story.done(DestroyMix) == [DestroyMix(MIX)]
    assert not story.node[CONFERENCES]
    assert not story.timers


def test_the_farewell_on_the_air_is_looked_at_every_second_and_waited_for_twenty() -> None:
    story = patched()
    story.asks(EndConference(CONFERENCE))
    assert on_air(story) == [radio_prompts.AIR_CLOSED]
    story.speech_begins()
    story.passes(4)
    assert story.timers[TimerKey(ConferenceTimer.CONFERENCE_END, CONFERENCE)] == story.now_s + 1
    story.passes(15.9)
    assert story.done(HangUpLeg) == []
    story.passes(0.1)
    assert len(story.done(HangUpLeg)) == 2


def test_a_talkgroup_out_of_reach_or_only_asked_for_holds_no_end() -> None:
    story = patched()
    story.terminal_is(ABSENT)
    story.forget_effects()
    story.asks(EndConference(CONFERENCE))
    assert on_air(story) == []
    story.passes(4)
    assert not story.node[CONFERENCES]


def test_the_second_key_of_an_end_is_audited_and_the_first_is_not() -> None:
    story = meeting()
    story.keys(ChannelId(HOST), "*#")
    assert audits(story, "conference.end") == []
    story.keys(ChannelId(HOST), "*#")
    [detail] = audits(story, "conference.end")
    assert (detail["by"], detail["name"]) == ("key", HOST)
    assert notes(story, ConferenceNote.ENDED) == [{}]
    story.keys(ChannelId(HOST), "*#*#")
    assert len(audits(story, "conference.end")) == 1


def test_the_mix_of_a_call_found_alive_after_the_end_is_left_to_those_who_are_hung_up() -> None:
    story = meeting()
    story.asks(EndConference(CONFERENCE))
    fresh = story.restarted()
    fresh.telephony_comes_up(LiveChannel(ChannelId(HOST), True, MIX), mixes=(MIX, MixId("mix-nobodys")))
    assert HangUpLeg(ChannelId(HOST)) in fresh.effects
    assert sorted({one.mix for one in fresh.done(DestroyMix)}) == [MIX, "mix-nobodys"]


def test_how_a_patch_is_keyed_is_told_to_its_path_only_when_that_changes_something() -> None:
    story = patched(keying=Keying.KEY)
    story.forget_effects()
    story.asks(SetPatch(CONFERENCE, PATCH, keying=Keying.FLOOR))
    assert story.done(ArmVoice) == []
    story.asks(GiveFloor(CONFERENCE, RADIO_VOICE))
    assert story.done(ArmVoice) == [], "a radio user's word opens no way to their own group"
    story.asks(GiveFloor(CONFERENCE, story.who(BO).id))
    assert story.done(ArmVoice) == [ArmVoice(PATCH, True)]
