"""A terminal equipment for the tests: raw bytes to and from the PEI, nothing of the standard in it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

PATIENCE_S: Final = 10.0

INIT: Final = (
    "ATE0",
    "AT+CSCS=8859-1",
    "AT+CTSP=2,0,0",
    "AT+CTSP=1,1,11",
    "AT+CTSP=2,2,20",
    "AT+CTSP=1,3,130",
    "AT+CTSDC=0,0,0,1,1,0,1,1,0,0",
)


class PeiLine:
    """The other end of the cable. `lines` holds all that came, blanks left out."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._buffer = b""
        self._arrived = asyncio.Event()
        self.raw = b""
        self.lines: list[str] = []
        self.gone = False
        asyncio.get_running_loop().add_reader(self._fd, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            data = b""
        if not data:
            self.gone = True
            asyncio.get_running_loop().remove_reader(self._fd)
        self.raw += data
        *complete, self._buffer = (self._buffer + data).split(b"\n")
        self.lines += [line.decode("latin-1").strip() for line in complete if line.strip()]
        self._arrived.set()

    def write(self, text: str) -> None:
        os.write(self._fd, text.encode("latin-1"))

    async def until(self, *wanted: str) -> list[str]:
        """Waits for these lines, in this order, with others between. A wanted line ending with `…` is a beginning.
        Gives all lines up to the last of them and forgets them."""
        async with asyncio.timeout(PATIENCE_S):
            while (end := self._find(wanted)) is None:
                self._arrived.clear()
                await self._arrived.wait()
        seen, self.lines = self.lines[:end], self.lines[end:]
        return seen

    def _find(self, wanted: tuple[str, ...]) -> int | None:
        at = 0
        for text in wanted:
            while at < len(self.lines) and not _is(self.lines[at], text):
                at += 1
            at += 1
        return at if at <= len(self.lines) else None

    async def does(self, command: str) -> list[str]:
        """A command and all lines up to its OK."""
        self.write(command + "\r")
        return await self.until("OK")

    async def is_refused(self, command: str) -> str:
        """A command and the last line of its answer, which is not OK."""
        self.write(command + "\r")
        async with asyncio.timeout(PATIENCE_S):
            while not any(line == "ERROR" or line.startswith("+CME") for line in self.lines):
                self._arrived.clear()
                await self._arrived.wait()
        answer = self.lines[-1]
        self.lines.clear()
        return answer

    async def hears_bytes(self) -> bytes:
        """The first that come, whatever they are."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.raw:
                self._arrived.clear()
                await self._arrived.wait()
        return self.raw

    async def is_cut(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not self.gone:
                self._arrived.clear()
                await self._arrived.wait()

    async def wakes_up(self) -> None:
        """Past the error of the first bytes."""
        self.write("\r")
        await self.until("+CME ERROR: 35")

    async def initialises(self, gssi: int) -> None:
        """The initialisation in short, then the talkgroup."""
        await self.wakes_up()
        for command in INIT:
            await self.does(command)
        await self.does(f"AT+CTGS=1,{gssi}")
        await self.until("+CTGS: 1,…")
        self.lines.clear()

    def close(self) -> None:
        if not self.gone:
            asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)


def _is(line: str, wanted: str) -> bool:
    return line.startswith(wanted[:-1]) if wanted.endswith("…") else line == wanted


@asynccontextmanager
async def pei_line(path: str) -> AsyncIterator[PeiLine]:
    line = PeiLine(path)
    try:
        yield line
    finally:
        line.close()
