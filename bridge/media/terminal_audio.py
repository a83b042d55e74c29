"""Where a terminal's sound is: what the `audio` setting of a terminal says."""

import importlib.util
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bridge.media.reasons import MediaReason
from bridge.ports import PortError

LIBRARY: Final = "alsaaudio"
REMEDY: Final = (
    "install the package pyalsaaudio: `sudo apt-get install gcc python3-dev libasound2-dev`, then `make soundcard`"
)


@dataclass(frozen=True, slots=True)
class SocketAudio:
    """AudioSocket over TCP; the terminal's side listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class CardAudio:
    """A sound card of this machine: an ALSA name (`hw:CARD=rakel1,DEV=0`) or a USB socket (`usb:1-1.4`)."""

    device: str


TerminalAudio = SocketAudio | CardAudio


def parse_audio(audio: str) -> TerminalAudio:
    """Read `audiosocket://host:port` or `alsa:<device>`.

    Raises:
        PortError: It is neither.
    """
    scheme, _, device = audio.partition(":")
    if scheme == "alsa":
        if not device or not device.isprintable():
            raise PortError("terminal", MediaReason.NO_SOUND_CARD_NAMED(audio=repr(audio)), retry=False)
        return CardAudio(device)
    parts = urlsplit(audio)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "audiosocket" or not parts.hostname or not port:
        raise PortError("terminal", MediaReason.AUDIO_ADDRESS(audio=audio), retry=False)
    return SocketAudio(parts.hostname, port)


def usable_audio(audio: str) -> TerminalAudio:
    """As `parse_audio`, and what it needs is installed.

    Raises:
        PortError: It cannot be read, or the library for sound cards is missing.
    """
    found = parse_audio(audio)
    if isinstance(found, CardAudio) and importlib.util.find_spec(LIBRARY) is None:
        raise PortError("sound card", MediaReason.CARD_LIBRARY_MISSING(audio=audio), retry=False)
    return found
