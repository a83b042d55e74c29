"""Somebody is on the line and has fallen out of the meeting. Nobody may sit there unheard and be shown as present."""

from bridge.domain.conference import prompts
from bridge.domain.conference.commands import EndConference, RequestFloor, SetFloorMode, SetMuted
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import FloorMode, Role, SeatState
from bridge.domain.conference.seats import LEG_END_S
from bridge.domain.kernel.ids import ChannelId, MixId
from bridge.domain.kernel.journal import Note, NoteKind
from bridge.domain.speaking.policy import SpeakingPolicy
from bridge.domain.telephony.effects import CreateMix, HangUpLeg, JoinMix
from bridge.domain.telephony.events import LiveChannel, MixJoined, MixLeft
from tests.harness.story import CONFERENCE, MIX, Story

HOST, BO = "host", "bo"


def meeting() -> Story:
    story = Story()
    story.opens()
    story.joins(HOST, Role.HOST)
    story.joins(BO)
    story.forget_effects()
    return story


def falls_out(story: Story, channel: str, mix: MixId = MIX) -> None:
    story.happens(MixLeft(story.now_s, ChannelId(channel), mix))


def kinds(story: Story, channel: str) -> list[NoteKind]:
    person = story.who(channel).id
    return [one.kind for one in story.notes if isinstance(one, Note) and one.participant == person]


def test_who_falls_out_of_the_mix_while_their_line_is_up_is_put_back_within_a_second() -> None:
    story = meeting()
    falls_out(story, BO)
    story.passes(1.0)
    assert story.done(JoinMix) == [JoinMix(ChannelId(BO), MIX, True)]
    assert CreateMix(MIX, CONFERENCE) in story.effects, "the mix may be what is missing"
    assert story.who(BO).state is SeatState.JOINING, "not shown as present while nobody hears them"
    story.happens(MixJoined(story.now_s, ChannelId(BO), MIX))
    assert (story.who(BO).state, story.who(BO).left_at_s) == (SeatState.PRESENT, None)
    assert kinds(story, BO) == [ConferenceNote.JOINED, ConferenceNote.LEFT, ConferenceNote.JOINED]


def test_who_hangs_up_leaves_the_mix_first_and_is_put_nowhere() -> None:
    story = meeting()
    falls_out(story, BO)
    story.passes(LEG_END_S - 0.1)
    story.hangs_up(BO)
    story.passes(60)
    assert story.done(JoinMix) == []
    assert [story.line_of(one.id) for one in story.present()] == [HOST]


def test_who_is_in_the_mix_again_by_themselves_has_never_been_away() -> None:
    story = meeting()
    falls_out(story, BO)
    story.happens(MixJoined(story.now_s, ChannelId(BO), MIX))
    story.passes(60)
    assert story.done(JoinMix) == []
    assert kinds(story, BO) == [ConferenceNote.JOINED]


def test_they_come_back_as_they_were_muted_and_in_their_role() -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who(HOST).id, True))
    story.forget_effects()
    falls_out(story, HOST)
    story.passes(1.0)
    assert story.done(JoinMix) == [JoinMix(ChannelId(HOST), MIX, False)]
    assert story.who(HOST).role is Role.HOST


def test_the_word_is_kept_for_a_while_for_one_whom_nobody_hears() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.asks(RequestFloor(CONFERENCE, story.who(BO).id))
    story.asks(RequestFloor(CONFERENCE, story.who(HOST).id))
    falls_out(story, BO)
    story.passes(1.0)
    assert story.floor.holder == story.who(BO).id
    story.passes(SpeakingPolicy().turn_kept_s)
    assert story.floor.holder == story.who(HOST).id


def test_whose_way_back_fails_is_asked_to_wait_and_tried_again() -> None:
    story = meeting()
    falls_out(story, BO)
    story.passes(1.0)
    story.fails(story.done(JoinMix)[-1])
    assert story.said_to(BO) == [prompts.ENTRY_WAIT]
    story.passes(3.0)
    assert len(story.done(JoinMix)) == 2


def test_who_is_found_outside_the_mix_after_a_reconnect_is_tried_again_too() -> None:
    story = meeting()
    channels = tuple(LiveChannel(ChannelId(one), True, None, "", "", None) for one in (HOST, BO))
    story.telephony_comes_up(*channels)
    story.forget_effects()
    story.fails(JoinMix(ChannelId(BO), MIX, True))
    assert story.said_to(BO) == [prompts.ENTRY_WAIT]
    story.passes(3.0)
    assert ChannelId(BO) in [one.channel for one in story.done(JoinMix)]


def test_the_mix_of_another_meeting_is_no_concern_of_theirs() -> None:
    story = meeting()
    falls_out(story, BO, MixId("mix-another"))
    story.passes(60)
    assert story.done(JoinMix) == []


def test_who_falls_out_of_a_meeting_that_has_ended_is_hung_up() -> None:
    story = meeting()
    story.asks(EndConference(CONFERENCE))
    falls_out(story, BO)
    story.passes(60)
    assert story.done(JoinMix) == []
    assert HangUpLeg(ChannelId(BO)) in story.effects
