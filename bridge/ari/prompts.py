"""Make the sounds Samband speaks and beeps: 8 kHz mono WAV files that Asterisk plays as `sound:samband/<prompt>`.

Speech comes from espeak-ng out of the Asterisk tree, and tones are synthesised. An operator's own recording of the same
name wins over both. A prompt ends where its speech ends, since callers are connected when it ends.
"""

import io
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from math import ceil, gcd
from pathlib import Path
from secrets import token_hex
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile
import structlog
from numpy.lib.stride_tricks import sliding_window_view

from bridge.ari.install import AsteriskTree, Progress, Report, Step
from bridge.ari.reasons import PromptReason
from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ
from bridge.audio.levels import gain_of_db
from bridge.audio.tones import tone
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.reasons import Reason
from bridge.domain.phrases import catalogue
from bridge.files import replace_file
from bridge.ports import PortError

log = structlog.get_logger(__name__)

Samples = npt.NDArray[np.float64]
"""Mono, full scale ±1."""

SPEECH_DBFS: Final = -20.0
PEAK_DBFS: Final = -3.0
TONE_DBFS: Final = -18.0

_VERSION: Final = 3
"""Counts up when the sound of the same text changes; every prompt is then rendered again."""
_MANIFEST: Final = "manifest.json"
_HEADER_BYTES: Final = 44
_SPEECH_FLOOR_DB: Final = -40.0
"""Below the loudest 10 ms by more than this, it is no speech."""
_LEAD_S: Final = 0.06
"""Silence before speech: a phone that has just answered loses its first packet or two."""
_TAIL_S: Final = 0.015
_FADE_S: Final = 0.005
_ESPEAK_S: Final = 30.0

TONES: Final[Mapping[str, tuple[tuple[int, int], ...]]] = {
    "tone/permit": ((660, 80), (990, 120)),
    "tone/denied": ((300, 180), (0, 60), (300, 240)),
    "tone/queued": ((660, 70), (0, 70), (660, 70)),
    "tone/warning": ((1200, 60), (0, 60), (1200, 60), (0, 60), (1200, 60)),
    "tone/end": ((990, 80), (660, 120)),
    "tone/waiting": ((392, 400), (494, 400), (587, 600), (0, 1600)) * 4,
    "tone/left": ((660, 60), (440, 120)),
    "tone/joined": ((440, 60), (660, 120)),
    "tone/name": ((880, 250),),
}
"""Tone → (Hz, ms) in order; 0 Hz is a pause. Up means you may, down means it is over."""


class PromptError(PortError):
    """A prompt cannot be made. The reason names the prompt and the language."""

    def __init__(self, reason: Reason, evidence: str = "") -> None:
        super().__init__("prompts", reason, retry=False, evidence=evidence)


@dataclass(frozen=True, slots=True)
class Voice:
    """An espeak-ng voice: its name there, words per minute, pitch 0…99."""

    name: str
    speed_wpm: int
    pitch: int


@dataclass(frozen=True, slots=True)
class Script:
    """The texts and the voice of one language."""

    language: Language
    voice: Voice
    texts: Mapping[Prompt, str]


@dataclass(frozen=True, slots=True)
class Rendering:
    """How much was made anew, and how much was there already."""

    made: int
    kept: int


