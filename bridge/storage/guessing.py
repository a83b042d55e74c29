"""The wrong codes that the other nodes of the database have counted."""

from collections.abc import Sequence

from sqlalchemy import select

from bridge.domain.guessing.records import Guesses
from bridge.storage.database import Database
from bridge.storage.registry import RECORDS


class SqlGuesses:
    """`bridge.ports.GuessesOfOthers` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_others(self) -> Sequence[Guesses]:
        kind = RECORDS[Guesses]
        async with self._database.reading() as connection:
            query = select(kind.table).where(kind.table.c.node != self._database.node).order_by(kind.table.c.node)
            return await kind.fetch(connection, query)
