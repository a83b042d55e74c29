"""Timers by name."""

from enum import StrEnum


class ShortDataTimer(StrEnum):
    SDS_PUMP = "sds_pump"
