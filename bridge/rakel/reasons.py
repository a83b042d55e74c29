"""Why a terminal is not ready, and why it or the network did not do what it was asked to.

A number of the standards (errors, causes, delivery statuses) is a number here too, and words in the catalogue.
"""

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason, ReasonCode
from bridge.words import with_evidence


class TerminalReason(ReasonCode):
    NOT_OPENED_YET = "terminal_not_opened_yet"
    STOPPED = "terminal_stopped"
    BEING_SET_UP = "terminal_being_set_up"
    TRYING_SPEED = "terminal_trying_speed", "speed"
    SWITCHED_ON_ANEW = "terminal_switched_on_anew"
    DRIVER_FAULT = "terminal_driver_fault", "error"
    NOT_READY = "terminal_is", "state", "cause"
    SILENT = "terminal_silent"
    SILENT_AT_SPEEDS = "terminal_silent_at", "speeds"
    SILENT_WITH_NOISE = "terminal_silent_with_noise", "speeds"
    ANSWERS_WITH_ERROR = "terminal_answers_with_error", "cause"
    WRONG_ISSI = "terminal_wrong_issi", "issi", "wanted"
    TELLS_NO_CALLS = "terminal_tells_no_calls", "cause"
    REFUSES_SETTING = "terminal_refuses_setting", "setting", "cause"
    WRONG_MODE = "terminal_wrong_mode", "mode", "wanted"
    STILL_TRANSMITS = "terminal_still_transmits"
    NOT_IN_SETTINGS = "terminal_not_in_settings", "terminal"
    PROBE_SILENT = "terminal_probe_silent", "speeds"
    PROBE_NOISE = "terminal_probe_noise", "speeds", "noisy"
    PROBE_SETTINGS = "terminal_probe_settings", "setting", "cause"
    """The line or the terminal cannot be one. A fault without a reason of ours is the evidence."""
    PROBE_NOT_WRITTEN = "terminal_probe_not_written", "file"


class SettingReason(ReasonCode):
    """A setting of a terminal that cannot be used."""

    NO_PROFILE = "setting_no_profile", "known"
    ROUTE_FROM_AIR = "setting_route_from_air"
    ROUTE_NOT_VOICE = "setting_route_not_voice"
    TALKGROUP_NOT_ALLOWED = "setting_talkgroup_not_allowed"
    LINE_SPIES = "setting_line_spies"
    LINE_BLOCKS = "setting_line_blocks"
    LINE_WITHOUT_LIBRARY = "setting_line_without_library"
    NO_KIND_OF_LINE = "setting_no_kind_of_line", "kind"
    LINE_WITHOUT_PORT = "setting_line_without_port", "kind"


class ProbeReason(ReasonCode):
    """The meaning of a probed terminal's answers, and the remedy."""

    ANSWERS_AT = "probe_answers_at", "speed"
    SPARE_SEARCH = "probe_spare_search", "baud", "rtscts"
    SLOW = "probe_slow", "took_ms"
    ERRORS_FIRST = "probe_errors_first"
    MODEL = "probe_model", "model"
    NO_MODEL = "probe_no_model"
    PROFILE_USED = "probe_profile_used", "profile"
    PROFILE_FITS = "probe_profile_fits", "profile"
    NO_ISSI = "probe_no_issi"
    SEE_NUMBERS = "probe_see_numbers"
    ISSI = "probe_issi", "issi", "mni"
    SET_ISSI = "probe_set_issi", "issi"
    MODE = "probe_mode", "mode"
    SET_TRUNKED = "probe_set_trunked"
    REGISTRATION = "probe_registration", "status", "mni"
    SEE_NETWORK = "probe_see_network"
    BATTERY = "probe_battery", "percent"
    NO_SIGNAL = "probe_no_signal"
    SIGNAL = "probe_signal", "dbm", "strength"
    MOVE_ANTENNA = "probe_move_antenna"
    TALKGROUP = "probe_talkgroup", "gssi"
    NO_TALKGROUP = "probe_no_talkgroup"
    TALKGROUP_UNREAD = "probe_talkgroup_unread", "cause"
    ANSWER_UNREAD = "probe_answer_unread"
    TICK_GROUP_FORMAT = "probe_tick_group_format"
    GROUPS = "probe_groups", "count"
    NO_GROUPS = "probe_no_groups"
    NO_NAMES = "probe_no_names"
    SENDS_MESSAGES = "probe_sends_messages"
    MESSAGES_UNTOLD = "probe_messages_untold", "cause"
    NOT_ASKED = "probe_not_asked"
    TICK_MESSAGE_FORMAT = "probe_tick_message_format"
    ROUTES = "probe_routes", "count"
    REFUSED = "probe_refused", "command", "cause"
    SEE_ROUTES = "probe_see_routes"
    NOT_RECEIVED = "probe_not_received"
    NOT_UNDERSTOOD = "probe_line_not_understood", "command", "line"
    SEND_FILE = "probe_send_file"


