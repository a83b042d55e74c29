"""No press of a key is met by silence. Each command of each role is answered by words, in every state of a meeting."""

from collections.abc import Callable

import pytest

from bridge.domain.conference import questions
from bridge.domain.conference.commands import MuteAll, SetFloorMode
from bridge.domain.conference.passing import ASKED
from bridge.domain.conference.records import FloorMode, Role
from bridge.domain.kernel.ids import ChannelId, MixId
from bridge.domain.kernel.step import Step
from bridge.domain.recording.commands import SetOffRecord, SetRecording
from bridge.domain.siderooms.commands import OpenSideRoom, SendToRoom
from bridge.domain.step import KEYS
from bridge.domain.telephony.effects import Announce, Play, Whisper
from bridge.domain.telephony.events import MixJoined
from tests.harness.story import CONFERENCE, Story

ME = ChannelId("me")
SIDE = MixId("mix-side")
SEQUENCES = sorted({key.sequence for key in KEYS})


def alone(role: Role) -> Story:
    story = Story()
    story.opens()
    story.joins(ME, role)
    return story


def among_others(role: Role) -> Story:
    """Two callers and a host, of whom no name is known."""
    story = Story()
    story.opens()
    for name in ("host", "anna", "bo"):
        story.joins(name, Role.HOST if name == "host" else Role.PARTICIPANT)
    story.joins(ME, role)
    return story


def in_mode(mode: FloorMode) -> Callable[[Role], Story]:
    def made(role: Role) -> Story:
        story = among_others(role)
        story.asks(SetFloorMode(CONFERENCE, mode))
        story.keys(ChannelId("anna"), "*5")
        return story

    return made


def all_muted(role: Role) -> Story:
    story = among_others(role)
    story.asks(MuteAll(CONFERENCE))
    return story


def recorded(role: Role) -> Story:
    story = among_others(role)
    story.asks(SetRecording(CONFERENCE, on=True))
    return story


def off_record(role: Role) -> Story:
    story = recorded(role)
    story.asks(SetOffRecord(CONFERENCE, off=True))
    return story


def aside(role: Role) -> Story:
    story = among_others(role)
    story.asks(OpenSideRoom(CONFERENCE, SIDE, "Media"))
    for name in (ME, ChannelId("bo")):
        story.asks(SendToRoom(CONFERENCE, SIDE, (story.who(name).id,)))
        story.happens(MixJoined(story.now_s, name, SIDE))
    return story


def full_of_questions(role: Role) -> Story:
    """As many questions as anybody may have stand already."""
    story = among_others(role)

    def ask(step: Step) -> None:
        for number in range(questions.MOST_WAITING + 1):
            seat = story.who(ME)
            questions.ask(step, seat, (), {}, otherwise=lambda _s, _p: None, within_s=900.0, topic=f"other {number}")

    story.follows(ask)
    assert len(story.node[ASKED][story.who(ME).id]) > 1
    return story


STATES = {
    "alone": alone,
    "among others": among_others,
    "lecture": in_mode(FloorMode.LECTURE),
    "queue": in_mode(FloorMode.QUEUE),
    "all muted": all_muted,
    "recorded": recorded,
    "off the record": off_record,
    "aside": aside,
    "full of questions": full_of_questions,
}


def is_answered(story: Story) -> bool:
    room = story.who(ME).room
    said = [one for one in story.fresh if isinstance(one, Whisper | Play) and one.channel == ME and one.prompts]
    return bool(said) or any(isinstance(one, Announce) and one.mix == room for one in story.fresh)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", Role)
def test_each_press_of_each_role_is_answered_in_words(state: str, role: Role) -> None:
    silent = []
    for sequence in SEQUENCES:
        story = STATES[state](role)
        for _ in range(2):
            story.keys(ME, sequence)
            if not is_answered(story):
                silent.append(sequence)
            story.passes(1.0)
            if ME not in [story.line_of(one.id) for one in story.present() if one.kind.value == "phone"]:
                break
    assert silent == []
