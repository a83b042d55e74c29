"""A record that the database is to keep costs its dataclass, one entry in the registry, and a migration."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Text, select

from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.records import Record
from bridge.domain.saved import Saved
from bridge.domain.step import CAPABILITIES
from bridge.storage import Database, SqlAudit, SqlStore
from bridge.storage.kinds import METADATA, Extra, Kind
from bridge.storage.registry import ENTRIES, RECORDS
from tests.unit.storage.examples import CONFERENCE, EVERYTHING, any_of

ANY_VALUE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Support(StrEnum):
    ALL = "all"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class Wording:
    text: str
    read_back_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Decision(Record):
    """What a meeting decided: no record of the program, but one that it could have."""

    id: str
    conference: ConferenceId
    wording: Wording
    support: Support = Support.ALL
    behind: tuple[ParticipantId, ...] = ()
    reserved: frozenset[int] = frozenset()
    votes: tuple[tuple[str, Support | None], ...] = ()
    is_final: bool = False
    number: int | None = None


DECISION = Decision(
    "dec-1",
    CONFERENCE.id,
    Wording("Skola 3 öppnas som värmestuga"),
    Support.SOME,
    (ParticipantId("prt-1"),),
    frozenset({3, 1}),
    (("Östby", Support.ALL), ("Västby", None)),
    number=7,
)
FINAL = replace(DECISION, id="dec-2", is_final=True, wording=Wording("Möte igen 16:00", 200.0))


@pytest.fixture
async def decisions(database: Database) -> AsyncIterator[Kind[Decision]]:
    kind = Kind(
        Decision,
        "rulings",
        refers={"conference": "conferences.id"},
        indexes=("conference",),
        extras=(Extra(Column("made_by", Text), lambda _, node: node, is_kept=True),),
        unfinished=lambda _: METADATA.tables["rulings"].c.is_final.is_(False),
    )
    async with database.transaction() as connection:  # what its migration would do
        await connection.run_sync(kind.table.create)
    yield kind
    METADATA.remove(kind.table)


async def test_a_new_kind_of_record_is_committed_and_what_is_not_finished_of_it_comes_back(
    database: Database, decisions: Kind[Decision]
) -> None:
    store = SqlStore(database, RECORDS.with_(decisions))
    await store.commit([DECISION, FINAL, CONFERENCE])
    assert await store.load() == Saved.of(CONFERENCE, DECISION)
    taken_back = replace(DECISION, wording=Wording("Skola 3 förblir stängd", 150.0), votes=())
    await store.commit([taken_back])
    assert (await store.load())[Decision] == (taken_back,)


async def test_its_fields_are_columns_of_their_own_and_a_nested_ones_too(
    database: Database, decisions: Kind[Decision]
) -> None:
    await SqlStore(database, RECORDS.with_(decisions)).commit([CONFERENCE, DECISION])
    async with database.reading() as connection:
        columns = decisions.table.c
        query = select(columns.wording_text, columns.number).where(columns.support == Support.SOME)
        assert (await connection.execute(query)).all() == [(DECISION.wording.text, 7)]


async def test_what_stands_beside_a_record_from_its_first_commit_on_stays(
    database: Database, decisions: Kind[Decision]
) -> None:
    store = SqlStore(database, RECORDS.with_(decisions))
    await store.commit([CONFERENCE, DECISION])
    database.node = "another"
    await store.commit([replace(DECISION, number=8)])
    async with database.reading() as connection:
        found = (await connection.execute(select(decisions.table.c.made_by, decisions.table.c.number))).one()
    assert found == ("samband", 8)


async def test_of_a_new_kind_too_what_cannot_be_kept_is_named(
    database: Database, decisions: Kind[Decision], audit: SqlAudit
) -> None:
    store = SqlStore(database, RECORDS.with_(decisions))
    stray = replace(DECISION, conference=ConferenceId("nobody"))
    with pytest.raises(Exception, match="cannot take Decision dec-1"):
        await store.commit([CONFERENCE, stray], audit=[Audit(1.0, "operator", "decided", stray.id)])
    assert await audit.rows() == []


def test_a_field_that_no_column_can_keep_is_refused_by_name_when_the_program_starts() -> None:
    @dataclass(frozen=True)
    class Odd:
        id: str
        number: complex

    with pytest.raises(TypeError, match="complex"):
        Kind(Odd, "odd")
    assert "odd" not in METADATA.tables


def test_every_kind_of_record_is_given_back_at_the_start() -> None:
    in_the_domain = {table.kind for room in CAPABILITIES for table in room.records}
    assert {kind.record for kind in RECORDS} == in_the_domain == {type(one) for one in EVERYTHING}
    assert all(kind.unfinished is not None for kind in RECORDS)


def referring(kind: Kind[Any]) -> dict[str, str]:
    """Field → the id of the example that it refers to."""
    ids = {RECORDS[type(one)].table: one.id for one in EVERYTHING}
    return {key.parent.name: ids[key.column.table] for key in kind.table.foreign_keys}


@pytest.fixture
async def beside(store: SqlStore) -> SqlStore:
    """What any record may refer to is there."""
    await store.commit(EVERYTHING)
    return store


@ANY_VALUE
@pytest.mark.parametrize("kind", list(RECORDS), ids=lambda kind: str(kind.table.name))
@given(data=st.data())
async def test_any_record_comes_back_equal(beside: SqlStore, database: Database, kind: Kind[Any], data: Any) -> None:
    record = data.draw(any_of(kind.record, id="any", **referring(kind)))
    await beside.commit([record])
    async with database.reading() as connection:
        assert await kind.fetch(connection, select(kind.table).where(kind.table.c.id == "any")) == [record]


@pytest.mark.parametrize("kind", list(ENTRIES), ids=lambda kind: str(kind.table.name))
@given(data=st.data())
@pytest.mark.slow
def test_any_entry_of_the_directory_is_a_row_and_back(kind: Kind[Any], data: Any) -> None:
    entry = data.draw(any_of(kind.record))
    elsewhere = {"function_ids": entry.function_ids} if hasattr(entry, "function_ids") else {}
    assert kind.read(kind.row(entry), **elsewhere) == entry
