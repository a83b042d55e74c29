"""Sound cards by ALSA. The only module that knows pyalsaaudio, and it is imported only when a card is opened.

The library holds Python's lock while it opens a device and lets it go while it reads and writes. Devices are therefore
opened non-blocking: a card that another program has is refused at once and never stops the worker. `poll` does the
waiting.

A card's ALSA id (`CARD=rakel1`) and its USB socket (`usb:1-1.4`) are stable names; its number is not.
"""

import importlib
import re
import select
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import structlog

from bridge.audio.frame import FRAME_MS, RATE_HZ, Samples
from bridge.media.card import CARD_RATE_HZ, CardError, frame_samples, is_usable_rate
from bridge.media.terminal_audio import LIBRARY, REMEDY

log = structlog.get_logger(__name__)

_SYSFS: Final = Path("/sys/class/sound")
_USB_SOCKET: Final = re.compile(r"\d+-\d+(\.\d+)*")
_PERIODS: Final = 4
"""The card's own buffer, of 20 ms each: a thread may be so late before sound is lost."""
_AHEAD: Final = 1
"""Frames of silence before the first one played: the distance kept from running empty."""
_SILENT_MS: Final = 1000
"""A card that neither gives nor takes anything for this long stands still."""
_MAX_XRUNS_IN_A_ROW: Final = 10


def open_card(device: str, sysfs: Path = _SYSFS) -> "AlsaCard":
    """Open both directions of a card.

    Args:
        device: An ALSA name, or `usb:` and a USB socket as in `/sys/bus/usb/devices`.

    Raises:
        CardError: It is not there, in use, or cannot carry 16-bit sound at a multiple of 8 kHz. Names those there are.
    """
    alsa = _library()
    name = card_in_socket(device.removeprefix("usb:"), sysfs) if device.startswith("usb:") else device
    wanted = _card_id(name)
    if name is None or (wanted is not None and wanted not in alsa.cards()):
        raise CardError(f"the sound card {device} is not there; {describe_cards(sysfs)}")
    try:
        return AlsaCard(alsa, name)
    except alsa.ALSAAudioError as error:
        raise CardError(f"the sound card {device} cannot be opened: {error}; {describe_cards(sysfs)}") from error


def describe_cards(sysfs: Path = _SYSFS) -> str:
    """The devices of this machine, each by every stable name it has, in one sentence."""
    alsa = _library()
    sockets = {card: socket for socket, card in _usb_cards(sysfs).items()}
    cards = [f"hw:CARD={card}" + (f" (usb:{sockets[card]})" if card in sockets else "") for card in alsa.cards()]
    others = [name for name in alsa.pcms(alsa.PCM_CAPTURE) if ":" not in name and name != "null"]
    found = ", ".join(cards + others)
    return f"there are: {found}" if found else "this machine has no sound card"


def is_installed() -> bool:
    """Whether the library can be imported here."""
    try:
        _library()
    except CardError:
        return False
    return True


def _library() -> ModuleType:
    try:
        return importlib.import_module(LIBRARY)
    except ImportError as error:
        raise CardError(f"the library for sound cards cannot be used ({error}): {REMEDY}") from error


def _card_id(name: str | None) -> str | None:
    """The card's id in an ALSA name; none where the name has a number, or is an alias."""
    found = re.match(r"(?:plug)?hw:(?:CARD=)?([A-Za-z_][A-Za-z0-9_-]*)", name or "")
    return found.group(1) if found else None


def _usb_cards(sysfs: Path) -> dict[str, str]:
    """USB socket → card id."""
    found: dict[str, str] = {}
    for card in sorted(sysfs.glob("card[0-9]*")):
        sockets = [part for part in (card / "device").resolve().parts if _USB_SOCKET.fullmatch(part)]
        if sockets and (card / "id").is_file():
            found[sockets[-1]] = (card / "id").read_text(encoding="ascii").strip()
    return found


def card_in_socket(socket: str, sysfs: Path) -> str | None:
    """The ALSA name of the card in a USB socket, such as `1-1.4`."""
    card = _usb_cards(sysfs).get(socket)
    return f"hw:CARD={card}" if card is not None else None


