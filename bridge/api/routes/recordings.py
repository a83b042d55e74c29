"""The archive: find, listen from any point, see who spoke when, take a documentation package out."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import AwareDatetime, Field

from bridge.api.parts import Parts, TheParts
from bridge.api.problems import Problem
from bridge.api.radio_views import issi_names
from bridge.api.security import Actor
from bridge.api.text import Limit, Output, when
from bridge.api.views import ParticipantOut, participant_out
from bridge.domain.directory import Function
from bridge.domain.ids import ConferenceId, RecordingId
from bridge.domain.model import Audit, Note
from bridge.ports import ArchivedRecording
from bridge.recording.timeline import as_json, recording_timeline

router = APIRouter(prefix="/recordings", tags=["recordings"])
RecordingKey = Annotated[RecordingId, InPath(max_length=64, alias="recording", description="The recording's id.")]


class RecordingKind(StrEnum):
    MIX = "mix"
    """What everybody in the conference heard."""
    TALKGROUP = "talkgroup"
    """One talkgroup's track: left what came from the radio, right what went to it."""


class RecordingOut(Output):
    """A recording in the archive, or on its way there."""

    id: str
    """Also the name of its file in the spool."""
    kind: RecordingKind = Field(
        description="`mix`: what the conference heard; `talkgroup`: left from the radio, right to the radio."
    )
    gssi: int | None = Field(description="Of a talkgroup's track.")
    talkgroup: str | None = Field(description="Its name.")
    terminal: str | None = Field(description="The terminal it came through.")
    together: list[str] = Field(description="The other recordings of the same conference, in order of time.")
    conference_id: str
    """What was recorded."""
    conference: str
    """Its name."""
    exercise: bool
    """An exercise (*övning*)."""
    state: str
    """`recording`, `spooled` (closed, waits to be archived), `archived` or `failed`."""
    started_at: str | None
    """Of its first sample (RFC 3339, UTC)."""
    ended_at: str | None
    """When it was closed (RFC 3339, UTC)."""
    duration_s: float | None
    """Length in seconds."""
    sha256: str | None
    """Of the archived file, hexadecimal: also in its manifest and the audit log."""
    failure: str | None
    """Why it failed or waits, in words."""
    audio: str | None
    """Where to listen, once archived."""
    participants: list[ParticipantOut]
    """Everybody who was ever in the conference, also outside this recording."""


class NoteOut(Output):
    """Something that happened in the conference."""

    at: str | None
    """RFC 3339, UTC."""
    offset_s: float
    """From the recording's start; negative for what came before it."""
    kind: str
    """Such as `joined`, `left`, `floor_given`, `transmission`, `recording_stopped`."""
    participant: str | None
    """The participant it is about."""
    name: str | None
    """That participant's name."""
    detail: dict[str, Any]
    """What else is known, by name."""


class TimelineOut(Output):
    """Who spoke when, in one recording."""

    recording: str
    """The recording's id."""
    started_at: str | None
    """Of its first sample (RFC 3339, UTC)."""
    duration_s: float | None
    """Length in seconds; none while it goes on."""
    spans: list[Any]
    """Who spoke, was sent to the radio or had the word, in seconds from the recording's start."""
    notes: list[NoteOut]
    """What happened in the conference, before and after too."""


