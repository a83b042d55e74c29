"""The clock never jumps, and says when the system's has been set."""

import time

import pytest

from bridge.domain.kernel.reasons import WELL
from bridge.engine.clock import SteadyClock
from tests.harness.reasons import english


@pytest.mark.parametrize(("set_by_s", "words"), [(3600.0, "set forward by 3600 s"), (-90.0, "set back by 90 s")])
def test_a_system_clock_that_was_set_is_told_and_changes_no_time_until_the_next_start(
    monkeypatch: pytest.MonkeyPatch, set_by_s: float, words: str
) -> None:
    clock, true = SteadyClock(), time.time
    before_s = clock.now_s()
    assert clock.health() == {"clock": WELL}

    monkeypatch.setattr(time, "time", lambda: true() + set_by_s)
    assert 0 <= clock.now_s() - before_s < 60
    assert words in english(clock.health()["clock"])
    assert "restart the controller" in english(clock.health()["clock"])
    assert SteadyClock().health() == {"clock": WELL}

    monkeypatch.setattr(time, "time", lambda: true() + 0.5)
    assert clock.health() == {"clock": WELL}
