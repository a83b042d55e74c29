"""Text as an SMS carries it: septets of the default alphabet, and UCS-2 (3GPP TS 23.038).

Parts are joined by a header (3GPP TS 23.040 §9.2.3.24).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain.outbox import gsm
from bridge.domain.outbox.gsm import Coding

_SEPTETS: Final[Mapping[str, int]] = {one: at for at, one in enumerate(gsm.TABLE)}
_EXTENDED: Final[Mapping[int, str]] = {septet: one for one, septet in gsm.EXTENSION_TABLE.items()}
_ESCAPE: Final = _SEPTETS[gsm.ESCAPE]
_JOINED: Final = 0x00
"""The element of a header that joins parts, with a reference of one octet; `_JOINED_16` has one of two."""
_JOINED_16: Final = 0x08


@dataclass(frozen=True, slots=True)
class Joined:
    """One part of several: the reference that they share, their number, and the place of this one from 1 on."""

    reference: int
    parts: int
    part: int

    @property
    def header(self) -> bytes:
        """With its length; the reference has one octet."""
        return bytes((5, _JOINED, 3, self.reference & 0xFF, self.parts, self.part))


def septets(text: str) -> bytes:
    """One septet in each octet. A character that is not in the alphabet becomes a question mark."""
    found = bytearray()
    for one in text:
        if one in gsm.EXTENSION_TABLE:
            found += bytes((_ESCAPE, gsm.EXTENSION_TABLE[one]))
        else:
            found.append(_SEPTETS.get(one, _SEPTETS["?"]) if one != gsm.ESCAPE else _SEPTETS["?"])
    return bytes(found)


def of_septets(data: bytes) -> str:
    """The text of septets, one in each octet. Behind an escape an unknown septet stands for itself (TS 23.038,
    §6.2.1)."""
    text, escaped = [], False
    for octet in data:
        septet = octet & 0x7F
        if escaped:
            text.append(_EXTENDED.get(septet, gsm.TABLE[septet] if septet != _ESCAPE else " "))
            escaped = False
        elif septet == _ESCAPE:
            escaped = True
        else:
            text.append(gsm.TABLE[septet])
    return "".join(text)


def encoded(text: str, coding: Coding) -> bytes:
    """A part as octets: one septet in each, or UTF-16 in network order."""
    return septets(text) if coding is Coding.GSM7 else text.encode("utf-16-be", "replace")


def packed(data: bytes, *, fill_bits: int = 0) -> bytes:
    """Septets packed into octets from the lowest bit on, after `fill_bits` zeros."""
    bits, count, out = 0, fill_bits, bytearray()
    for septet in data:
        bits |= septet << count
        count += 7
        while count >= 8:
            out.append(bits & 0xFF)
            bits >>= 8
            count -= 8
    if count:
        out.append(bits & 0xFF)
    return bytes(out)


def unpacked(data: bytes, septet_count: int, *, fill_bits: int = 0) -> bytes:
    """The opposite of `packed`. Fewer come back where the octets end early."""
    whole = int.from_bytes(data, "little") >> fill_bits
    most = (len(data) * 8 - fill_bits) // 7
    return bytes((whole >> (7 * at)) & 0x7F for at in range(max(0, min(septet_count, most))))


def joined_of(header: bytes) -> Joined | None:
    """The place of a part, by a header without its length octet. `None`: it tells none that can be right."""
    at = 0
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        at += 2 + length
        if kind == _JOINED and len(value) == 3:
            found = Joined(value[0], value[1], value[2])
        elif kind == _JOINED_16 and len(value) == 4:
            found = Joined(value[0] << 8 | value[1], value[2], value[3])
        else:
            continue
        return found if 1 <= found.part <= found.parts else None
    return None


def is_for_a_program(header: bytes) -> bool:
    """Whether a header, without its length octet, says that the message is no text to a person. It names ports, a
    lamp, or a program of the card (TS 23.040 §9.2.3.24)."""
    at = 0
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        if kind in _NO_TEXT or _OF_THE_CARD[0] <= kind <= _OF_THE_CARD[1]:
            return True
        at += 2 + length
    return False


def coding_of_scheme(scheme: int) -> Coding | None:
    """Of a data coding scheme (TS 23.038 §4). `None`: it is no text, or one that we cannot read. Those are octets for a
    program, what is compressed, lamps for waiting messages, and reserved schemes."""
    group = scheme >> 4
    if group < _RESERVED:
        letters = {0x00: Coding.GSM7, 0x08: Coding.UCS2}.get(scheme & 0x0C)
        return None if scheme & _COMPRESSED else letters
    if group == _BY_CLASS:
        return None if scheme & _EIGHT_BIT else Coding.GSM7
    return None


_NO_TEXT: Final = frozenset({0x01, 0x04, 0x05})
"""A lamp for waiting messages, and ports of one octet and of two."""
_OF_THE_CARD: Final = (0x70, 0x7F)
_RESERVED, _BY_CLASS = 0x8, 0xF
_COMPRESSED, _EIGHT_BIT = 0x20, 0x04


def _nobody_told() -> None:
    return


class Parts:
    """Parts of long messages until all have come. At most `most` messages begun, each for `age_s`: then the oldest is
    given up, and `on_lost` is told."""

    def __init__(self, most: int = 64, age_s: float = 600.0, on_lost: Callable[[], None] = _nobody_told) -> None:
        self._most, self._age_s, self._on_lost = most, age_s, on_lost
        self._begun: dict[tuple[str, int, int], tuple[float, dict[int, str]]] = {}

    def add(self, sender: str, joined: Joined | None, text: str, at_s: float) -> str | None:
        """The whole text, where this was the last part that was missing."""
        if joined is None or joined.parts == 1:
            return text
        key = (sender, joined.reference, joined.parts)
        for one in [one for one, kept in self._begun.items() if at_s - kept[0] >= self._age_s]:
            self._give_up(one)
        if key not in self._begun and len(self._begun) >= self._most:
            self._give_up(next(iter(self._begun)))
        since_s, have = self._begun.pop(key, (at_s, {}))
        have = {**have, joined.part: text}
        if len(have) == joined.parts:
            return _in_order(have, joined.parts)
        self._begun[key] = (since_s, have)
        return None

    def _give_up(self, key: tuple[str, int, int]) -> None:
        del self._begun[key]
        self._on_lost()


def _in_order(have: Mapping[int, str], parts: int) -> str:
    order: Sequence[int] = range(1, parts + 1)
    return "".join(have[one] for one in order)
