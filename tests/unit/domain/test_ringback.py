"""After Asterisk's death everybody who was in a meeting is rung back, and is shown as lost until then."""

import pytest

from bridge.domain.callout import prompts
from bridge.domain.callout.commands import CancelActivation
from bridge.domain.callout.passing import LOST
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, ActivationState, TargetState
from bridge.domain.conference.commands import EndConference, RequestFloor, SetFloorMode, SetMuted
from bridge.domain.conference.passing import HEARD
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import PARTICIPANTS, FloorMode, Role, Seat, SeatState
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.policy import Policy
from bridge.domain.speaking.policy import SpeakingPolicy
from bridge.domain.telephony.effects import Dial, HangUpLeg
from bridge.domain.telephony.events import LiveChannel, MixJoined
from tests.harness.story import CONFERENCE, MIX, TRUNK, Story

HOST = "+4684650041"
TIB = "+4684650042"
KEPT_S = ConferencePolicy().seat_kept_s


def meeting(calls_per_s: float = 0) -> Story:
    """A host who dialled in and a duty function that was called out."""
    story = Story(Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=calls_per_s, channels=100),))))
    story.opens()
    host = story.calls("in-1", caller=HOST)
    story.keys(host, "12345678#")
    story.code_is(host, CONFERENCE, Role.HOST)
    story.prompt_ends(host)
    story.happens(MixJoined(story.now_s, host, MIX))
    story.activates([(TIB,)])
    comes_in(story, TIB)
    story.forget_effects()
    return story


def comes_in(story: Story, number: str) -> ChannelId:
    line = story.answers(number)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    return line


def asterisk_dies(story: Story) -> None:
    story.telephony_goes_down()
    story.telephony_comes_up()


def states(story: Story) -> list[SeatState]:
    return [one.state for one in story.node[PARTICIPANTS].values()]


def test_called_out_and_dialled_in_alike_are_rung_back_and_told_why() -> None:
    story = meeting()
    asterisk_dies(story)
    assert sorted(story.dialled()) == [HOST, TIB]
    line = story.answers(TIB)
    assert story.said_to(line)[0] == prompts.CALLOUT_RING_BACK


def test_until_then_they_are_lost_not_present_and_the_board_says_so() -> None:
    story = meeting()
    asterisk_dies(story)
    assert states(story) == [SeatState.LOST, SeatState.LOST]
    assert story.present() == []
    assert story.target(0).state is TargetState.LOST


def test_one_who_comes_back_has_role_mute_and_name_as_before() -> None:
    story = meeting()
    [host] = [one for one in story.present() if one.role is Role.HOST]
    story.asks(SetMuted(CONFERENCE, host.id, True))
    asterisk_dies(story)
    comes_in(story, HOST)
    back = story.node[PARTICIPANTS][host.id]
    assert (back.state, back.role, back.muted) == (SeatState.PRESENT, Role.HOST, True)
    assert back.left_at_s is None
    assert not story.node[HEARD][story.line_of(back.id)]


def test_the_board_of_the_first_call_out_shows_the_return() -> None:
    story = meeting()
    asterisk_dies(story)
    comes_in(story, TIB)
    assert story.target(0).state is TargetState.JOINED


def test_a_floor_turn_is_kept_for_a_while_for_one_who_is_lost() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    host = next(one.id for one in story.present() if one.role is Role.HOST)
    story.asks(RequestFloor(CONFERENCE, host))
    assert story.floor.holder == host
    asterisk_dies(story)
    assert story.floor.holder == host
    story.passes(SpeakingPolicy().turn_kept_s)
    assert (story.floor.holder, story.floor.queue) == (None, ())


def test_they_are_rung_within_the_trunks_pace() -> None:
    story = meeting(calls_per_s=1)
    story.passes(5)
    asterisk_dies(story)
    assert len(story.dialled()) == 1
    story.passes(1.1)
    assert len(story.dialled()) == 2


