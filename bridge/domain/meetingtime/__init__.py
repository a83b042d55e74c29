"""The time of a meeting: when it is meant to end, the words before that, and more time."""
