"""Why the engine is not well."""

from bridge.domain.kernel.reasons import ReasonCode


class EngineReason(ReasonCode):
    TOO_SLOW = "engine_too_slow", "waiting"
    EVENTS_WENT_WRONG = "events_went_wrong", "count", "last", "place"
    REFUSED_NOTHING = "database_refused_nothing"
    """The store refused a commit and named nothing that was in it."""
    CLOCK_SET = "clock_set", "way", "seconds"
    NO_DIRECTORY = "no_directory_here"
    """The program was put together without one, as in a test."""
