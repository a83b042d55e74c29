"""One call's audio: A-law over RTP both ways, keys as RFC 4733 events, music while the call is on hold."""

import asyncio
import contextlib
import itertools
import socket
import struct
from collections import deque
from typing import Final

import numpy as np

from hardware.simulator import signals
from hardware.simulator.clock import FrameClock
from hardware.simulator.g711 import SILENCE, encode_alaw
from hardware.simulator.signals import FRAME_S, FRAME_SAMPLES, RATE_HZ, Samples
from hardware.simulator.telephones.ear import Ear

ALAW: Final = 8
EVENTS: Final = "0123456789*#"
"""RFC 4733 §3.2: the event code is the place in this string."""
PRESS_FRAMES: Final = 5
GAP_FRAMES: Final = 5
ENDS: Final = 3
COMFORT_NOISE: Final = 13
"""RFC 3389: one octet, the level of the silence in −dBov."""
COMFORT_FRAMES: Final = 200
"""A telephone that suppresses silence says every four seconds that it is still there."""
_COMFORT: Final = bytes([70])
_QUIET: Final = bytes([SILENCE]) * FRAME_SAMPLES
_HEADER: Final = struct.Struct(">BBHII")
_LARGEST: Final = 2048
_TAKEN_AT_ONCE: Final = 32
"""Packets read in one turn of the loop; the rest is read in the next."""
_CHORDS: Final = ((262, 330, 392), (294, 370, 440), (247, 311, 370), (262, 330, 392))
_CHORD_S: Final = 1.5


def music() -> bytes:
    """Six seconds of chords that can be repeated without end, A-law."""
    parts: list[Samples] = []
    for chord in _CHORDS:
        tones = [signals.tone(hz, _CHORD_S, -22.0).astype(np.int32) for hz in chord]
        shape = np.hanning(len(tones[0])) * 0.6 + 0.4
        parts.append((np.sum(tones, axis=0) * shape).astype(np.int16))
    return encode_alaw(np.concatenate(parts))


def beep() -> bytes:
    return encode_alaw(signals.tone(1000.0, 0.4, -12.0))


class Ports:
    """Where calls have their audio: the next free port of a range, or of the kernel's choice.

    Args:
        first: First port; 0 leaves the choice to the kernel.
        last: Last port.
    """

    def __init__(self, host: str, first: int = 0, last: int = 0) -> None:
        self._host = host
        self._range = range(first, last + 1) if first else range(1)
        self._next = 0

    def opens(self) -> socket.socket:
        """Raises OSError when every port of the range is in use."""
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in self._range:
            port = self._range[self._next]
            self._next = (self._next + 1) % len(self._range)
            with contextlib.suppress(OSError):
                made.bind((self._host, port))
                made.setblocking(False)
                return made
        made.close()
        raise OSError(f"every port from {self._range[0]} to {self._range[-1]} is in use")


