"""Each participant in a track of their own: their voice as the meeting heard it, and nothing else."""

import pytest

from bridge.domain.conference.commands import SetFloorMode, SetMuted
from bridge.domain.conference.records import FloorMode, OffRecord, Role
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, MixId, RecordingId
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done
from bridge.domain.recording.commands import SetOffRecord, SetRecording
from bridge.domain.recording.effects import ArchiveRecording, SilenceRecording, StartLegTrack, StopLegTrack
from bridge.domain.recording.events import (
    LegTrackStopped,
    RecordingArchived,
    RecordingEnded,
    RecordingFailed,
    RecordingSilenced,
    RecordingStarted,
)
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.passing import TAPED
from bridge.domain.recording.policy import RecordingPolicy, Tracks
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording, RecordingKind
from bridge.domain.seattracks import following
from bridge.domain.seattracks.following import ANEW_S
from bridge.domain.siderooms.commands import Consult, OpenSideRoom, SendToRoom
from bridge.domain.siderooms.notes import SideRoomNote
from bridge.domain.siderooms.policy import SideRoomPolicy
from bridge.domain.telephony.events import LegHeld, LiveChannel, MixJoined
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, MIX, Story

HOST, ANNA = ChannelId("host"), ChannelId("anna")
NUMBER = "+46701740605"
LIVE = tuple(LiveChannel(one, answered=True, mix=MIX, caller="", number="") for one in (HOST, ANNA))


def meeting(tracks: Tracks = Tracks.PARTICIPANTS, *, consultations_recorded: bool = False) -> Story:
    """A host and another, recorded, each in a track of their own."""
    aside = SideRoomPolicy(consultations_recorded=consultations_recorded)
    story = Story(Policy(RecordingPolicy(tracks=tracks), aside))
    story.opens(recorded=True)
    story.joins(HOST, Role.HOST)
    line = story.calls(ANNA, caller=NUMBER)
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    story.happens(RecordingStarted(story.now_s, mix_of(story)))
    return story


def mix_of(story: Story) -> RecordingId:
    recording = story.conference.recording.recording
    assert recording is not None
    return recording


def track_of(story: Story, channel: ChannelId) -> Recording:
    [one] = [each for each in story.node[RECORDINGS].values() if each.seat == story.who(channel).id]
    return one


def stops(story: Story, channel: ChannelId) -> None:
    """Asterisk has ended the latest that was ordered to end."""
    order = [one for one in story.done(StopLegTrack) if one.channel == channel][-1]
    story.happens(LegTrackStopped(story.now_s, channel, order.recording))


def test_each_has_one_track_beside_the_mix_and_on_its_clock() -> None:
    story = meeting()
    tracks = [track_of(story, one) for one in (HOST, ANNA)]
    assert story.done(StartLegTrack) == [StartLegTrack(HOST, tracks[0].id), StartLegTrack(ANNA, tracks[1].id)]
    mix = story.node[RECORDINGS][mix_of(story)]
    assert {(one.kind, one.beside, one.started_at_s) for one in tracks} == {
        (RecordingKind.PARTICIPANT, mix.id, mix.started_at_s)
    }


def test_where_the_mix_is_enough_nobody_has_a_track() -> None:
    story = meeting(Tracks.MIX)
    assert story.done(StartLegTrack) == []
    assert [one.id for one in story.node[RECORDINGS].values()] == [mix_of(story)]


def by_themselves(story: Story) -> None:
    story.keys(ANNA, "*6")


def by_a_host(story: Story) -> None:
    story.asks(SetMuted(CONFERENCE, story.who(ANNA).id, True))


def by_the_floor(story: Story) -> None:
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))


def by_hold(story: Story) -> None:
    story.happens(LegHeld(story.now_s, ANNA))


@pytest.mark.parametrize("muted", [by_themselves, by_a_host, by_the_floor, by_hold])
def test_whoever_is_not_heard_is_not_in_their_track(muted: object) -> None:
    story = meeting()
    track = track_of(story, ANNA)
    assert callable(muted)
    muted(story)
    assert not story.is_heard(ANNA)
    assert story.done(StopLegTrack) == [StopLegTrack(ANNA, track.id)]


