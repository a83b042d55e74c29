"""Timers by name."""

from enum import StrEnum


class RadioTimer(StrEnum):
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
