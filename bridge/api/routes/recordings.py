"""The archive: find, listen from any point, see who spoke when, take a documentation package out."""

from base64 import b64encode
from typing import Annotated, Any, Final, Literal

from fastapi import Path as InPath
from fastapi import Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import AwareDatetime, Field

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, code, data, words
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Limit, Output, when
from bridge.api.views import ParticipantOut, participant_out
from bridge.domain.kernel.ids import ConferenceId, RecordingId
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.language import Language
from bridge.domain.recording.gap import missing_s
from bridge.domain.recording.records import ArchiveState, RecordingKind
from bridge.ports import ArchivedRecording, FaultyTrack

router = resource("/recordings", "recordings")
RecordingKey = Annotated[RecordingId, InPath(max_length=64, alias="recording", description="The recording's id.")]


class TrackFaultOut(Output):
    """A track that failed or is cut short."""

    recording: str
    """The track's id, as under `/recordings`."""
    kind: RecordingKind
    """`talkgroup` or `participant`."""
    participant_id: str | None
    """Of a participant's track: whose."""
    participant: str | None
    """Their name."""
    gssi: int | None
    """Of a talkgroup's track."""
    talkgroup: str | None
    """Its name."""
    state: Literal["failed", "cut_short"]
    """`failed`: there is no such track. `cut_short`: a part of it is missing."""
    reason: str | None
    """Why, in words."""
    reason_code: str | None
    """The same for programs: stable, snake_case."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""


class RecordingOut(Output):
    """A recording in the archive, or on its way there."""

    id: str
    """Also the name of its file in the spool."""
    kind: RecordingKind = Field(
        description="`mix`: what the conference heard; `talkgroup`: left from the radio, right to the radio. "
        "`participant`: one voice alone. `name`: said at the door."
    )
    participant_id: str | None = Field(description="Of a participant's track and of a name: whose.")
    participant: str | None = Field(description="Their name.")
    gssi: int | None = Field(description="Of a talkgroup's track.")
    talkgroup: str | None = Field(description="Its name.")
    terminal: str | None = Field(description="The terminal it came through.")
    together: list[str] = Field(description="The other recordings of the same conference, in order of time.")
    conference_id: str
    """The conference that was recorded."""
    conference: str
    """Its name."""
    exercise: bool
    """An exercise (*övning*)."""
    secrecy: str
    """`open`, or `secret`: only those who may read what is under secrecy get it."""
    state: str
    """`recording`, `spooled` (closed, waits to be archived), `archived`, `failed`, `dropped` or `disposed`. A dropped
    one is a name that was not to be kept, and is listed nowhere. The sound of a disposed one is
    destroyed by a recorded decision, and its hashes are kept."""
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
    failure_code: str | None
    """The same for programs: stable, snake_case."""
    failure_data: dict[str, Any] | None
    """The values that the reason shows, by name."""
    faults: list[TrackFaultOut]
    """Of a mix: the tracks beside it that failed or are cut short. Of such a track: itself."""
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
    """Everything else that is known, by name."""


class PeaksOut(Output):
    """The shape of a recording's sound."""

    per_s: float
    """Stretches in each second."""
    count: int
    """Number of stretches."""
    pairs: str
    """Two bytes for each stretch in base64, signed: the least sample, then the greatest, as parts of 128."""


class TimelineOut(Output):
    """The speakers of one recording, in order of time."""

    recording: str
    """The recording's id."""
    started_at: str | None
    """Of its first sample (RFC 3339, UTC)."""
    duration_s: float | None
    """Length in seconds; none while it goes on."""
    missing_s: float
    """So much shorter is the sound than its time: a stretch that was never recorded."""
    spans: list[Any]
    """Stretches of speech, of transmission to the radio and of holding the floor, in seconds from the recording's
    start."""
    notes: list[NoteOut]
    """Happenings in the conference, before and after the recording too."""


