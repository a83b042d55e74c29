"""Side rooms: some of a meeting talk apart from it for a while, and come back."""

import pytest

from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.commands import (
    EndConference,
    GiveFloor,
    MuteAll,
    RemoveParticipant,
    RequestFloor,
    SetFloorMode,
    SetMuted,
    SetRole,
)
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.reasons import ConferenceReason, FloorReason
from bridge.domain.conference.records import ROOMS, FloorMode, MuteOwner, Role, SeatState
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId, ParticipantId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.radio.events import TerminalState
from bridge.domain.recording.commands import SetOffRecord
from bridge.domain.recording.events import RecordingStarted
from bridge.domain.siderooms import prompts
from bridge.domain.siderooms.commands import CloseSideRoom, Consult, OpenSideRoom, RecallAll, SendToRoom
from bridge.domain.siderooms.moving import MOST, TAKE_DOWN_S
from bridge.domain.siderooms.notes import SideRoomNote
from bridge.domain.siderooms.policy import SideRoomPolicy
from bridge.domain.siderooms.reasons import SideRoomReason
from bridge.domain.telephony.effects import Announce, CreateMix, DestroyMix, JoinMix
from bridge.domain.telephony.events import LiveChannel, MixJoined, MixLeft
from tests.harness.story import CONFERENCE, MIX, RADIO_VOICE, Story

HOST, ANNA, BO = ChannelId("host"), ChannelId("anna"), ChannelId("bo")
MEDIA, RKK, TALK = MixId("mix-media"), MixId("mix-rkk"), MixId("mix-talk")
ENTERED = [prompts.SIDE_ENTERED, phrases.spoken("Media"), prompts.SIDE_NOT_RECORDED]
POLICY = SideRoomPolicy()


def meeting(*, recorded: bool = False, policy: Policy | None = None) -> Story:
    """A host and two others are in, and there is a side room with the key 1."""
    story = Story(policy)
    story.opens(recorded=recorded)
    story.joins(HOST, Role.HOST)
    story.joins(ANNA)
    story.joins(BO)
    assert story.asks(OpenSideRoom(CONFERENCE, MEDIA, "Media")) == Done(MEDIA)
    story.forget_effects()
    return story


def goes(story: Story, *lines: ChannelId) -> None:
    """Asterisk has carried out what the record says."""
    for line in lines:
        story.happens(MixJoined(story.now_s, line, story.who(line).room))


def sends(story: Story, *lines: ChannelId, room: MixId = MEDIA) -> None:
    people = tuple(story.who(line).id for line in lines)
    assert story.asks(SendToRoom(CONFERENCE, room, people)) == Done(room)
    goes(story, *lines)


def consults(story: Story, *lines: ChannelId) -> None:
    assert story.asks(Consult(CONFERENCE, TALK, tuple(story.who(line).id for line in lines))) == Done(TALK)
    goes(story, *lines)


def where(story: Story, line: ChannelId) -> MixId:
    """The mix that this telephone was last put into."""
    return [one.mix for one in story.done(JoinMix) if one.channel == line][-1]


def notes(story: Story, kind: SideRoomNote | ConferenceNote) -> list[ParticipantId | None]:
    return [one.participant for one in story.notes if isinstance(one, Note) and one.kind is kind]


# --- there ---


def test_those_who_are_sent_are_put_into_the_side_room_and_hear_where_they_are() -> None:
    story = meeting()
    sends(story, ANNA, BO)
    assert CreateMix(MEDIA, CONFERENCE) in story.effects
    assert where(story, ANNA) == where(story, BO) == MEDIA
    assert story.said_to(ANNA) == story.said_to(BO) == [*ENTERED, prompts.SIDE_WAY_BACK]
    assert not story.said_to(HOST)
    assert story.who(HOST).room == MIX
    assert notes(story, SideRoomNote.SIDE_ROOM_ENTERED) == [story.who(ANNA).id, story.who(BO).id]
    assert "room.send" in [one.action for one in story.audited if isinstance(one, Audit)]


def test_the_first_in_a_side_room_hears_that_nobody_else_is_there_yet() -> None:
    story = meeting()
    sends(story, ANNA)
    said = (*ENTERED, prompts.SIDE_ALONE, prompts.SIDE_WAY_BACK)
    assert [(one.mix, one.prompts) for one in story.done(Announce)] == [(MEDIA, said)]


