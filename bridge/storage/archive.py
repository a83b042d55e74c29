"""Finding again what was recorded, said and called."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.ids import ActivationId, ConferenceId, MessageId, PatchId, RecordingId
from bridge.domain.model import (
    Activation,
    ArchiveState,
    Attempt,
    Conference,
    Message,
    MessageDirection,
    MessageState,
    Note,
    Participant,
    Patch,
    Recording,
    Target,
)
from bridge.ports import ArchivedRecording, Board
from bridge.storage import tables
from bridge.storage.columns import storable
from bridge.storage.database import Database
from bridge.storage.rows import conference as conference_of
from bridge.storage.rows import flat

_MOST: Final = 1000
"""More than this is never given at once, whatever `limit` says."""


class SqlArchive:
    """`bridge.ports.Archive` over the database. `folder` is the archive's root, which recordings' paths are below."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def find(
        self,
        *,
        text: str = "",
        since_s: float | None = None,
        until_s: float | None = None,
        conference: ConferenceId | None = None,
        tracks: bool | None = None,
        limit: int = 100,
    ) -> Sequence[ArchivedRecording]:
        """Recordings that began in `since_s ≤ t < until_s`; `text` anywhere in the conference's name or in a
        participant's name, organisation or function, in any case. Newest first."""
        recordings, conferences, people = tables.recordings, tables.conferences, tables.participants
        query = select(recordings).join(conferences, conferences.c.id == recordings.c.conference)
        if text:
            wanted = storable(text).casefold()
            heard = select(people.c.conference).where(people.c.search.contains(wanted, autoescape=True))
            query = query.where(
                or_(conferences.c.search.contains(wanted, autoescape=True), conferences.c.id.in_(heard))
            )
        if since_s is not None:
            query = query.where(recordings.c.started_at_s >= since_s)
        if until_s is not None:
            query = query.where(recordings.c.started_at_s < until_s)
        if conference is not None:
            query = query.where(recordings.c.conference == conference)
        if tracks is not None:
            query = query.where(recordings.c.patch.is_not(None) if tracks else recordings.c.patch.is_(None))
        return await self._described(query.order_by(recordings.c.started_at_s.desc()).limit(_bounded(limit)))

    async def get(self, recording: RecordingId) -> ArchivedRecording | None:
        """One recording with its conference and everybody who was in it."""
        found = await self._described(select(tables.recordings).where(tables.recordings.c.id == recording))
        return found[0] if found else None

    async def timeline(self, conference: ConferenceId) -> Sequence[Note]:
        """Everything noted, in order of time."""
        notes = tables.notes
        query = select(notes).where(notes.c.conference == conference).order_by(notes.c.at_s, notes.c.id)
        async with self._database.reading() as connection:
            return [flat(Note, row) for row in (await connection.execute(query)).mappings()]

    async def conferences(self, limit: int = 100) -> Sequence[Conference]:
        """Also the ended ones, newest first."""
        query = select(tables.conferences).order_by(tables.conferences.c.created_at_s.desc()).limit(_bounded(limit))
        async with self._database.reading() as connection:
            return [conference_of(row) for row in (await connection.execute(query)).mappings()]

    async def conference(self, conference: ConferenceId) -> tuple[Conference, Sequence[Participant]] | None:
        """One conference with everybody who was ever in it."""
        query = select(tables.conferences).where(tables.conferences.c.id == conference)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else (conference_of(row), await _people(connection, [conference]))

    async def messages(
        self,
        *,
        direction: MessageDirection | None = None,
        conference: ConferenceId | None = None,
        identity: int | None = None,
        state: MessageState | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """Newest first."""
        messages = tables.messages
        query = select(messages)
        if direction is not None:
            query = query.where(messages.c.direction == direction)
        if conference is not None:
            query = query.where(messages.c.conference == conference)
        if identity is not None:
            query = query.where(or_(messages.c.sender == identity, messages.c.receiver == identity))
        if state is not None:
            query = query.where(messages.c.state == state)
        query = query.order_by(messages.c.created_at_s.desc(), messages.c.id.desc()).limit(_bounded(limit))
        async with self._database.reading() as connection:
            return [flat(Message, row) for row in (await connection.execute(query)).mappings()]

    async def message(self, message: MessageId) -> Message | None:
        query = select(tables.messages).where(tables.messages.c.id == message)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else flat(Message, row)

    async def activations(self, *, conference: ConferenceId | None = None, limit: int = 100) -> Sequence[Activation]:
        """Newest first."""
        activations = tables.activations
        query = select(activations).order_by(activations.c.started_at_s.desc(), activations.c.id.desc())
        if conference is not None:
            query = query.where(activations.c.conference == conference)
        async with self._database.reading() as connection:
            found = await connection.execute(query.limit(_bounded(limit)))
            return [flat(Activation, row) for row in found.mappings()]

    async def activation(self, activation: ActivationId) -> Board | None:
        """One activation with its targets in order and every attempt in order of time."""
        return (await self.boards([activation])).get(activation)

    async def activation_by_key(self, key: str) -> Board | None:
        """The activation that a client-made key already started, however long ago."""
        query = select(tables.activations.c.id).where(tables.activations.c.key == key).limit(1)
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return None if found is None else await self.activation(ActivationId(found))

    async def boards(self, activations: Sequence[ActivationId]) -> Mapping[ActivationId, Board]:
        """Those of them that are known."""
        records, targets, attempts = tables.activations, tables.targets, tables.attempts
        of_them = select(targets).where(targets.c.activation.in_(activations))
        made = select(attempts).where(attempts.c.activation.in_(activations))
        async with self._database.reading() as connection:
            held = await connection.execute(select(records).where(records.c.id.in_(activations)))
            found: dict[ActivationId, tuple[Activation, list[Target], list[Attempt]]] = {
                row["id"]: (flat(Activation, row), [], []) for row in held.mappings()
            }
            for row in (await connection.execute(of_them.order_by(targets.c.position))).mappings():
                found[row["activation"]][1].append(flat(Target, row))
            in_time = made.order_by(attempts.c.intent_at_s, attempts.c.id)
            for row in (await connection.execute(in_time)).mappings():
                found[row["activation"]][2].append(flat(Attempt, row))
        return found

    async def _described(self, query: Select[tuple[object, ...]]) -> list[ArchivedRecording]:
        async with self._database.reading() as connection:
            found = [flat(Recording, row) for row in (await connection.execute(query)).mappings()]
            ids = list({recording.conference for recording in found})
            meetings = select(tables.conferences).where(tables.conferences.c.id.in_(ids))
            by_id = {row["id"]: conference_of(row) for row in (await connection.execute(meetings)).mappings()}
            people = await _people(connection, ids)
            patches = await _patches(connection, [one.patch for one in found if one.patch is not None])
            together = await _together(connection, ids)
        return [
            ArchivedRecording(
                recording=recording,
                conference=by_id[recording.conference],
                participants=tuple(person for person in people if person.conference == recording.conference),
                path=self._path(recording),
                patch=patches.get(recording.patch) if recording.patch is not None else None,
                together=tuple(one for one in together[recording.conference] if one != recording.id),
            )
            for recording in found
        ]

    def _path(self, recording: Recording) -> Path | None:
        if recording.state is not ArchiveState.ARCHIVED or recording.file is None:
            return None
        return self._folder / recording.file


async def _people(connection: AsyncConnection, conferences: Sequence[ConferenceId]) -> list[Participant]:
    table = tables.participants
    query = select(table).where(table.c.conference.in_(conferences)).order_by(table.c.joined_at_s, table.c.id)
    return [flat(Participant, row) for row in (await connection.execute(query)).mappings()]


async def _patches(connection: AsyncConnection, ids: Sequence[PatchId]) -> dict[PatchId, Patch]:
    if not ids:
        return {}
    query = select(tables.patches).where(tables.patches.c.id.in_(ids))
    found = [flat(Patch, row) for row in (await connection.execute(query)).mappings()]
    return {patch.id: patch for patch in found}


async def _together(
    connection: AsyncConnection, conferences: Sequence[ConferenceId]
) -> dict[ConferenceId, list[RecordingId]]:
    """All recordings of each conference, in order of time."""
    table = tables.recordings
    query = select(table.c.id, table.c.conference).where(table.c.conference.in_(conferences))
    found: dict[ConferenceId, list[RecordingId]] = {one: [] for one in conferences}
    for row in (await connection.execute(query.order_by(table.c.started_at_s, table.c.id))).mappings():
        found[row["conference"]].append(row["id"])
    return found


def _bounded(limit: int) -> int:
    return max(0, min(limit, _MOST))
