"""Recordings: from Asterisk's spool into an archive that can be read and proved without this program.

The exported names are imported when they are first asked for. The settings, which every command reads, need none of
them. A function that is called as its module (`clip`, `documentation`, `package`, `sip`) is imported from there.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bridge.recording.peaks import Peaks
    from bridge.recording.places import Places
    from bridge.recording.recorder import Recorder
    from bridge.recording.settings import RecordingSettings
    from bridge.recording.sip import Giver
    from bridge.recording.spool import SpoolWatcher, Stranded
    from bridge.recording.timeline import Span, SpanKind, speaker_timeline, spoken, timeline_json

_WHERE: Final = {
    "Giver": "sip",
    "Peaks": "peaks",
    "Places": "places",
    "Recorder": "recorder",
    "RecordingSettings": "settings",
    "Span": "timeline",
    "SpanKind": "timeline",
    "SpoolWatcher": "spool",
    "Stranded": "spool",
    "speaker_timeline": "timeline",
    "spoken": "timeline",
    "timeline_json": "timeline",
}

__all__ = [
    "Giver",
    "Peaks",
    "Places",
    "Recorder",
    "RecordingSettings",
    "Span",
    "SpanKind",
    "SpoolWatcher",
    "Stranded",
    "speaker_timeline",
    "spoken",
    "timeline_json",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"{__name__} has no {name}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
