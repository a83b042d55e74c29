"""A small scripted terminal at the other end of a real pty, and a listener for what the driver tells."""

import asyncio
import contextlib
import os
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bridge.domain.kernel.events import Event
from bridge.domain.radio.events import TerminalChanged, TerminalState
from bridge.rakel.settings import TerminalSettings

E = TypeVar("E")
GROUP = 1234567
OWN_ISSI = 1000001

STANDARD = {
    "AT+GMI?": "+GMI: MOTOROLA",
    "AT+GMM?": "+GMM: 54007,M83PF-----AN,88.2.0.0",
    "AT+CNUMF?": f"+CNUMF: 6,024000001{OWN_ISSI:08}\r\n2,16777184",
    "AT+CTOM?": "+CTOM: 0",
    "AT+CREG?": "+CREG: 1,1,24000001",
    "AT+CSQ?": "+CSQ: 26,99",
    "AT+CBC?": "+CBC: 0,88",
}


class RealClock:
    def now_s(self) -> float:
        return time.time()


class Peer:
    """Answers like a terminal that works; each test changes what it wants otherwise.

    Attributes:
        received: Every command line it got.
        answers: Command → information lines before OK; a full result such as `ERROR` may stand there instead.
        silent: Takes commands and says nothing.
        silent_data: Takes user data and says nothing.
        echo: Sends every command back, as terminals do until told otherwise.
        on_air: Calls in which it transmits for us; it says when one of them ends.
        escapes: How often user data was given up.
        prompts: Asks for user data where it should tell what it can send.
        keeps_transmitting: Takes every order to end a transmission, and transmits on.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.received: list[str] = []
        self.answers: dict[str, str] = dict(STANDARD)
        self.refuse_all = False
        self.silent = False
        self.silent_data = False
        self.echo = False
        self.gssi = 0
        self.on_air: set[str] = set()
        self.keeps_transmitting = False
        self.escapes = 0
        self.prompts = False
        self._master = self._slave = -1
        self._held = ""
        self._changed = asyncio.Event()

    def plug_in(self) -> None:
        """A fresh pty under the same path, as a USB adapter comes back under its by-id name."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._slave))
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def unplug(self) -> None:
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
            os.close(self._slave)
            self.path.unlink(missing_ok=True)
            self._master = self._slave = -1

    def says(self, *lines: str) -> None:
        for line in lines:
            if line.startswith("+CTXG: "):
                instance, grant = line.removeprefix("+CTXG: ").split(",")[:2] if "," in line else ("", "")
                (self.on_air.add if grant == "0" else self.on_air.discard)(instance)
        self.sends("".join(f"\r\n{line}\r\n" for line in lines).encode("latin-1"))

    def sends(self, data: bytes) -> None:
        os.write(self._master, data)

    async def gets(self, command: str, timeout_s: float = 10.0) -> None:
        """Wait until it has got a command, exactly, and forget what came before."""
        async with asyncio.timeout(timeout_s):
            while command not in self.received:
                self._changed.clear()
                await self._changed.wait()
        del self.received[: self.received.index(command) + 1]

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            read = os.read(self._master, 4096).decode("latin-1")
            self.escapes += read.count("\x1b")
            self._held += read
        *lines, self._held = self._held.replace("\x1a", "\r").replace("\n", "").split("\r")
        for line in lines:
            self._take(line.strip("\x1b"))

    def _take(self, line: str) -> None:
        self.received.append(line)
        self._changed.set()
        if self.prompts and line == "AT+CMGS=?":
            self.sends(b"\r\n> ")
            return
        if self.echo:
            self.sends(line.encode("latin-1") + b"\r")
        if not self.silent and line.startswith("AT") and (line == "AT+CMGS=?" or not line.startswith("AT+CMGS=")):
            self._answer(line)
        elif not self.silent and not self.silent_data and line and not line.startswith("AT"):
            self.says("+CMGS: 0", "OK", "+CMGS: 0,4,1")

    def _answer(self, line: str) -> None:
        if line == "ATE0":
            self.echo = False
        if line.startswith("AT+CTGS=1,") and line not in self.answers:
            self.gssi = int(line.rpartition(",")[2])
        said = self.answers.get(line, f"+CTGS: 1,024000001{self.gssi:08}" if line == "AT+CTGS?" else "")
        if self.refuse_all:
            self.says("ERROR")
        elif said.startswith(("ERROR", "+CME ERROR")):
            self.says(said)
        else:
            self.says(*([said] if said else []), "OK")
        if not self.keeps_transmitting and not self.refuse_all:
            self._end_transmission(line)

    def _end_transmission(self, line: str) -> None:
        for instance in sorted(self.on_air):
            if line in (f"AT+CUTXC={instance}", "ATH"):
                self.on_air.discard(instance)
                self.says(f"+CTCR: {instance},1" if line == "ATH" else f"+CDTXC: {instance},0")


class Told:
    """What was emitted, in order, with a way to wait for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self._more.set()

    async def until(self, wanted: Callable[[Event], bool], timeout_s: float = 20.0) -> Event:
        """The next event that is wanted; it and all before it are forgotten."""
        async with asyncio.timeout(timeout_s):
            while True:
                for at, event in enumerate(self.events):
                    if wanted(event):
                        del self.events[: at + 1]
                        return event
                self._more.clear()
                await self._more.wait()

    async def next(self, kind: type[E]) -> E:
        event = await self.until(lambda event: isinstance(event, kind))
        assert isinstance(event, kind)
        return event

    async def state(self, state: TerminalState) -> TerminalChanged:
        event = await self.until(lambda event: isinstance(event, TerminalChanged) and event.state is state)
        assert isinstance(event, TerminalChanged)
        return event


def terminal_settings(serial: str, **more: object) -> TerminalSettings:
    values: dict[str, object] = {
        "name": "rakel-1",
        "serial": serial,
        "audio": "audiosocket://127.0.0.1:1",
        "profile": "simulated",
        "talkgroup": GROUP,
        "groups_s": 0,
        "heartbeat_s": 1,
        "poll_s": 1,
        "reopen_first_s": 0.05,
        "reopen_longest_s": 0.2,
    }
    return TerminalSettings.model_validate(values | more)
