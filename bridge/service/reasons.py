"""Why a use case says no, beside the domain's own reasons. The words stand in the catalogue."""

from bridge.domain.kernel.reasons import ReasonCode


class AccessReason(ReasonCode):
    NOT_PERMITTED = "not_permitted", "principal", "act"
    UNDER_SECRECY = "read_under_secrecy", "principal"
    SHOW_AGAIN = "show_again_who_you_are", "act"


class ExerciseReason(ReasonCode):
    NO_PLAYER = "no_player_of_exercises"
    ANOTHER_PLAYS = "another_exercise_is_played"
    FAULTS = "scenario_has_faults", "count", "first"


class EngineReason(ReasonCode):
    NO_ANSWER_IN_TIME = "no_answer_in_time", "within_s"
    """It may still be carried out."""
    SAVED_TOO_LATE = "message_saved_too_late"


class UnknownReason(ReasonCode):
    """The thing that is named is not there."""

    CONFERENCE = "unknown_conference", "key"
    HOST = "unknown_leader", "key"
    PLAY = "unknown_play", "key"
    SCENARIO = "unknown_scenario", "key"
    PARTICIPANT = "unknown_participant", "key"
    ACTIVATION = "unknown_activation", "key"
    PATCH = "unknown_patch", "key"
    TERMINAL = "unknown_terminal", "key"
    TRUNK = "unknown_trunk", "key"
    MESSAGE = "unknown_message", "key"
    RECORDING = "unknown_recording", "key"
    ORGANISATION = "unknown_organisation", "key"
    FUNCTION = "unknown_function", "key"
    VERSION = "unknown_version", "key"
    PERSON = "unknown_person", "key"
    ROTA_ENTRY = "unknown_rota_entry", "key"
    UPKEEP_LINK = "unknown_upkeep_link", "key"
    ACTIVATION_LIST = "unknown_activation_list", "key"
    FORUM = "unknown_forum", "key"
    SCHEDULE = "unknown_schedule", "key"
    OCCURRENCE = "unknown_occurrence", "key"
    PERSONAL_CODE = "unknown_personal_code", "key"
    NAME = "no_name_of", "key"
    """They have said no name at the door."""
    TALKGROUP = "unknown_talkgroup", "key"
    RECEIVER = "unknown_receiver", "key"
    ACCOUNT = "unknown_account", "key"
    FACTOR = "unknown_factor", "key"
    SESSION = "unknown_session", "key"
    TOKEN = "unknown_token", "key"
    PLACE = "unknown_place", "key"


class MessageReason(ReasonCode):
    """Why a message by SMS or e-mail is not taken on."""

    NO_ADDRESS = "function_without_address", "name", "bearer"
    NO_MAIL_ADDRESS = "no_mail_address"
    NOT_AGAIN = "message_not_sent_again", "state"


class TrunkReason(ReasonCode):
    TEST_RUNS = "trunk_test_runs"


class CodesReason(ReasonCode):
    UNREADABLE = "codes_unreadable"
    """They were sealed with a key that is lost."""
    NO_NUMBER_OF_OURS = "direct_number_unknown", "number"


class ListReason(ReasonCode):
    LIST_IS_EMPTY = "list_is_empty", "name"
    FUNCTION_WITHOUT_NUMBER = "function_without_number", "name"


class TalkgroupReason(ReasonCode):
    FORBIDDEN = "talkgroup_forbidden", "talkgroup"
    WITHOUT_LEASE = "talkgroup_without_lease"


class ReceiverReason(ReasonCode):
    FUNCTION_IS_NO_TALKGROUP = "function_is_no_talkgroup", "key"
    FUNCTION_WITHOUT_ISSI = "function_without_issi", "name"
    TERMINAL_NOT_ON_TALKGROUP = "terminal_not_on_talkgroup", "terminal", "gssi"
    NO_TERMINAL_ON_TALKGROUP = "no_terminal_on_talkgroup", "gssi"


class RecordingReason(ReasonCode):
    NOT_ARCHIVED = "recording_not_archived", "recording"
    NO_COPY = "recording_without_copy", "recording"
    """Of its sound for the web: not yet, or it cannot be made."""
    FILE_GONE = "recording_file_gone", "recording", "file"
    FILE_UNREADABLE = "recording_file_unreadable", "recording"
    TOO_MANY_LABELS = "too_many_labels", "most"
    NO_SUCH_LABEL = "no_such_label", "label"


class ReportReason(ReasonCode):
    TOO_SLOW = "report_takes_too_long", "within_s"
    NOT_TYPESET = "report_not_typeset"


class DirectoryReason(ReasonCode):
    NUMBERS_UNSEEN = "numbers_unseen"
    """Nobody changes numbers that they do not see."""
    EXISTS = "entry_exists", "key"
    IN_USE = "entry_in_use", "kind", "name"
    """`kind`: of the entry that refers to it, as in `KIND_WORDS` of the catalogue."""
    KEY_DIFFERS = "key_differs", "key"
    NOTHING_BEFORE = "nothing_before_version", "number"
    FUNCTION_TWICE = "function_twice", "key"
    NO_SUCH_MOBILE = "no_such_mobile_in_directory"
    TOO_MANY_LINKS = "too_many_upkeep_links", "most"
    TOO_MANY_PERSONS = "too_many_persons", "most"
    NO_UPKEEP_MAIL = "organisation_without_mail", "name"
    NO_UPKEEP_ADDRESS = "upkeep_not_mailed"
    CHANGED_SINCE_SEEN = "upkeep_changed_since_seen"
    NO_SPAN = "rota_no_span", "most_days"
    SPAN_PAST = "rota_span_past"
    ROTA_FULL = "rota_full", "most"
    NO_PHONE_ORDERS = "no_phone_orders", "name"
    PHONE_NUMBER_TAKEN = "phone_number_taken", "name"
    IMPORT_NOT_AS_SHOWN = "import_not_as_shown"
    IMPORT_ROWS_REFUSED = "import_rows_refused", "count"


class ReadinessReason(ReasonCode):
    """A lack at which a call-out would fail, or a thing that was never proved."""

    NO_NUMBER = "lacks_number"
    NO_TRUNK = "lacks_trunk"
    NEVER_CONFIRMED = "lacks_confirmation"
    WRONG_NUMBER = "lacks_right_number", "number"
    NOBODY_ON_DUTY = "lacks_duty_now"
    NEVER_TRIED = "lacks_test_call"
    EMPTY_LIST = "lacks_functions"
