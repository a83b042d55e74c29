"""Guessing: the best attacker needs more than ten years, and nobody who is known waits for it."""

import itertools
from typing import Final

import pytest

from bridge.domain.conference import prompts
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.passing import ENTRIES, EntryPhase
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.guessing import brake
from bridge.domain.guessing.events import NumbersListed, OthersGuessed
from bridge.domain.guessing.policy import GuessingPolicy
from bridge.domain.guessing.records import (
    GUESSES,
    GUESSES_ID,
    MOST_FAMILIAR,
    MOST_LINES,
    FamiliarLines,
    Guesses,
)
from bridge.domain.kernel.ids import ChannelId, TrunkName
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.reasons import WELL
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.telephony.events import CallArrived
from tests.harness.guesser import HOUR_S, OPEN_CODES, OTHER_TRUNK, Attack, Forge, anew, mean_years
from tests.harness.reasons import english
from tests.harness.story import CONFERENCE, TRUNK, Story

POLICY: Final = GuessingPolicy()
NUMBER: Final = "+46701740605"


def guesses_of(story: Story) -> Guesses:
    return story.node[GUESSES].get(GUESSES_ID, Guesses())


def calls_by(story: Story, channel: str, caller: str, trunk: TrunkName = TRUNK) -> ChannelId:
    line = ChannelId(channel)
    story.happens(CallArrived(story.now_s, line, "+4685555555", caller, trunk))
    return line


def is_looked_up(story: Story, line: ChannelId) -> bool:
    return any(look.channel == line for look in story.done(LookUpCode))


# --- what guessing is worth ---


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "forge", "trunks", "from_h", "years"),
    [
        pytest.param(30, anew(), (TRUNK,), 0, 15, id="30 lines, another number for each call"),
        pytest.param(30, anew(), (TRUNK, OTHER_TRUNK), 0, 11, id="30 lines over two trunks"),
        pytest.param(30, lambda: "", (TRUNK,), 0, 15, id="30 lines, number withheld"),
        pytest.param(1, lambda: NUMBER, (TRUNK,), 3, 60, id="one line"),
        pytest.param(30, lambda: NUMBER, (TRUNK,), 3, 60, id="30 lines that show one number"),
    ],
)
def test_the_mean_time_to_a_hit_is_years(
    lines: int, forge: Forge, trunks: tuple[TrunkName, ...], from_h: float, years: float
) -> None:
    attack = Attack(Story(), lines, forge, trunks)
    attack.goes_on(from_h * HOUR_S)
    per_h = attack.goes_on(3 * HOUR_S) / 3
    assert per_h > 0, "nobody is locked out, not even a guesser"
    assert mean_years(per_h) > years


def test_the_first_burst_is_worth_nothing() -> None:
    attack = Attack(Story(), 30, anew())
    assert attack.made == POLICY.burst
    assert attack.made * OPEN_CODES / 10**8 < 0.0001


@pytest.mark.slow
def test_a_forged_number_of_the_directory_is_braked_as_one_line() -> None:
    story = Story()
    story.happens(NumbersListed(story.now_s, frozenset({NUMBER})))
    attack = Attack(story, 30, lambda: NUMBER)
    attack.goes_on(3 * HOUR_S)
    assert mean_years(attack.goes_on(3 * HOUR_S) / 3) > 60


@pytest.mark.slow
def test_somebody_who_holds_a_right_code_gains_little_by_it() -> None:
    """Each number gives a right code first, so that it is familiar, and guesses then."""
    story = Story()
    story.opens()
    numbers = [f"+4670174{number:04d}" for number in range(40)]
    for number in numbers:
        line = calls_by(story, f"in-{number}", number)
        story.keys(line, "12345678#")
        story.code_is(line, CONFERENCE)
        story.hangs_up(line)
    turns = itertools.cycle(numbers)
    attack = Attack(story, 30, lambda: next(turns))
    attack.goes_on(HOUR_S)
    assert attack.goes_on(2 * HOUR_S) <= 2 * HOUR_S / POLICY.familiar_s + 1


# --- those who are known ---


def attacked() -> Story:
    """A node on which nothing is looked up at once for strangers any more."""
    story = Story()
    story.opens()
    story.happens(NumbersListed(story.now_s, frozenset({NUMBER})))
    familiar = calls_by(story, "before", "+46701740606")
    story.keys(familiar, "12345678#")
    story.code_is(familiar, CONFERENCE)
    Attack(story, 30, anew())
    return story


