"""Why a file or a row of it is refused, and what is guessed. The words stand in the catalogue."""

from bridge.domain.kernel.reasons import ReasonCode


class FileReason(ReasonCode):
    """A file that cannot be read at all."""

    EMPTY = "import_file_empty"
    TOO_LARGE = "import_file_too_large", "most_mb"
    TOO_MANY_ROWS = "import_too_many_rows", "most"
    TOO_MANY_COLUMNS = "import_too_many_columns", "most"
    NUL = "import_file_nul", "line"
    UNKNOWN_ENCODING = "import_unknown_encoding", "line"
    QUOTES = "import_quotes_open", "line"
    NO_HEADINGS = "import_no_headings", "seen"
    """`seen`: the first line, cut short."""
    HEADING_TWICE = "import_heading_twice", "heading"
    NO_CARDS = "import_no_cards"


class RowReason(ReasonCode):
    """A row that is refused; the others are not."""

    TOO_LONG = "import_cell_too_long", "most"
    CONTROL_CHARACTER = "import_control_character", "character", "place"
    MORE_CELLS = "import_more_cells", "cells", "headings"
    ORGANISATION_MISSING = "import_organisation_missing"
    FUNCTION_MISSING = "import_function_missing"
    ORGANISATION_AMBIGUOUS = "import_organisation_ambiguous", "name"
    FUNCTION_AMBIGUOUS = "import_function_ambiguous", "name"
    ORGANISATION_DIFFERS = "import_organisation_differs", "line"
    NAME_TAKEN = "import_name_taken", "key"
    BAD_ID = "import_bad_id"
    TWICE = "import_row_twice", "line"
    POWER_OF_TEN = "import_power_of_ten", "text"
    TOO_MANY_NUMBERS = "import_too_many_numbers", "most"
    NO_USE = "import_no_number_use", "text"
    NO_HOURS = "import_no_hours", "text"
    NO_ISSI = "import_no_issi", "text", "most"
    ISSI_GROUPED = "import_issi_grouped", "text"
    TOO_MANY_ISSIS = "import_too_many_issis", "most"
    NO_LANGUAGE = "import_no_language", "text"
    NO_EMAIL = "import_no_email", "text"
    NO_TRUTH = "import_no_truth", "text"
    DEPUTY_UNKNOWN = "import_deputy_unknown", "name"
    DEPUTY_AMBIGUOUS = "import_deputy_ambiguous", "name"
    DEPUTY_TWICE = "import_deputy_twice", "name"
    TOO_MANY_DEPUTIES = "import_too_many_deputies", "most"
    CARD_OPEN = "import_card_open"


class GuessReason(ReasonCode):
    """Something in a row that is not written there as it is read."""

    LOST_ZERO = "import_guess_lost_zero", "text", "number"
    NO_PLUS = "import_guess_no_plus", "text", "number"
    SLASH_IN_AREA_CODE = "import_guess_slash", "text", "number"
    SEVERAL_NUMBERS = "import_guess_several_numbers", "text", "count"
    DECIMALS = "import_guess_decimals", "text"
    LABELLED = "import_guess_labelled", "text", "number"
    KIND = "import_guess_kind", "number", "kind"
    """The heading, or a word beside a number, is read as its kind."""
    USE_LEFT_OUT = "import_guess_use_left_out", "number"
    """Hours of a number that the row does not have."""
    PREMIUM = "import_guess_premium", "number"
    """No guess about the file, but about what is meant."""
    LINES_JOINED = "import_guess_lines_joined"
    PERSON_AS_FUNCTION = "import_guess_person_as_function", "name"
    PERSON_LEFT_OUT = "import_guess_person_left_out", "name"
    CARD_WITHOUT_ORGANISATION = "import_guess_card_without_organisation", "organisation", "function"
    NUMBER_LEFT_OUT = "import_guess_number_left_out", "text"
    """A fax or a pager, which nobody answers."""
    ORGANISATION_GIVEN = "import_guess_organisation_given", "name"
