"""The commands of a patch."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, Gssi, ParticipantId, PatchId, TerminalName
from bridge.domain.radio.records import Keying, Precedence


@dataclass(frozen=True, slots=True)
class AddPatch(Command):
    conference: ConferenceId
    patch: PatchId
    participant: ParticipantId
    terminal: TerminalName | None
    """None named: the first that is free, ready and may use the talkgroup, spares last."""
    gssi: Gssi
    name: str
    keying: Keying = Keying.VOICE
    precedence: Precedence = Precedence.RADIO
    approval_required: bool = False
    """It is made when somebody else than who asks for it approves."""
    lease_s: float | None = None
    idle_s: float | None = None
    notice: bool = True
    spoken_end: bool = False
    terminals: tuple[TerminalName, ...] = ()
    """Those that may serve the talkgroup by the directory; empty: all."""


@dataclass(frozen=True, slots=True)
class ApprovePatch(Command):
    """Let a patch that waits for approval be made. Refused for the one who asked for it."""

    conference: ConferenceId
    patch: PatchId


@dataclass(frozen=True, slots=True)
class ExtendPatch(Command):
    """The lease ends `lease_s` from now; `None`: never."""

    conference: ConferenceId
    patch: PatchId
    lease_s: float | None


@dataclass(frozen=True, slots=True)
class SetPatch(Command):
    """Change how a patch works; what is `None` stays."""

    conference: ConferenceId
    patch: PatchId
    keying: Keying | None = None
    precedence: Precedence | None = None
    spoken_end: bool | None = None


@dataclass(frozen=True, slots=True)
class KeyRadio(Command):
    """`*0` for somebody: hold the way to the air open on the conference's patches that are keyed by key."""

    conference: ConferenceId
    participant: ParticipantId
    keyed: bool


@dataclass(frozen=True, slots=True)
class RemovePatch(Command):
    """A patch that waits for approval is refused by this. With `at_once` no closing notice is given on the air."""

    conference: ConferenceId
    patch: PatchId
    at_once: bool = False
