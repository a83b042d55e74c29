"""Coded values of the interface (ETSI EN 300 392-5 §6.17 and, where it repeats them, EN 300 392-2 §14.8)."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class CallStatus(IntEnum):
    PROGRESSING = 0
    QUEUED = 1
    CALLED_PARTY_PAGED = 2
    CONTINUE = 3
    HANG_TIME_EXPIRED = 4


class TxGrant(IntEnum):
    """EN 300 392-2 §14.8.42. Only `GRANTED` opens the way to the air."""

    GRANTED = 0
    NOT_GRANTED = 1
    QUEUED = 2
    GRANTED_TO_ANOTHER = 3


class TxDemandPriority(IntEnum):
    LOW = 0
    HIGH = 1
    PRE_EMPTIVE = 2
    EMERGENCY = 3


class AiService(IntEnum):
    """§6.17.3. Those that are not speech or short data are left out: we never use them."""

    SPEECH = 0
    SDS1 = 9
    SDS2 = 10
    SDS3 = 11
    SDS_TL = 12
    STATUS = 13


class AiMode(IntEnum):
    """§6.17.4."""

    TRUNKED = 0
    DIRECT = 1
    TRUNKED_WATCHING_DIRECT = 2
    DIRECT_WATCHING_TRUNKED = 3
    BOTH = 4
    GATEWAY = 5
    REPEATER = 6


class CommsType(IntEnum):
    POINT_TO_POINT = 0
    POINT_TO_MULTIPOINT = 1
    POINT_TO_MULTIPOINT_ACKNOWLEDGED = 2
    BROADCAST = 3


class RegistrationStatus(IntEnum):
    SEARCHING = 0
    HOME = 1
    NO_NETWORK = 2
    REJECTED = 3
    UNKNOWN = 4
    VISITED = 5

    @property
    def registered(self) -> bool:
        return self in (RegistrationStatus.HOME, RegistrationStatus.VISITED)


class NumberType(IntEnum):
    """The kinds of numbers in `+CNUMF` (§6.11.5)."""

    INDIVIDUAL = 0
    GROUP = 1
    PSTN_GATEWAY = 2
    PABX_GATEWAY = 3
    SERVICE_CENTRE_ISSI = 4
    SERVICE_CENTRE_E164 = 5
    INDIVIDUAL_EXTENDED = 6
    GROUP_EXTENDED = 7


EMERGENCY_PRIORITY: Final = 15
"""Call priority of an emergency call, the highest of 0…15; not yet seen on a real line."""

DISCONNECT_CAUSES: Final = frozenset({*range(24), *range(31, 41)})
"""Those that the standard names; their words are in the catalogue (`disconnect_cause`)."""
LASTING_CAUSES: Final = frozenset({4, 6, 7, 8, 16, 18, 20, 31, 40})
"""Causes of a release that do not pass by waiting: asking again gives the same answer."""


class Retry(StrEnum):
    """The condition on which a refused command can succeed."""

    LATER = "later"
    """The same command can succeed by itself later."""
    STATE = "state"
    """The terminal must first be in another mode or state."""
    NEVER = "never"
    """The command itself is wrong for this terminal."""


@dataclass(frozen=True, slots=True)
class CmeCode:
    """A row of the table of `+CME ERROR` results; its words are in the catalogue (`cme`)."""

    code: int
    retry: Retry


CME_ERRORS: Final[dict[int, CmeCode]] = {
    row.code: row
    for row in (
        CmeCode(0, Retry.LATER),
        CmeCode(1, Retry.LATER),
        CmeCode(2, Retry.LATER),
        CmeCode(3, Retry.LATER),
        CmeCode(4, Retry.NEVER),
        CmeCode(5, Retry.STATE),
        *(CmeCode(code, Retry.STATE) for code in range(10, 19)),
        CmeCode(20, Retry.LATER),
        CmeCode(21, Retry.NEVER),
        CmeCode(22, Retry.NEVER),
        CmeCode(23, Retry.LATER),
        CmeCode(24, Retry.NEVER),
        CmeCode(25, Retry.NEVER),
        CmeCode(26, Retry.NEVER),
        CmeCode(27, Retry.NEVER),
        CmeCode(30, Retry.LATER),
        CmeCode(31, Retry.LATER),
        CmeCode(32, Retry.NEVER),
        CmeCode(33, Retry.NEVER),
        CmeCode(34, Retry.NEVER),
        CmeCode(35, Retry.NEVER),
        CmeCode(36, Retry.NEVER),
        CmeCode(37, Retry.LATER),
        CmeCode(38, Retry.NEVER),
        CmeCode(39, Retry.NEVER),
        CmeCode(40, Retry.STATE),
        CmeCode(41, Retry.STATE),
        CmeCode(42, Retry.LATER),
        CmeCode(43, Retry.STATE),
        CmeCode(44, Retry.NEVER),
    )
}
CME_STATE: Final = 3
CME_OUT_OF_SERVICE: Final = 30
CME_SYNTAX: Final = 35
CME_TABLE_FULL: Final = 39
CME_TRANSMIT_INHIBITED: Final = 41
CME_BUSY_SIGNALLING: Final = 42


def cme_error(code: int) -> CmeCode:
    """The row of a code; codes of the maker (100, 512…) are worth one more try."""
    return CME_ERRORS.get(code, CmeCode(code, Retry.LATER))
