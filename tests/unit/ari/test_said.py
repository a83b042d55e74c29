"""A name that is said at the door: there is one, or there is nothing but silence."""

import wave
from pathlib import Path

import numpy as np
import pytest

from bridge.ari.said import SaidNames
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.recording.events import RecordingEnded, RecordingFailed
from hardware.simulator.signals import Samples, silence, speech_like

NAME, OTHER = RecordingId("rec-1"), RecordingId("rec-2")
CLICK = np.concatenate([np.full(80, 20_000, np.int16), silence(8000)])


def written(folder: Path, sound: Samples) -> SaidNames:
    with wave.open(str(folder / f"{NAME}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sound.astype("<i2").tobytes())
    said = SaidNames(folder)
    said.begin(NAME)
    return said


@pytest.mark.parametrize(
    ("sound", "is_said"),
    [(speech_like(0.8, seed=1), True), (silence(16_000), False), (CLICK, False), (silence(0), False)],
)
async def test_a_name_is_speech_and_neither_silence_nor_a_click(tmp_path: Path, sound: Samples, is_said: bool) -> None:
    said = written(tmp_path, sound)
    event = await said.judged(RecordingEnded(1.0, NAME, 1.0))
    assert type(event) is (RecordingEnded if is_said else RecordingFailed)


async def test_a_file_that_is_not_there_is_no_name(tmp_path: Path) -> None:
    said = SaidNames(tmp_path)
    said.begin(NAME)
    assert isinstance(await said.judged(RecordingEnded(1.0, NAME, 1.0)), RecordingFailed)


async def test_the_end_of_a_meetings_recording_is_nobodys_name(tmp_path: Path) -> None:
    said = written(tmp_path, silence(0))
    ended = RecordingEnded(1.0, OTHER, 1.0)
    assert await said.judged(ended) is ended


async def test_a_name_whose_file_is_gone_is_left_out_of_what_is_said(tmp_path: Path) -> None:
    said = written(tmp_path, silence(80))
    words = [phrases.recorded(NAME), phrases.recorded(OTHER), Prompt("waiting/comes-in")]
    assert await said.there(words) == [words[0], words[2]]
