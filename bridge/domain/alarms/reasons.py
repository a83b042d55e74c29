"""Causes that no part tells by itself, and refusals."""

from bridge.domain.kernel.reasons import ReasonCode


class AlarmReason(ReasonCode):
    EMERGENCY_CALL = "alarm_emergency_call", "talkgroup", "gssi", "issi"
    EMERGENCY_ALARM = "alarm_emergency_status", "issi", "terminal"
    NO_TRUNK = "alarm_no_trunk", "count"
    RECORDING = "alarm_recording", "conference", "cause"
    TERMINAL = "alarm_terminal", "terminal", "alarm"
    HOST_LINE = "alarm_host_line", "name", "conference"
    UNREACHED = "alarm_unreached", "list", "count"
    LATE = "alarm_late", "list", "came", "needed"
    LEVEL_LATE = "alarm_level_late", "list", "level", "came", "needed"
    LEASE = "alarm_lease", "talkgroup", "conference"
    UNCONFIRMED = "alarm_unconfirmed", "count"
    NUMBER_WRONG = "alarm_number_wrong", "count", "name"
    NO_SUCH_ALARM = "no_such_alarm"
    NEVER_SHELVED = "alarm_never_shelved"
    """One of the first priority is never parked."""
    SHELVE_TIME = "alarm_shelve_time", "most_h"
    REASON_MISSING = "alarm_reason_missing"
    NOT_SHELVED = "alarm_not_shelved"
