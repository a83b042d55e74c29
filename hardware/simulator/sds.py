"""Short data: the few PDUs the simulated network itself makes and reads (EN 300 392-2 clause 29)."""

from dataclasses import dataclass
from typing import Final

SDS_TYPE_4: Final = 12
STATUS: Final = 13
"""AI services."""

SIMPLE_TEXT: Final = 0x02
SIMPLE_IMMEDIATE_TEXT: Final = 0x09
TEXT: Final = 0x82
TEXT_WITH_HEADER: Final = 0x8A
SIMPLE_PIDS: Final = range(128)

_TRANSFER: Final = 0x0
_REPORT: Final = 0x1
_LATIN_1: Final = 0x01
_UTF_16: Final = 0x1A
_SHORT_RECEIVED: Final = 0x7E


@dataclass(frozen=True, slots=True)
class Transfer:
    """An SDS-TRANSFER or a simple text."""

    pid: int
    reference: int | None
    wants_report: bool
    text: str | None
    part: tuple[int, int] | None = None
    """(number, of how many) by the user data header of a longer text."""


def text_pdu(text: str, reference: int, *, pid: int = TEXT, wants_report: bool = False) -> bytes:
    """A text message in ISO 8859-1, or in UTF-16 where that cannot write it."""
    try:
        coding, body = _LATIN_1, text.encode("latin-1")
    except UnicodeEncodeError:
        coding, body = _UTF_16, text.encode("utf-16-be")
    if pid in SIMPLE_PIDS:
        return bytes([pid, coding]) + body
    return bytes([pid, 0x04 if wants_report else 0x00, reference & 0xFF, coding]) + body


def report_pdu(reference: int, status: int) -> bytes:
    return bytes([TEXT, _REPORT << 4, status, reference])


def short_report(reference: int) -> bytes:
    """`message received` as a status: 011111 10 and the reference."""
    return bytes([_SHORT_RECEIVED, reference])


def status_pdu(status: int) -> bytes:
    return status.to_bytes(2, "big")


def read_transfer(data: bytes) -> Transfer | None:
    """None for reports and what is cut short."""
    if len(data) < 2:
        return None
    if data[0] in SIMPLE_PIDS:
        return Transfer(data[0], None, False, _read_text(data[1], data[2:]))
    if len(data) < 4 or data[1] >> 4 != _TRANSFER:
        return None
    wants_report = bool(data[1] & 0x0C)
    start = 4 if not data[3] & 0x80 else 7
    body, part = data[start:], None
    if data[0] == TEXT_WITH_HEADER and len(body) >= 6 and body[:3] == b"\x05\x00\x03":
        part, body = (body[5], body[4]), body[6:]
    return Transfer(data[0], data[2], wants_report, _read_text(data[3], body), part)


def _read_text(coding: int, body: bytes) -> str:
    return body.decode("utf-16-be" if coding & 0x7F == _UTF_16 else "latin-1", "replace")