class LineReason(ReasonCode):
    """The serial line to a terminal."""

    LOST = "line_lost_to_terminal"
    CLOSED = "line_closed"
    CLOSED_THERE = "line_closed_there"
    CLOSED_BY_US = "line_closed_by_us"
    NONE = "line_none"
    NO_ANSWER_TO_OPENING = "line_opening_unanswered", "url", "seconds"
    SERVER_REFUSES = "line_server_refuses", "url"
    NO_ADAPTER = "line_no_adapter", "url"
    NOT_THERE = "line_not_there", "url", "lines"
    NOT_SERIAL = "line_not_serial", "url"
    NO_PERMISSION = "line_no_permission", "url", "user", "group"
    HELD = "line_held", "url"
    UNUSABLE = "line_unusable", "url"


class NetworkReason(ReasonCode):
    """The radio network, as the terminal tells of it."""

    UNKNOWN = "network_unknown"
    SEARCHING = "network_searching"
    NONE = "network_none"
    REJECTED = "network_rejected"
    STATUS = "network_status", "status"


class CommandReason(ReasonCode):
    """Why the terminal did not take a command."""

    CME_ERROR = "terminal_cme_error", "code"
    ERROR = "terminal_error"
    NO_ANSWER = "terminal_no_answer"
    TOO_MANY_WAIT = "terminal_too_many_commands"
    GIVEN_UP = "terminal_command_given_up"


class TransmitReason(ReasonCode):
    """Why we may not transmit, or do no longer."""

    TALK_AT_TERMINAL = "talk_at_terminal"
    EMERGENCY_NOT_PREEMPTED = "emergency_not_preempted"
    NETWORK_INTERRUPTS = "network_interrupts"
    ANOTHER_TALKS = "another_talks"
    ANOTHER_GOT_CHANNEL = "another_got_channel"
    QUEUED_TOO_LONG = "demand_queued_too_long"
    NETWORK_SILENT = "network_silent"
    MINUTE_OVER = "minute_over"
    NOT_GRANTED = "demand_not_granted"
    WITHDRAWN = "withdrawn_by_network"
    ENDED_BY_NETWORK = "ended_by_network"
    INTERRUPTED = "interrupted_by_network"
    CALL_RELEASED = "call_released", "cause"
    STANDS_ELSEWHERE = "stands_on_another_talkgroup", "gssi", "wanted"
    STANDS_ON_NONE = "stands_on_no_talkgroup", "wanted"


class SelectReason(ReasonCode):
    """Why the terminal does not stand on a talkgroup."""

    NOT_IN_SETTINGS = "talkgroup_not_in_settings", "gssi"
    REFUSED = "talkgroup_refused", "gssi", "cause"
    NOT_VERIFIED = "talkgroup_not_verified", "gssi", "stands_on"


class SdsReason(ReasonCode):
    """Why a message was not sent, not delivered, or cannot be read."""

    NOT_OVER_AIR = "message_not_over_air"
    TOO_LONG = "message_too_long", "parts", "most"
    NO_SUBSCRIBER = "message_no_subscriber", "receiver"
    REFUSED = "message_refused", "cause"
    LOST_AT_HANDOVER = "message_lost_at_handover", "cause"
    DELIVERY_STATUS = "delivery_status", "status"
    UNKNOWN_KIND = "message_of_unknown_kind"
    NO_SENDER = "message_without_sender"


def in_english(reason: Reason) -> str:
    """For the text of an error, with what a device said. The keeper reads it in the log and at the command line."""
    return with_evidence(reason, Language.EN)
