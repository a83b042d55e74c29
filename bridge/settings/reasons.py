"""Why the settings cannot be used. The reason of a value is carried by that of its place, and that by its file's
(`bridge.written`)."""

from bridge.domain.kernel.reasons import ReasonCode


class SettingReason(ReasonCode):
    IN_VARIABLE = "setting_in_variable", "variable", "cause"
    ROW = "setting_row", "table", "number", "setting"
    """A place: the n-th table of a name."""

    # the file and the variables
    NO_FILE = "setting_no_file", "variable"
    NO_PLAIN_FILE = "setting_no_plain_file", "variable"
    VARIABLE_OF_NOTHING = "setting_variable_of_nothing", "variable"
    VARIABLE_UNREADABLE = "setting_variable_unreadable", "variables"

    # a setting
    UNKNOWN = "setting_unknown", "near"
    MISSING = "setting_missing"
    WHOLE_NUMBER = "setting_whole_number", "value"
    SMALLER_NUMBER = "setting_smaller_number"
    NUMBER = "setting_number", "value"
    ORDINARY_NUMBER = "setting_ordinary_number", "value"
    YES_OR_NO = "setting_yes_or_no", "value"
    TEXT = "setting_text", "value"
    PATH = "setting_path", "value"
    LIST = "setting_list", "value"
    TABLE_OF_TEXT = "setting_table_of_text", "value"
    TABLE = "setting_table", "table"
    TABLES = "setting_tables", "table"
    AT_LEAST = "setting_at_least", "bound", "value"
    MORE_THAN = "setting_more_than", "bound", "value"
    AT_MOST = "setting_at_most", "bound", "value"
    LESS_THAN = "setting_less_than", "bound", "value"
    ONE_OF = "setting_one_of", "known", "value"
    FEW_VALUES = "setting_few_values", "bound"
    MANY_VALUES = "setting_many_values", "bound"
    SHORT_TEXT = "setting_short_text", "bound"
    LONG_TEXT = "setting_long_text", "bound"
    FORM = "setting_form", "form", "value"
    OTHER = "setting_other", "value"
    """A fault that nobody foresaw; the library's own words are its evidence."""
    HOLDS_NUL = "setting_holds_nul"
    NO_NUMBER = "setting_no_number", "value"

    # settings that do not fit each other
    WARNED_AFTER_CUT = "setting_warned_after_cut"
    ROOM_ABOVE_FULL = "setting_room_above_full"
    LOW_BLOCK = "setting_low_block"
    TERMINAL_TWICE = "setting_terminal_twice", "name"
    PORT_TWICE = "setting_port_twice", "port", "other"
    NO_TRACKS_FOR_CONSULTATIONS = "setting_no_tracks_for_consultations"
    PORT_OF_AUDIO = "setting_port_of_audio", "port"
    NO_AUDIO = "setting_no_audio", "value"
