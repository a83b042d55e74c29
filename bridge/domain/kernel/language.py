"""The languages that people are spoken to in."""

from enum import StrEnum


class Language(StrEnum):
    SV = "sv"
    EN = "en"
