"""Units of SMPP 3.4: octets in, values out, and back. Pure.

Section numbers are those of *SMPP Protocol Specification v3.4*, issue 1.2. All integers are in network order. Strings
of `C-Octet` end with a zero octet.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from bridge.bearers import alphabet
from bridge.bearers.alphabet import Joined
from bridge.bearers.modem.pdu import SILENT, is_text
from bridge.domain.outbox.commands import Receipt
from bridge.domain.outbox.gsm import Coding
from bridge.ports import Unheard

HEADER: Final = struct.Struct(">IIII")
"""Length, command, status, sequence number (§3.2)."""
LONGEST: Final = 65_536
"""A longer unit is no unit: the line is given up."""
_ANSWER: Final = 0x8000_0000


class Command(IntEnum):
    """§5.1.2.1."""

    GENERIC_NACK = 0x8000_0000
    SUBMIT = 0x0000_0004
    DELIVER = 0x0000_0005
    UNBIND = 0x0000_0006
    BIND_TRANSCEIVER = 0x0000_0009
    ENQUIRE = 0x0000_0015


class Status(IntEnum):
    """§5.1.3; those that we tell apart."""

    OK = 0x00
    BAD_COMMAND = 0x03
    WRONG_STATE = 0x04
    QUEUE_FULL = 0x14
    THROTTLED = 0x58
    LATER = 0x64
    """The receiver's temporary error: the SMSC hands it over again."""
    BIND_FAILED = 0x0D
    WRONG_PASSWORD = 0x0E
    WRONG_SYSTEM_ID = 0x0F


LOGIN: Final = frozenset({Status.BIND_FAILED, Status.WRONG_PASSWORD, Status.WRONG_SYSTEM_ID})
SLOWER: Final = frozenset({Status.THROTTLED, Status.QUEUE_FULL})
FOR_GOOD: Final = frozenset(
    {0x01, 0x02, 0x03, 0x06, 0x07, 0x0A, 0x0B, 0x15, 0x33, 0x34, 0x40, 0x42, 0x43, 0x44, 0x48, 0x49, 0x50, 0x51, 0x53}
    | {0x54, 0x55, 0x61, 0x62, 0x63, 0x65, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4}
)
"""Faults of the message itself: its length, its addresses, its coding. The same message is never taken."""


class Tag(IntEnum):
    """Optional parameters (§5.3.2)."""

    RECEIPTED_ID = 0x001E
    SAR_REFERENCE = 0x020C
    SAR_PARTS = 0x020E
    SAR_PART = 0x020F
    PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


HAS_HEADER: Final = 0x40
"""Of `esm_class`: the text begins with a header (§5.2.12)."""
_KIND: Final = 0x3C
_RECEIPT: Final = 0x04
_ON_THE_WAY: Final = 0x20
"""An intermediate notification."""
WANT_RECEIPT: Final = 0x01
CODING_DEFAULT, CODING_IA5, CODING_LATIN1, CODING_UCS2 = 0, 1, 3, 8
_OF_THE_NETWORK: Final = 0x10
"""From here on a coding is the data coding scheme of the network."""

_STATES: Final[Mapping[str, Receipt]] = {
    "DELIVRD": Receipt.DELIVERED,
    "EXPIRED": Receipt.FAILED,
    "DELETED": Receipt.FAILED,
    "UNDELIV": Receipt.FAILED,
    "REJECTD": Receipt.FAILED,
}
"""Appendix B. Other states are stages on the way."""
_STATE_NUMBERS: Final[Mapping[int, Receipt]] = {
    2: Receipt.DELIVERED,
    3: Receipt.FAILED,
    4: Receipt.FAILED,
    5: Receipt.FAILED,
    8: Receipt.FAILED,
}
"""§5.2.28."""
_ID_IN_TEXT: Final = re.compile(r"(?:^|\s)id:\s*([!-~]{1,65})", re.IGNORECASE)
_STATE_IN_TEXT: Final = re.compile(r"\bstat:\s*([A-Z]{5,7})", re.IGNORECASE)


class Unreadable(ValueError):
    """Octets that are no unit, or none of its kind."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit. `command` may be one that we do not know."""

    command: int
    sequence: int
    body: bytes = b""
    status: int = 0

    @property
    def wire(self) -> bytes:
        return HEADER.pack(HEADER.size + len(self.body), self.command, self.status, self.sequence) + self.body

    @property
    def is_answer(self) -> bool:
        return bool(self.command & _ANSWER)

    def answered(self, status: int = 0, body: bytes = b"") -> "Unit":
        """The answer to it."""
        return Unit(self.command | _ANSWER, self.sequence, body, status)


@dataclass(frozen=True, slots=True)
class Address:
    """A number or a name, with its type and plan (§5.2.5, §5.2.6)."""

    text: str
    type: int
    plan: int

    @property
    def octets(self) -> bytes:
        return bytes((self.type, self.plan)) + _string(self.text)


def address(text: str) -> Address:
    """E.164 with plus is an international number without it; anything else is a name."""
    return Address(text[1:], 1, 1) if text.startswith("+") else Address(text, 5, 0)


