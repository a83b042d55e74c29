"""Short data: text messages, their delivery reports, and statuses (EN 300 392-2 §29 for SDS-TL, §14.8.34 for statuses).

A text message is `82 | flags | reference | [store-and-forward control] | coding | text`; the flags ask for a report.
 The reports are the only proof
of delivery: the terminal's "sent" comes also when the receiver is off.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from bridge.domain.kernel.reasons import Reason
from bridge.domain.shortdata import sdstext
from bridge.rakel.reasons import SdsReason

PID_SIMPLE_TEXT: Final = 0x02
PID_SIMPLE_IMMEDIATE: Final = 0x09
PID_TEXT: Final = 0x82
PID_IMMEDIATE: Final = 0x89
PID_TEXT_UDH: Final = 0x8A

_TRANSFER, _REPORT, _ACK = 0, 1, 2
_STORE_AND_FORWARD: Final = 0x01
_SHORT_REPORT_PREFIX: Final = 0b011111
_BOTH_REPORTS: Final = 0x0C
_RECEIVED_REPORT: Final = 0x04
MAX_TEXT_BYTES: Final = sdstext.ONE_OCTETS


class TextCoding(IntEnum):
    """The low seven bits of the coding octet (§29.5.4). Others are shown as ISO 8859-1 with a mark."""

    GSM7 = 0
    LATIN1 = 1
    LATIN9 = 13
    CP437 = 14
    CP850 = 16
    UTF16 = 26


_CODECS: Final = {
    **{2 + part: f"iso8859-{2 + part}" for part in range(9)},
    TextCoding.LATIN1.value: "latin-1",
    11: "iso8859-13",
    12: "iso8859-14",
    TextCoding.LATIN9.value: "iso8859-15",
    TextCoding.CP437.value: "cp437",
    TextCoding.CP850.value: "cp850",
}


class _ForwardAddress(IntEnum):
    """EN 300 392-2 §29.4.3.5; seen in the field: SSI."""

    SNA = 0
    SSI = 1
    TSI = 2
    EXTERNAL = 3
    NONE = 7


class Delivery(StrEnum):
    RECEIVED = "received"
    CONSUMED = "consumed"
    STORED = "stored"
    """The network keeps it and tries again."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TextMessage:
    """`reference` 1…255 and the wish for a report are those of SDS-TL; simple text has neither."""

    text: str
    reference: int | None = None
    report_wanted: bool = False
    immediate: bool = False
    part: tuple[int, int] | None = None
    """(number, of how many) when it is a piece of a longer text."""
    series: int | None = None
    """Names the longer text among those of one sender, 0…255."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    reference: int
    delivery: Delivery
    status: int
    """As sent: 0x00 received, 0x02 consumed, 0x2x stored, 0x4x and 0x5x failed; short reports as their full kin."""

    @property
    def reason(self) -> Reason | None:
        """Why it is not there yet, or never will be; `None` where all is well."""
        if self.delivery in (Delivery.RECEIVED, Delivery.CONSUMED):
            return None
        return SdsReason.DELIVERY_STATUS(status=f"0x{self.status:02X}")


@dataclass(frozen=True, slots=True)
class Status:
    """A pre-coded status, 0…65535; 0 is the emergency alarm."""

    code: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Short data of a kind or form we do not read."""

    why: str


Content = TextMessage | DeliveryReport | Status | Unreadable


