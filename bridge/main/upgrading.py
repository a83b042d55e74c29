"""The way from `samband upgrade` to the main process: a socket in the state directory, one line of JSON a message.

    command        {"python": "/opt/samband/.venv/bin/python", "root": "/opt/samband", "language": "sv"}
    main process   {"step": "loading"}      each as it is reached
    main process   {"done": {"before": {…}, "now": {…}, "process": 4711, "asterisk": ["extensions.conf"]}}
                   {"refused": "words"}     one of the two is the last

The folder is its owner's alone, and another user is refused (unix(7), SO_PEERCRED). A new version and an old main
process meet here. Each passes over what it does not know.
"""

import asyncio
import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import structlog

from bridge.domain.kernel.language import Language
from bridge.main.failures import explained, in_language
from bridge.main.pair import Pair, Refusal
from bridge.main.reasons import UpgradeReason
from bridge.main.release import Code
from bridge.main.verdict import WHAT
from bridge.ports import PortError
from bridge.settings import spoken

log = structlog.get_logger(__name__)

LONGEST: Final = 16_384
"""Bytes of a message."""
ASKED_S: Final = 5.0
"""A command tells what it wants within this."""
MOST_S: Final = 420.0
"""A command waits for the next step so long."""
REST_S: Final = 1.0
_AT_ONCE: Final = 4
_CREDENTIALS: Final = struct.Struct("3i")


def socket_of(run: Path) -> Path:
    """Where the main process listens; `run` is the folder of what need not outlive a restart."""
    return run / "upgrade.sock"


class Upgrades:
    """Start `keep()` as a task: takes orders from commands, and by `again()` from a signal."""

    def __init__(self, pair: Pair, run: Path) -> None:
        self._pair = pair
        self._path = socket_of(run)
        self._asked_again = asyncio.Event()

    def again(self) -> None:
        """The code that lies now in the controllers' place takes over. The log tells how it went."""
        self._asked_again.set()

    async def keep(self) -> None:
        """Until cancelled. At most `_AT_ONCE` commands are heard; others wait."""
        loop = asyncio.get_running_loop()
        with _listening(self._path) as listener:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._by_signal())
                room = asyncio.Semaphore(_AT_ONCE)
                while True:
                    await room.acquire()
                    try:
                        one, _ = await loop.sock_accept(listener)
                    except OSError as error:
                        log.error("upgrade_not_heard", reason=str(error))
                        await asyncio.sleep(REST_S)
                        room.release()
                        continue
                    group.create_task(self._heard(one)).add_done_callback(lambda _: room.release())

    async def _by_signal(self) -> None:
        while True:
            await self._asked_again.wait()
            self._asked_again.clear()
            with suppress(PortError, Refusal):  # told in the log
                await self._pair.upgrade(self._pair.code, spoken(), lambda step: log.info("upgrade", step=step.value))

    async def _heard(self, one: socket.socket) -> None:
        with one, suppress(OSError, TimeoutError):
            one.setblocking(False)
            tells: list[dict[str, Any]] = []
            woken = asyncio.Event()

            def tell(**message: Any) -> None:
                tells.append(message)
                woken.set()

            async with asyncio.TaskGroup() as group:
                group.create_task(_sent(one, tells, woken))
                await self._carried_out(one, tell)
                tell()

    async def _carried_out(self, one: socket.socket, tell: Any) -> None:
        language = spoken()
        try:
            code, language = await _order(one, language)
            done = await self._pair.upgrade(code, language, lambda step: tell(step=step.value))
        except Refusal as refusal:
            tell(refused=str(refusal))
        except Exception as error:  # noqa: BLE001  the one who asked is told; the old version stays in control
            tell(refused=in_language(explained(WHAT, error), language))
        else:
            tell(done=asdict(done))


async def _order(one: socket.socket, language: Language) -> tuple[Code, Language]:
    """Raises PortError when it is none, or comes from another user."""
    refused = PortError(WHAT, UpgradeReason.NOT_UNDERSTOOD(), retry=False)
    text = b""
    try:
        async with asyncio.timeout(ASKED_S):
            while b"\n" not in text and len(text) < LONGEST:
                piece = await asyncio.get_running_loop().sock_recv(one, LONGEST)
                if not piece:
                    break
                text += piece
        _, user, _ = _credentials(one)
        if user not in (0, os.getuid()):  # asked when all is read: what is left unread would cut the answer off
            raise refused
        asked = json.loads(text)
        return Code(str(asked["python"]), str(asked["root"])), Language(asked.get("language", language.value))
    except (OSError, TimeoutError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise refused from error


def _credentials(one: socket.socket) -> tuple[int, int, int]:
    """Process, user and group of the other end, by the kernel's word."""
    process, user, group = _CREDENTIALS.unpack(one.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return process, user, group


async def _sent(one: socket.socket, tells: list[dict[str, Any]], woken: asyncio.Event) -> None:
    """Until the empty message. A command that has gone is no reason to stop the upgrade."""
    with suppress(OSError):
        while True:
            await woken.wait()
            woken.clear()
            while tells:
                message = tells.pop(0)
                if not message:
                    return
                await asyncio.get_running_loop().sock_sendall(one, json.dumps(message).encode() + b"\n")


def ask(run: Path, language: Language) -> Iterator[dict[str, Any]]:
    """Have the code of this process take over from the one at work; each message as it comes.

    Raises:
        OSError: Nobody listens there, or the main process has ended.
    """
    code = Code.here()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(MOST_S)
        with _short(socket_of(run)) as address:
            asking.connect(address)
        asking.sendall(json.dumps({**asdict(code), "language": language.value}).encode() + b"\n")
        with asking.makefile("r", encoding="utf-8") as answers:
            for line in answers:
                yield json.loads(line)


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as listener:
        with _short(path) as address:
            listener.bind(address)
        path.chmod(0o600)
        listener.listen(_AT_ONCE)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A socket's address has room for 107 bytes (unix(7)). By its open folder each path is short."""
    folder = os.open(path.parent, os.O_PATH | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