@router.get("")
async def find(
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    text: Annotated[str, Query(max_length=100, description="Looked for in names; empty finds all.")] = "",
    since: Annotated[AwareDatetime | None, Query(description="Begun then or later (RFC 3339).")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Begun before then (RFC 3339).")] = None,
    kind: Annotated[
        RecordingKind | Literal["all"] | None,
        Query(
            description="Only mixes, only tracks of one kind, or only names. Without it mixes and talkgroups' tracks:"
            " forty participants' tracks would hide them. `all` is everything."
        ),
    ] = None,
    conference: Annotated[str | None, Query(max_length=64, description="Only those of this conference.")] = None,
    limit: Limit = 100,
) -> list[RecordingOut]:
    """Recordings found by name of conference, participant, organisation or function, newest first."""
    found = await service.recordings.find(
        asker,
        text=text,
        since_s=since.timestamp() if since else None,
        until_s=until.timestamp() if until else None,
        conference=ConferenceId(conference) if conference is not None else None,
        kind=None if kind == "all" else kind,
        asides=kind == "all",
        limit=limit,
    )
    return [recording_out(one, language) for one in found]


@router.get("/{recording}")
async def read_recording(
    recording: RecordingKey, service: TheService, asker: Asker, language: TheLanguage
) -> RecordingOut:
    """One recording."""
    return recording_out(await service.recordings.read(asker, recording), language)


_GONE: Final[dict[int | str, dict[str, Any]]] = {410: {"description": "`gone`: the file is no longer in the archive."}}


@router.get("/{recording}/audio", response_class=Response, responses=_GONE)
@router.head("/{recording}/audio", response_class=Response, include_in_schema=False)
async def audio(recording: RecordingKey, request: Request, service: TheService, asker: Asker) -> Response:
    """The sound as FLAC, with ranges (RFC 9110 §14). Listening is written to the audit log before the first byte goes
    out."""
    found = await service.recordings.sound(asker, recording)
    etag = f'"{found.recording.sha256}"'
    if etag in (tag.strip() for tag in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers={"ETag": etag})
    if request.method == "GET":
        await service.recordings.note_listening(asker, recording, request.headers.get("range", ""))
    return FileResponse(
        str(found.path),
        media_type="audio/flac",
        filename=f"{recording}.flac",
        content_disposition_type="inline",
        headers={"ETag": etag, "Cache-Control": "private, no-cache"},
    )


@router.get("/{recording}/peaks")
async def peaks(recording: RecordingKey, service: TheService, asker: Asker) -> PeaksOut:
    """The shape of the sound, for a waveform."""
    shape = await service.recordings.shape(asker, recording)
    return PeaksOut(per_s=shape.per_s, count=shape.count, pairs=b64encode(shape.pairs).decode("ascii"))


@router.get("/{recording}/timeline")
async def timeline(recording: RecordingKey, service: TheService, asker: Asker) -> TimelineOut:
    """The speech, the transmissions to the radio, the holders of the floor, and the happenings of the conference."""
    shown = await service.recordings.timeline(asker, recording)
    return TimelineOut(
        recording=recording,
        started_at=when(shown.found.recording.started_at_s),
        duration_s=shown.found.recording.duration_s,
        missing_s=missing_s(shown.found.recording, shown.found.recording.duration_s or 0.0)
        if shown.found.recording.duration_s
        else 0.0,
        spans=list(shown.spans),
        notes=[_note_out(one, shown.found) for one in shown.notes],
    )


@router.get("/{recording}/package", response_class=Response, responses=_GONE)
async def package(recording: RecordingKey, service: TheService, asker: Asker) -> Response:
    """The documentation as one zip, in the language of the conference: audio, participants, timeline and hashes. A
    meeting's has its tracks, roll calls and decisions too."""
    return StreamingResponse(
        await service.recordings.package(asker, recording),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{recording}.zip"'},
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


def _fault_out(track: FaultyTrack, found: ArchivedRecording, language: Language) -> TrackFaultOut:
    recording = track.recording
    return TrackFaultOut(
        recording=recording.id,
        kind=recording.kind,
        participant_id=recording.seat,
        participant=next((one.name for one in found.participants if one.id == recording.seat), None),
        gssi=recording.gssi,
        talkgroup=track.patch.name if track.patch is not None else None,
        state="failed" if recording.state is ArchiveState.FAILED else "cut_short",
        reason=words(recording.fault, language),
        reason_code=code(recording.fault),
        reason_data=data(recording.fault),
    )


def recording_out(found: ArchivedRecording, language: Language) -> RecordingOut:
    recording = found.recording
    return RecordingOut(
        id=recording.id,
        kind=recording.kind,
        participant_id=recording.seat,
        participant=next((one.name for one in found.participants if one.id == recording.seat), None),
        gssi=recording.gssi,
        talkgroup=found.patch.name if found.patch is not None else None,
        terminal=(found.patch.terminal or None) if found.patch is not None else None,
        together=list(found.together),
        conference_id=recording.conference,
        conference=found.conference.name,
        exercise=found.conference.exercise,
        secrecy=found.conference.secrecy.value,
        state=recording.state,
        started_at=when(recording.started_at_s),
        ended_at=when(recording.ended_at_s),
        duration_s=recording.duration_s,
        sha256=recording.sha256,
        failure=words(recording.failure, language),
        failure_code=code(recording.failure),
        failure_data=data(recording.failure),
        faults=[_fault_out(one, found, language) for one in found.faulty],
        audio=f"/api/v1/recordings/{recording.id}/audio" if found.path else None,
        participants=[participant_out(one) for one in found.participants],
    )
