"""The names of everything Samband says or beeps. The words and sounds are in `asterisk-config/prompts/`.

A prompt is a path without language and suffix: `entry/welcome`, `number/17`, `tone/permit`.
"""

from typing import Final, NewType

Prompt = NewType("Prompt", str)

ENTRY_WELCOME: Final = Prompt("entry/welcome")
"""Welcome to the conference; key the code and square."""
ENTRY_CODE: Final = Prompt("entry/code")
"""The question alone, said again while nothing is keyed."""
ENTRY_WRONG: Final = Prompt("entry/wrong")
"""Wrong, unknown, expired or locked code: one sentence for all, so that nothing is told."""
ENTRY_GOODBYE: Final = Prompt("entry/goodbye")
ENTRY_LOCKED: Final = Prompt("entry/locked")
"""The right code, and the host has locked the door."""
ENTRY_HOST: Final = Prompt("entry/host")
ENTRY_JOINING: Final = Prompt("entry/joining")
ENTRY_RECORDED: Final = Prompt("entry/recorded")
"""This conference is recorded: for those who come in later."""
ENTRY_EXERCISE: Final = Prompt("entry/exercise")
ENTRY_WAIT: Final = Prompt("entry/wait")
"""One moment: said again and again while something that is needed does not answer."""
ENTRY_FAULT: Final = Prompt("entry/fault")
"""It cannot be done now, through no fault of yours; call again."""
ENTRY_RESCUED: Final = Prompt("entry/rescued")
"""The system is back; you are moved into the meeting."""

CALLOUT_INTRO: Final = Prompt("callout/intro")
"""This is a call-out to a collaboration conference."""
CALLOUT_RING_BACK: Final = Prompt("callout/ring-back")
"""The line to the conference was lost; you are rung back."""
CALLOUT_AGAIN: Final = Prompt("callout/again")
"""You may already have had this call."""
CALLOUT_KEYS: Final = Prompt("callout/keys")
"""1 to take part now, 2 to come later, 3 if you cannot."""
CALLOUT_LATER: Final = Prompt("callout/later")
CALLOUT_CANNOT: Final = Prompt("callout/cannot")
CALLOUT_NO_KEY: Final = Prompt("callout/no-key")
CALLOUT_CANCELLED: Final = Prompt("callout/cancelled")

MEETING_ALONE: Final = Prompt("meeting/alone")
MEETING_RECORDING_STARTED: Final = Prompt("meeting/recording-started")
MEETING_RECORDING_STOPPED: Final = Prompt("meeting/recording-stopped")
MEETING_RECORDING_FAILED: Final = Prompt("meeting/recording-failed")
MEETING_ENDED: Final = Prompt("meeting/ended")
MEETING_REMOVED: Final = Prompt("meeting/removed")
MEETING_LOCKED: Final = Prompt("meeting/locked")
MEETING_UNLOCKED: Final = Prompt("meeting/unlocked")
MEETING_PRESENT: Final = Prompt("meeting/present")
"""Comes after a number: "… are present"."""
MEETING_END_CONFIRM: Final = Prompt("meeting/end-confirm")

MUTED: Final = Prompt("mute/muted")
UNMUTED: Final = Prompt("mute/unmuted")
MUTED_BY_HOST: Final = Prompt("mute/by-host")
MUTED_ALL: Final = Prompt("mute/all")
MUTED_TALKING: Final = Prompt("mute/you-are-muted")

FLOOR_ASKED: Final = Prompt("floor/asked")
"""Your request is noted, you are number … (a number follows)."""
FLOOR_WITHDRAWN: Final = Prompt("floor/withdrawn")
FLOOR_YOURS: Final = Prompt("floor/yours")
FLOOR_TAKEN: Final = Prompt("floor/taken")
FLOOR_OPEN: Final = Prompt("floor/mode-open")
FLOOR_LECTURE: Final = Prompt("floor/mode-lecture")
FLOOR_QUEUE: Final = Prompt("floor/mode-queue")
FLOOR_REQUEST_FOR_HOST: Final = Prompt("floor/request-for-host")
"""To the host: somebody asks for the word."""
FLOOR_NOBODY_WAITS: Final = Prompt("floor/nobody-waits")

RADIO_PATCHED: Final = Prompt("radio/patched")
RADIO_UNPATCHED: Final = Prompt("radio/unpatched")
RADIO_TEN_SECONDS: Final = Prompt("radio/ten-seconds")
RADIO_LOST: Final = Prompt("radio/lost")
RADIO_EMERGENCY: Final = Prompt("radio/emergency")
RADIO_APPROVAL: Final = Prompt("radio/approval")
"""To the hosts: a talkgroup waits for approval."""
RADIO_LEASE_SOON: Final = Prompt("radio/lease-soon")
RADIO_LEASE_OVER: Final = Prompt("radio/lease-over")
RADIO_IDLE: Final = Prompt("radio/idle")
RADIO_SPARE: Final = Prompt("radio/spare")
"""To the hosts: another terminal has taken over the talkgroup."""
RADIO_BACK: Final = Prompt("radio/back")
RADIO_LOOP: Final = Prompt("radio/loop")
"""To the hosts: the talkgroups are already linked; one of them is not let through."""
RADIO_STUCK: Final = Prompt("radio/stuck")
"""To the hosts: a steady noise keyed the radio and is kept off the air."""
RADIO_KEYED: Final = Prompt("radio/keyed")
"""To who keyed `*0`: you talk to the radio."""
RADIO_UNKEYED: Final = Prompt("radio/unkeyed")

AIR_OPENED: Final = Prompt("air/opened")
"""On the air: this talkgroup is linked to a telephone conference."""
AIR_RECORDED: Final = Prompt("air/recorded")
AIR_CLOSED: Final = Prompt("air/closed")
"""On the air: the link ends."""
AIR_FLOOR_YOURS: Final = Prompt("air/floor-yours")
"""On the air: this talkgroup asked for the word and has it now."""
AIR_OVER: Final = Prompt("air/over")
"""KOM."""
AIR_OUT: Final = Prompt("air/out")
"""KLART SLUT."""
AIR_RADIO_ONLY: Final = Prompt("air/radio-only")
"""On the air: telephony is lost, the meeting goes on in this talkgroup, and is recorded."""
AIR_TELEPHONY_BACK: Final = Prompt("air/telephony-back")

HELP: Final = Prompt("help/participant")
HELP_HOST: Final = Prompt("help/host")

EMERGENCY_WAIT: Final = Prompt("emergency/wait")
"""Played by the dialplan while no controller is there."""
EMERGENCY_ROOM: Final = Prompt("emergency/room")
"""The emergency room's own code is asked for."""

TONE_PERMIT: Final = Prompt("tone/permit")
TONE_DENIED: Final = Prompt("tone/denied")
TONE_QUEUED: Final = Prompt("tone/queued")
TONE_WARNING: Final = Prompt("tone/warning")
TONE_END: Final = Prompt("tone/end")

HIGHEST_NUMBER: Final = 199


def number(value: int) -> Prompt:
    """The prompt that speaks a count; above the highest rendered number it says that one ("199" for more)."""
    return Prompt(f"number/{max(0, min(value, HIGHEST_NUMBER))}")


def catalogue() -> tuple[Prompt, ...]:
    """Every prompt the program can name, numbers and tones included."""
    named = (value for key, value in globals().items() if key.isupper() and isinstance(value, str) and "/" in value)
    return (*(Prompt(value) for value in named), *(number(value) for value in range(HIGHEST_NUMBER + 1)))
