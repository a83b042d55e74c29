"""A fixed part of the fuzzer's cases in every test run, and whether it would notice.

`python -m tests.fuzz --seconds 3600` is the long run.
"""

from dataclasses import replace

import pytest

from bridge.domain.kernel.ids import TerminalName
from bridge.domain.radio.events import TransmitGranted
from bridge.rakel import releasing
from bridge.rakel.call_values import CallTimes, Output, Releasing
from bridge.rakel.group_calls import GroupCalls
from bridge.rakel.pei.framing import LineReader
from bridge.rakel.pei.identity import Identity
from tests.fuzz import target
from tests.fuzz.run import CaseFailedError, fuzz


@pytest.mark.slow
def test_bad_dialogues_break_no_law() -> None:
    assert fuzz(seed=20, cases=500).cases == 500


def test_a_case_is_the_same_when_played_alone() -> None:
    assert fuzz(seed=20, cases=1, first=3).lines == fuzz(seed=20, cases=1, first=3).lines


def test_a_program_that_takes_anothers_grant_for_its_own_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def granted(self: GroupCalls, instance: int, talker: Identity | None, at_s: float) -> list[Output]:
        return [TransmitGranted(at_s, TerminalName("rakel-1"))]

    monkeypatch.setattr(GroupCalls, "_granted_to_another", granted)
    with pytest.raises(CaseFailedError, match="granted by"):
        fuzz(seed=20, cases=200)


def test_a_program_that_does_not_come_to_itself_after_noise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LineReader, "_end_line", lambda self: None)
    with pytest.raises(CaseFailedError, match="next command"):
        fuzz(seed=20, cases=200)


def test_a_program_that_orders_an_end_once_and_believes_in_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def overdue(phase: Releasing, at_s: float, times: CallTimes) -> releasing.Next:
        return replace(phase, due_s=at_s + times.stuck_longest_s), []

    monkeypatch.setattr(releasing, "overdue", overdue)
    with pytest.raises(CaseFailedError, match=r"last ordered|not at rest"):
        fuzz(seed=20, cases=500)


def test_a_program_without_a_limit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "SETTINGS", target.SETTINGS.model_copy(update={"transmit_limit_s": 120.0}))
    monkeypatch.setattr(target, "LIMIT_S", 60.0)
    with pytest.raises(CaseFailedError, match="on the air for"):
        fuzz(seed=20, cases=400)
