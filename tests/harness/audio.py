"""What phones say and hear. Voices can be told apart, and detectors say who is heard, from when to when.

All audio is mono float32 in -1…1 at 8 kHz. A *voice* is a band-limited noise phrase (300–3400 Hz, 256 ms) said over and
over. Every voice has its own. A matched filter tells it from all others, from prompts and from music, even many at
once. Its sharp correlation peak (about 0.3 ms wide) gives times. It survives G.711 and is loud enough for any speech
detector. It dips in the middle of each phrase as syllables do (a steady noise is not speech). It needs nothing of the
rest of the program.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from hardware.simulator.g711 import decode_alaw

RATE_HZ: Final = 8000
PHRASE: Final = 2048
"""Samples of one phrase: 256 ms."""
FRAME: Final = 160
_DIP: Final = slice(704, 1344)
"""80 ms in the middle of a phrase, so that both its edges are sharp."""
_DIP_DB: Final = -14.0
"""Quieter than the rest, and still loud enough to be speech."""

Samples = npt.NDArray[np.float32]

INDEX: Final = np.dtype([("t_s", "<f8"), ("at", "<i8")])
"""As written by the phone programs: samples from `at` on came in at `t_s` (CLOCK_MONOTONIC)."""


@dataclass(frozen=True, eq=False)
class Signal:
    """Something that can be said and recognised.

    Attributes:
        name: For failure messages.
        phrase: The template, mono at 8 kHz.
        repeats: Whether it is said over and over (a voice) or once (a prompt).
    """

    name: str
    phrase: Samples
    repeats: bool = True

    def lasting(self, for_s: float) -> Samples:
        """The signal from its beginning, `for_s` long (0.02 s steps are not needed)."""
        count = round(for_s * RATE_HZ)
        if self.repeats:
            return np.resize(self.phrase, count)
        return np.pad(self.phrase, (0, max(0, count - len(self.phrase))))[:count]


@dataclass(frozen=True)
class Span:
    """A stretch of time in which a signal is heard; times are CLOCK_MONOTONIC seconds."""

    begins_s: float
    ends_s: float
    level_dbfs: float

    @property
    def lasts_s(self) -> float:
        return self.ends_s - self.begins_s


def voice(number: int, level_dbfs: float = -20.0) -> Signal:
    """The voice of that number. Any two differ: their correlation is below 0.1 at every shift.

    Args:
        number: 0 or more.
        level_dbfs: RMS level; A-law clips nothing up to about -12.
    """
    noise = np.random.default_rng(0x5A3B + number).standard_normal(PHRASE)
    spectrum = np.fft.rfft(noise)
    hz = np.fft.rfftfreq(PHRASE, 1 / RATE_HZ)
    spectrum[(hz < 300) | (hz > 3400)] = 0
    # An equal magnitude on every line makes the correlation peak as sharp as the band allows.
    spectrum = np.where(spectrum == 0, 0, spectrum / np.maximum(np.abs(spectrum), 1e-12))
    phrase = np.fft.irfft(spectrum, PHRASE)
    phrase[_DIP] *= 10 ** (_DIP_DB / 20)
    return Signal(f"voice {number}", _at_level(phrase, level_dbfs))


def tone(hz: float, level_dbfs: float = -20.0) -> Signal:
    """A steady tone: for the ear and for levels. For times use `voice`: a tone has no beginning of its own."""
    periods = round(hz * PHRASE / RATE_HZ)
    phase = 2 * np.pi * periods * np.arange(PHRASE) / PHRASE
    return Signal(f"tone {hz:g} Hz", _at_level(np.sin(phase), level_dbfs))


def sound_file(path: Path, name: str = "") -> Signal:
    """A recorded prompt as something to be recognised; 8 or 16 kHz mono: WAV, or Asterisk's raw formats."""
    return Signal(name or path.stem, _read(path), repeats=False)


