"""The keeper sees the levels of the running program, and measures a terminal's wiring when it is stopped."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bridge.audio.calibration import Findings, Remark, sounded_sweep, sounded_tone
from bridge.audio.frame import Samples
from bridge.cli import app
from bridge.cli import levels as levels_command
from bridge.main.locks import only_one
from bridge.main.state_paths import StatePaths
from bridge.media import audiosocket
from bridge.media.loop_test import play_and_listen
from bridge.media.settings import MediaSettings
from bridge.ports import PortError
from bridge.rakel.settings import TerminalSettings
from bridge.settings import load
from tests.harness.tongues import english_in

pytestmark = pytest.mark.realtime  # a process of its own, in real time

FIGURES = {
    "sending": 1.0,
    "armed": 0.0,
    "stuck": 0.0,
    "meeting_dbfs": -20.0,
    "meeting_peak_dbfs": -8.2,
    "meeting_gain_db": 3.5,
    "meeting_noise_dbfs": -61.0,
    "radio_dbfs": -120.0,
    "radio_peak_dbfs": -120.0,
    "air_dbfs": -30.0,
    "air_peak_dbfs": 0.0,
    "held_ms": 250.0,
    "late_frames": 0.0,
}


def levels(**changes: object) -> dict[str, object]:
    return {"terminal": "rakel-1", "patch_id": "pat-1", "conference_id": "con-1", "figures": FIGURES, **changes}


def test_meters_show_levels_gains_and_what_goes_wrong() -> None:
    head, meeting, radio, air, counts = levels_command.drawn(levels())
    assert head == "rakel-1: sending, not armed"
    assert meeting.split()[:2] == ["meeting", "#" * 20 + "." * 10]
    assert "-20.0 dBFS  peak   -8.2  gain  +3.5 dB  noise  -61.0" in meeting
    assert "#" not in radio
    assert air.endswith("CLIPPED")
    assert counts == "  held, ms: 250, late frames: 0"


def test_a_terminal_without_a_patch_says_so() -> None:
    assert levels_command.drawn(levels(patch_id=None, figures={})) == ["rakel-1: no patch uses it"]
    assert levels_command.drawn(levels(figures={})) == ["rakel-1: no figures yet"]


def test_all_terminals_are_shown_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    answers = {"/terminals": [{"name": "rakel-1"}], "/terminals/rakel-1/levels": levels()}
    levels_command.show_levels(answers.__getitem__, None, once=True)
    assert capsys.readouterr().out.startswith("rakel-1: sending")
    levels_command.show_levels(lambda _: [], None, once=True)
    assert "no terminal is set up" in capsys.readouterr().out


# --- calibration, through a loop of the AudioSocket kind ---


class Loop:
    """An interface box with its output connected to its input, at a gain."""

    def __init__(self, gain: float) -> None:
        self.gain = gain
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parser = audiosocket.Parser()
        while data := await reader.read(4096):
            for message in parser.feed(data):
                if message.kind == audiosocket.Kind.AUDIO:
                    samples = audiosocket.samples_of(message.payload)
                    writer.write(audiosocket.build_audio(np.asarray(samples * self.gain, dtype=np.int16)))
        writer.close()


@pytest.fixture
async def loop() -> AsyncIterator[Loop]:
    made = Loop(0.5)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMBAND_STATE", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def set_up(folder: Path, port: int) -> None:
    terminal = f'[[terminal]]\nname = "rakel-1"\nserial = "none"\naudio = "audiosocket://127.0.0.1:{port}"\n'
    (folder / "samband.toml").write_text(terminal)


async def calibrated(name: str = "rakel-1") -> tuple[int, str, BaseException | None]:
    result = await asyncio.to_thread(CliRunner().invoke, app, ["radio", "calibrate", name])
    return result.exit_code, result.output, result.exception


async def test_a_sound_comes_back_from_a_loop_as_it_was_played(loop: Loop) -> None:
    sound: Samples = sounded_tone(-20)[:4000]
    loop.gain = 1.0
    [heard, again] = await play_and_listen(f"audiosocket://127.0.0.1:{loop.port}", MediaSettings(), [sound, sound])
    for one in (heard, again):
        assert one.tobytes().find(sound.tobytes()) >= 0
    assert sounded_sweep().size == 4000


async def test_calibration_tells_the_gain_to_set_with_its_reason_and_changes_nothing(loop: Loop, state: Path) -> None:
    set_up(state, loop.port)
    before = (state / "samband.toml").read_text()
    status, out, _ = await calibrated()
    assert status == 0, out
    assert "# the loop has -6.0 dB" in out
    assert "[media]\nradio_gain_db = 6\n" in out
    assert "radio_gate_dbfs = -90" in out
    assert (state / "samband.toml").read_text() == before


def test_the_report_of_a_calibration_is_swedish_where_swedish_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "sv_SE.UTF-8")
    terminal = TerminalSettings(name="rakel-1", serial="none", audio="alsa:hw:1")
    found = Findings(-9.0, -44.5, -12.0, 9.0, -34.0, tuple(Remark))
    told = "\n".join(levels_command.report(terminal, [], found, 45, 0.0))
    assert "# slingan har -9.0 dB" in told
    assert "från -12 dBFS är det överstyrt" in told
    settings = re.sub(r"\[\S+\]|\w+ = \S+|\w+dBFS|1 kHz|RMS", " ", told)
    assert english_in(settings, ["dBFS"]) == [], told


async def test_without_a_loop_calibration_says_what_is_missing(loop: Loop, state: Path) -> None:
    loop.gain = 0.0
    set_up(state, loop.port)
    status, out, _ = await calibrated()
    assert status == 1
    assert "connect the output to the input" in out
    assert "radio_gain_db" not in out


async def test_a_terminal_in_use_unknown_or_out_of_reach_is_not_calibrated(state: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        set_up(state, taken.getsockname()[1])
        for name, fault in (("rakel-9", "is not in the settings"), ("rakel-1", "its audio cannot be used")):
            _, _, error = await calibrated(name)
            assert isinstance(error, PortError)
            assert fault in str(error)
    places = StatePaths.of(load())
    places.make()
    with only_one(places.controller_lock, "the controller"):
        _, _, error = await calibrated()
    assert isinstance(error, PortError)
    assert "is in use: Samband runs" in str(error)
