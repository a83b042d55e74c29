"""Sound cards for the tests. One is simulated and its clock turned by the test, one is a real ALSA device made of named
pipes."""

import asyncio
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bridge.audio.frame import RATE_HZ, Samples
from bridge.media.card import CARD_RATE_HZ, CardError, frame_samples

PATIENCE_S = 20.0


class SimulatedCard:
    """Time passes on it only by `tick`."""

    def __init__(self, rate_hz: int = RATE_HZ) -> None:
        self.rate_hz = rate_hz
        self.xruns = 0
        self.played: list[Samples] = []
        self.closed = threading.Event()
        self._ticks: queue.Queue[Samples | str] = queue.Queue()

    def tick(self, heard: Samples | None = None) -> None:
        """20 ms pass."""
        self._ticks.put(np.zeros(frame_samples(self.rate_hz), dtype=np.int16) if heard is None else heard)

    def unplug(self) -> None:
        self._ticks.put("the sound card was lost: No such device")

    @property
    def all_heard(self) -> bool:
        return self._ticks.empty()

    def read(self) -> Samples:
        heard = self._ticks.get(timeout=PATIENCE_S)
        if isinstance(heard, str):
            raise CardError(heard)
        return heard

    def write(self, samples: Samples) -> None:
        self.played.append(samples)

    def close(self) -> None:
        self.closed.set()


class Computer:
    """What a card can be plugged into. `open_card` is what the media worker gets."""

    def __init__(self) -> None:
        self.card: SimulatedCard | None = None
        self.opened = 0

    def open_card(self, device: str) -> SimulatedCard:
        if self.card is None:
            raise CardError(f"the sound card {device} is not there; this machine has no sound card")
        self.opened += 1
        return self.card


async def ticking(card: SimulatedCard, until: Callable[[], bool], what: str) -> None:
    """Let the card's time pass, in step with its reader, until it is so."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not until():
                if card.all_heard:
                    card.tick()
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"never came: {what}") from None


async def let_go(card: SimulatedCard | None) -> None:
    """A last period, so that the card's thread sees that it is to end; wait until it has."""
    if card is not None:
        card.tick()
    async with asyncio.timeout(PATIENCE_S):
        while any(thread.name.startswith("card ") for thread in threading.enumerate()):  # noqa: ASYNC110
            await asyncio.sleep(0.001)


class PipedCard:
    """A device of the real alsa-lib (its `file` plugin). It hears what is written into a named pipe, and so runs by the
    writer's clock. Its own sound lands in a file."""

    NAME = "radio"

    def __init__(self, folder: Path) -> None:
        self.config = folder / "asound.conf"
        self.played_file = folder / "played.raw"
        self._pipe = folder / "heard.fifo"
        os.mkfifo(self._pipe)
        self._writing = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK)  # so that the device's opening never waits
        self.config.write_text(
            f"""
            </usr/share/alsa/alsa.conf>
            pcm.hearing {{ type file slave.pcm {{ type null }} file /dev/null infile "{self._pipe}" format raw }}
            pcm.playing {{ type file slave.pcm {{ type null }} file "{self.played_file}" format raw }}
            pcm.{self.NAME} {{ type asym capture.pcm hearing playback.pcm playing }}
            """,
            encoding="ascii",
        )
        self._sound: queue.Queue[Samples] = queue.Queue()
        self._stopping = threading.Event()
        self.started = threading.Event()
        self.overruns = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def start(self) -> None:
        """Its clock begins to run."""
        self.started.set()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(PATIENCE_S)

    def hear(self, samples: Samples) -> None:
        """At 48 kHz, in whole 20 ms."""
        for frame in np.split(samples, samples.size // frame_samples(CARD_RATE_HZ)):
            self._sound.put(frame)

    @property
    def played(self) -> Samples:
        octets = self.played_file.read_bytes()
        return np.frombuffer(octets[: len(octets) & ~1], dtype="<i2").astype(np.int16)

    def _run(self) -> None:
        silence = np.zeros(frame_samples(CARD_RATE_HZ), dtype="<i2")
        clock = threading.Event()
        due_s = time.monotonic()
        while not self._stopping.is_set():
            if self.started.is_set():
                self._tick(silence if self._sound.empty() else self._sound.get())
            due_s += 0.02
            clock.wait(max(0.0, due_s - time.monotonic()))
        os.close(self._writing)

    def _tick(self, frame: Samples) -> None:
        try:
            os.write(self._writing, frame.astype("<i2").tobytes())
        except BlockingIOError:  # nobody has listened for long: an overrun
            self.overruns += 1
