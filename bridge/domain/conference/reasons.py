"""Why something in a conference is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class ConferenceReason(ReasonCode):
    NO_SUCH_CONFERENCE = "no_such_conference"
    NO_OPEN_CONFERENCE = "no_open_conference"
    ENDED = "conference_ended"
    NO_SUCH_PARTICIPANT = "no_such_participant"
    PARTICIPANT_LEFT = "participant_left"
    DIRECT_NUMBER_TAKEN = "direct_number_taken", "number", "name"
    PARTICIPANT_NOT_IN_YET = "participant_not_in_yet"
    NATIONAL_SECURITY = "national_security"
    NO_LINE_FOR_SECRECY = "no_line_for_secrecy"
    TALKGROUP_CANNOT_LEAD = "talkgroup_cannot_lead"
    ENDS_IN_THE_PAST = "ends_in_the_past"
    ALREADY_THEIRS = "meeting_is_theirs_already", "name"
    NO_PERSONS = "meeting_is_no_persons"
    TOO_MANY_LEAD = "too_many_lead_the_meeting", "most"


class FloorReason(ReasonCode):
    NOBODY_WAITS = "nobody_waits_for_the_floor"
    NOT_PRESENT = "participant_not_present"
    LISTENER = "listener_has_no_floor"
    ASIDE = "floor_is_of_the_main_room"
    TALKGROUP_UNREACHABLE = "talkgroup_unreachable", "talkgroup"


class CodeReason(ReasonCode):
    """Why a code that somebody chose cannot be used."""

    SHAPE = "code_shape"
    REPEATS = "code_repeats"
    COUNTS = "code_counts"
    MIRRORED = "code_mirrored"
    DATE = "code_is_a_date"
    LINES = "code_lines"
    ALIKE = "host_code_alike"
    TAKEN = "code_taken"
