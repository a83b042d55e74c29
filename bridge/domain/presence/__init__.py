"""Presence: the people here are counted, and named aloud."""
