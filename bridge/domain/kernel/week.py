"""The days of the week."""

from enum import StrEnum


class Weekday(StrEnum):
    """As RFC 5545, 3.3.10 names them."""

    MO = "MO"
    TU = "TU"
    WE = "WE"
    TH = "TH"
    FR = "FR"
    SA = "SA"
    SU = "SU"
