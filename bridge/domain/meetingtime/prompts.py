"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

TIME_HAS: Final = Prompt("time/has")
"""The meeting has … left: hours, minutes and the last word follow."""
TIME_ONE_HOUR: Final = Prompt("time/one-hour")
TIME_HOURS: Final = Prompt("time/hours")
"""Comes after a number."""
TIME_ONE_MINUTE: Final = Prompt("time/one-minute")
TIME_MINUTES: Final = Prompt("time/minutes")
"""Comes after a number."""
TIME_LEFT: Final = Prompt("time/left")
TIME_OUT: Final = Prompt("time/out")
"""To everybody. Nobody is hung up by it."""
TIME_EXTENDED: Final = Prompt("time/extended")
TIME_CHANGED: Final = Prompt("time/changed")
TIME_NO_END: Final = Prompt("time/no-end")
TIME_KEY_EXTEND: Final = Prompt("time/key-extend")
"""The key for half an hour more."""
TIME_KEY_SET: Final = Prompt("time/key-set")
"""The same where the meeting has no end yet."""
TIME_KEY_END: Final = Prompt("time/key-end")
"""The key that ends the meeting for everybody."""
TIME_END_SURE: Final = Prompt("time/end-sure")
"""The same key once more."""
TIME_GOES_ON: Final = Prompt("time/goes-on")
"""To the host who did not press it once more."""
HELP_HASH_8: Final = Prompt("help/hash-8")
