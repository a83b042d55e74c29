"""The wiring judged by tones that were played and came back. It has a gain, noise, delay, and a level that overdrives
it.

This holds for cables, cards and interface boxes only. The radio's own codec is made for speech; the level at which it
gives back a steady tone means nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from bridge.audio.align import locate
from bridge.audio.frame import RATE_HZ, Samples, ms_of_samples, to_samples
from bridge.audio.levels import SILENT_DBFS, peak_dbfs, rms_dbfs
from bridge.audio.tones import chirp, tone, tone_dbfs

TONE_HZ: Final = 1000.0
LEVELS_DBFS: Final = (-40.0, -30.0, -20.0, -12.0, -6.0)
"""RMS of the tones that are played, the middle one being where speech is to be."""
SPEECH_DBFS: Final = -20.0
_TONE_S: Final = 1.0
_WINDOW: Final = RATE_HZ * 2 // 5
_HOP: Final = RATE_HZ // 10
_ABOVE_NOISE_DB: Final = 10.0
_CLIPPED_DBFS: Final = -0.3
_BENT_DB: Final = 1.0
_HAND_DB: Final = 12.0
"""More than this is for the trim pots, not for the settings."""
_GATE_ABOVE_NOISE_DB: Final = 10.0


def sounded_tone(level_dbfs: float) -> Samples:
    """One second of 1 kHz at this RMS."""
    return to_samples(tone(TONE_HZ, _TONE_S, level_dbfs))


def sounded_sweep() -> Samples:
    """Half a second that is found again to the sample, for the delay."""
    return to_samples(chirp(400, 3000, 0.5, SPEECH_DBFS))


@dataclass(frozen=True, slots=True)
class Step:
    """One tone: what was played, and what came back, dBFS."""

    played_dbfs: float
    heard_dbfs: float
    """RMS at the tone's frequency alone."""
    peak_dbfs: float

    @property
    def gain_db(self) -> float:
        return self.heard_dbfs - self.played_dbfs


def measure(played_dbfs: float, heard: Samples) -> Step:
    """Find the tone in what came while it was played, however late it came."""
    places = range(0, max(1, heard.size - _WINDOW + 1), _HOP)
    windows = [heard[at : at + _WINDOW] for at in places]
    best = max((tone_dbfs(one, TONE_HZ) if one.size else SILENT_DBFS for one in windows), default=SILENT_DBFS)
    return Step(played_dbfs, best, peak_dbfs(heard))


def delay_ms(sweep: Samples, heard: Samples) -> int | None:
    """From playing to hearing; nothing when the sweep is not in it."""
    if heard.size < sweep.size:
        return None
    match = locate(sweep, heard)
    return ms_of_samples(match.offset) if match.score > 0.5 else None


class Remark(StrEnum):
    """Something that a person must do or know; its words are the catalogue's, with the findings as data."""

    NOTHING_BACK = "nothing_back"
    OVERDRIVEN = "overdriven"
    TURN_UP = "turn_up"
    TURN_DOWN = "turn_down"
    NOISY = "noisy"


@dataclass(frozen=True, slots=True)
class Findings:
    """The state of the wiring, and the levels to set.

    Attributes:
        gain_db: From the played to the heard level; nothing when no tone came back.
        noise_dbfs: RMS of the sound that is heard while nothing is played.
        overdriven_from_dbfs: The quietest tone that came back clipped or bent; nothing when all were clean.
        correction_db: To be added to the receive gain: a sound is then heard at the level at which it is played.
        gate_dbfs: Where the noise gate shuts out this noise.
        remarks: Things that a person must do or know, in order.
    """

    gain_db: float | None
    noise_dbfs: float
    overdriven_from_dbfs: float | None
    correction_db: float
    gate_dbfs: float
    remarks: tuple[Remark, ...]


def judge(steps: Sequence[Step], silence: Samples) -> Findings:
    """The steps in order of rising level, at least one."""
    noise_dbfs = rms_dbfs(silence)
    gate_dbfs = float(np.clip(np.ceil(noise_dbfs + _GATE_ABOVE_NOISE_DB), -90, -20))
    heard = [step for step in steps if step.heard_dbfs > max(noise_dbfs + _ABOVE_NOISE_DB, SILENT_DBFS + 20)]
    if not heard:
        return Findings(None, noise_dbfs, None, 0.0, gate_dbfs, (Remark.NOTHING_BACK,))
    clean = [step for step in heard if step.peak_dbfs < _CLIPPED_DBFS]
    gain_db = float(np.median([step.gain_db for step in (clean or heard)]))
    bad = [step.played_dbfs for step in heard if step.peak_dbfs >= _CLIPPED_DBFS or gain_db - step.gain_db > _BENT_DB]
    overdriven = min(bad) if bad else None
    correction_db = round(-2 * gain_db) / 2
    return Findings(
        gain_db, noise_dbfs, overdriven, correction_db, gate_dbfs, _remarks(correction_db, overdriven, noise_dbfs)
    )


def _remarks(correction_db: float, overdriven: float | None, noise_dbfs: float) -> tuple[Remark, ...]:
    remarks = []
    if overdriven is not None:
        remarks.append(Remark.OVERDRIVEN)
    if abs(correction_db) > _HAND_DB:
        remarks.append(Remark.TURN_UP if correction_db > 0 else Remark.TURN_DOWN)
    if noise_dbfs > SPEECH_DBFS - 30:
        remarks.append(Remark.NOISY)
    return tuple(remarks)
