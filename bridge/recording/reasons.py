"""Why a recording failed, or its disks are not well."""

from bridge.domain.kernel.reasons import ReasonCode


class SettingReason(ReasonCode):
    """A setting of the archive that cannot be used."""

    NO_TIME_ZONE = "setting_no_time_zone", "name"
    STOPS_BEFORE_WARNING = "setting_stops_before_warning"
    COPY_WITHOUT_BUCKET = "setting_copy_without_bucket"
    PLACE_SHAPE = "setting_place_shape", "name"
    PLACE_PASSWORD_ALONE = "setting_place_password_alone", "name"
    PLACE_TWICE = "setting_place_twice", "name"


class PlaceReason(ReasonCode):
    """Why a place did not take a package."""

    THERE = "package_there_already", "file"
    REFUSED = "place_refused", "status"
    NO_ANSWER = "place_does_not_answer"
    PASSWORD_UNREADABLE = "place_password_unreadable", "file"
    PASSWORD_OPEN = "place_password_open", "file"
    CERTIFICATES_UNREADABLE = "place_certificates_unreadable"


class RecordingReason(ReasonCode):
    DISK_NOT_LOOKED_AT = "disk_not_looked_at"
    NOT_FORCED_TO_DISK = "recordings_not_forced"
    DISK_NOT_THERE = "disk_not_there", "path"
    DISK_FULL = "disk_full", "free_percent"
    DISK_NEARLY_FULL = "disk_nearly_full", "free_percent"
    NO_ROOM = "no_room_to_record", "disk"
    ARCHIVING_FAILED = "archiving_failed", "recording"
    NOTHING_RECORDED = "nothing_recorded"
    TOO_MANY_WAIT = "too_many_recordings_wait"
    NOT_DELETED = "recording_not_deleted"
    COPIES_WAIT = "archive_copies_wait"
    COPIES_NOT_REMOVED = "archive_copies_not_removed"
    COPIES_FAILED = "archive_copies_failed", "count"
    ARCHIVE_UNREADABLE = "archived_file_unreadable"
