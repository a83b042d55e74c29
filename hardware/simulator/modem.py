"""A simulated SMS modem on a pty: TS 27.005 in PDU mode. It shares no code with the driver.

It keeps what it was given, and answers as it is told to. A PDU is taken apart by its own reading of TS 23.040.
"""

import asyncio
import contextlib
import os
import tty
from dataclasses import dataclass, field
from typing import Final

BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
BEHIND_ESCAPE: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}


@dataclass(frozen=True)
class Given:
    """One SMS-SUBMIT that the modem was given."""

    to: str
    text: str
    report: bool
    part: int
    parts: int
    reference: int


@dataclass
class SimulatedModem:
    """One modem. `refuses` is the number behind its next `+CMS ERROR`, once for each; `mute` takes a text and says no
    more."""

    given: list[Given] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    stored: dict[int, str] = field(default_factory=dict)
    refuses: list[int] = field(default_factory=list)
    mute: bool = False
    network: int = 1
    pin: str = ""
    pin_given: list[str] = field(default_factory=list)
    echo: bool = True
    path: str = ""
    _reference: int = 0
    _buffer: str = ""
    _awaits: int | None = None
    _ends: tuple[int, int] | None = None

    def plug_in(self) -> str:
        """The path of its line; a new one each time."""
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        self._ends, self._buffer, self._awaits, self.echo = (ours, theirs), "", None, True
        self.path = os.ttyname(theirs)
        asyncio.get_running_loop().add_reader(ours, self._readable)
        return self.path

    def pull_out(self) -> None:
        if self._ends is not None:
            asyncio.get_running_loop().remove_reader(self._ends[0])
            for end in self._ends:
                os.close(end)
            self._ends = None

    def says(self, *lines: str) -> None:
        self._write("".join(f"\r\n{line}\r\n" for line in lines))

    def reports(self, reference: int, to: str, status: int = 0) -> None:
        """A status report of one part."""
        digits = to.removeprefix("+")
        unit = f"0006{reference:02X}{len(digits):02X}91{_swapped(digits)}" + "62111281000080" * 2
        self.says("+CDS: 25", f"{unit}{status:02X}")

    def receives(
        self,
        sender: str,
        text: str,
        *,
        index: int | None = None,
        joined: tuple[int, int, int] | None = None,
        protocol: int = 0,
        scheme: int = 8,
        header: bytes = b"",
    ) -> None:
        """An SMS in UCS-2. With `index` it is stored, and told of; else handed over at once. `header`: one of another
        kind than that of parts, with its length octet."""
        digits = sender.removeprefix("+")
        header = header if joined is None else bytes((5, 0, 3, *joined))
        data = header + text.encode("utf-16-be")
        first = "44" if header else "04"
        kind = f"{protocol:02X}{scheme:02X}62111281000080"
        unit = f"00{first}{len(digits):02X}91{_swapped(digits)}{kind}{len(data):02X}{data.hex().upper()}"
        if index is None:
            self.says(f"+CMT: ,{len(unit) // 2 - 1}", unit)
        else:
            self.stored[index] = unit
            self.says(f'+CMTI: "SM",{index}')

    # --- inside ---

    def _readable(self) -> None:
        assert self._ends is not None  # noqa: S101
        with contextlib.suppress(OSError):
            self._buffer += os.read(self._ends[0], 4096).decode("ascii", "replace")
        while True:
            if self._awaits is not None:
                text, end, rest = self._buffer.partition("\x1a")
                if not end:
                    return
                self._buffer, length, self._awaits = rest, self._awaits, None
                self._take(text, length)
            else:
                self._buffer = self._buffer.replace("\x1b", "")
                command, end, rest = self._buffer.partition("\r")
                if not end:
                    return
                self._buffer = rest
                if command:
                    self._obey(command)

    def _obey(self, command: str) -> None:
        self.commands.append(command)
        if self.echo:
            self._write(f"{command}\r")
        name = command.partition("=")[0]
        if command == "ATE0":
            self.echo = False
            self.says("OK")
        elif command == "AT+CPIN?":
            self.says("+CPIN: SIM PIN" if self.pin and self.pin not in self.pin_given else "+CPIN: READY", "OK")
        elif name == "AT+CPIN":
            self.pin_given.append(command.partition("=")[2].strip('"'))
            self.says("OK" if self.pin in self.pin_given else "+CME ERROR: 16")
        elif command == "AT+CREG?":
            self.says(f"+CREG: 0,{self.network}", "OK")
        elif name == "AT+CMGS":
            self._awaits = int(command.partition("=")[2])
            self._write("\r\n> ")
        elif name == "AT+CMGL":
            rows = [line for at, unit in self.stored.items() for line in (f"+CMGL: {at},0,,{len(unit) // 2 - 1}", unit)]
            self.says(*rows, "OK")
        elif name == "AT+CMGR":
            unit = self.stored.get(int(command.partition("=")[2]), "")
            self.says(*((f"+CMGR: 0,,{len(unit) // 2 - 1}", unit, "OK") if unit else ("+CMS ERROR: 321",)))
        elif name == "AT+CMGD":
            self.stored.pop(int(command.partition("=")[2]), None)
            self.says("OK")
        elif name in ("AT+CMEE", "AT+CMGF", "AT+CNMI", "AT+CSCA"):
            self.says("OK")
        else:
            self.says("ERROR")

    def _take(self, text: str, length: int) -> None:
        unit = bytes.fromhex(text.strip())
        if self.refuses:
            self.says(f"+CMS ERROR: {self.refuses.pop(0)}")
            return
        if len(unit) - 1 - unit[0] != length:
            self.says("+CMS ERROR: 304")
            return
        self._reference = (self._reference + 1) % 256
        self.given.append(_given(unit, self._reference))
        if not self.mute:
            self.says(f"+CMGS: {self._reference}", "OK")

    def _write(self, text: str) -> None:
        if self._ends is not None:
            os.write(self._ends[0], text.encode())


def _swapped(digits: str) -> str:
    padded = digits + "F" * (len(digits) % 2)
    return "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))


def _given(unit: bytes, reference: int) -> Given:
    """TS 23.040 §9.2.2.2: by the bits of one long number, and not as the driver packs them."""
    at = 1 + unit[0]
    first, count = unit[at], unit[at + 2]
    octets = unit[at + 4 : at + 4 + (count + 1) // 2]
    digits = "".join(f"{one & 15:x}{one >> 4:x}" for one in octets)[:count]
    at += 4 + (count + 1) // 2
    scheme = unit[at + 1]
    at += 2 + (1 if first & 0x18 == 0x10 else 0)
    length, data = unit[at], unit[at + 1 :]
    header = data[: data[0] + 1] if first & 0x40 else b""
    part, parts = (header[5], header[4]) if header else (1, 1)
    if scheme == 8:
        text = data[len(header) : length].decode("utf-16-be")
    else:
        bits = "".join(f"{one:08b}"[::-1] for one in data)
        skip = -(-len(header) * 8 // 7)
        septets = [int(bits[one * 7 : one * 7 + 7][::-1], 2) for one in range(skip, length)]
        text, escaped = "", False
        for one in septets:
            if one == 0x1B and not escaped:
                escaped = True
                continue
            text += BEHIND_ESCAPE[one] if escaped else BASIC[one]
            escaped = False
    return Given(f"+{digits}", text, bool(first & 0x20), part, parts, reference)
