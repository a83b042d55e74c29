"""Roles in a meeting: leading, only listening, and the next in rank when the host is gone."""

import pytest

from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.conference import prompts
from bridge.domain.conference.commands import GiveFloor, MuteAll, RequestFloor, SetFloorMode, SetMuted, SetRole
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.passing import HEARD
from bridge.domain.conference.reasons import ConferenceReason, FloorReason
from bridge.domain.conference.records import FloorMode, Role, SeatState
from bridge.domain.conference.roles import ANSWER_S
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ActivationId, ChannelId, TargetId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.telephony.effects import Announce
from bridge.domain.telephony.events import LiveChannel, MixJoined, MixLeft
from tests.harness.story import CONFERENCE, MIX, Story

HOST, ANNA, BO = ChannelId("host"), ChannelId("anna"), ChannelId("bo")
FIRST, SECOND = "+46701740605", "+46701740606"
FIRST_NAME, SECOND_NAME = phrases.spoken("Länsstyrelsen TiB"), phrases.spoken("Regionen TiB")


def meeting() -> Story:
    """A host and two others, all in."""
    story = Story()
    story.opens()
    story.joins(HOST, Role.HOST)
    story.passes(1)
    story.joins(ANNA)
    story.joins(BO)
    story.forget_effects()
    return story


def called_in(story: Story, *ranks: int | None) -> list[ChannelId]:
    """Functions of the forum with these ranks have been called, and come in in this order."""
    numbers = (FIRST, SECOND)
    names = ("Länsstyrelsen", "Regionen")
    targets = tuple(
        NewTarget(TargetId(f"tgt-{index:026d}"), "TiB", names[index], (numbers[index],), host_rank=rank)
        for index, rank in enumerate(ranks)
    )
    story.asks(StartActivation(ActivationId("act-1"), "key-1", CONFERENCE, "Inriktande", targets))
    lines = []
    for number in numbers[: len(ranks)]:
        line = story.answers(number)
        story.keys(line, "1")
        story.prompt_ends(line)
        story.happens(MixJoined(story.now_s, line, MIX))
        story.passes(1)
        lines.append(line)
    return lines


def role(story: Story, line: str) -> Role:
    return story.who(line).role


def gives(story: Story, line: str, wanted: Role) -> None:
    assert isinstance(story.asks(SetRole(CONFERENCE, story.who(line).id, wanted)), Done)


def heard(story: Story, line: ChannelId) -> bool:
    return story.node[HEARD][line]


def announced(story: Story) -> list[Prompt]:
    return [prompt for one in story.done(Announce) for prompt in one.prompts]


# --- given by the API ---


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Role.HOST, prompts.ROLE_HOST),
        (Role.COHOST, prompts.ROLE_COHOST),
        (Role.LISTENER, prompts.ROLE_LISTENER),
        (Role.OPERATOR, prompts.ROLE_OPERATOR),
    ],
)
def test_a_person_who_is_given_a_role_hears_which(wanted: Role, told: Prompt) -> None:
    story = meeting()
    gives(story, ANNA, wanted)
    assert role(story, ANNA) is wanted
    assert story.said_to(ANNA) == [told]
    lines = [one for one in story.notes if isinstance(one, Note) and one.kind is ConferenceNote.ROLE]
    assert [dict(one.detail) for one in lines] == [{"role": wanted.value}]
    [line] = [one for one in story.audited if isinstance(one, Audit) and one.action == "participant.role"]
    assert dict(line.detail) == {"role": wanted.value}


def test_the_same_role_again_is_said_once() -> None:
    story = meeting()
    gives(story, ANNA, Role.LISTENER)
    gives(story, ANNA, Role.LISTENER)
    assert story.said_to(ANNA) == [prompts.ROLE_LISTENER]


def test_a_talkgroup_speaks_or_listens_and_never_leads() -> None:
    story = meeting()
    story.patches()
    voice = story.patch.participant
    reply = story.asks(SetRole(CONFERENCE, voice, Role.HOST))
    assert isinstance(reply, Refused)
    assert reply.reason.code == ConferenceReason.TALKGROUP_CANNOT_LEAD
    assert isinstance(story.asks(SetRole(CONFERENCE, voice, Role.LISTENER)), Done)