def test_who_leaves_the_old_mix_on_the_way_is_not_taken_for_gone() -> None:
    story = meeting()
    story.asks(SendToRoom(CONFERENCE, MEDIA, (story.who(ANNA).id,)))
    story.happens(MixLeft(story.now_s, ANNA, MIX))
    goes(story, ANNA)
    story.passes(10)
    assert story.who(ANNA).state is SeatState.PRESENT
    assert len(story.done(JoinMix)) == 1


def test_whoever_does_not_come_into_the_side_room_is_put_there_again() -> None:
    story = meeting()
    story.asks(SendToRoom(CONFERENCE, MEDIA, (story.who(ANNA).id,)))
    story.fails(story.done(JoinMix)[0])
    story.passes(3)
    assert [one.mix for one in story.done(JoinMix)] == [MEDIA, MEDIA]
    goes(story, ANNA)
    assert story.who(ANNA).state is SeatState.PRESENT


# --- back ---


def test_all_are_called_back_after_a_spoken_warning() -> None:
    story = meeting()
    sends(story, ANNA, BO)
    assert story.asks(RecallAll(CONFERENCE)) == Done(CONFERENCE)
    said = (prompts.SIDE_RECALL_IN, phrases.number(10), prompts.SIDE_RECALL_SECONDS)
    assert [(one.mix, one.prompts) for one in story.done(Announce)] == [(MEDIA, said)]
    story.passes(POLICY.recall_warning_s - 0.1)
    assert where(story, ANNA) == MEDIA
    story.passes(0.1)
    assert where(story, ANNA) == where(story, BO) == MIX
    assert story.said_to(ANNA)[-1] == prompts.SIDE_BACK
    goes(story, ANNA, BO)
    assert notes(story, SideRoomNote.SIDE_ROOM_LEFT) == [story.who(ANNA).id, story.who(BO).id]


def test_without_a_warning_they_are_back_at_once() -> None:
    story = meeting()
    sends(story, ANNA)
    story.forget_effects()
    story.asks(RecallAll(CONFERENCE, 0.0))
    assert where(story, ANNA) == MIX
    assert not story.done(Announce)
    goes(story, ANNA)


def test_with_nobody_away_a_recall_changes_nothing() -> None:
    story = meeting()
    before = story.node
    assert story.asks(RecallAll(CONFERENCE)) == Done(CONFERENCE)
    assert story.node == before


def test_who_comes_back_into_a_recorded_meeting_hears_that_it_is_recorded() -> None:
    story = meeting(recorded=True)
    sends(story, ANNA)
    sends(story, ANNA, room=MIX)
    assert story.said_to(ANNA)[-2:] == [prompts.SIDE_BACK, conference_prompts.ENTRY_RECORDED]


# --- by key ---


def test_anybody_goes_to_a_side_room_and_back_by_key() -> None:
    story = meeting()
    story.asks(OpenSideRoom(CONFERENCE, RKK, "RKK", parallel=True))
    story.keys(ANNA, "#7")
    assert story.said_to(ANNA) == [
        *(prompts.SIDE_KEY_FOR, phrases.spoken("Media"), prompts.SIDE_KEY_PRESS, phrases.number(1)),
        *(prompts.SIDE_KEY_FOR, phrases.spoken("RKK"), prompts.SIDE_KEY_PRESS, phrases.number(2)),
    ]
    story.keys(ANNA, "2")
    assert where(story, ANNA) == RKK
    goes(story, ANNA)
    story.forget_effects()
    story.keys(ANNA, "#7")
    assert story.said_to(ANNA)[0] == prompts.SIDE_KEY_BACK
    assert phrases.spoken("RKK") not in story.said_to(ANNA)
    story.keys(ANNA, "0")
    assert where(story, ANNA) == MIX
    goes(story, ANNA)


def test_the_hosts_key_does_the_same() -> None:
    story = meeting()
    story.keys(HOST, "#71")
    assert where(story, HOST) == MEDIA
    goes(story, HOST)


def test_without_side_rooms_the_key_says_so() -> None:
    story = meeting()
    story.asks(CloseSideRoom(CONFERENCE, MEDIA))
    story.keys(ANNA, "#7")
    assert story.said_to(ANNA) == [prompts.SIDE_NONE]


