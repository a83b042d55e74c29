"""The demonstration is played to its end by itself and leaves a recording that can be listened to."""

import asyncio
import sys
from pathlib import Path

import pytest
import soundfile

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_the_demonstration_in_its_own_system_finds_everything_as_it_must_be(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.demo", "--own", "--any-speed", "--out", str(tmp_path)),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")
    recording = soundfile.info(tmp_path / "samverkanskonferens.flac")
    assert recording.duration > 30
