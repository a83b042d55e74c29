"""The speaking list, classes of requests, limits of turns, and the turn of a lost line."""

from dataclasses import replace

import pytest

from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.commands import GiveFloor, RequestFloor, SetFloorMode, SetRole, TakeFloor
from bridge.domain.conference.floor_control import share_of
from bridge.domain.conference.keypad import CLASS_KEY_S
from bridge.domain.conference.records import FloorMode, RequestKind, Role
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId, MixId, ParticipantId
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Refused
from bridge.domain.radio.events import TerminalState
from bridge.domain.siderooms.commands import OpenSideRoom, SendToRoom
from bridge.domain.speaking import prompts
from bridge.domain.speaking.commands import SetSpeakingList, SetTurnLimit
from bridge.domain.speaking.notes import SpeakingNote
from bridge.domain.speaking.policy import SpeakingPolicy
from bridge.domain.speaking.records import SPEAKING, SpeakingItem, TurnEnds
from bridge.domain.telephony.events import LiveChannel, MixJoined, MixLeft
from tests.harness.story import CONFERENCE, MIX, RADIO_VOICE, Story

ORDINARY, REPLY, URGENT = RequestKind.ORDINARY, RequestKind.REPLY, RequestKind.URGENT


def meeting(mode: FloorMode = FloorMode.LECTURE, **figures: float | TurnEnds) -> Story:
    """A host and three participants."""
    story = Story(policy=Policy(SpeakingPolicy(**figures)))  # type: ignore[arg-type]
    story.opens()
    story.joins("host", Role.HOST)
    for name in ("anna", "bo", "carl"):
        story.joins(name)
    story.asks(SetFloorMode(CONFERENCE, mode))
    story.forget_effects()
    return story


def asks(story: Story, name: str, kind: RequestKind | None = None) -> None:
    story.asks(RequestFloor(CONFERENCE, story.who(name).id, kind=kind))


def queue(story: Story) -> list[str]:
    return [story.line_of(one) for one in story.floor.queue]


def line(story: Story) -> list[str]:
    return [story.line_of(one) for one in story.floor.line]


def holder(story: Story) -> str | None:
    return story.line_of(story.floor.holder) if story.floor.holder is not None else None


def item(story: Story, name: str, *, minutes: float | None = None, is_done: bool = False) -> SpeakingItem:
    return SpeakingItem(participant=story.who(name).id, minutes=minutes, is_done=is_done)


def lists(story: Story, *items: SpeakingItem) -> None:
    story.asks(SetSpeakingList(CONFERENCE, items))


def becomes_function(story: Story, name: str) -> None:
    """As if called out as one."""
    seat = replace(story.who(name), function="TiB", organisation="Länsstyrelsen")
    story.follows(lambda step: step.put(seat))


def loses_line(story: Story, name: str) -> None:
    """They are out of the mix, and their way back takes long."""
    story.happens(MixLeft(story.now_s, ChannelId(name), MIX))
    story.passes(0.6)


def is_back(story: Story, name: str) -> None:
    story.happens(MixJoined(story.now_s, ChannelId(name), MIX))


def happenings(story: Story) -> list[SpeakingNote]:
    return [note.kind for note in story.notes if isinstance(note, Note) and isinstance(note.kind, SpeakingNote)]


# --- classes of requests ---


def test_star_five_is_ordinary_and_a_key_in_time_makes_it_urgent_or_a_reply() -> None:
    story = meeting()
    for name, keys in (("anna", "*5"), ("bo", "*52"), ("carl", "*51")):
        story.keys(ChannelId(name), keys)
        story.passes(1.0)
    assert queue(story) == ["carl", "bo", "anna"]
    assert [one.kind for one in story.floor.requests] == [URGENT, REPLY, ORDINARY]
    assert conference_prompts.FLOOR_CLASS_KEYS in story.said_to("anna")
    assert conference_prompts.FLOOR_URGENT_FOR_HOST in story.said_to("host")


def test_a_class_key_that_comes_too_late_changes_nothing() -> None:
    story = meeting()
    story.keys(ChannelId("anna"), "*5")
    story.passes(CLASS_KEY_S)
    story.keys(ChannelId("anna"), "1")
    assert [one.kind for one in story.floor.requests] == [ORDINARY]


