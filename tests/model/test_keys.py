"""Keys by chance, fifty at once, and each in each state. Every press is answered, and nobody is stuck.

The devices do what they are asked, a while later. So the presses meet orders that are under way.
"""

import random
from collections.abc import Callable

import pytest

from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.commands import LockConference, MuteAll, SetFloorMode, SetMuted, SetRole
from bridge.domain.conference.records import CONFERENCES, LEGS, ConferenceState, FloorMode, Role
from bridge.domain.kernel.effects import Effect
from bridge.domain.kernel.ids import ChannelId, MixId
from bridge.domain.kernel.phrases import Manner
from bridge.domain.recording.commands import SetOffRecord
from bridge.domain.siderooms.commands import OpenSideRoom, SendToRoom
from bridge.domain.step import KEYS
from bridge.domain.telephony.effects import Announce, Whisper
from tests.harness.story import CONFERENCE
from tests.model.county import Outcome
from tests.model.led import EVERYBODY, GUEST, HOST, POLICE, TIB, LedMeeting, led_meeting

pytestmark = pytest.mark.slow

SEQUENCES, BLOCKS = 500, 10
PRESSES = 30
TWO = [key.sequence for key in KEYS]
ONE = "0123456789*#"
MEDIA = MixId("mix-media")
Leads = Callable[[LedMeeting], None]


# --- by chance ---


