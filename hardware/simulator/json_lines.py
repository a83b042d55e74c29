"""Requests and answers as lines of JSON over TCP: how a simulator is steered.

`{"id": 1, "do": "press", "issi": 1001, …}` is answered by `{"id": 1, "ok": true, "result": …}` or
`{"id": 1, "ok": false, "error": "…"}`, with a `reason` (code and data) where it has one. Requests are done side by
side, so one that waits holds up no other.
"""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self

import structlog

from bridge.domain.kernel.reasons import Reason, Unusable, as_json, from_json
from hardware.simulator.listener import Address, Listener
from hardware.simulator.reasons import ControlReason

MAX_REQUEST_BYTES: Final = 32_000_000
MAX_ANSWER_BYTES: Final = 256_000_000
ANSWER_S: Final = 10.0

Request = dict[str, Any]
Action = Callable[[Request], Awaitable[Any]]

log = structlog.get_logger(__name__)


class SimulatorError(Exception):
    """The simulator refused a request, or is gone.

    Attributes:
        reason: For people; the text is for programs and tests.
    """

    def __init__(self, text: str, reason: Reason) -> None:
        super().__init__(text)
        self.reason = reason


class LineServer:
    """Serves any number of clients; `actions` are what they may ask for, by name."""

    def __init__(self, address: Address, actions: Mapping[str, Action]) -> None:
        self.listener = Listener(address.host, address.port, self._serve, MAX_REQUEST_BYTES)
        self._actions = actions

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks: set[asyncio.Task[None]] = set()
        try:
            while line := await reader.readline():
                task = asyncio.create_task(self._do(line, writer))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        except (ConnectionError, ValueError) as error:
            log.info("control_client_dropped", reason=str(error))
        finally:
            for task in tasks:
                task.cancel()

    async def _do(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        number: Any = None
        name = ""
        answer: dict[str, Any]
        try:
            request = json.loads(line)
            number = request.pop("id")
            name = str(request.pop("do"))
            action = self._actions[name]
            answer = {"id": number, "ok": True, "result": await action(request)}
        except KeyError as error:
            answer = {"id": number, "ok": False, "error": f"unknown or missing: {error}"}
        except Unusable as error:
            answer = {"id": number, "ok": False, "error": str(error), "reason": as_json(error.reason)}
        except TimeoutError:
            slow = as_json(ControlReason.SLOW(act=name))
            answer = {"id": number, "ok": False, "error": "timeout", "reason": slow}
        except (ValueError, TypeError, AttributeError, OSError, RuntimeError) as error:
            answer = {"id": number, "ok": False, "error": str(error)}
        writer.write(json.dumps(answer).encode() + b"\n")


def actions_of(owner: object) -> dict[str, Action]:
    """The methods whose names begin with `do_`, by the rest of the name."""
    return {name.removeprefix("do_"): getattr(owner, name) for name in dir(owner) if name.startswith("do_")}


class LineClient:
    """Talks to a running simulator: `async with LineClient(host, port) as simulator`."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        reader, self._writer = await asyncio.open_connection(self.host, self.port, limit=MAX_ANSWER_BYTES)
        self._reader = asyncio.create_task(self._read(reader))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                answer = json.loads(line)
                waiting = self._waiting.pop(answer["id"], None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        except ConnectionError:
            pass
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(SimulatorError("the simulator is gone", ControlReason.GONE()))

    async def ask(self, do: str, **request: object) -> Any:
        """One request, answered within `ANSWER_S`. Raises SimulatorError, or TimeoutError when no answer comes."""
        return await self.ask_within(ANSWER_S, do, request)

    async def ask_within(self, timeout_s: float, do: str, request: Mapping[str, object]) -> Any:
        """As `ask`, for a request that takes its time."""
        if self._writer is None:
            raise SimulatorError("not connected", ControlReason.GONE())
        number = next(self._numbers)
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        self._writer.write(json.dumps({"id": number, "do": do, **request}).encode() + b"\n")
        try:
            async with asyncio.timeout(timeout_s):
                answer = await answered
        finally:
            self._waiting.pop(number, None)
        if not answer["ok"]:
            error, told = str(answer["error"]), answer.get("reason")
            reason = ControlReason.REFUSED(act=do).proved(error) if told is None else from_json(told)
            raise SimulatorError(f"{do}: {error}", reason)
        return answer["result"]
