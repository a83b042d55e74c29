"""What is missing of a phrase is found to 5 ms, wherever it is missing."""

import numpy as np
import pytest

from bridge.audio.frame import FRAME_SAMPLES
from bridge.audio.steady import SteadyWatch
from tests.harness.losses import losses, phrase

MS = 8
SAID = phrase(1, 2.0)
QUIET = np.zeros(1000, np.int16)


def test_a_phrase_is_not_taken_for_a_steady_noise_however_long_it_is() -> None:
    watch = SteadyWatch()
    for frame in phrase(4, 66).reshape(-1, FRAME_SAMPLES):
        watch.process(frame)
        assert watch.steady_s <= 1


def test_a_delayed_phrase_is_whole() -> None:
    found = losses(SAID, np.concatenate([QUIET, SAID, QUIET]))
    assert (found.all_ms, found.first_at) == (0, 1000)


def test_a_quieter_phrase_cut_in_two_with_a_pause_between_is_whole() -> None:
    half = SAID // 2
    assert losses(SAID, np.concatenate([QUIET, half[:7000], QUIET, QUIET, half[7000:]])).all_ms == 0


@pytest.mark.parametrize("ms", [5, 20, 135])
def test_a_lost_beginning_is_measured(ms: int) -> None:
    found = losses(SAID, np.concatenate([QUIET, SAID[ms * MS :]]))
    assert (found.start_ms, found.inside_ms, found.end_ms) == (pytest.approx(ms, abs=5), 0, 0)


@pytest.mark.parametrize("ms", [5, 20, 135])
def test_a_hole_is_measured(ms: int) -> None:
    found = losses(SAID, np.concatenate([QUIET, SAID[:5003], QUIET, SAID[5003 + ms * MS :]]))
    assert found.inside_ms == pytest.approx(ms, abs=5)


def test_a_lost_end_is_measured() -> None:
    assert losses(SAID, SAID[: -100 * MS]).end_ms == 100


def test_two_phrases_are_not_taken_for_each_other() -> None:
    with pytest.raises(ValueError, match=r"nothing of 2\.00 s"):
        losses(SAID, phrase(2, 4.0))
