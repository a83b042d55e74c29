"""The wrong codes that the other nodes of the database have counted, and the lines that are familiar to them."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select

from bridge.domain.guessing.records import FamiliarLines, Guesses
from bridge.storage.database import Database
from bridge.storage.registry import RECORDS

R = TypeVar("R", Guesses, FamiliarLines)


class SqlGuesses:
    """`bridge.ports.GuessesOfOthers` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_others(self) -> Sequence[Guesses]:
        return await self._of_others(Guesses)

    async def familiar_to_others(self) -> Sequence[FamiliarLines]:
        return await self._of_others(FamiliarLines)

    async def _of_others(self, record: type[R]) -> Sequence[R]:
        kind = RECORDS[record]
        async with self._database.reading() as connection:
            query = select(kind.table).where(kind.table.c.node != self._database.node).order_by(kind.table.c.node)
            return await kind.fetch(connection, query)
