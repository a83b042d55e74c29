"""One bound line to an SMSC: requests and their answers, and what the SMSC hands us.

An answer is known by its sequence number. A unit that the SMSC hands us is answered once it is kept. At most
`MOST_AT_ONCE` are under way. The next one is told that the queue is full, and comes again.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bridge.bearers.smpp.pdu import HEADER, LONGEST, Command, Status, Unit

log = structlog.get_logger(__name__)

MOST_AT_ONCE: Final = 32
ENQUIRY_ANSWER_S: Final = 10.0
CLOSE_S: Final = 1.0

OnDelivered = Callable[[bytes], Awaitable[bool]]


class LineLost(Exception):
    """The line is gone. `written`: the request may have got there."""

    def __init__(self, *, written: bool) -> None:
        super().__init__("the line is gone")
        self.written = written


class Line:
    """Over an open connection. `lost` is set when it is gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, on_delivered: OnDelivered) -> None:
        self._reader, self._writer, self._on_delivered = reader, writer, on_delivered
        self._sequence = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Unit]] = {}
        self._handing: set[asyncio.Task[None]] = set()
        self._heard = asyncio.Event()
        self.lost = asyncio.Event()
        self._reading = asyncio.create_task(self._read(), name="smpp line")

    async def request(self, command: Command, body: bytes, within_s: float) -> Unit:
        """Its answer, with whatever status.

        Raises:
            LineLost: Before the answer.
            TimeoutError: No answer came. The request may have been carried out.
        """
        if self.lost.is_set() or self._writer.is_closing():
            raise LineLost(written=False)
        sequence = next(self._sequence)
        answer: asyncio.Future[Unit] = asyncio.get_running_loop().create_future()
        self._pending[sequence] = answer
        self._write(Unit(command, sequence, body))
        try:
            async with asyncio.timeout(within_s):
                return await answer
        finally:
            self._pending.pop(sequence, None)

    async def stay(self, enquire_s: float) -> None:
        """Until the line is lost. After `enquire_s` of silence the SMSC is asked whether it is there."""
        while not self.lost.is_set():
            self._heard.clear()
            waits = [asyncio.create_task(one.wait()) for one in (self._heard, self.lost)]
            try:
                done, _ = await asyncio.wait(waits, timeout=enquire_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()
            if done:
                if not self.lost.is_set():
                    await asyncio.sleep(min(1.0, enquire_s))
                continue
            try:
                await self.request(Command.ENQUIRE, b"", ENQUIRY_ANSWER_S)
            except (TimeoutError, LineLost):
                log.warning("smpp_line_silent", seconds=enquire_s + ENQUIRY_ANSWER_S)
                return

    async def close(self, *, unbind: bool) -> None:
        """Give it back. The SMSC is told, where it is there still."""
        if unbind and not self.lost.is_set():
            with contextlib.suppress(TimeoutError, LineLost):
                await self.request(Command.UNBIND, b"", CLOSE_S)
        for task in (self._reading, *self._handing):
            task.cancel()
        await asyncio.gather(self._reading, *self._handing, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()

    async def _read(self) -> None:
        try:
            while True:
                length, command, status, sequence = HEADER.unpack(await self._reader.readexactly(HEADER.size))
                if not HEADER.size <= length <= LONGEST:
                    log.warning("smpp_unit_unreadable", octets=length)
                    return
                body = await self._reader.readexactly(length - HEADER.size)
                self._heard.set()
                self._take(Unit(command, sequence, body, status))
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            self._end()

    def _take(self, unit: Unit) -> None:
        if unit.is_answer:
            answer = self._pending.get(unit.sequence)
            if answer is not None and not answer.done():
                answer.set_result(unit)
            elif unit.command != Command.GENERIC_NACK:
                log.warning("smpp_answer_late", command=hex(unit.command), status=hex(unit.status))
            return
        match unit.command:
            case Command.ENQUIRE:
                self._write(unit.answered())
            case Command.UNBIND:
                self._write(unit.answered())
                self._end()
            case Command.DELIVER if len(self._handing) >= MOST_AT_ONCE:
                self._write(unit.answered(Status.QUEUE_FULL, b"\0"))
            case Command.DELIVER:
                task = asyncio.create_task(self._hand_in(unit), name="smpp delivery")
                self._handing.add(task)
                task.add_done_callback(self._handing.discard)
            case _:
                self._write(Unit(Command.GENERIC_NACK, unit.sequence, b"", Status.BAD_COMMAND))

    async def _hand_in(self, unit: Unit) -> None:
        is_kept = await self._on_delivered(unit.body)
        self._write(unit.answered(Status.OK if is_kept else Status.LATER, b"\0"))

    def _write(self, unit: Unit) -> None:
        if not self._writer.is_closing():
            self._writer.write(unit.wire)

    def _end(self) -> None:
        self.lost.set()
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(LineLost(written=True))
