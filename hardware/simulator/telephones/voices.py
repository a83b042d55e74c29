"""Simulated people's voices: espeak-ng, with a voice and a pitch by the number; a murmur where there is none."""

import asyncio
import hashlib
import io
import json
import os
import subprocess
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import structlog
from numpy.typing import NDArray

from hardware.simulator.g711 import encode_alaw
from hardware.simulator.signals import RATE_HZ, Samples, read_wav, speech_like, write_wav

log = structlog.get_logger(__name__)

MURMUR_S: Final = 10.0
SPEAK_S: Final = 30.0
PEAK: Final = 0.5
VARIANTS: Final = ("m1", "f1", "m2", "f2", "m3", "f3", "m4", "f4", "m5", "f5", "m7", "m8")
_RIFF: Final = b"RIFF"


class Voices:
    """Speaks texts, one at a time, and keeps what was spoken.

    Args:
        command: The argument list that runs espeak-ng; empty: everybody murmurs.
        folder: Where spoken texts are kept as WAV; `None`: nowhere.
        murmur_s: How long somebody murmurs who has nothing to say.
    """

    def __init__(self, command: tuple[str, ...] = (), folder: Path | None = None, murmur_s: float = MURMUR_S) -> None:
        self._murmur_s = murmur_s
        self._command = command
        self._folder = folder
        self._one_at_a_time = asyncio.Semaphore(1)

    async def speaks(self, text: str, number: str, voice: str = "") -> bytes:
        """A-law of the text in the voice of that number; a murmur for no text, or where espeak-ng fails."""
        if not text or not self._command:
            return self._murmur(number)
        async with self._one_at_a_time:
            try:
                return encode_alaw(await asyncio.to_thread(self._spoken, text, number, voice or voice_of(number)))
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                log.warning("voice_failed", number=number, reason=str(error))
                return self._murmur(number)

    def _murmur(self, number: str) -> bytes:
        return encode_alaw(speech_like(self._murmur_s, seed=_seed(number)))

    def file_of(self, text: str, number: str, voice: str = "") -> Path | None:
        """Where the text in the voice of that number is kept once it has been spoken."""
        if self._folder is None:
            return None
        words = [text, voice or voice_of(number), *_manner(number)]
        return self._folder / f"{hashlib.sha256(json.dumps(words).encode()).hexdigest()[:24]}.wav"

    def _spoken(self, text: str, number: str, voice: str) -> Samples:
        kept = self.file_of(text, number, voice)
        if kept is not None and kept.is_file():
            return read_wav(kept)
        samples = self._runs(text, voice, *_manner(number))
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            partial = kept.with_suffix(f".{os.getpid()}.wav")
            write_wav(partial, samples)
            partial.replace(kept)
        return samples

    def _runs(self, text: str, voice: str, pitch: int, speed_wpm: int) -> Samples:
        options = ["-v", voice, "-p", str(pitch), "-s", str(speed_wpm), "-b", "1", "-z", "--stdin", "--stdout"]
        done = subprocess.run(
            [*self._command, *options], input=text.encode(), capture_output=True, timeout=SPEAK_S, check=False
        )
        if done.returncode != 0 or not done.stdout.startswith(_RIFF):
            raise ValueError(f"espeak-ng: {done.stderr.decode(errors='replace')[-200:].strip() or done.returncode}")
        sound, rate_hz = soundfile.read(io.BytesIO(_with_lengths(done.stdout)), dtype="float64", always_2d=True)
        return _levelled(_at_8_khz(np.asarray(sound.mean(axis=1), dtype=np.float64), rate_hz))


def voice_of(number: str) -> str:
    """One of the variants of the Swedish voice, by the number."""
    return f"sv+{VARIANTS[_seed(number) % len(VARIANTS)]}"


def _manner(number: str) -> tuple[int, int]:
    """Pitch (0…99) and words per minute."""
    return 25 + _seed(number) % 50, 145 + _seed(number) % 35


def _seed(number: str) -> int:
    """Neighbouring numbers give different voices."""
    return int("".join(one for one in number if one.isdigit())[-4:] or "0")


def _with_lengths(wav: bytes) -> bytes:
    """Written to a pipe, the lengths in the header are not true: put the true ones there."""
    start = wav.find(b"data")
    if start < 0:
        raise ValueError("espeak-ng gave no sound")
    body = len(wav) - start - 8
    return (
        wav[:4]
        + (len(wav) - 8).to_bytes(4, "little")
        + wav[8 : start + 4]
        + body.to_bytes(4, "little")
        + wav[start + 8 :]
    )


def _at_8_khz(sound: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """By cutting the spectrum off at 4 kHz, so that nothing folds back."""
    wanted = len(sound) * RATE_HZ // rate_hz
    spectrum = np.fft.rfft(sound)[: wanted // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, wanted) * wanted / max(1, len(sound)))


def _levelled(sound: NDArray[np.float64]) -> Samples:
    peak = float(np.max(np.abs(sound), initial=0.0))
    if peak == 0.0:
        raise ValueError("espeak-ng said nothing")
    return np.asarray(np.round(sound * (PEAK / peak * 32767)), dtype=np.int16)
