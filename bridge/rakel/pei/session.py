"""The conversation with one terminal, without IO: bytes and time in, bytes and their meaning out.

Rules:

- One command is in flight; its final result (`OK`, `ERROR`, `+CME ERROR`, `+CMS ERROR`) or its deadline ends it.
- Waiting commands go by priority, then by age. The order is: releasing the channel, asking for it, everything else with
  short data, and last the polls and lists. The command in flight is never interrupted: its bytes are whole, and another
  is written only after its end. A waiting `CEASE` shortens the wait for that end.
- Indications come at any time, also between a command and its result. Their codes tell them apart from the answer.
- A final result with nothing in flight is late or doubled: it is counted and changes nothing. After a timeout nothing
  is sent for `settle_s`, so that a late result is not taken for the next command's. For the same reason the next
  command is written only after all bytes read have been taken in.
- The queue holds `queue_limit`. When it is full the newest command of the least urgent kind gives way, even if it was
  just given. It is answered with `Outcome.OVERFLOW`. Nothing is dropped silently.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NewType

from bridge.domain.kernel.reasons import Reason
from bridge.rakel.pei.codes import CME_SYNTAX, CmeCode, Retry, cme_error
from bridge.rakel.pei.commands import ESCAPE, Command, Priority
from bridge.rakel.pei.framing import MAX_LINE_CHARS, Line, LineReader
from bridge.rakel.pei.indications import Indication, SdsHeader, ShortData, ShortDataSent, UnknownLine
from bridge.rakel.pei.results import ROWS, parse_result, parse_row
from bridge.rakel.pei.sds import user_data
from bridge.rakel.reasons import CommandReason

Token = NewType("Token", int)
"""Names one command sent; counts up by one."""

HEADER_PATIENCE_S: Final = 2.0
"""User data comes on the line after its header; a header older than this has lost it."""
MAX_ANSWER_LINES: Final = 4096
"""A group list has up to 2000 rows; more is not an answer."""

_FINAL = re.compile(r"(OK|ERROR|\+(CME|CMS) ERROR:?\s*(\S*))$")
_ANSWER_ROW = re.compile(r"\(?\d+\)?,")
_LISTS: Final = frozenset({"+CNUMS", "+CNUMD", "+CTSP"})
"""Lists whose rows may come without the code from the first on."""
_HEX = re.compile(r"\(?\s*([0-9A-Fa-f]*)\s*\)?$")
"""User data; some terminals put it in parentheses."""
_ECHO = re.compile(r"at", re.IGNORECASE)
_HEADER = re.compile(r"\+CTSDSR\s*:", re.IGNORECASE)
_CONTINUES: Final = ","
"""Some terminals break a header into several lines, each after the first beginning so."""
_PROMPT: Final = ">"


class Outcome(StrEnum):
    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    OVERFLOW = "overflow"
    """Gave way in a full queue; never sent."""
    CANCELLED = "cancelled"
    """Taken back, or the line was lost, before it was answered."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes to send now."""

    data: bytes


_NOT_TAKEN: Final = {
    Outcome.ERROR: CommandReason.ERROR,
    Outcome.TIMEOUT: CommandReason.NO_ANSWER,
    Outcome.OVERFLOW: CommandReason.TOO_MANY_WAIT,
    Outcome.CANCELLED: CommandReason.GIVEN_UP,
}


@dataclass(frozen=True, slots=True)
class Answered:
    """A command has ended. `lines` are the information lines that belong to it."""

    token: Token
    command: Command
    outcome: Outcome
    lines: tuple[Indication, ...] = ()
    error: CmeCode | None = None

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.OK

    @property
    def retry(self) -> bool:
        """Whether the same command can succeed later by itself."""
        if self.error is not None:
            return self.error.retry is Retry.LATER
        return self.outcome in (Outcome.TIMEOUT, Outcome.OVERFLOW, Outcome.CANCELLED)

    @property
    def reason(self) -> Reason | None:
        """Why it was not taken; `None` where it was."""
        if self.error is not None:
            return CommandReason.CME_ERROR(code=self.error.code)
        code = _NOT_TAKEN.get(self.outcome)
        return None if code is None else code()


@dataclass(frozen=True, slots=True)
class Indicated:
    """The terminal says something by itself."""

    at_s: float
    indication: Indication


@dataclass(frozen=True, slots=True)
class Ignored:
    """A line that changed nothing, with the reason; for the log and the counters."""

    at_s: float
    line: UnknownLine


