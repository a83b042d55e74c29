"""A stretch of the meeting is heard in it again, also while the recording goes on."""

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from bridge.ari import names
from bridge.ari.clips import FOLDER, LONGEST_S, Clips
from bridge.ari.speech import Speech
from bridge.domain.kernel import phrases
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from hardware.simulator.signals import Samples

RATE_HZ = 8000
RECORDING = "rec-1"
SOUND = np.arange(10 * RATE_HZ, dtype=np.int64).astype(np.int16)
DECISION, NOTED = Prompt("decision/decision"), Prompt("decision/noted")


def under_way(folder: Path, sound: Samples = SOUND) -> None:
    """As Asterisk has it on the disk before it closes the file: the sizes in the head are 0."""
    head = b"RIFF" + struct.pack("<I", 0) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE_HZ, 16_000, 2, 16)
    content = head + b"data" + struct.pack("<I", 0) + sound.astype("<i2").tobytes()
    (folder / f"{RECORDING}.wav").write_bytes(content)


def heard(folder: Path, prompt: Prompt) -> list[int]:
    recording = phrases.recording_of(prompt)
    assert recording is not None
    assert names.sound(prompt) == f"recording:{recording}"
    with wave.open(str(folder / f"{recording}.wav"), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)
        return [int(one) for one in np.frombuffer(file.readframes(file.getnframes()), "<i2")]


async def test_the_stretch_is_cut_out_sample_by_sample_while_the_recording_goes_on(tmp_path: Path) -> None:
    under_way(tmp_path)
    first, clip, last = await Clips(tmp_path).ready([DECISION, phrases.clip(RECORDING, 2.5, 4.0), NOTED])
    assert (first, last) == (DECISION, NOTED)
    assert heard(tmp_path, clip) == SOUND[20_000:32_000].tolist()
    words, with_sound = Speech((DECISION, NOTED), Language.SV), Speech((DECISION, clip, NOTED), Language.SV)
    assert with_sound.longest_s >= words.longest_s + LONGEST_S, "it is waited for to its end"
    assert [one.name for one in (tmp_path / FOLDER).iterdir()] == [f"{RECORDING}-2500-4000.wav"]


async def test_of_what_is_not_on_the_disk_yet_the_beginning_is_heard(tmp_path: Path) -> None:
    under_way(tmp_path)
    (clip,) = await Clips(tmp_path).ready([phrases.clip(RECORDING, 9.0, 14.0)])
    assert heard(tmp_path, clip) == SOUND[72_000:].tolist()


async def test_nobody_has_to_hear_more_than_a_minute_and_a_half(tmp_path: Path) -> None:
    under_way(tmp_path, np.zeros(200 * RATE_HZ, np.int16))
    (clip,) = await Clips(tmp_path).ready([phrases.clip(RECORDING, 1.0, 180.0)])
    assert len(heard(tmp_path, clip)) == LONGEST_S * RATE_HZ


@pytest.mark.parametrize("from_s", [10.0, 500.0])
async def test_where_there_is_no_sound_the_words_are_said_without_it(tmp_path: Path, from_s: float) -> None:
    under_way(tmp_path)
    assert await Clips(tmp_path).ready([DECISION, phrases.clip(RECORDING, from_s, from_s + 5)]) == [DECISION]


@pytest.mark.parametrize("content", [None, b"", b"RIFF", b"x" * 4000])
async def test_a_file_that_is_gone_or_damaged_costs_nobody_the_words(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / f"{RECORDING}.wav").write_bytes(content)
    assert await Clips(tmp_path).ready([DECISION, phrases.clip(RECORDING, 0.0, 5.0)]) == [DECISION]


async def test_words_without_a_stretch_are_left_as_they_are(tmp_path: Path) -> None:
    words = [DECISION, phrases.recorded("rec-2"), phrases.number(3)]
    assert await Clips(tmp_path).ready(words) is words


async def test_what_an_earlier_program_left_is_deleted(tmp_path: Path) -> None:
    under_way(tmp_path)
    await Clips(tmp_path).ready([phrases.clip(RECORDING, 0.0, 1.0)])
    Clips(tmp_path)
    assert list((tmp_path / FOLDER).iterdir()) == []
    assert (tmp_path / f"{RECORDING}.wav").is_file()
