"""The region's own data: who is called, by what numbers, into which forum. Functions, never persons.

Kept by `bridge.storage`, edited through the API; the machines of the meeting see only what a command carries.
"""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.callout.records import AnswerLevel
from bridge.domain.conference.records import EntrySound, ForumLevel
from bridge.domain.kernel.ids import Gssi, Issi, TerminalName
from bridge.domain.kernel.language import Language
from bridge.domain.radio.records import Keying, Precedence


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
    """E.164 with plus, digits only; read by `bridge.domain.telephony.numbers.parse_number`."""
    issis: tuple[Issi, ...] = ()
    language: Language = Language.SV
    email: str | None = None
    radio_orders: bool = False
    """From its ISSIs activations are started and meetings steered by coded short data."""
    deputy_ids: tuple[str, ...] = ()
    """Functions that are called in its place when it is missing at a roll call, in order."""


@dataclass(frozen=True, slots=True)
class ActivationList:
    """An ordered call-out list (*inkallningslista*). `function_ids` in order of priority."""

    id: str
    name: str
    function_ids: tuple[str, ...] = ()
    ring_s: float = 30.0
    rounds: int = 3
    round_pause_s: float = 90.0
    parallel: bool = False
    """All numbers of a function are called at once."""
    level: AnswerLevel | None = None
    """By when its functions shall have come."""
    quorum: int | None = None
    """So many functions shall have come; `None`: all."""
    stops_at_quorum: bool = False
    """With its quorum nobody more is called."""


class PatchRule(StrEnum):
    """Whether a talkgroup may be patched into a conference."""

    FREE = "free"
    APPROVAL = "approval"
    """When a second person has approved it."""
    FORBIDDEN = "forbidden"


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
    host_function_ids: tuple[str, ...] = ()
    """Functions that become host without a host code, the first in rank first."""
    quorum: int | None = None
    """So many of its functions must be there at a roll call; `None`: all, unless some are named below."""
    quorum_function_ids: tuple[str, ...] = ()
    """Functions that must be there at a roll call."""
    informed_function_ids: tuple[str, ...] = ()
    """Functions that chose to be told of its call-outs and meetings, without being called themselves."""
    evaluation_questions: tuple[str, ...] = ()
    """Those who took part are asked these when a conference has ended; none: nobody is asked."""
    entry_sound: EntrySound = EntrySound.NONE
    asks_name: bool = False
    """Callers of its conferences who are known by no code of their own say their name at the door."""


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
