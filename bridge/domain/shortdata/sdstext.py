"""How much text fits short data: coding, length and the cut into parts.

A message holds 140 octets of text, and on some terminals fewer. It is ISO 8859-1 (one octet a character) where every
character has a place in it. Otherwise it is UTF-16: two octets, and four for a character beyond the basic plane, such
as most emoji.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

ONE_OCTETS: Final = 140
"""The most octets of text in one message. Terminals report 1184 bits; receivers show 140 octets as one."""
HEADER_OCTETS: Final = 6
"""The user data header of one part of a series."""
MOST_PARTS: Final = 8
"""A longer text is no alert; it would keep the control channel busy."""
_NUMBER_CHARACTERS: Final = len("8/8 ")


class Coding(StrEnum):
    LATIN1 = "iso-8859-1"
    UTF16 = "utf-16"


def coding_of(text: str) -> Coding:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return Coding.UTF16
    return Coding.LATIN1


def numbered(text: str, octets: int = ONE_OCTETS) -> tuple[str, ...]:
    """Parts that each fit one message; with more than one, each begins `1/3 `. Cut at blanks where there are any.

    Numbers in clear, since every terminal shows them and keeps the order readable.
    """
    width = _width(text)
    if sum(map(width, text)) <= octets:
        return (text,)
    room = octets - (_NUMBER_CHARACTERS + 2) * width(" ")
    pieces: list[str] = []
    rest = text
    while rest:
        cut = _fitting(rest, room, width)
        if cut < len(rest):
            blank = max(rest.rfind(mark, 1, cut + 1) for mark in (" ", "\n"))
            cut = cut if blank < 1 else blank
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].lstrip()
    return tuple(f"{number}/{len(pieces)} {piece}" for number, piece in enumerate(pieces, 1))


def series(text: str, octets: int = ONE_OCTETS) -> tuple[str, ...]:
    """Parts that a receiver puts together again by their headers: every character is kept, none is cut in two."""
    width = _width(text)
    if sum(map(width, text)) <= octets:
        return (text,)
    return tuple(_cut(text, octets - HEADER_OCTETS, width))


def parts_needed(text: str, octets: int = ONE_OCTETS) -> int:
    """At most, whichever way the terminal cuts."""
    return max(len(numbered(text, octets)), len(series(text, octets)))


def most_characters(coding: Coding, octets: int = ONE_OCTETS) -> int:
    """So many characters certainly fit `MOST_PARTS` messages where words are short and no character is beyond the basic
    plane."""
    width = 1 if coding is Coding.LATIN1 else 2
    return MOST_PARTS * ((octets - (_NUMBER_CHARACTERS + 2) * width) // width)


class _Width:
    """Octets of one character in the coding of the whole text."""

    def __init__(self, coding: Coding) -> None:
        self._coding = coding

    def __call__(self, character: str) -> int:
        if self._coding is Coding.LATIN1:
            return 1
        return 4 if ord(character) > 0xFFFF else 2


def _width(text: str) -> _Width:
    return _Width(coding_of(text))


def _fitting(text: str, room: int, width: _Width) -> int:
    """How many characters from the start take at most `room` octets; at least one."""
    used = 0
    for at, character in enumerate(text):
        used += width(character)
        if used > room:
            return max(1, at)
    return len(text)


def _cut(text: str, room: int, width: _Width) -> Iterator[str]:
    while text:
        cut = _fitting(text, room, width)
        yield text[:cut]
        text = text[cut:]