@dataclass(frozen=True, slots=True)
class Part:
    """The text of one submission.

    Attributes:
        data: The text as octets, behind its header where `esm_class` says so. At most 254, else it is a payload.
        options: Optional parameters by tag.
    """

    data: bytes
    data_coding: int
    esm_class: int = 0
    options: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A unit that the SMSC hands us (§4.6.1).

    Attributes:
        sender: E.164 with plus where it says that it is international; else as it came.
        joined: Its place in a long message.
    """

    sender: str
    text: str
    joined: Joined | None
    receipt_of: str | None = None
    receipt: Receipt | None = None
    is_receipt: bool = False
    unheard: Unheard | None = None
    """Why it is neither a receipt nor an answer of a person."""


def bind(system_id: str, password: str, system_type: str) -> bytes:
    """§4.1.5, interface version 3.4, for every address."""
    return _string(system_id) + _string(password) + _string(system_type) + bytes((0x34, 0, 0)) + b"\0"


def submit(sender: str, to: str, part: Part, *, receipt: bool) -> bytes:
    """§4.4.1."""
    flags = bytes((part.esm_class, 0, 0)) + b"\0\0" + bytes((WANT_RECEIPT if receipt else 0, 0, part.data_coding, 0))
    is_short = Tag.PAYLOAD not in part.options
    text = bytes((len(part.data),)) + part.data if is_short else b"\0"
    options = b"".join(struct.pack(">HH", tag, len(value)) + value for tag, value in part.options.items())
    return b"\0" + address(sender).octets + address(to).octets + flags + text + options


def message_id(body: bytes) -> str:
    """Of an answer to `submit` (§4.4.2).

    Raises:
        Unreadable: There is none.
    """
    name, _ = _read_string(body, 0)
    if not name or not name.isprintable() or len(name) > 65 or " " in name:
        raise Unreadable("no message id")
    return name


def delivered(body: bytes) -> Delivered:
    """§4.6.1.

    Raises:
        Unreadable: It ends early.
    """
    _, at = _read_string(body, 0)
    sender, at = _read_address(body, at)
    _, at = _read_address(body, at)
    esm_class, protocol, at = _octet(body, at), _octet(body, at + 1), at + 3
    _, at = _read_string(body, at)
    _, at = _read_string(body, at)
    coding, length = _octet(body, at + 2), _octet(body, at + 4)
    at += 5
    data, options = body[at : at + length], _options(body[at + length :])
    if len(data) < length:
        raise Unreadable("the text ends early")
    data = options.get(Tag.PAYLOAD, data)
    joined = _sar(options)
    header = b""
    if esm_class & HAS_HEADER and data:
        if len(data) <= data[0]:
            raise Unreadable("its header ends early")
        header, data = data[1 : 1 + data[0]], data[1 + data[0] :]
        joined = alphabet.joined_of(header) or joined
    kind = esm_class & _KIND
    if kind in (_RECEIPT, _ON_THE_WAY):
        found = _receipt(sender, _text(data, coding) or "", options)
        return found if kind == _RECEIPT else replace(found, receipt=None)
    text = _text(data, coding)
    if protocol == SILENT:
        return Delivered(sender, "", None, unheard=Unheard.SILENT)
    if kind or text is None or not is_text(protocol) or alphabet.is_for_a_program(header):
        return Delivered(sender, "", None, unheard=Unheard.NO_TEXT)
    return Delivered(sender, text, joined)


def _receipt(sender: str, text: str, options: Mapping[int, bytes]) -> Delivered:
    """The optional parameters, else the text of appendix B."""
    named, told = _ID_IN_TEXT.search(text), _STATE_IN_TEXT.search(text)
    name = options.get(Tag.RECEIPTED_ID, b"").rstrip(b"\0").decode("ascii", "replace") or (named[1] if named else None)
    number = options.get(Tag.MESSAGE_STATE, b"")
    receipt = _STATE_NUMBERS.get(number[0]) if number else _STATES.get(told[1].upper()) if told else None
    return Delivered(sender, text, None, name, receipt, is_receipt=True)


def _text(data: bytes, coding: int) -> str | None:
    """`None`: in a coding that is none of text, or that we cannot read (§5.2.19; from 16 on TS 23.038)."""
    if coding in (CODING_IA5, CODING_LATIN1):
        return data.decode("latin-1")
    if coding == CODING_UCS2:
        return data.decode("utf-16-be", "replace")
    letters = alphabet.coding_of_scheme(coding) if coding == CODING_DEFAULT or coding >= _OF_THE_NETWORK else None
    if letters is Coding.UCS2:
        return data.decode("utf-16-be", "replace")
    return None if letters is None else alphabet.of_septets(data)


def _sar(options: Mapping[int, bytes]) -> Joined | None:
    values = [options.get(tag, b"") for tag in (Tag.SAR_REFERENCE, Tag.SAR_PARTS, Tag.SAR_PART)]
    if not all(values):
        return None
    reference, parts, part = (int.from_bytes(one) for one in values)
    return Joined(reference, parts, part) if 1 <= part <= parts <= 255 else None


def _options(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        tag, length = struct.unpack_from(">HH", data, at)
        found[tag] = data[at + 4 : at + 4 + length]
        at += 4 + length
    return found


def _string(text: str) -> bytes:
    return text.encode("ascii", "replace").replace(b"\0", b"") + b"\0"


def _read_string(body: bytes, at: int) -> tuple[str, int]:
    end = body.find(b"\0", at)
    if end < 0:
        raise Unreadable("a string without its end")
    return body[at:end].decode("ascii", "replace"), end + 1


def _read_address(body: bytes, at: int) -> tuple[str, int]:
    kind = _octet(body, at)
    text, end = _read_string(body, at + 2)
    return (f"+{text}" if kind == 1 and text.isdigit() else text), end


def _octet(body: bytes, at: int) -> int:
    if at >= len(body):
        raise Unreadable("it ends early")
    return body[at]