@pytest.mark.parametrize("caller", [NUMBER, "070-174 06 05", "46701740605", "+46701740606"])
def test_a_known_line_is_not_delayed_by_others_who_guess(caller: str) -> None:
    story = attacked()
    line = calls_by(story, "known", caller)
    story.keys(line, "12345678#")
    assert is_looked_up(story, line)


def test_a_stranger_waits_in_turn_hears_why_and_is_let_in() -> None:
    story = attacked()
    line = calls_by(story, "stranger", "+46701740699", OTHER_TRUNK)
    story.keys(line, "12345678#")
    assert not is_looked_up(story, line)
    assert story.said_to(line)[-1] == prompts.ENTRY_HELD
    story.prompt_ends(line)
    assert story.said_to(line)[-1] == prompts.ENTRY_HELD
    story.passes(POLICY.all_s)
    assert is_looked_up(story, line), "the trunk that is not attacked goes first"
    story.code_is(line, CONFERENCE)
    assert story.who("stranger").conference == CONFERENCE


def test_a_caller_who_hangs_up_while_the_look_up_waits_leaves_nothing() -> None:
    story = attacked()
    line = calls_by(story, "stranger", "+46701740699")
    story.keys(line, "12345678#")
    story.hangs_up(line)
    story.passes(10 * POLICY.trunk_s)
    assert line not in story.node[ENTRIES]
    assert TimerKey(ConferenceTimer.ENTRY_HELD, line) not in story.timers
    assert not is_looked_up(story, line)


def test_the_right_code_of_a_guesser_waits_as_the_wrong_ones_do() -> None:
    story = Story()
    story.opens()
    for number in range(POLICY.line_after + 4):
        line = calls_by(story, f"in-{number}", NUMBER)
        story.keys(line, "00000000#")
        story.passes(20)
        story.code_is(line, None)
        story.hangs_up(line)
    line = calls_by(story, "right", NUMBER)
    story.keys(line, "12345678#")
    assert not is_looked_up(story, line)
    story.passes(16.0)
    assert is_looked_up(story, line)


def test_callers_who_withhold_their_number_are_one_line_of_their_trunk() -> None:
    story = Story()
    for number in range(POLICY.withheld_after + 8):
        line = calls_by(story, f"in-{number}", "")
        story.keys(line, "00000000#")
        story.passes(200)
        story.code_is(line, None)
        story.hangs_up(line)
    for channel, trunk, waits in (("same", TRUNK, True), ("other", OTHER_TRUNK, False)):
        line = calls_by(story, channel, "", trunk)
        story.keys(line, "12345678#")
        assert is_looked_up(story, line) is not waits


def test_each_wrong_code_is_answered_more_slowly() -> None:
    story = Story()
    waits = []
    for number in range(4):
        line = calls_by(story, f"in-{number}", NUMBER)
        story.keys(line, "00000000#")
        story.happens(CodeResolved(story.now_s, line, None))
        waits.append(story.timers[TimerKey(ConferenceTimer.ENTRY_BRAKE, line)] - story.now_s)
        assert (story.said_to(line)[-1] == prompts.ENTRY_WAIT) is (waits[-1] > 2)
        story.hangs_up(line)
    assert waits == [1, 2, 3, 4]


def test_silence_and_what_is_no_code_are_no_guesses() -> None:
    story = Story()
    line = calls_by(story, "in-1", NUMBER)
    story.keys(line, "123#A#")
    assert not story.node[GUESSES]
    assert story.node[ENTRIES][line].phase is EntryPhase.ASKING


# --- what is remembered, and what is told ---


def test_a_restart_forgets_neither_guessers_nor_those_who_are_known() -> None:
    story = attacked()
    again = story.restarted()
    again.telephony_comes_up()
    line = calls_by(again, "stranger", "+46701740699")
    again.keys(line, "12345678#")
    assert not is_looked_up(again, line)
    known = calls_by(again, "known", "+46701740606")
    again.keys(known, "12345678#")
    assert is_looked_up(again, known)


def test_forged_numbers_fill_no_memory() -> None:
    guesses, familiar = Guesses(), FamiliarLines()
    for number in range(MOST_FAMILIAR + 50):
        guesses = brake.wrong(guesses, brake.Source(f"+46{number}", TRUNK), POLICY, float(number))
        familiar = brake.right(familiar, f"+46{number}", float(number))
    assert (len(guesses.lines), guesses.lines[-1][0]) == (MOST_LINES, f"+46{MOST_FAMILIAR + 49}")
    assert (len(familiar.lines), familiar.lines[0][0]) == (MOST_FAMILIAR, "+4650")
    assert guesses.wrong == MOST_FAMILIAR + 50


