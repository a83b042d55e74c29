"""How much of what was said is missing in what was heard, to 5 ms, found by cross-correlation.

All sound here is `int16` at 8 kHz. What is said is noise in the band of speech that never repeats itself, so that every
piece of it has one place only, however it was delayed, cut apart and put together again.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.audio.align import locate
from bridge.audio.frame import RATE_HZ, Samples

PIECE: Final = 160
"""20 ms: long enough to be told from all other places."""
GRAIN: Final = 40
"""5 ms: the resolution, looked for at known places only."""
SURE: Final = 0.8
LIKELY: Final = 0.6
SLIP: Final = 3
"""Samples by which a grain's place may be off: the edges of pieces are found to about that."""
BACK_S: Final = 0.5
AHEAD_S: Final = 12.0
"""The longest hole between two transmissions, pause and grant included."""
_SYLLABLES_HZ: Final = 4.0
_SYLLABLES_DB: Final = 4.0


def phrase(number: int, seconds: float, level_dbfs: float = -20.0) -> Samples:
    """A phrase of band-limited noise (300–3400 Hz), different for each number. It has no pause, and rises and falls by
    8 dB in syllables: a level that stays would be taken for a line's noise and kept off the air."""
    count = round(seconds * RATE_HZ)
    noise = np.random.default_rng(0xD0 + number).standard_normal(count)
    spectrum = np.fft.rfft(noise)
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    spectrum[(hz < 300) | (hz > 3400)] = 0
    sound = np.fft.irfft(spectrum, count)
    sound *= 10 ** (_SYLLABLES_DB / 20 * np.sin(2 * np.pi * _SYLLABLES_HZ * np.arange(count) / RATE_HZ))
    sound *= 10 ** (level_dbfs / 20) / float(np.sqrt(np.mean(sound**2)))
    return np.asarray(np.clip(sound, -1, 1) * 32767, np.int16)


@dataclass(frozen=True, slots=True)
class Losses:
    """What is missing of a phrase, in ms.

    Attributes:
        first_at: Sample of the heard sound where the phrase's first sample is, or would be.
    """

    start_ms: float
    inside_ms: float
    end_ms: float
    first_at: int

    @property
    def all_ms(self) -> float:
        return self.start_ms + self.inside_ms + self.end_ms


def losses(said: Samples, heard: Samples) -> Losses:
    """Look for every piece of `said` in `heard`, in order.

    Raises:
        ValueError: Nothing of it is there.
    """
    places = _places(said, heard)
    found = [at for at, place in enumerate(places) if place is not None]
    if not found:
        raise ValueError(f"nothing of {said.size / RATE_HZ:.2f} s said is in {heard.size / RATE_HZ:.2f} s heard")
    gone = [at for index in range(len(places)) if places[index] is None for at in _gone(said, heard, places, index)]
    first, last = found[0] * PIECE, (found[-1] + 1) * PIECE
    first_place = places[found[0]] or 0
    ms = 1000 * GRAIN / RATE_HZ
    return Losses(
        start_ms=ms * sum(at < first for at in gone),
        inside_ms=ms * sum(first <= at < last for at in gone),
        end_ms=ms * sum(at >= last for at in gone),
        first_at=first_place - first,
    )


def _places(said: Samples, heard: Samples) -> list[int | None]:
    """Where each whole piece is, followed from the last one found."""
    places: list[int | None] = []
    shift: int | None = None
    for at in range(0, said.size - PIECE + 1, PIECE):
        piece = said[at : at + PIECE]
        if shift is not None and _alike(piece, heard, at + shift) > SURE:
            places.append(at + shift)
            continue
        place = _search(piece, heard, None if shift is None else at + shift)
        places.append(place)
        shift = shift if place is None else place - at
    return places


def _search(piece: Samples, heard: Samples, near: int | None) -> int | None:
    start = 0 if near is None else max(0, near - round(BACK_S * RATE_HZ))
    window = heard[start:] if near is None else heard[start : near + round(AHEAD_S * RATE_HZ)]
    if window.size < piece.size:
        return None
    match = locate(piece, window)
    return start + match.offset if match.score > SURE else None


def _gone(said: Samples, heard: Samples, places: list[int | None], index: int) -> list[int]:
    """The grains of a piece not found whole: at neither neighbour's place either."""
    before = next((at for at in range(index - 1, -1, -1) if places[at] is not None), None)
    after = next((at for at in range(index + 1, len(places)) if places[at] is not None), None)
    shifts = [(places[at] or 0) - at * PIECE for at in (before, after) if at is not None]
    gone = []
    for at in range(index * PIECE, (index + 1) * PIECE, GRAIN):
        grain = said[at : at + GRAIN]
        near = [at + shift + slip for shift in shifts for slip in range(-SLIP, SLIP + 1)]
        if max((_alike(grain, heard, place) for place in near), default=0.0) <= LIKELY:
            gone.append(at)
    return gone


def _alike(piece: Samples, heard: Samples, at: int) -> float:
    """Normalised correlation at one place."""
    if at < 0 or at + piece.size > heard.size:
        return 0.0
    one, other = piece.astype(np.float64), heard[at : at + piece.size].astype(np.float64)
    return float(np.dot(one, other) / max(1.0, float(np.linalg.norm(one) * np.linalg.norm(other))))
