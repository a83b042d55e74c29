"""The parts of an SMS, as the network counts them (3GPP TS 23.038 and TS 23.040).

A text whose characters all stand in the default alphabet is sent in septets. Å, ä and ö stand there. A character of the
extension table takes two. One other character, and the whole text is sent in UCS-2. A text of several parts loses six
octets of each to the header that joins them (TS 23.040 §9.2.3.24.1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ALPHABET: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""TS 23.038 §6.2.1, without the escape."""
EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""TS 23.038 §6.2.1.1: each behind an escape, so two septets."""


class Coding(StrEnum):
    GSM7 = "gsm7"
    UCS2 = "ucs2"


_ONE: Final = {Coding.GSM7: 160, Coding.UCS2: 70}
_OF_SEVERAL: Final = {Coding.GSM7: 153, Coding.UCS2: 67}


@dataclass(frozen=True, slots=True)
class Counted:
    """A text as it is sent.

    Attributes:
        coding: Of the whole text.
        units: Septets, or UTF-16 code units.
        parts: At least 1.
    """

    coding: Coding
    units: int
    parts: int


def counted(text: str) -> Counted:
    """The coding, length and parts of a text."""
    coding = Coding.GSM7 if all(one in ALPHABET or one in EXTENSION for one in text) else Coding.UCS2
    widths = [_width(one, coding) for one in text]
    units = sum(widths)
    if units <= _ONE[coding]:
        return Counted(coding, units, 1)
    return Counted(coding, units, _parts(widths, _OF_SEVERAL[coding]))


def _width(character: str, coding: Coding) -> int:
    if coding is Coding.GSM7:
        return 2 if character in EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _parts(widths: Iterable[int], room: int) -> int:
    """No part ends within a character: an escape or a surrogate is never parted from what follows it."""
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts
