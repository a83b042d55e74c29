"""The kinds of alarms as one table: priority, delays, and how soon somebody shall act.

An alarm asks for an act. All else is a line of a timeline or of the log, and no alarm (EEMUA 191).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Priority(StrEnum):
    CRITICAL = "P1"
    """Within 3 min. Never parked."""
    IMPORTANT = "P2"
    """Within 30 min."""
    NOTICE = "P3"
    """Within the shift."""


class AlarmKind(StrEnum):
    EMERGENCY_CALL = "emergency_call"
    """A radio user makes an emergency call on a patched talkgroup (*nödanrop*)."""
    EMERGENCY_ALARM = "emergency_alarm"
    """A radio user has sent the emergency status."""
    TELEPHONY = "telephony"
    ASTERISK_HANGS = "asterisk_hangs"
    NO_TRUNK = "no_trunk"
    """No trunk of those that are set up can be used."""
    DATABASE = "database"
    CODES = "codes"
    ENGINE_SLOW = "engine_slow"
    RECORDING = "recording"
    """A meeting that is to be recorded is not."""
    DISK = "disk"
    """Full, away, or it does not take what is written."""
    ON_AIR = "on_air"
    """The end of a transmission of ours is not confirmed."""
    CALLOUT_STANDS = "callout_stands"
    CALLOUT_LATE = "callout_late"
    TRUNK = "trunk"
    MANAGER = "manager"
    TERMINAL = "terminal"
    """It carries a talkgroup of a meeting."""
    RADIO_SOUND = "radio_sound"
    AUDIO_PATH = "audio_path"
    HOST_LINE = "host_line"
    UNREACHED = "unreached"
    """Every number of a function was tried in vain."""
    APPROVAL = "approval"
    """A call-out waits for a second person, or is beyond its cap."""
    LEASE = "lease"
    CLOCK = "clock"
    SMS = "sms"
    MAIL = "mail"
    MIXING = "mixing"
    GUESSING = "guessing"
    SCHEDULE = "schedule"
    ARCHIVE = "archive"
    FAULT = "fault"
    """An event of ours went wrong; the state of before stands."""
    PART = "part"
    """Some other part is not well."""
    TERMINAL_MODE = "terminal_mode"
    STUCK_TALKER = "stuck_talker"
    DISK_LOW = "disk_low"
    SPARE_TERMINAL = "spare_terminal"
    """A terminal that carries no talkgroup now."""
    TERMINAL_SIGNAL = "terminal_signal"
    TERMINAL_BATTERY = "terminal_battery"
    TERMINAL_ERRORS = "terminal_errors"
    TERMINAL_TOUCHED = "terminal_touched"
    CERTIFICATE = "certificate"
    EMERGENCY_CODE = "emergency_code"
    DIRECTORY = "directory"
    UNCONFIRMED = "unconfirmed"
    """Contact data that is overdue to be confirmed."""
    NUMBER_WRONG = "number_wrong"
    """An exercise has proved a number to be no number."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one kind.

    Attributes:
        priority: How soon somebody shall act.
        on_s: It stands for so long before it is an alarm.
        off_s: It is away for so long before it counts as normal again. Never less than `on_s`.
    """

    priority: Priority
    on_s: float = 0.0
    off_s: float = 5.0


_P1, _P2, _P3 = Priority.CRITICAL, Priority.IMPORTANT, Priority.NOTICE

KINDS: Final[Mapping[AlarmKind, Terms]] = {
    AlarmKind.EMERGENCY_CALL: Terms(_P1),
    AlarmKind.EMERGENCY_ALARM: Terms(_P1),
    AlarmKind.TELEPHONY: Terms(_P1, 3.0, 5.0),
    AlarmKind.ASTERISK_HANGS: Terms(_P1, 1.0, 5.0),
    AlarmKind.NO_TRUNK: Terms(_P1, 10.0, 15.0),
    AlarmKind.DATABASE: Terms(_P1, 2.0, 5.0),
    AlarmKind.CODES: Terms(_P1, 2.0, 5.0),
    AlarmKind.ENGINE_SLOW: Terms(_P1, 5.0, 10.0),
    AlarmKind.RECORDING: Terms(_P1),
    AlarmKind.DISK: Terms(_P1, 5.0, 30.0),
    AlarmKind.ON_AIR: Terms(_P1),
    AlarmKind.CALLOUT_STANDS: Terms(_P1),
    AlarmKind.CALLOUT_LATE: Terms(_P1),
    AlarmKind.TRUNK: Terms(_P2, 10.0, 15.0),
    AlarmKind.MANAGER: Terms(_P2, 10.0, 10.0),
    AlarmKind.TERMINAL: Terms(_P2, 5.0, 10.0),
    AlarmKind.RADIO_SOUND: Terms(_P2, 5.0, 10.0),
    AlarmKind.AUDIO_PATH: Terms(_P2, 5.0, 10.0),
    AlarmKind.HOST_LINE: Terms(_P2, 3.0, 3.0),
    AlarmKind.UNREACHED: Terms(_P2, 0.0, 5.0),
    AlarmKind.APPROVAL: Terms(_P2),
    AlarmKind.LEASE: Terms(_P2),
    AlarmKind.CLOCK: Terms(_P2, 5.0, 30.0),
    AlarmKind.SMS: Terms(_P2, 5.0, 10.0),
    AlarmKind.MAIL: Terms(_P2, 5.0, 10.0),
    AlarmKind.MIXING: Terms(_P2, 5.0, 30.0),
    AlarmKind.GUESSING: Terms(_P2, 0.0, 60.0),
    AlarmKind.SCHEDULE: Terms(_P2),
    AlarmKind.ARCHIVE: Terms(_P2, 5.0, 10.0),
    AlarmKind.FAULT: Terms(_P2),
    AlarmKind.PART: Terms(_P2, 5.0, 10.0),
    AlarmKind.TERMINAL_MODE: Terms(_P2, 5.0, 10.0),
    AlarmKind.STUCK_TALKER: Terms(_P2),
    AlarmKind.DISK_LOW: Terms(_P3, 5.0, 30.0),
    AlarmKind.SPARE_TERMINAL: Terms(_P3, 10.0, 10.0),
    AlarmKind.TERMINAL_SIGNAL: Terms(_P3, 30.0, 30.0),
    AlarmKind.TERMINAL_BATTERY: Terms(_P3, 30.0, 30.0),
    AlarmKind.TERMINAL_ERRORS: Terms(_P3, 10.0, 60.0),
    AlarmKind.TERMINAL_TOUCHED: Terms(_P3),
    AlarmKind.CERTIFICATE: Terms(_P3, 0.0, 5.0),
    AlarmKind.EMERGENCY_CODE: Terms(_P3, 5.0, 5.0),
    AlarmKind.DIRECTORY: Terms(_P3, 30.0, 30.0),
    AlarmKind.UNCONFIRMED: Terms(_P3),
    AlarmKind.NUMBER_WRONG: Terms(_P3),
}
"""Each kind has its row; a test holds it complete."""
RESPOND_WITHIN_S: Final[Mapping[Priority, float | None]] = {
    Priority.CRITICAL: 180.0,
    Priority.IMPORTANT: 1800.0,
    Priority.NOTICE: None,
}
"""`None`: within the shift."""
EMERGENCIES: Final = frozenset({AlarmKind.EMERGENCY_CALL, AlarmKind.EMERGENCY_ALARM})
"""Those that stand over every page until somebody acknowledges them. An exercise does not silence them."""
MEANT_BY_PART: Final[Mapping[str, AlarmKind]] = {
    "asterisk": AlarmKind.TELEPHONY,
    "asterisk process": AlarmKind.ASTERISK_HANGS,
    "asterisk manager": AlarmKind.MANAGER,
    "database": AlarmKind.DATABASE,
    "codes": AlarmKind.CODES,
    "engine": AlarmKind.FAULT,
    "callout": AlarmKind.APPROVAL,
    "spool disk": AlarmKind.DISK,
    "archive disk": AlarmKind.DISK,
    "archive": AlarmKind.ARCHIVE,
    "trunk": AlarmKind.TRUNK,
    "terminal": AlarmKind.SPARE_TERMINAL,
    "media worker": AlarmKind.RADIO_SOUND,
    "audio path": AlarmKind.AUDIO_PATH,
    "clock": AlarmKind.CLOCK,
    "sms": AlarmKind.SMS,
    "mail": AlarmKind.MAIL,
    "mixing": AlarmKind.MIXING,
    "guessing": AlarmKind.GUESSING,
    "schedule": AlarmKind.SCHEDULE,
    "certificate": AlarmKind.CERTIFICATE,
    "emergency code": AlarmKind.EMERGENCY_CODE,
    "directory": AlarmKind.DIRECTORY,
}
"""A part of the program by its name, or by the words that its name begins with. Another part is a `PART`."""
MEANT_BY_CODE: Final[Mapping[str, AlarmKind]] = {
    "engine_too_slow": AlarmKind.ENGINE_SLOW,
    "disk_nearly_full": AlarmKind.DISK_LOW,
    "targets_without_next_action": AlarmKind.CALLOUT_STANDS,
}
"""The reason of a part that makes it another kind."""
ELSEWHERE: Final = frozenset({"callout_late"})
"""Reasons of parts that are alarms of their own, found in the node with all that is known of them."""
MEANT_BY_TERMINAL: Final[Mapping[str, AlarmKind]] = {
    "release_unconfirmed": AlarmKind.ON_AIR,
    "stuck_talker": AlarmKind.STUCK_TALKER,
    "wrong_mode": AlarmKind.TERMINAL_MODE,
    "weak_signal": AlarmKind.TERMINAL_SIGNAL,
    "low_battery": AlarmKind.TERMINAL_BATTERY,
    "many_errors": AlarmKind.TERMINAL_ERRORS,
    "many_unknown_lines": AlarmKind.TERMINAL_ERRORS,
    "repeated_restarts": AlarmKind.TERMINAL_ERRORS,
    "panel_used": AlarmKind.TERMINAL_TOUCHED,
    "individual_call": AlarmKind.TERMINAL_TOUCHED,
}
"""The fault of a terminal by its name. `not_registered` and `silent_terminal` are the terminal's own state."""


def kind_of_part(part: str, code: str) -> AlarmKind | None:
    """Of a part that is not well, by its name and the code of its reason. `None`: it is found elsewhere."""
    if code in ELSEWHERE:
        return None
    if code in MEANT_BY_CODE:
        return MEANT_BY_CODE[code]
    if part in MEANT_BY_PART:
        return MEANT_BY_PART[part]
    begun = max((name for name in MEANT_BY_PART if part.startswith(f"{name} ")), key=len, default=None)
    return MEANT_BY_PART[begun] if begun is not None else AlarmKind.PART
