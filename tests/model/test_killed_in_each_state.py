"""A roll call, a decision and a side room, killed in each of their states.

Killed is the controller, Asterisk, both, or the host's line. What was committed comes back through SQLite. Everybody is
in again, no answer is lost, and the act goes on to its end.
"""

from collections.abc import Callable

import pytest

from bridge.domain.conference.passing import ASKED
from bridge.domain.conference.records import PARTICIPANTS, ROOMS
from bridge.domain.decisions.decisions import ASK_EVERY_S
from bridge.domain.decisions.records import (
    ACKNOWLEDGEMENTS,
    DECISIONS,
    Acknowledgement,
    Answer,
    Decision,
    DecisionState,
)
from bridge.domain.kernel.ids import MixId
from bridge.domain.rollcall.records import HERE, ROLL_CALLS, Attendance, RollCall, RollCallState, RollEntry
from bridge.domain.siderooms.commands import CloseSideRoom, Consult, OpenSideRoom, RecallAll, SendToRoom
from tests.harness.story import CONFERENCE, MIX
from tests.model.county import ROLL
from tests.model.led import EVERYBODY, GUEST, HOST, POLICE, TIB, LedMeeting, led_meeting

pytestmark = pytest.mark.slow

VICTIMS = ("controller", "Asterisk", "both", "the host's line")
BACK_S = 60.0
"""Rung back, answered and in again."""
STAFF = ROLL.expected[1].numbers[0]
MEDIA, TALK = MixId("mix-media"), MixId("mix-talk")
Leads = Callable[[LedMeeting], None]


# --- the roll call ---


def roll_call(meeting: LedMeeting) -> RollCall:
    """As it was committed last."""
    return [one for one in meeting.story.records if isinstance(one, RollCall)][-1]


def roll(meeting: LedMeeting) -> dict[str, Attendance]:
    """Each function, as it was committed last."""
    of = roll_call(meeting).id
    return {one.name: one.state for one in meeting.story.records if isinstance(one, RollEntry) and one.roll_call == of}


def is_looked_up(meeting: LedMeeting) -> None:
    meeting.press(HOST, "#4")
    assert roll_call(meeting).state is RollCallState.PREPARING


def has_begun(meeting: LedMeeting) -> None:
    is_looked_up(meeting)
    meeting.settle()
    assert roll_call(meeting).state is RollCallState.CALLING


def a_function_is_asked(meeting: LedMeeting) -> None:
    has_begun(meeting)
    meeting.goes_on(2.0)
    assert meeting.seats[TIB] in meeting.story.node[ASKED]


def a_function_has_answered(meeting: LedMeeting) -> None:
    a_function_is_asked(meeting)
    meeting.press(TIB, "1")
    assert roll(meeting)["K TiB"] is Attendance.ANSWERED


def the_host_is_asked(meeting: LedMeeting) -> None:
    a_function_has_answered(meeting)
    meeting.goes_on(2.0)
    assert meeting.seats[HOST] in meeting.story.node[ASKED]


def the_missing_are_rung(meeting: LedMeeting) -> None:
    the_host_is_asked(meeting)
    meeting.press(HOST, "2")
    meeting.goes_on(4.0)
    assert roll_call(meeting).state is RollCallState.RINGING
    assert any(one.number == STAFF for one in meeting.county.lines.values())


def the_missing_one_answers(meeting: LedMeeting) -> None:
    the_missing_are_rung(meeting)
    called = next(one for one in meeting.county.lines.values() if one.number == STAFF)
    meeting.county.called_one_answers(called.channel)
    meeting.settle()


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize(
    "state",
    [
        is_looked_up,
        has_begun,
        a_function_is_asked,
        a_function_has_answered,
        the_host_is_asked,
        the_missing_are_rung,
        the_missing_one_answers,
    ],
)
def test_a_roll_call_is_led_to_its_end(state: Leads, victim: str) -> None:
    meeting = led_meeting()
    state(meeting)
    seen = {name for name, how in roll(meeting).items() if how in HERE}
    meeting.is_killed(victim)
    meeting.goes_on(3 * BACK_S, answering=(*EVERYBODY, STAFF))
    meeting.everybody_is_in()
    ended = roll_call(meeting)
    assert (ended.state, ended.reason) == (RollCallState.ENDED, None)
    assert not meeting.story.node[ROLL_CALLS]
    found = roll(meeting)
    assert seen <= {name for name, how in found.items() if how in HERE}, "nobody who was seen is missing now"
    assert found["K TiB"] in HERE
    assert found["K Stab"] in HERE, "rung, and in"
    assert not meeting.story.node[ASKED]


# --- a decision ---


def decision(meeting: LedMeeting) -> Decision:
    return next(iter(meeting.story.node[DECISIONS].values()))


def answers(meeting: LedMeeting) -> dict[str, Answer]:
    return {one.organisation: one.answer for one in meeting.story.node[ACKNOWLEDGEMENTS].values()}


def is_spoken(meeting: LedMeeting) -> None:
    meeting.press(HOST, "#5")
    meeting.goes_on(5.0)
    assert decision(meeting).state is DecisionState.SPEAKING


