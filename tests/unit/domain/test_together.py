"""Two who talk in the emergency room go on talking together. The host of the meeting they belong to is asked."""

import pytest

from bridge.domain.callout.records import TARGETS, TargetState
from bridge.domain.conference import prompts as door_prompts
from bridge.domain.conference import rooms
from bridge.domain.conference.commands import EndConference, OpenConference
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.passing import ENTRIES, EntryPhase
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    Door,
    Role,
    Seat,
    SeatState,
    Secrecy,
)
from bridge.domain.kernel import phrases
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId, TrunkName
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.recording.effects import StartLegTrack, StartRecording, StopLegTrack
from bridge.domain.recording.events import RecordingStarted
from bridge.domain.recording.policy import RecordingPolicy, Tracks
from bridge.domain.telephony.effects import JoinMix, LeaveMix, Play, Whisper
from bridge.domain.telephony.events import CallArrived, LiveChannel, MixJoined, MixLeft, PlaybackEnded
from bridge.domain.waiting import prompts, together
from bridge.domain.waiting.commands import LetIn
from bridge.domain.waiting.notes import WaitingNote
from bridge.domain.waiting.reasons import WaitingReason
from tests.harness.story import CONFERENCE, MIX, TRUNK, Story

ANNA, BO, CARIN, HOST = ChannelId("anna"), ChannelId("bo"), ChannelId("carin"), ChannelId("host")
ANNAS, BOS, CARINS = "+46701740605", "+46701740606", "+46701740607"
OTHER, OTHER_MIX = ConferenceId("cnf-00000000000000000000000002"), MixId("mix-00000000000000000000000002")
NUMBER = "+4685555555"


def meeting(*, host: bool = True, lost: str | None = None) -> Story:
    """A meeting with a host. Somebody of this number has lost their line to it."""
    story = Story()
    story.opens()
    if host:
        story.joins(HOST, Role.HOST)
    if lost is not None:
        seat_of(story, lost, CONFERENCE, MIX)
    return story


def seat_of(story: Story, number: str, conference: ConferenceId, mix: MixId) -> None:
    line = story.calls(f"before-{number}", caller=number)
    story.keys(line, "12345678#")
    story.code_is(line, conference)
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, mix))
    story.hangs_up(line, 44)


def fetched(story: Story, *lines: tuple[ChannelId, str], dialled: str = NUMBER) -> None:
    """The controller is back, and brings them out of the emergency room, each into the mix at once."""
    for line, caller in lines:
        story.happens(CallArrived(story.now_s, line, dialled, caller, TRUNK, rescued=True))
        story.happens(MixJoined(story.now_s, line, story.who(line).room))


def room(story: Story) -> Conference:
    [found] = [one for one in story.node[CONFERENCES].values() if one.emergency]
    return found


def waits_for(story: Story, line: ChannelId) -> ConferenceId | None:
    return story.who(line).bound_for


def notes(story: Story) -> list[WaitingNote]:
    return [one.kind for one in story.notes if isinstance(one, Note) and isinstance(one.kind, WaitingNote)]


def whispered(story: Story, line: ChannelId) -> None:
    """The last whisper to them has been heard to its end."""
    said = [one for one in story.done(Whisper) if one.channel == line and one.playback is not None][-1]
    assert said.playback is not None
    story.happens(PlaybackEnded(story.now_s, said.playback, line))


def comes_in(story: Story, line: ChannelId) -> Seat:
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, story.who(line).room))
    return story.who(line)


# --- they go on talking ---


def test_they_are_in_one_mix_at_once_and_are_told_there_while_they_talk() -> None:
    story = meeting()
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    mix = rooms.main(story.node, room(story).id).id
    assert [(one.channel, one.mix, one.heard) for one in story.done(JoinMix)][1:] == [
        (ANNA, mix, True),
        (BO, mix, True),
    ]
    assert not [one for one in story.done(Play) if one.channel in (ANNA, BO)], "a word before would keep them apart"
    for line in (ANNA, BO):
        assert story.said_to(line)[0] == door_prompts.ENTRY_RESCUED
    assert {story.who(one).state for one in (ANNA, BO)} == {SeatState.PRESENT}


def test_where_no_meeting_is_known_nobody_is_asked_and_they_talk_on_for_as_long_as_they_like() -> None:
    story = meeting()
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    before = list(story.said_to(HOST))
    story.passes(3 * 3600.0)
    assert story.said_to(HOST) == before
    assert [story.who(one).state for one in (ANNA, BO)] == [SeatState.PRESENT] * 2
    assert (waits_for(story, ANNA), waits_for(story, BO)) == (None, None)


# --- the meeting that they belong to ---


