"""The bench measures what it says: each measure is held against something whose answer is known."""

from pathlib import Path

import numpy as np
import pytest

from tests.bench.figures import Figure, load, save
from tests.bench.phrases import random_phrase, start_ms
from tests.bench.row import QUICK, ROWS, WHOLE
from tests.bench.stand import granted
from tests.bench.tap import against_schedule
from tests.harness.sound_loss import compare


def test_nothing_is_missing_of_a_phrase_that_is_heard_late_in_two_parts() -> None:
    said = random_phrase(5, 1, (1.0, 1.2))
    cut = 4000
    gap = np.zeros(3000, np.int16)
    heard = np.concatenate([gap, said.sound[:cut], gap, said.sound[cut:]])
    assert compare(said.sound, heard).whole


def test_a_syllable_cut_from_the_beginning_is_missing_at_the_start() -> None:
    said = random_phrase(6, 1, (1.0, 1.2))
    heard = said.sound[800:]
    assert start_ms(said, heard) == pytest.approx(100, abs=5)
    assert compare(said.sound, heard).wrong_ms == start_ms(said, heard)


def test_a_word_that_is_not_there_is_missing_whole() -> None:
    said = random_phrase(7, 2)
    heard = said.sound[: said.words[0].size]
    assert start_ms(said, heard) == compare(said.words[1], heard).asked_ms > 0


def test_the_grant_is_counted_from_the_first_demand_whatever_was_denied_before() -> None:
    lines = [
        (10.0, "to_terminal", "AT+CTXD=1,0"),
        (10.1, "from_terminal", "+CTXG: 1,1,0,0"),
        (11.0, "to_terminal", "AT+CTXD=1,0"),
        (11.25, "from_terminal", "+CTXG: 1,0,0,0"),
    ]
    assert granted(lines) == (1.25, 1)


def test_frames_are_late_against_a_schedule_and_not_against_the_one_before() -> None:
    on_time = [1 + 0.02 * number for number in range(100)]
    assert against_schedule(on_time, 100)[:2] == (100, 0)
    slow = [1 + 0.03 * number for number in range(100)]
    assert against_schedule(slow, 100).late == 97, "30 ms apart for ever: from the fourth on each is too late"


def test_a_stop_in_the_midst_of_speech_is_late_however_long_it_is() -> None:
    turns = [1 + 0.02 * number for number in range(100)]
    stopped = [2.35 if 2 < turn < 2.35 else turn for turn in turns]
    found = against_schedule(stopped, 100)
    assert (found.late, round(found.worst_ms)) == (16, 330)


def test_frames_that_never_came_are_late() -> None:
    assert against_schedule([1.0, 1.02], 10)[:2] == (2, 8)


def test_frames_that_are_early_wait_for_their_turn_and_make_no_other_late() -> None:
    assert against_schedule([1.0, 1.001, 1.002, 1.065, 1.09], 5).late == 0
    found = against_schedule([1.0, 1.001, 1.002, 1.081, 1.09], 5)
    assert (found.late, round(found.worst_ms)) == (1, 21)


def test_every_row_is_taken_once_in_a_whole_run_and_in_a_quick_one() -> None:
    for run in (WHOLE, QUICK):
        names = [name for tracks in run for track in tracks for name in track]
        assert sorted(names) == sorted(ROWS)


def test_figures_survive_the_file_between_the_row_and_the_bench(tmp_path: Path) -> None:
    figures = [Figure("longest", 58.0, "s", 60, peer_name="peer", peer=1.0, raw={"s": [58.0]})]
    save(tmp_path / "figures.json", figures)
    assert load(tmp_path / "figures.json") == figures
    assert load(tmp_path / "nothing.json") == []
