"""The region's own data: who is called, by what numbers, into which forum. Persons only as they hold a duty.

Kept by `bridge.storage`, edited through the API; the machines of the meeting see only what a command carries.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.callout.records import AnswerLevel
from bridge.domain.conference.records import EntrySound, ForumLevel
from bridge.domain.kernel.ids import Gssi, Issi, TerminalName
from bridge.domain.kernel.language import Language
from bridge.domain.radio.records import Keying, Precedence
from bridge.domain.telephony.hours import NumberUse


@dataclass(frozen=True, slots=True)
class Organisation:
    """A member of the collaboration (*aktör*)."""

    id: str
    name: str
    email: str | None = None
    """Where its contact data is kept: links for the upkeep are sent there."""


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
    number_uses: tuple[NumberUse, ...] = ()
    """The kind and hours of its numbers, as `bridge.domain.telephony.hours.uses_of` gives them."""
    phone_orders: bool = False
    """It may start call-outs by telephone, with a code of its own for that."""


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
    phone_number: int | None = None
    """The number by which it is started from a telephone, 1…999; `None`: it is not."""


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
    calls_back_in: bool = False
    """A person who rings back after a call-out to its conferences comes in by one key. Else they key a code."""


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


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who holds the duty of functions of their organisation by turns. Little is kept of them, and nothing
    when they are deleted."""

    id: str
    organisation_id: str
    name: str
    numbers: tuple[str, ...] = ()
    """E.164 with plus, in the order they are tried."""
    number_uses: tuple[NumberUse, ...] = ()
    email: str | None = None


@dataclass(frozen=True, slots=True)
class RotaEntry:
    """A person holds the duty of a function from one instant up to another."""

    id: str
    function_id: str
    person_id: str
    begins_at_s: float
    ends_at_s: float
    number: int = 0
    """In the order in which they were entered: of several at one instant the latest counts."""


LINK_PREFIX: Final = "link-"
"""Of the id of a link. The rest is the id that its secret is made of."""


@dataclass(frozen=True, slots=True)
class UpkeepLink:
    """A link by which an organisation keeps its own contact data. Its secret is kept as a hash, and is not here."""

    id: str
    organisation_id: str
    made_by: str
    made_at_s: float
    expires_at_s: float
    revoked_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder that an organisation was sent."""

    organisation_id: str
    due_at_s: float
    """0 where something was never confirmed."""
    claimed_at_s: float
    late_s: float
    """So long after it was due, where that is too long."""
    message: str | None = None
    """Of the outbox; `None`: it is not there yet."""


DirectoryEntry = Organisation | Function | Person | ActivationList | Forum | Talkgroup


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
