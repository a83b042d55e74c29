"""What became of a sound on its way. Sound that is lost, doubled, repeated, moved or put in is told by place, to one
grain of 5 ms.

The one measure of the project: the suite, the bench, the soak and the demonstration all judge by it. All sound is
`int16` at 8 kHz. Speech must never repeat itself (`phrase`). Each grain of it then has one place only, however it was
delayed, cut apart and put together again. Grains that peak below -50 dBFS are pauses: they are not asked for, and may
be shortened or left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.audio.align import locate
from bridge.audio.frame import GRAIN_MS, GRAIN_SAMPLES, RATE_HZ, Samples
from tests.harness.sound_places import HEARD_PEAK, BitForBit, ByShape, Finder, Match, in_order

PART: Final = 8
"""Samples, 1 ms: of less than that of a grain nothing is told."""
_ALIKE: Final = 0.85
"""Correlation of 1 ms with its like at a place that is known."""
Wave = npt.NDArray[np.float64]
BLOCK: Final = 400
"""50 ms: that much of a phrase shows even under somebody else's voice."""
_UNDER_OTHERS: Final = 0.4
"""Correlation of a block with its like; chance gives 0.25 at most."""
_SYLLABLES_HZ: Final = 4.0
_SYLLABLES_DB: Final = 4.0


def phrase(number: int, seconds: float, level_dbfs: float = -20.0) -> Samples:
    """A phrase of band-limited noise (300–3400 Hz), different for each number. It has no pause, and rises and falls by
    8 dB in syllables. A level that stays would be taken for a line's noise and kept off the air."""
    count = round(seconds * RATE_HZ)
    noise = np.random.default_rng(0xD0 + number).standard_normal(count)
    spectrum = np.fft.rfft(noise)
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    spectrum[(hz < 300) | (hz > 3400)] = 0
    sound = np.fft.irfft(spectrum, count)
    sound *= 10 ** (_SYLLABLES_DB / 20 * np.sin(2 * np.pi * _SYLLABLES_HZ * np.arange(count) / RATE_HZ))
    sound *= 10 ** (level_dbfs / 20) / float(np.sqrt(np.mean(sound**2)))
    return np.asarray(np.clip(sound, -1, 1) * 32767, np.int16)


class Stretch(NamedTuple):
    """Part of a sound.

    Attributes:
        said_ms: Where it stands in what was said; for what was put in, behind what it came.
        heard_ms: Where it stands in what was heard; for what is missing, where it should be.
    """

    said_ms: float
    heard_ms: float
    ms: float

    def __str__(self) -> str:
        return f"{self.ms:g} ms at {self.said_ms:g} ms"


Stretches = tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What was said against what was heard.

    Attributes:
        lost: Said, and nowhere heard.
        doubled: Heard once more, beside its own place.
        repeated: Heard once more in the place of something that is lost.
        moved: Heard, but not in its order.
        inserted: Silence put between two grains that were said without one.
        foreign: Heard between the first and the last grain, and never said: words of somebody else, or damage.
        first_ms: Place in what was said of the first grain that is heard; nothing if none is.
        begins_at: Sample of what was heard at which the first one said lies, or would lie.
    """

    said_s: float
    heard_s: float
    asked_ms: int
    lost: Stretches = ()
    doubled: Stretches = ()
    repeated: Stretches = ()
    moved: Stretches = ()
    inserted: Stretches = ()
    foreign: Stretches = ()
    first_ms: float | None = None
    begins_at: int | None = None

    @property
    def lost_ms(self) -> float:
        return total_ms(self.lost)

    @property
    def moved_ms(self) -> float:
        return total_ms(self.moved)

    @property
    def missing_ms(self) -> float:
        """Not where it was said: lost or moved."""
        return self.lost_ms + self.moved_ms

    @property
    def again_ms(self) -> float:
        """Heard more than once."""
        return total_ms((*self.doubled, *self.repeated))

    @property
    def wrong_ms(self) -> float:
        """Lost, moved, doubled or repeated."""
        return self.missing_ms + self.again_ms

    @property
    def whole(self) -> bool:
        """Every grain once, in its order; between them there may be silence, and somebody else's words."""
        return self.wrong_ms == 0

    @property
    def untouched(self) -> bool:
        """And nothing between."""
        return self.whole and not self.inserted and not self.foreign

    @property
    def start_ms(self) -> float:
        """Lost before the first grain that is heard."""
        return total_ms(one for one in self.lost if self.first_ms is None or one.said_ms < self.first_ms)

    def __str__(self) -> str:
        kinds = ("lost", "doubled", "repeated", "moved", "inserted", "foreign")
        told = [f"{kind} {', '.join(map(str, getattr(self, kind)[:8]))}" for kind in kinds if getattr(self, kind)]
        return "; ".join(told) or "whole"

    def beside(self, witness: "Compared") -> str:
        """Each loss with what a witness had in the same place of what was said. The witness takes nothing off it."""
        told = []
        for one in self.lost:
            also_ms = sum(_common_ms(one, other) for other in witness.lost)
            told.append(f"{one} (the witness missed {also_ms:g} ms of it)")
        only = sum(other.ms for other in witness.lost) - sum(
            _common_ms(one, other) for one in self.lost for other in witness.lost
        )
        return f"lost {', '.join(told) or 'nothing'}; the witness alone missed {only:g} ms"


