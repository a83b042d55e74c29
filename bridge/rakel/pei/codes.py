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


def mode_in_words(mode: int) -> str:
    return (
        AiMode(mode).name.lower().replace("_", " ") + " mode"
        if mode in {one.value for one in AiMode}
        else f"mode {mode}"
    )


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

DISCONNECT_CAUSES: Final[dict[int, str]] = {
    0: "cause not known",
    1: "user requested disconnection",
    2: "called party busy",
    3: "called party not reachable",
    4: "called party does not support encryption",
    5: "congestion in the network",
    6: "traffic case not allowed",
    7: "traffic case incompatible",
    8: "service not available",
    9: "pre-empted",
    10: "invalid call identifier",
    11: "rejected by the called party",
    12: "no idle call control entity",
    13: "expiry of timer",
    14: "disconnected by the network",
    15: "no acknowledgement",
    16: "unknown identity",
    17: "supplementary service",
    18: "unknown external number",
    19: "call restoration failed",
    20: "called party requires encryption",
    21: "concurrent set-up not supported",
    22: "called party behind the same gateway",
    23: "disconnection asked for by one who does not own the call",
    31: "unacceptable service",
    32: "pre-empted by a late gateway",
    33: "link to the repeater failed",
    34: "link to the gateway failed",
    35: "rejected by the gateway",
    36: "set-up in the network failed",
    37: "network resource lost or timer expired",
    38: "transmit authorisation lost",
    39: "channel occupied by others",
    40: "security parameter mismatch",
}
LASTING_CAUSES: Final = frozenset({4, 6, 7, 8, 16, 18, 20, 31, 40})
"""Causes of a release that do not pass by waiting: asking again gives the same answer."""


class Retry(StrEnum):
    """What a refused command needs before it can succeed."""

    LATER = "later"
    """The same command can succeed by itself later."""
    STATE = "state"
    """The terminal must first be in another mode or state."""
    NEVER = "never"
    """The command itself is wrong for this terminal."""


@dataclass(frozen=True, slots=True)
class CmeCode:
    """A row of the table of `+CME ERROR` results."""

    code: int
    text: str
    retry: Retry


CME_ERRORS: Final[dict[int, CmeCode]] = {
    row.code: row
    for row in (
        CmeCode(0, "could not be sent over the air", Retry.LATER),
        CmeCode(1, "link to the terminal unreliable", Retry.LATER),
        CmeCode(2, "link in use", Retry.LATER),
        CmeCode(3, "not possible in the present state", Retry.LATER),
        CmeCode(4, "not supported", Retry.NEVER),
        CmeCode(5, "SIM PIN needed", Retry.STATE),
        *(CmeCode(code, "SIM problem", Retry.STATE) for code in range(10, 19)),
        CmeCode(20, "message stack full", Retry.LATER),
        CmeCode(21, "no such message", Retry.NEVER),
        CmeCode(22, "no such message", Retry.NEVER),
        CmeCode(23, "message stack cannot be reached", Retry.LATER),
        CmeCode(24, "status text too long", Retry.NEVER),
        CmeCode(25, "status text has characters that are not allowed", Retry.NEVER),
        CmeCode(26, "number longer than 25 digits", Retry.NEVER),
        CmeCode(27, "number has characters that are not allowed", Retry.NEVER),
        CmeCode(30, "out of service", Retry.LATER),
        CmeCode(31, "no acknowledgement from the network", Retry.LATER),
        CmeCode(32, "user data could not be decoded", Retry.NEVER),
        CmeCode(33, "parameter of the wrong type", Retry.NEVER),
        CmeCode(34, "parameter out of range", Retry.NEVER),
        CmeCode(35, "syntax error", Retry.NEVER),
        CmeCode(36, "user data without a command", Retry.NEVER),
        CmeCode(37, "user data did not come in time", Retry.LATER),
        CmeCode(38, "protocol identifier already registered", Retry.NEVER),
        CmeCode(39, "registration table for SDS full", Retry.NEVER),
        CmeCode(40, "not in direct mode", Retry.STATE),
        CmeCode(41, "transmission inhibited", Retry.STATE),
        CmeCode(42, "busy with signalling", Retry.LATER),
        CmeCode(43, "not in trunked mode", Retry.STATE),
        CmeCode(44, "parameter not known", Retry.NEVER),
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
    return CME_ERRORS.get(code, CmeCode(code, "error of the maker's own", Retry.LATER))


def disconnect_cause(cause: int) -> str:
    return DISCONNECT_CAUSES.get(cause, f"cause {cause}")
