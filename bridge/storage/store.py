"""The records that the engine must not lose, and gets back at start."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.conference.records import Conference, ConferenceState
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.records import Record
from bridge.domain.saved import Saved
from bridge.ports import IntegrityConflict, PortError, RecordsRefused
from bridge.storage import tables
from bridge.storage.chain import Chain
from bridge.storage.database import Database
from bridge.storage.kinds import Kinds, upsert
from bridge.storage.meetings import mark_stale, meetings_of
from bridge.storage.reasons import StorageReason
from bridge.storage.registry import NOTES, RECORDS

log = structlog.get_logger(__name__)

_PROBE: Final = "probe"


class SqlStore:
    """`bridge.ports.Store` over the database.

    Args:
        database: Open; its name for this node is the owner of what is committed here first.
        kinds: The records that can be kept.
    """

    def __init__(self, database: Database, kinds: Kinds = RECORDS) -> None:
        self._database = database
        self._kinds = kinds
        self._probes = 0
        self._upserts = {kind.table.name: kind.upsert(database.dialect) for kind in kinds}

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
                for kind, rows in self._kinds.grouped(records, self._database.node):
                    await connection.execute(self._upserts[kind.table.name], rows)
                await mark_stale(connection, meetings_of(records))
                if notes:
                    await connection.execute(insert(NOTES.table), [NOTES.row(note) for note in notes])
                await self._database.chain.append(connection, audit)
        except (IntegrityConflict, ValueError, TypeError) as error:
            raise await self._refused(records, notes, audit, error) from error

    async def probe(self) -> None:
        """One row written anew and durable on return. Nobody writes otherwise just now: the file is made whole, too.

        Raises:
            PortError: Nothing can be written now.
        """
        self._probes += 1
        async with self._database.transaction() as connection:
            values = {"key": _PROBE, "value": str(self._probes)}
            await connection.execute(upsert(tables.meta, self._database.dialect), values)
        await self._database.settle()

    async def _refused(
        self, records: Sequence[Record], notes: Sequence[Note], audit: Sequence[Audit], error: Exception
    ) -> PortError:
        """The parts of a refused commit that are at fault. Each part is tried alone, in the order of writing, and all
        of it is undone. A part that refers to a refused part is refused too."""
        bad_records: list[Record] = []
        async with self._database.trial() as takes:
            for record in self._kinds.ordered(records):
                [(kind, rows)] = self._kinds.grouped([record], self._database.node)
                if not await takes(partial(_execute, self._upserts[kind.table.name], rows)):
                    bad_records.append(record)
            add_note, add_line = insert(NOTES.table), partial(_append, self._database.chain)
            bad_notes = [one for one in notes if not await takes(partial(_execute, add_note, [NOTES.row(one)]))]
            bad_lines = [one for one in audit if not await takes(partial(add_line, one))]
        evidence = error.evidence if isinstance(error, PortError) else str(error)
        if not (bad_records or bad_notes or bad_lines):
            return PortError("database", StorageReason.REFUSED_AS_A_WHOLE(), retry=True, evidence=evidence)
        return RecordsRefused(bad_records, bad_notes, bad_lines, evidence=evidence)

    async def load(self) -> Saved:
        """The unfinished records of this node, by the rules of the registry, all as they were at one instant."""
        async with self._database.reading() as connection:
            found = {kind.record: await kind.load(connection, self._database.node) for kind in self._kinds}
            others = await _others(connection, self._database.node)
        if others:
            log.warning("conferences_of_other_nodes", node=self._database.node, others=others)
        return Saved({record: records for record, records in found.items() if records})


async def _others(connection: AsyncConnection, node: str) -> dict[str, int]:
    """Other nodes and how many open conferences each has: after a change of this node's name these were its own."""
    table = RECORDS[Conference].table
    is_open = table.c.state != ConferenceState.ENDED
    query = select(table.c.node, func.count()).where(table.c.node != node, is_open).group_by(table.c.node)
    return {row[0]: row[1] for row in await connection.execute(query)}


async def _execute(statement: Any, values: Sequence[dict[str, Any]], connection: AsyncConnection) -> None:
    await connection.execute(statement, values)


async def _append(chain: Chain, line: Audit, connection: AsyncConnection) -> None:
    await chain.append(connection, [line])
