"""What the engine must not lose, and gets back at start."""

from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from typing import Any, Final, TypeVar

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
from bridge.ports import IntegrityConflict, PortError, RecordsRefused
from bridge.storage import rows, tables
from bridge.storage.chain import Chain
from bridge.storage.database import Database

T = TypeVar("T")

_PROBE: Final = "probe"


class SqlStore:
    """`bridge.ports.Store` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._probes = 0
        self._upserts = {table.name: upsert(table, database.dialect) for table in rows.TABLES.values()}

    async def commit(self, records: Sequence[Record], notes: Sequence[Note] = (), audit: Sequence[Audit] = ()) -> None:
        """All or nothing, durable on return: one transaction, one statement per kind of record.

        Raises:
            RecordsRefused: Nothing is kept; these will never be taken, and the rest without them is.
            PortError: Nothing is kept (or, with the connection lost, all or nothing); acknowledge nothing.
        """
        if not (records or notes or audit):
            return
        try:
            async with self._database.transaction() as connection:
                for table, values in rows.grouped(records):
                    await connection.execute(self._upserts[table.name], values)
                if notes:
                    await connection.execute(insert(tables.notes), [_note(note) for note in notes])
                await self._database.chain.append(connection, audit)
        except (IntegrityConflict, ValueError, TypeError) as error:
            raise await self._refused(records, notes, audit, error) from error

    async def probe(self) -> None:
        """One row written anew and durable on return.

        Raises:
            PortError: Nothing can be written now.
        """
        self._probes += 1
        async with self._database.transaction() as connection:
            values = {"key": _PROBE, "value": str(self._probes)}
            await connection.execute(upsert(tables.meta, self._database.dialect), values)

    async def _refused(
        self, records: Sequence[Record], notes: Sequence[Note], audit: Sequence[Audit], error: Exception
    ) -> PortError:
        """What of a commit that was refused is at fault. Each part is tried alone, in the order in which it would be
        written, and it is all undone: what refers to something that is not taken is not taken either."""
        bad_records: list[Record] = []
        async with self._database.trial() as takes:
            for record in rows.ordered(records):
                [(table, values)] = rows.grouped([record])
                if not await takes(partial(_execute, self._upserts[table.name], values)):
                    bad_records.append(record)
            add_note, add_line = insert(tables.notes), partial(_append, self._database.chain)
            bad_notes = [one for one in notes if not await takes(partial(_execute, add_note, [_note(one)]))]
            bad_lines = [one for one in audit if not await takes(partial(add_line, one))]
        evidence = error.evidence if isinstance(error, PortError) else str(error)
        if not (bad_records or bad_notes or bad_lines):
            return PortError("database", "it refused what it takes part by part", retry=True, evidence=evidence)
        return RecordsRefused(bad_records, bad_notes, bad_lines, evidence=evidence)

    async def load(self) -> Saved:
        """What is not finished: conferences not ended, or ended with people or a recording still in them; who has not
        left them and what is patched; activations that are open or have a call up, with all their targets; recordings
        on their way to the archive; messages that still await something."""
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
        # A call that is up uses its trunk, whether or not its call-out has come to an end.
        up = attempts.c.state != AttemptState.ENDED
        going = select(activations.c.id).where(
            or_(
                activations.c.state == ActivationState.OPEN,
                activations.c.id.in_(select(attempts.c.activation).where(up)),
            )
        )
        async with self._database.reading() as connection:
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
                    select(attempts).where(up),
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


async def _execute(statement: Any, values: Sequence[dict[str, Any]], connection: AsyncConnection) -> None:
    await connection.execute(statement, values)


async def _append(chain: Chain, line: Audit, connection: AsyncConnection) -> None:
    await chain.append(connection, [line])


def _note(note: Note) -> dict[str, Any]:
    return {field.name: getattr(note, field.name) for field in fields(Note)}
