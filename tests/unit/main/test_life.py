"""When a controller counts as lost: every stretch of its life has a limit, and time is data here."""

import os
import time

import pytest

from bridge.main.life import HUNG_S, LOAD_S, START_LONGEST_S, START_S, STEP_S, STILL_S, Life, Stage
from bridge.main.notify import ALIVE, IN_CONTROL, LOADED, READY, STARTS
from bridge.main.processes import waited_s

LOOK_S = 0.1


class Watched:
    """A controller that is looked at ten times a second."""

    def __init__(self) -> None:
        self.life = Life()
        self.ticks = 0

    def for_s(self, seconds: float, *, beats: bool = False, works: bool = True) -> str:
        """Gives the first fault in that time, or nothing."""
        for _ in range(round(seconds / LOOK_S)):
            if beats:
                self.life.heard(ALIVE)
            self.ticks += works
            self.life.passed(LOOK_S, self.ticks)
            if fault := self.life.fault():
                return fault
        return ""

    def comes_to(self, *messages: str) -> "Watched":
        for message in messages:
            self.life.heard(message)
        return self


def test_one_in_control_that_beats_is_left_alone() -> None:
    assert not Watched().comes_to(STARTS, IN_CONTROL).for_s(3600, beats=True)


def test_one_in_control_that_falls_silent_is_lost() -> None:
    watched = Watched().comes_to(STARTS, IN_CONTROL)
    assert not watched.for_s(HUNG_S - 0.2)
    assert "hangs" in watched.for_s(0.4)


def test_one_in_reserve_that_falls_silent_is_lost_before_it_is_needed() -> None:
    watched = Watched().comes_to(LOADED)
    assert not watched.for_s(3600, beats=True)
    assert "hangs" in watched.for_s(HUNG_S + 0.2)


def test_a_start_that_neither_works_nor_ends_is_lost_in_seconds() -> None:
    watched = Watched().comes_to(LOADED, STARTS)
    assert not watched.for_s(START_S - 0.2, beats=True)
    assert "has not come into control" in watched.for_s(0.4, beats=True)


def test_a_start_may_compute_in_silence_but_no_longer_than_any_start() -> None:
    watched = Watched().comes_to(STARTS)
    assert not watched.for_s(START_S - 0.2)
    assert "has not come into control" in watched.for_s(0.4)


def test_an_older_notification_takes_nobody_back() -> None:
    watched = Watched().comes_to(LOADED)
    watched.life.must_start(START_S)
    assert watched.comes_to(LOADED).life.stage is Stage.STARTING
    assert watched.comes_to(IN_CONTROL, STARTS).life.stage is Stage.IN_CONTROL


def test_a_reserve_that_does_not_begin_when_it_is_its_turn_is_lost() -> None:
    watched = Watched().comes_to(LOADED)
    watched.life.must_start(START_S)
    assert watched.life.stage is Stage.STARTING
    assert "has not come into control" in watched.for_s(START_S + 0.2, beats=True)


def test_a_longer_start_can_be_granted() -> None:
    watched = Watched().comes_to(LOADED)
    watched.life.must_start(START_LONGEST_S)
    assert not watched.for_s(START_LONGEST_S - 0.2, beats=True)


def test_one_that_loads_slowly_is_left_alone_while_it_computes() -> None:
    assert not Watched().for_s(LOAD_S - 0.2)
    assert "has not loaded" in Watched().for_s(LOAD_S + 0.2)


def test_one_that_loads_and_does_not_compute_is_lost() -> None:
    watched = Watched()
    assert not watched.for_s(1.0)
    assert "no processor time" in watched.for_s(STILL_S + 0.3, works=False)


def test_a_machine_that_was_paused_kills_nobody() -> None:
    watched = Watched().comes_to(STARTS, IN_CONTROL)
    watched.life.passed(60.0, 1)
    assert not watched.life.fault()
    assert not watched.for_s(HUNG_S - STEP_S - 0.2)


def starving(watched: Watched, seconds: float, share: float) -> str:
    """It wants a processor, and others have it for that share of the time."""
    waited_s = 0.0
    for _ in range(round(seconds / LOOK_S)):
        waited_s += share * LOOK_S
        watched.life.passed(LOOK_S, 1, waited_s)
        if fault := watched.life.fault():
            return fault
    return ""


def test_one_that_gets_no_processor_is_not_hung_and_has_more_time() -> None:
    assert not starving(Watched().comes_to(STARTS, IN_CONTROL), 2 * HUNG_S, 0.6)
    assert not starving(Watched().comes_to(STARTS), 2 * START_S, 0.6)


def test_one_that_is_silent_on_the_busiest_machine_is_lost_all_the_same() -> None:
    assert "hangs" in starving(Watched().comes_to(STARTS, IN_CONTROL), 3 * HUNG_S + 0.5, 1.0)


def test_what_it_waited_before_it_was_looked_at_does_not_count() -> None:
    watched = Watched().comes_to(STARTS, IN_CONTROL)
    watched.life.passed(LOOK_S, 1, 1000.0)
    for _ in range(round(HUNG_S / LOOK_S)):
        watched.life.passed(LOOK_S, 1, 1000.0)
    assert "hangs" in watched.life.fault()


def test_the_kernel_tells_how_long_a_process_waited_for_a_processor() -> None:
    told = waited_s(os.getpid())
    assert told is not None
    assert 0 <= told <= time.monotonic()
    assert waited_s(2**30) is None


def test_the_time_before_a_stage_does_not_count_in_it() -> None:
    watched = Watched().comes_to(STARTS)
    assert not watched.for_s(START_S - 0.2, beats=True)
    watched.comes_to(IN_CONTROL)
    assert not watched.for_s(START_S, beats=True)


@pytest.mark.parametrize("message", ["", "STATUS=dances", "EXTEND_TIMEOUT_USEC=1", "WATCHDOG=trigger"])
def test_a_message_that_says_nothing_to_us_changes_nothing(message: str) -> None:
    watched = Watched().comes_to(STARTS, IN_CONTROL)
    assert not watched.for_s(HUNG_S - 0.2)
    watched.comes_to(message)
    assert watched.life.stage is Stage.IN_CONTROL
    assert "hangs" in watched.for_s(0.4)


def test_several_lines_come_in_one_message() -> None:
    life = Watched().comes_to(f"{IN_CONTROL}\n{READY}").life
    assert life.ready
    assert life.stage is Stage.IN_CONTROL
