"""Timers by name."""

from enum import StrEnum


class LinkTimer(StrEnum):
    LINK_EXPIRES = "link_expires"