def test_a_cohost_leads_with_the_hosts_keys_and_the_host_stays_the_host() -> None:
    story = meeting()
    gives(story, ANNA, Role.COHOST)
    story.keys(ANNA, "*8*3")
    assert story.conference.locked
    assert (heard(story, HOST), heard(story, ANNA), heard(story, BO)) == (True, True, False)
    assert role(story, HOST) is Role.HOST
    story.keys(ANNA, "#0")
    assert role(story, HOST) is Role.HOST


# --- listeners ---


def test_a_listener_is_heard_in_no_mode_and_the_key_for_the_microphone_does_nothing() -> None:
    story = meeting()
    gives(story, ANNA, Role.LISTENER)
    assert not story.is_heard(ANNA)
    story.keys(ANNA, "*6*6")
    story.asks(SetMuted(CONFERENCE, story.who(ANNA).id, False))
    for mode in FloorMode:
        story.asks(SetFloorMode(CONFERENCE, mode))
        assert not story.is_heard(ANNA)
    gives(story, ANNA, Role.PARTICIPANT)
    story.asks(SetFloorMode(CONFERENCE, FloorMode.OPEN))
    assert story.is_heard(ANNA)


def test_a_listener_who_comes_back_into_the_mix_is_still_a_listener() -> None:
    story = meeting()
    gives(story, ANNA, Role.LISTENER)
    story.happens(MixLeft(story.now_s, ANNA, MIX))
    story.passes(3)
    story.happens(MixJoined(story.now_s, ANNA, MIX))
    assert story.who(ANNA).state is SeatState.PRESENT
    assert not story.is_heard(ANNA)


def test_a_listener_who_talks_is_told_why_nobody_hears_it() -> None:
    story = meeting()
    gives(story, ANNA, Role.LISTENER)
    story.talks(ANNA)
    assert story.said_to(ANNA)[-1] == prompts.LISTENER_TALKING
    assert not story.who(ANNA).talking


def test_a_speaker_made_a_listener_talks_no_more_and_gives_the_floor_back() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.keys(ANNA, "*5")
    story.keys(BO, "*5")
    story.talks(ANNA)
    gives(story, ANNA, Role.LISTENER)
    assert not story.who(ANNA).talking
    assert story.floor.holder == story.who(BO).id
    assert story.is_heard(BO)


def test_a_listener_neither_asks_for_the_floor_nor_is_given_it() -> None:
    story = meeting()
    gives(story, ANNA, Role.LISTENER)
    anna = story.who(ANNA).id
    for command in (RequestFloor(CONFERENCE, anna), GiveFloor(CONFERENCE, anna)):
        reply = story.asks(command)
        assert isinstance(reply, Refused)
        assert reply.reason.code == FloorReason.LISTENER
    assert story.floor.queue == ()


def listener_asks() -> Story:
    story = meeting()
    gives(story, ANNA, Role.LISTENER)
    story.forget_effects()
    story.keys(ANNA, "*5")
    assert story.said_to(ANNA) == [prompts.LISTENER_ASKED]
    assert story.said_to(HOST) == [prompts.LISTENER_ASKS, prompts.LISTENER_KEYS]
    return story


def test_a_listener_asks_to_speak_and_the_host_lets_them_by_one_key() -> None:
    story = listener_asks()
    story.keys(HOST, "1")
    assert role(story, ANNA) is Role.PARTICIPANT
    assert story.is_heard(ANNA)
    assert story.said_to(ANNA)[-1] == prompts.ROLE_PARTICIPANT
    line = [one for one in story.audited if isinstance(one, Audit)][-1]
    assert (line.action, dict(line.detail)["by"]) == ("participant.role", "key")


@pytest.mark.parametrize("key", ["2", ""])
def test_a_listener_whom_the_host_lets_wait_hears_so(key: str) -> None:
    story = listener_asks()
    story.keys(HOST, key)
    story.passes(ANSWER_S + 1)
    assert role(story, ANNA) is Role.LISTENER
    assert story.said_to(ANNA)[-1] == prompts.LISTENER_REFUSED
    story.keys(HOST, "1")
    assert role(story, ANNA) is Role.LISTENER


