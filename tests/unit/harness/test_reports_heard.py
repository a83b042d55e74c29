"""A spoken report is recognised by its parts. Packets that come late do not hide it, and no other is taken for it."""

import numpy as np
import pytest

from bridge.ari.install import AsteriskTree
from hardware.simulator.g711 import decode_alaw
from hardware.simulator.telephones.manners import REGION, Answers, read_telephones
from hardware.simulator.telephones.voices import Voices
from tests.harness.audio import FRAME, Samples, Signal, share_heard

pytestmark = pytest.mark.slow

PAUSE = 16_000


@pytest.fixture
async def reports(asterisk_tree: AsteriskTree, monkeypatch: pytest.MonkeyPatch) -> list[Samples]:
    """What three telephones of the region say."""
    for name, value in asterisk_tree.environment().items():
        monkeypatch.setenv(name, value)
    voices = Voices(tuple(asterisk_tree.program("espeak-ng")))
    speakers = [one for one in read_telephones(REGION).values() if isinstance(one, Answers) and one.says][:3]
    assert len(speakers) == 3
    return [decode_alaw(await voices.speaks(one.says, one.number, one.voice)) for one in speakers]


def in_a_meeting(report: Samples) -> Samples:
    return np.pad(report, PAUSE)


def slipped(report: Samples, every: int) -> Samples:
    """Each time after `every` samples a packet comes so late that silence is played in its place."""
    pieces = [report[at : at + every] for at in range(0, len(report), every)]
    return np.concatenate([part for piece in pieces for part in (piece, np.zeros(FRAME, np.float32))])


def test_all_of_a_report_is_recognised_where_it_is_whole(reports: list[Samples]) -> None:
    for report in reports:
        assert share_heard(in_a_meeting(report), Signal("report", report, repeats=False)) == 1


def test_most_of_it_is_recognised_where_packets_come_late(reports: list[Samples]) -> None:
    for report in reports:
        late = in_a_meeting(slipped(report, 5_600))
        assert 0.7 < share_heard(late, Signal("report", report, repeats=False)) <= 1


def test_half_of_it_is_recognised_where_the_other_half_was_cut_away(reports: list[Samples]) -> None:
    for report in reports:
        half = in_a_meeting(report[len(report) // 2 :])
        assert 0.4 < share_heard(half, Signal("report", report, repeats=False)) < 0.6


def test_it_is_not_taken_for_what_another_says(reports: list[Samples]) -> None:
    said = Signal("report", reports[0], repeats=False)
    for other in reports[1:]:
        assert share_heard(in_a_meeting(other), said) < 0.1
    assert share_heard(np.zeros(80_000, np.float32), said) == 0
