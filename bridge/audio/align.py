"""Where one sound lies inside another: for tests and measurements, exactly or by cross-correlation."""

from dataclasses import dataclass

import numpy as np

from bridge.audio.frame import Samples


def find_exact(needle: Samples, haystack: Samples, start: int = 0) -> int | None:
    """The first sample from which `haystack` holds `needle` bit for bit."""
    wanted, whole = needle.tobytes(), haystack.tobytes()
    place = whole.find(wanted, start * 2)
    while place >= 0 and place % 2 == 1:
        place = whole.find(wanted, place + 1)
    return None if place < 0 else place // 2


@dataclass(frozen=True, slots=True)
class Match:
    offset: int
    """The needle's first sample is here in the haystack."""
    score: float
    """Normalised correlation, 1.0 for the same shape at any loudness."""


def locate(needle: Samples, haystack: Samples) -> Match:
    """The place where `needle` fits best. The haystack is at least as long as the needle."""
    if haystack.size < needle.size or needle.size == 0:
        raise ValueError(f"{needle.size} samples cannot lie in {haystack.size}")
    sought, whole = needle.astype(np.float64), haystack.astype(np.float64)
    size = 1 << (whole.size + sought.size - 1).bit_length()
    spectrum = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(sought, size))
    products = np.fft.irfft(spectrum, size)[: whole.size - sought.size + 1]
    energies = np.concatenate(([0.0], np.cumsum(whole**2)))
    norms = np.sqrt((energies[sought.size :] - energies[: whole.size - sought.size + 1]) * float(np.sum(sought**2)))
    scores = products / np.maximum(norms, 1.0)
    best = int(np.argmax(scores))
    return Match(best, float(scores[best]))


@dataclass(frozen=True, slots=True)
class Slip:
    """From this place of the reference on, the capture is out of step."""

    at: int
    samples: int
    """Positive: so many samples were put in (or doubled). Negative: so many are lost."""


def slips(reference: Samples, capture: Samples, block: int = 400, reach: int = 8000) -> list[Slip]:
    """Follow the reference through the capture block by block and tell where samples were lost or doubled.

    The reference must not repeat itself within `reach` samples (a chirp, noise); a block without sound is passed over.
    """
    offset = locate(reference[:block], capture).offset
    found: list[Slip] = []
    for at in range(block, reference.size - block + 1, block):
        sought = reference[at : at + block]
        start = max(0, at + offset - reach)
        near = capture[start : at + offset + block + reach]
        if near.size < block or not sought.any():
            continue
        match = locate(sought, near)
        moved = start + match.offset - at - offset
        if moved and match.score > 0.7:
            found.append(Slip(at, moved))
            offset += moved
    return found
