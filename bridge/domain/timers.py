"""Timers by name. `StartTimer` and `StopTimer` name one, `TimerDue` says that it is due."""

from dataclasses import dataclass
from enum import StrEnum


class TimerKind(StrEnum):
    ENTRY_DIGITS = "entry_digits"
    ENTRY_BRAKE = "entry_brake"
    ENTRY_REMIND = "entry_remind"
    """Nothing has been keyed since the question: it is asked again, so that nobody hears silence."""
    KEYS = "keys"
    CALLOUT_KEY = "callout_key"
    CALLOUT_PUMP = "callout_pump"
    CALLOUT_RING = "callout_ring"
    """A call has rung for far longer than it may, and no end of it was reported."""
    PROMPT = "prompt"
    """A prompt's end has not been reported although it must be over."""
    JOIN = "join"
    """A person has been on the way into the mix for long."""
    RECORDING = "recording"
    """A recording that failed is tried again."""
    TRACK = "track"
    """A talkgroup's track that failed is tried again."""
    RADIO_GRANT = "radio_grant"
    RADIO_WARN = "radio_warn"
    RADIO_CUT = "radio_cut"
    RADIO_PAUSE = "radio_pause"
    RADIO_RETRY = "radio_retry"
    RADIO_STALE = "radio_stale"
    RADIO_LEASE = "radio_lease"
    """The lease ends, or is soon to end."""
    RADIO_IDLE = "radio_idle"
    RADIO_TAKEOVER = "radio_takeover"
    """The terminal has been away for long enough that another takes its group."""
    RADIO_CLOSING = "radio_closing"
    """The closing notice cannot wait any longer."""
    RADIO_KEY = "radio_key"
    """A key that holds the way to the air open has been silent for long."""
    RADIO_ONLY = "radio_only"
    """Telephony has been away for long enough that the meetings go on by radio alone."""
    CONFERENCE_END = "conference_end"
    CONFERENCE_EMPTY = "conference_empty"
    SDS_PUMP = "sds_pump"
    AGAIN = "again"
    """An effect that failed is asked for again."""


@dataclass(frozen=True, slots=True)
class TimerKey:
    """A timer is named by its kind and what it is about; starting it again moves it."""

    kind: TimerKind
    subject: str
