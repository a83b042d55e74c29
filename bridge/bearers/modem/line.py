"""One open line to a modem: one command at a time, and what the modem says by itself.

A line ends with CR or LF, whatever comes before. `+CDS` and `+CMT` have their unit on the next line. The prompt for a
text is `>` without an end. After a command that was not answered the line is given up. A late answer would be taken for
the next one's.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

import structlog

log = structlog.get_logger(__name__)

LONGEST_LINE: Final = 2048
MOST_LINES: Final = 1024
"""Of one answer: a list of all that a card holds has fewer."""
_FINAL: Final = re.compile(r"(?:OK|ERROR|\+(CMS|CME) ERROR:\s*(\d{1,5})|\+(?:CMS|CME) ERROR:.*)")
_HAS_UNIT: Final = ("+CDS:", "+CMT:")
_BY_ITSELF: Final = ("+CDS:", "+CMT:", "+CMTI:", "+CDSI:")
CTRL_Z, ESCAPE = b"\x1a", b"\x1b"

OnSaid = Callable[[str, str], None]
"""The modem says something by itself: the line, and its unit where it has one."""


class LineLost(Exception):
    """The line is gone. `written`: the text of the message had been given."""

    def __init__(self, *, written: bool) -> None:
        super().__init__("the line is gone")
        self.written = written


class Refused(Exception):
    """The modem's answer is an error. `cause` is the number behind it, where there is one."""

    def __init__(self, cause: int | None, *, of_sms: bool) -> None:
        super().__init__(f"{'+CMS' if of_sms else '+CME'} ERROR: {cause}" if cause is not None else "ERROR")
        self.cause = cause if of_sms else None


@dataclass
class _Asked:
    answer: asyncio.Future[list[str]]
    unit: bytes
    lines: list[str] = field(default_factory=list)
    written: bool = False


class ModemLine(asyncio.Protocol):
    """`lost` is set when it is gone."""

    def __init__(self, on_said: OnSaid) -> None:
        self._on_said = on_said
        self._transport: asyncio.Transport | None = None
        self._lock = asyncio.Lock()
        self._asked: _Asked | None = None
        self._buffer = bytearray()
        self._head: str | None = None
        self.lost = asyncio.Event()
        self.made = asyncio.Event()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.made.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (found := re.search(rb"[\r\n]", self._buffer)) is not None:
            text = bytes(self._buffer[: found.start()]).decode("ascii", "replace").strip()
            del self._buffer[: found.end()]
            if text:
                self._take(text)
        if bytes(self._buffer).strip() == b">":
            self._buffer.clear()
            self._give_unit()
        if len(self._buffer) > LONGEST_LINE:
            self._buffer.clear()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._end()

    # --- for the bearer ---

    async def ask(self, command: str, within_s: float, *, unit: str = "") -> list[str]:
        """The lines of its answer. `unit` is given at the prompt.

        Raises:
            Refused: The modem's answer is an error.
            LineLost: Before the answer.
            TimeoutError: No answer came. The line is closed.
        """
        async with self._lock:
            if self.lost.is_set() or self._transport is None:
                raise LineLost(written=False)
            asked = _Asked(asyncio.get_running_loop().create_future(), unit.encode())
            self._asked = asked
            self._transport.write(f"{command}\r".encode())
            try:
                async with asyncio.timeout(within_s):
                    return await asked.answer
            except TimeoutError:
                if not asked.written:
                    self.close()
                    raise LineLost(written=False) from None
                self.close()
                raise
            finally:
                self._asked = None

    def clear(self) -> None:
        """End whatever the modem waits for since before."""
        if self._transport is not None:
            self._transport.write(ESCAPE + b"\r")

    def close(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.abort()
        self._end()

    # --- inside ---

    def _give_unit(self) -> None:
        asked = self._asked
        if asked is None or not asked.unit or asked.written or self._transport is None:
            return
        asked.written = True
        self._transport.write(asked.unit + CTRL_Z)

    def _take(self, text: str) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            self._on_said(head, text)
            return
        if text.startswith(_BY_ITSELF):
            if text.startswith(_HAS_UNIT):
                self._head = text
            else:
                self._on_said(text, "")
            return
        asked = self._asked
        if asked is None or asked.answer.done():
            log.debug("modem_line_ignored", characters=len(text))
            return
        final = _FINAL.fullmatch(text)
        if final is None:
            if not text.startswith("AT") and len(asked.lines) < MOST_LINES:
                asked.lines.append(text)
        elif text == "OK":
            asked.answer.set_result(asked.lines)
        else:
            number = final[2]
            asked.answer.set_exception(Refused(int(number) if number else None, of_sms=final[1] == "CMS"))

    def _end(self) -> None:
        self.lost.set()
        if self._asked is not None and not self._asked.answer.done():
            self._asked.answer.set_exception(LineLost(written=self._asked.written))
