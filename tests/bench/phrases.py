"""Not a syllable lost: random phrases, with the network willing, denying at first, and with transmissions cut short."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, Samples
from tests.bench.figures import Figure, Scale
from tests.bench.stand import Line, Spoken, Stand, stand
from tests.harness.losses import losses, phrase

LINES: Final = 4
SHORT_CUT: Final = "[radio]\nwarn_s = 1\ncut_s = 2\npause_s = 0.5\n"
"""So that each phrase is cut, some twice; the real minute is the row `minute`."""
LEVELS_DBFS: Final = (-32.0, -14.0)
ROOM_DBFS: Final = -68.0
ATTACK_S: Final = (0.0, 0.03)
SYLLABLE_S: Final = (0.15, 0.3)
DIP_S: Final = 0.06
DIP_DB: Final = -14.0
"""Between two syllables: a steady sound is not taken for speech for long."""
PAUSE_S: Final = (0.08, 0.9)
"""Some end the transmission, some do not: nobody talks any more after 0.4 s."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words with pauses between.

    Attributes:
        words: Each word, unlike any other sound.
    """

    sound: Samples
    words: tuple[Samples, ...]

    @property
    def seconds(self) -> float:
        return self.sound.size / RATE_HZ


@dataclass(frozen=True, slots=True)
class Missing:
    """Milliseconds of a phrase that did not arrive: at the beginnings of its words, and in or at the ends of them."""

    start_ms: float
    later_ms: float

    @property
    def all_ms(self) -> float:
        return self.start_ms + self.later_ms


def speech(number: int, seconds: float, level_dbfs: float = -20.0) -> Samples:
    """Whole frames of a sound that never repeats itself, in syllables without a pause; different for each number."""
    chance = np.random.default_rng(number)
    sound = phrase(number, round(seconds * RATE_HZ / FRAME_SAMPLES) * FRAME_SAMPLES / RATE_HZ, level_dbfs)
    loudness, at = np.ones(sound.size), 0
    while (at := at + int(chance.uniform(*SYLLABLE_S) * RATE_HZ)) < sound.size:
        loudness[at : at + int(DIP_S * RATE_HZ)] = 10 ** (DIP_DB / 20)
    return np.asarray(sound * loudness, np.int16)


def random_phrase(seed: int, words: int | None = None, word_s: tuple[float, float] = (0.3, 1.5)) -> Phrase:
    """Level, number and lengths of its words, pauses and how sharply each word begins are drawn by the seed."""
    chance = np.random.default_rng(seed)
    level_dbfs = float(chance.uniform(*LEVELS_DBFS))
    pieces, said = [], []
    for number in range(words or int(chance.integers(1, 4))):
        word = speech(10 * seed + number, float(chance.uniform(*word_s)), level_dbfs)
        attack = int(chance.uniform(*ATTACK_S) * RATE_HZ)
        word = np.asarray(word * np.minimum(1.0, np.arange(1, word.size + 1) / max(1, attack)), np.int16)
        said.append(word)
        pieces += [word, np.zeros(int(chance.uniform(*PAUSE_S) * RATE_HZ), np.int16)]
    sound = np.concatenate(pieces[:-1])
    room = chance.standard_normal(sound.size) * 10 ** (ROOM_DBFS / 20) * 32767
    return Phrase(np.asarray(np.clip(sound + room, -32767, 32767), np.int16), tuple(said))


def missing(said: Phrase, heard: Samples) -> Missing:
    """To 5 ms."""
    start_ms = later_ms = 0.0
    for word in said.words:
        try:
            found = losses(word, heard)
        except ValueError:  # nothing of it is there
            start_ms += 1000 * word.size / RATE_HZ
            continue
        start_ms += found.start_ms
        later_ms += found.inside_ms + found.end_ms
    return Missing(start_ms, later_ms)


@dataclass(frozen=True, slots=True)
class Result:
    """One phrase: what is missing on the air, and at a telephone in the same meeting, which is the peer."""

    air: Missing
    phone: Missing
    transmissions: int
    denials: int

    @property
    def start_ms(self) -> float:
        """Beyond what the telephone missed too: that was lost before the radio."""
        return max(0.0, self.air.start_ms - self.phone.start_ms)

    @property
    def later_ms(self) -> float:
        return max(0.0, self.air.later_ms - self.phone.later_ms)


def result(said: Phrase, spoken: Spoken) -> Result:
    return Result(missing(said, spoken.sound), missing(said, spoken.heard), len(spoken.transmissions), spoken.denials)


async def lost(folder: Path, scale: Scale) -> Sequence[Figure]:
    """A hundred phrases, four meetings with a talkgroup each at a time."""
    lines = scale.of(LINES, 2)
    async with stand(folder / "plain", groups=lines) as made:
        plain = await _rounds(made, scale.of(10, 1), first_seed=1)
        denied = await _rounds(made, scale.of(8, 1), first_seed=1001, denied=True)
    async with stand(folder / "cut", groups=lines, tables=SHORT_CUT) as made:
        cut = await _rounds(made, scale.of(8, 1), first_seed=2001, long=True)
    every = [*plain, *denied, *cut]
    how = (
        f"{len(every)} phrases of random words, pauses and levels, {lines} at a time, compared by cross-correlation to "
        "5 ms; what a telephone in the same meeting missed too was lost before the radio and stands beside it; with "
        f"it, {max(one.air.all_ms for one in every):g} ms are missing of the worst phrase on the air"
    )
    turned_down, parts = sum(one.denials for one in denied), sum(one.transmissions for one in cut)
    return (
        _most("speech lost at the start of transmissions, most", [one.start_ms for one in every],
              [one.phone.start_ms for one in every], how),
        _most("speech lost in and at the end of transmissions, most", [one.later_ms for one in (*plain, *denied)],
              [one.phone.later_ms for one in (*plain, *denied)], ""),
        _most("speech lost after denial and retry, most", [one.start_ms + one.later_ms for one in denied],
              [one.phone.all_ms for one in denied], f"{len(denied)} phrases, {turned_down} demands turned down"),
        _most("speech lost across cuts, most", [one.start_ms + one.later_ms for one in cut],
              [one.phone.all_ms for one in cut], f"{len(cut)} phrases in {parts} transmissions"),
    )  # fmt: skip


def _most(name: str, lost_ms: list[float], peer_ms: list[float], how: str) -> Figure:
    raw: dict[str, object] = {"ms": lost_ms, "peer_ms": peer_ms}
    return Figure(
        name, max(lost_ms), "ms", 0, peer_name="a telephone in the meeting missed", peer=max(peer_ms),
        samples=len(lost_ms), how=how, raw=raw,
    )  # fmt: skip


async def _rounds(
    made: Stand, rounds: int, *, first_seed: int, denied: bool = False, long: bool = False
) -> list[Result]:
    """In each round every line says one phrase. The network forgets a denial with the demand that met it."""
    found: list[Result] = []
    for number in range(rounds):
        if denied:
            await made.radio.set(behaviour="not_granted", behaviour_times=len(made.lines))
        seeds = range(first_seed + number * LINES, first_seed + number * LINES + len(made.lines))
        said = [random_phrase(seed, 3, (1.2, 2.4)) if long else random_phrase(seed) for seed in seeds]
        spoken = await asyncio.gather(*map(_says, made.lines, said))
        found += [result(one, what) for one, what in zip(said, spoken, strict=True)]
    return found


async def _says(line: Line, said: Phrase) -> Spoken:
    return await line.says(said.sound)