def test_a_class_key_after_the_floor_is_given_asks_for_nothing() -> None:
    story = meeting()
    story.keys(ChannelId("anna"), "*5")
    story.asks(GiveFloor(CONFERENCE))
    story.keys(ChannelId("anna"), "1")
    assert (holder(story), queue(story)) == ("anna", [])


def test_a_request_gets_another_class_and_keeps_its_time() -> None:
    story = meeting()
    asks(story, "anna")
    asks(story, "bo")
    began_s = story.now_s
    story.passes(5.0)
    asks(story, "bo", URGENT)
    assert queue(story) == ["bo", "anna"]
    assert story.floor.requests[0].since_s == began_s
    asks(story, "bo")
    assert story.floor.requests[0].kind is URGENT, "asking again without a class keeps it"


def test_an_organisation_that_has_spoken_comes_after_one_that_has_not() -> None:
    story = meeting()
    asks(story, "anna")
    story.asks(GiveFloor(CONFERENCE))
    story.passes(120.0)
    asks(story, "bo")
    story.asks(TakeFloor(CONFERENCE))
    asks(story, "anna")
    asks(story, "carl")
    assert queue(story) == ["bo", "carl", "anna"]
    assert [(one.share, one.total_s) for one in story.floor.spoken] == [(share_of(story.who("anna")), 120.0)]


def test_a_host_who_only_leads_uses_up_no_share() -> None:
    story = meeting()
    story.passes(600.0)
    asks(story, "anna")
    story.asks(GiveFloor(CONFERENCE))
    assert story.floor.spoken == ()


# --- places ---


def test_those_who_are_next_and_second_are_told_and_nobody_further_back() -> None:
    story = meeting()
    story.joins("dora")
    for name in ("anna", "bo", "carl", "dora"):
        asks(story, name)
    story.forget_effects()
    story.asks(GiveFloor(CONFERENCE))
    assert story.said_to("anna") == [conference_prompts.FLOOR_YOURS]
    assert story.said_to("bo") == [prompts.SPEAKING_NEXT]
    assert story.said_to("carl") == [prompts.SPEAKING_SECOND]
    assert story.said_to("dora") == []


def test_whoever_is_passed_by_an_urgent_request_hears_the_new_place() -> None:
    story = meeting()
    asks(story, "anna")
    story.forget_effects()
    asks(story, "bo", URGENT)
    assert story.said_to("anna") == [prompts.SPEAKING_SECOND]
    assert story.said_to("bo") == [conference_prompts.FLOOR_ASKED, phrases.number(1)]


# --- the speaking list ---


def test_the_next_of_the_list_comes_before_the_queue() -> None:
    story = meeting()
    asks(story, "carl", URGENT)
    lists(story, item(story, "bo"), item(story, "anna"))
    assert line(story) == ["bo", "anna", "carl"]
    assert story.said_to("anna") == [prompts.SPEAKING_LISTED, phrases.number(2)]
    spoke = []
    for _ in range(3):
        story.keys(ChannelId("host"), "*1")
        spoke.append(holder(story))
    assert spoke == ["bo", "anna", "carl"]
    assert all(one.is_done for one in story.node[SPEAKING][CONFERENCE].items)
    story.keys(ChannelId("host"), "*1")
    assert conference_prompts.FLOOR_NOBODY_WAITS in story.said_to("host")


def test_in_the_queue_mode_the_list_goes_on_by_itself_and_begins_when_the_host_begins_it() -> None:
    story = meeting(FloorMode.QUEUE)
    lists(story, item(story, "bo"), item(story, "anna"))
    assert holder(story) is None
    story.keys(ChannelId("host"), "*1")
    assert holder(story) == "bo"
    story.keys(ChannelId("bo"), "*5")
    assert holder(story) == "anna"


def test_a_function_that_comes_later_takes_its_place_then() -> None:
    story = meeting()
    lists(story, SpeakingItem(function="TiB", organisation="länsstyrelsen"), item(story, "anna"))
    assert line(story) == ["anna"]
    becomes_function(story, "bo")
    story.asks(RequestFloor(CONFERENCE, story.who("carl").id))
    assert line(story) == ["bo", "anna", "carl"]


