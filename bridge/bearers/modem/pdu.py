"""Transfer units of SMS (3GPP TS 23.040 §9.2) as a modem has them in PDU mode (TS 27.005 §4). Pure."""

from dataclasses import dataclass
from typing import Final

from bridge.bearers import alphabet
from bridge.bearers.alphabet import Joined
from bridge.domain.outbox import gsm
from bridge.domain.outbox.commands import Receipt
from bridge.domain.outbox.gsm import Coding
from bridge.ports import Unheard

VALID_6_H: Final = 71
"""TS 23.040 §9.2.3.12.1: (71 + 1) times five minutes. The network tries no longer."""
_INTERNATIONAL, _NATIONAL = 0x91, 0xA1
_SUBMIT_WITH_VALIDITY: Final = 0x11
_WANT_REPORT: Final = 0x20
_HAS_HEADER: Final = 0x40
_TIME_OCTETS: Final = 7
_SEMI_OCTETS: Final = "0123456789*#abc"
_MOST_OCTETS: Final = 140
"""Of a text with its header."""
SILENT: Final = 0x40
_FROM_OTHER_MEDIA: Final = range(0x20, 0x40)
_IN_PLACE_OF: Final = range(0x41, 0x48)


class Unreadable(ValueError):
    """Octets that are no such unit."""


@dataclass(frozen=True, slots=True)
class Submit:
    """One part as `AT+CMGS` takes it: hex, and the octets without the address of the service centre."""

    hex: str
    length: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """An SMS that has come in."""

    sender: str
    text: str
    """Empty where it is not heard."""
    joined: Joined | None
    unheard: Unheard | None = None
    """Why it is no answer of a person."""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The network's report of one part. `receipt` is `None` while it still tries."""

    reference: int
    to: str
    receipt: Receipt | None


def submits(to: str, text: str, reference: int, *, report: bool = True) -> tuple[Submit, ...]:
    """The parts of a text to a number, at least one. The modem's own service centre is used."""
    coding = gsm.coding_of(text)
    pieces = gsm.split(text, coding)
    if len(pieces) == 1:
        return (_submit(to, text, coding, None, report=report),)
    count = len(pieces)
    return tuple(
        _submit(to, one, coding, Joined(reference, count, at), report=report) for at, one in enumerate(pieces, 1)
    )


def _submit(to: str, text: str, coding: Coding, joined: Joined | None, *, report: bool) -> Submit:
    first = _SUBMIT_WITH_VALIDITY | (_WANT_REPORT if report else 0) | (_HAS_HEADER if joined is not None else 0)
    header = joined.header if joined is not None else b""
    data = alphabet.encoded(text, coding)
    if coding is Coding.GSM7:
        fill_bits = -len(header) * 8 % 7
        length = (len(header) * 8 + fill_bits) // 7 + len(data)
        user_data = header + alphabet.packed(data, fill_bits=fill_bits)
    else:
        length, user_data = len(header) + len(data), header + data
    scheme = 0x00 if coding is Coding.GSM7 else 0x08
    unit = bytes((first, 0)) + _address(to) + bytes((0, scheme, VALID_6_H, length)) + user_data
    return Submit((b"\0" + unit).hex().upper(), len(unit))


def delivered(line: str) -> Deliver:
    """Of `+CMT` and `+CMGR`: an SMS-DELIVER behind the service centre's address (TS 23.040 §9.2.2.1).

    Raises:
        Unreadable: It is none.
    """
    unit = _Octets(line)
    first = unit.behind_service_centre()
    if first & 0x03 != 0x00:
        raise Unreadable("no SMS-DELIVER")
    sender = unit.address()
    protocol, scheme = unit.take(2)
    unit.take(_TIME_OCTETS)
    length = unit.take(1)[0]
    data = unit.rest()
    coding = alphabet.coding_of_scheme(scheme)
    if protocol == SILENT:
        return Deliver(sender, "", None, Unheard.SILENT)
    if coding is None or not is_text(protocol):
        return Deliver(sender, "", None, Unheard.NO_TEXT)
    octets = length if coding is Coding.UCS2 else (length * 7 + 7) // 8
    if octets > _MOST_OCTETS or len(data) < octets:
        raise Unreadable("its text is longer than a text can be" if octets > _MOST_OCTETS else "its text ends early")
    data = data[:octets]
    skip = 0
    header = b""
    if first & _HAS_HEADER:
        skip = 1 + (data[0] if data else 0)
        if skip > len(data):
            raise Unreadable("its header ends early")
        header = data[1:skip]
    if alphabet.is_for_a_program(header):
        return Deliver(sender, "", None, Unheard.NO_TEXT)
    joined = alphabet.joined_of(header)
    if coding is Coding.UCS2:
        return Deliver(sender, data[skip:].decode("utf-16-be", "replace"), joined)
    fill_bits = -skip * 8 % 7
    septets = length - (skip * 8 + fill_bits) // 7
    return Deliver(sender, alphabet.of_septets(alphabet.unpacked(data[skip:], septets, fill_bits=fill_bits)), joined)


def status_report(line: str) -> StatusReport:
    """Of `+CDS` (TS 23.040 §9.2.2.3).

    Raises:
        Unreadable: It is none.
    """
    unit = _Octets(line)
    if unit.behind_service_centre() & 0x03 != 0x02:
        raise Unreadable("no SMS-STATUS-REPORT")
    reference = unit.take(1)[0]
    to = unit.address()
    unit.take(2 * _TIME_OCTETS)
    status = unit.take(1)[0]
    return StatusReport(reference, to, _fate(status))


def _fate(status: int) -> Receipt | None:
    """TS 23.040 §9.2.3.15. From 32 to 63 the network still tries."""
    if status < 0x20:
        return Receipt.DELIVERED
    return None if status < 0x40 else Receipt.FAILED


def is_text(protocol: int) -> bool:
    """Of a protocol identifier (TS 23.040 §9.2.3.9). A text comes from a telephone or by another medium, or takes the
    place of one before. Others are for the network, the telephone or the card."""
    return protocol == 0 or protocol in _FROM_OTHER_MEDIA or protocol in _IN_PLACE_OF


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    kind = _INTERNATIONAL if number.startswith("+") else _NATIONAL
    padded = digits + "f" * (len(digits) % 2)
    octets = bytes(int(padded[at + 1] + padded[at], 16) for at in range(0, len(padded), 2))
    return bytes((len(digits), kind)) + octets


class _Octets:
    def __init__(self, line: str) -> None:
        try:
            self._data = bytes.fromhex(line.strip())
        except ValueError as error:
            raise Unreadable("no hex") from error
        self._at = 0

    def take(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        if len(found) < count:
            raise Unreadable("it ends early")
        self._at += count
        return found

    def rest(self) -> bytes:
        return self._data[self._at :]

    def behind_service_centre(self) -> int:
        """The first octet of the unit."""
        self.take(self.take(1)[0])
        return self.take(1)[0]

    def address(self) -> str:
        digits, kind = self.take(2)
        octets = self.take((digits + 1) // 2)
        if kind & 0x70 == 0x50:
            return alphabet.of_septets(alphabet.unpacked(octets, digits * 4 // 7))
        halves = [half for one in octets for half in (one & 0x0F, one >> 4)][:digits]
        text = "".join(_SEMI_OCTETS[one] for one in halves if one < len(_SEMI_OCTETS))
        return f"+{text}" if kind & 0x70 == 0x10 else text