@router.get("")
async def find(
    parts: TheParts,
    text: Annotated[str, Query(max_length=100, description="Looked for in names; empty finds all.")] = "",
    since: Annotated[AwareDatetime | None, Query(description="Begun then or later (RFC 3339).")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Begun before then (RFC 3339).")] = None,
    kind: Annotated[RecordingKind | None, Query(description="Only mixes, or only talkgroups' tracks.")] = None,
    conference: Annotated[str | None, Query(max_length=64, description="Only those of this conference.")] = None,
    limit: Limit = 100,
) -> list[RecordingOut]:
    """By name of conference, participant, organisation or function; newest first."""
    found = await parts.archive.find(
        text=text,
        since_s=since.timestamp() if since else None,
        until_s=until.timestamp() if until else None,
        conference=ConferenceId(conference) if conference is not None else None,
        tracks=None if kind is None else kind is RecordingKind.TALKGROUP,
        limit=limit,
    )
    return [_out(one) for one in found]


@router.get("/{recording}")
async def read_recording(recording: RecordingKey, parts: TheParts) -> RecordingOut:
    """One recording."""
    return _out(await _get(parts, recording))


_GONE: Final[dict[int | str, dict[str, Any]]] = {410: {"description": "`gone`: the file is no longer in the archive."}}


@router.get("/{recording}/audio", response_class=Response, responses=_GONE)
@router.head("/{recording}/audio", response_class=Response, include_in_schema=False)
async def audio(recording: RecordingKey, request: Request, parts: TheParts, actor: Actor) -> Response:
    """FLAC, with ranges (RFC 9110 §14). Listening is written to the audit log before the first byte goes out."""
    found = await _get(parts, recording)
    if found.path is None or found.recording.sha256 is None:
        raise Problem(409, "conflict", "the recording is not archived yet", remedy="wait until its state is archived")
    await _must_be_there(found)
    etag = f'"{found.recording.sha256}"'
    if etag in (tag.strip() for tag in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers={"ETag": etag})
    if request.method == "GET":
        await _note_access(parts, actor, "recording.listened", recording, request.headers.get("range", ""))
    return FileResponse(
        found.path,
        media_type="audio/flac",
        filename=f"{recording}.flac",
        content_disposition_type="inline",
        headers={"ETag": etag, "Cache-Control": "private, no-cache"},
    )


@router.get("/{recording}/timeline")
async def timeline(recording: RecordingKey, parts: TheParts) -> TimelineOut:
    """Who spoke, was sent to the radio or had the word, and what happened."""
    found = await _get(parts, recording)
    start_s = found.recording.started_at_s
    notes = await parts.archive.timeline(found.recording.conference)
    end_s = found.recording.ended_at_s or parts.clock.now_s()
    spans = recording_timeline(found, notes, end_s, await _issi_names(parts))
    return TimelineOut(
        recording=recording,
        started_at=when(start_s),
        duration_s=found.recording.duration_s,
        spans=as_json(spans),
        notes=[_note_out(one, found) for one in notes],
    )


def _note_out(note: Note, found: ArchivedRecording) -> NoteOut:
    names = (one.name for one in found.participants if one.id == note.participant)
    return NoteOut(
        at=when(note.at_s),
        offset_s=round(note.at_s - found.recording.started_at_s, 3),
        kind=note.kind,
        participant=note.participant,
        name=next(names, None),
        detail=dict(note.detail),
    )


@router.get("/{recording}/package", response_class=Response, responses=_GONE)
async def package(recording: RecordingKey, parts: TheParts, actor: Actor) -> Response:
    """The documentation as one zip: audio, participants, timeline, hashes; a meeting's with its talkgroups' tracks."""
    found = await _get(parts, recording)
    if parts.package is None:
        raise Problem(503, "unavailable", "packages are not made on this node")
    if found.path is None:
        raise Problem(409, "conflict", "the recording is not archived yet", remedy="wait until its state is archived")
    tracks = await _tracks(parts, found)
    await _must_be_there(found, *tracks)
    notes = await parts.archive.timeline(found.recording.conference)
    await _note_access(parts, actor, "recording.packaged", recording, "")
    return StreamingResponse(
        parts.package(found, notes, tracks=tracks, issi_names=await _issi_names(parts)),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{recording}.zip"'},
    )


async def _must_be_there(*sounds: ArchivedRecording) -> None:
    """Every file can be read: what fails after the first byte cannot be told as an error any more.

    Raises:
        Problem: 410, a file is not in the archive any more; 503, it cannot be read.
    """
    for sound in sounds:
        try:
            await asyncio.to_thread(_read_a_byte, sound.path)
        except FileNotFoundError:
            raise Problem(
                410,
                "gone",
                f"the sound of recording {sound.recording.id} is not in the archive any more",
                remedy=f"restore {sound.recording.file} from the backup of the archive",
            ) from None
        except OSError as error:
            detail = f"the sound of recording {sound.recording.id} cannot be read: {error.strerror}"
            raise Problem(503, "unavailable", detail, remedy="check the archive's disk and the file's owner") from error


def _read_a_byte(path: Path | None) -> None:
    with (path or Path()).open("rb") as file:
        file.read(1)


async def _tracks(parts: Parts, found: ArchivedRecording) -> list[ArchivedRecording]:
    """The archived tracks that were made while a mix was; a track goes alone."""
    if _kind(found) is RecordingKind.TALKGROUP:
        return []
    beside = [await parts.archive.get(one) for one in found.together]
    return [
        one
        for one in beside
        if one is not None and _kind(one) is RecordingKind.TALKGROUP and one.path and _overlap(one, found)
    ]


def _overlap(one: ArchivedRecording, other: ArchivedRecording) -> bool:
    def end_s(found: ArchivedRecording) -> float:
        recording = found.recording
        return recording.started_at_s + (recording.duration_s or 0.0)

    return one.recording.started_at_s < end_s(other) and other.recording.started_at_s < end_s(one)


async def _issi_names(parts: Parts) -> dict[int, str]:
    return issi_names(await parts.directory.list(Function))


def _kind(found: ArchivedRecording) -> RecordingKind:
    return RecordingKind.MIX if found.recording.patch is None else RecordingKind.TALKGROUP


async def _get(parts: Parts, recording: RecordingId) -> ArchivedRecording:
    found = await parts.archive.get(recording)
    if found is None:
        raise Problem.not_found("recording", recording)
    return found


async def _note_access(parts: Parts, actor: str, action: str, recording: RecordingId, span: str) -> None:
    detail = (("range", span[:100]),) if span.isprintable() and span else ()
    await parts.audit.append(Audit(parts.clock.now_s(), actor, action, recording, detail))


def _out(found: ArchivedRecording) -> RecordingOut:
    recording = found.recording
    return RecordingOut(
        id=recording.id,
        kind=_kind(found),
        gssi=recording.gssi,
        talkgroup=found.patch.name if found.patch is not None else None,
        terminal=(found.patch.terminal or None) if found.patch is not None else None,
        together=list(found.together),
        conference_id=recording.conference,
        conference=found.conference.name,
        exercise=found.conference.exercise,
        state=recording.state,
        started_at=when(recording.started_at_s),
        ended_at=when(recording.ended_at_s),
        duration_s=recording.duration_s,
        sha256=recording.sha256,
        failure=recording.failure,
        audio=f"/api/v1/recordings/{recording.id}/audio" if found.path else None,
        participants=[participant_out(one) for one in found.participants],
    )