def _common_ms(one: Stretch, other: Stretch) -> float:
    begin, end = max(one.said_ms, other.said_ms), min(one.said_ms + one.ms, other.said_ms + other.ms)
    return max(0.0, end - begin)


def total_ms(stretches: Iterable[Stretch]) -> float:
    return sum(one.ms for one in stretches)


def compare(said: Samples, heard: Samples, *, exact: bool = False) -> Compared:
    """Ask for each grain of `said` in `heard`.

    Args:
        exact: Bit for bit; both begin on a grain. What is foreign or doubled is then told however quiet it is, and all
            over what was heard.
    """
    finder: Finder = BitForBit(said, heard) if exact else ByShape(said, heard)
    return _Comparison(said, heard, finder, exact=exact).made()


def lost_ms(said: Samples, heard: Samples) -> float:
    """How much of a phrase is not in what was heard, or not in its order."""
    return compare(said, heard).missing_ms


def is_absent(said: Samples, heard: Samples) -> bool:
    """Nothing of it is there, and nothing of it lies under what somebody else says."""
    if heard.size < BLOCK:
        return True
    blocks = (said[at : at + BLOCK] for at in range(0, said.size - BLOCK + 1, BLOCK))
    if any(locate(block, heard).score >= _UNDER_OTHERS for block in blocks):
        return False
    return not ByShape(said, heard).matches()


@dataclass(frozen=True, slots=True)
class _Gap:
    """The sound said and heard between two grains that are in their places. It is given by sample, and one past the
    last."""

    said: tuple[int, int]
    heard: tuple[int, int]
    first: bool = False
    last: bool = False

    @property
    def open(self) -> bool:
        """Before the first grain heard or after the last one: there others may say anything."""
        return self.first or self.last


