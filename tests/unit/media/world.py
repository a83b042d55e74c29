"""Both ends of a path, in the test. Asterisk's end is UDP, 50 frames a second by its own clock; the terminal's is
TCP."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, SILENCE, Samples
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import PREFIXES, ChannelId, MixId, PatchId, PlaybackId, RecordingId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.domain.kernel.reasons import GeneralReason
from bridge.domain.telephony.effects import Dial
from bridge.domain.telephony.events import TelephonyUp
from bridge.media import audiosocket, rtp
from bridge.media.client import MediaWorker
from bridge.media.settings import MediaSettings
from bridge.ports import PortError

PATCH = PatchId("pat-00000000000000000000000001")
MIX = MixId("mix-00000000000000000000000001")
DEADLINE_S = 20.0


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until it is so; fail after `DEADLINE_S` saying what never came."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110 - what is waited for lies in another process
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"never came: {what}") from None


class Leg(asyncio.DatagramProtocol):
    """Asterisk's end of one media leg: sends what is in `say`, or silence, and keeps what comes."""

    def __init__(self, peer: tuple[str, int]) -> None:
        self.peer = peer
        self.say: list[Samples] = []
        self.heard: list[Samples] = []
        self.sent = 0
        self.standing_still = False
        self.transport: asyncio.DatagramTransport | None = None
        self._sequence = itertools.count(65530)
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        assert self.transport is not None
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self._task = loop.create_task(self._run())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self.transport is not None:
            self.transport.close()

    def raw(self, octets: bytes) -> None:
        assert self.transport is not None
        self.transport.sendto(octets, self.peer)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard.append(rtp.parse(data).samples)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time()
        while True:
            if not self.standing_still:
                number = next(self._sequence)
                samples = self.say.pop(0) if self.say else SILENCE
                self.raw(rtp.build(rtp.Packet(number, number * FRAME_SAMPLES, 99, samples)))
                self.sent += 1
            deadline_s += 0.02
            await asyncio.sleep(max(0.0, deadline_s - loop.time()))


@dataclass
class FakeAsterisk:
    """As much of `bridge.ports.Telephony` as the media worker uses; the rest is never called."""

    legs: dict[ChannelId, Leg] = field(default_factory=dict)
    hung_up: list[ChannelId] = field(default_factory=list)
    refusals: int = 0

    @property
    def leg(self) -> Leg:
        return list(self.legs.values())[-1]

    async def open_media_leg(self, channel: ChannelId, mix: MixId, host: str, port: int) -> int:
        if self.refusals:
            self.refusals -= 1
            raise PortError("asterisk", GeneralReason.LEGACY(text="no such mix"), retry=True)
        leg = Leg((host, port))
        await leg.start()
        self.legs[channel] = leg
        return leg.port

    async def hang_up(self, channel: ChannelId) -> None:
        self.hung_up.append(channel)
        if channel in self.legs:
            self.legs[channel].stop()

    async def answer(self, channel: ChannelId) -> None:
        raise NotImplementedError

    async def play(
        self, channel: ChannelId, playback: PlaybackId, prompts: Sequence[Prompt], language: Language
    ) -> None:
        raise NotImplementedError

    async def stop_playing(self, channel: ChannelId, playback: PlaybackId) -> None:
        raise NotImplementedError

    async def whisper(
        self,
        channel: ChannelId,
        prompts: Sequence[Prompt],
        language: Language,
        manner: Manner,
        playback: PlaybackId | None,
    ) -> None:
        raise NotImplementedError

    async def announce(self, mix: MixId, prompts: Sequence[Prompt], language: Language, manner: Manner) -> None:
        raise NotImplementedError

    async def create_mix(self, mix: MixId) -> None:
        raise NotImplementedError

    async def destroy_mix(self, mix: MixId) -> None:
        raise NotImplementedError

    async def join_mix(self, channel: ChannelId, mix: MixId, *, heard: bool) -> None:
        raise NotImplementedError

    async def leave_mix(self, channel: ChannelId, mix: MixId) -> None:
        raise NotImplementedError

    async def set_heard(self, channel: ChannelId, *, heard: bool) -> None:
        raise NotImplementedError

    async def dial(self, call: Dial) -> None:
        raise NotImplementedError

    async def start_recording(self, mix: MixId, recording: RecordingId) -> None:
        raise NotImplementedError

    async def stop_recording(self, recording: RecordingId) -> None:
        raise NotImplementedError

    async def record_name(self, channel: ChannelId, recording: RecordingId, longest_s: float) -> None:
        raise NotImplementedError

    async def silence_recording(self, recording: RecordingId, *, silent: bool) -> None:
        raise NotImplementedError

    async def start_leg_track(self, channel: ChannelId, recording: RecordingId) -> None:
        raise NotImplementedError

    async def stop_leg_track(self, channel: ChannelId, recording: RecordingId) -> None:
        raise NotImplementedError

    async def snapshot(self, ask: Sequence[ChannelId]) -> TelephonyUp:
        raise NotImplementedError


