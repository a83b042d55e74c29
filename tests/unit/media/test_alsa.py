"""Cards by the real ALSA library, on devices of its own making: no hardware, no kernel driver."""

import asyncio
import os
import select
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from bridge.audio import tones
from bridge.audio.align import locate
from bridge.audio.frame import to_samples
from bridge.domain.radio.events import PathDown, PathUp
from bridge.media import alsa
from bridge.media.alsa import AlsaCard, open_card
from bridge.media.card import CardError
from bridge.media.settings import MediaSettings
from tests.unit.media.cards import PipedCard
from tests.unit.media.sound import frames, phrase
from tests.unit.media.world import MIX, PATCH, running_world, until

needs_library = pytest.mark.skipif(
    not alsa.is_installed(), reason="pyalsaaudio is not installed: make soundcard (it is optional)"
)


@pytest.fixture
def piped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PipedCard]:
    card = PipedCard(tmp_path)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(card.config))
    yield card
    card.stop()


@pytest.mark.realtime  # the library reads the pipe by its own clock
@needs_library
def test_a_device_opens_in_both_directions_at_a_rate_that_fits_the_telephone(piped: PipedCard) -> None:
    piped.start()
    ramp = np.arange(960, dtype=np.int16)
    piped.hear(np.concatenate((ramp, ramp + 1000)))
    card = open_card(PipedCard.NAME)
    try:
        assert card.rate_hz == 48_000
        assert np.array_equal(card.read(), ramp)
        assert np.array_equal(card.read(), ramp + 1000)
        card.write(ramp)
        card.write(ramp + 1)
    finally:
        card.close()
    silence_ahead = piped.played.size - 2 * 960
    assert silence_ahead == 960
    assert np.array_equal(piped.played[silence_ahead:], np.concatenate((ramp, ramp + 1)))
    assert card.xruns == 0