@dataclass
class _Comparison:
    said: Samples
    heard: Samples
    finder: Finder
    exact: bool
    chain: dict[int, int] = field(default_factory=dict)
    off: dict[int, int] = field(default_factory=dict)
    """Grains that are heard, but not in their order."""
    kinds: dict[str, list[Stretch]] = field(default_factory=dict)

    def made(self) -> Compared:
        asked = self.finder.asked
        matches = self.finder.matches()
        self.chain = in_order(matches)
        self.off = {one.grain: one.place for one in reversed(matches) if one.grain not in self.chain}
        for gap in self._gaps():
            self._judge(gap)
        first = next(iter(self.chain), None)
        return Compared(
            self.said.size / RATE_HZ,
            self.heard.size / RATE_HZ,
            int(asked.sum()) * GRAIN_MS,
            **{kind: _merged(found) for kind, found in self.kinds.items()},
            first_ms=None if first is None else float(first * GRAIN_MS),
            begins_at=None if first is None else self.chain[first] - first * GRAIN_SAMPLES,
        )

    def _gaps(self) -> list[_Gap]:
        end = len(self.finder.asked) * GRAIN_SAMPLES
        gaps, said_at, heard_at = [], 0, 0
        for grain, place in self.chain.items():
            said, heard = (said_at, grain * GRAIN_SAMPLES), (heard_at, place)
            if said[0] != said[1] or heard[0] != heard[1]:
                gaps.append(_Gap(said, heard, first=not heard_at))
            said_at, heard_at = said[1] + GRAIN_SAMPLES, place + GRAIN_SAMPLES
        return [*gaps, _Gap((said_at, end), (heard_at, self.heard.size), first=not self.chain, last=True)]

    def _judge(self, gap: _Gap) -> None:
        ahead, behind = (0, 0) if self.exact else self._kept(gap)
        core = (gap.said[0] + ahead, gap.said[1] - behind)
        put_in = (gap.heard[0] + ahead, gap.heard[1] - behind)
        missing = [at for at in _touched(core) if self.finder.asked[at]]
        for at in missing:
            begin = at * GRAIN_SAMPLES
            there = gap.heard[1] - gap.said[1] + begin if gap.first else gap.heard[0] - gap.said[0] + begin
            self._found("moved" if at in self.off else "lost", begin, self.off.get(at, there), GRAIN_SAMPLES)
        if put_in[1] - put_in[0] < PART:
            return
        if self._sounds(*put_in):
            self._heard_between(gap, core, put_in, in_place_of=bool(missing))
        elif not gap.open and core[1] - core[0] < PART:
            self._found("inserted", core[0], put_in[0], put_in[1] - put_in[0])

    def _kept(self, gap: _Gap) -> tuple[int, int]:
        """How many samples of what was said in a gap still stand before and behind the damage."""
        said = self.said[gap.said[0] : gap.said[1]].astype(np.float64)
        said = np.pad(said, (0, gap.said[1] - gap.said[0] - said.size))
        heard = self.heard[gap.heard[0] : gap.heard[1]].astype(np.float64)
        most = min(said.size, heard.size)
        ahead = 0 if gap.first else _same(said, heard, most)
        return ahead, 0 if gap.last else _same(said[::-1], heard[::-1], most - ahead)

    def _heard_between(self, gap: _Gap, core: tuple[int, int], put_in: tuple[int, int], *, in_place_of: bool) -> None:
        begin, end = put_in
        copies = self.finder.copies(begin, end, core[0] // GRAIN_SAMPLES)
        again = _one_each([one for one in copies if one.grain not in self.off])
        kind = "repeated" if in_place_of and not gap.open else "doubled"
        whole = not self.exact and not gap.open and len(again) * GRAIN_SAMPLES > (end - begin) / 2
        if whole:  # parts of grains at its edges belong to it
            self._found(kind, again[0].grain * GRAIN_SAMPLES - again[0].place + begin, begin, end - begin)
            return
        for one in again:
            self._found(kind, one.grain * GRAIN_SAMPLES, one.place, GRAIN_SAMPLES)
        if self.exact:
            known = {one.place for one in copies}
            for place in range(begin, end, GRAIN_SAMPLES):
                if place not in known and np.any(self.heard[place : place + GRAIN_SAMPLES]):
                    self._found("foreign", core[0], place, GRAIN_SAMPLES)
        elif not gap.open and not copies:
            self._found("foreign", core[0], begin, end - begin)

    def _sounds(self, begin: int, end: int) -> bool:
        """Whether anything stands there; the last samples of a grain beside it may."""
        edge = 0 if self.exact else PART - 1
        most = int(np.abs(self.heard[begin + edge : end - edge].astype(np.int32)).max(initial=0))
        return most > (0 if self.exact else HEARD_PEAK)

    def _found(self, kind: str, said_at: int, heard_at: int, samples: int) -> None:
        ms = 1000 / RATE_HZ
        self.kinds.setdefault(kind, []).append(Stretch(said_at * ms, heard_at * ms, samples * ms))


def _touched(core: tuple[int, int]) -> range:
    """The grains of which 1 ms or more stands in the core."""
    begin, end = core
    first, last = begin // GRAIN_SAMPLES, (end - 1) // GRAIN_SAMPLES
    if end - begin < PART:
        return range(0)
    first += (first + 1) * GRAIN_SAMPLES - begin < PART
    last -= end - last * GRAIN_SAMPLES < PART
    return range(first, last + 1)


def _same(said: Wave, heard: Wave, most: int) -> int:
    """So many samples, in steps of 1 ms, both begin with, at whatever level."""
    at = 0
    while at + PART <= most:
        one, other = said[at : at + PART], heard[at : at + PART]
        both_quiet = max(np.abs(one).max(), np.abs(other).max()) <= HEARD_PEAK
        alike = float(np.dot(one, other)) >= _ALIKE * float(np.linalg.norm(one) * np.linalg.norm(other)) > 0
        if not (both_quiet or alike):
            break
        at += PART
    return at


def _one_each(copies: Sequence[Match]) -> list[Match]:
    """In the order heard, one for each place, none over another."""
    ones: list[Match] = []
    for one in sorted(copies, key=lambda copy: copy.place):
        if not ones or one.place >= ones[-1].place + GRAIN_SAMPLES:
            ones.append(one)
    return ones


def _merged(stretches: Iterable[Stretch]) -> Stretches:
    """Those that follow each other in both sounds as one."""
    merged: list[Stretch] = []
    for one in sorted(stretches, key=lambda stretch: (stretch.heard_ms, stretch.said_ms)):
        last = merged[-1] if merged else None
        if last and last.said_ms + last.ms == one.said_ms and last.heard_ms + last.ms == one.heard_ms:
            merged[-1] = last._replace(ms=last.ms + one.ms)
        else:
            merged.append(one)
    return tuple(merged)
