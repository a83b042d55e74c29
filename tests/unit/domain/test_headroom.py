"""Open microphones are bounded by measured mixing headroom, with the reason told, and open again with room."""

import pytest

from bridge.domain.conference.commands import SetFloorMode, SetMuted
from bridge.domain.conference.passing import HEARD
from bridge.domain.conference.records import FloorMode, LegKind, MuteOwner, Role, Seat
from bridge.domain.headroom import bound, prompts
from bridge.domain.headroom.events import MixingMeasured
from bridge.domain.headroom.keeping import crowded_out
from bridge.domain.headroom.notes import HeadroomNote
from bridge.domain.headroom.policy import HeadroomPolicy
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId, ParticipantId
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.policy import Policy
from tests.harness.story import CONFERENCE, Story

FIGURES = HeadroomPolicy(full_percent=70, full_for_s=4, room_percent=40, room_for_s=10, least_open=2)


def meeting(people: int = 9) -> Story:
    """A host and so many participants, all heard; `p0` came first."""
    story = Story(policy=Policy(FIGURES))
    story.opens()
    story.joins("host", Role.HOST)
    for one in range(people):
        story.passes(1)
        story.joins(f"p{one}")
    story.forget_effects()
    return story


def mixes(story: Story, used_percent: float, for_s: float) -> None:
    """Measured every two seconds for so long."""
    for _ in range(int(for_s / 2) + 1):
        story.happens(MixingMeasured(story.now_s, used_percent))
        story.passes(2)


def open_ones(story: Story) -> set[str]:
    return {str(channel) for channel, is_heard in story.node[HEARD].items() if is_heard}


def closed(story: Story) -> list[str]:
    return [str(story.line_of(one.id)) for one in crowded_out(story.node)]


def lines(story: Story) -> list[object]:
    return [note.kind for note in story.notes if isinstance(note, Note) and isinstance(note.kind, HeadroomNote)]


def test_a_full_mix_closes_those_who_came_last_and_tells_them() -> None:
    story = meeting()
    mixes(story, 80, 4)
    assert open_ones(story) == {"host", "p0", "p1", "p2", "p3"}, "half of the ten, for half of the load"
    assert story.who("p8").muted_by == {MuteOwner.MIXING}
    assert story.said_to("p8") == [prompts.CROWDED_OUT]
    assert story.said_to("p0") == []
    assert lines(story) == [HeadroomNote.CROWDED_OUT] * 5


def test_a_peak_that_passes_closes_nothing() -> None:
    story = meeting()
    mixes(story, 95, 2)
    mixes(story, 60, 2)
    mixes(story, 95, 2)
    assert closed(story) == []


def test_between_full_and_room_nothing_moves() -> None:
    story = meeting()
    mixes(story, 80, 4)
    before = closed(story)
    mixes(story, 55, 60)
    assert closed(story) == before


def test_with_room_again_they_open_one_after_the_other_and_hear_it() -> None:
    story = meeting()
    mixes(story, 80, 4)
    mixes(story, 30, 8)
    assert len(closed(story)) == 5, "room for a moment is no room"
    mixes(story, 30, 4)
    assert closed(story) == ["p5", "p6", "p7", "p8"]
    assert story.is_heard(ChannelId("p4"))
    assert HeadroomNote.ROOM_AGAIN in lines(story)
    mixes(story, 30, 60)
    assert closed(story) == []


def test_those_who_talk_hosts_and_the_holder_of_the_floor_stay_open() -> None:
    story = meeting()
    story.talks("p8")
    mixes(story, 99, 4)
    assert {"host", "p8"} <= open_ones(story)
    mixes(story, 99, 40)
    assert "host" in open_ones(story)
    assert len(open_ones(story)) == FIGURES.least_open


def test_a_host_opens_one_all_the_same_and_it_is_not_closed_again() -> None:
    story = meeting()
    mixes(story, 80, 4)
    story.asks(SetMuted(CONFERENCE, story.who("p8").id, False))
    assert story.is_heard(ChannelId("p8"))
    mixes(story, 99, 40)
    assert story.is_heard(ChannelId("p8"))


def test_their_own_key_opens_nothing_and_the_floor_does() -> None:
    story = meeting()
    mixes(story, 80, 4)
    story.keys(ChannelId("p8"), "*6")
    assert not story.is_heard(ChannelId("p8"))
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.keys(ChannelId("p8"), "*5")
    assert story.floor.holder == story.who("p8").id
    assert story.is_heard(ChannelId("p8"))


def test_one_who_comes_into_a_full_meeting_comes_in_closed_and_a_host_open() -> None:
    story = meeting()
    mixes(story, 80, 4)
    story.joins("late")
    story.joins("host-2", Role.HOST)
    assert story.who("late").muted_by == {MuteOwner.MIXING}
    assert prompts.CROWDED_OUT in story.said_to("late")
    assert story.is_heard(ChannelId("host-2"))


# --- the bound itself ---


@pytest.mark.parametrize(
    ("open_now", "used", "most"), [(100, 70, 100), (100, 80, 50), (100, 100, 40), (3, 100, 2), (1, 100, 1), (0, 100, 0)]
)
def test_the_bound_brings_the_load_to_where_there_is_room(open_now: int, used: float, most: int) -> None:
    assert bound.most_open(open_now, used, FIGURES) == most


def test_a_talkgroup_is_never_closed() -> None:
    radio = Seat(ParticipantId("r"), ConferenceId("c"), MixId("m"), LegKind.RADIO, "RAPS 1")
    assert bound.who_closes([radio], 0, None, ()) == []
