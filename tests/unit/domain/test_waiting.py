"""The waiting room: whoever is not let in yet hears so, and a host lets them in."""

import pytest

from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.conference import prompts as door_prompts
from bridge.domain.conference.commands import (
    EndConference,
    GiveFloor,
    OpenConference,
    RemoveParticipant,
    SetFloorMode,
    SetMuted,
    SetRole,
)
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import Door, EntrySound, FloorMode, Holder, MuteOwner, Role, SeatState
from bridge.domain.kernel import phrases
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, MixId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.telephony.effects import Announce, DestroyMix, HangUpLeg, JoinMix, Play, StopPlaying
from bridge.domain.telephony.events import CallArrived, LegEnded, LiveChannel, MixJoined, PlaybackEnded
from bridge.domain.waiting import prompts
from bridge.domain.waiting.commands import LetIn, Message, SetDoor, SpeakToWaiting, TellWaiting
from bridge.domain.waiting.line import AGAIN_S, OVERDUE_S
from bridge.domain.waiting.notes import WaitingNote
from bridge.domain.waiting.policy import WaitingPolicy
from bridge.domain.waiting.reasons import WaitingReason
from tests.harness.story import CONFERENCE, MIX, TRUNK, Story

HOST = ChannelId("host")
ROUND_S = 16.0
"""Words and tone of one round."""


def opened(door: Door, policy: Policy | None = None) -> Story:
    story = Story(policy)
    story.asks(OpenConference(CONFERENCE, MIX, "Övning", "+4685555555", recorded=False, door=door))
    return story


def meeting(*, waiting_room: bool = True, joins_muted: bool = False, sound: EntrySound = EntrySound.NONE) -> Story:
    """A host is in."""
    story = opened(Door(waiting_room, joins_muted, sound))
    story.joins("host", Role.HOST)
    return story


def dials_in(story: Story, name: str) -> ChannelId:
    """The right code, and the words at the door to their end."""
    line = story.calls(name, caller=name)
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    return line


def round_ends(story: Story, line: ChannelId) -> None:
    story.passes(ROUND_S)
    story.prompt_ends(line)


def comes_in(story: Story, line: ChannelId) -> None:
    """Let in: the last words end, and Asterisk says that they are in the mix."""
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))


def place(number: int) -> list[Prompt]:
    return [prompts.WAITING_PLACE, phrases.number(number), prompts.TONE_WAITING]


def state_of(story: Story, name: str) -> SeatState:
    return story.who(name).state


def noted(story: Story) -> list[str]:
    return [one.kind.value for one in story.notes if isinstance(one, Note) and isinstance(one.kind, WaitingNote)]


def audited(story: Story) -> list[str]:
    return [one.action for one in story.audited if isinstance(one, Audit) and one.action.startswith("waiting.")]


def test_a_caller_with_the_code_hears_that_they_wait_and_their_place_and_is_in_no_mix() -> None:
    story = meeting()
    anna = dials_in(story, "anna")
    bo = dials_in(story, "bo")
    assert story.said_to("anna")[-4:] == [door_prompts.ENTRY_WAITING_ROOM, *place(1)]
    assert story.said_to("bo")[-3:] == place(2)
    round_ends(story, anna)
    round_ends(story, bo)
    assert story.said_to("anna")[-3:] == place(1)
    assert (state_of(story, "anna"), state_of(story, "bo")) == (SeatState.WAITING, SeatState.WAITING)
    assert {one.channel for one in story.done(JoinMix)} == {"host"}


def test_nobody_is_thrown_out_however_long_it_takes_and_words_say_that_no_host_has_come() -> None:
    story = opened(Door(waiting_room=True))
    anna = dials_in(story, "anna")
    for _ in range(400):
        round_ends(story, anna)
    assert story.done(HangUpLeg) == []
    assert story.said_to("anna")[-4:] == [prompts.WAITING_NO_HOST, *place(1)]
    story.joins("host", Role.HOST)
    assert story.said_to("host")[-1] == prompts.WAITING_ONE
    round_ends(story, anna)
    assert story.said_to("anna")[-3:] == place(1)
    assert prompts.WAITING_NO_HOST not in story.said_to("anna")[-4:]


