"""The line discipline of the PEI: echo, command lines, user data, answers, and indications in between."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import structlog

log = structlog.get_logger(__name__)

MAX_LINE: Final = 2048
DATA_TIMEOUT_S: Final = 10.0
CTRL_Z: Final = 0x1A
ESCAPE: Final = 0x1B
MAX_TRANSCRIPT: Final = 5000

SYNTAX_ERROR: Final = 35
DATA_WITHOUT_COMMAND: Final = 36
DATA_TIMEOUT: Final = 37


def rubbish(data: bytes) -> bytes:
    """Bytes as a receiver at another speed reads them: never a letter, never an end of line."""
    return bytes(byte | 0x80 for byte in data)


class CmeError(RuntimeError):
    """A command is refused with `+CME ERROR: <code>`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"+CME ERROR: {code}")
        self.code = code


class UnknownCommandError(Exception):
    """Answered with a bare ERROR."""


@dataclass(slots=True)
class Routing:
    """Service profiles by AT+CTSP: the services signalled to the TE. Volatile; after power-up nothing is routed."""

    rows: set[tuple[int, int]] = field(default_factory=set)

    def set(self, profile: int, layer1: int, layer2: int) -> None:
        """Profile 0 keeps the service in the terminal alone, 1 and 2 bring it to the TE."""
        if profile == 0:
            self.rows.discard((layer1, layer2))
        else:
            self.rows.add((layer1, layer2))

    def wants(self, layer1: int, layer2: int) -> bool:
        all_of_sds_tl = layer1 == 3 and (3, 24 if layer2 < 128 else 25) in self.rows
        return (layer1, layer2) in self.rows or all_of_sds_tl