def test_who_is_heard_again_goes_on_in_the_same_track_once_the_part_before_has_ended() -> None:
    story = meeting()
    by_themselves(story)
    by_themselves(story)
    assert len(story.done(StartLegTrack)) == 2, "the end of the first part is not known yet"
    stops(story, ANNA)
    assert story.done(StartLegTrack)[2:] == [StartLegTrack(ANNA, track_of(story, ANNA).id)]


def aside(story: Story, command: Command, room: MixId) -> None:
    """Both are put there, and Asterisk has carried it out."""
    assert isinstance(story.asks(command), Done)
    for line in (HOST, ANNA):
        story.happens(MixJoined(story.now_s, line, room))
        if line in story.node[TAPED] and story.node[TAPED][line].stopping:
            stops(story, line)


def test_two_who_talk_in_private_are_in_no_track_meanwhile() -> None:
    story = meeting()
    talk = MixId("mix-talk")
    aside(story, Consult(CONFERENCE, talk, (story.who(HOST).id, story.who(ANNA).id)), talk)
    assert {one.channel for one in story.done(StopLegTrack)} == {HOST, ANNA}
    assert not story.node[TAPED]
    story.keys(ANNA, "#70")
    for line in (HOST, ANNA):
        story.happens(MixJoined(story.now_s, line, MIX))
    assert set(story.node[TAPED]) == {HOST, ANNA}


def test_where_the_keeper_wants_it_two_who_talk_in_private_stay_in_their_own_tracks() -> None:
    story = meeting(consultations_recorded=True)
    talk = MixId("mix-talk")
    aside(story, Consult(CONFERENCE, talk, (story.who(HOST).id, story.who(ANNA).id)), talk)
    assert story.done(StopLegTrack) == []
    assert set(story.node[TAPED]) == {HOST, ANNA}
    entered = [one for one in story.notes if isinstance(one, Note) and one.kind is SideRoomNote.SIDE_ROOM_ENTERED]
    assert [dict(one.detail)["recorded"] for one in entered] == [True, True]


def test_a_talk_in_private_that_began_unrecorded_is_in_no_track_when_the_meetings_recording_begins() -> None:
    story = meeting(consultations_recorded=True)
    story.asks(SetRecording(CONFERENCE, False))
    story.happens(RecordingEnded(story.now_s, mix_of(story), 10.0))
    for line in (HOST, ANNA):
        stops(story, line)
    talk = MixId("mix-talk")
    aside(story, Consult(CONFERENCE, talk, (story.who(HOST).id, story.who(ANNA).id)), talk)
    story.asks(SetRecording(CONFERENCE, True))
    story.happens(RecordingStarted(story.now_s, mix_of(story)))
    assert not story.node[TAPED]


def test_a_side_room_of_more_is_in_no_track_whatever_the_setting() -> None:
    story = meeting(consultations_recorded=True)
    room = MixId("mix-media")
    story.asks(OpenSideRoom(CONFERENCE, room, "Media"))
    aside(story, SendToRoom(CONFERENCE, room, (story.who(HOST).id, story.who(ANNA).id)), room)
    assert not story.node[TAPED]


def test_nobody_is_told_that_it_is_off_the_record_while_a_telephone_is_recorded() -> None:
    story = meeting()
    story.asks(SetOffRecord(CONFERENCE, True))
    [order] = story.done(SilenceRecording)
    story.happens(RecordingSilenced(story.now_s, order.recording, True, order.since_s))
    stops(story, HOST)
    assert story.conference.recording.off_record is OffRecord.SILENCED
    stops(story, ANNA)
    assert story.conference.recording.off_record is OffRecord.YES
    assert len(story.done(StartLegTrack)) == 2


def test_a_line_that_is_lost_and_comes_back_goes_on_in_the_same_track() -> None:
    story = meeting()
    track = track_of(story, ANNA)
    story.hangs_up(ANNA, cause=41)
    assert ANNA not in story.node[TAPED]
    back = story.answers(NUMBER)
    story.keys(back, "1")
    story.prompt_ends(back)
    story.happens(MixJoined(story.now_s, back, MIX))
    started = [one for one in story.done(StartLegTrack) if one.channel == back]
    assert [one.recording for one in started] == [track.id]