def test_a_listener_who_has_become_a_participant_by_the_api_is_asked_about_no_more() -> None:
    story = listener_asks()
    gives(story, ANNA, Role.PARTICIPANT)
    gives(story, ANNA, Role.LISTENER)
    story.keys(HOST, "1")
    assert role(story, ANNA) is Role.LISTENER


def test_a_listener_in_a_meeting_that_nobody_leads_hears_so() -> None:
    story = Story()
    story.opens()
    story.joins(ANNA)
    gives(story, ANNA, Role.LISTENER)
    story.keys(ANNA, "*5")
    assert story.said_to(ANNA)[-1] == prompts.NOBODY_LEADS


# --- handing over ---


def test_the_host_hands_over_to_the_holder_of_the_floor_and_leads_on_as_cohost() -> None:
    story = meeting()
    story.asks(GiveFloor(CONFERENCE, story.who(BO).id))
    story.forget_effects()
    story.keys(HOST, "#0")
    assert (role(story, BO), role(story, HOST), role(story, ANNA)) == (Role.HOST, Role.COHOST, Role.PARTICIPANT)
    assert story.said_to(BO) == [prompts.ROLE_HOST]
    assert story.said_to(HOST) == [prompts.ROLE_COHOST]
    line = [one for one in story.audited if isinstance(one, Audit)][-1]
    assert (line.action, dict(line.detail)["to"]) == ("conference.hand_over", story.who(BO).id)


def test_without_a_holder_the_host_hears_the_functions_by_name_in_order_of_rank() -> None:
    story = meeting()
    first, second = called_in(story, None, 4)
    story.forget_effects()
    story.keys(HOST, "#0")
    assert story.said_to(HOST) == [prompts.HAND_OVER_TO, SECOND_NAME, prompts.HAND_OVER_KEYS]
    story.keys(HOST, "2")
    assert story.said_to(HOST)[3:] == [prompts.HAND_OVER_TO, FIRST_NAME, prompts.HAND_OVER_KEYS]
    story.keys(HOST, "1")
    assert (role(story, first), role(story, second), role(story, HOST)) == (Role.HOST, Role.PARTICIPANT, Role.COHOST)
    assert announced(story) == [prompts.HOST_IS_NOW, FIRST_NAME]


def test_a_host_with_nobody_to_hand_over_to_hears_so() -> None:
    story = meeting()
    story.keys(HOST, "#0")
    assert story.said_to(HOST) == [prompts.HAND_OVER_NOBODY]
    assert role(story, HOST) is Role.HOST


def test_a_function_that_has_left_meanwhile_is_handed_nothing() -> None:
    story = meeting()
    (line,) = called_in(story, 1)
    story.keys(HOST, "#0")
    story.hangs_up(line)
    story.keys(HOST, "1")
    assert story.said_to(HOST)[-1] == prompts.NOT_NOW
    assert role(story, HOST) is Role.HOST


# --- by rank ---


def test_a_function_that_is_host_by_rank_becomes_host_without_a_host_code() -> None:
    story = Story()
    story.opens()
    (line,) = called_in(story, 1)
    assert role(story, line) is Role.HOST
    story.keys(line, "*8")
    assert story.conference.locked


def test_the_first_in_rank_is_a_host_at_once_and_the_next_only_while_there_is_none() -> None:
    story = Story()
    story.opens()
    story.joins(HOST, Role.HOST)
    first, second = called_in(story, 0, 1)
    assert (role(story, first), role(story, second)) == (Role.HOST, Role.PARTICIPANT)


def test_a_host_by_rank_whose_role_was_taken_does_not_get_it_back_by_falling_out_of_the_mix() -> None:
    story = Story()
    story.opens()
    (line,) = called_in(story, 0)
    gives(story, line, Role.PARTICIPANT)
    story.happens(MixLeft(story.now_s, line, MIX))
    story.passes(3)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert role(story, line) is Role.PARTICIPANT


# --- the host is gone ---


