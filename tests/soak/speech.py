"""What people say in the soak: phrases with breaths between, every 5 ms of it unlike any other, so that nothing that is
lost, doubled or moved can hide."""

from dataclasses import dataclass

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, GRAIN_MS, GRAIN_SAMPLES, RATE_HZ, Samples
from hardware.simulator.signals import speech_like

HEARD_PEAK = 104
"""-50 dBFS: speech that nobody would miss is below this."""
_ROOM_DBFS = -72.0


def talk(seconds: float, seed: int, breath_s: tuple[float, float] = (0.25, 0.7)) -> Samples:
    """Speech-like phrases of 2 to 5 s with breaths between, over the faint noise of a room."""
    rng = np.random.default_rng(seed)
    pieces: list[Samples] = []
    length = 0
    while length < seconds * RATE_HZ:
        phrase = speech_like(rng.uniform(2, 5), seed=int(rng.integers(1 << 30)))
        breath = np.zeros(round(rng.uniform(*breath_s) * RATE_HZ), dtype=np.int16)
        pieces += [phrase, breath]
        length += len(phrase) + len(breath)
    said = np.concatenate(pieces)[: round(seconds * RATE_HZ)]
    said = np.pad(said, (0, -len(said) % FRAME_SAMPLES))
    room = rng.standard_normal(len(said)) * 10 ** (_ROOM_DBFS / 20) * 32768
    both: Samples = np.clip(said + np.rint(room), -32768, 32767).astype(np.int16)
    return both


@dataclass(frozen=True, slots=True)
class Compared:
    """What was said against what went on the air, by pieces of 5 ms."""

    said_s: float
    aired_s: float
    left_out_ms: int
    """Said and not aired: pauses that were shortened, and what was lost."""
    lost_ms: int
    """Of that, with speech in it."""
    foreign_ms: int
    """On the air and never said."""
    disordered_ms: int
    """On the air twice, or before what was said earlier."""

    @property
    def nothing_lost(self) -> bool:
        return self.lost_ms == self.foreign_ms == self.disordered_ms == 0


def compare(said: Samples, aired: Samples) -> Compared:
    """Both begin on a grain; sample for sample. Silence before the first and after the last word counts as left out."""
    grains = [said[at : at + GRAIN_SAMPLES] for at in range(0, len(said), GRAIN_SAMPLES)]
    places: dict[bytes, list[int]] = {}
    for place, grain in enumerate(grains):
        places.setdefault(grain.tobytes(), []).append(place)
    foreign = disordered = 0
    last = -1
    found: set[int] = set()
    for at in range(0, len(aired), GRAIN_SAMPLES):
        known = places.get(aired[at : at + GRAIN_SAMPLES].tobytes())
        after = [place for place in known or () if place > last]
        if known is None:
            foreign += 1
        elif not after:
            disordered += 1
        else:
            last = after[0]
            found.add(last)
    missing = [grain for place, grain in enumerate(grains) if place not in found]
    lost = sum(bool(np.max(np.abs(grain.astype(np.int32))) > HEARD_PEAK) for grain in missing)
    return Compared(
        said_s=len(said) / RATE_HZ,
        aired_s=len(aired) / RATE_HZ,
        left_out_ms=len(missing) * GRAIN_MS,
        lost_ms=lost * GRAIN_MS,
        foreign_ms=foreign * GRAIN_MS,
        disordered_ms=disordered * GRAIN_MS,
    )
