"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

ROLL_CALL: Final = Prompt("roll-call/begins")
ROLL_ANSWER: Final = Prompt("roll-call/answer")
"""To the function whose name is read out: the key that answers."""
ROLL_TICK: Final = Prompt("roll-call/tick")
"""To the host, about a name that no seat has: the keys that tick."""
ROLL_NOTED: Final = Prompt("roll-call/noted")
ROLL_OF: Final = Prompt("roll-call/of")
"""Between two numbers: so many of so many."""
ROLL_PRESENT: Final = Prompt("roll-call/present")
"""Comes after the numbers."""
ROLL_MISSING: Final = Prompt("roll-call/missing")
"""Comes before the names of those who are missing."""
ROLL_NOBODY_MISSING: Final = Prompt("roll-call/nobody-missing")
ROLL_MORE: Final = Prompt("roll-call/more")
"""Comes after a number: so many more than are said by name."""
ROLL_RINGING: Final = Prompt("roll-call/ringing")
"""Those who are missing are rung now."""
ROLL_ENDED: Final = Prompt("roll-call/ended")
"""Comes before the summary."""
ROLL_NOBODY_EXPECTED: Final = Prompt("roll-call/nobody-expected")
ROLL_UNREAD: Final = Prompt("roll-call/unread")
"""To the host: the roll cannot be read now."""
HELP_HASH_4: Final = Prompt("help/hash-4")
