"""AudioSocket framing over TCP: one byte kind, two bytes length big-endian, then so many bytes.

The kinds are those of Asterisk's `res_audiosocket`. Sound of kind 0x10 is 8 kHz signed 16-bit mono, little-endian.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from uuid import UUID

import numpy as np

from bridge.audio.frame import Samples

_HEADER_BYTES: Final = 3
MAX_PAYLOAD_BYTES: Final = 3200
"""200 ms of sound. A length beyond it means that the framing is lost."""


class Kind(IntEnum):
    HANG_UP = 0x00
    UUID = 0x01
    AUDIO = 0x10
    ERROR = 0xFF


class FramingError(ValueError):
    """The stream can no longer be read: close the connection and make a new one."""


@dataclass(frozen=True, slots=True)
class Message:
    kind: int
    payload: bytes


def build_audio(samples: Samples) -> bytes:
    return _build(Kind.AUDIO, samples.astype("<i2").tobytes())


def build_uuid(uuid: UUID) -> bytes:
    """Says which call this is; an AudioSocket client sends it first."""
    return _build(Kind.UUID, uuid.bytes)


def build_hang_up() -> bytes:
    return _build(Kind.HANG_UP, b"")


def _build(kind: Kind, payload: bytes) -> bytes:
    return bytes((kind,)) + len(payload).to_bytes(2, "big") + payload


def samples_of(payload: bytes) -> Samples:
    """The sound of an `AUDIO` message; a lone last octet is no sample and is left out."""
    return np.frombuffer(payload[: len(payload) & ~1], dtype="<i2").astype(np.int16)


class Parser:
    """Feed it what the socket gives. It holds back less than one message (`MAX_PAYLOAD_BYTES` and a header)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, octets: bytes) -> list[Message]:
        """The messages completed by these octets, in order, unknown kinds too.

        Raises:
            FramingError: A length beyond `MAX_PAYLOAD_BYTES`.
        """
        data = self._rest + octets
        messages: list[Message] = []
        at = 0
        while len(data) - at >= _HEADER_BYTES:
            length = int.from_bytes(data[at + 1 : at + _HEADER_BYTES], "big")
            if length > MAX_PAYLOAD_BYTES:
                self._rest = b""
                raise FramingError(f"a message of kind 0x{data[at]:02x} with {length} octets")
            end = at + _HEADER_BYTES + length
            if end > len(data):
                break
            messages.append(Message(data[at], data[at + _HEADER_BYTES : end]))
            at = end
        self._rest = data[at:]
        return messages
