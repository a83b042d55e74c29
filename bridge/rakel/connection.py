"""One open line to a terminal: the session of `pei` on a serial port or a socket, with its timers.

A `Connection` lives from an opened port to its loss; the driver then makes another. Every line and every command is
logged on `bridge.rakel.wire` at debug level: `>` to the terminal and `<` from it. Short data is logged by its length
only.
"""

import asyncio
import contextlib
import fcntl
import re
import termios
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, cast

import structlog

from bridge.domain.kernel.reasons import Reason
from bridge.ports import Clock
from bridge.rakel.line_fault import why_not_opened
from bridge.rakel.pei.commands import Command
from bridge.rakel.pei.framing import LineReader
from bridge.rakel.pei.indications import Indication
from bridge.rakel.pei.session import (
    Answered,
    Ignored,
    Indicated,
    Outcome,
    Output,
    Restarted,
    Session,
    SessionTimes,
    Token,
    Write,
)
from bridge.rakel.port import carry, is_device, open_port
from bridge.rakel.reasons import LineReason, in_english

_wire = structlog.get_logger("bridge.rakel.wire")

CLOSE_TIMEOUT_S: Final = 2.0
"""A device that is gone closes at once; a driver that hangs in it must not hold us."""
OPEN_TIMEOUT_S: Final = 15.0
"""A serial server is reached within five seconds or not at all; RFC 2217 then agrees on the line's settings. A device
opens at once."""
_COUNTED: Final = {Outcome.ERROR: "command_refused", Outcome.TIMEOUT: "command_unanswered"}
MAX_LOGGED_CHARS: Final = 200
_USER_DATA = re.compile(r"(?<![0-9A-Za-z])([0-9A-Fa-f]+)(?=\x1a)|^\s*(?:> *)?[0-9A-Fa-f]{2,}\s*$|[0-9A-Fa-f]{18,}")
"""Hex before Ctrl-Z, a line of nothing but hex, or more digits than an identity has: that is people's text."""

OnIndication = Callable[[float, Indication], None]
OnAnswer = Callable[[Answered], None]


class LinkLost(Exception):
    """The line is gone, or could not be had; the reason says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(in_english(reason))
        self.reason = reason


class Connection(asyncio.Protocol):
    """Carries a session's outputs out and the line's bytes in.

    Attributes:
        counters: Lines that changed nothing, by reason, and commands that were refused or not answered.
        lost: Done when the line is gone; its result is the reason.
        restarted: Set when the terminal seems to have been switched on anew.
        wake: Set with either of the two; whoever looks after the line may set it too.
        heard_at_s: When the terminal last said anything.
        tap: Gets every line as it was read, for a probe.
    """

    def __init__(self, name: str, clock: Clock, on_indication: OnIndication, gap_s: float = 0.0) -> None:
        self._name = name
        self._clock = clock
        self._on_indication = on_indication
        self._session = Session(SessionTimes(gap_s=gap_s))
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._answers: dict[Token, OnAnswer] = {}
        self._log = _wire.bind(terminal=name)
        self._log_reader = LineReader()
        self.counters: Counter[str] = Counter()
        self.lost: asyncio.Future[Reason] = asyncio.get_running_loop().create_future()
        self.restarted = False
        self.wake = asyncio.Event()
        self._early = bytearray()
        """Written before the transport has said that it is there, which it does a moment after opening."""
        self._closed = asyncio.Event()
        self.heard_at_s = clock.now_s()
        self.tap: Callable[[str], None] | None = None

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._early:
            self._transport.write(bytes(self._early))
            self._early.clear()

    def data_received(self, data: bytes) -> None:
        self.heard_at_s = self._clock.now_s()
        for line in self._log_reader.feed(data):
            self._log.debug("wire", dir="<", line=redacted(line.text))
            if self.tap is not None:
                self.tap(line.text)
        self._carry_out(self._session.feed(data, self.heard_at_s))

    def eof_received(self) -> bool:
        self._end(LineReason.CLOSED_THERE())
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()
        self._end(LineReason.LOST(evidence=str(exc)) if exc is not None else LineReason.CLOSED())

    # --- for the driver ---

    def send(self, command: Command, on_answer: OnAnswer) -> Token:
        """Queue a command; `on_answer` is called once, also when the line is lost. Never during this call, unless the
        queue overflows."""
        now_s = self._clock.now_s()
        token, outputs = self._session.send(command, now_s)
        self._answers[token] = on_answer
        if self.lost.done():
            outputs = self._session.lose()
        self._carry_out(outputs)
        return token

    def cancel(self, token: Token) -> None:
        """Take a command back that still waits."""
        self._carry_out(self._session.cancel(token, self._clock.now_s()))

    async def command(self, command: Command) -> Answered:
        """Send and wait for the end, whatever it is.

        Raises:
            LinkLost: the line was lost meanwhile.
        """
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()

        def answer(answered: Answered) -> None:
            if not future.done():
                future.set_result(answered)

        token = self.send(command, answer)
        try:
            answered = await future
        finally:
            if not future.done() or future.cancelled():
                self.cancel(token)
        if self.lost.done():
            raise LinkLost(self.lost.result())
        return answered

    def write_raw(self, data: bytes) -> None:
        """Send bytes outside the session: the bare CR that clears the terminal's line buffer."""
        self._write(data)

    async def close(self) -> None:
        """Close the port and wait until it can be opened again. Unwritten bytes are dropped."""
        self._end(LineReason.CLOSED_BY_US())
        if self._transport is None or self._closed.is_set():
            return
        port = self._transport.get_extra_info("serial")
        _set_exclusive(port, exclusive=False)
        _drop_unsent(port)
        self._transport.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._closed.wait()

    # --- inside ---

    def _carry_out(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            match output:
                case Write(data=data):
                    self._write(data)
                case Answered(token=token, outcome=outcome):
                    if outcome in _COUNTED:
                        self.counters[_COUNTED[outcome]] += 1
                    on_answer = self._answers.pop(token, None)
                    if on_answer is not None:
                        on_answer(output)
                case Indicated(at_s=at_s, indication=indication):
                    self._on_indication(at_s, indication)
                case Ignored(line=line):
                    self.counters[line.why] += 1
                    self._log.debug("line_ignored", why=line.why, line=redacted(line.text))
                case Restarted():
                    self.restarted = True
                    self.wake.set()
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_s = self._session.next_due_s()
        if due_s is not None and not self.lost.done():
            delay_s = max(0.0, due_s - self._clock.now_s())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._carry_out(self._session.tick(self._clock.now_s()))

    def _write(self, data: bytes) -> None:
        self._log.debug("wire", dir=">", line=redacted(data.decode("latin-1")))
        if self._transport is None:
            self._early += data
        elif not self._transport.is_closing():
            self._transport.write(data)

    def _end(self, reason: Reason) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)
            self.wake.set()
            self._carry_out(self._session.lose())


