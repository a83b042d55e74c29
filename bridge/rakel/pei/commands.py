"""The commands we give, one row each: the text sent, how long the answer may take, its fields.

`Command` is a command ready to send. The builders below make commands, and are the only place that spells AT syntax.
Timeouts are ours: the standard gives none. Evidence as in `results`.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bridge.rakel.pei.codes import AiMode, AiService, TxDemandPriority

CTRL_Z: Final = "\x1a"
"""Ends the user data of `AT+CMGS`; nothing comes after it."""
ESCAPE: Final = "\x1b"
"""Gives up user data begun."""


class Priority(IntEnum):
    """The order of commands when several wait."""

    CEASE = 0
    DEMAND = 1
    NORMAL = 2
    BACKGROUND = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of command. `answer` is the result code whose lines belong to it, with rows that lack the code or not."""

    name: str
    syntax: str
    timeout_s: float
    evidence: str
    answer: str = ""
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the text after which CR is sent, and user data that follows it, if any."""

    row: Row
    text: str
    data: str = ""

    @property
    def wire(self) -> bytes:
        """As sent. CR alone ends a command; user data is led in by CR LF and ended by Ctrl-Z."""
        text = f"{self.text}\r\n{self.data}{CTRL_Z}" if self.data else f"{self.text}\r"
        return text.encode("latin-1", "replace")


ROWS: Final[dict[str, Row]] = {
    row.name: row
    for row in (
        Row("attention", "AT", 1.0, "captured"),
        Row("echo_off", "ATE0", 2.0, "code; ITU-T V.250 §6.2.4"),
        Row("character_set", "AT+CSCS=8859-1", 2.0, "code"),
        Row("maker", "AT+GMI?", 2.0, "captured", "+GMI"),
        Row("model", "AT+GMM?", 2.0, "captured", "+GMM"),
        Row("revision", "AT+GMR?", 2.0, "code", "+GMR"),
        Row("own_numbers", "AT+CNUMF?", 3.0, "captured; EN 300 392-5 §6.11.5", "+CNUMF"),
        Row("static_groups", "AT+CNUMS?", 8.0, "captured; EN 300 392-5 §6.11.5", "+CNUMS", Priority.BACKGROUND),
        Row("dynamic_groups", "AT+CNUMD?", 8.0, "code; EN 300 392-5 §6.11.5", "+CNUMD", Priority.BACKGROUND),
        Row("static_groups_part", "AT+CNUMS=0,<first>,<last>", 2.0, "captured", priority=Priority.BACKGROUND),
        Row("dynamic_groups_part", "AT+CNUMD=0,<first>,<last>", 2.0, "code", priority=Priority.BACKGROUND),
        Row("routes", "AT+CTSP?", 2.0, "EN 300 392-5 §6.14.8", "+CTSP", Priority.BACKGROUND),
        Row("mode", "AT+CTOM?", 2.0, "EN 300 392-5 §6.14.7.4", "+CTOM"),
        Row("set_mode", "AT+CTOM=<AI mode>", 5.0, "EN 300 392-5 §6.14.7.2"),
        Row("route_service", "AT+CTSP=<profile>,<layer 1>[,<layer 2>]", 2.0, "captured"),
        Row(
            "call_parameters",
            "AT+CTSDC=<AI service>,<called type>,<area>,<hook>,<simplex>,<encryption>,<comms type>,<slots>,<RqTx>,"
            "<priority>",
            2.0,
            "captured",
            priority=Priority.DEMAND,
        ),
        Row("registration", "AT+CREG?", 2.0, "captured", "+CREG", Priority.BACKGROUND),
        Row("signal", "AT+CSQ?", 2.0, "captured; EN 300 392-5 §6.9", "+CSQ", Priority.BACKGROUND),
        Row("battery", "AT+CBC?", 2.0, "code; EN 300 392-5 §6.9", "+CBC", Priority.BACKGROUND),
        Row("talkgroup", "AT+CTGS?", 3.0, "captured; EN 300 392-5 §6.15.6.4", "+CTGS"),
        Row("select_talkgroup", "AT+CTGS=1,<GSSI>", 5.0, "captured; EN 300 392-5 §6.15.6.2"),
        Row("dial", "ATD<GSSI>", 5.0, "captured", priority=Priority.DEMAND),
        Row("demand", "AT+CTXD=<instance>,<priority>", 3.0, "captured", priority=Priority.DEMAND),
        Row("cease", "AT+CUTXC=<instance>", 2.0, "captured", priority=Priority.CEASE),
        Row("hang_up", "ATH", 2.0, "code", priority=Priority.CEASE),
        Row(
            "sds_service",
            "AT+CTSDS=<AI service>,<called type>[,<area>,<priority>,<encryption>]",
            2.0,
            "captured; EN 300 392-5 §6.14.6",
        ),
        Row("send_sds", "AT+CMGS=<receiver>,<bits>⏎<user data in hex><Ctrl-Z>", 10.0, "captured", "+CMGS"),
    )
}


def plain(name: str) -> Command:
    """A command without parameters."""
    row = ROWS[name]
    if "<" in row.syntax:
        raise ValueError(f"{name} has parameters")
    return Command(row, row.syntax)


def set_mode(mode: AiMode) -> Command:
    return Command(ROWS["set_mode"], f"AT+CTOM={mode.value}")


def route_service(profile: int, *layers: int) -> Command:
    """Route a service's signalling: profile 0 to the terminal, 1 to us, 2 to both."""
    return Command(ROWS["route_service"], f"AT+CTSP={','.join(str(part) for part in (profile, *layers))}")


def group_call_parameters(parameters: str) -> Command:
    """The kind of the next call; `profiles` has the parameters of speech to a group."""
    return Command(ROWS["call_parameters"], f"AT+CTSDC={parameters}")


def group_list_part(name: str, first: int, last: int) -> Command:
    """Limit what the next reading of a group list gives; `name` is that of the reading, rows count from 1."""
    row = ROWS[f"{name}_part"]
    return Command(row, f"{row.syntax.partition('=')[0]}=0,{first},{last}")


def select_talkgroup(gssi: int) -> Command:
    return Command(ROWS["select_talkgroup"], f"AT+CTGS=1,{gssi}")


def dial(gssi: int) -> Command:
    """Set up a call to the selected talkgroup, which is at once the first demand to transmit."""
    return Command(ROWS["dial"], f"ATD{gssi}")


def demand(instance: int, priority: TxDemandPriority) -> Command:
    return Command(ROWS["demand"], f"AT+CTXD={instance},{priority.value}")


def cease(instance: int) -> Command:
    return Command(ROWS["cease"], f"AT+CUTXC={instance}")


def sds_service(service: AiService, *, end_to_end: bool = False) -> Command:
    """The terminal keeps the last value, so it goes before every message. `end_to_end` encryption is the terminal's."""
    return Command(ROWS["sds_service"], f"AT+CTSDS={service.value},0" + (",0,0,1" if end_to_end else ""))


def send_sds(receiver: int, bits: int, data: bytes) -> Command:
    """Short data of `bits` bits, left-justified in `data`, to an SSI."""
    return Command(ROWS["send_sds"], f"AT+CMGS={receiver},{bits}", data.hex().upper())
