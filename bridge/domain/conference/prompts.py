"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

ENTRY_WELCOME: Final = Prompt("entry/welcome")
"""Welcome to the conference; key the code and #."""
ENTRY_CODE: Final = Prompt("entry/code")
"""The question alone, said again while nothing is keyed."""
ENTRY_WRONG: Final = Prompt("entry/wrong")
"""Wrong, unknown, expired or locked code: one and the same sentence, so that it gives nothing away."""
ENTRY_GOODBYE: Final = Prompt("entry/goodbye")
ENTRY_LOCKED: Final = Prompt("entry/locked")
"""The right code, and the host has locked the door. Said to lines that are known only."""
ENTRY_HOST: Final = Prompt("entry/host")
ENTRY_OFF_RECORD: Final = Prompt("entry/off-record")
"""At the door of a meeting that is off the record now."""
ENTRY_NAME: Final = Prompt("entry/name")
"""Say your name after the tone, which follows."""
TONE_NAME: Final = Prompt("tone/name")
ENTRY_JOINING: Final = Prompt("entry/joining")
ENTRY_WAITING_ROOM: Final = Prompt("entry/waiting-room")
"""You are in the waiting room; the host lets you in."""
ENTRY_LET_IN: Final = Prompt("entry/let-in")
"""To a person who waited."""
ENTRY_MUTED: Final = Prompt("entry/muted")
"""Everybody comes in muted; star five asks for the floor."""
ENTRY_RECORDED: Final = Prompt("entry/recorded")
"""This conference is recorded: for those who come in later."""
ENTRY_EXERCISE: Final = Prompt("entry/exercise")
ENTRY_SECRET: Final = Prompt("entry/secret")
"""Secrecy applies in this conference."""
ENTRY_NOT_ENCRYPTED: Final = Prompt("entry/not-encrypted")
"""To a person in a conference where secrecy applies, about their own line."""
ENTRY_NEEDS_ENCRYPTION: Final = Prompt("entry/needs-encryption")
"""The right code, over a line that may not carry what is said there."""
ENTRY_WAIT: Final = Prompt("entry/wait")
"""One moment: said again and again while something that is needed does not answer."""
ENTRY_HELD: Final = Prompt("entry/held")
"""Somebody guesses codes, so that yours is looked up in its turn."""
ENTRY_FAULT: Final = Prompt("entry/fault")
"""It cannot be done now, through no fault of yours; call again."""
ENTRY_WELCOME_BACK: Final = Prompt("entry/welcome-back")
"""To a person who is recognised: you have your place again."""
ENTRY_RESCUED: Final = Prompt("entry/rescued")
"""The system is back; you are moved into the meeting."""
MEETING_ALONE: Final = Prompt("meeting/alone")
MEETING_ENDED: Final = Prompt("meeting/ended")
MEETING_REMOVED: Final = Prompt("meeting/removed")
MEETING_TAKEN_OVER: Final = Prompt("meeting/taken-over")
"""To the telephone that loses the seat: you have come in by another one."""
MEETING_LOCKED: Final = Prompt("meeting/locked")
MEETING_UNLOCKED: Final = Prompt("meeting/unlocked")
MEETING_END_CONFIRM: Final = Prompt("meeting/end-confirm")
MUTED: Final = Prompt("mute/muted")
UNMUTED: Final = Prompt("mute/unmuted")
MUTED_BY_HOST: Final = Prompt("mute/by-host")
MUTED_ALL: Final = Prompt("mute/all")
MUTED_ALL_UNDONE: Final = Prompt("mute/all-undone")
NOTHING_TO_UNDO: Final = Prompt("mute/nothing-to-undo")
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
"""To the host: somebody requests the floor."""
FLOOR_URGENT_FOR_HOST: Final = Prompt("floor/urgent-for-host")
FLOOR_CLASS_KEYS: Final = Prompt("floor/class-keys")
"""The keys that make a request urgent, or a reply."""
FLOOR_GIVEN: Final = Prompt("floor/given")
"""To the host who gave it; a name may follow."""
FLOOR_RETURNED: Final = Prompt("floor/returned")
"""To the person who gave it back."""
FLOOR_FREE_HERE: Final = Prompt("floor/free-here")
"""To somebody in a side room who asks for the floor."""
FLOOR_NOBODY_HAS: Final = Prompt("floor/nobody-has")
FLOOR_NOBODY_WAITS: Final = Prompt("floor/nobody-waits")
ROLE_HOST: Final = Prompt("role/host")
"""You are … now: to the person whose role is changed."""
ROLE_COHOST: Final = Prompt("role/cohost")
ROLE_PARTICIPANT: Final = Prompt("role/participant")
ROLE_LISTENER: Final = Prompt("role/listener")
ROLE_OPERATOR: Final = Prompt("role/operator")
ROLE_LEADS: Final = Prompt("role/leads")
"""To a co-host: there is no host any more, and you lead."""
LISTENER_TALKING: Final = Prompt("role/listener-talking")
"""To a listener who talks and is not heard."""
LISTENER_ASKED: Final = Prompt("role/listener-asked")
LISTENER_ASKS: Final = Prompt("role/listener-asks")
"""To the host; a name may follow, and then the keys."""
LISTENER_KEYS: Final = Prompt("role/listener-keys")
LISTENER_REFUSED: Final = Prompt("role/listener-refused")
NOBODY_LEADS: Final = Prompt("role/nobody-leads")
NOT_NOW: Final = Prompt("role/not-now")
"""It cannot be done now; try again in a while."""
HOST_GONE: Final = Prompt("role/host-gone")
HOST_IS_NOW: Final = Prompt("role/host-is-now")
"""A name follows."""
LED_BY: Final = Prompt("role/led-by")
"""A name follows."""
LED_BY_COHOST: Final = Prompt("role/led-by-cohost")
HAND_OVER_TO: Final = Prompt("role/hand-over-to")
"""A name follows, and then the keys."""
HAND_OVER_KEYS: Final = Prompt("role/hand-over-keys")
HAND_OVER_NOBODY: Final = Prompt("role/hand-over-nobody")
KEY_TAKEN: Final = Prompt("role/key-taken")
"""To somebody whose act is heard elsewhere, or later."""
KEY_OF_ANOTHER_ROLE: Final = Prompt("role/no-key")
"""To somebody who keys a command that only other roles have."""
HELP_STAR_1: Final = Prompt("help/star-1")
"""The line of a key in the spoken help. Its words begin with the keys."""
HELP_STAR_2: Final = Prompt("help/star-2")
HELP_STAR_3: Final = Prompt("help/star-3")
HELP_STAR_5: Final = Prompt("help/star-5")
HELP_STAR_5_LISTENER: Final = Prompt("help/star-5-listener")
HELP_STAR_6: Final = Prompt("help/star-6")
HELP_STAR_7: Final = Prompt("help/star-7")
HELP_STAR_8: Final = Prompt("help/star-8")
HELP_STAR_HASH: Final = Prompt("help/star-hash")
HELP_STAR_STAR: Final = Prompt("help/star-star")
HELP_HASH_0: Final = Prompt("help/hash-0")
HELP_HASH_3: Final = Prompt("help/hash-3")
HELP_HASH_STAR: Final = Prompt("help/hash-star")
EMERGENCY_WAIT: Final = Prompt("emergency/wait")
"""Played by the dialplan while no controller is there."""
EMERGENCY_ROOM: Final = Prompt("emergency/room")
"""The emergency room's own code is asked for."""