def test_hosts_those_called_out_and_functions_pass() -> None:
    story = meeting()
    story.activates([("+46701740699",)])
    line = story.answers("+46701740699")
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert [one.state for one in story.present()] == [SeatState.PRESENT] * 2


def test_a_function_with_a_code_of_its_own_passes() -> None:
    story = meeting()
    line = story.calls("anna", caller="anna")
    story.keys(line, "12345678#")
    story.happens(CodeResolved(story.now_s, line, CONFERENCE, holder=Holder("TiB", "Region Gävleborg")))
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert state_of(story, "anna") is SeatState.PRESENT


def test_callers_out_of_the_emergency_room_pass() -> None:
    story = Story()
    door = Door(waiting_room=True)
    opening = OpenConference(CONFERENCE, MIX, "Övning", "+4685555555", recorded=False, emergency=True, door=door)
    story.asks(opening)
    story.happens(CallArrived(story.now_s, ChannelId("anna"), "+4685555555", "anna", TRUNK, rescued=True))
    assert state_of(story, "anna") is SeatState.JOINING


def test_a_region_may_let_those_called_out_wait_too() -> None:
    trunks = (TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100),)
    story = opened(
        Door(waiting_room=True), Policy(CalloutPolicy(trunks=trunks), ConferencePolicy(waiting_passes=frozenset()))
    )
    story.joins("host", Role.HOST)
    story.activates([("+46701740699",)])
    line = story.answers("+46701740699")
    story.keys(line, "1")
    story.prompt_ends(line)
    assert story.who(line).state is SeatState.WAITING
    assert story.said_to(line)[-3:] == place(1)
    story.keys(HOST, "#1")
    assert story.said_to("host")[-2:] == [prompts.WAITING_LET_IN, phrases.spoken("Kommun 0 TiB 0")]
    comes_in(story, line)
    assert story.who(line).state is SeatState.PRESENT


def test_a_host_hears_of_the_first_at_once_and_of_the_others_after_a_while() -> None:
    story = meeting()
    story.forget_effects()
    for name in ("anna", "bo", "cecilia"):
        dials_in(story, name)
    assert story.said_to("host") == [prompts.WAITING_ONE]
    story.passes(20.0)
    assert story.said_to("host") == [prompts.WAITING_ONE, phrases.number(3), prompts.WAITING_COUNT]
    story.passes(300.0)
    assert len(story.said_to("host")) == 3, "told once, not again and again"


def test_the_first_is_let_in_by_key_and_the_next_moves_up() -> None:
    story = meeting()
    anna, bo = dials_in(story, "anna"), dials_in(story, "bo")
    stopped = len(story.done(StopPlaying))
    story.keys(HOST, "#1")
    assert [one.channel for one in story.done(StopPlaying)[stopped:]] == ["anna"], "their tone ends"
    assert story.said_to("anna")[-2:] == [door_prompts.ENTRY_LET_IN, door_prompts.ENTRY_JOINING]
    comes_in(story, anna)
    assert state_of(story, "anna") is SeatState.PRESENT
    assert story.is_heard("anna")
    round_ends(story, bo)
    assert story.said_to("bo")[-3:] == place(1)
    assert audited(story) == ["waiting.let_in"]
    assert noted(story) == ["waits", "waits", "let_in"]


def test_all_are_let_in_by_key_and_with_nobody_there_the_host_hears_so() -> None:
    story = meeting()
    lines = [dials_in(story, name) for name in ("anna", "bo")]
    story.keys(HOST, "#2")
    for line in lines:
        comes_in(story, line)
    assert len(story.present()) == 3
    assert story.said_to("host")[-1] == prompts.WAITING_ALL_LET_IN
    story.keys(HOST, "#1")
    story.keys(HOST, "#2")
    assert story.said_to("host")[-2:] == [prompts.WAITING_NOBODY] * 2
    assert audited(story) == ["waiting.let_in"]