def test_a_room_that_closed_while_the_question_stood_is_told() -> None:
    story = meeting()
    story.keys(ANNA, "#7")
    story.asks(CloseSideRoom(CONFERENCE, MEDIA))
    story.keys(ANNA, "1")
    assert story.said_to(ANNA)[-1] == prompts.SIDE_CLOSED
    assert not story.done(JoinMix)


def test_an_unanswered_question_leaves_everybody_where_they_are() -> None:
    story = meeting()
    story.keys(ANNA, "#7")
    story.passes(60)
    story.keys(ANNA, "1")
    assert not story.done(JoinMix)


# --- the floor stays in the main room ---


def test_whoever_goes_gives_the_floor_back_and_leaves_its_queue() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    for line in (ANNA, BO):
        story.asks(RequestFloor(CONFERENCE, story.who(line).id))
    assert story.floor.holder == story.who(ANNA).id
    sends(story, ANNA)
    assert story.floor.holder == story.who(BO).id
    sends(story, BO)
    assert story.floor.holder is None
    assert story.floor.queue == ()


def test_in_a_side_room_all_are_heard_while_the_meeting_has_a_speaking_order() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    assert not story.is_heard(ANNA)
    sends(story, ANNA, BO)
    assert story.is_heard(ANNA)
    assert story.is_heard(BO)
    sends(story, ANNA, room=MIX)
    assert not story.is_heard(ANNA)


def test_the_floor_is_asked_for_in_the_main_room_only() -> None:
    story = meeting()
    sends(story, ANNA)
    anna = story.who(ANNA).id
    assert story.asks(RequestFloor(CONFERENCE, anna)) == Refused("conflict", FloorReason.ASIDE())
    assert story.asks(GiveFloor(CONFERENCE, anna)) == Refused("conflict", FloorReason.ASIDE(), "participant")
    story.keys(ANNA, "*5")
    assert story.said_to(ANNA)[-1] == conference_prompts.FLOOR_FREE_HERE


def test_a_host_who_is_back_leads_the_lecture_again() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    sends(story, HOST)
    assert story.floor.holder is None
    sends(story, HOST, room=MIX)
    assert story.floor.holder == story.who(HOST).id
    assert story.is_heard(HOST)


@pytest.mark.parametrize("owner", [MuteOwner.SELF, MuteOwner.HOST])
def test_a_mute_goes_along_into_the_side_room(owner: MuteOwner) -> None:
    story = meeting()
    if owner is MuteOwner.SELF:
        story.keys(ANNA, "*6")
    else:
        story.asks(SetMuted(CONFERENCE, story.who(ANNA).id, True))
    sends(story, ANNA)
    assert not story.is_heard(ANNA)
    assert story.who(ANNA).muted_by == {owner}


def test_mute_all_is_for_the_main_room() -> None:
    story = meeting()
    sends(story, ANNA)
    story.asks(MuteAll(CONFERENCE))
    assert not story.who(ANNA).muted
    assert story.who(BO).muted


def test_a_listener_stays_unheard_in_a_side_room() -> None:
    story = meeting()
    story.asks(SetRole(CONFERENCE, story.who(ANNA).id, Role.LISTENER))
    sends(story, ANNA)
    assert not story.is_heard(ANNA)


def test_a_talkgroup_stays_in_the_meeting() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    reply = story.asks(SendToRoom(CONFERENCE, MEDIA, (RADIO_VOICE,)))
    assert reply == Refused("conflict", SideRoomReason.TALKGROUP_STAYS(talkgroup="Ledning"), "participants")


def test_the_talk_of_a_side_room_is_no_line_of_the_meetings_timeline() -> None:
    story = meeting()
    story.talks(ANNA)
    sends(story, ANNA)
    assert notes(story, ConferenceNote.TALK_STOPPED) == [story.who(ANNA).id]
    story.falls_silent(ANNA)
    story.talks(ANNA)
    assert story.who(ANNA).talking
    assert len(notes(story, ConferenceNote.TALK_STARTED)) == 1