@dataclass(frozen=True, slots=True)
class Command:
    line: str
    data: bytes | None = None
    failure: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the transcript."""

    at_s: float
    direction: Literal["to_terminal", "from_terminal"]
    text: str


class Pei:
    """One terminal's PEI. Commands are done one after the other; indications go out at once.

    `reject` maps the beginning of a command to the CME code it is refused with. The transcript holds the last
    5000 lines. Commands that come faster than they are done wait, 100 at most; further ones are dropped and counted
    in `dropped`.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        handle: Callable[[str, bytes | None], Awaitable[list[str]]],
        silent: Callable[[], bool],
        answer_delay_s: Callable[[], float],
        wake_up_errors: Callable[[], int],
    ) -> None:
        self.echo = True
        self.dead = False
        """Switched off or starting: neither listens nor speaks."""
        self.reject: dict[str, int] = {}
        self.transcript: deque[Said] = deque(maxlen=MAX_TRANSCRIPT)
        self.open = False
        self.dropped = 0
        self.on_connection: Callable[[bool], None] = lambda connected: None
        self.on_fed: Callable[[], None] = lambda: None
        self.line_fits: Callable[[], bool | None] = lambda: True
        """Whether both sides have set the line alike: `False` makes rubbish of all, `None` lets nothing through."""
        self._write = write
        self._handle = handle
        self._silent = silent
        self._answer_delay_s = answer_delay_s
        self._wake_up_errors = wake_up_errors
        self._asleep = 0
        self._line = bytearray()
        self._header: str | None = None
        self._data_timer: asyncio.TimerHandle | None = None
        self._commands: asyncio.Queue[Command] = asyncio.Queue(maxsize=100)
        self.life = 0
        """Counts the times it was switched on anew."""

    # The port's side

    def connected(self) -> None:
        self.open = True
        self.fall_asleep()
        self.on_connection(True)

    def disconnected(self) -> None:
        """Safe to say twice."""
        if self.open:
            self.open = False
            self.on_connection(False)

    def fall_asleep(self) -> None:
        """The next lines meet `+CME ERROR: 35`."""
        self._asleep = self._wake_up_errors()
        self._line.clear()
        self._leave_data_mode()

    def feed(self, data: bytes) -> None:
        self.on_fed()
        fits = self.line_fits()
        if fits is None:
            return
        data = data if fits else rubbish(data)
        if self.dead or self._silent():
            return
        if self.echo:
            self.raw(data)
        for byte in data:
            if self._header is not None:
                self._take_data(byte)
            else:
                self._take(byte)

    def _take(self, byte: int) -> None:
        if byte == CTRL_Z:
            self._line.clear()
            self._put(Command("", failure=DATA_WITHOUT_COMMAND))
        elif byte == ord("\r"):
            line = self._line.decode("latin-1").strip()
            overlong = len(self._line) > MAX_LINE
            self._line.clear()
            self._take_line(line[:80], overlong=overlong) if overlong else self._take_line(line)
        elif byte != ord("\n") and len(self._line) <= MAX_LINE:
            self._line.append(byte)

    def _take_line(self, line: str, *, overlong: bool = False) -> None:
        self._note("to_terminal", line)
        if self._asleep:
            self._asleep -= 1
            self._put(Command(line, failure=SYNTAX_ERROR))
        elif overlong:
            self._put(Command(line, failure=SYNTAX_ERROR))
        elif line.upper().startswith("AT+CMGS=") and not line.endswith("?"):
            self._header = line
            self._data_timer = asyncio.get_running_loop().call_later(DATA_TIMEOUT_S, self._data_missing)
        elif line:
            self._put(Command(line))

    def _take_data(self, byte: int) -> None:
        if byte not in (CTRL_Z, ESCAPE):
            if len(self._line) <= MAX_LINE:
                self._line.append(byte)
            return
        header = self._header or ""
        data = bytes(self._line)
        self._leave_data_mode()
        self._line.clear()
        if byte == CTRL_Z:
            self._note("to_terminal", data.decode("latin-1").strip())
            self._put(Command(header, data.strip()))

    def _data_missing(self) -> None:
        header = self._header or ""
        self._leave_data_mode()
        self._line.clear()
        self._put(Command(header, failure=DATA_TIMEOUT))

    def _leave_data_mode(self) -> None:
        self._header = None
        if self._data_timer is not None:
            self._data_timer.cancel()
            self._data_timer = None

    def _put(self, command: Command) -> None:
        try:
            self._commands.put_nowait(command)
        except asyncio.QueueFull:
            self.dropped += 1

    # The terminal's side

    async def run(self) -> None:
        """Do the commands in turn."""
        while True:
            command = await self._commands.get()
            await asyncio.sleep(self._answer_delay_s())
            life = self.life
            for text in await self._answer(command):
                if life == self.life:
                    self.say(text)

    async def _answer(self, command: Command) -> list[str]:
        if command.failure is not None:
            return [f"+CME ERROR: {command.failure}"]
        for beginning, code in self.reject.items():
            if command.line.upper().startswith(beginning.upper()):
                return [f"+CME ERROR: {code}"]
        try:
            return [*await self._handle(command.line, command.data), "OK"]
        except CmeError as error:
            return [f"+CME ERROR: {error.code}"]
        except UnknownCommandError:
            return ["ERROR"]

    def say(self, text: str) -> None:
        """A line from the terminal, unless it is silent or dead."""
        if not (self.dead or self._silent()):
            self._note("from_terminal", text)
            self.raw(f"\r\n{text}\r\n".encode("latin-1", "replace"))

    def raw(self, data: bytes) -> None:
        """Bytes as they are, for faults; the line may spoil them."""
        fits = self.line_fits()
        if fits is not None:
            self._write(data if fits else rubbish(data))

    def forget_commands(self) -> None:
        """The waiting requests, and the one being done: they are never answered."""
        self.life += 1
        while not self._commands.empty():
            self._commands.get_nowait()

    def _note(self, direction: Literal["to_terminal", "from_terminal"], text: str) -> None:
        self.transcript.append(Said(asyncio.get_running_loop().time(), direction, text))