def test_keys_of_those_who_wait_and_of_those_who_do_not_lead_let_nobody_in() -> None:
    story = meeting(waiting_room=False)
    story.joins("guest")
    story.asks(SetDoor(CONFERENCE, waiting_room=True))
    anna = dials_in(story, "anna")
    for line in (ChannelId("guest"), anna):
        story.keys(line, "#1#2")
    assert state_of(story, "anna") is SeatState.WAITING


def test_one_is_let_in_by_name_whoever_came_first() -> None:
    story = meeting()
    dials_in(story, "anna")
    bo = dials_in(story, "bo")
    assert story.asks(LetIn(CONFERENCE, story.who("bo").id)) == Done(story.who("bo").id)
    comes_in(story, bo)
    assert (state_of(story, "anna"), state_of(story, "bo")) == (SeatState.WAITING, SeatState.PRESENT)
    again = story.asks(LetIn(CONFERENCE, story.who("bo").id))
    assert again == Refused("conflict", WaitingReason.DOES_NOT_WAIT(), "participant")
    assert story.asks(LetIn(CONFERENCE)) == Done(CONFERENCE)
    assert state_of(story, "anna") is SeatState.JOINING


def test_whoever_is_let_in_during_the_words_at_the_door_comes_in_at_their_end() -> None:
    story = meeting()
    line = story.calls("anna", caller="anna")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.asks(LetIn(CONFERENCE))
    comes_in(story, line)
    assert state_of(story, "anna") is SeatState.PRESENT


def test_a_waiting_room_that_is_taken_away_lets_everybody_in() -> None:
    story = meeting()
    anna = dials_in(story, "anna")
    story.asks(SetDoor(CONFERENCE, waiting_room=False))
    comes_in(story, anna)
    bo = dials_in(story, "bo")
    story.happens(MixJoined(story.now_s, bo, MIX))
    assert len(story.present()) == 3
    before = len(story.records)
    story.asks(SetDoor(CONFERENCE, waiting_room=False))
    assert len(story.records) == before, "it was so already"


def test_the_host_speaks_to_those_who_wait() -> None:
    story = meeting()
    refused = story.asks(TellWaiting(CONFERENCE, Message.SOON))
    assert refused == Refused("conflict", WaitingReason.NOBODY_WAITS())
    anna = dials_in(story, "anna")
    story.forget_effects()
    for message, words in (
        (Message.SOON, prompts.WAITING_SOON),
        (Message.DELAYED, prompts.WAITING_DELAYED),
        (Message.BUSY, prompts.WAITING_BUSY),
    ):
        story.asks(TellWaiting(CONFERENCE, message))
        assert story.said_to("anna")[-2:] == [words, prompts.TONE_WAITING]
    assert len(story.done(StopPlaying)) == 3
    round_ends(story, anna)
    assert story.said_to("anna")[-3:] == place(1)


def test_whoever_is_removed_from_the_waiting_room_hears_so_and_is_hung_up() -> None:
    story = meeting()
    anna = dials_in(story, "anna")
    seat = story.who("anna").id
    story.forget_effects()
    story.asks(RemoveParticipant(CONFERENCE, seat))
    assert story.said_to("anna") == [prompts.WAITING_REMOVED]
    assert story.done(HangUpLeg) == []
    story.prompt_ends(anna)
    assert story.done(HangUpLeg) == [HangUpLeg(anna)]
    story.hangs_up("anna")
    assert noted(story) == ["waits", "waited_in_vain"]


def test_whoever_hangs_up_waits_no_more() -> None:
    story = meeting()
    dials_in(story, "anna")
    bo = dials_in(story, "bo")
    story.hangs_up("anna")
    round_ends(story, bo)
    assert story.said_to("bo")[-3:] == place(1)
    assert noted(story) == ["waits", "waits", "waited_in_vain"]