def test_a_farewell_is_said_in_every_room_that_somebody_is_in() -> None:
    story = meeting()
    story.asks(OpenSideRoom(CONFERENCE, RKK, "RKK", parallel=True))
    sends(story, ANNA)
    story.forget_effects()
    story.asks(EndConference(CONFERENCE))
    assert [one.mix for one in story.done(Announce)] == [MIX, MEDIA]
    story.passes(5)
    assert {one.mix for one in story.done(DestroyMix)} >= {MIX, MEDIA}


# --- two in private ---


def test_two_talk_in_private_and_either_brings_both_back() -> None:
    story = meeting()
    consults(story, ANNA, BO)
    assert where(story, ANNA) == where(story, BO) == TALK
    assert story.said_to(ANNA) == [prompts.SIDE_PRIVATE, prompts.SIDE_NOT_RECORDED, prompts.SIDE_WAY_BACK]
    story.keys(ANNA, "#70")
    assert where(story, ANNA) == where(story, BO) == MIX
    assert story.node[ROOMS][TALK].closed_at_s == story.now_s
    goes(story, ANNA, BO)
    story.passes(TAKE_DOWN_S)
    assert DestroyMix(TALK) in story.effects


@pytest.mark.parametrize(
    ("wanted", "is_recorded", "off_record", "told"),
    [
        (True, True, False, prompts.SIDE_RECORDED),
        (True, True, True, prompts.SIDE_NOT_RECORDED),
        (True, False, False, prompts.SIDE_NOT_RECORDED),
        (False, True, False, prompts.SIDE_NOT_RECORDED),
    ],
)
def test_two_in_private_are_told_whether_they_are_recorded(
    wanted: bool, is_recorded: bool, off_record: bool, told: Prompt
) -> None:
    story = meeting(recorded=is_recorded, policy=Policy(SideRoomPolicy(consultations_recorded=wanted)))
    if is_recorded:
        recording = story.conference.recording.recording
        assert recording is not None
        story.happens(RecordingStarted(story.now_s, recording))
    if off_record:
        story.asks(SetOffRecord(CONFERENCE, True))
    consults(story, ANNA, BO)
    for line in (ANNA, BO):
        assert story.said_to(line)[-3:] == [prompts.SIDE_PRIVATE, told, prompts.SIDE_WAY_BACK]
    assert story.node[ROOMS][TALK].recorded is (told is prompts.SIDE_RECORDED)
    story.is_over = True


def test_a_private_talk_ends_when_one_of_the_two_hangs_up() -> None:
    story = meeting()
    consults(story, ANNA, BO)
    story.hangs_up(ANNA)
    assert where(story, BO) == MIX
    assert story.said_to(BO)[-1] == prompts.SIDE_BACK
    goes(story, BO)


def test_nobody_else_comes_into_a_private_talk() -> None:
    story = meeting()
    consults(story, ANNA, BO)
    reply = story.asks(SendToRoom(CONFERENCE, TALK, (story.who(HOST).id,)))
    assert reply == Refused("conflict", SideRoomReason.PRIVATE())
    story.keys(HOST, "#7")
    assert phrases.number(2) not in story.said_to(HOST)


@pytest.mark.parametrize("lines", [(ANNA,), (ANNA, ANNA), (HOST, ANNA, BO)])
def test_a_private_talk_is_for_two(lines: tuple[ChannelId, ...]) -> None:
    story = meeting()
    reply = story.asks(Consult(CONFERENCE, TALK, tuple(story.who(line).id for line in lines)))
    assert reply == Refused("invalid", SideRoomReason.TWO_PEOPLE(), "participants")


def test_a_private_talk_asked_for_twice_is_one() -> None:
    story = meeting()
    consults(story, ANNA, BO)
    before = story.node
    assert story.asks(Consult(CONFERENCE, TALK, (story.who(ANNA).id, story.who(BO).id))) == Done(TALK)
    assert story.node == before


# --- open and closed ---


def test_a_room_that_its_last_person_has_left_is_closed_after_a_while() -> None:
    story = meeting()
    sends(story, ANNA)
    story.hangs_up(ANNA)
    story.passes(POLICY.empty_s - 1)
    assert story.node[ROOMS][MEDIA].closed_at_s is None
    story.passes(1)
    assert story.node[ROOMS][MEDIA].closed_at_s == story.now_s
    story.passes(TAKE_DOWN_S)
    assert DestroyMix(MEDIA) in story.effects