def test_guessing_is_an_alarm_until_it_has_drained_away() -> None:
    story = Story()
    assert brake.alarm(guesses_of(story), POLICY, story.now_s) == WELL
    Attack(story, 30, anew())
    reason = brake.alarm(guesses_of(story), POLICY, story.now_s)
    assert "60 wrong ones" in english(reason)
    assert brake.alarm(guesses_of(story), POLICY, story.now_s + POLICY.burst * POLICY.trunk_s) == WELL


def test_the_alarm_ends_when_no_wrong_code_has_come_for_a_while_and_says_since_when() -> None:
    guesses = Guesses()
    for number in range(60):
        guesses = brake.wrong(guesses, brake.Source(f"+4670174{number:04d}", TRUNK), POLICY, float(number))
        guesses, _ = brake.tell(guesses, brake.Source(f"+4670174{number:04d}", TRUNK), POLICY, float(number))
    assert brake.level(guesses, brake.ALL, POLICY, 59 + POLICY.alarm_ends_s) > POLICY.alarm_after, "it has not drained"
    told = brake.alarm(guesses, POLICY, 59 + POLICY.alarm_ends_s - 1)
    assert "for 10 min now" in english(told)
    assert "the latest 10 min ago" in english(told)
    assert brake.alarm(guesses, POLICY, 59 + POLICY.alarm_ends_s) == WELL


def test_the_wrong_codes_of_all_nodes_count_together() -> None:
    """A guesser who calls two nodes in turn waits as one who calls one."""
    here, there, alone = Guesses(), Guesses(), Guesses()
    for at in range(POLICY.line_after):
        source = brake.Source(NUMBER, TRUNK)
        alone = brake.wrong(alone, source, POLICY, float(at))
        here, there = (
            (brake.wrong(here, source, POLICY, float(at)), there)
            if at % 2
            else (here, brake.wrong(there, source, POLICY, float(at)))
        )
    both = brake.together(here, [there], POLICY, 6.0)
    source = brake.Source(NUMBER, TRUNK)
    assert brake.look_up_wait_s(here, source, [], POLICY, 6.0) == 0
    assert (
        brake.look_up_wait_s(both, source, [], POLICY, 5.5) == brake.look_up_wait_s(alone, source, [], POLICY, 5.5) > 0
    )
    assert both.wrong == alone.wrong
    assert brake.level(both, brake.ALL, POLICY, 6.0) == brake.level(alone, brake.ALL, POLICY, 6.0)


def test_pools_that_are_full_at_every_node_are_together_no_fuller() -> None:
    full = Guesses()
    for number in range(POLICY.burst + 20):
        full = brake.wrong(full, brake.Source(f"+4670174{number:04d}", TRUNK), POLICY, 0.0)
    assert brake.level(brake.together(full, [full, full], POLICY, 0.0), brake.ALL, POLICY, 0.0) == POLICY.burst


def test_one_line_that_guesses_is_an_alarm_too() -> None:
    guesses = Guesses()
    for number in range(POLICY.line_after):
        assert brake.alarm(guesses, POLICY, float(number)) == WELL
        guesses = brake.wrong(guesses, brake.Source(NUMBER, TRUNK), POLICY, float(number))
    assert "6 wrong ones" in english(brake.alarm(guesses, POLICY, 6.0))


@pytest.mark.slow
def test_the_audit_log_tells_of_each_source_once_and_of_no_digit() -> None:
    story = Story()
    attack = Attack(story, 30, lambda: NUMBER)
    attack.goes_on(2 * HOUR_S)
    rows = [row for row in story.audited if isinstance(row, Audit)]
    assert [(row.action, row.object) for row in rows] == [("codes.guessing", f"line {NUMBER}")]
    assert dict(rows[0].detail) == {"wrong": POLICY.line_after}
    assert "57746016" not in repr(rows)


@pytest.mark.slow
def test_the_audit_log_tells_of_a_trunk_that_is_guessed_over() -> None:
    story = Story()
    Attack(story, 30, anew()).goes_on(2 * HOUR_S)
    told = [row.object for row in story.audited if isinstance(row, Audit)]
    assert sorted(told) == ["all", f"trunk {TRUNK}"]


def test_a_line_that_gave_another_node_a_right_code_is_no_stranger_here() -> None:
    story = attacked()
    story.happens(OthersGuessed(story.now_s, (), (FamiliarLines(lines=(("+46701740607", story.now_s),)),)))
    stranger, known = calls_by(story, "stranger", "+46701740699"), calls_by(story, "known", "+46701740607")
    for line in (stranger, known):
        story.keys(line, "12345678#")
    assert (is_looked_up(story, stranger), is_looked_up(story, known)) == (False, True)