class Terminal:
    """The terminal's side of the audio: listens, keeps what comes, sends what it is told to."""

    def __init__(self) -> None:
        self.heard: list[Samples] = []
        self.kinds: list[int] = []
        self.connections = 0
        self.writer: asyncio.StreamWriter | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listening.bind(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        self._server = await asyncio.start_server(self._serve, sock=listening, limit=4096)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        if self.writer is not None:
            self.writer.transport.abort()
            self.writer = None

    @property
    def connected(self) -> bool:
        return self.writer is not None

    @property
    def sound(self) -> Samples:
        return np.concatenate(self.heard) if self.heard else SILENCE[:0]

    async def talk(self, frames: Sequence[Samples], clock_error_ppm: float = 0.0) -> None:
        """By its own clock, 20 ms a frame."""
        loop = asyncio.get_running_loop()
        started_at_s = loop.time()
        for index, frame in enumerate(frames):
            assert self.writer is not None
            self.writer.write(audiosocket.build_audio(frame))
            due_s = started_at_s + (index + 1) * 0.02 / (1 + clock_error_ppm / 1e6)
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writer = writer
        parser = audiosocket.Parser()
        with contextlib.suppress(ConnectionError):
            while True:
                await self.reading.wait()
                data = await reader.read(4096)
                if not data:
                    break
                for message in parser.feed(data):
                    self.kinds.append(message.kind)
                    if message.kind == audiosocket.Kind.AUDIO:
                        self.heard.append(audiosocket.samples_of(message.payload))
        if self.writer is writer:
            self.writer = None
        writer.close()


E = TypeVar("E", bound=Event)


class LoopClock:
    def now_s(self) -> float:
        return asyncio.get_running_loop().time()


class CountingIds:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def mint(self, kind: str) -> str:
        return f"{PREFIXES[kind]}-{next(self._numbers):026d}"


@dataclass
class World:
    media: MediaWorker
    asterisk: FakeAsterisk
    terminal: Terminal
    events: list[Event]

    def count(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in self.events)

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def happened(self, kind: type[Event], times: int = 1) -> None:
        try:
            await until(lambda: self.count(kind) >= times, f"{kind.__name__} no. {times}")
        except AssertionError as error:
            error.add_note(f"what came: {self.events}")
            raise

    async def on_air(self, more: int) -> None:
        """Wait until the terminal has got so many frames more."""
        wanted = len(self.terminal.heard) + more
        await until(lambda: len(self.terminal.heard) >= wanted, f"{more} frames more on the air")

    async def open(self) -> None:
        await self.media.open_path(PATCH, f"audiosocket://127.0.0.1:{self.terminal.port}", MIX)


@contextlib.asynccontextmanager
async def running_world(settings: MediaSettings | None = None) -> AsyncIterator[World]:
    """A real worker process between the two ends; all of it is gone afterwards."""
    asterisk, terminal, events = FakeAsterisk(), Terminal(), list[Event]()
    await terminal.start()
    patient = (settings or MediaSettings()).model_copy(update={"reply_timeout_s": DEADLINE_S})
    media = MediaWorker(asterisk, CountingIds(), LoopClock(), events.append, patient)
    running = asyncio.create_task(media.run())
    try:
        yield World(media, asterisk, terminal, events)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        for leg in asterisk.legs.values():
            leg.stop()
        await terminal.stop()
        await asyncio.sleep(0)
