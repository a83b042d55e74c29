"""The parts that need no process: identities, signals, the clock, the air log, settings."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hardware.simulator import sds
from hardware.simulator.air import PATIENT, AirLog, EventLog, Lateness, Transmission
from hardware.simulator.clock import FrameClock
from hardware.simulator.identity import Form, HomeNetwork, read_ssi
from hardware.simulator.settings import NetworkSettings, TerminalSettings, changed
from hardware.simulator.signals import read_wav, speech_like, tone, write_wav


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("ssi", "300"),
        ("tsi15", "216216300000300"),
        ("tsi16", "2160216300000300"),
        ("ext17", "02160216300000300"),
    ],
)
def test_an_identity_is_written_in_each_form_and_read_back(form: Form, text: str) -> None:
    assert HomeNetwork(216, 2163).write(300, form) == text
    assert read_ssi(text) == 300


@pytest.mark.parametrize("text", ["", "12x", "123456789012345678", "99999999", "٣"])
def test_what_is_no_identity_is_not_read(text: str) -> None:
    assert read_ssi(text) is None


def test_a_text_with_report_looks_as_in_the_trace() -> None:
    assert sds.text_pdu("Gjatajagja", 8, wants_report=True).hex().upper() == "820408014" + "76A6174616A61676A61"


def test_a_simple_text_has_no_reference() -> None:
    assert sds.text_pdu("x", 8, pid=sds.SIMPLE_TEXT) == b"\x02\x01x"
    assert sds.read_transfer(b"\x02\x01x") == sds.Transfer(2, None, wants_report=False, text="x")


@pytest.mark.parametrize("data", [b"", b"\x82", b"\x82\x00\x01", sds.report_pdu(1, 0)])
def test_reports_and_fragments_are_no_transfers(data: bytes) -> None:
    assert sds.read_transfer(data) is None


def test_a_tone_has_its_pitch_and_level() -> None:
    wave = tone(1000, 1.0, level_dbfs=-6.0)
    assert np.argmax(np.abs(np.fft.rfft(wave.astype(float)))) == 1000
    assert np.max(np.abs(wave)) == pytest.approx(32767 * 10 ** (-6 / 20), rel=1e-3)


def test_speech_has_pauses_and_talkers_differ() -> None:
    one, other = speech_like(2.0, seed=1), speech_like(2.0, seed=2)
    frames = np.abs(one.reshape(-1, 160)).max(axis=1)
    assert 0.03 < np.mean(frames == 0) < 0.5
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(one, speech_like(2.0, seed=1))


def test_a_sound_file_of_another_rate_is_brought_to_8_khz(tmp_path: Path) -> None:
    time_s = np.arange(16000) / 16000
    soundfile.write(tmp_path / "wide.wav", 0.5 * np.sin(2 * np.pi * 300 * time_s), 16000)
    samples = read_wav(tmp_path / "wide.wav")
    assert len(samples) == 8000
    assert np.argmax(np.abs(np.fft.rfft(samples.astype(float)))) == 300


def test_what_is_no_sound_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("words")
    with pytest.raises(OSError, match=r"text\.wav is no sound file"):
        read_wav(tmp_path / "text.wav")


def test_a_written_file_reads_back(tmp_path: Path) -> None:
    write_wav(tmp_path / "t.wav", tone(440, 0.1))
    np.testing.assert_allclose(read_wav(tmp_path / "t.wav"), tone(440, 0.1), atol=1)


async def test_the_clock_neither_skips_nor_drifts_when_the_process_is_held_up() -> None:
    due_s: list[float] = []
    done = asyncio.Event()

    def tick(at_s: float) -> None:
        due_s.append(at_s)
        if len(due_s) == 3:
            time.sleep(0.15)
        if len(due_s) == 15:
            done.set()

    clock = FrameClock(tick)
    running = asyncio.create_task(clock.run())
    await done.wait()
    running.cancel()
    np.testing.assert_allclose(np.diff(due_s), 0.020, atol=1e-9)
    assert clock.restarts == 0


async def test_the_clock_starts_anew_after_a_stop_of_the_process() -> None:
    due_s: list[float] = []
    done = asyncio.Event()

    def tick(at_s: float) -> None:
        due_s.append(at_s)
        if len(due_s) == 2:
            time.sleep(1.2)
        if len(due_s) == 4:
            done.set()

    clock = FrameClock(tick)
    running = asyncio.create_task(clock.run())
    await done.wait()
    running.cancel()
    assert clock.restarts == 1
    assert max(np.diff(due_s)) > 1.0, "the lost time is not made up for by a burst"


def test_jitter_leaves_no_hole_on_the_air_and_a_pause_does() -> None:
    log = AirLog()
    transmission = log.begin(2001, 1, at_s=10.0)
    frame = np.ones(160, dtype=np.int16)
    for at_s in (10.0, 10.035, 10.038, 10.2):
        transmission.add(frame, at_s)
    audio = transmission.audio()
    assert len(audio) == 1600 + 160
    assert np.count_nonzero(audio) == 4 * 160
    assert not np.any(audio[480:1600])


def spoken(*at_s: float, lateness: Lateness = PATIENT) -> Transmission:
    """Frames of 20 ms that came at these times."""
    transmission = AirLog().begin(2001, 1, at_s=at_s[0])
    for one in at_s:
        transmission.add(np.ones(160, dtype=np.int16), one, lateness)
    return transmission


def test_what_is_glued_on_as_if_it_had_come_in_time_is_counted() -> None:
    heard = spoken(10.0, 10.035, 10.095, 10.098, 10.3)
    assert (heard.glued_frames, heard.late_frames, heard.lost_frames) == (2, 1, 0)
    assert heard.as_dict()["glued_frames"] == 2


def test_a_stream_that_falls_behind_and_stays_there_is_late_with_every_frame() -> None:
    heard = spoken(*(10.0 + 0.02 * number + (0.04 if number >= 5 else 0.0) for number in range(15)))
    assert heard.glued_frames == 10


def test_how_late_audio_may_be_before_it_leaves_a_hole_can_be_set() -> None:
    heard = spoken(10.0, 10.055, lateness=Lateness(hole_s=0.03))
    assert (heard.glued_frames, heard.late_frames) == (0, 1)
    assert len(heard.audio()) == 160 + 280 + 160


def test_a_radio_that_holds_little_ready_throws_away_what_comes_at_once_after_a_pause() -> None:
    times = [10.0, 10.02, *[10.2] * 8, 10.22, 10.24]
    patient, real = spoken(*times), spoken(*times, lateness=Lateness(buffer_s=0.05))
    assert (patient.lost_frames, np.count_nonzero(patient.audio())) == (0, 12 * 160)
    assert real.lost_frames == 5
    assert np.count_nonzero(real.audio()) == 7 * 160
    assert len(real.audio()) == round(0.3 * 8000), "what is said next is on the air at most the buffer late"


def test_a_track_can_begin_in_the_middle_of_a_transmission() -> None:
    log = AirLog()
    log.begin(2001, 1, at_s=10.0).add(np.arange(1, 161, dtype=np.int16), 10.0)
    start_s, track = log.render(2001, since_s=10.01)
    assert start_s == 10.01
    np.testing.assert_array_equal(track, np.arange(81, 161))
    assert log.render(4711)[1].size == 0


async def test_an_event_can_be_waited_for_before_and_after_it_happens() -> None:
    events = EventLog()
    events.add("transmission_started", issi=1)
    assert (await events.wait_for("transmission_started", {"issi": 1}, since=0, timeout_s=1)).number == 1
    waiting = asyncio.create_task(events.wait_for("transmission_started", {"issi": 1}, since=1, timeout_s=5))
    await asyncio.sleep(0)
    events.add("transmission_started", issi=2)
    events.add("transmission_started", issi=1)
    assert (await waiting).number == 3


async def test_waiting_ends_when_nothing_comes() -> None:
    with pytest.raises(TimeoutError):
        await EventLog().wait_for("booted", {}, since=0, timeout_s=0.01)


def test_a_grant_delay_that_is_set_is_exact() -> None:
    assert changed(NetworkSettings(), grant_delay_ms=100).grant_jitter_ms == 0
    assert changed(NetworkSettings(), grant_delay_ms=100, grant_jitter_ms=9).grant_jitter_ms == 9


@pytest.mark.parametrize(
    "change", [{"grant_delay": 1}, {"behaviour": "maybe"}, {"hang_time_s": "5"}, {"behaviour_times": True}]
)
def test_settings_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        changed(NetworkSettings(), **change)


def test_a_setting_may_be_none_where_that_means_something() -> None:
    assert changed(TerminalSettings(idle_noise_dbfs=-60.0), idle_noise_dbfs=None).idle_noise_dbfs is None
