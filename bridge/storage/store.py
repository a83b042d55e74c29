"""What the engine must not lose, and gets back at start."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Select, Table, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.model import (
    Activation,
    ActivationState,
    ArchiveState,
    Attempt,
    AttemptState,
    Audit,
    ConferenceState,
    Message,
    Note,
    Participant,
    ParticipantState,
    Patch,
    PatchState,
    Record,
    Recording,
    Saved,
    Target,
)
from bridge.storage import rows, tables
from bridge.storage.database import Database

T = TypeVar("T")


class SqlStore:
    """`bridge.ports.Store` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upserts = {table.name: upsert(table, database.dialect) for table in rows.TABLES.values()}

    async def commit(self, records: Sequence[Record], notes: Sequence[Note] = (), audit: Sequence[Audit] = ()) -> None:
        """All or nothing, durable on return: one transaction, one statement per kind of record.

        Raises:
            PortError: Nothing is kept (or, with the connection lost, all or nothing); acknowledge nothing.
        """
        if not (records or notes or audit):
            return
        async with self._database.transaction() as connection:
            for table, values in rows.grouped(records):
                await connection.execute(self._upserts[table.name], values)
            if notes:
                await connection.execute(insert(tables.notes), [_note(note) for note in notes])
            await self._database.chain.append(connection, audit)

    async def load(self) -> Saved:
        """What is not finished: conferences not ended, or ended with people or a recording still in them; who has not
        left them and what is patched; open activations; recordings on their way to the archive; messages that still
        await something."""
        conferences, participants, patches = tables.conferences, tables.participants, tables.patches
        activations, attempts, recordings = tables.activations, tables.attempts, tables.recordings
        messages = tables.messages
        on_the_way = recordings.c.state.not_in([ArchiveState.ARCHIVED, ArchiveState.FAILED])
        live = select(conferences.c.id).where(
            or_(
                conferences.c.state != ConferenceState.ENDED,
                conferences.c.id.in_(
                    select(participants.c.conference).where(participants.c.state != ParticipantState.LEFT)
                ),
                conferences.c.id.in_(select(recordings.c.conference).where(on_the_way)),
            )
        )
        going = select(activations.c.id).where(activations.c.state == ActivationState.OPEN)
        async with self._database.transaction() as connection:
            open_ones = await connection.execute(
                select(conferences).where(conferences.c.id.in_(live)).order_by(conferences.c.created_at_s)
            )
            return Saved(
                conferences=tuple(rows.conference(row) for row in open_ones.mappings()),
                participants=await _all(
                    connection,
                    Participant,
                    select(participants).where(
                        participants.c.conference.in_(live), participants.c.state != ParticipantState.LEFT
                    ),
                ),
                patches=await _all(
                    connection,
                    Patch,
                    select(patches).where(patches.c.conference.in_(live), patches.c.state != PatchState.REMOVED),
                ),
                activations=await _all(connection, Activation, select(activations).where(activations.c.id.in_(going))),
                targets=await _all(
                    connection,
                    Target,
                    select(tables.targets)
                    .where(tables.targets.c.activation.in_(going))
                    .order_by(tables.targets.c.activation, tables.targets.c.position),
                ),
                attempts=await _all(
                    connection,
                    Attempt,
                    select(attempts).where(attempts.c.activation.in_(going), attempts.c.state != AttemptState.ENDED),
                ),
                recordings=await _all(connection, Recording, select(recordings).where(on_the_way)),
                messages=await _all(connection, Message, select(messages).where(messages.c.ended_at_s.is_(None))),
            )


def upsert(table: Table, dialect: str) -> Any:
    """INSERT that replaces the row with the same primary key."""
    statement: Any = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    if not changed:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


async def _all(connection: AsyncConnection, kind: type[T], query: Select[Any]) -> tuple[T, ...]:
    return tuple(rows.flat(kind, row) for row in (await connection.execute(query)).mappings())


def _note(note: Note) -> dict[str, Any]:
    return {field.name: getattr(note, field.name) for field in fields(Note)}
