"""Why a file of the simulator cannot be used, or a step of an exercise cannot be done. The words stand with the
program's own, in `bridge.words`."""

from bridge.domain.kernel.reasons import ReasonCode


class FieldReason(ReasonCode):
    """A field of a file holds what it cannot. The section `may_be` of the words says what may stand in each field."""

    UNKNOWN = "field_unknown"
    MISSING = "field_missing", "field"
    WRONG = "field_wrong", "field", "value"


class TelephoneReason(ReasonCode):
    NO_NUMBER = "telephone_no_number", "value"
    TWICE = "telephone_twice", "number"
    FORWARDS_TO_NONE = "telephone_forwards_to_none", "number"
    NO_CALL = "telephone_no_call", "number"
    PORT_IN_USE = "telephones_port_in_use", "port", "setting"
    PORT_UNUSABLE = "telephones_port_refused", "port", "setting"
    SPEED = "telephones_speed", "least", "most"


class RadioReason(ReasonCode):
    NO_USER = "radio_no_user", "issi"
    NO_TALKGROUP = "radio_no_talkgroup", "gssi"


class ControlReason(ReasonCode):
    """A simulator does not do as it is asked."""

    GONE = "simulator_gone"
    SLOW = "simulator_slow", "act"
    REFUSED = "simulator_refused", "act"
    """For want of a reason of its own; its words are the evidence."""


class ScenarioReason(ReasonCode):
    """A scenario that cannot be played."""

    NOT_FOUND = "scenario_not_found", "given", "known"
    OPEN_TWICE = "scenario_open_twice"
    NOT_OPEN_YET = "scenario_not_open_yet"
    TARGET_LACKS = "scenario_target_lacks"
    BOUND_LACKS = "scenario_bound_lacks"


class PlayReason(ReasonCode):
    """A step that cannot be done, or a play that cannot begin."""

    NO_RADIO = "play_no_radio", "address"
    NO_TELEPHONES = "play_no_telephones", "address"
    NO_TOKEN = "play_no_token", "file"
    API_SILENT = "play_api_silent", "address"
    API_REFUSED = "play_api_refused", "said"
    """The API's own words, in the language that it was asked in."""
    API_STATUS = "play_api_status", "status"
    NO_CONFERENCE = "play_no_conference"
    TALKGROUP_NOT_CONNECTED = "play_talkgroup_not_connected", "gssi", "within_s"
    TALKGROUP_BUSY = "play_talkgroup_busy", "gssi", "for_s"
    NOT_IN = "play_not_in", "number", "within_s"
    NOT_ENDED = "play_not_ended", "within_s"
    LEFT_OPEN = "play_left_open", "cause"
    SYSTEM = "play_system"
    """An error of the system; its words are the evidence."""
