"""The ear of a simulated person: the few phrases that they act on, recognised by their sound.

A phrase is known by the first second of its sound file. Every half second the newest sound is compared with all of them
by normalised correlation. The best one counts, so that *Du har begärt ordet* is not taken for *Du har ordet*. The two
halves of that second may lie a little apart. A lost or a doubled packet shifts what comes after it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hardware.simulator.g711 import decode_alaw
from hardware.simulator.signals import RATE_HZ, read_wav

PHRASES: Final = (
    "callout/keys",
    "floor/asked",
    "floor/yours",
    "floor/taken",
    "floor/mode-open",
    "floor/mode-lecture",
    "floor/mode-queue",
)
ENOUGH: Final = 0.6
"""Least likeness: somebody may talk at the same time. Of Samband's other prompts none is more like one than 0.54."""
SAME_WITHIN_S: Final = 1.0

_QUIET_POWER: Final = 1e-5
"""−50 dBFS: there is nothing to be understood."""
_DECIMATED: Final = 2
"""Compared at 4 kHz: most of speech lies below 2 kHz, and it takes half the work."""
_RATE_HZ: Final = RATE_HZ // _DECIMATED
_LONGEST: Final = _RATE_HZ
"""Samples of a phrase that are compared."""
_BLOCK: Final = 50
"""Samples (12.5 ms) within which the place of a half is not told apart."""
_APART: Final = 4
"""Blocks by which the second half may come early or late."""
_HOP: Final = 40 * _BLOCK
_NEEDED: Final = _LONGEST + _HOP + 2 * _APART * _BLOCK
_FFT: Final = 1 << (_NEEDED - 1).bit_length()
_QUEUED: Final = 32

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Heard:
    """A phrase, and when it began (seconds of CLOCK_MONOTONIC)."""

    phrase: str
    began_s: float


@dataclass(frozen=True, slots=True)
class _Half:
    """One half of a phrase, at its place from the phrase's beginning."""

    start: int
    length: int
    share: float
    """Of the phrase's energy."""
    least_energy: float
    spectrum: NDArray[np.complexfloating]

    def likeness(self, spectrum: NDArray[np.complexfloating], power: Floats, first: int, blocks: int) -> Floats:
        """The best of each block, from sample `first` on, where the phrase may begin."""
        at, count = first + self.start, blocks * _BLOCK
        found = np.fft.irfft(spectrum * self.spectrum, _FFT)[at : at + count]
        energy = power[at + self.length : at + self.length + count] - power[at : at + count]
        scores = found / np.sqrt(np.maximum(energy, self.least_energy))
        return np.asarray(scores.reshape(blocks, _BLOCK).max(axis=1))


class Language:
    """The phrases that can be understood. Without sound files nothing is."""

    def __init__(self, sounds: Mapping[str, Floats]) -> None:
        """Sounds by their phrase at 8 kHz. A name's part after a space tells two sounds of one phrase apart."""
        self._phrases = {name: _halves(_decimated(sound)[:_LONGEST]) for name, sound in sounds.items()}

    @classmethod
    def of_folder(cls, folder: Path | None) -> "Language":
        """Of a folder of prompts, `<folder>/<language>/samband/<phrase>.wav`; what is missing is not understood."""
        found = {} if folder is None else _found(folder)
        return cls({name: read_wav(path) / 32768 for name, path in found.items()})

    def understands(self, sound: Floats) -> tuple[str, float, float] | None:
        """The phrase that is most like some part of the first half second. How like it is, and where in seconds, comes
        with it."""
        heard = _decimated(sound)
        spectrum = np.fft.rfft(heard, _FFT)
        power = np.concatenate([[0.0], np.cumsum(np.square(heard, dtype=np.float64))])
        blocks = _HOP // _BLOCK
        best: tuple[str, float, float] | None = None
        for name, (first, second) in self._phrases.items():
            begins = first.likeness(spectrum, power, _APART * _BLOCK, blocks)
            goes_on = second.likeness(spectrum, power, 0, blocks + 2 * _APART)
            nearby = np.lib.stride_tricks.sliding_window_view(goes_on, 2 * _APART + 1).max(axis=1)
            scores = first.share * begins + second.share * nearby
            at = int(np.argmax(scores))
            if best is None or scores[at] > best[1]:
                best = name.partition(" ")[0], float(scores[at]), (at + _APART) * _BLOCK / _RATE_HZ
        return best


def _found(folder: Path) -> dict[str, Path]:
    paths = ((one, path) for one in PHRASES for path in sorted(folder.glob(f"*/samband/{one}.wav")))
    return {f"{one} {path}": path for one, path in paths}


def _decimated(sound: Floats) -> Floats:
    """Every two samples in one; what is lost above 2 kHz is lost on both sides of the comparison."""
    even = sound[: len(sound) // _DECIMATED * _DECIMATED]
    return np.asarray(even.reshape(-1, _DECIMATED).mean(axis=1), dtype=np.float32)  # half the work of float64


def _halves(template: Floats) -> tuple[_Half, _Half]:
    middle, whole = len(template) // 2, float(np.sum(np.square(template)))
    return _half(template[:middle], 0, whole), _half(template[middle:], middle, whole)


def _half(piece: Floats, start: int, whole: float) -> _Half:
    least_energy = _QUIET_POWER * len(piece)
    energy = max(float(np.sum(np.square(piece))), least_energy)
    spectrum = np.conj(np.fft.rfft(piece / np.float32(np.sqrt(energy)), _FFT))
    return _Half(start, len(piece), energy / max(whole, energy), least_energy, spectrum)


class Ear:
    """Takes in one call's sound; what was understood waits in `heard`, the oldest goes when too much does."""

    def __init__(self, language: Language) -> None:
        self.heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._language = language
        self._codes = bytearray()
        self._last: dict[str, float] = {}

    def takes(self, codes: bytes) -> None:
        """A packet's A-law. More than three seconds behind, the older half is lost: nobody has listened."""
        self._codes += codes
        if len(self._codes) > 3 * _NEEDED * _DECIMATED:
            del self._codes[: len(self._codes) // 2]

    def tick(self, at_s: float) -> None:
        """Understand at most one half second of it."""
        needed, hop = _NEEDED * _DECIMATED, _HOP * _DECIMATED
        if len(self._codes) < needed:
            return
        began_s = at_s - len(self._codes) / RATE_HZ
        sound = decode_alaw(bytes(self._codes[:needed]))
        del self._codes[:hop]
        if float(np.mean(np.square(sound))) < _QUIET_POWER:
            return
        found = self._language.understands(sound)
        if found is not None and found[1] >= ENOUGH:
            self._notes(found[0], began_s + found[2])

    def _notes(self, phrase: str, began_s: float) -> None:
        if began_s - self._last.get(phrase, -SAME_WITHIN_S) < SAME_WITHIN_S:
            return
        self._last[phrase] = began_s
        if self.heard.qsize() >= _QUEUED:
            self.heard.get_nowait()
        self.heard.put_nowait(Heard(phrase, began_s))
