"""Both directions on one time line: second n of a track is second n after its beginning."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.frame import FRAME_SAMPLES, Samples
from bridge.audio.two_way import SETTLED, Side, TwoSides
from tests.harness import align
from tests.unit.media.sound import frames, phrase


def whole(sides: TwoSides, until: int) -> tuple[Samples, Samples]:
    both = sides.take(until)
    assert both.shape[0] == until
    return both[:, Side.FROM_RADIO], both[:, Side.TO_RADIO]


def test_what_came_from_and_went_to_the_radio_stands_where_the_clock_was() -> None:
    sides = TwoSides()
    for side, second, sound in ((Side.FROM_RADIO, 2, phrase(1)), (Side.TO_RADIO, 5, phrase(2))):
        for index, frame in enumerate(frames(sound)):
            sides.put(side, frame, second * 8000 + (index + 1) * FRAME_SAMPLES)
    radio, air = whole(sides, 8 * 8000)
    assert align.find_exact(phrase(1), radio) == 2 * 8000
    assert align.find_exact(phrase(2), air) == 5 * 8000
    assert not radio[3 * 8000 :].any()
    assert not air[: 5 * 8000].any()


@settings(max_examples=50, deadline=None)
@given(
    late=st.lists(st.integers(0, 400), min_size=100, max_size=100),
    takes=st.lists(st.integers(40, 8000), min_size=1, max_size=20),
)
def test_frames_that_come_unevenly_stay_whole_however_the_track_is_cut_into_pieces(
    late: list[int], takes: list[int]
) -> None:
    sides, sound = TwoSides(), phrase(3, 2.0)
    pieces: list[Samples] = []
    at = taken = 0
    cuts = itertools.cycle(takes)
    cut = next(cuts)
    for index, frame in enumerate(frames(sound)):
        at = max(at, 4000 + (index + 1) * FRAME_SAMPLES + late[index])
        sides.put(Side.TO_RADIO, frame, at)
        while at - SETTLED >= taken + cut:
            taken += cut
            pieces.append(sides.take(taken))
            cut = next(cuts)
    pieces.append(sides.take(6 * 8000))
    track = np.concatenate(pieces)
    assert track.shape == (6 * 8000, 2)
    begins = align.find_exact(sound, track[:, Side.TO_RADIO])
    assert begins is not None
    assert 0 <= begins - 4000 <= 480


def test_silence_is_written_as_silence_and_nothing_twice() -> None:
    sides = TwoSides()
    assert sides.take(800).shape == (800, 2)
    assert sides.take(800).shape == (0, 2)
    assert not sides.take(1600).any()