def level_dbfs(samples: Samples) -> float:
    """RMS level; a full-scale square wave is 0, silence is -inf."""
    if len(samples) == 0:
        return float("-inf")
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return 20 * float(np.log10(rms)) if rms > 0 else float("-inf")


def tone_level_dbfs(samples: Samples, hz: float) -> float:
    """RMS level of one frequency (a single Fourier line with a Hann window)."""
    if len(samples) < FRAME:
        return float("-inf")
    window = np.hanning(len(samples))
    line = np.sum(samples * window * np.exp(-2j * np.pi * hz * np.arange(len(samples)) / RATE_HZ))
    amplitude = 2 * abs(line) / float(np.sum(window))
    return 20 * float(np.log10(max(amplitude, 1e-9) / np.sqrt(2)))


@dataclass(frozen=True, eq=False)
class Capture:
    """What a phone heard, on one time line.

    `samples[i]` came in at `time_of(i)`: the arrival of its packet plus its place in it. Where nothing came for more
    than `GAP_S`, silence stands, so that lengths are true.
    """

    samples: Samples
    starts_at: npt.NDArray[np.int64]
    starts_s: npt.NDArray[np.float64]

    GAP_S = 0.1

    def time_of(self, index: int) -> float:
        block = int(np.clip(np.searchsorted(self.starts_at, index, side="right") - 1, 0, len(self.starts_at) - 1))
        return float(self.starts_s[block] + (index - self.starts_at[block]) / RATE_HZ)

    def index_of(self, at_s: float) -> int:
        """The first sample that came in at or after `at_s`."""
        if len(self.starts_s) == 0:
            return 0
        block = max(0, int(np.searchsorted(self.starts_s, at_s, side="right")) - 1)
        index = int(self.starts_at[block] + round((at_s - float(self.starts_s[block])) * RATE_HZ))
        end = int(self.starts_at[block + 1]) if block + 1 < len(self.starts_at) else len(self.samples)
        return int(np.clip(index, 0, end))

    def between(self, from_s: float, to_s: float = float("inf")) -> Samples:
        stop = len(self.samples) if to_s == float("inf") else self.index_of(to_s)
        return self.samples[self.index_of(from_s) : stop]

    def spans(self, signal: Signal, since_s: float = float("-inf")) -> list[Span]:
        """When the signal was heard, in order. A pause shorter than a phrase may be joined over."""
        if len(self.samples) == 0:
            return []
        first = 0 if since_s == float("-inf") else self.index_of(since_s)
        found = find(self.samples[first:], signal)
        return [
            Span(self.time_of(first + begin), self.time_of(first + end - 1) + 1 / RATE_HZ, level)
            for begin, end, level in found
        ]

    @classmethod
    def load(cls, stem: Path) -> "Capture":
        """What a phone program has written down so far; empty when it has heard nothing yet."""
        index_file, sample_file = stem.with_suffix(".idx"), stem.with_suffix(".s16")
        if not index_file.exists() or not sample_file.exists():
            return cls(np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(0))
        raw = index_file.read_bytes()
        index = np.frombuffer(raw[: len(raw) // INDEX.itemsize * INDEX.itemsize], INDEX)
        pcm = sample_file.read_bytes()
        samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)
        return cls._timed(samples, index[index["at"] < len(samples)])

    @classmethod
    def _timed(cls, samples: Samples, index: npt.NDArray[np.void]) -> "Capture":
        at, t_s = index["at"].astype(np.int64), index["t_s"].astype(np.float64)
        if len(at) < 2:
            return cls(samples, at, t_s)
        late_s = np.diff(t_s) - np.diff(at) / RATE_HZ
        gap = np.where(late_s > cls.GAP_S, np.round(late_s * RATE_HZ), 0).astype(np.int64)
        pieces: list[Samples] = []
        start = 0
        for block in np.flatnonzero(gap):
            pieces += [samples[start : at[block + 1]], np.zeros(int(gap[block]), np.float32)]
            start = int(at[block + 1])
        filled = np.concatenate([*pieces, samples[start:]])
        return cls(filled, at + np.concatenate([[0], np.cumsum(gap)]), t_s)


THRESHOLD: Final = 0.2
"""Normalised correlation that counts as heard: a voice among 20 others as loud still passes, chance (0.1) does not."""

PROMPT_THRESHOLD: Final = 0.4
"""Speech resembles other speech (0.3), and a prompt is heard alone or above the meeting."""

CUT: Final = 4000
"""Samples of a prompt that may be missing: the first packets come before a phone is ready for them."""

PART: Final = 4000
"""Samples of a part of a report that is looked for by itself."""

PART_THRESHOLD: Final = 0.6
"""Speech of half a second resembles other speech up to 0.5."""

FLOOR: Final = 1e-7
"""Mean square below which nothing is recognised: -70 dBFS, under the noise of an idle A-law line."""


def find(samples: Samples, signal: Signal) -> list[tuple[int, int, float]]:
    """The place of the signal: (first sample, one past the last, level in dBFS). Its edges are good to about 1 ms in
    quiet."""
    phrase = signal.phrase.astype(np.float64)
    if not signal.repeats:
        return _find_once(samples, phrase)
    if len(samples) < len(phrase):
        return []
    match = _normalised(samples, phrase)
    peaks = _peaks(match, len(phrase) // 2, THRESHOLD)
    return [_segment(samples, phrase, run) for run in _runs(peaks, len(phrase))]


def _find_once(samples: Samples, phrase: npt.NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """A prompt as a whole; as much as `CUT` may be missing at either end of what was heard."""
    padded = np.pad(samples, CUT)
    if len(padded) < len(phrase):
        return []
    found = []
    for peak in _peaks(_normalised(padded, phrase), len(phrase), PROMPT_THRESHOLD):
        begin, end = max(0, peak - CUT), min(len(samples), peak - CUT + len(phrase))
        found.append((begin, end, _level(_gain(padded, phrase, peak), phrase)))
    return found


def share_heard(samples: Samples, signal: Signal) -> float:
    """The share, 0…1, of a long report's half-second parts that are there, in their order.

    For speech that a real telephone says into a busy machine. A packet that comes late shifts all that comes after it.
    The report as a whole is then no longer where `find` looks for it.
    """
    parts = [signal.phrase[at : at + PART].astype(np.float64) for at in range(0, len(signal.phrase) - PART + 1, PART)]
    spoken = [part for part in parts if np.mean(np.square(part)) > FLOOR * 100]
    after, heard = 0, 0
    for part in spoken:
        if len(samples) - after < PART:
            break
        match = _normalised(samples[after:], part)
        best = int(np.argmax(match))
        if match[best] > PART_THRESHOLD:
            after, heard = after + best + PART - 2 * FRAME, heard + 1
    return heard / max(1, len(spoken))


def latency_s(said_at_s: float, heard: Capture, signal: Signal) -> float:
    """From saying it to its first sample's coming in.

    Raises:
        AssertionError: it was not heard after it was said.
    """
    spans = heard.spans(signal, said_at_s - 0.01)
    assert spans, f"{signal.name} was not heard"
    return spans[0].begins_s - said_at_s


def _at_level(samples: npt.NDArray[np.float64], dbfs: float) -> Samples:
    gain = 10 ** (dbfs / 20) / float(np.sqrt(np.mean(samples**2)))
    return np.asarray(samples * gain, np.float32)


def _normalised(samples: Samples, phrase: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Correlation of the phrase with every place of the samples, -1…1."""
    size = 1 << (len(samples) + len(phrase)).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(phrase, size))
    product = np.fft.irfft(spectrum, size)[: len(samples) - len(phrase) + 1]
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    local = np.sqrt(np.maximum(energy[len(phrase) :] - energy[: -len(phrase)], len(phrase) * FLOOR))
    return np.asarray(product / (local * np.linalg.norm(phrase)))


def _peaks(match: npt.NDArray[np.float64], apart: int, threshold: float) -> list[int]:
    """The strongest places above the threshold, no two closer than `apart`: one for each phrase said."""
    peaks: list[int] = []
    for candidate in np.flatnonzero(match > threshold):
        if peaks and candidate - peaks[-1] < apart:
            if match[candidate] > match[peaks[-1]]:
                peaks[-1] = int(candidate)
        else:
            peaks.append(int(candidate))
    return peaks


def _runs(peaks: list[int], period: int) -> list[list[int]]:
    """Phrases that follow each other without a pause. A lost or late packet makes slips of up to 40 ms."""
    runs: list[list[int]] = []
    for peak in peaks:
        if runs and abs(peak - runs[-1][-1] - period) <= 2 * FRAME:
            runs[-1].append(peak)
        else:
            runs.append([peak])
    return runs


def _segment(samples: Samples, phrase: npt.NDArray[np.float64], run: list[int]) -> tuple[int, int, float]:
    """The stretch in which the phrases of a run stand, whole or in part.

    Sample by sample, heard times phrase is `gain` times the phrase's own power there inside, and 0 on average outside.
    The most likely stretch is the one with the greatest sum of (product - gain/2 * power).
    """
    period = len(phrase)
    starts = np.array([run[0] - period, *run, run[-1] + period])
    places = (starts[:, None] + np.arange(period)).ravel()
    products = np.tile(phrase, len(starts))
    inside = (places >= 0) & (places < len(samples))
    power = np.square(products[inside]) / float(np.mean(np.square(phrase)))
    places, products = places[inside], products[inside] * samples[places[inside]]
    gain = max(float(np.dot(samples[at : at + period], phrase)) for at in run if at + period <= len(samples)) / period
    first, last = 0, len(places)
    for _ in range(2):
        first, last = _greatest_sum(products - gain / 2 * power)
        gain = max(float(np.sum(products[first:last]) / np.sum(power[first:last])), 1e-12)
    level = _level(gain * period / float(np.dot(phrase, phrase)), phrase)
    return int(places[first]), int(places[last - 1]) + 1, level


def _greatest_sum(values: npt.NDArray[np.float64]) -> tuple[int, int]:
    """The non-empty stretch with the greatest sum: (first, one past the last)."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    lows = np.minimum.accumulate(sums)
    last = int(np.argmax(sums[1:] - lows[:-1])) + 1
    return int(np.argmin(sums[:last])), last


def _gain(samples: Samples, phrase: npt.NDArray[np.float64], at: int) -> float:
    return float(np.dot(samples[at : at + len(phrase)], phrase)) / float(np.dot(phrase, phrase))


def _level(gain: float, phrase: npt.NDArray[np.float64]) -> float:
    """Level of the signal itself, whatever else is heard with it."""
    return level_dbfs(phrase.astype(np.float32)) + 20 * float(np.log10(max(gain, 1e-9)))


def _read(path: Path) -> Samples:
    if path.suffix in (".sln", ".sln16"):
        samples = np.frombuffer(path.read_bytes(), "<i2").astype(np.float32) / np.float32(32768)
        rate_hz = 16000 if path.suffix == ".sln16" else RATE_HZ
    elif path.suffix == ".alaw":
        return decode_alaw(path.read_bytes())
    else:
        columns, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        samples = np.asarray(columns[:, 0], np.float32)
    if rate_hz == 2 * RATE_HZ:
        return _halved(samples)
    if rate_hz != RATE_HZ:
        raise ValueError(f"{path} has {rate_hz} Hz; 8000 or 16000 is wanted")
    return samples


def _halved(samples: Samples) -> Samples:
    """16 kHz to 8 kHz by cutting the spectrum."""
    spectrum = np.fft.rfft(samples[: len(samples) // 2 * 2])
    return (np.fft.irfft(spectrum[: len(spectrum) // 2 + 1], len(samples) // 2) / 2).astype(np.float32)
