"""Two servers for SMPP: smpp34's, which shares no code with ours, and a bare one that fails on demand."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import smpp34

from tests.harness.ports import free_port


@dataclass
class Smsc:
    """smpp34's server. `statuses` are its answers to the next submissions; then it takes them."""

    port: int
    server: smpp34.Server
    taken: list[smpp34.SubmitSmEvent] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    lines: list[smpp34.Esme] = field(default_factory=list)
    names: Callable[[int], str] = "id-{}".format

    async def serve(self) -> None:
        while True:
            event = await self.server.next()
            if isinstance(event, smpp34.Esme):
                self.lines.append(event)
            elif isinstance(event, smpp34.SubmitSmEvent):
                if self.statuses and (status := self.statuses.pop(0)):
                    event.reject(status)
                else:
                    self.taken.append(event)
                    event.accept(self.names(len(self.taken)))

    async def hands(self, sender: str, text: bytes, esm_class: int = 0, coding: int = 0, **more: object) -> int:
        """The status of our answer."""
        answer = await self.lines[-1].deliver_sm(
            "46766860000",
            text,
            source_addr=sender,
            source_addr_ton=1,
            source_addr_npi=1,
            esm_class=esm_class,
            data_coding=coding,
            **more,  # type: ignore[arg-type]
        )
        return answer.command_status


@asynccontextmanager
async def an_smsc() -> AsyncIterator[Smsc]:
    port = free_port()
    smsc = Smsc(port, smpp34.Server("127.0.0.1", port, system_id="SMSC"))
    await smsc.server.start()
    serving = asyncio.create_task(smsc.serve())
    try:
        yield smsc
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        await smsc.server.stop()


@dataclass
class BareSmsc:
    """Binds as told, and then does what `at_submit` says: `answer`, `silence` or `hang_up`."""

    port: int
    bind_status: int = 0
    at_submit: str = "answer"
    enquiries_answered: bool = True
    binds: list[bytes] = field(default_factory=list)
    submitted: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                length, command, _, sequence = struct.unpack(">IIII", await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                if command == 9:
                    self.binds.append(body)
                    self._answer(writer, command, sequence, self.bind_status, b"SMSC\0")
                elif command == 4:
                    self.submitted += 1
                    if self.at_submit == "answer":
                        self._answer(writer, command, sequence, 0, b"id-1\0")
                    elif self.at_submit == "hang_up":
                        writer.close()
                        return
                elif (command == 0x15 and self.enquiries_answered) or command == 6:
                    self._answer(writer, command, sequence, 0, b"")

    def hang_up(self) -> None:
        for writer in self.writers:
            writer.close()
        self.writers.clear()

    @staticmethod
    def _answer(writer: asyncio.StreamWriter, command: int, sequence: int, status: int, body: bytes) -> None:
        writer.write(struct.pack(">IIII", 16 + len(body), command | 0x80000000, status, sequence) + body)


@asynccontextmanager
async def a_bare_smsc(port: int | None = None) -> AsyncIterator[BareSmsc]:
    smsc = BareSmsc(port or free_port())
    server = await asyncio.start_server(smsc.serve, "127.0.0.1", smsc.port)
    try:
        yield smsc
    finally:
        server.close()
        smsc.hang_up()


async def _begun() -> None:
    await smpp34.Client("127.0.0.1", 1, "nobody", "").is_alive()


asyncio.run(_begun())
"""Its runtime has two sockets of its own, which live as long as the process. None of them is a test's."""
