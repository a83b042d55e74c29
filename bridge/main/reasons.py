"""Why the program does not start or a part of it is not well, and what a check finds."""

from bridge.domain.kernel.reasons import ReasonCode


class PartReason(ReasonCode):
    """A part of the running program."""

    BEGUN_AGAIN = "part_begun_again", "error"
    ASTERISK_HANGS = "asterisk_hangs", "still_s"
    ASTERISK_HANGS_UNTIL = "asterisk_hangs_until", "still_s", "limit_s"


class RunReason(ReasonCode):
    """Why the program cannot start or go on."""

    NO_SIMULATORS = "no_simulators_here"
    SIMULATORS_SILENT = "simulators_silent", "address"
    PLAYER_SLOW = "player_slow"
    RUNS_ALREADY = "runs_already", "process"
    CONTROLLER_NOT_STARTED = "controller_not_started"
    NO_SOCKET_HANDED_OVER = "no_socket_handed_over"
    HOST_UNKNOWN = "api_host_unknown", "host", "setting"
    API_PORT_IN_USE = "api_port_in_use", "port", "host", "setting"
    API_PORT_FORBIDDEN = "api_port_forbidden", "port", "host", "setting"
    API_PORT_OF_NO_ADDRESS = "api_port_of_no_address", "port", "host", "setting"
    API_PORT_UNUSABLE = "api_port_unusable", "port", "host", "setting"
    PORT_IN_USE = "port_in_use", "protocol", "port", "host", "purpose", "setting", "holder", "block"
    PORT_FORBIDDEN = "port_forbidden", "protocol", "port", "host", "purpose", "setting"
    PORT_OF_NO_ADDRESS = "port_of_no_address", "protocol", "port", "host", "purpose", "setting"
    PORT_UNUSABLE = "port_unusable", "protocol", "port", "host", "purpose", "setting"
    TELEPHONES_PORT = "telephones_port_unusable", "port", "setting"
    TELEPHONES_FILE = "telephones_file_faulty", "cause"
    API_ANSWERS = "api_answers", "status"
    API_SILENT = "api_silent", "address"
    API_OF_ANOTHER = "api_of_another", "address"
    UNFORESEEN = "unforeseen_failure"
    TERMINAL_UNKNOWN = "terminal_unknown_here", "known"
    TERMINAL_IN_USE = "terminal_used_by_process", "process"


class UpgradeReason(ReasonCode):
    """Why a new version does not take over. The old one is in control."""

    UNDER_WAY = "upgrade_under_way"
    NOBODY_IN_CONTROL = "upgrade_nobody_in_control"
    NOT_LOADED = "upgrade_not_loaded"
    NEEDS_A_RESTART = "upgrade_needs_a_restart"
    NOT_TRIED = "upgrade_not_tried"
    NO_RESERVE = "upgrade_no_reserve"
    NOT_TAKEN_OVER = "upgrade_not_taken_over"
    NOT_UNDERSTOOD = "upgrade_not_understood"


class BackupReason(ReasonCode):
    """Why there is no backup, or why it is none to go on with."""

    NOT_MADE = "backup_not_made"
    NO_PROGRAM = "backup_no_program", "program"
    """A program of PostgreSQL is not there."""
    PROGRAM_FAILED = "backup_program_failed", "program"
    NO_TRIAL = "backup_no_trial_database"
    """Our user may make no database for the drill."""
    """PostgreSQL has means of its own."""
    NOT_READ = "backup_not_read", "folder"
    CHANGED = "backup_changed", "file"
    DISAGREES = "backup_disagrees", "first"
    NEVER_DRILLED = "backup_never_drilled"
    DRILLED_LONG_AGO = "backup_drilled_long_ago", "days"


class CheckReason(ReasonCode):
    """A finding of `samband check`, good or bad."""

    SETTINGS_READ = "check_settings_read", "trunks", "terminals"
    PORTS_FREE = "check_ports_free", "ports"
    PORTS_HELD = "check_ports_held", "processes"
    PORTS_FREE_AND_HELD = "check_ports_free_and_held", "ports", "processes"
    STATE_WRITABLE = "check_state_writable", "folder", "free_gb"
    DATABASE_WHOLE = "check_database_whole", "database"
    AUDIT_CHANGED = "check_audit_changed", "row"
    ASTERISK_NOT_THERE_YET = "check_asterisk_not_there_yet"
    ASTERISK_CAN_RUN = "check_asterisk_can_run", "version"
    ADDRESSES_SHARED = "check_addresses_shared", "addresses", "owner"
    PASSWORD_READ = "check_password_read", "file"
    NO_PASSWORD = "check_no_password"  # noqa: S105  a finding
    TRUNK_SIMULATED = "check_trunk_simulated", "dial"
    TRUNK_ANSWERS = "check_trunk_answers", "dial", "status"
    TRUNK_BY_RECORDS = "check_trunk_by_records", "dial"
    TRUNK_ADDRESSES = "check_trunk_addresses", "answers"
    CERTIFICATE_FITS = "check_certificate_fits", "file", "until"
    CERTIFICATE_ENDS_SOON = "check_certificate_ends_soon", "file", "until"
    CARD_USABLE = "check_card_usable", "terminal", "card"
    AUDIO_CONNECTS = "check_audio_connects", "audio"
    AUDIO_UNHEARD = "check_audio_unheard", "audio"
    LINE_NOT_THERE = "check_line_not_there", "line", "lines"
    TERMINAL_READY = "check_terminal_ready", "model", "issi", "gssi"
    TERMINAL_NOT_READY = "check_terminal_not_ready", "within_s", "cause"
    SAID_NOTHING = "check_terminal_said_nothing"
    RUNNING_WELL = "check_running_well", "process"
    RUNNING_SILENT = "check_running_silent", "process", "cause"
    RUNNING_UNKNOWN = "check_running_unknown"
    RUNNING_FAULT = "check_running_fault", "said"
