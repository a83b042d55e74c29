"""Terminals' reports of texts and statuses."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import Issi, MessageId, TerminalName
from bridge.domain.kernel.reasons import Reason


@dataclass(frozen=True, slots=True)
class SdsReceived(Event):
    at_s: float
    terminal: TerminalName
    sender: Issi
    text: str
    receiver: int | None = None
    """The ISSI or GSSI it was sent to, as far as the terminal says."""
    group: bool = False


@dataclass(frozen=True, slots=True)
class SdsUnreadable(Event):
    """Somebody has written, and it cannot be read: `reason` says why. The sender, as far as the terminal says."""

    at_s: float
    terminal: TerminalName
    sender: Issi | None
    reason: Reason
    receiver: int | None = None
    group: bool = False


@dataclass(frozen=True, slots=True)
class StatusReceived(Event):
    """A pre-coded status, 0…65535; 0 is the emergency alarm (ETSI EN 300 392-2 §14.8.34)."""

    at_s: float
    terminal: TerminalName
    sender: Issi
    code: int
    receiver: int | None = None
    group: bool = False


class SdsStage(StrEnum):
    """How far one part of a message of ours has come on its way through the terminal."""

    STARTED = "started"
    """Is being handed to the terminal: from here on a crash leaves a doubt."""
    ACCEPTED = "accepted"
    """The terminal has it. That proves no more."""
    ON_AIR = "on_air"
    """The terminal has sent it; also said when the receiver is switched off."""
    NOT_ON_AIR = "not_on_air"
    """It could not be sent after all, told too late for another try."""
    IN_DOUBT = "in_doubt"
    """The line went, or no answer came, while it was handed over: it may have been sent."""


@dataclass(frozen=True, slots=True)
class SdsProgress(Event):
    """`part` of `parts` (from 1) has come to a stage. `reference` is what a report will name, if one can come."""

    at_s: float
    terminal: TerminalName
    message: MessageId
    stage: SdsStage
    part: int = 1
    parts: int = 1
    reference: int | None = None
    reason: Reason | None = None


class SdsDelivery(StrEnum):
    DELIVERED = "delivered"
    READ = "read"
    STORED = "stored"
    """The network keeps it until the receiver is reached."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SdsReported(Event):
    """The receiver, or the network for it, reports the fate of the message with this reference (1…255)."""

    at_s: float
    terminal: TerminalName
    sender: Issi
    reference: int
    delivery: SdsDelivery
    reason: Reason | None = None


ShortDataEvent = SdsReceived | SdsUnreadable | StatusReceived | SdsProgress | SdsReported
