"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

DECISION: Final = Prompt("decision/decision")
"""Comes before its number."""
DECISION_SPOKEN: Final = Prompt("decision/spoken")
"""To everybody, at its end: it is asked about now."""
DECISION_CANCELLED: Final = Prompt("decision/cancelled")
"""Comes after its number."""
DECISION_QUESTION: Final = Prompt("decision/question")
DECISION_NOTED: Final = Prompt("decision/noted")
DECISION_GOES_ON: Final = Prompt("decision/goes-on")
"""To those who lead: its end has not been marked."""
DECISION_ACKNOWLEDGED: Final = Prompt("decision/acknowledged")
"""Comes after a number of organisations."""
DECISION_RESERVED: Final = Prompt("decision/reserved")
"""Comes before the names of organisations."""
DECISION_UNANSWERED: Final = Prompt("decision/unanswered")
"""Comes before the names of organisations."""
DECISION_MORE: Final = Prompt("decision/more")
"""Comes after a number: so many more than are said by name."""
DECISION_NOBODY_ASKED: Final = Prompt("decision/nobody-asked")
DECISION_MADE: Final = Prompt("decision/made")
"""Comes before a number and one of the next two."""
DECISION_MINUTES_AGO: Final = Prompt("decision/minutes-ago")
DECISION_HOURS_AGO: Final = Prompt("decision/hours-ago")
DECISION_MADE_NOW: Final = Prompt("decision/made-now")
"""A moment ago."""
DECISION_KEY_READ_BACK: Final = Prompt("decision/key-read-back")
"""The key that has the latest decision read back."""
HELP_HASH_5: Final = Prompt("help/hash-5")