@pytest.mark.parametrize("block", range(BLOCKS))
def test_of_five_hundred_random_sequences_none_leaves_anybody_stuck_or_silent(block: int) -> None:
    for seed in range(block * SEQUENCES // BLOCKS, (block + 1) * SEQUENCES // BLOCKS):
        by_chance(seed)


def by_chance(seed: int) -> None:
    chance = random.Random(seed)
    meeting = led_meeting(recorded=chance.random() < 0.5)
    meeting.does(SetRole(CONFERENCE, meeting.seats[GUEST], chance.choice([Role.PARTICIPANT, Role.LISTENER])))
    meeting.does(SetRole(CONFERENCE, meeting.seats[POLICE], chance.choice([Role.PARTICIPANT, Role.COHOST])))
    meeting.does(SetFloorMode(CONFERENCE, chance.choice(list(FloorMode))))
    if chance.random() < 0.5:
        meeting.does(OpenSideRoom(CONFERENCE, MEDIA, "Media"))
    for _ in range(PRESSES):
        meeting.press(chance.choice(EVERYBODY), chance.choice(TWO) if chance.random() < 0.6 else chance.choice(ONE))
        for lane in meeting.county.waiting():
            if chance.random() < 0.5:
                meeting.work(lane, Outcome.DONE)
        if chance.random() < 0.3:
            meeting.goes_on(chance.choice([0.2, 1.0, 4.0]))
    meeting.goes_on(8.0)
    conference = meeting.story.node[CONFERENCES].get(CONFERENCE)
    if conference is None or conference.state is ConferenceState.ENDED:
        meeting.goes_on(20.0)
        assert not [one for one in meeting.county.lines.values() if not one.called], (
            f"{seed}: the meeting has ended, and somebody is still on the line"
        )
        return
    for number in EVERYBODY:
        meeting.story.forget_effects()
        meeting.read = 0
        meeting.press(number, "*")
        meeting.passes(10.0)
        meeting.press(number, "**")
        said = [one for one in meeting.story.done(Whisper) if one.channel == meeting.line(number)]
        assert [one for one in said if one.prompts and one.manner is Manner.READ_OUT], f"{seed}: {number} hears no help"
    meeting.everybody_is_in()
    for line in list(meeting.county.lines):
        meeting.county.line_ends(line, 16)
    meeting.goes_on(3.0)
    assert not [one for one in meeting.county.lines.values() if not one.called]
    assert not [leg for leg in meeting.story.node[LEGS].values() if leg.ended_at_s is None]


# --- at once ---


@pytest.mark.parametrize("seed", range(5))
def test_fifty_who_toggle_at_once_are_each_heard_as_their_last_press_says(seed: int) -> None:
    chance = random.Random(seed)
    meeting = LedMeeting(recorded=False)
    numbers = [f"+46317000{index:03d}" for index in range(50)]
    for number in numbers:
        meeting.comes(number)
    meeting.goes_on(2.0)
    presses = {number: chance.randint(1, 5) for number in numbers}
    at_once = [number for number, times in presses.items() for _ in range(times)]
    chance.shuffle(at_once)
    meeting.story.forget_effects()
    meeting.read = 0
    for number in at_once:
        meeting.press(number, "*6")
        for lane in meeting.county.waiting():
            if chance.random() < 0.02:
                meeting.work(lane, chance.choice([Outcome.DONE, Outcome.REFUSED, Outcome.NO_ANSWER]))
    meeting.goes_on(30.0)
    for number, times in presses.items():
        seat, line = meeting.seat(number), meeting.county.lines[meeting.line(number)]
        assert seat.muted is (times % 2 == 1)
        assert line.heard is not seat.muted
        said = meeting.story.said_to(line.channel)
        assert len(said) == times, "each press is answered"
        assert said[-1] == (conference_prompts.MUTED if seat.muted else conference_prompts.UNMUTED)


# --- each key of each role, in each state ---


def open_floor(_: LedMeeting) -> None:
    """As it begins."""


def lecture(meeting: LedMeeting) -> None:
    meeting.does(SetFloorMode(CONFERENCE, FloorMode.LECTURE))


def queue(meeting: LedMeeting) -> None:
    meeting.does(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    meeting.press(TIB, "*5")
    meeting.press(POLICE, "*5")


def locked(meeting: LedMeeting) -> None:
    meeting.does(LockConference(CONFERENCE, True))


def all_muted(meeting: LedMeeting) -> None:
    meeting.does(MuteAll(CONFERENCE))
    meeting.does(SetMuted(CONFERENCE, meeting.seats[HOST], True))


def off_the_record(meeting: LedMeeting) -> None:
    meeting.does(SetOffRecord(CONFERENCE, True))


def going_off_the_record(meeting: LedMeeting) -> None:
    """Nothing is answered yet."""
    meeting.press(HOST, "#6")


def roll_call(meeting: LedMeeting) -> None:
    meeting.press(HOST, "#4")
    meeting.goes_on(3.0)


def decision_spoken(meeting: LedMeeting) -> None:
    meeting.press(HOST, "#5")
    meeting.goes_on(5.0)


def decision_asked(meeting: LedMeeting) -> None:
    decision_spoken(meeting)
    meeting.press(HOST, "#5")


def aside(meeting: LedMeeting) -> None:
    meeting.does(OpenSideRoom(CONFERENCE, MEDIA, "Media"))
    meeting.does(SendToRoom(CONFERENCE, MEDIA, tuple(meeting.seats[one] for one in EVERYBODY)))
    meeting.goes_on(4.0)


def alone(meeting: LedMeeting) -> None:
    for number in (TIB, POLICE):
        meeting.county.line_ends(meeting.line(number), 16)
    meeting.goes_on(2.0)


STATES = [
    open_floor,
    lecture,
    queue,
    locked,
    all_muted,
    off_the_record,
    going_off_the_record,
    roll_call,
    decision_spoken,
    decision_asked,
    aside,
    alone,
]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("state", STATES)
def test_every_key_is_answered_to_whoever_presses_it(state: Leads, role: Role) -> None:
    """By words to the presser, at once or when the devices have answered."""
    silent = []
    for sequence in by_role(role):
        meeting = led_meeting()
        presser = HOST if role is Role.HOST else GUEST
        if role is not Role.HOST:
            meeting.does(SetRole(CONFERENCE, meeting.seats[GUEST], role))
        meeting.goes_on(1.0)
        state(meeting)
        meeting.seen.clear()
        meeting.press(presser, sequence)
        line, room = meeting.line(presser), meeting.seat(presser).room
        meeting.settle()
        if not any(is_to(one, line, room) for one in meeting.seen):
            silent.append(sequence)
    assert not silent, f"{role.value}: {silent} say nothing"


def by_role(role: Role) -> list[str]:
    return sorted({key.sequence for key in KEYS if role in key.roles})


def is_to(effect: Effect, line: ChannelId, room: MixId) -> bool:
    """Words in the ear of whoever is on this line, in this room."""
    if isinstance(effect, Whisper):
        return effect.channel == line and bool(effect.prompts)
    return isinstance(effect, Announce) and effect.mix == room and bool(effect.prompts)
