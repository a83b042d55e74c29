"""The documentation package of a recorded meeting: one ZIP that needs nothing but itself to be read and proved."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bridge.domain.canonical import JsonValue
from bridge.domain.model import Note, Participant
from bridge.ports import ArchivedRecording
from bridge.recording.manifest import iso, participants_json, slug, talkgroup_json, talkgroup_name
from bridge.recording.timeline import as_json, recording_timeline

_BLOCK_BYTES: Final = 1 << 18
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

_README: Final = """\
{exercise}DOKUMENTATION AV SAMVERKANSKONFERENS

Konferens:   {name}
Nummer:      {number}
Inspelad:    {began}
Längd:       {minutes} min {seconds} s
Deltagare:   {people}

Innehåll
  {audio:<20} ljudet, FLAC (förlustfritt){channels}
{tracks}  participants.csv     deltagarna, för kalkylprogram (UTF-8, semikolon)
  participants.json    deltagarna
  timeline.json        vem som talade och hade ordet, i sekunder från inspelningens början
{timelines}  SHA256SUMS           kontrollsummor: "sha256sum -c SHA256SUMS" visar om något har ändrats

Tider i filerna anges i UTC. Pröva sekretess innan materialet lämnas ut.
"""

_CHANNELS: Final = ": vänster kanal från radion, höger till radion"


def package(
    found: ArchivedRecording,
    notes: Sequence[Note],
    timezone: str = "Europe/Stockholm",
    tracks: Sequence[ArchivedRecording] = (),
    issi_names: Mapping[int, str] | None = None,
) -> Iterator[bytes]:
    """The ZIP in pieces, as it is made; the sound is never in memory as a whole. Blocking: iterate it in a thread.

    Args:
        found: The recording: a meeting's mix, or a talkgroup's track alone.
        notes: The conference's notes.
        timezone: Of the times in its README.
        tracks: Of the same conference; those that are not archived are left out.
        issi_names: Names of radio users, where known.

    Raises:
        ValueError: The recording is not archived.
        OSError: A file cannot be read.
    """
    if found.path is None:
        raise ValueError("the recording is not archived")
    beside = [track for track in tracks if track.path is not None]
    sink = _Sink()
    sums: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _documents(found, beside, notes, timezone, issi_names).items():
            archive.writestr(name, content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            yield sink.taken()
        for sound in (found, *beside):
            name, path = _audio_name(sound), sound.path
            digest = hashlib.sha256()
            # Sound does not deflate.
            entry = zipfile.ZipInfo.from_file(str(path), name, strict_timestamps=False)
            with archive.open(entry, "w", force_zip64=True) as out, Path(str(path)).open("rb") as source:
                while block := source.read(_BLOCK_BYTES):
                    digest.update(block)
                    out.write(block)
                    yield sink.taken()
            sums.append(f"{digest.hexdigest()}  {name}\n")
        archive.writestr("SHA256SUMS", "".join(sums))
    yield sink.taken()


class _Sink(io.RawIOBase):
    """What `zipfile` has written since last asked. Not seekable: the ZIP gets data descriptors instead."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _documents(
    found: ArchivedRecording,
    tracks: Sequence[ArchivedRecording],
    notes: Sequence[Note],
    timezone: str,
    issi_names: Mapping[int, str] | None,
) -> dict[str, bytes]:
    documents = {
        "README.txt": _readme(found, tracks, timezone).encode("utf-8", "replace"),
        "participants.csv": _participants_csv(found.participants),
        "participants.json": _json(participants_json(found.participants)),
        "timeline.json": _timeline(found, notes, issi_names),
    }
    return documents | {_timeline_name(track): _timeline(track, notes, issi_names) for track in tracks}


def _timeline(found: ArchivedRecording, notes: Sequence[Note], issi_names: Mapping[int, str] | None) -> bytes:
    recording = found.recording
    ended_at_s = recording.started_at_s + (recording.duration_s or 0.0)
    spans = as_json(recording_timeline(found, notes, ended_at_s, issi_names))
    content: dict[str, JsonValue] = {"recording": recording.id, "began": iso(recording.started_at_s), "spans": spans}
    return _json(content if recording.patch is None else {**content, "talkgroup": talkgroup_json(found)})


def _timeline_name(track: ArchivedRecording) -> str:
    return f"timeline_{slug(talkgroup_name(track), 'talgrupp')}_{track.recording.id}.json"


def _readme(found: ArchivedRecording, tracks: Sequence[ArchivedRecording], timezone: str) -> str:
    began = datetime.fromtimestamp(found.recording.started_at_s, ZoneInfo(timezone))
    minutes, seconds = divmod(round(found.recording.duration_s or 0), 60)
    names = [(_audio_name(one), _timeline_name(one), _one_line(talkgroup_name(one))) for one in tracks]
    return _README.format(
        exercise="ÖVNING ÖVNING ÖVNING\n\n" if found.conference.exercise else "",
        name=_one_line(found.conference.name),
        number=found.conference.number,
        began=f"{began:%Y-%m-%d %H:%M:%S %Z}",
        minutes=minutes,
        seconds=seconds,
        people=len(found.participants),
        audio=_audio_name(found),
        channels="" if found.recording.patch is None else f" av talgruppen {talkgroup_name(found)}{_CHANNELS}",
        tracks="".join(f"  {audio:<20} talgruppen {group}{_CHANNELS}\n" for audio, _, group in names),
        timelines="".join(f"  {told:<20} vem som talade i talgruppen {group}\n" for _, told, group in names),
    )


def _participants_csv(participants: Sequence[Participant]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(("namn", "organisation", "funktion", "typ", "roll", "in", "ut"))
    for person in participants:
        cells = (person.name, person.organisation, person.function, person.kind.value, person.role.value)
        writer.writerow([*map(_cell, cells), iso(person.joined_at_s) or "", iso(person.left_at_s) or ""])
    return out.getvalue().encode("utf-8-sig", "replace")


def _cell(value: str | None) -> str:
    """A name must not become a formula in the reader's spreadsheet."""
    text = _one_line(value or "")
    return f"'{text}" if text.startswith(_FORMULA) else text


def _one_line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def _json(value: JsonValue) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "replace")


def _audio_name(found: ArchivedRecording) -> str:
    if found.path is None:
        raise ValueError("the recording is not archived")
    return Path(found.path).name