class Sound:
    """One end of a call's audio."""

    def __init__(self, bound: socket.socket, ear: Ear) -> None:
        self.ear = ear
        self.peer: tuple[str, int] | None = None
        self.event_type = 101
        self.suppresses_silence = False
        self.socket = bound
        self.port: int = self.socket.getsockname()[1]
        self.sent = 0
        """Packets, for the tests and the curious."""
        self._frames: deque[bytes] = deque()
        self._keys: deque[tuple[bytes, ...]] = deque()
        self._key_began = 0
        self._music: itertools.cycle[bytes] | None = None
        self._sequence, self._timestamp, self._ssrc = 1, FRAME_SAMPLES, id(self) & 0xFFFFFFFF
        self._talks = False
        self._silent_frames = -1

    def says(self, alaw: bytes) -> float:
        """Say this now, instead of what is being said; gives how long it takes in seconds."""
        whole = alaw.ljust(-(-len(alaw) // FRAME_SAMPLES) * FRAME_SAMPLES, bytes([SILENCE]))
        self._frames = deque(whole[at : at + FRAME_SAMPLES] for at in range(0, len(whole), FRAME_SAMPLES))
        return len(alaw) / RATE_HZ

    def hushes(self) -> None:
        self._frames.clear()

    def plays(self, tune: bytes | None) -> None:
        """Music over and over, until `None`."""
        if tune is None:
            self._music = None
        else:
            self._music = itertools.cycle(tune[at : at + FRAME_SAMPLES] for at in range(0, len(tune), FRAME_SAMPLES))

    def presses(self, digits: str) -> float:
        """Queue keys, 100 ms each with 100 ms between; gives how long they take in seconds.

        Raises:
            ValueError: A sign that is no key.
        """
        for digit in digits:
            event = EVENTS.index(digit)
            held = [self._event(event, frame, end=False) for frame in range(1, PRESS_FRAMES + 1)]
            self._keys.extend((packet,) for packet in held)
            self._keys.append((self._event(event, PRESS_FRAMES, end=True),) * ENDS)
            self._keys.extend(() for _ in range(GAP_FRAMES))
        return len(digits) * (PRESS_FRAMES + 1 + GAP_FRAMES) * FRAME_S

    @staticmethod
    def _event(event: int, frame: int, *, end: bool) -> bytes:
        return struct.pack(">BBH", event, (0x80 if end else 0) | 10, frame * FRAME_SAMPLES)

    def tick(self) -> None:
        """Send what is due in these 20 ms."""
        if self.peer is None:
            return
        if self._keys:
            self._send_key(self._keys.popleft())
        elif self._music is not None:
            self._send(next(self._music), ALAW)
        elif self._frames:
            self._send(self._frames.popleft(), ALAW | (0 if self._talks else 0x80))
            self._talks = True
        else:
            self._is_silent()
        self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF

    def _is_silent(self) -> None:
        self._silent_frames = 0 if self._talks else self._silent_frames + 1
        self._talks = False
        if not self.suppresses_silence:
            self._send(_QUIET, ALAW)
        elif self._silent_frames % COMFORT_FRAMES == 0:
            self._send(_COMFORT, COMFORT_NOISE)

    def _send_key(self, packets: tuple[bytes, ...]) -> None:
        """All packets of one key bear the time of its beginning."""
        for packet in packets:
            first = packet[1] & 0x80 == 0 and packet[2:4] == FRAME_SAMPLES.to_bytes(2, "big")
            if first:
                self._key_began = self._timestamp
            self._send(packet, self.event_type | (0x80 if first else 0), self._key_began)

    def _send(self, payload: bytes, payload_type: int, timestamp: int | None = None) -> None:
        at = self._timestamp if timestamp is None else timestamp
        packet = _HEADER.pack(0x80, payload_type, self._sequence, at, self._ssrc) + payload
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.sent += 1
        if self.peer is not None:
            with contextlib.suppress(OSError):  # the other end may be gone already; SIP will say so
                self.socket.sendto(packet, self.peer)

    def readable(self) -> None:
        for _ in range(_TAKEN_AT_ONCE):
            try:
                packet = self.socket.recv(_LARGEST)
            except BlockingIOError:
                return
            except OSError:  # a refused packet of ours comes back as an error of the socket
                continue
            if len(packet) > _HEADER.size and packet[1] & 0x7F == ALAW:
                self.ear.takes(packet[_HEADER.size :])


class Beat:
    """The 20 ms of all calls. It rests while there is none."""

    def __init__(self) -> None:
        self._sounds: list[Sound] = []
        self._clock: asyncio.Task[None] | None = None

    def opens(self, sound: Sound) -> None:
        asyncio.get_running_loop().add_reader(sound.socket, sound.readable)
        self._sounds.append(sound)
        if self._clock is None:
            self._clock = asyncio.create_task(FrameClock(self._tick).run())

    def closes(self, sound: Sound) -> None:
        """Also one that was never opened."""
        if sound.socket.fileno() < 0:
            return
        asyncio.get_running_loop().remove_reader(sound.socket)
        sound.peer = None
        sound.socket.close()
        if sound in self._sounds:
            self._sounds.remove(sound)
        if not self._sounds and self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _tick(self, at_s: float) -> None:
        for sound in self._sounds:
            sound.tick()
            sound.ear.tick(at_s)