class AlsaCard:
    """A `SoundCard`. Of several channels the first is heard, and all are played to.

    A card opened directly (`hw:`) runs at 8 kHz where it can, else at 48 kHz. Everything else runs at 48 kHz first.
    ALSA's own conversion from there is linear, which no telephone should have to listen to.

    Raises:
        CardError, alsaaudio.ALSAAudioError: Not usable.
    """

    def __init__(self, alsa: ModuleType, name: str) -> None:
        self._alsa = alsa
        self._name = name
        self.xruns = 0
        self._capture = self._open(alsa.PCM_CAPTURE)
        try:
            self.rate_hz: int = self._capture.info()["rate"]
            self._playback = self._open(alsa.PCM_PLAYBACK, self.rate_hz)
        except (CardError, alsa.ALSAAudioError):
            self._capture.close()
            raise
        self._channels_in: int = self._capture.info()["channels"]
        self._channels_out: int = self._playback.info()["channels"]
        self._silence: Samples = np.zeros(frame_samples(self.rate_hz), dtype=np.int16)
        self._heard: Samples = self._silence[:0]
        self._ahead = 0

    def read(self) -> Samples:
        wanted = self._silence.size
        xruns_before = self.xruns
        while self._heard.size < wanted:
            count, octets = self._call(self._capture.read)
            if count > 0:
                samples = np.frombuffer(octets, dtype="<i2")[:: self._channels_in].astype(np.int16)
                self._heard = np.concatenate((self._heard, samples))
            elif count == 0:
                self._wait(self._capture)
            else:
                self._count_xrun(xruns_before)
        frame, self._heard = self._heard[:wanted], self._heard[wanted:]
        return frame

    def write(self, samples: Samples) -> None:
        while self._ahead < _AHEAD:
            self._ahead += 1
            self._play(self._silence)
        xruns_before = self.xruns
        while not self._play(samples):
            self._count_xrun(xruns_before)
            for _ in range(_AHEAD):
                self._play(self._silence)

    def close(self) -> None:
        for pcm in (self._capture, self._playback):
            try:
                pcm.close()
            except self._alsa.ALSAAudioError as error:
                log.info("card_not_closed", device=self._name, reason=str(error))

    def _play(self, samples: Samples) -> bool:
        """Whether it was taken; if not, the card had run empty and is ready again."""
        octets = np.repeat(samples, self._channels_out).astype("<i2").tobytes()
        while octets:
            count: int = self._call(self._playback.write, octets)
            if count < 0:
                return False
            if count == 0:
                self._wait(self._playback)
            octets = octets[count * self._channels_out * self._silence.itemsize :]
        return True

    def _wait(self, pcm: Any) -> None:
        """Until the card has something, or room for something. Plugins need to be shown what `poll` has found."""
        descriptors: list[tuple[int, int]] = self._call(pcm.polldescriptors)
        poll = select.poll()
        for descriptor, mask in descriptors:
            poll.register(descriptor, mask)
        found = dict(poll.poll(_SILENT_MS))
        if not found:
            raise CardError(f"the sound card {self._name} stands still")
        self._call(
            pcm.polldescriptors_revents, [(descriptor, found.get(descriptor, 0)) for descriptor, _ in descriptors]
        )

    def _count_xrun(self, before: int) -> None:
        """The library has made the card ready again. A card that is never ready stands still."""
        self.xruns += 1
        if self.xruns - before > _MAX_XRUNS_IN_A_ROW:
            raise CardError(f"the sound card {self._name} does not keep up")

    def _call(self, method: Any, *arguments: object) -> Any:
        try:
            return method(*arguments)
        except self._alsa.ALSAAudioError as error:
            raise CardError(f"the sound card was lost: {error}") from error

    def _open(self, direction: int, rate_hz: int | None = None) -> Any:
        first = (RATE_HZ, CARD_RATE_HZ) if self._name.startswith("hw:") else (CARD_RATE_HZ, RATE_HZ)
        got = []
        for asked_hz in first if rate_hz is None else (rate_hz,):
            pcm = self._alsa.PCM(
                direction,
                self._alsa.PCM_NONBLOCK,
                rate=asked_hz,
                channels=1,
                format=self._alsa.PCM_FORMAT_S16_LE,
                periodsize=asked_hz * FRAME_MS // 1000,
                periods=_PERIODS,
                device=self._name,
            )
            actual = pcm.info()
            if is_usable_rate(actual["rate"]) and actual["rate"] == asked_hz and actual["format_name"] == "S16_LE":
                return pcm
            got.append(f"{actual['format_name']} at {actual['rate']} Hz")
            pcm.close()
        raise CardError(
            f"the sound card {self._name} gives {' and '.join(got)}, not S16_LE at {CARD_RATE_HZ} Hz:"
            f" name it by plughw: in place of hw:"
        )