def test_an_organisation_is_spoken_for_by_one_who_does_not_speak_already() -> None:
    story = meeting()
    for name in ("anna", "bo"):
        becomes_function(story, name)
    story.asks(GiveFloor(CONFERENCE, story.who("anna").id))
    lists(story, SpeakingItem(organisation="Länsstyrelsen"))
    assert line(story) == ["bo"]


def test_the_list_is_reordered_live_and_what_is_done_stays_done() -> None:
    story = meeting()
    lists(story, item(story, "anna"), item(story, "bo"), item(story, "carl"))
    story.keys(ChannelId("host"), "*1")
    lists(story, item(story, "anna", is_done=True), item(story, "carl"), item(story, "bo"))
    assert line(story) == ["carl", "bo"]
    assert happenings(story).count(SpeakingNote.LIST) == 2


def test_whoever_leaves_or_only_listens_has_no_place_on_the_list() -> None:
    story = meeting()
    lists(story, item(story, "anna"), item(story, "bo"))
    story.asks(SetRole(CONFERENCE, story.who("bo").id, Role.LISTENER))
    story.hangs_up("anna")
    assert story.floor.line == ()


def test_whoever_is_in_a_side_room_takes_the_place_on_the_list_when_back() -> None:
    story = meeting()
    lists(story, item(story, "bo"), item(story, "anna"))
    story.asks(OpenSideRoom(CONFERENCE, MixId("mix-media"), "Media"))
    story.asks(SendToRoom(CONFERENCE, MixId("mix-media"), (story.who("bo").id,)))
    assert line(story) == ["anna"]
    story.asks(SendToRoom(CONFERENCE, MIX, (story.who("bo").id,)))
    assert line(story) == ["bo", "anna"]


def test_a_stranger_cannot_be_listed() -> None:
    story = meeting()
    reply = story.asks(SetSpeakingList(CONFERENCE, (SpeakingItem(participant=ParticipantId("prt-nobody")),)))
    assert isinstance(reply, Refused)
    assert reply.code == "not_found"


# --- limits ---


def test_a_turn_is_warned_half_a_minute_before_its_end_and_told_at_its_end() -> None:
    story = meeting(turn_s=180.0)
    asks(story, "anna")
    story.keys(ChannelId("host"), "*1")
    assert story.floor.turn_s == 180.0
    story.forget_effects()
    story.passes(149.9)
    assert story.said_to("anna") == []
    story.passes(0.2)
    assert story.said_to("anna") == [prompts.SPEAKING_WARNING]
    story.passes(30.0)
    assert story.said_to("anna") == [prompts.SPEAKING_WARNING, prompts.SPEAKING_OVER]
    assert story.said_to("host") == [prompts.SPEAKING_OVER_FOR_HOST]
    assert holder(story) == "anna", "told is not taken"
    assert happenings(story) == [SpeakingNote.TURN_OVER]


def test_a_turn_that_ends_by_itself_goes_to_the_next() -> None:
    story = meeting(FloorMode.QUEUE, turn_s=60.0, turn_ends=TurnEnds.TAKEN)
    asks(story, "anna")
    asks(story, "bo")
    story.passes(60.0)
    assert (holder(story), story.is_heard("anna"), story.is_heard("bo")) == ("bo", False, True)
    story.passes(60.0)
    assert holder(story) is None


def test_a_turn_given_back_in_time_is_neither_warned_nor_ended() -> None:
    story = meeting(turn_s=60.0)
    asks(story, "anna")
    story.keys(ChannelId("host"), "*1")
    story.keys(ChannelId("anna"), "*5")
    story.forget_effects()
    story.passes(120.0)
    assert story.said_to("anna") == []
    assert story.said_to("host") == []
    assert story.floor.turn_s == 0.0


@pytest.mark.parametrize(
    ("minutes", "own_s", "limit_s"), [(2.0, None, 120.0), (None, 90.0, 90.0), (None, None, 60.0), (None, 0.0, 0.0)]
)
def test_the_item_says_how_long_else_the_meeting_else_the_setting(
    minutes: float | None, own_s: float | None, limit_s: float
) -> None:
    story = meeting(turn_s=60.0)
    story.asks(SetTurnLimit(CONFERENCE, own_s, None))
    lists(story, item(story, "anna", minutes=minutes))
    story.keys(ChannelId("host"), "*1")
    assert (holder(story), story.floor.turn_s) == ("anna", limit_s)


