"""The region's own data: who is called, by what numbers, into which forum. Functions, never persons.

Kept by `bridge.storage`, edited through the API; the machines of the meeting see only what a command carries.
"""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.ids import Gssi, Issi, TerminalName
from bridge.domain.model import Keying, Language, Precedence


@dataclass(frozen=True, slots=True)
class Organisation:
    """A member of the collaboration (*aktör*)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A duty role that is called (*funktion*), with its numbers in the order they are tried."""

    id: str
    organisation_id: str
    name: str
    numbers: tuple[str, ...] = ()
    """E.164 with plus, digits only, 7…15 digits; validated at entry by `bridge.domain.numbers.parse_number`."""
    issis: tuple[Issi, ...] = ()
    language: Language = Language.SV
    email: str | None = None
    radio_orders: bool = False
    """From its ISSIs activations are started and meetings steered by coded short data."""


@dataclass(frozen=True, slots=True)
class ActivationList:
    """An ordered call-out list (*inkallningslista*). `function_ids` in order of priority."""

    id: str
    name: str
    function_ids: tuple[str, ...] = ()
    ring_s: float = 30.0
    rounds: int = 3
    round_pause_s: float = 90.0


class PatchRule(StrEnum):
    """Whether a talkgroup may be patched into a conference."""

    FREE = "free"
    APPROVAL = "approval"
    """When a second person has approved it."""
    FORBIDDEN = "forbidden"


class ForumLevel(StrEnum):
    DIRECTING = "inriktande"
    COORDINATING = "samordnande"
    EXECUTING = "verkställande"


@dataclass(frozen=True, slots=True)
class Forum:
    """A standing group with its list, defaults and talkgroup."""

    id: str
    name: str
    level: ForumLevel = ForumLevel.COORDINATING
    activation_list_id: str | None = None
    talkgroup: Gssi | None = None
    recorded: bool = True
    language: Language = Language.SV


@dataclass(frozen=True, slots=True)
class Talkgroup:
    """A Rakel talkgroup (*talgrupp*) that may be patched, and by which terminals (none named: by any)."""

    gssi: Gssi
    name: str
    terminals: tuple[TerminalName, ...] = ()
    rule: PatchRule = PatchRule.FREE
    keying: Keying = Keying.VOICE
    precedence: Precedence = Precedence.RADIO
    lease_s: float | None = None
    """A patch ends after this, unless extended; `None`: no end."""
    idle_s: float | None = None
    """A patch ends when nobody has talked for so long; `None`: never."""
    notice: bool = True
    spoken_end: bool = False


DirectoryEntry = Organisation | Function | ActivationList | Forum | Talkgroup


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One committed line of the audit chain: `hash` = SHA-256(previous hash ‖ canonical JSON of the rest), hex."""

    number: int
    at_s: float
    actor: str
    action: str
    object: str
    detail: dict[str, str | int | float | bool | None]
    previous_hash: str
    hash: str
