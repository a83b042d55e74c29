"""The roll call: who is expected is read out, answers, is ticked, is rung, and stands in a document."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from bridge.domain.callout.commands import NewTarget
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, ActivationState, TargetState
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.records import Role
from bridge.domain.kernel import phrases
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, ConferenceId, RollCallId, RollEntryId, TargetId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.rollcall import prompts
from bridge.domain.rollcall.commands import EndRollCall, Expected, Roll, StartRollCall, TickRollCall
from bridge.domain.rollcall.effects import ReadRoll
from bridge.domain.rollcall.events import RollRead
from bridge.domain.rollcall.notes import RollCallNote
from bridge.domain.rollcall.policy import RollCallPolicy
from bridge.domain.rollcall.quorum import holds
from bridge.domain.rollcall.reasons import RollCallReason
from bridge.domain.rollcall.records import (
    ROLL_CALLS,
    ROLL_ENTRIES,
    Attendance,
    RollCall,
    RollCallState,
    RollEntry,
    SummaryTo,
)
from bridge.domain.telephony.effects import Announce, Dial
from bridge.domain.telephony.events import KeyTaken, LiveChannel, MixJoined
from tests.harness.story import CONFERENCE, MIX, Story

HOST, BO = "in-host", "in-bo"
LST, REG, MSB = "+46846500401", "+46846500402", "+46846500403"
DEPUTY = "+46846500404"
ROLL_CALL = RollCallId("rol-1")
POLICY = RollCallPolicy()
STEP_S = POLICY.answer_s + POLICY.pause_s + 2
"""Longer than a name takes."""

REGION = Expected("TiB", "Regionen", (REG,))
COUNTY = Expected("TiB", "Länsstyrelsen", (LST,))
AGENCY = Expected("Jour", "MSB", (MSB,))


def meeting(*called_in: str) -> Story:
    """A host whose telephone has no function, and functions that were called in on these numbers."""
    story = Story()
    story.opens(forum="inriktande")
    story.joins(HOST, Role.HOST)
    story.passes(1)
    known = {LST: COUNTY, REG: REGION, MSB: AGENCY}
    if called_in:
        targets = tuple(_target(index, known[number]) for index, number in enumerate(called_in))
        story.activates([], targets=targets)
        for number in called_in:
            comes_in(story, number)
    story.passes(1)
    story.forget_effects()
    return story


def _target(index: int, one: Expected) -> NewTarget:
    return NewTarget(TargetId(f"tgt-{index:026d}"), one.function, one.organisation, one.numbers)


def comes_in(story: Story, number: str) -> ChannelId:
    """The person at this number answers and presses 1."""
    line = story.answers(number)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    return line


def line_at(story: Story, number: str) -> ChannelId:
    """The line of whoever was called in on this number."""
    return story.line_of(next(one.id for one in story.present() if one.number == number))


def starts(story: Story, *expected: Expected, quorum: int | None = None, to: SummaryTo = SummaryTo.ALL) -> None:
    reply = story.asks(StartRollCall(ROLL_CALL, CONFERENCE, Roll(expected, quorum), to), "TiB")
    assert reply == Done(ROLL_CALL)


def announced(story: Story) -> list[Prompt]:
    return [prompt for one in story.done(Announce) for prompt in one.prompts]


def result(story: Story) -> RollCall:
    """As it was committed last."""
    return [one for one in story.records if isinstance(one, RollCall)][-1]


def entries(story: Story) -> dict[str, RollEntry]:
    return {one.name: one for one in story.records if isinstance(one, RollEntry)}


def states(story: Story) -> dict[str, Attendance]:
    return {name: one.state for name, one in entries(story).items()}


def entry(story: Story, name: str) -> RollEntryId:
    return entries(story)[name].id


def until_rung(story: Story) -> None:
    story.passes(4 * STEP_S)
    assert result(story).state is RollCallState.RINGING


def test_one_person_who_answers_for_two_functions_is_counted_for_both() -> None:
    story = Story()
    story.opens(forum="inriktande")
    story.joins(HOST, Role.HOST)
    shared = [replace(one, numbers=(LST,)) for one in (REGION, COUNTY)]
    story.activates([], targets=tuple(_target(index, one) for index, one in enumerate(shared)))
    line = story.answers(LST)
    story.happens(KeyTaken(story.now_s, line, "13"))
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    starts(story, *shared, quorum=2)
    story.passes(4 * STEP_S)
    assert list(states(story).values()) == [Attendance.PRESENT, Attendance.PRESENT]
    assert len(story.done(Dial)) == 1


def test_a_function_whose_name_is_read_out_answers_by_one_key() -> None:
    story = meeting(LST)
    line = line_at(story, LST)
    starts(story, COUNTY)
    story.passes(POLICY.pause_s)
    assert announced(story) == [prompts.ROLL_CALL, phrases.spoken("Länsstyrelsen TiB")]
    assert story.said_to(line) == [prompts.ROLL_ANSWER]
    story.keys(line, "1")
    assert story.said_to(line)[-1] == prompts.ROLL_NOTED
    assert states(story) == {"Länsstyrelsen TiB": Attendance.ANSWERED}
    answered = entries(story)["Länsstyrelsen TiB"]
    assert (answered.seat, answered.seen_at_s) == (story.who(line).id, story.now_s)


def test_the_summary_says_how_many_of_how_many_and_that_nobody_is_missing() -> None:
    story = meeting(LST)
    starts(story, COUNTY)
    story.passes(POLICY.pause_s)
    story.keys(line_at(story, LST), "1")
    story.forget_effects()
    story.passes(POLICY.pause_s)
    assert announced(story) == [
        prompts.ROLL_ENDED, phrases.number(1), prompts.ROLL_OF, phrases.number(1), prompts.ROLL_PRESENT,
        prompts.ROLL_NOBODY_MISSING,
    ]  # fmt: skip
    assert result(story).state is RollCallState.ENDED
    assert not story.node[ROLL_CALLS]
    assert not story.node[ROLL_ENTRIES]


def test_a_function_that_presses_nothing_is_seen_by_its_seat_and_the_next_name_follows() -> None:
    story = meeting(LST, REG)
    starts(story, COUNTY, REGION)
    story.passes(POLICY.pause_s + POLICY.answer_s + 1)
    assert states(story)["Länsstyrelsen TiB"] is Attendance.PRESENT
    assert announced(story)[-1] == phrases.spoken("Regionen TiB")
    assert story.said_to(line_at(story, REG)) == [prompts.ROLL_ANSWER]


@pytest.mark.parametrize(("key", "state"), [("1", Attendance.TICKED), ("2", Attendance.MISSING)])
def test_the_host_ticks_by_key_whoever_has_no_seat_of_their_own(key: str, state: Attendance) -> None:
    story = meeting()
    starts(story, AGENCY, COUNTY)
    story.passes(POLICY.pause_s)
    assert story.said_to(HOST) == [prompts.ROLL_TICK]
    story.keys(ChannelId(HOST), key)
    assert states(story)["MSB Jour"] is state
    assert entries(story)["MSB Jour"].ticked_by == story.who(HOST).name
    assert story.said_to(HOST)[-1] == prompts.ROLL_NOTED
    [line] = [one for one in story.audited if isinstance(one, Audit) and one.action == "roll_call.tick"]
    assert dict(line.detail)["function"] == "MSB Jour"
    story.passes(POLICY.pause_s)
    assert announced(story)[-1] == phrases.spoken("Länsstyrelsen TiB")


def test_a_name_that_the_host_passes_over_is_ticked_later_or_counts_as_missing() -> None:
    story = meeting()
    starts(story, replace(AGENCY, numbers=()), replace(COUNTY, numbers=()))
    story.passes(POLICY.pause_s)
    story.keys(ChannelId(HOST), "3")
    assert states(story)["MSB Jour"] is Attendance.EXPECTED
    story.passes(POLICY.pause_s)
    assert story.asks(TickRollCall(CONFERENCE, entry(story, "MSB Jour"))) == Done(ROLL_CALL)
    assert states(story)["MSB Jour"] is Attendance.TICKED
    story.keys(ChannelId(HOST), "3")
    story.passes(POLICY.pause_s)
    assert states(story) == {"MSB Jour": Attendance.TICKED, "Länsstyrelsen TiB": Attendance.MISSING}


def test_a_tick_by_the_console_is_the_answer_to_the_name_that_is_read_out() -> None:
    story = meeting()
    starts(story, AGENCY, COUNTY)
    story.passes(POLICY.pause_s)
    story.asks(TickRollCall(CONFERENCE, entry(story, "MSB Jour")), "console")
    assert entries(story)["MSB Jour"].ticked_by == "console"
    story.keys(ChannelId(HOST), "2")
    assert states(story)["MSB Jour"] is Attendance.TICKED
    story.passes(POLICY.pause_s)
    assert announced(story)[-1] == phrases.spoken("Länsstyrelsen TiB")


def test_without_anybody_to_ask_a_name_without_a_seat_is_missing_after_a_pause() -> None:
    story = Story()
    story.opens()
    story.joins(BO)
    starts(story, replace(AGENCY, numbers=()))
    story.passes(3 * POLICY.pause_s)
    assert states(story) == {"MSB Jour": Attendance.MISSING}


def test_the_missing_are_rung_and_are_present_when_they_come_in() -> None:
    story = meeting(LST)
    starts(story, COUNTY, AGENCY)
    until_rung(story)
    assert story.dialled() == [MSB]
    assert announced(story)[-1] == prompts.ROLL_RINGING
    comes_in(story, MSB)
    assert states(story) == {"Länsstyrelsen TiB": Attendance.PRESENT, "MSB Jour": Attendance.PRESENT}
    assert result(story).state is RollCallState.ENDED
    assert announced(story)[-1] == prompts.ROLL_NOBODY_MISSING
    assert entries(story)["MSB Jour"].rung_at_s is not None


def test_whoever_cannot_be_reached_has_their_deputy_rung() -> None:
    story = meeting(LST)
    starts(story, COUNTY, replace(AGENCY, deputies=(Expected("Reserv", "MSB", (DEPUTY,)),)))
    until_rung(story)
    story.call_ends(MSB, 17)
    assert story.dialled() == [MSB, DEPUTY]
    comes_in(story, DEPUTY)
    assert states(story)["MSB Jour"] is Attendance.DEPUTY
    assert entries(story)["MSB Jour"].seat == story.who(story.line_to(DEPUTY)).id
    assert result(story).state is RollCallState.ENDED


def test_a_deputy_is_not_rung_while_the_function_takes_its_seat() -> None:
    story = meeting()
    starts(story, replace(AGENCY, deputies=(Expected("Reserv", "MSB", (DEPUTY,)),)))
    until_rung(story)
    line = story.answers(MSB)
    story.keys(line, "1")
    story.passes(0.5)
    assert story.dialled() == [MSB]
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert states(story)["MSB Jour"] is Attendance.PRESENT


def test_when_nobody_is_left_to_ring_the_roll_call_ends_and_names_the_missing() -> None:
    story = meeting(LST)
    starts(story, COUNTY, AGENCY)
    until_rung(story)
    story.call_ends(MSB, 17)
    assert result(story).state is RollCallState.ENDED
    assert announced(story)[-2:] == [prompts.ROLL_MISSING, phrases.spoken("MSB Jour")]


def test_nobody_is_rung_when_the_quorum_holds_without_them() -> None:
    story = meeting(LST)
    starts(story, COUNTY, AGENCY, quorum=1)
    story.passes(3 * STEP_S)
    assert result(story).state is RollCallState.ENDED
    assert story.dialled() == []
    assert announced(story)[-2:] == [prompts.ROLL_MISSING, phrases.spoken("MSB Jour")]


def test_ringing_stops_as_soon_as_the_quorum_holds() -> None:
    story = meeting()
    starts(story, COUNTY, AGENCY, quorum=1)
    until_rung(story)
    assert sorted(story.dialled()) == [LST, MSB]
    comes_in(story, LST)
    assert result(story).state is RollCallState.ENDED
    [roll] = list(story.node[ACTIVATIONS].values())
    assert roll.state is ActivationState.CANCELLED
    assert [one.state for one in story.node[TARGETS].values() if one.numbers == (MSB,)] == [TargetState.CANCELLED]


def test_a_function_that_is_ticked_is_rung_no_more_and_the_others_are() -> None:
    story = meeting()
    starts(story, COUNTY, AGENCY)
    until_rung(story)
    story.asks(TickRollCall(CONFERENCE, entry(story, "MSB Jour")))
    rung = {one.numbers: one.state for one in story.node[TARGETS].values()}
    assert rung[(MSB,)] is TargetState.CANCELLED
    assert rung[(LST,)] is TargetState.CALLING
    assert result(story).state is RollCallState.RINGING


def test_the_host_begins_it_by_key_and_ends_it_by_the_same_key() -> None:
    story = meeting()
    story.keys(ChannelId(HOST), "#4")
    [order] = story.done(ReadRoll)
    assert order.forum == "inriktande"
    story.happens(RollRead(story.now_s, order.roll_call, Roll((AGENCY, COUNTY))))
    assert announced(story) == [prompts.ROLL_CALL]
    story.passes(POLICY.pause_s)
    story.keys(ChannelId(HOST), "#4")
    assert result(story).state is RollCallState.ENDED
    assert set(states(story).values()) == {Attendance.MISSING}
    assert story.dialled() == []
    actions = [one.action for one in story.audited if isinstance(one, Audit) and one.action.startswith("roll_call")]
    assert actions == ["roll_call.start", "roll_call.end"]


def test_a_participant_calls_no_roll() -> None:
    story = meeting()
    story.joins(BO)
    story.keys(ChannelId(BO), "#4")
    assert not story.node[ROLL_CALLS]


def test_a_meeting_without_a_forum_or_with_an_empty_roll_says_so_to_the_host() -> None:
    story = meeting()
    story.keys(ChannelId(HOST), "#4")
    [order] = story.done(ReadRoll)
    story.happens(RollRead(story.now_s, order.roll_call, Roll()))
    assert story.said_to(HOST) == [conference_prompts.KEY_TAKEN, prompts.ROLL_NOBODY_EXPECTED]
    assert result(story).reason == RollCallReason.NOBODY_EXPECTED()
    bare = Story()
    bare.opens()
    bare.joins(HOST, Role.HOST)
    bare.keys(ChannelId(HOST), "#4")
    assert bare.said_to(HOST)[-1] == prompts.ROLL_NOBODY_EXPECTED
    assert not bare.done(ReadRoll)


def test_while_the_directory_does_not_answer_the_host_is_asked_to_wait_and_then_told() -> None:
    story = meeting()
    story.keys(ChannelId(HOST), "#4")
    [order] = story.done(ReadRoll)
    story.fails(order, Fate.UNKNOWN)
    assert story.said_to(HOST) == [conference_prompts.KEY_TAKEN, conference_prompts.ENTRY_WAIT]
    for _ in range(5):
        story.passes(4)
        if story.node[ROLL_CALLS]:
            story.fails(order, Fate.UNKNOWN)
    assert story.said_to(HOST)[-1] == prompts.ROLL_UNREAD
    assert result(story).reason == RollCallReason.ROLL_UNREAD()
    story.passes(120)


def test_the_summary_is_for_the_host_alone_where_that_is_chosen() -> None:
    story = meeting(LST)
    starts(story, COUNTY, to=SummaryTo.HOSTS)
    story.passes(2 * STEP_S)
    assert prompts.ROLL_ENDED not in announced(story)
    assert prompts.ROLL_ENDED in story.said_to(HOST)
    assert prompts.ROLL_ENDED not in story.said_to(line_at(story, LST))


def test_a_second_roll_call_is_the_one_that_runs() -> None:
    story = meeting()
    starts(story, AGENCY)
    again = StartRollCall(RollCallId("rol-2"), CONFERENCE, Roll((COUNTY,)))
    assert story.asks(again) == Done(ROLL_CALL)
    assert len(story.node[ROLL_CALLS]) == 1


def test_the_timeline_tells_each_function_and_the_result() -> None:
    story = meeting(LST)
    starts(story, COUNTY, replace(AGENCY, numbers=()))
    story.passes(4 * STEP_S)
    lines = [(one.kind, dict(one.detail)) for one in story.notes if isinstance(one, Note)]
    assert [one for one in lines if isinstance(one[0], RollCallNote)] == [
        (RollCallNote.ROLL_CALL_BEGAN, {"expected": 2}),
        (RollCallNote.ROLL_CALL_HERE, {"function": "Länsstyrelsen TiB", "how": "present"}),
        (RollCallNote.ROLL_CALL_MISSING, {"function": "MSB Jour", "how": "missing"}),
        (RollCallNote.ROLL_CALL_ENDED, {"here": 1, "expected": 2}),
    ]


# --- and when things go wrong ---


def test_after_a_restart_the_name_is_read_out_again_and_nothing_settled_is_lost() -> None:
    story = meeting(LST, REG)
    starts(story, COUNTY, REGION)
    story.passes(POLICY.pause_s)
    story.keys(line_at(story, LST), "1")
    story.passes(POLICY.pause_s)
    assert announced(story)[-1] == phrases.spoken("Regionen TiB")
    fresh = _back(story)
    fresh.passes(POLICY.pause_s)
    assert announced(fresh)[:1] == [phrases.spoken("Regionen TiB")]
    assert states(fresh)["Länsstyrelsen TiB"] is Attendance.ANSWERED
    fresh.keys(fresh.line_of(fresh.who(line_at(story, REG)).id), "1")
    assert states(fresh)["Regionen TiB"] is Attendance.ANSWERED


def test_a_restart_before_the_roll_is_read_asks_for_it_again() -> None:
    story = meeting()
    story.keys(ChannelId(HOST), "#4")
    fresh = story.restarted()
    [order] = fresh.done(ReadRoll)
    _connects(fresh, story)
    fresh.happens(RollRead(fresh.now_s, order.roll_call, Roll((AGENCY,))))
    assert announced(fresh) == [prompts.ROLL_CALL]


def test_a_restart_while_the_missing_are_rung_rings_on() -> None:
    story = meeting(LST)
    starts(story, COUNTY, AGENCY)
    until_rung(story)
    fresh = _back(story)
    assert result(fresh).state is RollCallState.RINGING
    fresh.passes(10)
    assert MSB in fresh.dialled()
    comes_in(fresh, MSB)
    assert result(fresh).state is RollCallState.ENDED
    assert states(fresh)["MSB Jour"] is Attendance.PRESENT


def test_while_asterisk_is_away_no_name_is_read_out() -> None:
    story = meeting(LST)
    starts(story, COUNTY)
    story.telephony_goes_down()
    story.forget_effects()
    story.passes(60)
    assert announced(story) == []
    _connects(story, story)
    story.passes(POLICY.answer_s + 1)
    assert announced(story) == [phrases.spoken("Länsstyrelsen TiB")]


def test_a_meeting_that_ends_ends_its_roll_call_and_keeps_the_result() -> None:
    story = meeting(LST)
    starts(story, COUNTY, AGENCY)
    until_rung(story)
    story.asks(EndConference(CONFERENCE))
    assert result(story).state is RollCallState.ENDED
    assert not story.node[ROLL_CALLS]
    assert states(story)["MSB Jour"] is Attendance.MISSING
    assert prompts.ROLL_ENDED not in announced(story)


def _connects(fresh: Story, before: Story) -> None:
    """Asterisk has the same lines in the same mix as before."""
    lines = [before.line_of(one.id) for one in before.present()]
    live = [LiveChannel(line, True, MIX) for line in lines]
    fresh.telephony_comes_up(*live, mixes=[MIX])


def _back(story: Story) -> Story:
    fresh = story.restarted()
    _connects(fresh, story)
    return fresh


# --- refused ---


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (StartRollCall(ROLL_CALL, CONFERENCE, Roll()), "conflict"),
        (StartRollCall(ROLL_CALL, ConferenceId("cnf-9"), Roll((AGENCY,))), "not_found"),
        (EndRollCall(CONFERENCE), "conflict"),
        (TickRollCall(CONFERENCE, RollEntryId("ren-9")), "conflict"),
    ],
    ids=["nobody expected", "no conference", "nothing to end", "nothing to tick"],
)
def test_what_cannot_be_done_is_refused(command: object, code: str) -> None:
    refused = meeting().asks(command)  # type: ignore[arg-type]
    assert isinstance(refused, Refused)
    assert refused.code == code


def test_a_function_that_is_not_on_the_roll_is_not_ticked() -> None:
    story = meeting()
    starts(story, replace(AGENCY, deputies=(COUNTY,)))
    for wrong in (RollEntryId("ren-9"), entry(story, "Länsstyrelsen TiB")):
        refused = story.asks(TickRollCall(CONFERENCE, wrong))
        assert isinstance(refused, Refused)
        assert refused.reason == RollCallReason.NO_SUCH_ENTRY()


# --- the quorum ---


def roll(*rows: tuple[Attendance, bool]) -> Iterable[RollEntry]:
    return [
        RollEntry(RollEntryId(f"ren-{index}"), ROLL_CALL, index, "TiB", "K", state=state, required=required)
        for index, (state, required) in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("quorum", "rows", "expected"),
    [
        (None, [(Attendance.ANSWERED, False), (Attendance.DEPUTY, False)], True),
        (None, [(Attendance.ANSWERED, False), (Attendance.MISSING, False)], False),
        (1, [(Attendance.TICKED, False), (Attendance.MISSING, False)], True),
        (2, [(Attendance.TICKED, False), (Attendance.MISSING, False)], False),
        (5, [(Attendance.TICKED, False), (Attendance.PRESENT, False)], True),
        (None, [(Attendance.PRESENT, True), (Attendance.MISSING, False)], True),
        (None, [(Attendance.MISSING, True), (Attendance.PRESENT, False)], False),
        (1, [(Attendance.MISSING, True), (Attendance.PRESENT, False)], False),
    ],
    ids=["all are there", "one is missing", "enough", "too few", "more asked for than there are", "those who must",
         "one who must is not", "enough, but not the one who must"],
)  # fmt: skip
def test_the_quorum_is_all_or_a_count_or_those_who_must_be_there(
    quorum: int | None, rows: list[tuple[Attendance, bool]], expected: bool
) -> None:
    assert holds(quorum, list(roll(*rows))) is expected
