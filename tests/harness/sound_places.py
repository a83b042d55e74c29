"""Where each 5 ms of a sound lies in another: by normalised correlation, or bit for bit.

A *match* is a grain of what was said and a sample of what was heard at which it begins. Grains too quiet to be missed
have none.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from bridge.audio.frame import GRAIN_SAMPLES, RATE_HZ, Samples

WHOLE: Final = 0.9
"""Correlation at which a grain is there. Through A-law twice, at any level of speech, it is 0.96 or more. With 8 of its
40 samples gone it is less than this. Chance gives it once in 10^10 places of noise in the band of speech."""
HEARD_PEAK: Final = 104
"""-50 dBFS: what peaks below it nobody would miss, and it is not asked for."""
STRETCH: Final = RATE_HZ
"""One second, in which a part of 50 ms is enough to show where it lies."""
MINUTE: Final = 60 * RATE_HZ // GRAIN_SAMPLES
BACK: Final = RATE_HZ // 2
AHEAD: Final = 12 * RATE_HZ
"""The longest hole between two transmissions, pause and grant included."""
MOST_PAIRS: Final = 1_000_000_000
"""Grains times places that are compared one with another; what is still not found then is lost."""
_NEAR: Final = GRAIN_SAMPLES // 2
_QUIETEST: Final = 8 * math.sqrt(GRAIN_SAMPLES)
"""Norm of a grain below which nothing is recognised in it."""
_CHUNK: Final = 4096

Wave = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]


class Match(NamedTuple):
    grain: int
    place: int


class Finder(Protocol):
    asked: npt.NDArray[np.bool_]
    """For each grain said: whether it is loud enough to be missed."""

    def matches(self) -> list[Match]:
        """Of every grain that is there, at least one place."""

    def copies(self, begin: int, end: int, near: int) -> list[Match]:
        """Everything said that begins in this stretch of what was heard; `near` is the grain expected there."""


def grains_of(sound: Samples) -> npt.NDArray[np.int16]:
    """Rows of one grain, the last filled up with silence."""
    padded = np.pad(sound, (0, -sound.size % GRAIN_SAMPLES))
    return padded.reshape(-1, GRAIN_SAMPLES)


def loud(grains: npt.NDArray[np.int16], peak: int = HEARD_PEAK) -> npt.NDArray[np.bool_]:
    """Which of the rows anybody would hear."""
    return np.asarray(np.abs(grains.astype(np.int32)).max(axis=1, initial=0) > peak)


class BitForBit:
    """Both sounds begin on a grain, and nothing but whole grains was left out or put in."""

    def __init__(self, said: Samples, heard: Samples) -> None:
        grains = grains_of(said)
        self.asked = loud(grains)
        self._of: dict[bytes, list[int]] = defaultdict(list)
        for at in np.flatnonzero(loud(grains, 0)):
            self._of[grains[at].tobytes()].append(int(at))
        self._heard = grains_of(heard)

    def matches(self) -> list[Match]:
        return self.copies(0, self._heard.size, 0)

    def copies(self, begin: int, end: int, near: int) -> list[Match]:
        del near
        return [
            Match(grain, at * GRAIN_SAMPLES)
            for at in range(-(-begin // GRAIN_SAMPLES), end // GRAIN_SAMPLES)
            for grain in self._of.get(self._heard[at].tobytes(), ())
        ]


class ByShape:
    """At any level, after any codec of telephony, at any sample."""

    def __init__(self, said: Samples, heard: Samples) -> None:
        grains = grains_of(said)
        self.asked = loud(grains)
        waves = grains.astype(np.float32)
        norms = np.linalg.norm(waves, axis=1, keepdims=True)
        self._grains: Wave = np.asarray(waves / np.maximum(norms, 1), np.float32)
        self._said: Wave = waves.ravel()
        self._heard: Wave = heard.astype(np.float32)
        energy = np.concatenate([[0.0], np.cumsum(np.square(heard, dtype=np.float64))])
        span = energy[GRAIN_SAMPLES:] - energy[:-GRAIN_SAMPLES]
        self._norms: Scores = np.sqrt(np.maximum(span, _QUIETEST**2))

    def matches(self) -> list[Match]:
        places: dict[int, list[int]] = defaultdict(list)
        self._follow(places)
        known = sorted(places)
        more: list[Match] = []
        left = MOST_PAIRS
        for group in _groups([int(at) for at in np.flatnonzero(self.asked) if int(at) not in places]):
            begin, end = self._around(group, known, places)
            if len(group) * (end - begin) <= left:
                left -= len(group) * (end - begin)
                more += self._all(group, begin, end)
        for grain, place in more:
            places[grain].append(place)
        return [Match(grain, place) for grain in sorted(places) for place in sorted(set(places[grain]))]

    def copies(self, begin: int, end: int, near: int) -> list[Match]:
        reach = 2 * RATE_HZ // GRAIN_SAMPLES
        around = range(max(0, near - reach), min(len(self.asked), near + reach))
        return self._all([at for at in around if self.asked[at]], begin, end)

    def _follow(self, places: dict[int, list[int]]) -> None:
        """Second by second: how much later it lies, and every grain of the next minute that lies so much later."""
        open_ = self.asked.copy()
        at = 0
        while (rest := np.flatnonzero(open_[at:])).size:
            at += int(rest[0])
            shift = self._likely(at, open_, places)
            found = [] if shift is None else self._at(shift, at, at + MINUTE)
            if shift is None or not any(open_[found]):
                at += STRETCH // GRAIN_SAMPLES
                continue
            for grain in found:
                places[grain].append(grain * GRAIN_SAMPLES + shift)
                open_[grain] = False

    def _likely(self, at: int, open_: npt.NDArray[np.bool_], places: dict[int, list[int]]) -> int | None:
        """By how many samples what is still to be found of the next second lies later, most likely."""
        wanted = np.repeat(open_[at : at + STRETCH // GRAIN_SAMPLES], GRAIN_SAMPLES)
        begin = at * GRAIN_SAMPLES
        sought = self._said[begin : begin + wanted.size] * wanted
        before = next((places[one][-1] for one in range(at - 1, -1, -1) if one in places), -1)
        start = max(0, before - BACK)
        window = self._heard[start:] if before < 0 else self._heard[start : before + AHEAD + sought.size]
        if window.size < GRAIN_SAMPLES:
            return None
        size = 1 << (window.size + sought.size).bit_length()
        product = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(sought, size)), size)
        best = int(np.argmax(product))
        offset = best if best < window.size else best - size  # its beginning may be cut off
        return start + offset - begin

    def _at(self, shift: int, first: int, last: int) -> list[int]:
        """Those of these grains that lie exactly so much later."""
        first = max(first, -(shift // GRAIN_SAMPLES))
        last = min(last, len(self.asked), (self._heard.size - shift) // GRAIN_SAMPLES)
        if last <= first:
            return []
        begin, end = first * GRAIN_SAMPLES + shift, last * GRAIN_SAMPLES + shift
        rows = self._heard[begin:end].reshape(-1, GRAIN_SAMPLES)
        scores = np.einsum("ij,ij->i", self._grains[first:last], rows) / self._norms[begin:end:GRAIN_SAMPLES]
        return [first + int(at) for at in np.flatnonzero((scores >= WHOLE) & self.asked[first:last])]

    def _around(self, group: Sequence[int], known: Sequence[int], places: dict[int, list[int]]) -> tuple[int, int]:
        """Where grains are looked for of which nothing is known but their neighbours' places."""
        here = bisect_left(known, group[0])
        begin, end = 0, self._heard.size
        if here > 0:
            begin = max(0, min(places[known[here - 1]]) - BACK)
            end = min(end, max(places[known[here - 1]]) + len(group) * GRAIN_SAMPLES + AHEAD)
        if here < len(known):
            end = min(self._heard.size, max(places[known[here]]) + BACK)
        return begin, end

    def _all(self, grains: Sequence[int], begin: int, end: int) -> list[Match]:
        """Each of these grains against each place."""
        found: dict[int, list[tuple[int, float]]] = defaultdict(list)
        last = min(end, self._heard.size - GRAIN_SAMPLES + 1)
        shapes = self._grains[list(grains)].T
        for at in range(max(0, begin), last if grains else 0, _CHUNK):
            stop = min(last, at + _CHUNK)
            rows = np.lib.stride_tricks.sliding_window_view(self._heard[at : stop + GRAIN_SAMPLES - 1], GRAIN_SAMPLES)
            scores = (np.ascontiguousarray(rows) @ shapes) / self._norms[at:stop, None]
            for place, which in zip(*np.nonzero(scores >= WHOLE), strict=True):
                found[grains[which]].append((at + int(place), float(scores[place, which])))
        return [Match(grain, place) for grain in sorted(found) for place in _peaks(found[grain])]