def user_data(hex_digits: str, bits: int) -> bytes:
    """Hex into bytes, cut to ⌈bits/8⌉.

    Terminals differ: one says 84 bits and gives 22 digits, another gives 21. An odd digit is padded with 0; what is
    missing stays missing. Digits that are not hex end the data.
    """
    digits = hex_digits if len(hex_digits) % 2 == 0 else hex_digits + "0"
    try:
        return bytes.fromhex(digits)[: -(-bits // 8)]
    except ValueError:
        return b""


def decode(ai_service: int, data: bytes) -> Content:
    """Read the user data of one message. Never raises: what cannot be read is `Unreadable`."""
    if ai_service in (9, 13):
        return _status(data)
    if ai_service != 12:
        return Unreadable(f"AI service {ai_service}")
    if len(data) < 2:
        return Unreadable("too short")
    if data[0] in (PID_SIMPLE_TEXT, PID_SIMPLE_IMMEDIATE):
        text = joined((_text(data[1], data[2:]),))
        return TextMessage(text, immediate=data[0] == PID_SIMPLE_IMMEDIATE)
    if data[0] in (PID_TEXT, PID_IMMEDIATE, PID_TEXT_UDH):
        return _transport(data)
    return Unreadable(f"protocol {data[0]}")


def encode_text(
    text: str, reference: int, *, report_wanted: bool = True, read_wanted: bool = False, immediate: bool = False
) -> bytes:
    """An SDS-TRANSFER; ISO 8859-1 where the text fits it, else UTF-16.

    Raises:
        ValueError: the text is over `MAX_TEXT_BYTES` when coded, or the reference outside 1…255.
    """
    coding, coded = encode_characters(text)
    pid = PID_IMMEDIATE if immediate else PID_TEXT
    return _transfer(pid, reference, coding, coded, _flags(report_wanted, read_wanted))


def encode_series(
    text: str,
    series: int,
    references: tuple[int, ...],
    *,
    report_wanted: bool = True,
    read_wanted: bool = False,
    octets: int = MAX_TEXT_BYTES,
) -> tuple[bytes, ...]:
    """A longer text as messages with a header that tells receivers to put them together; all in one coding.

    Args:
        text: Any; one message without a header where it fits.
        series: Names the text among those to one receiver, 0…255.
        references: One for each of `sdstext.series(text, octets)`.
        octets: Of text that one message may hold.
    """
    pieces = sdstext.series(text, octets)
    flags = _flags(report_wanted, read_wanted)
    coding = encode_characters(text)[0]
    messages = []
    for number, (piece, reference) in enumerate(zip(pieces, references, strict=True), 1):
        coded = _coded(piece, coding)
        if len(pieces) == 1:
            messages.append(_transfer(PID_TEXT, reference, coding, coded, flags))
        else:
            header = bytes((5, 0, 3, series, len(pieces), number))
            messages.append(_transfer(PID_TEXT_UDH, reference, coding, header + coded, flags))
    return tuple(messages)


def _flags(report_wanted: bool, read_wanted: bool) -> int:
    return (_BOTH_REPORTS if read_wanted else _RECEIVED_REPORT) if report_wanted else 0


def _transfer(pid: int, reference: int, coding: TextCoding, body: bytes, flags: int) -> bytes:
    if not 1 <= reference <= 255:
        raise ValueError(f"message reference {reference} is outside 1…255")
    if len(body) > MAX_TEXT_BYTES:
        raise ValueError(f"text takes {len(body)} bytes of {MAX_TEXT_BYTES}")
    return bytes((pid, flags, reference, coding)) + body


def encode_report(reference: int, status: int = 0) -> bytes:
    """SDS-REPORT for a message that asked for one; status 0 = received."""
    return bytes((PID_TEXT, _REPORT << 4, status, reference))


def encode_status(code: int) -> bytes:
    """A pre-coded status, 0…65535."""
    return code.to_bytes(2, "big")


def encode_characters(text: str) -> tuple[TextCoding, bytes]:
    coding = TextCoding.LATIN1 if sdstext.coding_of(text) is sdstext.Coding.LATIN1 else TextCoding.UTF16
    return coding, _coded(text, coding)


def _coded(text: str, coding: TextCoding) -> bytes:
    return text.encode("latin-1") if coding is TextCoding.LATIN1 else text.encode("utf-16-be", "replace")


def joined(pieces: tuple[str, ...]) -> str:
    """The text of a series. A character cut in two between pieces becomes whole; a lone half becomes U+FFFD."""
    return "".join(pieces).encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def _status(data: bytes) -> Content:
    if len(data) != 2:
        return Unreadable(f"status of {len(data)} bytes")
    if data[0] >> 2 == _SHORT_REPORT_PREFIX:
        return DeliveryReport(data[1], *_SHORT_REPORTS[data[0] & 0b11])
    return Status(int.from_bytes(data, "big"))


_SHORT_REPORTS: Final = (
    (Delivery.FAILED, 0x50),
    (Delivery.FAILED, 0x52),
    (Delivery.RECEIVED, 0x00),
    (Delivery.CONSUMED, 0x02),
)
"""Protocol not supported, destination memory full, received, consumed; with the status of the long report alike."""


def _transport(data: bytes) -> Content:
    message_type, flags = data[1] >> 4, data[1] & 0x0F
    if message_type == _REPORT and len(data) >= 4:
        return DeliveryReport(data[3], _delivery(data[2]), data[2])
    if message_type == _ACK:
        return Unreadable("acknowledgement of a report")
    if message_type != _TRANSFER or len(data) < 4:
        return Unreadable("SDS-TL message of another type or cut short")
    rest = _after_store_and_forward(data[3:]) if flags & _STORE_AND_FORWARD else data[3:]
    if not rest:
        return Unreadable("store and forward control of a form not known, or cut short")
    coding, body = rest[0], rest[1:]
    if coding & 0x80:
        body = body[3:]  # 24 bit of time stamp
    part, series, body = _user_data_header(body) if data[0] == PID_TEXT_UDH else (None, None, body)
    text = _text(coding, body)
    # Half a character may be at the edge of a piece; alone it is none.
    text = text if part is not None else joined((text,))
    return TextMessage(text, data[2], bool(flags & _BOTH_REPORTS), data[0] == PID_IMMEDIATE, part, series)


def _after_store_and_forward(data: bytes) -> bytes:
    """The part after the control: five bits of validity, three of the kind of forward address, and that address."""
    kind, rest = data[0] & 0b111, data[1:]
    match kind:
        case _ForwardAddress.SNA:
            return rest[1:]
        case _ForwardAddress.SSI:
            return rest[3:]
        case _ForwardAddress.TSI:
            return rest[6:]
        case _ForwardAddress.EXTERNAL:  # a number of digits, and they, four bits each
            return rest[1 + -(-rest[0] // 2) :] if rest else b""
        case _ForwardAddress.NONE:
            return rest
        case _:
            return b""


def _user_data_header(body: bytes) -> tuple[tuple[int, int] | None, int | None, bytes]:
    """`05 00 03 <series> <of how many> <number>` before the text."""
    length = body[0] + 1 if body else 0
    if length == 6 and body[1:3] == b"\x00\x03" and len(body) >= 6 and 1 <= body[5] <= body[4]:
        return (body[5], body[4]), body[3], body[6:]
    return None, None, body[length:]


def _delivery(status: int) -> Delivery:
    if status == 0x02:
        return Delivery.CONSUMED
    if status < 0x20:
        return Delivery.RECEIVED
    return Delivery.STORED if status < 0x40 else Delivery.FAILED


def _text(coding: int, body: bytes) -> str:
    kind = coding & 0x7F
    if kind == TextCoding.GSM7:
        return _gsm7(body)
    if kind == TextCoding.UTF16:
        return body[: len(body) // 2 * 2].decode("utf-16-be", "surrogatepass").rstrip("\x00")
    return body.decode(_CODECS.get(kind, "latin-1"), "replace").rstrip("\x00")


_GSM7: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ�ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of 3GPP TS 23.038 §6.2.1."""


def _gsm7(body: bytes) -> str:
    """Seven bits a character, packed from the lowest bit."""
    bits = int.from_bytes(body, "little")
    return "".join(_GSM7[bits >> 7 * at & 0x7F] for at in range(len(body) * 8 // 7)).rstrip("@\r")