@needs_library
@pytest.mark.parametrize("device", ["hw:CARD=Radio1,DEV=0", "plughw:Radio1", "usb:1-1.4", "no-such-name"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(piped: PipedCard, device: str) -> None:
    with pytest.raises(CardError, match=rf"the sound card {device} .*there are: hearing, playing, radio"):
        open_card(device)


@needs_library
@pytest.mark.slow
async def test_a_missing_card_is_a_path_that_is_down_with_the_reason(piped: PipedCard) -> None:
    async with running_world(MediaSettings(open_grace_s=0.1)) as world:
        await world.media.open_path(PATCH, "alsa:hw:CARD=Radio1,DEV=0", MIX)
        await world.happened(PathDown)
        await until(lambda: any("Radio1,DEV=0 is not there; there are: hearing" in str(e) for e in world.events), "why")


@pytest.mark.realtime
@needs_library
async def test_both_ways_through_the_worker_and_the_real_library(piped: PipedCard) -> None:
    piped.start()
    patient = MediaSettings(card_target_ms=80, radio_target_ms=100)  # the test's own clock is late on a busy machine
    async with running_world(patient) as world:
        await world.media.open_path(PATCH, f"alsa:{PipedCard.NAME}", MIX)
        await world.happened(PathUp)
        await world.media.set_radio_heard(PATCH, heard=True)
        from_field = tones.chirp(300, 1000, 1.0, -20, rate_hz=48_000)
        piped.hear(to_samples(from_field))
        started_at = len(world.asterisk.leg.heard)
        await until(lambda: len(world.asterisk.leg.heard) > started_at + 100, "two seconds of sound")
        await world.media.send_voice(PATCH)
        world.asterisk.leg.say += list(frames(phrase(3)))
        await until(lambda: (stats := world.media.stats(PATCH)) is not None and stats.frames_to_radio > 50, "figures")
        stats = world.media.stats(PATCH)
        assert stats is not None
        assert stats.malformed == 0
        heard = np.concatenate(world.asterisk.leg.heard)
        await world.media.close_path(PATCH)
    assert locate(to_samples(tones.chirp(300, 1000, 1.0, -20)), heard).score > 0.9
    await asyncio.to_thread(piped.stop)
    played = piped.played
    assert locate(phrase(3)[:3600], played[: played.size // 6 * 6 : 6]).score > 0.8


# --- what only hardware shows, played by a stand-in for the library ---


class _Pcm:
    """A `hw:` device: 48 kHz, two channels, and whatever its script says it answers."""

    def __init__(self, machine: "_Machine", direction: int, **asked: Any) -> None:
        self.machine, self.direction, self.asked = machine, direction, asked
        self.closed = False
        machine.pcms.append(self)

    def info(self) -> dict[str, Any]:
        rate = self.asked["rate"] if self.asked["rate"] in self.machine.rates else self.machine.rates[0]
        return {"rate": rate, "channels": 2, "format_name": "S16_LE"}

    def read(self) -> tuple[int, bytes]:
        if self.machine.reads:
            answer = self.machine.reads.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        return 960, np.column_stack((np.arange(960), np.zeros(960))).astype("<i2").tobytes()

    def write(self, octets: bytes) -> int:
        answer = self.machine.writes.pop(0) if self.machine.writes else len(octets) // 4
        if answer > 0:
            self.machine.played.append(np.frombuffer(octets, dtype="<i2").reshape(-1, 2)[:answer])
        return answer

    def polldescriptors(self) -> list[tuple[int, int]]:
        return [(self.machine.never_ready, select.POLLIN)]

    def close(self) -> None:
        self.closed = True


class _LibraryError(Exception):
    pass


class _Machine:
    """The library's surface that `AlsaCard` uses."""

    def __init__(self, *rates: int) -> None:
        self.rates = rates
        self.never_ready = -1
        self.pcms: list[_Pcm] = []
        self.reads: list[tuple[int, bytes] | Exception] = []
        self.writes: list[int] = []
        self.played: list[np.ndarray[Any, Any]] = []

    def library(self) -> ModuleType:
        return cast(
            "ModuleType",
            SimpleNamespace(
                PCM=lambda direction, mode, **asked: _Pcm(self, direction, **asked),
                PCM_CAPTURE=1,
                PCM_PLAYBACK=0,
                PCM_NONBLOCK=1,
                PCM_FORMAT_S16_LE=2,
                ALSAAudioError=_LibraryError,
            ),
        )

    def open(self) -> AlsaCard:
        return AlsaCard(self.library(), "hw:CARD=rakel1")


def test_a_card_without_8_khz_runs_at_48_and_one_with_it_at_8() -> None:
    assert _Machine(44_100, 48_000).open().rate_hz == 48_000
    assert _Machine(48_000, 8000).open().rate_hz == 8000


def test_a_card_with_neither_is_refused_with_the_way_out_and_left_closed() -> None:
    machine = _Machine(44_100)
    with pytest.raises(CardError, match=r"44100 Hz.*plughw:"):
        machine.open()
    assert all(pcm.closed for pcm in machine.pcms)


def test_the_first_channel_is_heard_and_all_are_played_to() -> None:
    machine = _Machine(48_000)
    card = machine.open()
    assert np.array_equal(card.read(), np.arange(960))
    card.write(np.full(960, 7, dtype=np.int16))
    assert np.array_equal(machine.played[-1], np.full((960, 2), 7))


def test_an_overrun_is_counted_and_hearing_goes_on() -> None:
    machine = _Machine(48_000)
    card = machine.open()
    machine.reads = [(-32, b"")]
    assert card.read().size == 960
    assert card.xruns == 1


def test_an_underrun_is_counted_and_the_frame_is_played_after_the_silence_that_keeps_the_distance() -> None:
    machine = _Machine(48_000)
    card = machine.open()
    card.write(np.full(960, 1, dtype=np.int16))
    machine.writes = [-32]
    card.write(np.full(960, 2, dtype=np.int16))
    assert [int(block[0, 0]) for block in machine.played] == [0, 1, 0, 2]
    assert card.xruns == 1


def test_a_card_that_only_overruns_is_given_up() -> None:
    machine = _Machine(48_000)
    card = machine.open()
    machine.reads = [(-32, b"")] * 20
    with pytest.raises(CardError, match="does not keep up"):
        card.read()


def test_a_card_that_gives_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alsa, "_SILENT_MS", 10)
    reading, writing = os.pipe()
    machine = _Machine(48_000)
    machine.never_ready = reading
    card = machine.open()
    machine.reads = [(0, b"")]
    with pytest.raises(CardError, match="stands still"):
        card.read()
    os.close(reading)
    os.close(writing)


def test_what_a_full_card_takes_only_in_part_is_played_whole() -> None:
    machine = _Machine(48_000)
    card = machine.open()
    machine.writes = [960, 400]
    card.write(np.arange(960, dtype=np.int16))
    played = np.concatenate([block[:, 0] for block in machine.played])[960:]
    assert np.array_equal(played, np.arange(960))


def test_a_card_pulled_out_while_it_is_read_is_lost() -> None:
    machine = _Machine(48_000)
    card = machine.open()
    machine.reads = [_LibraryError("No such device [hw:CARD=rakel1]")]
    with pytest.raises(CardError, match="was lost: No such device"):
        card.read()


def test_a_card_is_found_by_the_usb_socket_it_sits_in(tmp_path: Path) -> None:
    devices, classes = tmp_path / "devices/usb1/1-1/1-1.4/1-1.4:1.0/sound/card2", tmp_path / "class"
    devices.mkdir(parents=True)
    classes.mkdir()
    (devices / "id").write_text("rakel1\n")
    (devices / "device").symlink_to(tmp_path / "devices/usb1/1-1/1-1.4/1-1.4:1.0")
    (classes / "card2").symlink_to(devices)
    assert alsa.card_in_socket("1-1.4", classes) == "hw:CARD=rakel1"
    assert alsa.card_in_socket("1-1.3", classes) is None