def in_order(matches: Sequence[Match]) -> dict[int, int]:
    """As many grains as can be, each with one place, so that none is before one said earlier. Of several, the first."""
    ranked = sorted(matches, key=lambda one: (one.grain, -one.place))
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(ranked):
        length = bisect_left(tails, place)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [place]
        ends[length : length + 1] = [number]
    chain: dict[int, int] = {}
    number = ends[-1] if ends else -1
    while number >= 0:
        chain[ranked[number].grain] = ranked[number].place
        number = before[number]
    return _earliest(dict(sorted(chain.items())), matches)


def _earliest(chain: dict[int, int], matches: Sequence[Match]) -> dict[int, int]:
    places: dict[int, list[int]] = defaultdict(list)
    for grain, place in matches:
        places[grain].append(place)
    free = 0
    for grain, place in chain.items():
        chain[grain] = min(one for one in (*places[grain], place) if free <= one <= place or one == place)
        free = chain[grain] + GRAIN_SAMPLES
    return chain


def _groups(numbers: Sequence[int]) -> list[list[int]]:
    """Consecutive ones together."""
    groups: list[list[int]] = []
    for number in numbers:
        if groups and number == groups[-1][-1] + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


def _peaks(hits: Sequence[tuple[int, float]]) -> list[int]:
    """Of places next to each other the best."""
    best: list[tuple[int, float]] = []
    for place, score in hits:
        if best and place - best[-1][0] < _NEAR:
            best[-1] = max(best[-1], (place, score), key=lambda one: one[1])
        else:
            best.append((place, score))
    return [place for place, _ in best]
