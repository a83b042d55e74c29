"""The records of packages that are made in the background. The node decides nothing by them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.recording.release import Release

MOST_WAITING: Final = 20
"""So many of one node wait; another one is refused."""
MOST_TRIES: Final = 3
"""A package in whose making the program ended so often is given up."""


class Form(StrEnum):
    ZIP = "zip"
    """The documentation, for people."""
    SIP = "sip"
    """For a public archive (E-ARK SIP)."""


class HandoverState(StrEnum):
    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    """It can be fetched until it expires."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Its file is gone: kept for its time, taken away, or something of it was disposed of."""


class Step(StrEnum):
    """Of the making, in order."""

    PROVING = "proving"
    """Each sound is held against its proof."""
    WRITING = "writing"
    """Timeline, tables and the document on paper."""
    PACKING = "packing"
    PLACING = "placing"
    """It is put at a place of the settings."""


@dataclass(frozen=True, slots=True)
class Handover:
    """One package. Instants are seconds since 1970."""

    id: str
    conference: ConferenceId
    form: Form
    asked_by: str
    asked_at_s: float
    node: str
    """The machine on whose disk it is."""
    place: str = ""
    """Where it is put when it is made; empty: it is fetched."""
    state: HandoverState = HandoverState.WAITING
    step: Step = Step.PROVING
    done: int = 0
    """Of the step: sounds, or bytes."""
    of: int = 0
    tries: int = 0
    began_at_s: float | None = None
    ended_at_s: float | None = None
    expires_at_s: float | None = None
    name: str = ""
    """Of the file, once it is known."""
    length: int = 0
    """Bytes."""
    sha256: str = ""
    reason: Reason | None = None
    """Why it has failed."""
    release: Release | None = None
    """The parts that are taken out of it, with their ground; `None`: it is the whole."""
