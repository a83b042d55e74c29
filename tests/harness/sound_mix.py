"""Two known sounds at once: one is taken out, so that every grain of the other can be asked for."""

from bisect import bisect_right
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.audio.align import locate
from bridge.audio.frame import GRAIN_SAMPLES, Samples

BLOCK: Final = 400
"""50 ms: that much of a sound shows under another one as loud."""
THERE: Final = 0.4
"""Correlation of a block with its like under another voice; chance gives 0.25 at most."""
LEVEL: Final = 10
"""So many blocks before and behind tell how loud it is: one alone is led astray by the other sound."""
REACH: Final = 4000
"""A block is looked for so far behind where the one before it says it is."""

Wave = npt.NDArray[np.float64]


def without(heard: Samples, other: Samples) -> Samples:
    """What was heard, less another sound that was said at the same time. Where that one is damaged, or cut in two, what
    is left is damaged too. No loss is hidden by it, and up to 50 ms at a cut are told as lost."""
    rest = heard.astype(np.float64)
    known = _blocks(other, heard)
    gains = [_gain(other[at : at + BLOCK], heard[place : place + BLOCK]) for at, place in known]
    for at in range(0, other.size - GRAIN_SAMPLES + 1, GRAIN_SAMPLES):
        grain = other[at : at + GRAIN_SAMPLES].astype(np.float64)
        for number in _near(known, at):
            start, place = known[number]
            level = float(np.median(gains[max(0, number - LEVEL) : number + LEVEL + 1]))
            _take_out(rest, grain * level, at + place - start, sure=start <= at < start + BLOCK)
    return np.clip(np.rint(rest), -32768, 32767).astype(np.int16)


def _blocks(other: Samples, heard: Samples) -> list[tuple[int, int]]:
    """For each block that is found: where it begins in the sound, and where in what was heard."""
    found: list[tuple[int, int]] = []
    weak: list[int] = []
    for at in range(0, other.size - BLOCK + 1, BLOCK):
        block, begin, end = other[at : at + BLOCK], 0, heard.size
        if found:
            expected = found[-1][1] + at - found[-1][0]
            begin, end = max(0, found[-1][1], expected - REACH), min(heard.size, expected + BLOCK + REACH)
        match = locate(block, heard[begin:end]) if end - begin >= BLOCK else None
        if match is not None and match.score >= THERE:
            found.append((at, begin + match.offset))
        else:
            weak.append(at)
    return sorted(found + [(at, place) for at in weak for place in _between(found, at, heard.size)])


def _between(found: list[tuple[int, int]], at: int, size: int) -> list[int]:
    """Where a block lies that the other sound drowns: where its neighbours say, if both say the same."""
    shifts = {place - start for start, place in (*_last(found, at), *_next(found, at))}
    return [at + shift for shift in shifts if len(shifts) == 1 and 0 <= at + shift <= size - BLOCK]


def _last(found: list[tuple[int, int]], at: int) -> list[tuple[int, int]]:
    return [one for one in found if one[0] < at][-1:]


def _next(found: list[tuple[int, int]], at: int) -> list[tuple[int, int]]:
    return [one for one in found if one[0] > at][:1]


def _near(known: list[tuple[int, int]], at: int) -> list[int]:
    """The block in which a grain lies. A grain that was cut in two has its neighbours', where it lies part by part."""
    behind = bisect_right(known, at, key=lambda one: one[0])
    if behind and at < known[behind - 1][0] + BLOCK:
        return [behind - 1]
    return [number for number in (behind - 1, behind) if 0 <= number < len(known)]


def _take_out(rest: Wave, grain: Wave, place: int, *, sure: bool) -> None:
    """Where it is not sure to be, only if what is left is quieter for it."""
    if place < 0 or place + grain.size > rest.size:
        return
    left = rest[place : place + grain.size] - grain
    if sure or np.dot(left, left) < np.dot(rest[place : place + grain.size], rest[place : place + grain.size]):
        rest[place : place + grain.size] = left


def _gain(one: Samples, other: Samples) -> float:
    sought, there = one.astype(np.float64), other.astype(np.float64)
    return float(np.dot(sought, there) / max(1.0, float(np.dot(sought, sought))))
