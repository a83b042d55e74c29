"""Dialogues with terminals as text files, and what bridge.rakel makes of them, in the same file.

A line begins with what it is::

    # a remark: what this is, and the evidence (T trace of a real radio, C code, S standard as quoted, I inferred)
    < +CTXG: 1,3,0,0            the terminal says a line
    << \\r\\n+CTX                  the terminal sends these bytes
    ~ 3.5                       so many seconds pass
    > demand 1                  we ask for the channel on GSSI 1; also: cease, lose, answered, refused, failed [retry],
                                command <name of a command without parameters>
    . TransmissionGrant …       what the parser makes of it: fields that differ from their defaults
    = talks 23404 on 1          what comes of it

Everything that comes of a line stands behind it, in order; nothing else may.
"""

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from enum import Enum
from pathlib import Path

from bridge.domain.kernel.ids import Gssi, Issi, TerminalName
from bridge.domain.radio.events import (
    ChannelFree,
    RadioEvent,
    RadioTalkStarted,
    RadioTalkStopped,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.rakel import call_values as call
from bridge.rakel.group_calls import GroupCalls
from bridge.rakel.pei import commands, sds
from bridge.rakel.pei.identity import Identity
from bridge.rakel.pei.indications import Indication, ShortData
from bridge.rakel.pei.session import Answered, Ignored, Indicated, Output, Restarted, Session
from tests.harness.reasons import because, english

FOLDER = Path(__file__).parent / "fixtures_captured"
OWN_ISSI = Issi(1_001_001)
INPUTS = ("<< ", "< ", "> ", "~ ")
STEP_S = 0.1
"""For each thing we do; a tenth of it for each piece of what the terminal says."""


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def lines_of(name: str) -> list[str]:
    """The dialogue without remarks and empty lines."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def said_in(name: str) -> bytes:
    """All that the terminal says in a dialogue, as on the wire."""
    return b"".join(on_the_wire(line) for line in lines_of(name) if line.startswith("<"))


def on_the_wire(line: str) -> bytes:
    if line.startswith("<< "):
        return line[3:].encode("latin-1").decode("unicode_escape").encode("latin-1")
    return f"\r\n{line[2:]}\r\n".encode("latin-1")


class Dialogue:
    """Plays inputs into a session and the calls behind it."""

    def __init__(self) -> None:
        self.session = Session()
        self.calls = GroupCalls(TerminalName("rakel-1"))
        self.calls.own_issi = OWN_ISSI
        self.now_s = 1000.0
        self._serial = 0

    def play(self, line: str) -> list[str]:
        """What comes of one input line, written as in the files."""
        if line.startswith("<"):
            return self.hear(on_the_wire(line))
        self.now_s += STEP_S
        if line.startswith("~ "):
            self.now_s += float(line[2:])
            return [*self._read(self.session.tick(self.now_s)), *self._told(self.calls.tick(self.now_s))]
        return self._do(*line[2:].split())

    def hear(self, data: bytes) -> list[str]:
        """What comes of some bytes of the terminal."""
        self.now_s += STEP_S / 10
        return list(self._read(self.session.feed(data, self.now_s)))

    def _do(self, verb: str, *words: str) -> list[str]:
        calls, now_s = self.calls, self.now_s
        match verb:
            case "command":
                _, outputs = self.session.send(commands.plain(words[0]), now_s)
                return list(self._read(outputs))
            case "demand":
                return list(self._told(calls.ours.demand(Gssi(int(words[0])), now_s)))
            case "cease":
                return list(self._told(calls.ours.cease(now_s)))
            case "lose":
                return list(self._told(calls.lose(because("the line is gone"), now_s)))
            case "answered" | "refused":
                return list(self._told(calls.ours.release_answered(now_s, done=verb == "answered")))
            case "failed":
                failed = calls.ours.ask_failed(self._serial, because("refused"), now_s, retry="retry" in words)
                return list(self._told(failed))
        raise ValueError(f"no verb {verb}")

    def _read(self, outputs: Iterable[Output]) -> Iterator[str]:
        for output in outputs:
            match output:
                case Indicated(indication=said):
                    yield f". {shown(said)}"
                    yield from self._told(self.calls.hear(said, self.now_s))
                    if isinstance(said, ShortData):
                        yield f"= {shown(sds.decode(said.ai_service, said.data))}"
                case Ignored(line=line):
                    yield f". ignored: {line.why}"
                case Restarted():
                    yield "= the terminal was switched on anew"
                case Answered():
                    for one in output.lines:
                        yield f". {shown(one)}"
                    yield f"= {output.command.row.name}: {english(output.reason) or 'ok'}"
                case _:
                    pass

    def _told(self, outputs: Iterable[call.Output]) -> Iterator[str]:
        for output in outputs:
            if isinstance(output, call.Dial | call.Press):
                self._serial = output.serial
            yield f"= {_in_words(output)}"


def _in_words(output: call.Output) -> str:
    match output:
        case call.Dial():
            return f"write ATD{output.gssi}"
        case call.Press():
            return f"write AT+CTXD={output.instance},…"
        case call.Release():
            return f"write AT+CUTXC={output.instance}"
        case call.HangUp():
            return "write ATH"
        case call.Withdraw():
            return "take the demand back if it is not written yet"
        case call.Noted():
            return f"noted: {output.what}"
        case _:
            return _event_in_words(output)


def _event_in_words(event: RadioEvent) -> str:
    match event:
        case RadioTalkStarted():
            who = "somebody" if event.issi is None else event.issi
            where = "" if event.gssi is None else f" on {event.gssi}"
            return f"{who} talks{where}{', emergency' if event.emergency else ''}"
        case RadioTalkStopped():
            return "silence"
        case TransmitGranted():
            return "granted"
        case TransmitQueued():
            return "queued"
        case TransmitRefused():
            return f"refused{', try again' if event.retry else ''}: {english(event.reason)}"
        case ChannelFree():
            return "the channel is free"
        case TransmitEnded():
            return f"lost: {english(event.reason)}" if event.lost else "ended"
        case _:
            raise AssertionError(event)


def shown(said: Indication | sds.Content) -> str:
    """A value by its name and the fields that say something."""
    return " ".join([type(said).__name__, *_fields_of(said)])


def _fields_of(said: Indication | sds.Content) -> Iterator[str]:
    for field in fields(said):
        value = getattr(said, field.name)
        if field.default is MISSING or value != field.default:
            yield f"{field.name}={_value(value)}"


def _value(value: object) -> str:
    match value:
        case Identity(ssi=ssi, mni=mni):
            return f"{mni}/{ssi}" if mni else str(ssi)
        case Enum():
            return value.name.lower()
        case bytes():
            return value.hex().upper()
        case _:
            return str(value)
