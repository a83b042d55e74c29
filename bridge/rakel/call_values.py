"""The values that pass in and out of `group_calls.GroupCalls`, and those that it remembers."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.ids import Gssi, Issi
from bridge.domain.radio.events import (
    ChannelFree,
    RadioTalkStarted,
    RadioTalkStopped,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.rakel.pei.identity import Identity

# --- what it wants done and wants known ---


@dataclass(frozen=True, slots=True)
class Dial:
    """Set up the call to the selected talkgroup; answer by `ask_failed` if it fails."""

    serial: int
    gssi: Gssi


@dataclass(frozen=True, slots=True)
class Press:
    """Demand transmission in a call that is up; answer by `ask_failed` if it fails. `preempt`: the one who talks is
    asked to give way."""

    serial: int
    instance: int
    preempt: bool = False


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take back a `Dial` or `Press` that is not yet written; answer by `ask_failed` where that succeeds."""

    serial: int


@dataclass(frozen=True, slots=True)
class Release:
    """End the transmission; answer by `release_answered`. The answer is no proof: `+CDTXC` or `+CTCR` is."""

    instance: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a call whose instance never became known; answer by `release_answered`."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Something out of the ordinary, for log and counters."""

    what: str


Wish = Dial | Press | Withdraw | Release | HangUp
Fact = (
    RadioTalkStarted
    | RadioTalkStopped
    | TransmitGranted
    | TransmitQueued
    | TransmitRefused
    | TransmitEnded
    | ChannelFree
)
Output = Wish | Fact | Noted

# --- what it remembers ---


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The network interrupts the call since then, e.g. while the terminal changes cell; who talked until it did."""

    at_s: float
    talked: bool
    issi: Issi | None
    ours: bool = False
    """We were on the air: where the call goes on, the terminal may transmit again by itself."""


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call the terminal has told of. The group is known from `+CTICN` or from our own dialling."""

    instance: int
    gssi: Gssi | None = None
    caller: Identity | None = None
    emergency: bool = False
    individual: bool = False
    connected: bool = False
    """It is up, by `+CTCC` or `+CTXG`. A call that is only dialled cannot be pressed in."""
    may_request: bool = True
    talked: bool = False
    """Somebody has talked: from the second talker on, the one who set the call up is no hint any more."""
    interrupted: Interrupted | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    instance: int
    gssi: Gssi | None
    issi: Issi | None
    emergency: bool
    heard_at_s: float


STUCK_AFTER_TRIES: Final = 2
"""After letting go a second time and hanging up, a release without confirmation blocks the terminal."""


@dataclass(frozen=True, slots=True)
class Idle:
    pass


@dataclass(frozen=True, slots=True)
class Asking:
    serial: int
    gssi: Gssi
    instance: int | None
    due_s: float
    queued: bool = False
    preempt: bool = False
    dialled: bool = False
    """The call is being set up: until it is connected its instance may still change."""


@dataclass(frozen=True, slots=True)
class Sending:
    gssi: Gssi
    instance: int
    due_s: float


@dataclass(frozen=True, slots=True)
class Releasing:
    """Given up, and not over yet. `again` is a demand that came meanwhile."""

    serial: int
    instance: int | None
    due_s: float
    tell: bool
    """Its end is still to be reported."""
    keyed: bool = False
    """The terminal was on the air: it is over only when the terminal says so."""
    again: Gssi | None = None
    again_preempt: bool = False
    hung_up: bool = False
    since_s: float = 0.0
    tries: int = 0
    """How often it was ended again because nothing confirmed the end."""

    @property
    def unconfirmed(self) -> bool:
        """The terminal may be transmitting still, and nobody may take the channel for idle."""
        return self.keyed and self.tries >= STUCK_AFTER_TRIES


Phase = Idle | Asking | Sending | Releasing


@dataclass(frozen=True, slots=True)
class CallTimes:
    """All in seconds."""

    grant_s: float = 6.0
    """A demand nobody answers is refused after this."""
    queued_s: float = 20.0
    """A queued demand is refused after this."""
    transmit_limit_s: float = 60.0
    """A transmission is ended after this, whatever else fails: Rakel's minute."""
    talk_watchdog_s: float = 65.0
    """A talker of whom nothing is heard any more is closed after this: Rakel's minute, and some seconds."""
    release_s: float = 3.0
    """How long the command that ends a transmission may take."""
    confirm_s: float = 1.0
    """From that command's OK to the terminal's word that the transmission is over; without it, it is ended again."""
    end_again_s: float = 5.0
    """Between later tries, when the first two were in vain."""
    stuck_longest_s: float = 300.0
    """The longest time-out that a codeplug can set for a transmission: after it, no terminal transmits any more."""
    interrupted_s: float = 5.0
    """While the network interrupts a call no demand is made in it, but no longer than this. The indication that a call
    goes on was never seen on a real line, and may not come."""
    late_grant_s: float = 10.0
    """A grant this long after a demand was given up still belongs to it."""