def is_asked_about(meeting: LedMeeting) -> None:
    is_spoken(meeting)
    meeting.press(HOST, "#5")
    assert decision(meeting).state is DecisionState.ASKING


def one_has_answered(meeting: LedMeeting) -> None:
    is_asked_about(meeting)
    meeting.goes_on(2.0)
    meeting.press(TIB, "2")
    assert answers(meeting) == {"K": Answer.RESERVED, "Polisen": Answer.AWAITED}


def the_other_is_asked_again(meeting: LedMeeting) -> None:
    one_has_answered(meeting)
    meeting.goes_on(31.0)
    assert decision(meeting).rounds == 1


def all_have_answered(meeting: LedMeeting) -> None:
    one_has_answered(meeting)
    meeting.press(POLICE, "1")
    assert decision(meeting).state is DecisionState.SETTLED


def is_taken_back(meeting: LedMeeting) -> None:
    meeting.press(HOST, "#5")
    meeting.goes_on(1.0)
    meeting.press(HOST, "#5")
    assert decision(meeting).state is DecisionState.CANCELLED


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize(
    "state", [is_spoken, is_asked_about, one_has_answered, the_other_is_asked_again, all_have_answered, is_taken_back]
)
def test_a_decision_is_answered_by_all_and_no_answer_is_lost(state: Leads, victim: str) -> None:
    meeting = led_meeting()
    state(meeting)
    before, given = decision(meeting), answers(meeting)
    meeting.is_killed(victim)
    meeting.goes_on(BACK_S / 3, answering=EVERYBODY)
    meeting.everybody_is_in()
    if decision(meeting).state is DecisionState.SPEAKING:
        meeting.press(HOST, "#5")
    for number, organisation in ((TIB, "K"), (POLICE, "Polisen")):
        if answers(meeting).get(organisation) is Answer.AWAITED:
            meeting.is_asked(number, ASK_EVERY_S)
            meeting.press(number, "1")
    ended, found = decision(meeting), answers(meeting)
    assert (ended.number, ended.begun_at_s) == (before.number, before.begun_at_s)
    if before.state is DecisionState.CANCELLED:
        assert (ended.state, found) == (DecisionState.CANCELLED, {})
        return
    kept = {name: answer for name, answer in given.items() if answer is not Answer.AWAITED}
    assert found == {"K": Answer.ACKNOWLEDGED, "Polisen": Answer.ACKNOWLEDGED, **kept}
    assert ended.state is DecisionState.SETTLED
    assert not meeting.story.node[ASKED]
    stored = [one for one in meeting.story.records if isinstance(one, Acknowledgement)]
    assert {one.organisation: one.answer for one in stored} == found


# --- a side room ---


def is_open(meeting: LedMeeting) -> None:
    meeting.does(OpenSideRoom(CONFERENCE, MEDIA, "Media", parallel=True))
    meeting.settle()


def asks_where_to(meeting: LedMeeting) -> None:
    is_open(meeting)
    meeting.press(GUEST, "#7")
    assert meeting.seats[GUEST] in meeting.story.node[ASKED]


def are_sent(meeting: LedMeeting) -> None:
    """The order is given, and not carried out."""
    is_open(meeting)
    meeting.does(SendToRoom(CONFERENCE, MEDIA, (meeting.seats[TIB], meeting.seats[GUEST])))


def are_in_it(meeting: LedMeeting) -> None:
    are_sent(meeting)
    meeting.goes_on(3.0)
    meeting.everybody_is_in((TIB, GUEST), MEDIA)


def are_called_back(meeting: LedMeeting) -> None:
    """They have heard that they will be."""
    are_in_it(meeting)
    meeting.does(RecallAll(CONFERENCE, 10.0))


def is_closed(meeting: LedMeeting) -> None:
    """Its people are on the way back."""
    are_in_it(meeting)
    meeting.does(CloseSideRoom(CONFERENCE, MEDIA))


def two_talk_in_private(meeting: LedMeeting) -> None:
    meeting.does(Consult(CONFERENCE, TALK, (meeting.seats[TIB], meeting.seats[GUEST])))
    meeting.goes_on(3.0)
    meeting.everybody_is_in((TIB, GUEST), TALK)


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize(
    "state", [is_open, asks_where_to, are_sent, are_in_it, are_called_back, is_closed, two_talk_in_private]
)
def test_everybody_sits_where_they_belong_and_comes_back_when_called(state: Leads, victim: str) -> None:
    meeting = led_meeting()
    state(meeting)
    belong = {number: meeting.seat(number).room for number in EVERYBODY}
    meeting.is_killed(victim)
    meeting.goes_on(BACK_S, answering=EVERYBODY)
    for number, room in belong.items():
        meeting.everybody_is_in((number,), MIX if state is are_called_back else room)
    assert not meeting.story.node[ASKED]
    meeting.does(RecallAll(CONFERENCE, 0.0))
    meeting.goes_on(3.0)
    meeting.everybody_is_in(EVERYBODY, MIX)
    still = {one.id for one in meeting.story.node[ROOMS].values() if one.closed_at_s is None}
    assert TALK not in still
    assert (MEDIA in still) is (state not in (two_talk_in_private, is_closed))
    assert len(meeting.story.node[PARTICIPANTS]) == len(EVERYBODY), "nobody has two seats"
