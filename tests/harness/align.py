"""Sound that came through, held against the sound that went in: sample for sample, or by its slips."""

from dataclasses import dataclass

from bridge.audio.align import locate
from bridge.audio.frame import Samples


def find_exact(needle: Samples, haystack: Samples, start: int = 0) -> int | None:
    """The first sample from which `haystack` holds `needle` bit for bit."""
    wanted, whole = needle.tobytes(), haystack.tobytes()
    place = whole.find(wanted, start * 2)
    while place >= 0 and place % 2 == 1:
        place = whole.find(wanted, place + 1)
    return None if place < 0 else place // 2


@dataclass(frozen=True, slots=True)
class Slip:
    """From this place of the reference on, the capture is out of step."""

    at: int
    samples: int
    """Positive: so many samples were put in (or doubled). Negative: so many are lost."""


def slips(reference: Samples, capture: Samples, block: int = 400, reach: int = 8000) -> list[Slip]:
    """Follow the reference through the capture block by block and find where samples were lost or doubled.

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