def test_the_mix_takes_its_tracks_along_to_the_archive_when_the_last_part_has_ended() -> None:
    story = meeting()
    track, mix = track_of(story, ANNA), mix_of(story)
    story.hangs_up(HOST)
    story.happens(RecordingEnded(story.now_s, mix, 60.0))
    assert track.id not in [one.recording for one in story.done(ArchiveRecording)]
    stops(story, ANNA)
    assert track.id in [one.recording for one in story.done(ArchiveRecording)]


def test_a_track_that_cannot_be_begun_is_tried_again_and_told_once() -> None:
    story = meeting()
    order = story.done(StartLegTrack)[-1]
    story.fails(order)
    story.passes(2)
    story.fails(order)
    story.passes(3)
    assert story.done(StartLegTrack).count(order) == 3
    told = [one for one in story.notes if isinstance(one, Note) and one.kind is RecordingNote.TRACK_FAILED]
    assert [one.participant for one in told] == [story.who(ANNA).id]


def test_a_track_that_could_not_be_begun_says_so_itself_until_it_is_in_the_archive() -> None:
    story = meeting()
    assert [one.fault for one in story.node[RECORDINGS].values()] == [None] * 3
    story.fails(story.done(StartLegTrack)[-1])
    broken = track_of(story, ANNA)
    assert broken.fault is not None
    assert broken.fault == broken.cut_short
    assert track_of(story, HOST).fault is None
    story.passes(2)
    story.restarted().is_over = True
    story.happens(RecordingEnded(story.now_s, mix_of(story), 60.0))
    by_themselves(story)
    stops(story, ANNA)
    story.happens(RecordingArchived(story.now_s, broken.id, "a.flac", "0" * 64, 60.0))
    kept = [one for one in story.records if isinstance(one, Recording) and one.id == broken.id]
    assert (kept[-1].state, kept[-1].fault) == (ArchiveState.ARCHIVED, broken.fault)


def test_a_track_of_which_nothing_was_recorded_says_why_it_could_not_be_begun() -> None:
    story = meeting()
    story.fails(story.done(StartLegTrack)[-1])
    broken = track_of(story, ANNA)
    nothing = because("there is no sound")
    story.happens(RecordingFailed(story.now_s, broken.id, nothing))
    kept = [one for one in story.records if isinstance(one, Recording) and one.id == broken.id]
    assert (kept[-1].state, kept[-1].failure, kept[-1].fault) == (ArchiveState.FAILED, nothing, broken.cut_short)


def test_an_end_that_is_not_certain_is_ordered_until_it_is() -> None:
    story = meeting()
    by_themselves(story)
    for _ in range(6):
        story.fails(story.done(StopLegTrack)[-1], Fate.UNKNOWN)
        story.passes(40)
    assert len(story.done(StopLegTrack)) == 7


def test_an_old_part_gives_way_to_a_new_one_at_a_pause_of_speech() -> None:
    story = meeting()
    story.talks(ANNA)
    story.falls_silent(ANNA)
    assert story.done(StopLegTrack) == []
    story.passes(ANEW_S)
    story.talks(ANNA)
    assert story.done(StopLegTrack) == []
    story.falls_silent(ANNA)
    assert [one.channel for one in story.done(StopLegTrack)] == [ANNA]


def test_after_a_restart_what_may_still_run_ends_before_anything_begins() -> None:
    story = meeting()
    track = track_of(story, ANNA)
    again = story.restarted()
    again.telephony_comes_up(*LIVE, mixes={MIX}, recordings={mix_of(story)})
    assert StopLegTrack(ANNA, track.id) in again.done(StopLegTrack)
    assert again.done(StartLegTrack) == []
    stops(again, ANNA)
    assert again.done(StartLegTrack) == [StartLegTrack(ANNA, track.id)]


def test_while_nothing_is_recorded_no_event_costs_a_look_at_every_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(Policy(RecordingPolicy(tracks=Tracks.PARTICIPANTS)))
    story.opens(recorded=False)
    looked_at: list[object] = []
    monkeypatch.setattr(following, "_follow", lambda *seen: looked_at.append(seen))
    story.joins(HOST, Role.HOST)
    story.talks(HOST)
    assert looked_at == []
