"""The place of one sound inside another, by cross-correlation."""

from dataclasses import dataclass

import numpy as np

from bridge.audio.frame import Samples


@dataclass(frozen=True, slots=True)
class Match:
    offset: int
    """The needle's first sample is here in the haystack."""
    score: float
    """Normalised correlation, 1.0 for the same shape at any loudness."""


def locate(needle: Samples, haystack: Samples) -> Match:
    """The place where `needle` fits best. The haystack is at least as long as the needle."""
    if haystack.size < needle.size or needle.size == 0:
        raise ValueError(f"{needle.size} samples cannot be in {haystack.size}")
    sought, whole = needle.astype(np.float64), haystack.astype(np.float64)
    size = 1 << (whole.size + sought.size - 1).bit_length()
    spectrum = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(sought, size))
    products = np.fft.irfft(spectrum, size)[: whole.size - sought.size + 1]
    energies = np.concatenate(([0.0], np.cumsum(whole**2)))
    norms = np.sqrt((energies[sought.size :] - energies[: whole.size - sought.size + 1]) * float(np.sum(sought**2)))
    scores = products / np.maximum(norms, 1.0)
    best = int(np.argmax(scores))
    return Match(best, float(scores[best]))
