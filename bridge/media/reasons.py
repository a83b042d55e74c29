"""Why an audio path, or the process that carries it, is not well. The worker's own words are the evidence."""

from bridge.domain.kernel.reasons import ReasonCode


class SettingReason(ReasonCode):
    """A setting of the sound that cannot be used."""

    SHORT_PREROLL = "setting_short_preroll", "least_ms"
    CARD_TWICE = "setting_card_twice", "device"


class MediaReason(ReasonCode):
    PATH_BEING_BUILT = "audio_path_being_built"
    PATH_NOT_BUILT = "audio_path_not_built"
    TERMINAL_SOUND_LOST = "terminal_sound_lost"
    MEETING_SOUND_LOST = "meeting_sound_lost"
    WORKER_LOST = "media_worker_lost"
    WORKER_STARTING = "media_worker_starting"
    NO_SUCH_PATH = "no_such_audio_path"
    TRACK_FAILED = "track_failed"
    NO_FOLDER_FOR_TRACKS = "no_folder_for_tracks"
    NO_SUCH_TRACK = "no_such_track", "recording"
    NO_SOUND_CARD_NAMED = "no_sound_card_named", "audio"
    AUDIO_ADDRESS = "terminal_audio_address", "audio"
    CARD_LIBRARY_MISSING = "sound_card_library_missing", "audio"
    TERMINAL_SOUND_UNUSABLE = "terminal_sound_unusable"
