"""Why something about the schedule is refused, or a meeting was not opened or rung."""

from bridge.domain.kernel.reasons import ReasonCode


class ScheduleReason(ReasonCode):
    NO_SUCH_SCHEDULE = "no_such_schedule"
    NO_DATE = "schedule_no_date", "value"
    NO_TIME = "schedule_no_time", "value"
    NO_ZONE = "schedule_no_zone", "zone"
    ENDS_BEFORE_IT_BEGINS = "schedule_ends_before_it_begins"
    TOO_MANY_EXCEPTIONS = "schedule_too_many_exceptions", "most"
    TOO_MANY = "too_many_schedules", "most"
    MOVED_TOO_FAR = "schedule_moved_too_far", "on", "most_days"
    NOT_OF_THE_RULE = "not_a_date_of_the_schedule", "on"
    HELD_ALREADY = "schedule_date_held_already", "on"
    NO_DATE_AHEAD = "schedule_has_no_date_ahead"
    NOBODY_TO_RING = "schedule_rings_nobody"
    CHANGED_MEANWHILE = "schedule_changed_meanwhile"
    AWAY = "was_away_at_its_time", "late_s"
    """The program did not run, or could not open it, within the time that is allowed."""
    SCHEDULE_REMOVED = "schedule_removed_meanwhile"
    MEETING_OVER = "meeting_over_before_ringing"
    NOBODY_FOUND = "schedule_found_nobody_to_ring"
    MISSED = "scheduled_meetings_missed", "count", "name"
    """The alarm."""