def test_somebody_who_comes_back_in_time_keeps_the_room_open() -> None:
    story = meeting()
    sends(story, ANNA)
    sends(story, ANNA, room=MIX)
    story.passes(POLICY.empty_s - 1)
    sends(story, BO)
    story.passes(POLICY.empty_s)
    assert story.node[ROOMS][MEDIA].closed_at_s is None


def test_a_parallel_room_and_one_that_waits_for_its_people_stay_open() -> None:
    story = meeting()
    story.asks(OpenSideRoom(CONFERENCE, RKK, "RKK", parallel=True))
    sends(story, ANNA, room=RKK)
    sends(story, ANNA, room=MIX)
    story.passes(2 * POLICY.empty_s)
    assert story.node[ROOMS][RKK].closed_at_s is None
    assert story.node[ROOMS][MEDIA].closed_at_s is None


def test_closing_a_room_brings_its_people_back() -> None:
    story = meeting()
    sends(story, ANNA)
    assert story.asks(CloseSideRoom(CONFERENCE, MEDIA)) == Done(MEDIA)
    assert where(story, ANNA) == MIX
    assert not story.done(DestroyMix)
    goes(story, ANNA)
    story.passes(TAKE_DOWN_S)
    assert story.done(DestroyMix) == [DestroyMix(MEDIA)]
    assert story.asks(CloseSideRoom(CONFERENCE, MEDIA)) == Done(MEDIA)


def test_the_key_of_a_closed_room_goes_to_the_next_one() -> None:
    story = meeting()
    rooms = [MixId(f"mix-{index}") for index in range(2, MOST + 1)]
    for room in rooms:
        story.asks(OpenSideRoom(CONFERENCE, room, "Grupp"))
    reply = story.asks(OpenSideRoom(CONFERENCE, TALK, "En till"))
    assert reply == Refused("conflict", SideRoomReason.TOO_MANY(most=MOST))
    story.asks(CloseSideRoom(CONFERENCE, rooms[0]))
    assert story.asks(OpenSideRoom(CONFERENCE, TALK, "En till")) == Done(TALK)
    assert story.node[ROOMS][TALK].number == 2


def test_a_room_opened_twice_is_one() -> None:
    story = meeting()
    before = story.node
    assert story.asks(OpenSideRoom(CONFERENCE, MEDIA, "Media")) == Done(MEDIA)
    assert story.node == before


# --- refusals ---


def test_rooms_that_are_not_there_are_refused() -> None:
    story = meeting()
    other = ConferenceId("cnf-2")
    story.opens(conference=other, mix=MixId("mix-other"))
    anna = (story.who(ANNA).id,)
    unknown = Refused("not_found", SideRoomReason.NO_SUCH_ROOM())
    assert story.asks(SendToRoom(CONFERENCE, MixId("mix-none"), anna)) == unknown
    assert story.asks(SendToRoom(CONFERENCE, MixId("mix-other"), anna)) == unknown
    assert story.asks(CloseSideRoom(CONFERENCE, MixId("mix-other"))) == unknown
    assert story.asks(CloseSideRoom(CONFERENCE, MIX)) == Refused("conflict", SideRoomReason.NOT_A_SIDE_ROOM())
    story.asks(CloseSideRoom(CONFERENCE, MEDIA))
    assert story.asks(SendToRoom(CONFERENCE, MEDIA, anna)) == Refused("conflict", SideRoomReason.CLOSED())


def test_one_who_cannot_be_moved_keeps_the_others_where_they_are() -> None:
    story = meeting()
    line = story.calls("on-the-way")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    both = (story.who(ANNA).id, story.who(line).id)
    reply = story.asks(SendToRoom(CONFERENCE, MEDIA, both))
    assert reply == Refused("conflict", ConferenceReason.PARTICIPANT_NOT_IN_YET(), "participants", retry=True)
    unknown = story.asks(SendToRoom(CONFERENCE, MEDIA, (ParticipantId("prt-none"),)))
    assert unknown == Refused("not_found", ConferenceReason.NO_SUCH_PARTICIPANT())
    assert story.asks(Consult(CONFERENCE, TALK, both)) == reply


