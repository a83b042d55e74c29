"""A fixed part of the fuzzer's cases in every test run, and whether it would notice.

`python -m tests.fuzz --seconds 3600` is the long run.
"""

import pytest

from bridge.domain.events import TransmitGranted
from bridge.domain.ids import TerminalName
from bridge.rakel.call import GroupCalls
from bridge.rakel.call_values import Output
from bridge.rakel.pei.framing import LineReader
from bridge.rakel.pei.identity import Identity
from tests.fuzz.run import CaseFailedError, fuzz


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
