"""The parts of an SMS, as the network counts them (3GPP TS 23.038 and TS 23.040).

A text whose characters all stand in the default alphabet is sent in septets. Å, ä and ö stand there. A character of the
extension table takes two. One other character, and the whole text is sent in UCS-2. A text of several parts loses six
octets of each to the header that joins them (TS 23.040 §9.2.3.24.1).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ESCAPE: Final = "\x1b"
TABLE: Final = (
    f"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ{ESCAPE}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""TS 23.038 §6.2.1: the characters in the order of their septets, 0…127."""
ALPHABET: Final = frozenset(TABLE) - {ESCAPE}
EXTENSION_TABLE: Final = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
"""TS 23.038 §6.2.1.1: the septet behind the escape."""
EXTENSION: Final = frozenset(EXTENSION_TABLE)
"""Each takes two septets."""


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
    coding = coding_of(text)
    units = sum(_width(one, coding) for one in text)
    return Counted(coding, units, len(split(text, coding)))


def coding_of(text: str) -> Coding:
    return Coding.GSM7 if all(one in ALPHABET or one in EXTENSION for one in text) else Coding.UCS2


def split(text: str, coding: Coding) -> tuple[str, ...]:
    """The parts that a text is sent in, at least one. Together they are the text. No part ends within a character: an
    escape or a surrogate is never parted from what follows it."""
    if sum(_width(one, coding) for one in text) <= _ONE[coding]:
        return (text,)
    parts, used = [""], 0
    for character in text:
        width = _width(character, coding)
        if used + width > _OF_SEVERAL[coding]:
            parts.append("")
            used = 0
        parts[-1] += character
        used += width
    return tuple(parts)


def _width(character: str, coding: Coding) -> int:
    if coding is Coding.GSM7:
        return 2 if character in EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1
