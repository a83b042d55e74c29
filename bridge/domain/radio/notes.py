"""Lines of a conference's timeline."""

from enum import StrEnum


class RadioNote(StrEnum):
    RADIO_TALK_STARTED = "radio_talk_started"
    RADIO_TALK_STOPPED = "radio_talk_stopped"
    TRANSMISSION_STARTED = "transmission_started"
    TRANSMISSION_STOPPED = "transmission_stopped"
    PATCHED = "patched"
    UNPATCHED = "unpatched"
    PATCH_ASKED = "patch_asked"
    PATCH_APPROVED = "patch_approved"
    PATCH_STATE = "patch_state"
    TERMINAL_REPLACED = "terminal_replaced"
    RADIO_ONLY_STARTED = "radio_only_started"
    RADIO_ONLY_ENDED = "radio_only_ended"
    RADIO_LOOP = "radio_loop"
    EMERGENCY = "emergency"