def read_script(catalogue_dir: Path, language: Language) -> Script:
    """The texts of `<catalogue_dir>/<language>.toml`.

    Raises:
        PromptError: A text is missing, or belongs to no prompt.
    """
    path = catalogue_dir / f"{language}.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        voice = Voice(**tables.pop("voice"))
        texts = {Prompt(f"{group}/{key}"): str(text) for group, keys in tables.items() for key, text in keys.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PromptError(PromptReason.SCRIPT_UNREADABLE(file=str(path)), evidence=str(error)) from error
    wanted = {prompt for prompt in catalogue() if prompt not in TONES}
    for prompt in wanted:
        if prompt.startswith("number/"):
            texts.setdefault(prompt, prompt.removeprefix("number/"))
    for prompt in sorted(wanted):
        if not texts.get(prompt, "").strip():
            raise PromptError(PromptReason.NO_TEXT(prompt=prompt, language=language, file=str(path)))
    strangers = sorted(set(texts) - wanted)
    if strangers:
        raise PromptError(PromptReason.NO_SUCH_PROMPT(prompt=strangers[0], file=str(path)))
    return Script(language, voice, texts)


def render(
    tree: AsteriskTree,
    catalogue_dir: Path,
    sounds_dir: Path,
    override_dir: Path | None = None,
    progress: Report | None = None,
    languages: Sequence[Language] = tuple(Language),
) -> Rendering:
    """Make the sounds that are missing or have changed, for all languages. A second run makes nothing.

    Args:
        catalogue_dir: Holds `sv.toml` and `en.toml`.
        sounds_dir: Asterisk's sounds; prompts go to `<sounds_dir>/<language>/samband/<prompt>.wav`.
        override_dir: An operator's own recordings, `<override_dir>/<language>/<prompt>.wav`, any rate, mono or not.
        progress: Told how many of all prompts are done.

    Raises:
        PromptError: A text is missing, a recording cannot be read, or espeak-ng does not speak.
    """
    jobs = [job for language in languages for job in _jobs(read_script(catalogue_dir, language), override_dir)]
    report = progress or (lambda _: None)
    known = {language: _read_manifest(_folder(sounds_dir, language)) for language in languages}
    due = [job for job in jobs if not _is_made(job, sounds_dir, known[job.language])]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for done, (job, sound) in enumerate(zip(due, pool.map(lambda job: job.sound(tree), due), strict=True)):
            report(Progress(Step.SPEAKING, len(jobs) - len(due) + done, len(jobs)))
            write_wav(_path(sounds_dir, job), sound)
    if due:
        os.sync()  # the marks say that all of it is there
    for language in languages:
        marks = {str(job.prompt): job.mark for job in jobs if job.language == language}
        _write_manifest(_folder(sounds_dir, language), marks)
    if due:
        log.info("prompts_rendered", made=len(due), kept=len(jobs) - len(due))
    return Rendering(made=len(due), kept=len(jobs) - len(due))


@dataclass(frozen=True, slots=True)
class _Job:
    """One prompt in one language: recorded, a tone, or spoken."""

    language: Language
    prompt: Prompt
    voice: Voice
    text: str
    recorded: Path | None
    mark: str

    def sound(self, tree: AsteriskTree) -> Samples:
        if self.recorded is not None:
            return levelled(trimmed(_read_wav(self.recorded)))
        if self.prompt in TONES:
            return beeps(TONES[self.prompt])
        return levelled(trimmed(speak(tree, self.voice, self.text, f"{self.prompt} in {self.language}")))


def _jobs(script: Script, override_dir: Path | None) -> Iterator[_Job]:
    for prompt in catalogue():
        recorded = None if override_dir is None else override_dir / script.language / f"{prompt}.wav"
        if recorded is not None and not recorded.is_file():
            recorded = None
        text = script.texts.get(prompt, "")
        source = f"{text}|{script.voice}|{TONES.get(prompt)}" if recorded is None else _file_mark(recorded)
        mark = sha256(f"{_VERSION}|{RATE_HZ}|{SPEECH_DBFS}|{TONE_DBFS}|{source}".encode()).hexdigest()[:24]
        yield _Job(script.language, prompt, script.voice, text, recorded, mark)


def _file_mark(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise PromptError(PromptReason.RECORDING_UNREADABLE(file=str(path)), evidence=str(error)) from error


def speak(tree: AsteriskTree, voice: Voice, text: str, what: str) -> Samples:
    """The text spoken, at 8 kHz.

    Raises:
        PromptError: espeak-ng fails or stays silent; `what` is named.
    """
    words = [
        "-v",
        voice.name,
        "-s",
        str(voice.speed_wpm),
        "-p",
        str(voice.pitch),
        "-b",
        "1",
        "-z",
        "--stdin",
        "--stdout",
    ]
    try:
        done = subprocess.run(
            [*tree.program("espeak-ng"), *words],
            input=text.encode(),
            capture_output=True,
            timeout=_ESPEAK_S,
            check=False,
            env={**os.environ, **tree.environment()},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PromptError(PromptReason.NOT_SPOKEN(text=what), evidence=str(error)) from error
    header = re.match(rb"RIFF....WAVEfmt ....\x01\x00\x01\x00(....)", done.stdout, re.DOTALL)
    start = done.stdout.find(b"data")
    if done.returncode != 0 or header is None or start < 0:
        message = done.stderr.decode(errors="replace")[-300:].strip()
        raise PromptError(PromptReason.NOT_SPOKEN(text=what), evidence=message)
    # Written to a pipe, the lengths in the header are not true: all that follows is sound.
    body = done.stdout[start + 8 :]
    spoken = np.frombuffer(body[: len(body) // 2 * 2], dtype="<i2").astype(np.float64) / 32768
    if not spoken.any():
        raise PromptError(PromptReason.SPOKEN_SILENT(text=what))
    return resampled(spoken, int.from_bytes(header[1], "little"))


def beeps(parts: Sequence[tuple[int, int]]) -> Samples:
    """Sines of (Hz, ms) in order, each faded in and out, at an RMS of `TONE_DBFS`."""
    return np.concatenate([_faded(tone(hz, ms / 1000, TONE_DBFS).astype(np.float64)) for hz, ms in parts])


def resampled(samples: Samples, rate_hz: int) -> Samples:
    """At 8 kHz, by a Blackman-windowed sinc that passes to 3.4 kHz and stops (−70 dB) what would fold back."""
    if rate_hz == RATE_HZ or not len(samples):
        return samples
    common = gcd(RATE_HZ, rate_hz)
    phases, stride = RATE_HZ // common, rate_hz // common
    cutoff = 0.94 * min(RATE_HZ, rate_hz) / rate_hz  # of half the input rate, −6 dB
    reach = ceil(24 / cutoff)  # input samples to each side: 24 zero crossings
    windows = sliding_window_view(np.pad(samples, reach), 2 * reach)
    result = np.empty(len(samples) * RATE_HZ // rate_hz)
    for phase in range(min(phases, len(result))):
        whole, part = divmod(phase * stride, phases)
        distance = np.arange(1 - reach, reach + 1) - part / phases
        window = 0.42 + 0.5 * np.cos(np.pi * distance / reach) + 0.08 * np.cos(2 * np.pi * distance / reach)
        taps = cutoff * np.sinc(cutoff * distance) * window
        count = len(range(phase, len(result), phases))
        result[phase::phases] = windows[whole + 1 :: stride][:count] @ taps
    return result


def trimmed(samples: Samples) -> Samples:
    """Cut the silence to 60 ms before and 15 ms after, and fill the last packet (20 ms)."""
    loud = _loud_frames(samples)
    if not loud.any():
        return samples[:0]
    frame = RATE_HZ // 100
    first, last = np.flatnonzero(loud)[[0, -1]]
    lead, tail = round(_LEAD_S * RATE_HZ), round(_TAIL_S * RATE_HZ)
    framed = np.pad(samples, (lead, tail))
    kept = _faded(framed[first * frame : (last + 1) * frame + lead + tail])
    return np.pad(kept, (0, -len(kept) % FRAME_SAMPLES))


def levelled(samples: Samples) -> Samples:
    """At an RMS of `SPEECH_DBFS` while it speaks, its peak at `PEAK_DBFS` at most."""
    loud = np.repeat(_loud_frames(samples), RATE_HZ // 100)[: len(samples)]
    active = samples[: len(loud)][loud]
    if not len(active):
        raise PromptError(PromptReason.NO_SOUND())
    gain = gain_of_db(SPEECH_DBFS) / float(np.sqrt(np.mean(active**2)))
    return samples * min(gain, gain_of_db(PEAK_DBFS) / float(np.max(np.abs(samples))))


def _loud_frames(samples: Samples) -> npt.NDArray[np.bool_]:
    """For each 10 ms, whether there is speech."""
    frame = RATE_HZ // 100
    padded = np.pad(samples, (0, -len(samples) % frame))
    levels = np.sqrt(np.mean(padded.reshape(-1, frame) ** 2, axis=1))
    if not levels.size or levels.max() == 0:
        return np.zeros(levels.size, dtype=np.bool_)
    return np.asarray(levels > levels.max() * gain_of_db(_SPEECH_FLOOR_DB), dtype=np.bool_)


def _faded(samples: Samples) -> Samples:
    length = min(int(_FADE_S * RATE_HZ), len(samples) // 2)
    slope = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(1, length))
    shape = np.ones(len(samples))
    shape[:length] = slope
    shape[len(samples) - length :] = slope[::-1]
    return samples * shape


def _folder(sounds_dir: Path, language: Language) -> Path:
    return sounds_dir / language / "samband"


def _path(sounds_dir: Path, job: _Job) -> Path:
    return _folder(sounds_dir, job.language) / f"{job.prompt}.wav"


def _is_made(job: _Job, sounds_dir: Path, marks: Mapping[str, str]) -> bool:
    path = _path(sounds_dir, job)
    return marks.get(job.prompt) == job.mark and path.is_file() and path.stat().st_size > _HEADER_BYTES


def _read_manifest(folder: Path) -> dict[str, str]:
    try:
        marks = json.loads((folder / _MANIFEST).read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("prompt_manifest_unreadable", folder=str(folder), error=str(error))
        return {}
    return marks if isinstance(marks, dict) else {}


def _write_manifest(folder: Path, marks: Mapping[str, str]) -> None:
    path, content = folder / _MANIFEST, json.dumps(marks, indent=0, sort_keys=True).encode()
    try:
        if not path.exists() or path.read_bytes() != content:
            replace_file(path, content)
    except OSError as error:
        raise PromptError(PromptReason.NOT_WRITTEN(file=str(path)), evidence=str(error)) from error


def _read_wav(path: Path) -> Samples:
    try:
        samples, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise PromptError(PromptReason.RECORDING_UNREADABLE(file=str(path)), evidence=str(error)) from error
    mono: Samples = samples.mean(axis=1)
    if len(mono) > 120 * rate_hz or not np.isfinite(mono).all() or not mono.any():
        raise PromptError(PromptReason.RECORDING_UNUSABLE(file=str(path)))
    return resampled(mono, rate_hz)


def write_wav(path: Path, samples: Samples) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE_HZ, format="WAV", subtype="PCM_16")
    _replace(path, buffer.getvalue())


def _replace(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{token_hex(4)}")
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise PromptError(PromptReason.NOT_WRITTEN(file=str(path)), evidence=str(error)) from error