def test_a_line_whose_place_is_kept_tells_the_meeting_and_its_host_is_asked_about_both() -> None:
    story = meeting(lost=ANNAS)
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    assert (waits_for(story, ANNA), waits_for(story, BO)) == (CONFERENCE, CONFERENCE)
    story.passes(20.0)
    assert story.said_to(HOST)[-2:] == [phrases.number(2), prompts.WAITING_TOGETHER]
    assert prompts.WAITING_TOGETHER_ASKED in story.said_to(ANNA)
    assert prompts.WAITING_TOGETHER_ASKED in story.said_to(BO)
    assert [one.name for one in together.of(story.node, CONFERENCE)] == [ANNAS, BOS]
    assert WaitingNote.WAIT_TOGETHER in notes(story)


def test_a_function_that_is_called_to_a_meeting_belongs_to_it() -> None:
    story = meeting()
    story.activates([(ANNAS,)])
    story.call_ends(ANNAS, 17)
    assert story.target(0).state is not TargetState.JOINED
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    assert {waits_for(story, one) for one in (ANNA, BO)} == {CONFERENCE}
    assert story.node[TARGETS], "they are still called by their other numbers"


def test_the_number_that_they_dialled_tells_it() -> None:
    story = Story()
    opening = OpenConference(CONFERENCE, MIX, "Ledning", NUMBER, recorded=False, direct_number="+4685555560")
    story.asks(opening)
    fetched(story, (ANNA, ANNAS), (BO, ""), dialled="+4685555560")
    assert {waits_for(story, one) for one in (ANNA, BO)} == {CONFERENCE}


def test_the_code_by_which_one_of_them_went_there_tells_it() -> None:
    story = meeting()
    fetched(story, (ANNA, ""), (BO, BOS), (CARIN, CARINS))
    story.keys(ANNA, "#78")
    story.keys(ANNA, "12345678#")
    story.code_is(ANNA, CONFERENCE)
    assert comes_in(story, ANNA).conference == CONFERENCE
    assert {waits_for(story, one) for one in (BO, CARIN)} == {CONFERENCE}
    assert story.said_to(HOST)[-2:] == [phrases.number(2), prompts.WAITING_TOGETHER]


def test_people_of_two_meetings_talk_on_and_each_host_is_asked_about_their_own() -> None:
    story = meeting(lost=ANNAS)
    story.asks(OpenConference(OTHER, OTHER_MIX, "Kommunikatörer", NUMBER, recorded=False))
    story.joins("other-host", Role.HOST, OTHER)
    seat_of(story, BOS, OTHER, OTHER_MIX)
    fetched(story, (ANNA, ANNAS), (BO, BOS), (CARIN, ""))
    assert [waits_for(story, one) for one in (ANNA, BO, CARIN)] == [CONFERENCE, OTHER, None]
    assert story.said_to(HOST)[-1] == story.said_to("other-host")[-1] == prompts.WAITING_TOGETHER_ONE
    assert len({story.who(one).room for one in (ANNA, BO, CARIN)}) == 1


def test_without_a_host_they_are_told_so_and_the_host_who_comes_is_asked() -> None:
    story = meeting(host=False, lost=ANNAS)
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    assert prompts.WAITING_TOGETHER_NO_HOST in story.said_to(BO)
    story.joins(HOST, Role.HOST)
    assert story.said_to(HOST)[-2:] == [phrases.number(2), prompts.WAITING_TOGETHER]
    assert story.said_to(BO)[-1] == prompts.WAITING_TOGETHER_ASKED


def test_a_meeting_that_ends_leaves_them_together() -> None:
    story = meeting(lost=ANNAS)
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    story.asks(EndConference(CONFERENCE))
    story.passes(30.0)
    assert [waits_for(story, one) for one in (ANNA, BO)] == [None, None]
    assert [story.who(one).state for one in (ANNA, BO)] == [SeatState.PRESENT] * 2


# --- they are let in ---


@pytest.mark.parametrize("keys", ["#1", "#2"])
def test_the_host_lets_them_in_together_with_the_keys_of_the_door(keys: str) -> None:
    story = meeting(lost=ANNAS)
    kept = next(one for one in story.node[PARTICIPANTS].values() if one.state is SeatState.LOST)
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    story.keys(HOST, keys)
    assert door_prompts.ENTRY_LET_IN in story.said_to(ANNA)
    assert door_prompts.ENTRY_LET_IN in story.said_to(BO)
    assert {(one.channel, one.mix) for one in story.done(LeaveMix)} == {
        (ANNA, rooms.main(story.node, room(story).id).id),
        (BO, rooms.main(story.node, room(story).id).id),
    }
    anna, bo = comes_in(story, ANNA), comes_in(story, BO)
    assert (anna.id, anna.conference, bo.conference) == (kept.id, CONFERENCE, CONFERENCE), (
        "a kept place is theirs again"
    )
    assert (anna.state, bo.state, bo.rescued_from) == (SeatState.PRESENT, SeatState.PRESENT, room(story).id)
    assert together.of(story.node, CONFERENCE) == []
    story.keys(HOST, "#1")
    assert story.said_to(HOST)[-1] == prompts.WAITING_NOBODY


