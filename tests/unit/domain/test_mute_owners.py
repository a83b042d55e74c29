"""A mute knows whose it is: nobody is heard until everybody who muted them has let go."""

from dataclasses import replace

from bridge.domain.conference import prompts
from bridge.domain.conference.commands import MuteAll, SetMuted, UndoMuteAll
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.passing import HEARD
from bridge.domain.conference.records import PARTICIPANTS, MuteOwner, Role
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.journal import Note
from bridge.domain.telephony.effects import SetHeard, Whisper
from bridge.domain.telephony.events import LiveChannel
from tests.harness.story import CONFERENCE, MIX, Story

ANNA = ChannelId("anna")
SELF, HOST, POLICY = MuteOwner.SELF, MuteOwner.HOST, MuteOwner.POLICY


def meeting() -> Story:
    story = Story()
    story.opens()
    story.joins("host", Role.HOST)
    story.joins("anna")
    return story


def owners(story: Story) -> set[MuteOwner]:
    return set(story.who("anna").muted_by)


def host_sets(story: Story, muted: bool) -> None:
    story.asks(SetMuted(CONFERENCE, story.who("anna").id, muted))


def notes(story: Story) -> list[str]:
    muting = (ConferenceNote.MUTED, ConferenceNote.UNMUTED)
    return [one.kind.value for one in story.notes if isinstance(one, Note) and one.kind in muting]


def muted_by_rule() -> Story:
    """After a restart, with a mute that a rule to come will have set."""
    story = meeting()
    story.records.append(replace(story.who("anna"), muted_by=frozenset({SELF, POLICY})))
    fresh = story.restarted()
    lines = [LiveChannel(ChannelId(name), answered=True, mix=MIX) for name in ("host", "anna")]
    fresh.telephony_comes_up(*lines, mixes=(MIX,))
    return fresh


def test_a_key_and_a_host_each_leave_their_own_mark_and_either_lifts_both() -> None:
    story = meeting()
    story.keys(ANNA, "*6")
    assert owners(story) == {SELF}
    host_sets(story, True)
    assert owners(story) == {SELF, HOST}
    assert notes(story) == ["muted"], "they were muted already"
    assert story.said_to("anna").count(prompts.MUTED_BY_HOST) == 0
    story.keys(ANNA, "*6")
    assert owners(story) == set()
    assert story.is_heard("anna")
    story.asks(MuteAll(CONFERENCE))
    assert owners(story) == {MuteOwner.ALL}
    assert not story.is_heard("anna")
    host_sets(story, False)
    assert owners(story) == set()
    assert notes(story) == ["muted", "unmuted", "muted", "unmuted"]


def test_a_rules_mute_is_lifted_by_no_key_of_their_own_and_they_are_told_so() -> None:
    story = muted_by_rule()
    assert not story.is_heard("anna")
    story.forget_effects()
    story.keys(ANNA, "*6")
    assert owners(story) == {POLICY}
    assert story.said_to("anna") == [prompts.MUTED]
    assert story.who("anna").muted
    assert notes(story) == []


def test_a_rules_mute_is_lifted_by_a_host() -> None:
    story = muted_by_rule()
    host_sets(story, False)
    assert owners(story) == set()
    assert story.is_heard("anna")
    assert notes(story) == ["unmuted"]


def test_whose_a_mute_is_survives_a_restart() -> None:
    story = meeting()
    story.keys(ANNA, "*6")
    host_sets(story, True)
    anna = story.who("anna").id
    fresh = story.restarted()
    assert fresh.node[PARTICIPANTS][anna].muted_by == {SELF, HOST}
    lines = [LiveChannel(ChannelId(name), answered=True, mix=MIX) for name in ("host", "anna")]
    fresh.telephony_comes_up(*lines, mixes=(MIX,))
    assert not fresh.is_heard("anna")


def test_when_all_are_muted_every_microphone_closes_before_anybody_is_told() -> None:
    story = meeting()
    for name in ("bo", "carl"):
        story.joins(name)
    story.forget_effects()
    story.asks(MuteAll(CONFERENCE))
    acts = [one for one in story.effects if isinstance(one, SetHeard | Whisper)]
    assert [type(one) for one in acts] == [SetHeard] * 3 + [Whisper] * 3
    assert {one.channel for one in acts} == {"anna", "bo", "carl"}


def everybody(story: Story) -> set[str]:
    """Whose microphone is open."""
    return {channel for channel, is_heard in story.node[HEARD].items() if is_heard}


def test_the_undo_of_mute_all_lets_exactly_those_be_heard_who_were_open_before() -> None:
    story = meeting()
    for name in ("bo", "carl", "dora"):
        story.joins(name)
    story.keys(ChannelId("bo"), "*6")
    story.asks(SetMuted(CONFERENCE, story.who("carl").id, True))
    before = everybody(story)
    assert before == {"host", "anna", "dora"}
    story.keys(ChannelId("host"), "*3")
    assert everybody(story) == {"host"}
    story.forget_effects()
    story.keys(ChannelId("host"), "#3")
    assert everybody(story) == before
    assert story.said_to("host") == [prompts.MUTED_ALL_UNDONE]
    assert story.said_to("anna") == [prompts.UNMUTED]
    assert (story.said_to("bo"), story.said_to("carl")) == ([], [])
    assert set(story.who("bo").muted_by) == {SELF}
    assert set(story.who("carl").muted_by) == {HOST}


def test_a_mute_that_came_after_mute_all_stays_when_that_is_undone() -> None:
    story = meeting()
    story.asks(MuteAll(CONFERENCE))
    host_sets(story, True)
    story.asks(UndoMuteAll(CONFERENCE))
    assert owners(story) == {HOST}
    assert not story.is_heard("anna")


def test_a_person_who_unmutes_themselves_after_mute_all_is_not_touched_by_the_undo() -> None:
    story = meeting()
    story.joins("bo")
    story.asks(MuteAll(CONFERENCE))
    story.keys(ANNA, "*6*6")
    assert owners(story) == {SELF}
    story.asks(UndoMuteAll(CONFERENCE))
    assert everybody(story) == {"host", "bo"}


def test_mute_all_twice_is_undone_by_one_undo_and_a_second_finds_nothing() -> None:
    story = meeting()
    story.keys(ChannelId("host"), "*3*3#3")
    assert everybody(story) == {"host", "anna"}
    story.forget_effects()
    story.keys(ChannelId("host"), "#3")
    assert story.said_to("host") == [prompts.NOTHING_TO_UNDO]
    actions = [getattr(line, "action", "") for line in story.audited]
    assert actions.count("conference.undo_mute_all") == 1


def test_the_undo_survives_a_restart_between() -> None:
    story = meeting()
    story.asks(MuteAll(CONFERENCE))
    fresh = story.restarted()
    lines = [LiveChannel(ChannelId(name), answered=True, mix=MIX) for name in ("host", "anna")]
    fresh.telephony_comes_up(*lines, mixes=(MIX,))
    fresh.asks(UndoMuteAll(CONFERENCE))
    assert fresh.is_heard("anna")


def test_a_person_who_joins_after_mute_all_is_heard() -> None:
    story = meeting()
    story.asks(MuteAll(CONFERENCE))
    story.joins("bo")
    assert story.is_heard("bo")
