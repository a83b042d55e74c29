"""The bench measures what it says: each measure is held against something whose answer is known."""

from pathlib import Path

import numpy as np

from tests.bench.figures import Figure, load, save
from tests.bench.phrases import missing, random_phrase
from tests.bench.row import QUICK, ROWS, WHOLE
from tests.bench.stand import granted
from tests.bench.tap import Gaps, Watch


def test_nothing_is_missing_of_a_phrase_that_is_heard_late_in_two_parts() -> None:
    said = random_phrase(5, 1, (1.0, 1.2))
    cut = 4000
    gap = np.zeros(3000, np.int16)
    heard = np.concatenate([gap, said.sound[:cut], gap, said.sound[cut:]])
    assert missing(said, heard).all_ms == 0


def test_a_syllable_cut_from_the_beginning_is_missing_at_the_start() -> None:
    said = random_phrase(6, 1, (1.0, 1.2))
    found = missing(said, said.sound[800:])
    assert (found.start_ms, found.later_ms) == (100, 0)


def test_a_word_that_is_not_there_is_missing_whole() -> None:
    said = random_phrase(7, 2)
    assert missing(said, said.sound[: said.words[0].size]).start_ms == 1000 * said.words[1].size / 8000


def test_the_grant_is_counted_from_the_first_demand_whatever_was_denied_before() -> None:
    lines = [
        (10.0, "to_terminal", "AT+CTXD=1,0"),
        (10.1, "from_terminal", "+CTXG: 1,1,0,0"),
        (11.0, "to_terminal", "AT+CTXD=1,0"),
        (11.25, "from_terminal", "+CTXG: 1,0,0,0"),
    ]
    assert granted(lines) == (1.25, 1)


def test_a_frame_that_comes_more_than_one_frame_late_is_late_and_a_pause_is_not() -> None:
    watch = Watch()
    for at_s in (1.0, 1.02, 1.075, 1.08, 2.0, 2.02):
        watch.frame(at_s)
    frames, late, longest_ms = watch.taken()
    assert (frames, late, round(longest_ms)) == (6, 1, 55)
    assert watch.taken() == Gaps(0, 0, 0.0)


def test_every_row_is_taken_once_in_a_whole_run_and_in_a_quick_one() -> None:
    for run in (WHOLE, QUICK):
        names = [name for tracks in run for track in tracks for name in track]
        assert sorted(names) == sorted(ROWS)


def test_figures_survive_the_file_between_the_row_and_the_bench(tmp_path: Path) -> None:
    figures = [Figure("longest", 58.0, "s", 60, peer_name="peer", peer=1.0, raw={"s": [58.0]})]
    save(tmp_path / "figures.json", figures)
    assert load(tmp_path / "figures.json") == figures
    assert load(tmp_path / "nothing.json") == []
