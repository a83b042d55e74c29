"""A line on hold is out of the room. A line that sounds without a pause is told, and isolated by policy."""

import pytest

from bridge.domain.conference.commands import SetFloorMode, SetMuted
from bridge.domain.conference.passing import HEARD
from bridge.domain.conference.records import PARTICIPANTS, FloorMode, MuteOwner, Role, SeatState
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.policy import Policy
from bridge.domain.linewatch import prompts
from bridge.domain.linewatch.notes import LineNote
from bridge.domain.linewatch.policy import Isolates, LinePolicy
from bridge.domain.radio.events import TerminalState
from bridge.domain.telephony.events import LegEnded, LegHeld, LegResumed, LiveChannel, RtpResumed, RtpStopped
from tests.harness.story import CONFERENCE, MIX, Story


def meeting(isolates: Isolates = Isolates.ALWAYS) -> Story:
    """A host and two participants, all heard."""
    story = Story(policy=Policy(LinePolicy(ceaseless_s=60, isolates=isolates)))
    story.opens()
    story.joins("host", Role.HOST)
    story.joins("a")
    story.joins("b")
    story.forget_effects()
    return story


def is_heard(story: Story, channel: str) -> bool:
    """The last order to this microphone."""
    return story.node[HEARD][ChannelId(channel)]


def holds(story: Story, channel: str) -> None:
    story.happens(LegHeld(story.now_s, ChannelId(channel)))


def resumes(story: Story, channel: str) -> None:
    story.happens(LegResumed(story.now_s, ChannelId(channel)))


def lines(story: Story) -> list[object]:
    return [note.kind for note in story.notes if isinstance(note, Note) and isinstance(note.kind, LineNote)]


def test_a_line_on_hold_is_heard_by_nobody_and_shown_as_held() -> None:
    story = meeting()
    holds(story, "a")
    assert not is_heard(story, "a")
    assert story.who("a").muted_by == {MuteOwner.HOLD}
    resumes(story, "a")
    assert is_heard(story, "a")
    assert story.said_to("a") == [prompts.LINE_RESUMED]
    assert lines(story) == [LineNote.HELD, LineNote.RESUMED]


def test_hold_and_a_hosts_mute_are_lifted_each_by_its_own() -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who("a").id, True))
    holds(story, "a")
    story.asks(SetMuted(CONFERENCE, story.who("a").id, False))
    assert story.who("a").muted_by == {MuteOwner.HOLD}
    assert not is_heard(story, "a")
    story.asks(SetMuted(CONFERENCE, story.who("a").id, True))
    resumes(story, "a")
    assert not is_heard(story, "a"), "the host's mute stands"


def test_one_who_holds_the_floor_and_puts_the_meeting_on_hold_gives_it_back() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.keys(ChannelId("a"), "*5")
    story.keys(ChannelId("b"), "*5")
    assert story.floor.holder == story.who("a").id
    holds(story, "a")
    assert story.floor.holder == story.who("b").id


def test_hold_is_true_again_after_every_connect() -> None:
    story = meeting()
    holds(story, "a")
    live = [LiveChannel(ChannelId(name), True, MIX, held=name == "b") for name in ("host", "a", "b")]
    story.telephony_comes_up(*live)
    assert is_heard(story, "a")
    assert story.who("b").muted_by == {MuteOwner.HOLD}


def test_the_same_hold_told_twice_is_one() -> None:
    story = meeting()
    holds(story, "a")
    holds(story, "a")
    resumes(story, "a")
    resumes(story, "a")
    assert lines(story) == [LineNote.HELD, LineNote.RESUMED]


def test_a_line_that_never_pauses_is_told_to_the_hosts_and_isolated_until_it_does() -> None:
    story = meeting()
    story.talks("a")
    story.passes(59)
    assert is_heard(story, "a")
    story.passes(2)
    assert story.who("a").ceaseless
    assert not is_heard(story, "a")
    assert story.said_to("a") == [prompts.LINE_ISOLATED]
    assert prompts.LINE_CEASELESS in story.said_to("host")
    story.falls_silent("a")
    assert is_heard(story, "a")
    assert not story.who("a").ceaseless
    assert lines(story) == [LineNote.CEASELESS, LineNote.ISOLATED, LineNote.QUIET]


def test_a_person_who_pauses_to_breathe_is_never_taken_for_music() -> None:
    story = meeting()
    for _ in range(10):
        story.talks("a")
        story.passes(50)
        story.falls_silent("a")
        story.passes(1)
    assert lines(story) == []
    assert is_heard(story, "a")


def test_a_line_let_be_heard_by_its_person_is_not_isolated_again() -> None:
    story = meeting()
    story.talks("a")
    story.passes(61)
    story.keys(ChannelId("a"), "*6")
    assert is_heard(story, "a")
    story.falls_silent("a")
    story.talks("a")
    story.passes(61)
    assert is_heard(story, "a")
    assert story.who("a").ceaseless, "it is shown all the same"


@pytest.mark.parametrize("isolates", [Isolates.NEVER, Isolates.RADIO])
def test_without_a_talkgroup_the_hosts_are_told_and_one_act_isolates(isolates: Isolates) -> None:
    story = meeting(isolates)
    story.talks("a")
    story.passes(61)
    assert is_heard(story, "a")
    assert story.said_to("host") == [prompts.LINE_CEASELESS]
    assert story.said_to("a") == []
    story.asks(SetMuted(CONFERENCE, story.who("a").id, True))
    assert not is_heard(story, "a")


def test_while_a_talkgroup_is_there_hold_music_does_not_go_on_the_air() -> None:
    story = meeting(Isolates.RADIO)
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.talks("a")
    story.passes(61)
    assert not is_heard(story, "a")


def test_the_holder_of_the_floor_is_never_isolated() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.keys(ChannelId("a"), "*5")
    story.talks("a")
    story.passes(61)
    assert is_heard(story, "a")


def test_who_leaves_sounds_no_more() -> None:
    story = meeting()
    story.talks("a")
    story.passes(61)
    gone = story.who("a").id
    story.hangs_up("a")
    left = story.node.tables[story.node.kinds[type(story.who("b"))]][gone]
    assert (left.ceaseless, left.muted_by) == (False, frozenset())


def test_a_telephone_from_which_nothing_comes_is_shown_until_something_comes() -> None:
    story = meeting()
    story.happens(RtpStopped(story.now_s, ChannelId("a")))
    assert [story.who(one).silent_line for one in ("a", "b")] == [True, False]
    assert is_heard(story, "a"), "it may be silent and a person all the same"
    story.happens(RtpResumed(story.now_s, ChannelId("a")))
    assert not story.who("a").silent_line
    assert lines(story) == [LineNote.SILENT_LINE, LineNote.LINE_SOUNDS]


def test_a_silent_telephone_that_is_found_to_be_gone_is_a_lost_line_whose_seat_is_kept() -> None:
    story = meeting()
    story.happens(RtpStopped(story.now_s, ChannelId("a")))
    before = story.who("a").id
    story.happens(LegEnded(story.now_s, ChannelId("a"), 18))
    lost = story.node[PARTICIPANTS][before]
    assert (lost.state, lost.silent_line) == (SeatState.LOST, False)


def test_after_a_connect_silence_is_found_out_anew() -> None:
    story = meeting()
    story.happens(RtpStopped(story.now_s, ChannelId("a")))
    live = [LiveChannel(ChannelId(one), True, MIX) for one in ("host", "a", "b")]
    story.telephony_comes_up(*live)
    assert not story.who("a").silent_line
