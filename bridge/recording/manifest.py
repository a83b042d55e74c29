"""The manifest beside a recording's sound: the conference, the participants, who spoke when, and the hashes.

The manifest lets the archive be read and proved without the database.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final
from zoneinfo import ZoneInfo

from bridge.domain.canonical import JsonValue
from bridge.domain.conference.records import Seat
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.journal import Note
from bridge.domain.recording.gap import missing_s
from bridge.domain.recording.records import ArchiveState, Recording, RecordingKind
from bridge.files import sha256_of
from bridge.ports import ArchivedRecording
from bridge.recording.timeline import as_json, recording_timeline
from bridge.words import say

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_SLUG_LENGTH: Final = 60
FORMAT: Final = 2
"""Counts up when a reader of manifests would have to change. 2: `original` is a list, `kind` and `talkgroup` came.
`missing_s` came later and is read as 0 where it is not. The kind `participant`, with `participant`, came later too.
`faults` is read as empty where it is not."""


@dataclass(frozen=True, slots=True)
class OriginalFile:
    """One file that the sound was made from."""

    name: str
    sha256: str
    bytes: int
    repaired: bool
    """It had no sizes in its header: the program that wrote it, or the machine, stopped meanwhile."""
    silence_before_s: float = 0.0
    """Put in where nothing was recorded, so that the parts of a track stand at their time."""


@dataclass(frozen=True, slots=True)
class Sound:
    """The archived sound and what it was made from."""

    sha256: str
    bytes: int
    rate_hz: int
    channels: int
    frames: int
    pcm_sha256: str
    """Over the samples themselves, 16 bit little-endian: the same in the original and in the FLAC."""
    originals: tuple[OriginalFile, ...]
    """One for a mix; as many as a track has parts."""

    @property
    def duration_s(self) -> float:
        return self.frames / self.rate_hz


def safe_id(recording: RecordingId) -> RecordingId:
    """The id, if it may be part of a file name.

    Raises:
        ValueError: It may not.
    """
    if not _SAFE_ID.fullmatch(recording):
        raise ValueError("the recording's id cannot be a file name")
    return recording


def archive_path(found: ArchivedRecording, timezone: str) -> PurePosixPath:
    """`YYYY/MM/<date>_<conference>_<id>.flac`, below the archive's root. A track has the talkgroup or participant after
    the conference, and a name has `namn`. The date is that of the beginning."""
    began = datetime.fromtimestamp(found.recording.started_at_s, ZoneInfo(timezone))
    prefix = "ovning-" if found.conference.exercise else ""
    group = f"_{track_slug(found)}" if found.recording.is_track else ""
    group = "_namn" if found.recording.kind is RecordingKind.NAME else group
    name = f"{began:%Y-%m-%d}_{prefix}{slug(found.conference.name)}{group}_{safe_id(found.recording.id)}.flac"
    return PurePosixPath(f"{began:%Y}", f"{began:%m}", name)


def talkgroup_name(found: ArchivedRecording) -> str:
    """Of a track: the talkgroup's name, or its number."""
    return found.patch.name if found.patch is not None and found.patch.name else str(found.recording.gssi or "")


def participant_of(found: ArchivedRecording) -> Seat | None:
    """Of a participant's track and of a name: whose."""
    return next((one for one in found.participants if one.id == found.recording.seat), None)


def track_name(found: ArchivedRecording) -> str:
    """Of a track: the talkgroup's or the participant's name."""
    if found.recording.kind is RecordingKind.TALKGROUP:
        return talkgroup_name(found)
    person = participant_of(found)
    return person.name if person is not None else ""


def track_slug(found: ArchivedRecording) -> str:
    """The same as part of a file name."""
    is_talkgroup = found.recording.kind is RecordingKind.TALKGROUP
    return slug(track_name(found), "talgrupp" if is_talkgroup else "deltagare")


