"""The files of the log: what stands in them by the order of time, and what is added meanwhile.

`bridge.logs.LogKeeper` cuts a file to nothing in its place when it is full, and has its end in `<name>.1` then.
"""

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from bridge.logbook.lines import LONGEST, Line

LOOK_S: Final = 0.2
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass
class Source:
    """One file that grows, and how far it has been read.

    Attributes:
        read_bytes: So far it has been read.
        latest: The time of the last line.
        last: The last line itself, to find the place again in what was cut.
    """

    file: Path
    read_bytes: int = 0
    latest: datetime | None = None
    last: str = ""
    _rest: str = field(default="", repr=False)

    @property
    def former(self) -> Path:
        return self.file.with_name(f"{self.file.name}.1")

    def all(self) -> Iterator[Line]:
        """The lines that were cut off it, and those that stand in it now."""
        yield from self._of(_read(self.former))
        yield from self.new()

    def new(self) -> Iterator[Line]:
        """The lines that were added since the last time. A line that is half written waits for its end."""
        try:
            size = self.file.stat().st_size
        except OSError:
            return
        if size < self.read_bytes:
            yield from self._cut_off()
            self.read_bytes, self._rest = 0, ""
        with suppress(OSError), self.file.open("rb") as file:
            file.seek(self.read_bytes)
            while piece := file.readline(LONGEST):
                self.read_bytes += len(piece)
                text = self._rest + piece.decode("utf-8", errors="replace")
                if not text.endswith("\n") and len(text) < LONGEST:
                    self._rest = text
                    continue
                self._rest = ""
                yield from self._of([text])

    def _cut_off(self) -> Iterator[Line]:
        """The lines that came between the last look and the cut: they are behind the last one that was read."""
        found: list[str] = []
        for text in _read(self.former):
            if text.rstrip("\n") == self.last:
                found.clear()
            else:
                found.append(text)
        yield from self._of(found)

    def _of(self, texts: Iterator[str] | Sequence[str]) -> Iterator[Line]:
        for text in texts:
            self.last = text.rstrip("\n")
            if not self.last.strip():
                continue
            line = Line.of(self.last, self.latest)
            self.latest = line.at
            yield line


def kept(sources: Sequence[Source]) -> Iterator[Line]:
    """All lines of all files, in the order of time."""
    return heapq.merge(*(one.all() for one in sources), key=_at)


def following(sources: Sequence[Source], sleep: Callable[[float], None] = time.sleep) -> Iterator[Line]:
    """The lines that are added from now on, for ever. A file may come into being meanwhile."""
    while True:
        yield from sorted((line for one in sources for line in one.new()), key=_at)
        sleep(LOOK_S)


def of_stream(stream: TextIO) -> Iterator[Line]:
    """The lines of another program, such as journalctl, as they come."""
    latest: datetime | None = None
    while text := stream.readline(LONGEST):
        if text.strip():
            line = Line.of(text.rstrip("\n"), latest)
            latest = line.at
            yield line


def _read(file: Path) -> Iterator[str]:
    with suppress(OSError), file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        while text := lines.readline(LONGEST):
            yield text


def _at(line: Line) -> datetime:
    return line.at or _LONG_AGO
