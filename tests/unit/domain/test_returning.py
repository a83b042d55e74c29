"""Somebody whose line was lost comes back into their own seat. A second call of the same person takes it over."""

import pytest

from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.records import TargetState
from bridge.domain.conference import prompts
from bridge.domain.conference.commands import LockConference, RemoveParticipant, SetMuted
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.passing import SEATS
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import PARTICIPANTS, Holder, Role, Seat, SeatState
from bridge.domain.joint.legs import LINE_LOST
from bridge.domain.kernel.ids import ChannelId, ParticipantId
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.policy import Policy
from bridge.domain.telephony.effects import HangUpLeg, SetHeard
from bridge.domain.telephony.events import MixJoined
from tests.harness.story import CONFERENCE, MIX, Story

ANNA = "+46701740605"
BO = "+46701740606"
TIB = Holder("Tjänsteman i beredskap", "Länsstyrelsen")
FAILED = 41
"""Q.850 temporary failure."""


def meeting(policy: Policy | None = None) -> Story:
    story = Story(policy)
    story.opens()
    comes(story, "host", "+46701740600", Role.HOST)
    comes(story, "anna", ANNA)
    return story


def keys_a_code(
    story: Story, line: str, caller: str, role: Role = Role.PARTICIPANT, holder: Holder | None = None
) -> ChannelId:
    channel = story.calls(line, caller=caller)
    story.keys(channel, "12345678#")
    story.happens(CodeResolved(story.now_s, channel, CONFERENCE, role, holder))
    return channel


def comes(
    story: Story, line: str, caller: str, role: Role = Role.PARTICIPANT, holder: Holder | None = None
) -> ParticipantId:
    channel = keys_a_code(story, line, caller, role, holder)
    story.prompt_ends(channel)
    story.happens(MixJoined(story.now_s, channel, MIX))
    return story.who(line).id


def seat(story: Story, participant: ParticipantId) -> Seat:
    return story.node[PARTICIPANTS][participant]


def lines(story: Story, participant: ParticipantId) -> list[str]:
    return [one.kind for one in story.notes if isinstance(one, Note) and one.participant == participant]


# --- the line is lost ---


@pytest.mark.parametrize("cause", sorted(LINE_LOST))
def test_a_line_that_fails_is_a_lost_line_and_is_rung_back(cause: int) -> None:
    story = meeting()
    anna = story.who("anna").id
    story.hangs_up("anna", cause)
    assert seat(story, anna).state is SeatState.LOST
    assert lines(story, anna)[-1] is ConferenceNote.LINE_LOST
    assert story.dialled() == [ANNA]
    line = story.answers(ANNA)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert seat(story, anna).state is SeatState.PRESENT


@pytest.mark.parametrize("cause", [0, 16, 17, 31])
def test_a_hang_up_is_left_and_rings_nobody(cause: int) -> None:
    story = meeting()
    anna = story.who("anna").id
    story.hangs_up("anna", cause)
    assert seat(story, anna).state is SeatState.LEFT
    assert lines(story, anna)[-1] is ConferenceNote.LEFT
    assert story.dialled() == []


def test_a_called_out_function_whose_line_fails_is_shown_as_lost_and_rung_back() -> None:
    story = meeting()
    story.activates([(BO,)])
    line = story.answers(BO)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    story.hangs_up(line, FAILED)
    assert story.target(0).state is TargetState.LOST
    assert story.dialled() == [BO, BO]
    comes(story, "bo-again", BO)
    assert story.target(0).state is TargetState.JOINED


def test_a_line_that_fails_before_the_meeting_has_left() -> None:
    story = meeting()
    channel = keys_a_code(story, "bo", BO)
    bo = story.who("bo").id
    story.hangs_up(channel, FAILED)
    assert (seat(story, bo).state, story.dialled()) == (SeatState.LEFT, [])


def test_where_the_region_rings_nobody_back_the_seat_is_kept() -> None:
    story = meeting(Policy(CalloutPolicy(rings_back=False)))
    anna = story.who("anna").id
    story.hangs_up("anna", FAILED)
    assert story.dialled() == []
    assert comes(story, "anna-again", ANNA) == anna


def test_the_seat_is_kept_for_its_time_also_over_a_restart() -> None:
    story = meeting(Policy(CalloutPolicy(rings_back=False), ConferencePolicy(seat_kept_s=60)))
    anna = story.who("anna").id
    host = story.line_of(story.who("host").id)
    story.hangs_up("anna", FAILED)
    story.passes(40)
    fresh = story.restarted()
    fresh.hangs_up(host)
    fresh.passes(19)
    assert seat(fresh, anna).state is SeatState.LOST
    fresh.passes(1)
    assert seat(fresh, anna).state is SeatState.LEFT
    fresh.is_over = True


# --- by the line ---