def test_those_who_have_waited_longest_are_let_in_first() -> None:
    story = Story()
    opening = OpenConference(CONFERENCE, MIX, "Övning", NUMBER, recorded=False, door=Door(waiting_room=True))
    story.asks(opening)
    story.joins(HOST, Role.HOST)
    seat_of_one_called(story)
    line = story.calls("dan", caller="+46701740608")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    story.passes(5.0)
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    story.keys(HOST, "#1")
    assert (story.who("dan").state, story.who(ANNA).conference) == (SeatState.JOINING, room(story).id)
    story.keys(HOST, "#1")
    assert {story.who(one).conference for one in (ANNA, BO)} == {CONFERENCE}


def seat_of_one_called(story: Story) -> None:
    story.activates([(ANNAS,)])
    story.call_ends(ANNAS, 17)


def test_over_the_api_one_of_them_lets_in_all() -> None:
    story = meeting(lost=ANNAS)
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    reply = story.asks(LetIn(CONFERENCE, story.who(BO).id))
    assert reply == Done(story.who(BO).id)
    assert {story.who(one).conference for one in (ANNA, BO)} == {CONFERENCE}
    assert isinstance(story.asks(LetIn(OTHER, story.who(BO).id)), Refused)


def test_a_line_that_may_not_carry_the_meetings_secrecy_is_not_let_in_and_hears_so() -> None:
    story = Story(
        Policy(ConferencePolicy(encrypted_trunks=frozenset({TrunkName("encrypted")}), secrecy_needs_encryption=True))
    )
    opening = OpenConference(
        CONFERENCE, MIX, "Ledning", NUMBER, recorded=False, direct_number="+4685555560", secrecy=Secrecy.SECRET
    )
    story.asks(opening)
    fetched(story, (ANNA, ANNAS), (BO, BOS), dialled="+4685555560")
    both = [story.who(one) for one in (ANNA, BO)]
    assert {one.bound_for for one in both} == {CONFERENCE}
    reply = story.asks(LetIn(CONFERENCE, both[0].id))
    assert reply == Refused("conflict", WaitingReason.LINE_NOT_ENCRYPTED(), "participant")
    assert [story.who(one) for one in (ANNA, BO)] == both, "they talk on where they are"
    assert all(story.said_to(one)[-1] == door_prompts.ENTRY_NEEDS_ENCRYPTION for one in (ANNA, BO))


def test_who_is_let_in_into_a_kept_place_is_not_rung_back_any_more() -> None:
    story = meeting(lost=ANNAS)
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    story.keys(HOST, "#1")
    comes_in(story, ANNA)
    story.passes(300.0)
    rung = [one for one in story.node[TARGETS].values() if one.seat is not None and one.state is TargetState.WAITING]
    assert rung == []


def test_the_rule_of_the_door_that_mutes_those_who_come_in_holds_for_them_too() -> None:
    story = Story()
    door = Door(joins_muted=True)
    story.asks(OpenConference(CONFERENCE, MIX, "Övning", NUMBER, recorded=False, door=door))
    story.joins(HOST, Role.HOST)
    seat_of_one_called(story)
    fetched(story, (ANNA, ANNAS), (BO, ""))
    story.keys(HOST, "#1")
    comes_in(story, BO)
    assert (story.is_heard(BO), story.who(BO).name) == (False, "Dolt nummer 1")


# --- to the door ---


def test_who_is_left_alone_hears_so_and_gets_what_a_caller_at_the_door_gets() -> None:
    story = meeting()
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    story.passes(60.0)
    story.hangs_up(ANNA)
    story.passes(0.1)
    assert story.said_to(BO)[-1] == prompts.WAITING_ALONE
    whispered(story, BO)
    assert story.done(LeaveMix) == [LeaveMix(BO, rooms.main(story.node, room(story).id).id)]
    assert story.node[ENTRIES][BO].phase is EntryPhase.ASKING
    assert story.said_to(BO)[-1] == door_prompts.ENTRY_WELCOME
    story.happens(MixLeft(story.now_s, BO, rooms.main(story.node, room(story).id).id))
    story.keys(BO, "12345678#")
    story.happens(CodeResolved(story.now_s, BO, CONFERENCE))
    assert comes_in(story, BO).conference == CONFERENCE


