"""The rules of Samband as values: no IO, no clock, no logger.

`step(node, event)` takes what is and what happened, and gives what is next and what shall be done.
Time is `at_s`, seconds since 1970 (UTC) on the engine's steady clock, and stands on every event.
"""
