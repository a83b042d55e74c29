"""Texts and statuses by radio (short data, SDS): the records."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import ConferenceId, Issi, MessageId, TerminalName
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records


class MessageDirection(StrEnum):
    IN = "in"
    OUT = "out"


class MessageState(StrEnum):
    RECEIVED = "received"
    """Came in."""
    QUEUED = "queued"
    """Waits for a terminal: none is ready, or a call is up on it."""
    SENDING = "sending"
    """Is being handed to the terminal."""
    SENT = "sent"
    """The terminal has taken it."""
    ON_AIR = "on_air"
    """The terminal says that it went out. It says so also when the receiver is switched off."""
    DELIVERED = "delivered"
    """The receiver's own report: the only proof."""
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"
    """No terminal could take it in time."""
    IN_DOUBT = "in_doubt"
    """Lost sight of while it was handed over: perhaps sent, perhaps not; not sent again by itself."""


@dataclass(frozen=True, slots=True)
class Message(Record):
    """A text or a status by radio (short data, SDS). Either `text` or `status` is set."""

    id: MessageId
    direction: MessageDirection
    state: MessageState
    created_at_s: float
    receiver: int | None
    """An ISSI, or with `group` a GSSI; unknown where the terminal does not say."""
    group: bool = False
    sender: Issi | None = None
    text: str | None = None
    status: int | None = None
    actor: str = ""
    """The person who ordered it, of an outgoing message."""
    terminal: TerminalName | None = None
    """That it came in by, or goes out by."""
    terminals: tuple[TerminalName, ...] = ()
    """Those that may send it; empty: all."""
    conference: ConferenceId | None = None
    reason: Reason | None = None
    parts: int = 1
    parts_sent: int = 0
    """Taken by the terminal, in order."""
    parts_on_air: int = 0
    references: tuple[int | None, ...] = ()
    """Of each part handed over: what its report will name, `None` where none was asked for."""
    delivered: frozenset[int] = frozenset()
    """Numbers of the parts whose arrival was reported."""
    read: frozenset[int] = frozenset()
    tries: int = 0
    not_before_s: float = 0.0
    expires_at_s: float | None = None
    """Until then it is tried; once it is sent, until then its report is waited for."""
    sent_at_s: float | None = None
    on_air_at_s: float | None = None
    delivered_at_s: float | None = None
    read_at_s: float | None = None
    ended_at_s: float | None = None
    """From then on nothing more is awaited."""


MESSAGES: Final = Records[MessageId, Message]("messages", Message, "sds")
"""Short data on its way out, and what still waits for its report."""
