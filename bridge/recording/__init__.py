"""Recordings: from Asterisk's spool into an archive that can be read and proved without this program."""

from bridge.recording.clip import clip
from bridge.recording.documentation import documentation
from bridge.recording.package import package
from bridge.recording.peaks import Peaks
from bridge.recording.places import Places
from bridge.recording.recorder import Recorder
from bridge.recording.settings import RecordingSettings
from bridge.recording.sip import Giver, sip
from bridge.recording.spool import SpoolWatcher, Stranded
from bridge.recording.timeline import Span, SpanKind, speaker_timeline, spoken, timeline_json

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
    "clip",
    "documentation",
    "package",
    "sip",
    "speaker_timeline",
    "spoken",
    "timeline_json",
]
