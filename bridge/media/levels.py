"""A path's levels and delays in words for people and programs."""

from collections.abc import Mapping
from typing import Final

from bridge.media.protocol import PathStats

_SHOWN: Final = (
    "sending",
    "armed",
    "stuck",
    "recording",
    "meeting_dbfs",
    "meeting_peak_dbfs",
    "meeting_rms_dbfs",
    "meeting_gain_db",
    "meeting_noise_dbfs",
    "radio_dbfs",
    "radio_peak_dbfs",
    "radio_rms_dbfs",
    "radio_gain_db",
    "air_dbfs",
    "air_peak_dbfs",
    "air_rms_dbfs",
    "delay_ms",
    "held_ms",
    "lost_ms",
    "radio_delay_ms",
    "card_delay_ms",
    "notices_waiting",
    "late_frames",
    "overdue",
    "xruns",
    "cpu_ms",
)


def levels_view(stats: PathStats) -> Mapping[str, bool | int | float]:
    """What `samband radio levels` and the API show, named as in `PathStats`: levels (`*_dbfs` is the loudest frame of
    the last second), gains in force, what waits, and what went wrong. Levels of nothing are −120."""
    return {name: getattr(stats, name) for name in _SHOWN}
