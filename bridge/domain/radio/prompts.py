"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

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
"""On the air: this talkgroup requested the floor and has it now."""
AIR_OVER: Final = Prompt("air/over")
"""KOM."""
AIR_OUT: Final = Prompt("air/out")
"""KLART SLUT."""
AIR_RADIO_ONLY: Final = Prompt("air/radio-only")
"""On the air: telephony is lost, the meeting goes on in this talkgroup, and is recorded."""
AIR_TELEPHONY_BACK: Final = Prompt("air/telephony-back")
TONE_PERMIT: Final = Prompt("tone/permit")
TONE_DENIED: Final = Prompt("tone/denied")
TONE_QUEUED: Final = Prompt("tone/queued")
TONE_WARNING: Final = Prompt("tone/warning")
TONE_END: Final = Prompt("tone/end")
HELP_STAR_0: Final = Prompt("help/star-0")