def test_a_meeting_chooses_what_happens_when_the_time_is_up() -> None:
    story = meeting(turn_s=60.0)
    story.asks(SetTurnLimit(CONFERENCE, None, TurnEnds.TAKEN))
    asks(story, "anna")
    story.keys(ChannelId("host"), "*1")
    story.passes(60.0)
    assert holder(story) == "host"


def test_a_turn_keeps_its_end_when_the_controller_starts_again() -> None:
    story = meeting(turn_s=100.0, turn_ends=TurnEnds.TAKEN)
    lists(story, item(story, "anna"), item(story, "bo"))
    story.keys(ChannelId("host"), "*1")
    story.passes(40.0)
    again = story.restarted()
    again.telephony_comes_up(
        *(LiveChannel(ChannelId(one), answered=True, mix=MIX) for one in ("host", "anna", "bo", "carl")), mixes=[MIX]
    )
    again.passes(59.0)
    assert (holder(again), line(again)) == ("anna", ["bo"])
    again.passes(1.0)
    assert holder(again) == "host"


# --- a lost line ---


def test_a_speaker_whose_line_comes_back_in_time_has_the_floor_still() -> None:
    story = meeting(FloorMode.QUEUE)
    asks(story, "anna")
    asks(story, "bo")
    story.forget_effects()
    loses_line(story, "anna")
    assert story.floor.holder == story.who("anna").id
    assert prompts.SPEAKING_LOST in story.said_to("host")
    story.passes(5.0)
    is_back(story, "anna")
    assert conference_prompts.FLOOR_YOURS in story.said_to("anna")
    story.passes(60.0)
    assert holder(story) == "anna"
    assert SpeakingNote.TURN_HELD in happenings(story)


def test_a_speaker_who_stays_away_is_first_when_back() -> None:
    story = meeting(FloorMode.QUEUE)
    asks(story, "anna")
    asks(story, "bo")
    asks(story, "carl", URGENT)
    loses_line(story, "anna")
    story.passes(SpeakingPolicy().turn_kept_s)
    assert (holder(story), queue(story)) == ("carl", ["bo"])
    is_back(story, "anna")
    assert queue(story) == ["anna", "bo"]
    story.keys(ChannelId("carl"), "*5")
    assert holder(story) == "anna"


def test_by_setting_the_floor_goes_on_at_once_from_a_lost_line() -> None:
    story = meeting(FloorMode.QUEUE, turn_kept_s=0.0)
    asks(story, "anna")
    asks(story, "bo")
    loses_line(story, "anna")
    assert holder(story) == "bo"
    is_back(story, "anna")
    assert queue(story) == ["anna"]


def test_a_waiting_person_whose_line_is_lost_keeps_the_place_and_is_passed_over_meanwhile() -> None:
    story = meeting()
    asks(story, "anna")
    asks(story, "bo")
    loses_line(story, "anna")
    assert queue(story) == ["bo"]
    is_back(story, "anna")
    assert queue(story) == ["anna", "bo"]


def test_the_host_goes_on_without_waiting_for_a_lost_line() -> None:
    story = meeting(FloorMode.QUEUE)
    asks(story, "anna")
    asks(story, "bo")
    loses_line(story, "anna")
    story.keys(ChannelId("host"), "*2")
    assert holder(story) == "bo"


def test_whoever_hangs_up_keeps_neither_place_nor_turn() -> None:
    story = meeting(FloorMode.QUEUE)
    asks(story, "anna")
    asks(story, "bo")
    asks(story, "carl")
    story.hangs_up("bo")
    story.hangs_up("anna")
    assert (holder(story), queue(story)) == ("carl", [])


def test_a_terminal_that_is_lost_gives_its_turn_back() -> None:
    story = meeting(FloorMode.QUEUE)
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.asks(RequestFloor(CONFERENCE, RADIO_VOICE))
    asks(story, "anna")
    assert story.floor.holder == RADIO_VOICE
    story.terminal_is(TerminalState.ABSENT)
    assert holder(story) == "anna"