def test_one_who_cannot_be_reached_keeps_the_seat_for_its_time_and_has_left_then() -> None:
    story = meeting()
    asterisk_dies(story)
    for _ in range(3):
        story.call_ends(TIB, 18)
        story.passes(31)
    tib = next(one.id for one in story.node[PARTICIPANTS].values() if one.number == TIB)
    assert story.node[PARTICIPANTS][tib].state is SeatState.LOST
    story.passes(KEPT_S - 93 - 1)
    assert story.node[PARTICIPANTS][tib].state is SeatState.LOST
    story.passes(1)
    assert tib not in story.node[PARTICIPANTS]
    assert {one.id: one for one in story.records if isinstance(one, Seat)}[tib].state is SeatState.LEFT
    assert story.target(0).state is TargetState.LOST


def test_one_who_dials_in_again_is_not_rung_any_more_and_inherits_nothing() -> None:
    story = meeting()
    asterisk_dies(story)
    line = story.calls("in-2", caller=HOST)
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert HangUpLeg(story.line_to(HOST)) in story.effects
    story.call_ends(HOST, 16)
    story.passes(120)
    assert story.dialled().count(HOST) == 1
    assert story.who("in-2").role is Role.PARTICIPANT


def test_one_who_hung_up_while_the_controller_was_away_is_not_rung() -> None:
    story = meeting()
    host = next(story.line_of(one.id) for one in story.present() if one.role is Role.HOST)
    tib = next(story.line_of(one.id) for one in story.present() if one.target)
    fresh = story.restarted()
    fresh.telephony_comes_up(LiveChannel(tib, True, MIX), ended=((host, 16),))
    assert fresh.dialled() == []
    assert sorted(states(fresh)) == [SeatState.LEFT, SeatState.PRESENT]


@pytest.mark.parametrize(
    ("caller", "rung"),
    [
        ("0701740605", ["+46701740605"]),
        ("46701740605", ["+46701740605"]),
        ("0900123456", []),
        ("anonymous", []),
        ("112", []),
    ],
)
def test_a_caller_is_rung_back_at_the_number_the_network_gave_in_any_form_that_may_be_rung(
    caller: str, rung: list[str]
) -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1", caller=caller)
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    asterisk_dies(story)
    assert story.dialled() == rung


def test_a_withheld_number_cannot_be_rung_and_keeps_the_seat_for_its_time() -> None:
    story = Story()
    story.opens()
    story.joins("anonymous")
    asterisk_dies(story)
    assert (states(story), story.dialled()) == ([SeatState.LOST], [])
    story.passes(KEPT_S)
    assert states(story) == []


def test_the_ring_back_goes_on_after_the_controller_has_died_too() -> None:
    story = meeting()
    asterisk_dies(story)
    live = [LiveChannel(one.channel, answered=False) for one in story.done(Dial)]
    fresh = story.restarted()
    fresh.telephony_comes_up(*live)
    for record in story.done(Dial):
        fresh.effects.append(record)
    comes_in(fresh, HOST)
    host = next(one for one in fresh.node[PARTICIPANTS].values() if one.number == HOST)
    assert (host.state, host.role) == (SeatState.PRESENT, Role.HOST)


def test_an_ended_conference_rings_nobody_back() -> None:
    story = meeting()
    story.asks(EndConference(CONFERENCE))
    asterisk_dies(story)
    story.passes(60)
    assert story.dialled() == []
    assert not story.node[LOST]
    assert all(one.state is not ActivationState.OPEN for one in story.node[ACTIVATIONS].values())


def test_a_ring_back_makes_room_for_itself_as_every_call_out_does() -> None:
    """A conference that stands for years and loses its Asterisk now and then keeps no call-out but the latest."""
    story = meeting()
    story.asks(CancelActivation(story.activation.id))
    [called] = [one for one in story.present() if one.target is not None]
    story.hangs_up(story.line_of(called.id))
    finished = story.activation.id
    asterisk_dies(story)
    assert finished not in story.node[ACTIVATIONS]
    assert [one.list_name for one in story.node[ACTIVATIONS].values()] == ["Återuppringning"]
    assert {one.activation for one in story.node[TARGETS].values()} == set(story.node[ACTIVATIONS])
