"""Timers by name."""

from enum import StrEnum


class PromptTimer(StrEnum):
    PROMPT = "prompt"
    """A prompt's end has not been reported although it must be over."""
