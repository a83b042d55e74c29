"""A phone program in a process of its own, told what to do in JSON lines.

Audio pacing in Python is only good in a process which does nothing else. Baresip allows one stack a process. So every
phone program (`baresip_phone`, `sipua_phone`) runs as `python -m tests.harness.<program> <folder> <options>`. It obeys:

    → {"id": 7, "do": "dial", "uri": "sip:085555555@127.0.0.1:5060"}
    ← {"id": 7, "answer": {"line": 3}}            or  {"id": 7, "error": "…"}
    ← {"event": "ended", "line": 3, "at_s": 1234.5, "status": 486, "reason": "Busy Here"}

A *line* is one call. What a line hears grows in two files of the folder. `<line>.s16` is the sound (mono, 8 kHz).
`<line>.idx` has records of `INDEX`: samples from `at` on came in at `t_s`. What a line says is put in a file first. All
times are CLOCK_MONOTONIC, which all processes share.
"""

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.harness import preloaded

START_S: Final = 20.0
ANSWER_S: Final = 10.0
LINE_LIMIT: Final = 1 << 20


class PhoneError(AssertionError):
    """A phone did not do what the test told it to."""


class PhoneProcess:
    """The parent's end of one phone program."""

    def __init__(self, process: preloaded.Started, folder: Path, log: Path) -> None:
        self.folder = folder
        self.pid = process.pid
        self._process = process
        self._log = log
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        self._reader = asyncio.create_task(self._read(), name=f"phone {folder.name}")

    @classmethod
    async def start(cls, program: str, folder: Path, **options: Any) -> "PhoneProcess":
        """Run `tests.harness.<program>` and wait until it is ready.

        Raises:
            PhoneError: it ended or was not ready within `START_S`; the end of its log is in the text.
        """
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        log = folder / "phone.log"
        process = await preloaded.start(
            f"tests.harness.{program}",
            *(str(folder), json.dumps(options)),
            piped=("stdin", "stdout"),
            errors=log,
            limit=LINE_LIMIT,
        )
        phone = cls(process, folder, log)
        try:
            await phone.ask("ready", within_s=START_S)
        except BaseException:
            await phone.kill()
            raise
        return phone

    def on_event(self, listener: Callable[[dict[str, Any]], None]) -> None:
        self._listeners.append(listener)

    async def ask(self, verb: str, *, within_s: float = ANSWER_S, **arguments: Any) -> dict[str, Any]:
        """Have one thing done and give the answer.

        Raises:
            PhoneError: the phone refused, died or did not answer in time.
        """
        assert self._process.stdin is not None
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._process.stdin.write(json.dumps({"id": number, "do": verb, **arguments}).encode() + b"\n")
            await self._process.stdin.drain()
            return await asyncio.wait_for(answer, within_s)
        except (TimeoutError, ConnectionError) as error:
            raise PhoneError(f"the phone program did not {verb} within {within_s:g} s\n{self.log_tail()}") from error
        finally:
            del self._waiting[number]

    def log_tail(self, lines: int = 15) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    async def close(self) -> None:
        """Hang up everything and end the program."""
        if self._process.returncode is None:
            with contextlib.suppress(PhoneError):
                await self.ask("quit", within_s=5.0)
        await self._gone()

    async def kill(self) -> None:
        """End the program at once: no BYE is sent, as when a line is cut."""
        if self._process.returncode is None:
            self._process.kill()
        await self._gone()

    async def _gone(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5.0)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            message = json.loads(line)
            if "event" in message:
                for listener in self._listeners:
                    listener(message)
            elif (answer := self._waiting.get(message["id"])) is not None and not answer.done():
                if "error" in message:
                    answer.set_exception(PhoneError(message["error"]))
                else:
                    answer.set_result(message["answer"])
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(PhoneError(f"the phone program ended\n{self.log_tail()}"))


Verb = Callable[[dict[str, Any]], Any]


class Control:
    """The phone program's end: reads verbs from standard input, writes answers and events."""

    def __init__(self) -> None:
        # The stacks may print: the protocol keeps the real standard output for itself.
        self._out = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._tasks: set[asyncio.Task[None]] = set()

    def event(self, name: str, line: int, **data: Any) -> None:
        self._write({"event": name, "line": line, **data})

    async def serve(self, verbs: dict[str, Verb]) -> None:
        """Until `quit` or the parent's end. Verbs run beside each other; an answer is sent when its verb is done."""
        reader = asyncio.StreamReader(limit=LINE_LIMIT)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while text := await reader.readline():
            request = json.loads(text)
            if request["do"] == "quit":
                self._write({"id": request["id"], "answer": {}})
                break
            if request["do"] == "ready":
                self._write({"id": request["id"], "answer": {}})
                continue
            task = asyncio.create_task(self._obey(verbs, request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        transport.close()
        for task in list(self._tasks):
            task.cancel()

    async def _obey(self, verbs: dict[str, Verb], request: dict[str, Any]) -> None:
        number = request.pop("id")
        try:
            answer = await verbs[request.pop("do")](request)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is told to the test, which fails by it
            self._write({"id": number, "error": f"{type(error).__name__}: {error}"})
        else:
            self._write({"id": number, "answer": answer or {}})

    def _write(self, message: dict[str, Any]) -> None:
        os.write(self._out, json.dumps(message).encode() + b"\n")