def test_the_end_of_the_conference_is_told_to_those_who_wait() -> None:
    story = opened(Door(waiting_room=True))
    anna = dials_in(story, "anna")
    story.forget_effects()
    story.asks(EndConference(CONFERENCE))
    assert story.said_to("anna") == [door_prompts.MEETING_ENDED]
    story.prompt_ends(anna)
    story.happens(LegEnded(story.now_s, anna, 16))
    assert story.done(HangUpLeg) == [HangUpLeg(anna)]


def words_to(story: Story, line: ChannelId) -> list[Play]:
    return [one for one in story.done(Play) if one.channel == line]


def test_words_that_cannot_be_said_are_tried_again_and_never_without_a_pause() -> None:
    story = meeting()
    anna = dials_in(story, "anna")
    for _ in range(5):
        before = words_to(story, anna)
        story.fails(before[-1], Fate.REFUSED)
        assert words_to(story, anna) == before
        story.passes(AGAIN_S)
        assert len(words_to(story, anna)) == len(before) + 1
    before = words_to(story, anna)
    story.happens(PlaybackEnded(story.now_s, before[-1].playback, anna, failed=True))
    assert words_to(story, anna) == before
    story.passes(AGAIN_S)
    story.prompt_ends(anna)
    assert len(words_to(story, anna)) == len(before) + 1, "what ends at once was not said"
    story.passes(AGAIN_S)
    assert story.said_to("anna")[-3:] == place(1)


def test_words_whose_end_nobody_tells_are_followed_by_the_next() -> None:
    story = meeting()
    dials_in(story, "anna")
    story.forget_effects()
    story.passes(OVERDUE_S)
    assert story.said_to("anna") == place(1)
    assert len(story.done(StopPlaying)) == 1, "two are never played one after the other"


def test_a_restart_of_the_controller_loses_nobody_who_waits_nor_their_place() -> None:
    story = meeting()
    dials_in(story, "anna")
    story.passes(5.0)
    dials_in(story, "bo")
    fresh = story.restarted()
    fresh.telephony_comes_up(
        LiveChannel(HOST, answered=True, mix=MIX),
        LiveChannel(ChannelId("bo"), answered=True),
        LiveChannel(ChannelId("anna"), answered=True),
        mixes=(MIX,),
    )
    assert fresh.said_to("anna") == place(1)
    assert fresh.said_to("bo") == place(2)
    assert fresh.done(JoinMix) == []
    fresh.keys(HOST, "#1")
    comes_in(fresh, ChannelId("anna"))
    assert state_of(fresh, "anna") is SeatState.PRESENT


def test_whoever_is_rung_back_after_asterisks_death_waits_on() -> None:
    story = meeting()
    line = story.calls("anna", caller="+46701740605")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    seat = story.who("anna").id
    story.telephony_goes_down()
    story.telephony_comes_up()
    back = story.answers("+46701740605")
    story.keys(back, "1")
    story.prompt_ends(back)
    assert story.who(back).id == seat
    assert state_of(story, back) is SeatState.WAITING
    assert story.said_to(back)[-3:] == place(1)
    assert noted(story) == ["waits", "waits"]
    story.hangs_up(back)
    assert noted(story) == ["waits", "waits", "waited_in_vain"]


def test_everybody_comes_in_muted_and_a_host_lets_them_be_heard() -> None:
    story = meeting(waiting_room=False, joins_muted=True)
    story.joins("anna")
    assert story.who("host").muted_by == frozenset()
    assert story.who("anna").muted_by == {MuteOwner.POLICY}
    assert door_prompts.ENTRY_MUTED in story.said_to("anna")
    assert not story.is_heard("anna")
    story.keys(ChannelId("anna"), "*6")
    assert not story.is_heard("anna")
    story.asks(SetMuted(CONFERENCE, story.who("anna").id, False))
    assert story.is_heard("anna")


