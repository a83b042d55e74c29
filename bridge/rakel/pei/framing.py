"""Bytes from the terminal into lines of text.

The terminal sends `<CR><LF>text<CR><LF>` (ITU-T V.250 §5.7.1). Empty lines come between, and during power-up anything
at all. A line ends at CR or LF. This module decides what a line may hold, not what it means.
"""

from dataclasses import dataclass
from typing import Final

MAX_LINE_CHARS: Final = 1024
"""The longest true line is the user data of an SDS: 2047 bits, 512 hex digits."""

_ENDS: Final = b"\r\n"
_KEPT: Final = bytes((*range(0x20, 0x7F), *range(0xA0, 0x100)))
"""Printable ISO 8859-1. Control characters and NUL are line noise or padding and are dropped."""
_DROPPED: Final = bytes(sorted(set(range(256)) - set(_KEPT) - set(_ENDS)))


@dataclass(frozen=True, slots=True)
class Line:
    """One line: printable ISO 8859-1 without its end, never empty, stripped of blanks around it."""

    text: str


@dataclass(frozen=True, slots=True)
class Overlong:
    """A line over the bound was thrown away up to its end; `text` is its beginning, for the log."""

    text: str
    chars: int


class LineReader:
    """Cuts a stream into lines. Fed byte by byte it gives the same lines as fed whole.

    Memory is bounded: beyond `max_line_chars` the rest of a line is counted and dropped. Reading goes on at the next
    line end. It never raises, whatever it is fed.
    """

    def __init__(self, max_line_chars: int = MAX_LINE_CHARS) -> None:
        if max_line_chars < 1:
            raise ValueError("max_line_chars must be at least 1")
        self._max_line_chars = max_line_chars
        self._held = bytearray()
        self._dropped_chars = 0

    def feed(self, data: bytes) -> list[Line | Overlong]:
        """Take what was read; give the lines that are now whole."""
        lines: list[Line | Overlong] = []
        pieces = data.translate(None, _DROPPED).replace(b"\r", b"\n").split(b"\n")
        for last, piece in ((at == len(pieces) - 1, piece) for at, piece in enumerate(pieces)):
            self._hold(piece)
            if not last and (line := self._end_line()) is not None:
                lines.append(line)
        return lines

    def clear(self) -> None:
        """Forget a line begun: the port was reopened."""
        self._held.clear()
        self._dropped_chars = 0

    def _hold(self, piece: bytes) -> None:
        room = self._max_line_chars - len(self._held)
        self._held += piece[:room]
        self._dropped_chars += max(0, len(piece) - room)

    def _end_line(self) -> Line | Overlong | None:
        text = self._held.decode("latin-1")
        dropped_chars = self._dropped_chars
        self.clear()
        if dropped_chars:
            return Overlong(text[:80], len(text) + dropped_chars)
        stripped = text.strip(" \xa0")
        return Line(stripped) if stripped else None