async def open_connection(
    url: str, baud: int, *, rtscts: bool, name: str, clock: Clock, on_indication: OnIndication, gap_s: float = 0.0
) -> Connection:
    """Open a serial URL, 8N1, for us alone.

    Raises:
        LinkLost: it cannot be opened, is held by another program, or the server does not answer.
    """
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            opened = await open_port(url, baud, rtscts=rtscts)
    except TimeoutError as error:
        raise LinkLost(LineReason.NO_ANSWER_TO_OPENING(url=url, seconds=OPEN_TIMEOUT_S)) from error
    except (OSError, ValueError, TypeError) as error:
        raise LinkLost(why_not_opened(url, str(error))) from error
    line = Connection(name, clock, on_indication, gap_s)
    carry(opened, url, line)
    if is_device(url):
        _set_exclusive(opened, exclusive=True)
    return line


def _set_exclusive(port: object, *, exclusive: bool) -> None:
    """Refuse further opens of the tty (TIOCEXCL) beside pyserial's own advisory lock.

    Not on a pty: its other end keeps it alive. After our death the refusal would stand, and lock ourselves out.
    """
    path = getattr(port, "name", None)
    if not isinstance(path, str) or str(Path(path).resolve()).startswith("/dev/pts/"):
        return
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
        fcntl.ioctl(port.fileno(), termios.TIOCEXCL if exclusive else termios.TIOCNXCL)  # type: ignore[attr-defined]


def _drop_unsent(port: object) -> None:
    """Drop the bytes that the terminal does not take. With its flow control off, they would hold the closing up for
    half a minute."""
    if isinstance(getattr(port, "name", None), str) and hasattr(port, "reset_output_buffer") and hasattr(port, "fd"):
        with contextlib.suppress(OSError, ValueError, TypeError, termios.error):
            port.reset_output_buffer()


def redacted(text: str) -> str:
    """A line for the log, without the user data of messages: a message may carry a code."""
    shown = _USER_DATA.sub(lambda found: f"<{len(found.group())} characters of user data>", text)
    return repr(shown[:MAX_LOGGED_CHARS])[1:-1]