@pytest.mark.parametrize("mode", [FloorMode.OPEN, FloorMode.QUEUE])
def test_whoever_came_in_muted_is_heard_when_the_floor_is_theirs(mode: FloorMode) -> None:
    story = meeting(waiting_room=False, joins_muted=True)
    story.joins("anna")
    story.asks(SetFloorMode(CONFERENCE, mode))
    story.asks(GiveFloor(CONFERENCE, story.who("anna").id))
    assert story.is_heard("anna")
    assert not story.who("anna").muted


def test_whoever_is_made_a_leader_is_heard() -> None:
    story = meeting(waiting_room=False, joins_muted=True)
    story.joins("anna")
    story.asks(SetRole(CONFERENCE, story.who("anna").id, Role.COHOST))
    assert story.is_heard("anna")


def test_a_meeting_hears_a_tone_when_somebody_comes_and_goes() -> None:
    story = meeting(waiting_room=False, sound=EntrySound.TONE)
    story.joins("anna")
    story.hangs_up("anna")
    assert [one.prompts for one in story.done(Announce)] == [(prompts.TONE_JOINED,), (prompts.TONE_LEFT,)]


def test_a_meeting_hears_functions_by_name_and_of_unknown_callers_a_tone() -> None:
    story = meeting(waiting_room=False, sound=EntrySound.NAME)
    story.activates([("+46701740699",)])
    line = story.answers("+46701740699")
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    story.joins("anna")
    story.hangs_up(line)
    name = phrases.spoken("Kommun 0 TiB 0")
    assert [one.prompts for one in story.done(Announce)] == [
        (name, prompts.WAITING_COMES_IN),
        (prompts.TONE_JOINED,),
        (name, prompts.WAITING_GOES),
    ]


def test_a_crowd_that_comes_at_once_does_not_talk_the_meeting_down() -> None:
    story = meeting(waiting_room=False, sound=EntrySound.TONE)
    for number in range(10):
        story.joins(f"guest-{number}")
    assert len(story.done(Announce)) == 3
    story.passes(10.0)
    story.joins("anna")
    assert len(story.done(Announce)) == 4


def test_a_meeting_without_an_entry_sound_hears_nothing() -> None:
    story = meeting(waiting_room=False)
    story.joins("anna")
    assert story.done(Announce) == []


# --- a host speaks to them ---


def addressed(*names: str) -> tuple[Story, MixId]:
    """A host has gone to those who wait; the meeting goes on with another."""
    story = meeting()
    story.joins("deputy", Role.HOST)
    for name in names or ("anna", "bo"):
        dials_in(story, name)
    story.forget_effects()
    story.keys(HOST, "#79")
    room = story.who("host").room
    assert room != MIX
    story.happens(MixJoined(story.now_s, HOST, room))
    return story, room


def mix_of(story: Story, channel: str) -> MixId:
    return [one.mix for one in story.done(JoinMix) if one.channel == channel][-1]


def test_a_host_speaks_to_those_who_wait_by_key_and_is_back_by_the_next() -> None:
    story, room = addressed()
    assert [(one.channel, one.mix, one.heard) for one in story.done(JoinMix)] == [
        ("host", room, True),
        ("anna", room, False),
        ("bo", room, False),
    ], "they hear the host, and nobody hears them"
    assert {one.channel for one in story.done(StopPlaying)} == {"anna", "bo"}, "the words end"
    assert [(one.mix, one.prompts) for one in story.done(Announce)] == [(room, (prompts.WAITING_HOST_SPEAKS,))]
    assert story.said_to("host")[-1] == prompts.WAITING_YOU_SPEAK
    assert state_of(story, "anna") is SeatState.WAITING
    story.talks("anna")
    assert not story.who("anna").talking
    story.keys(HOST, "#7")
    assert mix_of(story, "host") == MIX
    story.happens(MixJoined(story.now_s, HOST, MIX))
    assert story.said_to("host")[-1] == prompts.WAITING_BACK
    assert [one.mix for one in story.done(DestroyMix)] == [room]
    story.passes(AGAIN_S)
    assert story.said_to("anna")[-3:] == place(1), "the words go on, and so does the line"
    assert audited(story) == ["waiting.speak", "waiting.speak_end"]
    assert noted(story)[-2:] == ["waiting_addressed", "waiting_left_alone"]


