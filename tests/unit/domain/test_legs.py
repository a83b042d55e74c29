"""A seat outlives the line that carries it: who comes back sits in the same seat, on another leg."""

from bridge.domain.conference import legs
from bridge.domain.conference.commands import RemoveParticipant, SetMuted
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import LEGS, PARTICIPANTS, Leg, LegKind, Role, SeatState
from bridge.domain.kernel.ids import ChannelId, ParticipantId
from bridge.domain.radio.commands import RemovePatch
from bridge.domain.telephony.effects import JoinMix
from bridge.domain.telephony.events import LiveChannel, MixJoined, MixLeft
from tests.harness.story import CONFERENCE, MIX, PATCH, RADIO_VOICE, Story

NUMBER = "+46701740605"


def meeting() -> Story:
    story = Story()
    story.opens()
    story.joins("host", Role.HOST)
    story.joins(NUMBER)
    return story


def carried(story: Story, seat: ParticipantId) -> list[Leg]:
    """Every leg that the store has of a seat, as it has it last, oldest first."""
    kept = {one.id: one for one in story.records if isinstance(one, Leg) and one.seat == seat}
    return list(kept.values())


def comes_back(story: Story) -> ChannelId:
    line = story.answers(NUMBER)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    return line


def test_who_is_rung_back_sits_in_the_same_seat_on_another_line() -> None:
    story = meeting()
    seat = story.who(NUMBER)
    story.telephony_goes_down()
    story.telephony_comes_up(LiveChannel(ChannelId("host"), answered=True, mix=MIX), mixes=(MIX,))
    away = story.node[PARTICIPANTS][seat.id]
    assert (away.state, legs.live(story.node, away)) == (SeatState.LOST, None)
    story.passes(2)
    line = comes_back(story)
    back = story.node[PARTICIPANTS][seat.id]
    assert (back.state, back.name, back.room) == (SeatState.PRESENT, seat.name, seat.room)
    assert story.line_of(seat.id) == line
    first, second = carried(story, seat.id)
    assert (first.channel, first.ended_at_s is not None) == (NUMBER, True)
    assert (second.channel, second.ended_at_s) == (line, None)
    assert [leg.id for leg in story.node[LEGS].values() if leg.seat == seat.id] == [second.id], "no leg is left over"


def test_how_a_line_ended_is_kept_with_it() -> None:
    story = meeting()
    seat = story.who(NUMBER).id
    story.hangs_up(NUMBER, cause=16)
    [leg] = carried(story, seat)
    assert (leg.kind, leg.channel, leg.cause, leg.ended_at_s) == (LegKind.PHONE, NUMBER, 16, story.now_s)


def test_how_a_line_ended_while_nobody_listened_is_taken_from_its_call_record() -> None:
    story = meeting()
    seat = story.who(NUMBER).id
    story.telephony_goes_down()
    host = LiveChannel(ChannelId("host"), answered=True, mix=MIX)
    story.telephony_comes_up(host, mixes=(MIX,), ended=((ChannelId(NUMBER), 31),))
    [leg] = carried(story, seat)
    assert (leg.cause, story.node[PARTICIPANTS][seat].state) == (31, SeatState.LEFT)


def test_who_fell_out_of_the_mix_comes_back_on_the_same_leg() -> None:
    story = meeting()
    seat = story.who(NUMBER).id
    [leg] = carried(story, seat)
    story.happens(MixLeft(story.now_s, ChannelId(NUMBER), MIX))
    story.forget_effects()
    story.passes(1)
    assert [one.channel for one in story.done(JoinMix)] == [NUMBER]
    story.happens(MixJoined(story.now_s, ChannelId(NUMBER), MIX))
    assert carried(story, seat) == [leg]


def test_a_talkgroup_sits_in_its_seat_by_its_patch_until_it_is_unpatched() -> None:
    story = meeting()
    story.patches()
    [leg] = carried(story, RADIO_VOICE)
    assert (leg.kind, leg.patch, leg.channel, leg.ended_at_s) == (LegKind.RADIO, PATCH, None, None)
    story.asks(RemovePatch(CONFERENCE, PATCH, True))
    [leg] = carried(story, RADIO_VOICE)
    assert leg.ended_at_s == story.now_s


def test_after_a_restart_each_is_known_by_their_line_and_nobody_elses() -> None:
    story = meeting()
    seat = story.who(NUMBER).id
    story.asks(SetMuted(CONFERENCE, seat, True))
    story.asks(RemoveParticipant(CONFERENCE, story.who("host").id))
    fresh = story.restarted()
    assert [leg.seat for leg in fresh.node[LEGS].values()] == [seat]
    assert legs.seat_on(fresh.node, ChannelId(NUMBER)) is None, "nothing is known of Asterisk yet"
    fresh.telephony_comes_up(LiveChannel(ChannelId(NUMBER), answered=True, mix=MIX), mixes=(MIX,))
    assert fresh.who(NUMBER).id == seat
    assert fresh.done(JoinMix) == []
    assert not fresh.is_heard(NUMBER)


def test_who_has_left_is_forgotten_with_their_leg() -> None:
    story = meeting()
    story.hangs_up(NUMBER)
    story.hangs_up("host")
    assert len(story.node[LEGS]) == 2
    story.passes(story.policy[ConferencePolicy].empty_s)
    assert not story.node[PARTICIPANTS]
    assert not story.node[LEGS]