def test_who_calls_back_is_known_by_the_line_and_has_role_mute_and_seat_again() -> None:
    story = meeting()
    anna = story.who("anna").id
    story.asks(SetMuted(CONFERENCE, anna, True))
    story.hangs_up("anna", FAILED)
    ringing = story.line_to(ANNA)
    assert comes(story, "anna-again", ANNA) == anna
    assert prompts.ENTRY_WELCOME_BACK in story.said_to("anna-again")
    assert (seat(story, anna).state, seat(story, anna).muted) == (SeatState.PRESENT, True)
    assert not story.is_heard("anna-again")
    assert HangUpLeg(ringing) in story.effects
    story.call_ends(ANNA, 16)
    story.passes(120)
    assert story.dialled() == [ANNA]


def test_who_hung_up_is_a_new_participant() -> None:
    story = meeting()
    anna = story.who("anna").id
    story.hangs_up("anna")
    assert comes(story, "anna-again", ANNA) != anna
    assert prompts.ENTRY_WELCOME_BACK not in story.said_to("anna-again")


def test_a_line_alone_makes_nobody_host() -> None:
    story = meeting()
    host = story.who("host")
    story.hangs_up("host", FAILED)
    came = comes(story, "stranger", host.number or "")
    assert (came != host.id, seat(story, came).role) == (True, Role.PARTICIPANT)


def test_a_host_who_calls_back_with_the_hosts_code_is_the_same_host() -> None:
    story = meeting()
    host = story.who("host")
    story.hangs_up("host", FAILED)
    assert comes(story, "host-again", host.number or "", Role.HOST) == host.id
    assert seat(story, host.id).role is Role.HOST


def test_behind_a_switchboard_nobody_is_taken_for_another() -> None:
    story = meeting()
    comes(story, "colleague", ANNA)
    anna = story.who("anna").id
    story.hangs_up("anna", FAILED)
    assert comes(story, "third", ANNA) != anna


def test_a_withheld_number_is_nobodys_line() -> None:
    story = meeting()
    hidden = comes(story, "hidden", "")
    story.hangs_up("hidden", FAILED)
    assert seat(story, hidden).state is SeatState.LOST
    assert comes(story, "another", "") != hidden


def test_a_line_opens_no_locked_door() -> None:
    story = meeting()
    story.hangs_up("anna", FAILED)
    story.asks(LockConference(CONFERENCE, True))
    channel = keys_a_code(story, "anna-again", ANNA)
    assert channel not in story.node[SEATS]


def test_who_was_removed_has_no_seat_to_come_back_to() -> None:
    story = meeting()
    anna = story.who("anna").id
    story.hangs_up("anna", FAILED)
    story.asks(RemoveParticipant(CONFERENCE, anna))
    assert comes(story, "anna-again", ANNA) != anna


# --- by the personal code ---


def test_a_personal_code_gives_the_seat_back_on_any_telephone_also_through_a_locked_door() -> None:
    story = meeting()
    tib = comes(story, "tib", "", Role.PARTICIPANT, TIB)
    story.hangs_up("tib", FAILED)
    story.asks(LockConference(CONFERENCE, True))
    assert comes(story, "tib-again", BO, Role.PARTICIPANT, TIB) == tib
    assert (seat(story, tib).function, seat(story, tib).number) == (TIB.function, BO)


def test_a_second_call_of_the_same_person_takes_the_seat_over_and_the_first_telephone_hears_why() -> None:
    story = meeting()
    tib = comes(story, "tib", BO, Role.HOST, TIB)
    story.asks(SetMuted(CONFERENCE, tib, True))
    assert comes(story, "tib-mobile", "+46701740607", Role.HOST, TIB) == tib
    assert SetHeard(ChannelId("tib"), False) in story.effects
    assert story.said_to("tib")[-1] == prompts.MEETING_TAKEN_OVER
    story.prompt_ends(ChannelId("tib"))
    assert HangUpLeg(ChannelId("tib")) in story.effects
    story.hangs_up("tib", FAILED)
    again = seat(story, tib)
    assert (again.state, again.role, again.muted) == (SeatState.PRESENT, Role.HOST, True)
    assert story.line_of(tib) == "tib-mobile"
    assert story.dialled() == []


def test_the_meeting_is_not_told_that_its_host_is_gone_when_the_host_changes_telephones() -> None:
    story = meeting()
    story.hangs_up("host")
    comes(story, "tib", BO, Role.HOST, TIB)
    story.notes.clear()
    comes(story, "tib-mobile", BO, Role.HOST, TIB)
    kinds = [one.kind for one in story.notes if isinstance(one, Note)]
    assert ConferenceNote.HOST_GONE not in kinds
    assert kinds.count(ConferenceNote.JOINED) == 1


def test_another_function_has_a_seat_of_its_own() -> None:
    story = meeting()
    tib = comes(story, "tib", BO, Role.PARTICIPANT, TIB)
    other = comes(story, "vakt", BO, Role.PARTICIPANT, Holder("Vakthavande", "Länsstyrelsen"))
    assert other != tib
    assert seat(story, tib).state is SeatState.PRESENT