@pytest.mark.parametrize("is_gone", [True, False])
def test_it_ends_after_its_time_and_when_the_host_is_gone(is_gone: bool) -> None:
    story, room = addressed()
    if is_gone:
        story.hangs_up("host")
    else:
        story.passes(story.policy[WaitingPolicy].speaks_longest_s)
    assert [one.mix for one in story.done(DestroyMix)] == [room]
    story.passes(AGAIN_S)
    assert story.said_to("anna")[-3:] == place(1)


def test_whoever_comes_meanwhile_hears_their_place() -> None:
    story, _ = addressed("anna")
    cecilia = dials_in(story, "cecilia")
    assert story.said_to(cecilia)[-3:] == place(2)


def test_one_is_let_in_while_a_host_speaks_to_them() -> None:
    story, _ = addressed()
    story.keys(ChannelId("deputy"), "#1")
    comes_in(story, ChannelId("anna"))
    assert state_of(story, "anna") is SeatState.PRESENT
    assert mix_of(story, "anna") == MIX
    story.keys(ChannelId("deputy"), "#1")
    comes_in(story, ChannelId("bo"))
    assert mix_of(story, "host") == MIX, "with nobody there the host is back"


def test_whoever_cannot_be_put_there_hears_the_words_and_nobody_waits_in_silence() -> None:
    story, _ = addressed("anna")
    [order] = [one for one in story.done(JoinMix) if one.channel == "anna"]
    story.fails(order)
    story.passes(AGAIN_S)
    assert story.said_to("anna")[-3:] == place(1)


def test_a_restart_or_a_lost_asterisk_ends_it() -> None:
    story, room = addressed("anna")
    fresh = story.restarted()
    lines = [LiveChannel(ChannelId(one), True, room, one) for one in ("host", "anna")]
    fresh.telephony_comes_up(*lines, LiveChannel(ChannelId("deputy"), True, MIX, "deputy"), mixes=[MIX, room])
    assert room in [one.mix for one in fresh.done(DestroyMix)]
    assert mix_of(fresh, "host") == MIX
    fresh.happens(MixJoined(fresh.now_s, HOST, MIX))
    fresh.passes(AGAIN_S)
    assert fresh.said_to("anna")[-3:] == place(1)
    story, room = addressed("anna")
    story.telephony_goes_down()
    assert story.who("host").room == MIX


def test_over_the_api_it_is_refused_where_nobody_waits_twice_and_for_those_who_do_not_lead() -> None:
    story = meeting(waiting_room=False)
    story.joins("anna2")
    story.asks(SetDoor(CONFERENCE, waiting_room=True))
    who = {name: story.who(name).id for name in ("host", "anna2")}
    assert story.asks(SpeakToWaiting(CONFERENCE, who["host"])) == Refused("conflict", WaitingReason.NOBODY_WAITS())
    dials_in(story, "anna")
    refused = story.asks(SpeakToWaiting(CONFERENCE, who["anna2"]))
    assert refused == Refused("conflict", WaitingReason.NO_HOST_THERE())
    assert story.asks(SpeakToWaiting(CONFERENCE, None)) == Done(CONFERENCE)
    assert story.asks(SpeakToWaiting(CONFERENCE, who["host"])) == Done(CONFERENCE)
    assert story.asks(SpeakToWaiting(CONFERENCE, who["host"])) == Refused("conflict", WaitingReason.SPOKEN_TO())
    assert story.asks(SpeakToWaiting(CONFERENCE, None)) == Done(CONFERENCE)
    assert story.who("host").room == MIX


def test_a_meeting_that_is_ended_meanwhile_ends_for_all() -> None:
    story, room = addressed("anna")
    story.asks(EndConference(CONFERENCE))
    assert (room, (door_prompts.MEETING_ENDED,)) in [(one.mix, one.prompts) for one in story.done(Announce)]
    story.passes(10.0)
    assert room in [one.mix for one in story.done(DestroyMix)]