def slug(name: str, otherwise: str = "konferens") -> str:
    """A name as part of a file name: lower-case ASCII letters, digits and hyphens, at most 60."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_SLUG_LENGTH].strip("-") or otherwise


def manifest(
    found: ArchivedRecording,
    notes: Sequence[Note],
    sound: Sound,
    file: PurePosixPath,
    versions: Mapping[str, str],
    issi_names: Mapping[int, str] | None = None,
) -> bytes:
    """The sidecar's content: JSON, UTF-8, indented for people."""
    recording, meeting = found.recording, found.conference
    began_at_s = recording.started_at_s
    spans = recording_timeline(found, notes, began_at_s + sound.duration_s, issi_names)
    content: dict[str, JsonValue] = {
        "format": FORMAT,
        "recording": recording.id,
        "kind": recording.kind.value,
        "conference": {
            "id": meeting.id,
            "name": meeting.name,
            "number": meeting.number,
            "forum": meeting.forum,
            "exercise": meeting.exercise,
            "emergency": meeting.emergency,
        },
        "began": iso(began_at_s),
        "duration_s": round(sound.duration_s, 3),
        "missing_s": missing_s(recording, sound.duration_s),
        "audio": {
            "file": file.name,
            "sha256": sound.sha256,
            "bytes": sound.bytes,
            "rate_hz": sound.rate_hz,
            "channels": sound.channels,
            "frames": sound.frames,
            "pcm_sha256": sound.pcm_sha256,
        },
        "original": [_original_json(one) for one in sound.originals],
        "participants": participants_json(found.participants),
        "faults": faults_json(found),
        "timeline": as_json(spans),
        "versions": dict(versions),
        **track_json(found),
    }
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "replace")


def _original_json(original: OriginalFile) -> dict[str, JsonValue]:
    return {
        "file": original.name,
        "sha256": original.sha256,
        "bytes": original.bytes,
        "repaired": original.repaired,
        "silence_before_s": round(original.silence_before_s, 3),
    }


def talkgroup_json(found: ArchivedRecording) -> dict[str, JsonValue]:
    """Of a track: which talkgroup it is, through which terminal, and what its two channels are."""
    return {
        "gssi": found.recording.gssi,
        "name": talkgroup_name(found),
        "terminal": found.patch.terminal if found.patch is not None else None,
        "left": "from the radio",
        "right": "to the radio",
    }


def track_json(found: ArchivedRecording) -> dict[str, JsonValue]:
    """Of a track: whose it is, under `talkgroup` or `participant`. Nothing for a mix."""
    if found.recording.kind is RecordingKind.TALKGROUP:
        return {"talkgroup": talkgroup_json(found)}
    person = participant_of(found)
    if found.recording.kind is RecordingKind.MIX:
        return {}
    return {"participant": participants_json([person])[0] if person is not None else None}


def faulty_tracks(found: ArchivedRecording) -> Sequence[ArchivedRecording]:
    """The tracks that failed or are cut short, each as a recording of its own."""
    return [replace(found, recording=one.recording, patch=one.patch, path=None) for one in found.faulty]


def fault_state(track: Recording) -> str:
    """`failed`: there is no such track. `cut_short`: a part of it is missing."""
    return "failed" if track.state is ArchiveState.FAILED else "cut_short"


def faults_json(found: ArchivedRecording) -> list[JsonValue]:
    """The tracks that failed or are cut short, as known when the recording was archived. The reason is there for
    programs, and in the conference's language for people."""
    return [
        {
            "recording": one.recording.id,
            "kind": one.recording.kind.value,
            "name": track_name(one),
            "state": fault_state(one.recording),
            "reason": None if (reason := one.recording.fault) is None else reason.code,
            "words": None if reason is None else say(reason, one.conference.language),
        }
        for one in faulty_tracks(found)
    ]


def participants_json(participants: Sequence[Seat]) -> list[JsonValue]:
    """Everybody who was in the meeting, for a JSON document."""
    return [
        {
            "id": person.id,
            "kind": person.kind.value,
            "name": person.name,
            "role": person.role.value,
            "organisation": person.organisation,
            "function": person.function,
            "joined": iso(person.joined_at_s),
            "left": iso(person.left_at_s),
            "notice_heard": iso(person.notice_heard_at_s),
        }
        for person in participants
    ]


def iso(at_s: float | None) -> str | None:
    """An instant as ISO 8601 in UTC, to the millisecond."""
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")


def beside(audio: Path) -> Path:
    """Where a recording's manifest lies."""
    return audio.with_suffix(".json")


def fault_of(audio: Path) -> str | None:
    """Why an archived file is not what was archived, for the log; `None` when it is, by its manifest.

    Raises:
        OSError: It cannot be read.
    """
    if not audio.exists():
        return "the file is missing from the archive"
    if not beside(audio).exists():
        return "the file has no manifest"
    try:
        told = json.loads(beside(audio).read_bytes())["audio"]["sha256"]
    except (ValueError, KeyError, TypeError):
        return "the manifest is damaged"
    return None if sha256_of(audio) == told else "the file is not the one its manifest describes"
