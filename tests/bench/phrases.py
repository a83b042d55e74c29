"""Not a syllable lost: random phrases, with the network willing, denying at first, and with transmissions cut short."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, Samples
from tests.bench.figures import Figure, Scale
from tests.bench.stand import Line, Spoken, Stand, stand
from tests.harness.sound_loss import Compared, compare, phrase

LINES: Final = 4
SEEDS: Final = 10_000
"""Phrases of one run, and of no other."""
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


@dataclass(frozen=True, slots=True)
class Result:
    """One phrase, grain by grain: on the air, and at a telephone in the same meeting, which is the witness.

    Attributes:
        start_ms: What the air lacks of the beginnings of words.
        air: Judged gross: what the witness missed as well is told beside it, and taken off nothing.
    """

    start_ms: float
    air: Compared
    phone: Compared
    transmissions: int
    denials: int
    talker_late_ms: float

    @property
    def later_ms(self) -> float:
        """Lost, moved, doubled or repeated anywhere else."""
        return self.air.wrong_ms - self.start_ms

    def __str__(self) -> str:
        late = f"the telephone's own packets left up to {self.talker_late_ms:.0f} ms late"
        return f"on the air {self.air}; {self.air.beside(self.phone)}; {late}"


def start_ms(said: Phrase, heard: Samples) -> float:
    """What is missing of the beginnings of its words."""
    return sum(compare(word, heard).start_ms for word in said.words)


def result(said: Phrase, spoken: Spoken) -> Result:
    air, phone = compare(said.sound, spoken.sound), compare(said.sound, spoken.heard)
    start = start_ms(said, spoken.sound)
    return Result(start, air, phone, len(spoken.transmissions), spoken.denials, spoken.talker_late_ms)


async def lost(folder: Path, scale: Scale) -> Sequence[Figure]:
    """A hundred phrases, four meetings with a talkgroup each at a time."""
    lines, first = scale.of(LINES, 2), scale.seed * SEEDS
    async with stand(folder / "plain", groups=lines) as made:
        plain = await _rounds(made, scale.of(10, 1), first_seed=first)
        denied = await _rounds(made, scale.of(8, 1), first_seed=first + 1000, denied=True)
    async with stand(folder / "cut", groups=lines, tables=SHORT_CUT) as made:
        cut = await _rounds(made, scale.of(8, 1), first_seed=first + 2000, long=True)
    every = [*plain, *denied, *cut]
    how = (
        f"{len(every)} phrases of random words, pauses and levels, {lines} at a time, each 5 ms asked for by "
        "cross-correlation; lost, moved, doubled and repeated sound count alike; a telephone in the same meeting is "
        "the witness, and takes nothing off"
    )
    turned_down, parts = sum(one.denials for one in denied), sum(one.transmissions for one in cut)
    return (
        _most("speech lost at the start of transmissions, most", every, lambda one: one.start_ms, how),
        _most("speech lost in and at the end of transmissions, most", [*plain, *denied], lambda one: one.later_ms, ""),
        _most("speech lost after denial and retry, most", denied, lambda one: one.air.wrong_ms,
              f"{len(denied)} phrases, {turned_down} demands turned down"),
        _most("speech lost across cuts, most", cut, lambda one: one.air.wrong_ms,
              f"{len(cut)} phrases in {parts} transmissions"),
    )  # fmt: skip


def _most(name: str, found: Sequence[Result], of: Callable[[Result], float], how: str) -> Figure:
    worst = max(found, key=of)
    raw: dict[str, object] = {"ms": [of(one) for one in found], "damaged": [str(one) for one in found if of(one)]}
    told = f"{how}; the worst: {worst}" if of(worst) else how
    return Figure(
        name, of(worst), "ms", 0, peer_name="a telephone in the meeting missed",
        peer=max(one.phone.wrong_ms for one in found), samples=len(found), how=told, raw=raw,
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
