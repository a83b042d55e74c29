"""pyst2's manager behind an asynchronous port. It is thread based and knows no time limits: both stay in this file."""

# pyst2 has no types:
# mypy: disable-error-code="no-untyped-call"

import asyncio
import queue
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, Self, TypeVar

import structlog
from asterisk.manager import Event, Manager, ManagerException

from bridge.ari.reasons import AsteriskReason
from bridge.domain.kernel.reasons import Reason
from bridge.ports import PortError

log = structlog.get_logger(__name__)
T = TypeVar("T")
Headers = Mapping[str, str]

_BROKEN: Final = (ManagerException, OSError, ValueError)
"""How pyst2 says that the connection is gone; `ValueError` comes from writing to the closed socket."""
_LIST_LIMIT: Final = 10_000
_ACTION_TIMEOUT_S: Final = 5.0
_CONNECT_TIMEOUT_S: Final = 2.0
_LIST_STEP_S: Final = 2.0


class AmiError(PortError):
    """The manager interface did not do as asked. It is asked again later, and nothing else is harmed."""

    def __init__(self, reason: Reason, evidence: str = "") -> None:
        super().__init__("asterisk manager", reason, retry=True, evidence=evidence)


class _ThreadedManager(Manager):
    """Adds to pyst2: lists of events by action, and an end to every wait."""

    def __init__(self, on_event: Callable[[Headers], None]) -> None:
        super().__init__()
        self._on_event = on_event
        self._lists: dict[str, queue.Queue[Headers | None]] = {}
        self._numbers = 0
        self.register_event("*", self._dispatch)

    def list_events(self, action: str, fields: Mapping[str, str]) -> list[Headers]:
        """The events that answer a list action; an error answer, as for an empty room, is an empty list."""
        self._numbers += 1
        number = f"samband-{self._numbers}"
        collected: queue.Queue[Headers | None] = queue.Queue(_LIST_LIMIT)
        self._lists[number] = collected
        try:
            response = self.send_action({"Action": action, "ActionID": number, **fields})
            if response.get_header("Response") == "Error":
                log.debug("ami_list_refused", action=action, reason=response.get_header("Message"))
                return []
            events: list[Headers] = []
            while (event := collected.get(timeout=_LIST_STEP_S)) is not None and event.get("EventList") != "Complete":
                events.append(event)
            return events
        finally:
            del self._lists[number]

    def abandon(self) -> None:
        """Release everybody who waits, from another thread: pyst2 itself would wait for ever."""
        self._response_queue.put(None)
        for collected in list(self._lists.values()):
            with suppress(queue.Full):
                collected.put_nowait(None)
        raw = getattr(self._sock, "_sock", None)
        if raw is not None:
            with suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)

    def _dispatch(self, event: Event, _: Manager) -> None:
        collected = self._lists.get(str(event.get_action_id()))
        if collected is None:
            self._on_event(dict(event.headers))
            return
        with suppress(queue.Full):
            collected.put_nowait(dict(event.headers))


class ManagerLink:
    """One login. Use as an async context manager; leaving it ends its threads.

    Args:
        port: AMI's port on 127.0.0.1.
        username, secret: Its login.
        on_change: Called in the event loop for each event outside a list, by its name.
    """

    def __init__(self, port: int, username: str, secret: str, on_change: Callable[[str], None]) -> None:
        self._port = port
        self._username = username
        self._secret = secret
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="ami")
        self._manager = _ThreadedManager(self._forward)

    async def __aenter__(self) -> Self:
        try:
            await self._call(self._log_in)
        except AmiError:
            await self._end()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    @property
    def alive(self) -> bool:
        return bool(self._manager.connected())

    async def list_events(self, action: str, **fields: str) -> list[Headers]:
        return await self._call(lambda: self._manager.list_events(action, fields))

    async def redirect(self, channel: str, context: str) -> bool:
        """Whether Asterisk accepted it; a channel that has hung up meanwhile it does not."""
        answer = await self._call(lambda: self._manager.redirect(channel, "s", "1", context=context))
        return bool(answer.get_header("Response") == "Success")

    async def act(self, action: str, **fields: str) -> Headers:
        """One action, and the headers of its answer: `Response` is `Success` or `Error`."""
        answer = await self._call(lambda: self._manager.send_action({"Action": action, **fields}))
        return dict(answer.headers)

    def _log_in(self) -> None:
        # pyst2 leaves its socket open when it is refused, so a socket of ours asks first.
        socket.create_connection(("127.0.0.1", self._port), _CONNECT_TIMEOUT_S).close()
        self._manager.connect("127.0.0.1", self._port)
        self._manager.login(self._username, self._secret)

    async def _call(self, act: Callable[[], T]) -> T:
        done = self._loop.run_in_executor(self._worker, act)
        try:
            return await asyncio.wait_for(asyncio.shield(done), _ACTION_TIMEOUT_S)
        except (TimeoutError, asyncio.CancelledError) as error:
            self._manager.abandon()
            await asyncio.gather(done, return_exceptions=True)
            if isinstance(error, TimeoutError):
                raise AmiError(AsteriskReason.MANAGER_NO_ANSWER(within_s=_ACTION_TIMEOUT_S)) from error
            raise
        except (*_BROKEN, queue.Empty) as error:
            raise AmiError(AsteriskReason.MANAGER_FAILED(), str(error) or type(error).__name__) from error

    def _forward(self, headers: Headers) -> None:
        """In pyst2's thread. The name alone goes over, so that nothing can pile up: what it means is read by a list."""
        with suppress(RuntimeError):  # the loop has closed
            self._loop.call_soon_threadsafe(self._on_change, str(headers.get("Event", "")))

    async def _end(self) -> None:
        closing = self._loop.run_in_executor(self._worker, self._close)
        try:
            await asyncio.wait_for(asyncio.shield(closing), _ACTION_TIMEOUT_S)
        except TimeoutError:
            self._manager.abandon()
            await closing
        finally:
            self._worker.shutdown(wait=False)

    def _close(self) -> None:
        with suppress(*_BROKEN):
            self._manager.close()
