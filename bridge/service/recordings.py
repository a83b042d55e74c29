"""The archive: find, listen, see who spoke when, take a documentation package out."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bridge.domain.access.looking import SOUND_S, Look
from bridge.domain.access.permissions import Act, permits, reach_of
from bridge.domain.conference.records import Secrecy
from bridge.domain.directory.records import Function
from bridge.domain.kernel.ids import ConferenceId, ParticipantId, RecordingId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.principal import Principal
from bridge.domain.recording.records import RecordingKind
from bridge.ports import ArchivedRecording, SoundCopy, SoundShape
from bridge.service.archive import proofs_of
from bridge.service.lookups import find_participant, names_of_radios
from bridge.service.reasons import RecordingReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.reports import reports_of
from bridge.service.rollcalls import roll_calls_of
from bridge.service.situation import reports_to
from bridge.service.use_case import Ports, UseCases, use_case

LISTENED: Final = Look("recording.listened", SOUND_S, is_needed=True)
MOST_DECISIONS: Final = 1000
LONGEST_SPAN: Final = 100
"""So many characters of a range stand in the audit log."""


@dataclass(frozen=True, slots=True)
class ShownTimeline:
    """The speech and the happenings of a recording."""

    found: ArchivedRecording
    spans: Sequence[Any]
    notes: Sequence[Note]


class Recordings(UseCases):
    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self._shaping = asyncio.Semaphore(1)
        """One shape is made at a time: three hours of sound take a core for a second."""

    @use_case(Act.RECORDING_READ, sifts=True)
    async def find(
        self,
        principal: Principal,
        *,
        text: str = "",
        since_s: float | None = None,
        until_s: float | None = None,
        conference: ConferenceId | None = None,
        kind: RecordingKind | None = None,
        asides: bool = True,
        limit: int = 100,
    ) -> Sequence[ArchivedRecording]:
        """By name of conference, participant, organisation or function; newest first. `kind`: only mixes, only
        talkgroups' tracks, or only participants'. `asides`: with participants' tracks and names. Of what is under
        secrecy those who may not read it see no people."""
        found = await self._ports.archive.find(
            text=text,
            since_s=since_s,
            until_s=until_s,
            conference=conference,
            kind=kind,
            asides=asides,
            reach=reach_of(principal, Act.RECORDING_READ),
            limit=limit,
        )
        if permits(principal, Act.SECRET_READ):
            return found
        keeping = self._ports.keeping
        labelled = await keeping.labels([one.recording.id for one in found]) if keeping is not None else {}
        return [_covered(one, is_labelled=one.recording.id in labelled) for one in found]

    @use_case(Act.RECORDING_READ)
    async def read(self, principal: Principal, recording: RecordingId) -> ArchivedRecording:
        """One recording."""
        return await self._read(principal, recording)

    @use_case(Act.RECORDING_READ)
    async def timeline(self, principal: Principal, recording: RecordingId) -> ShownTimeline:
        """The speech, the transmissions and the floor, and what happened in the conference."""
        found = await self._read(principal, recording)
        notes = await self._ports.archive.timeline(found.recording.conference)
        end_s = found.recording.ended_at_s or self._ports.clock.now_s()
        spans = self._ports.timeline(found, notes, end_s, await radio_names(self._ports))
        return ShownTimeline(found, spans, notes)

    @use_case(Act.RECORDING_READ)
    async def shape(self, principal: Principal, recording: RecordingId) -> SoundShape:
        """The shape of the sound, for its waveform.

        Raises:
            Refusal: As `sound`.
        """
        found = await self._archived(principal, recording)
        await must_be_there(found)
        try:
            async with self._shaping:
                return await asyncio.to_thread(self._ports.shape, found)
        except (OSError, ValueError, RuntimeError) as error:
            reason = RecordingReason.FILE_UNREADABLE(recording=recording)
            raise Refusal("unavailable", reason.proved(str(error))) from error

    @use_case(Act.RECORDING_LISTEN)
    async def sound(self, principal: Principal, recording: RecordingId) -> ArchivedRecording:
        """A recording whose sound can be read now.

        Raises:
            Refusal: `conflict`: it is not archived yet; `gone`: its file is not in the archive any more;
                `unavailable`: its file cannot be read.
        """
        found = await self._archived(principal, recording)
        await must_be_there(found)
        return found

    @use_case(Act.RECORDING_READ)
    async def copy(self, principal: Principal, recording: RecordingId) -> SoundCopy:
        """The loudness of a recording, and its copy for the web where it has one.

        Raises:
            Refusal: As `sound`.
        """
        await self._archived(principal, recording)
        found = await self._ports.copies.get(recording) if self._ports.copies is not None else None
        return found or SoundCopy(recording)

    @use_case(Act.RECORDING_LISTEN)
    async def web_sound(self, principal: Principal, recording: RecordingId) -> Path:
        """The file of its copy for the web.

        Raises:
            Refusal: As `sound`; `conflict` too where there is no copy yet.
        """
        found = await self._archived(principal, recording)
        copy = await self._ports.copies.get(recording) if self._ports.copies is not None else None
        if copy is None or copy.opus_file is None or found.path is None:
            raise Refusal("conflict", RecordingReason.NO_COPY(recording=recording))
        path = found.path.with_suffix(".opus")
        await must_be_there(replace(found, path=path))
        return path

    @use_case(Act.RECORDING_LISTEN)
    async def note_listening(self, principal: Principal, recording: RecordingId, span: str = "") -> None:
        """Write it to the audit log, before the first byte goes out. A player asks for a recording range by range: the
        requests of one listening are one line. `span`: what of it, as a range of bytes."""
        shown = span[:LONGEST_SPAN] if span.isprintable() else ""
        await self._looked(principal, LISTENED, recording, shown)

    @use_case(Act.RECORDING_LISTEN)
    async def name(self, principal: Principal, conference: ConferenceId, participant: ParticipantId) -> Path:
        """The file of the name that somebody said at the door; it is written to the audit log.

        Raises:
            Refusal: `not_found`: there is no such participant, or they have said no name; `gone`: it is deleted;
                `unavailable`: its file cannot be read.
        """
        seat = await find_participant(self._ports, conference, participant)
        found = await self._ports.archive.get(seat.said_name) if seat.said_name is not None else None
        if found is None:
            raise Refusal.not_found(UnknownReason.NAME, participant)
        path = found.path or self._ports.spooled(found.recording.id)
        await must_be_there(replace(found, path=path))
        await self._note(principal, "recording.listened", found.recording.id, "")
        return path

    @use_case(Act.RECORDING_PACKAGE)
    async def package(self, principal: Principal, recording: RecordingId) -> Iterator[bytes]:
        """The documentation as one zip, in pieces; a meeting's with its tracks. Iterate it in a thread.

        Raises:
            Refusal: As `sound`; `conflict` too where one of its sounds is not what was archived.
        """
        found = await self._archived(principal, recording)
        tracks = await self._tracks(found)
        await self._reads_restricted(principal, *(one.recording.id for one in tracks))
        await must_be_there(found, *tracks)
        proof = await proofs_of(self._ports, found, *tracks)
        notes = await self._ports.archive.timeline(found.recording.conference)
        names = await radio_names(self._ports)
        roll_calls = await roll_calls_of(self._ports, found.recording.conference)
        decisions = await self._ports.archive.decisions(found.recording.conference, MOST_DECISIONS)
        reports = await reports_of(self._ports, found.recording.conference)
        situation = await reports_to(self._ports, found.recording.conference)
        await self._note(principal, "recording.packaged", recording, "")
        return self._ports.package(
            found,
            notes,
            tracks=tracks,
            issi_names=names,
            roll_calls=roll_calls,
            decisions=decisions,
            reports=reports,
            situation=situation,
            proof=proof,
        )

    # --- inside ---

    async def _get(self, recording: RecordingId) -> ArchivedRecording:
        found = await self._ports.archive.get(recording)
        if found is None:
            raise Refusal.not_found(UnknownReason.RECORDING, recording)
        return found

    async def _read(self, principal: Principal, recording: RecordingId) -> ArchivedRecording:
        found = await self._get(recording)
        await self._reads(principal, found.conference, recording)
        await self._reads_restricted(principal, recording)
        return found

    async def _archived(self, principal: Principal, recording: RecordingId) -> ArchivedRecording:
        found = await self._read(principal, recording)
        if found.path is None or found.recording.sha256 is None:
            raise Refusal("conflict", RecordingReason.NOT_ARCHIVED(recording=recording))
        return found

    async def _tracks(self, found: ArchivedRecording) -> list[ArchivedRecording]:
        """The archived tracks that were made while a mix was; a track goes alone."""
        if found.recording.is_track:
            return []
        beside = [await self._ports.archive.get(one) for one in found.together]
        return [
            one for one in beside if one is not None and one.recording.is_track and one.path and _overlap(one, found)
        ]

    async def _note(self, principal: Principal, action: str, recording: RecordingId, span: str) -> None:
        detail = (("range", span[:LONGEST_SPAN]),) if span.isprintable() and span else ()
        await self._ports.audit.append(Audit(self._ports.clock.now_s(), principal.name, action, recording, detail))


async def radio_names(ports: Ports) -> dict[int, str]:
    """Names of radio users by their ISSI."""
    return {int(key): name for key, name in names_of_radios(await ports.directory.list(Function)).items()}


def _covered(found: ArchivedRecording, *, is_labelled: bool = False) -> ArchivedRecording:
    """As shown to those who may not read what is under secrecy, or restricted by a label."""
    if found.conference.secrecy is Secrecy.OPEN and not is_labelled:
        return found
    return replace(found, participants=(), path=None)


async def must_be_there(*sounds: ArchivedRecording) -> None:
    """Check that every file can be read: a fault after the first byte could not be reported any more."""
    for sound in sounds:
        recording = sound.recording
        try:
            await asyncio.to_thread(_read_a_byte, sound.path)
        except FileNotFoundError:
            raise Refusal("gone", RecordingReason.FILE_GONE(recording=recording.id, file=recording.file)) from None
        except OSError as error:
            reason = RecordingReason.FILE_UNREADABLE(recording=recording.id)
            raise Refusal("unavailable", reason.proved(error.strerror or str(error))) from error


def _read_a_byte(path: Path | None) -> None:
    with (path or Path()).open("rb") as file:
        file.read(1)


def _overlap(one: ArchivedRecording, other: ArchivedRecording) -> bool:
    def end_s(found: ArchivedRecording) -> float:
        return found.recording.started_at_s + (found.recording.duration_s or 0.0)

    return one.recording.started_at_s < end_s(other) and other.recording.started_at_s < end_s(one)