@dataclass(frozen=True, slots=True)
class Restarted:
    """The terminal seems to have been switched on anew, and its settings to be gone. It said `+CME ERROR: 35` that
    nobody asked for, or echoes and did not before."""

    at_s: float


Output = Write | Answered | Indicated | Ignored | Restarted


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """All in seconds, ≥ 0."""

    settle_s: float = 0.5
    """Silence after a timeout, for a late result to pass."""
    gap_s: float = 0.0
    """Between a result and the next command, for terminals that lose what comes too soon."""
    urgent_patience_s: float = 2.0
    """How long the command in flight may still take once a `CEASE` waits behind it. It is longer than a working
    terminal needs for anything (short data takes a second). It is no longer than from our cut to the minute."""


@dataclass(frozen=True, slots=True)
class _Pending:
    token: Token
    command: Command

    @property
    def rank(self) -> tuple[Priority, Token]:
        return self.command.row.priority, self.token


@dataclass(frozen=True, slots=True)
class _InFlight:
    token: Token
    command: Command
    deadline_s: float
    lines: tuple[Indication, ...] = ()


class Session:
    """One terminal's conversation. Each verb gives the outputs it causes, in order; none raises on input."""

    def __init__(self, times: SessionTimes | None = None, queue_limit: int = 32) -> None:
        self._times = times or SessionTimes()
        self._queue_limit = queue_limit
        self._reader = LineReader()
        self._waiting: list[_Pending] = []
        self._in_flight: _InFlight | None = None
        self._header: tuple[str, float] | None = None
        self._not_before_s = 0.0
        self._last_token = 0
        self._echoes = True
        """Whether the last command came back as a line; terminals begin so, and again after power-up."""
        self._echoed = False

    def feed(self, data: bytes, at_s: float) -> list[Output]:
        """Take what was read from the terminal."""
        outputs = [output for line in self._reader.feed(data) for output in self._take(line, at_s)]
        return [*outputs, *self._send_next(at_s)]

    def send(self, command: Command, at_s: float) -> tuple[Token, list[Output]]:
        """Queue a command. Its `Answered` carries the token, and comes exactly once."""
        self._last_token += 1
        token = Token(self._last_token)
        self._waiting.append(_Pending(token, command))
        self._waiting.sort(key=lambda pending: pending.rank)
        outputs: list[Output] = []
        if len(self._waiting) > self._queue_limit:
            last = self._waiting.pop()
            outputs.append(Answered(last.token, last.command, Outcome.OVERFLOW))
        self._hurry(at_s)
        return token, [*outputs, *self._send_next(at_s)]

    def cancel(self, token: Token, at_s: float) -> list[Output]:
        """Take a command back that still waits. One in flight, or ended, stays as it is."""
        taken = [pending for pending in self._waiting if pending.token == token]
        self._waiting = [pending for pending in self._waiting if pending.token != token]
        return [*(_cancelled(pending) for pending in taken), *self._send_next(at_s)]

    def tick(self, at_s: float) -> list[Output]:
        """Let time pass: the deadline of the command in flight, and the pauses before the next."""
        outputs: list[Output] = []
        if self._in_flight is not None and at_s >= self._in_flight.deadline_s:
            late, self._in_flight = self._in_flight, None
            self._not_before_s = at_s + self._times.settle_s
            if late.command.data:
                outputs.append(Write(ESCAPE.encode()))
            outputs.append(Answered(late.token, late.command, Outcome.TIMEOUT, late.lines))
        return [*outputs, *self._send_next(at_s)]

    def lose(self) -> list[Output]:
        """The line is gone: everything unanswered is `CANCELLED`, and a line begun is forgotten."""
        in_flight, waiting = self._in_flight, self._waiting
        self._in_flight, self._waiting, self._header, self._not_before_s = None, [], None, 0.0
        self._echoes = True
        self._reader.clear()
        ended = [_Pending(in_flight.token, in_flight.command)] if in_flight is not None else []
        return [_cancelled(pending) for pending in (*ended, *waiting)]

    def next_due_s(self) -> float | None:
        """When `tick` has something to do; `None` while there is nothing to wait for."""
        if self._in_flight is not None:
            return self._in_flight.deadline_s
        return self._not_before_s if self._waiting else None

    def _send_next(self, at_s: float) -> Iterator[Output]:
        if self._in_flight is None and self._waiting and at_s >= self._not_before_s:
            pending = self._waiting.pop(0)
            self._in_flight = _InFlight(pending.token, pending.command, at_s + pending.command.row.timeout_s)
            self._hurry(at_s)
            yield Write(pending.command.wire)

    def _hurry(self, at_s: float) -> None:
        in_flight = self._in_flight
        if in_flight is not None and self._waiting and self._waiting[0].command.row.priority is Priority.CEASE:
            deadline_s = min(in_flight.deadline_s, at_s + self._times.urgent_patience_s)
            self._in_flight = replace(in_flight, deadline_s=deadline_s)

    def _take(self, line: Line | object, at_s: float) -> Iterator[Output]:
        if not isinstance(line, Line):
            yield Ignored(at_s, UnknownLine(getattr(line, "text", ""), "overlong"))
            return
        text = line.text
        if self._header is not None:
            header, since_s = self._header
            self._header = None
            fresh = at_s - since_s <= HEADER_PATIENCE_S
            if fresh and text.startswith(_CONTINUES) and len(header) + len(text) <= MAX_LINE_CHARS:
                self._header = (header + text, since_s)
                return
            read = parse_result(header)
            if fresh and isinstance(read, SdsHeader) and (data := _HEX.match(text)) is not None:
                yield Indicated(at_s, _short_data(read, data[1]))
                return
            why = "orphan_header" if isinstance(read, SdsHeader) else "malformed"
            yield Ignored(at_s, UnknownLine(header, why))
            if isinstance(read, SdsHeader):  # that somebody wrote is known all the same
                yield Indicated(at_s, _short_data(read, ""))
        if (final := _FINAL.match(text)) is not None:
            yield self._take_final(text, final, at_s)
        elif text == _PROMPT:
            return
        elif self._is_echo(text):
            yield Ignored(at_s, UnknownLine(text, "echo"))
            yield from self._note_echo(text, at_s)
        else:
            yield from self._take_information(text, at_s)

    def _is_echo(self, text: str) -> bool:
        """A terminal never begins a line with AT; the hex of user data comes back under its own command only."""
        sent = self._in_flight.command.data if self._in_flight is not None else ""
        return _ECHO.match(text) is not None or (bool(sent) and text.lstrip("> ").startswith(sent))

    def _note_echo(self, text: str, at_s: float) -> Iterator[Output]:
        if self._in_flight is not None and text == self._in_flight.command.text:
            self._echoed = True
            if not self._echoes:
                self._echoes = True
                yield Restarted(at_s)

    def _take_final(self, text: str, final: re.Match[str], at_s: float) -> Output:
        error = _cme(final)
        in_flight = self._in_flight
        if in_flight is None:
            restarted = error is not None and error.code == CME_SYNTAX
            return Restarted(at_s) if restarted else Ignored(at_s, UnknownLine(text, "stray_final"))
        self._in_flight = None
        self._echoes, self._echoed = self._echoed, False
        self._not_before_s = at_s + self._times.gap_s
        outcome = Outcome.OK if text == "OK" else Outcome.ERROR
        return Answered(in_flight.token, in_flight.command, outcome, in_flight.lines, error)

    def _take_information(self, text: str, at_s: float) -> Iterator[Output]:
        if _HEADER.match(text):
            whole = parse_result(text)
            if isinstance(whole, SdsHeader) and whole.data is not None:
                yield Indicated(at_s, _short_data(whole, whole.data))
            else:
                self._header = (text, at_s)
            return
        in_flight = self._in_flight
        code = in_flight.command.row.answer if in_flight is not None else ""
        begun = bool(in_flight and in_flight.lines) or code in _LISTS
        continues = bool(code) and begun and _ANSWER_ROW.match(text) is not None
        read = parse_row(code, text) if continues else parse_result(text)
        if isinstance(read, UnknownLine):
            yield Ignored(at_s, read)
        elif in_flight is not None and code and isinstance(read, ROWS[code].build) and _answers(read):
            if len(in_flight.lines) < MAX_ANSWER_LINES:
                self._in_flight = replace(in_flight, lines=(*in_flight.lines, read))
        else:
            yield Indicated(at_s, read)


def _answers(read: Indication) -> bool:
    """A `+CMGS` with a status tells of an earlier message, not of the one in flight."""
    return not (isinstance(read, ShortDataSent) and read.status is not None)


def _cancelled(pending: _Pending) -> Answered:
    return Answered(pending.token, pending.command, Outcome.CANCELLED)


def _cme(final: re.Match[str]) -> CmeCode | None:
    number = final.group(3)
    if final.group(2) != "CME" or not number:
        return None
    return cme_error(int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else None


def _short_data(header: SdsHeader, text: str) -> ShortData:
    data = user_data(text, header.bits)
    return ShortData(header.ai_service, header.calling, header.called, header.bits, data)