@pytest.mark.parametrize(
    "command",
    [
        OpenSideRoom(CONFERENCE, TALK, "Media"),
        SendToRoom(CONFERENCE, MEDIA, ()),
        RecallAll(CONFERENCE),
        CloseSideRoom(CONFERENCE, MEDIA),
        Consult(CONFERENCE, TALK, ()),
    ],
)
def test_nothing_is_moved_in_a_conference_that_has_ended(command: OpenSideRoom) -> None:
    story = meeting()
    story.asks(EndConference(CONFERENCE))
    assert story.asks(command) == Refused("ended", ConferenceReason.ENDED())


# --- restarts ---


def test_after_a_restart_of_the_controller_everybody_is_where_the_record_says() -> None:
    story = meeting()
    sends(story, ANNA)
    story.asks(SendToRoom(CONFERENCE, MEDIA, (story.who(BO).id,)))
    again = story.restarted()
    live = [LiveChannel(HOST, answered=True, mix=MIX), LiveChannel(ANNA, answered=True, mix=MEDIA)]
    again.telephony_comes_up(*live, LiveChannel(BO, answered=True, mix=MIX), mixes=(MIX, MEDIA))
    assert [(one.channel, one.mix) for one in again.done(JoinMix)] == [(BO, MEDIA)]
    assert not again.done(DestroyMix)
    goes(again, BO)
    assert again.said_to(BO)[: len(ENTERED)] == ENTERED


def test_a_recall_and_an_empty_room_outlive_a_restart() -> None:
    story = meeting()
    story.asks(OpenSideRoom(CONFERENCE, RKK, "RKK"))
    sends(story, BO, room=RKK)
    sends(story, BO, room=MIX)
    sends(story, ANNA)
    story.asks(RecallAll(CONFERENCE))
    story.passes(4)
    again = story.restarted()
    live = [LiveChannel(line, answered=True, mix=story.who(line).room) for line in (HOST, ANNA, BO)]
    again.telephony_comes_up(*live, mixes=(MIX, MEDIA, RKK))
    again.passes(5.9)
    assert not again.done(JoinMix)
    again.passes(0.1)
    assert where(again, ANNA) == MIX
    goes(again, ANNA)
    again.passes(POLICY.empty_s - 10)
    assert again.node[ROOMS][RKK].closed_at_s == again.now_s


def test_a_closed_room_that_a_restart_left_behind_is_taken_down() -> None:
    story = meeting()
    sends(story, ANNA)
    story.asks(CloseSideRoom(CONFERENCE, MEDIA))
    again = story.restarted()
    live = [LiveChannel(line, answered=True, mix=MIX) for line in (HOST, BO)]
    again.telephony_comes_up(*live, LiveChannel(ANNA, answered=True, mix=MEDIA), mixes=(MIX, MEDIA))
    assert again.done(DestroyMix) == [DestroyMix(MEDIA)]
    assert where(again, ANNA) == MIX
    goes(again, ANNA)


def test_whoever_is_removed_or_loses_the_line_in_a_side_room_is_out_of_it() -> None:
    story = meeting()
    sends(story, ANNA, BO)
    story.asks(RemoveParticipant(CONFERENCE, story.who(ANNA).id))
    story.hangs_up(ANNA)
    story.hangs_up(BO)
    assert story.node[ROOMS][MEDIA].empty_since_s == story.now_s


def test_somebody_who_is_rung_back_comes_into_the_room_that_they_were_in() -> None:
    story = meeting()
    carl = ChannelId("+46701740605")
    story.joins(carl)
    sends(story, carl)
    story.telephony_goes_down()
    story.telephony_comes_up()
    line = story.answers("+46701740605")
    story.keys(line, "1")
    story.prompt_ends(line)
    assert where(story, line) == MEDIA
    goes(story, line)
    assert story.done(Announce)[-1].prompts == (*ENTERED, prompts.SIDE_ALONE, prompts.SIDE_WAY_BACK)


def test_whoever_is_rung_back_after_a_recall_comes_into_the_meeting() -> None:
    story = meeting()
    carl = ChannelId("+46701740605")
    story.joins(carl)
    sends(story, carl)
    story.telephony_goes_down()
    story.telephony_comes_up()
    story.asks(RecallAll(CONFERENCE, 0.0))
    line = story.answers("+46701740605")
    story.keys(line, "1")
    story.prompt_ends(line)
    assert where(story, line) == MIX
    goes(story, line)
