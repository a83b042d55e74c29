"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

CALLOUT_INTRO: Final = Prompt("callout/intro")
"""This is a call-out to a collaboration conference."""
CALLOUT_RING_BACK: Final = Prompt("callout/ring-back")
"""The line to the conference was lost; you are rung back."""
CALLOUT_AGAIN: Final = Prompt("callout/again")
"""You may already have had this call."""
CALLOUT_KEYS: Final = Prompt("callout/keys")
"""1 to take part now, 2 to come later, 3 if you cannot, 4 for your deputy. 0 says it again."""
CALLOUT_FOR_SEVERAL: Final = Prompt("callout/for-several")
"""Comes before the names of the functions that one call is to."""
CALLOUT_FOR_THESE: Final = Prompt("callout/for-these")
"""The same, where a 1 is followed by the question who answers."""
CALLOUT_WHO: Final = Prompt("callout/who")
"""After a 1 that may mean several functions: who answers? A choice for each follows."""
CALLOUT_WHO_FOR: Final = Prompt("callout/who-for")
"""Before the name of a function."""
CALLOUT_WHO_PRESS: Final = Prompt("callout/who-press")
"""Before the number of its key."""
CALLOUT_WHO_BOTH: Final = Prompt("callout/who-both")
"""In the place of a name: for both of two."""
CALLOUT_WHO_ALL: Final = Prompt("callout/who-all")
"""In the place of a name: for all of more than two."""
CALLOUT_CALL_BACK: Final = Prompt("callout/call-back")
"""To one who rings back: you ring back after a call-out."""
CALLOUT_CALLED_WAS: Final = Prompt("callout/called-was")
"""Before the name of the function that was called."""
CALLOUT_TO_MEETING: Final = Prompt("callout/to-meeting")
"""Before the name of the meeting to which it was called."""
CALLOUT_KEY_CODE: Final = Prompt("callout/key-code")
"""To one who rings back and comes now: their own code or the conference's is asked for."""
CALLOUT_CALLS_BACK: Final = Prompt("callout/calls-back")
"""To a line that is called off since the function rings back on another."""
CALLOUT_MINUTES: Final = Prompt("callout/minutes")
"""After a 2: in how many minutes?"""
CALLOUT_PROMISED: Final = Prompt("callout/promised")
"""You said that you would come now."""
CALLOUT_OPERATOR: Final = Prompt("callout/operator")
"""To the operator who is rung: a meeting asks for you."""
OPERATOR_CALLED: Final = Prompt("operator/called")
OPERATOR_HERE: Final = Prompt("operator/here")
OPERATOR_NONE: Final = Prompt("operator/none")
OPERATOR_NOT_REACHED: Final = Prompt("operator/not-reached")
OPERATOR_ASKED_BY: Final = Prompt("operator/asked-by")
"""To the operator who has come in; a name follows."""
HELP_HASH_9: Final = Prompt("help/hash-9")
CALLOUT_LATER: Final = Prompt("callout/later")
CALLOUT_CALLED_THEN: Final = Prompt("callout/called-then")
"""After `CALLOUT_LATER`: you are called at that time, if you have not called in."""
CALLOUT_CANNOT: Final = Prompt("callout/cannot")
CALLOUT_DEPUTY: Final = Prompt("callout/deputy")
CALLOUT_NO_DEPUTY: Final = Prompt("callout/no-deputy")
CALLOUT_NO_KEY: Final = Prompt("callout/no-key")
CALLOUT_RING_IN: Final = Prompt("callout/ring-in")
"""Before the digits of a number."""
CALLOUT_CANCELLED: Final = Prompt("callout/cancelled")