def test_the_first_who_is_fetched_waits_a_moment_for_the_others_and_goes_to_the_door_if_nobody_comes() -> None:
    story = meeting()
    fetched(story, (ANNA, ANNAS))
    story.passes(together.OTHERS_COME_S - 0.1)
    assert prompts.WAITING_ALONE not in story.said_to(ANNA)
    story.passes(0.2)
    assert story.said_to(ANNA)[-1] == prompts.WAITING_ALONE
    story.passes(together.OVERDUE_S)
    assert story.node[ENTRIES][ANNA].phase is EntryPhase.ASKING, "also when the end of the words is never told"


def test_who_comes_while_one_is_told_to_be_alone_is_company() -> None:
    story = meeting()
    fetched(story, (ANNA, ANNAS))
    story.passes(together.OTHERS_COME_S + 0.1)
    fetched(story, (BO, BOS))
    whispered(story, ANNA)
    story.passes(60.0)
    assert [story.who(one).state for one in (ANNA, BO)] == [SeatState.PRESENT] * 2


def test_who_wants_their_own_code_goes_to_the_door_by_key_and_hears_nobody_there() -> None:
    story = meeting()
    fetched(story, (ANNA, ANNAS), (BO, BOS), (CARIN, CARINS))
    story.keys(ANNA, "#7")
    assert story.said_to(ANNA)[-2:] == [prompts.WAITING_KEY_DOOR, phrases.number(together.KEY)]
    story.keys(ANNA, str(together.KEY))
    assert [one.channel for one in story.done(LeaveMix)] == [ANNA]
    assert story.said_to(ANNA)[-1] == door_prompts.ENTRY_WELCOME
    assert {story.who(one).state for one in (BO, CARIN)} == {SeatState.PRESENT}


def test_an_order_out_of_the_mix_that_fails_is_given_again_while_they_are_at_the_door() -> None:
    story = meeting()
    fetched(story, (ANNA, ANNAS), (BO, BOS), (CARIN, CARINS))
    story.keys(ANNA, "#78")
    [order] = story.done(LeaveMix)
    story.fails(order, Fate.UNKNOWN)
    story.passes(1.0)
    assert story.done(LeaveMix) == [order, order]
    story.fails(order, Fate.GONE)
    story.passes(60.0)
    assert story.done(LeaveMix) == [order, order]


def test_a_track_of_where_they_were_ends_also_when_its_order_fails_while_they_come_in() -> None:
    story = Story(Policy(RecordingPolicy(tracks=Tracks.PARTICIPANTS)))
    story.opens()
    story.joins(HOST, Role.HOST)
    seat_of_one_called(story)
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    story.happens(RecordingStarted(story.now_s, story.done(StartRecording)[-1].recording))
    assert {one.channel for one in story.done(StartLegTrack)} == {ANNA, BO}
    story.keys(HOST, "#1")
    order = next(one for one in story.done(StopLegTrack) if one.channel == ANNA)
    story.fails(order, Fate.UNKNOWN)
    comes_in(story, ANNA)
    story.passes(1.0)
    assert [one for one in story.done(StopLegTrack) if one.channel == ANNA] == [order, order]


# --- the controller and Asterisk ---


def test_a_restart_forgets_neither_that_they_are_together_nor_where_they_belong() -> None:
    story = meeting(lost=ANNAS)
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    mix = rooms.main(story.node, room(story).id).id
    again = story.restarted()
    live = [LiveChannel(one, answered=True, mix=mix, caller="", number="") for one in (ANNA, BO)]
    again.telephony_comes_up(*live, LiveChannel(HOST, answered=True, mix=MIX, caller="", number=""), mixes=[MIX, mix])
    assert [one.name for one in together.of(again.node, CONFERENCE)] == [ANNAS, BOS]
    again.keys(HOST, "#1")
    assert {again.who(one).conference for one in (ANNA, BO)} == {CONFERENCE}


def test_who_is_alone_after_a_restart_goes_to_the_door_too() -> None:
    story = meeting()
    fetched(story, (ANNA, ANNAS), (BO, BOS))
    mix = rooms.main(story.node, room(story).id).id
    again = story.restarted()
    again.telephony_comes_up(LiveChannel(ANNA, answered=True, mix=mix, caller="", number=""), mixes=[MIX, mix])
    again.passes(together.OTHERS_COME_S + together.OVERDUE_S + 1)
    assert again.node[ENTRIES][ANNA].phase is EntryPhase.ASKING


def test_who_has_company_in_a_conference_marked_for_them_stays_there() -> None:
    story = Story()
    story.asks(OpenConference(OTHER, OTHER_MIX, "Reserv", NUMBER, recorded=False, emergency=True))
    story.joins("host", Role.HOST, OTHER)
    fetched(story, (ANNA, ANNAS))
    story.passes(600.0)
    assert (story.who(ANNA).conference, story.who(ANNA).state) == (OTHER, SeatState.PRESENT)
