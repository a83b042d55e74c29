"""A conference in several rooms: each is a mix of its own, and everybody is brought back into theirs.

No rule opens a second room yet. Here it lies in the store, as a rule to come will have left it there.
"""

from dataclasses import replace

import pytest

from bridge.domain.conference import prompts
from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.records import (
    CONFERENCES,
    LEGS,
    PARTICIPANTS,
    ROOMS,
    Role,
    Room,
    RoomKind,
    SeatState,
)
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, MixId
from bridge.domain.radio.effects import OpenPath
from bridge.domain.radio.records import PATCHES
from bridge.domain.recording.effects import StartRecording, StopRecording
from bridge.domain.recording.events import RecordingStarted
from bridge.domain.recording.records import RECORDINGS
from bridge.domain.saved import Saved
from bridge.domain.telephony.effects import Announce, CreateMix, DestroyMix, JoinMix
from bridge.domain.telephony.events import LiveChannel, MixJoined
from tests.harness.story import CONFERENCE, GROUP, MIX, RADIO_VOICE, TERMINAL, Story

SIDE = MixId("mix-00000000000000000000000side")
HOST, ANNA = ChannelId("host"), ChannelId("anna")
TABLES = (CONFERENCES, ROOMS, PARTICIPANTS, LEGS, PATCHES, RECORDINGS)


def restarted(*, in_side: str) -> Story:
    """The controller died while one of those in the meeting sat in a side room."""
    story = Story()
    story.opens(recorded=True)
    story.joins("host", Role.HOST)
    story.joins("anna")
    story.patches()
    story.happens(RecordingStarted(story.now_s, story.done(StartRecording)[0].recording))
    story.is_over = True
    side = Room(SIDE, CONFERENCE, story.now_s, RoomKind.SIDE)
    kept = [record for table in TABLES for record in story.node[table].values()]
    seats = [replace(one, room=SIDE) for one in story.node[PARTICIPANTS].values() if one.name == in_side]
    fresh = Story(saved=Saved.of(*{one.id: one for one in (*kept, side, *seats)}.values()))
    fresh._counter = story._counter
    return fresh


def reconnects(story: Story, *, host: MixId, anna: MixId) -> None:
    lines = (LiveChannel(HOST, answered=True, mix=host), LiveChannel(ANNA, answered=True, mix=anna))
    story.telephony_comes_up(*lines, mixes=(MIX, SIDE), recordings=story.node[RECORDINGS])


def test_each_room_is_made_sure_of_and_none_is_taken_down() -> None:
    story = restarted(in_side="anna")
    reconnects(story, host=MIX, anna=SIDE)
    assert {(one.mix, one.conference) for one in story.done(CreateMix)} == {(MIX, CONFERENCE), (SIDE, CONFERENCE)}
    assert story.done(DestroyMix) == []
    assert story.done(JoinMix) == [], "both are where they belong"


def test_somebody_of_a_side_room_is_brought_back_into_it_and_never_into_the_main_one() -> None:
    story = restarted(in_side="anna")
    reconnects(story, host=MIX, anna=MIX)
    assert [(one.channel, one.mix) for one in story.done(JoinMix)] == [(ANNA, SIDE)]
    story.happens(MixJoined(story.now_s, ANNA, MIX))
    assert story.who("anna").state is SeatState.JOINING, "the main room is not theirs"
    story.happens(MixJoined(story.now_s, ANNA, SIDE))
    assert story.who("anna").state is SeatState.PRESENT
    assert story.who("host").state is SeatState.PRESENT


def test_a_room_whose_mix_is_missing_is_made_anew_for_those_who_belong_there() -> None:
    story = restarted(in_side="anna")
    reconnects(story, host=MIX, anna=MIX)
    story.forget_effects()
    story.fails(JoinMix(ANNA, SIDE, True), Fate.GONE)
    assert CreateMix(SIDE, CONFERENCE) in story.fresh
    story.fails(CreateMix(SIDE, CONFERENCE))
    story.forget_effects()
    story.passes(2)
    assert CreateMix(SIDE, CONFERENCE) in story.effects
    assert [one.mix for one in story.done(JoinMix)] == [SIDE]
    story.happens(MixJoined(story.now_s, ANNA, SIDE))


def test_the_mix_of_a_room_that_was_closed_is_taken_down_while_the_conference_goes_on() -> None:
    story = restarted(in_side="nobody")
    kept = [record for table in TABLES for record in story.node[table].values() if record.id != SIDE]
    story.is_over = True
    again = Story(saved=Saved.of(*kept, replace(story.node[ROOMS][SIDE], closed_at_s=story.now_s)))
    reconnects(again, host=MIX, anna=MIX)
    assert [one.mix for one in again.done(DestroyMix)] == [SIDE]
    assert [one.mix for one in again.done(CreateMix) if one.mix == SIDE] == []


def test_the_end_of_a_conference_is_said_in_every_room_and_takes_every_room_down() -> None:
    story = restarted(in_side="anna")
    reconnects(story, host=MIX, anna=SIDE)
    story.asks(EndConference(CONFERENCE))
    farewells = [one.mix for one in story.done(Announce) if one.prompts == (prompts.MEETING_ENDED,)]
    assert sorted(farewells) == sorted([MIX, SIDE])
    story.passes(30)
    assert {one.mix for one in story.done(DestroyMix)} == {MIX, SIDE}
    assert all(room.closed_at_s is not None for room in story.node[ROOMS].values())
    story.is_over = True


def test_a_recording_is_stopped_in_the_room_it_records() -> None:
    story = restarted(in_side="anna")
    reconnects(story, host=MIX, anna=SIDE)
    story.asks(EndConference(CONFERENCE))
    story.passes(30)
    assert [one.mix for one in story.done(StopRecording)] == [MIX]
    story.is_over = True


@pytest.mark.parametrize("room", [MIX, SIDE])
def test_a_talkgroups_sound_goes_into_the_room_where_it_sits(room: MixId) -> None:
    story = restarted(in_side="Ledning" if room == SIDE else "anna")
    story.forget_effects()
    reconnects(story, host=MIX, anna=MIX if room == SIDE else SIDE)
    assert story.node[PARTICIPANTS][RADIO_VOICE].room == room
    assert [(one.terminal, one.mix) for one in story.done(OpenPath)] == [(TERMINAL, room)]
    assert story.patch.gssi == GROUP