def test_a_meeting_whose_host_hangs_up_is_told_and_led_on_by_the_cohost() -> None:
    story = meeting()
    gives(story, ANNA, Role.COHOST)
    story.forget_effects()
    story.hangs_up(HOST)
    assert announced(story) == [prompts.HOST_GONE, prompts.LED_BY_COHOST]
    assert story.said_to(ANNA) == [prompts.ROLE_LEADS]
    assert role(story, ANNA) is Role.COHOST


def test_without_a_cohost_the_best_rank_leads_on_and_is_named() -> None:
    story = meeting()
    first, second = called_in(story, 2, 1)
    story.forget_effects()
    story.hangs_up(HOST)
    assert (role(story, first), role(story, second)) == (Role.PARTICIPANT, Role.COHOST)
    assert announced(story) == [prompts.HOST_GONE, prompts.LED_BY, SECOND_NAME]
    assert story.said_to(second) == [prompts.ROLE_COHOST, prompts.ROLE_LEADS]


def test_a_meeting_that_nobody_can_lead_on_is_told_so() -> None:
    story = meeting()
    story.hangs_up(HOST)
    assert announced(story) == [prompts.HOST_GONE, prompts.NOBODY_LEADS]
    lines = [one for one in story.notes if isinstance(one, Note) and one.kind is ConferenceNote.HOST_GONE]
    assert len(lines) == 1


def test_one_host_of_two_who_leaves_changes_nothing() -> None:
    story = meeting()
    story.joins("second", Role.HOST)
    story.forget_effects()
    story.hangs_up(HOST)
    assert announced(story) == []


def test_a_host_who_falls_out_of_the_mix_for_a_moment_is_not_gone() -> None:
    story = meeting()
    story.happens(MixLeft(story.now_s, HOST, MIX))
    story.passes(3)
    assert announced(story) == []


def test_a_host_who_only_gives_the_role_up_is_not_announced_as_gone() -> None:
    story = meeting()
    gives(story, HOST, Role.PARTICIPANT)
    assert announced(story) == []


def test_in_a_lecture_the_floor_goes_to_the_one_who_leads_on() -> None:
    story = meeting()
    (line,) = called_in(story, 1)
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.hangs_up(HOST)
    assert story.floor.holder == story.who(line).id
    assert story.is_heard(line)


def test_when_every_line_is_lost_nobody_is_made_to_lead_and_the_host_comes_back_as_host() -> None:
    story = Story()
    story.opens()
    first, second = called_in(story, 0, 1)
    host = story.who(first).id
    other = story.who(second).id
    story.telephony_goes_down()
    story.forget_effects()
    story.telephony_comes_up(mixes=(MIX,))
    people = {one.id: one for one in story.records if getattr(one, "id", "") in (host, other)}
    assert [(one.role, one.state) for one in people.values()] == [  # type: ignore[attr-defined]
        (Role.HOST, SeatState.LOST),
        (Role.PARTICIPANT, SeatState.LOST),
    ]
    assert announced(story) == []
    story.passes(5)
    line = story.answers(FIRST)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert (story.who(line).id, story.who(line).role) == (host, Role.HOST)


def test_a_lost_host_is_the_host_again_beside_the_one_who_led_on() -> None:
    story = Story()
    story.opens()
    _, second = called_in(story, 0, 1)
    story.telephony_goes_down()
    story.telephony_comes_up(LiveChannel(second, answered=True, mix=MIX), mixes=(MIX,))
    assert role(story, second) is Role.COHOST
    assert prompts.LED_BY in announced(story)
    story.passes(5)
    line = story.answers(FIRST)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert (role(story, line), role(story, second)) == (Role.HOST, Role.COHOST)


def test_roles_survive_a_restart() -> None:
    story = meeting()
    gives(story, ANNA, Role.LISTENER)
    fresh = story.restarted()
    lines = [LiveChannel(one, answered=True, mix=MIX) for one in (HOST, ANNA, BO)]
    fresh.telephony_comes_up(*lines, mixes=(MIX,))
    assert not fresh.is_heard(ANNA)
    assert fresh.is_heard(BO)
    fresh.asks(MuteAll(CONFERENCE))
    assert fresh.is_heard(HOST)


def test_a_rank_is_kept_with_the_seat() -> None:
    story = Story()
    story.opens()
    (line,) = called_in(story, 3)
    assert story.who(line).host_rank == 3
