"""The audit log proves that nobody changed it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bridge.domain.canonical import GENESIS, JsonValue, chained_hash
from bridge.domain.kernel.journal import Audit
from bridge.storage import Database, SqlAudit, SqlStore, open_database
from tests.unit.storage.examples import CONFERENCE, TEXT


async def written(audit: SqlAudit, count: int = 5) -> None:
    for number in range(count):
        await audit.append(Audit(float(number), "operator", "listened", f"rec-{number}", (("second", number),)))


async def by_hand(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text(statement))


async def test_each_line_is_bound_to_the_one_before(audit: SqlAudit) -> None:
    await written(audit)
    rows = await audit.rows()
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0].previous_hash == GENESIS
    assert [row.previous_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]
    content: dict[str, JsonValue] = {
        "number": 1,
        "at_s": 0.0,
        "actor": "operator",
        "action": "listened",
        "object": "rec-0",
        "detail": {"second": 0},
    }
    assert rows[0].hash == chained_hash(GENESIS, content)
    assert await audit.verify() is None


async def test_the_log_is_read_in_pages(audit: SqlAudit) -> None:
    await written(audit)
    assert [row.number for row in await audit.rows(after=2, limit=2)] == [3, 4]
    assert await audit.rows(after=5) == []


async def test_an_empty_log_is_whole(audit: SqlAudit) -> None:
    assert await audit.verify() is None


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        ("UPDATE audit SET actor = 'somebody else' WHERE number = 3", 3),
        ("UPDATE audit SET at_s = 99 WHERE number = 1", 1),
        ("UPDATE audit SET detail = '{}' WHERE number = 5", 5),
        ("DELETE FROM audit WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number >= 4", 4),
        ("DELETE FROM audit", 1),
        ("UPDATE audit SET number = -1 WHERE number = 1", 1),
        ("INSERT INTO audit SELECT 6, at_s, actor, action, object, detail, hash, hash FROM audit WHERE number = 5", 6),
        ("INSERT INTO audit SELECT -6, at_s, actor, action, object, detail, hash, hash FROM audit WHERE number = 5", 1),
        ("DELETE FROM meta WHERE key = 'audit.head'", 1),
    ],
)
async def test_a_log_changed_by_hand_is_found_out(database: Database, audit: SqlAudit, deed: str, found: int) -> None:
    await written(audit)
    await by_hand(database, deed)
    assert await audit.verify() == found


async def test_a_forged_line_with_a_right_hash_breaks_the_next_one(database: Database, audit: SqlAudit) -> None:
    await written(audit)
    row = (await audit.rows())[2]
    content: dict[str, JsonValue] = {
        "number": 3,
        "at_s": row.at_s,
        "actor": "nobody",
        "action": row.action,
        "object": row.object,
        "detail": dict(row.detail),
    }
    forged = chained_hash(row.previous_hash, content)
    await by_hand(database, f"UPDATE audit SET actor = 'nobody', hash = '{forged}' WHERE number = 3")  # noqa: S608
    assert await audit.verify() == 4


async def test_more_lines_than_one_page_are_verified(database: Database, store: SqlStore, audit: SqlAudit) -> None:
    await store.commit([], audit=[Audit(float(number), "operator", "listened", "rec") for number in range(2500)])
    assert await audit.verify() is None
    await by_hand(database, "UPDATE audit SET object = 'other' WHERE number = 2400")
    assert await audit.verify() == 2400


async def test_two_programs_write_one_chain(url: str) -> None:
    here, there = await open_database(url), await open_database(url)
    for number in range(4):
        await SqlAudit(here).append(Audit(float(number), "here", "listened", "rec"))
        await SqlStore(there).commit([CONFERENCE], audit=[Audit(float(number), "there", "listened", "rec")])
    assert await SqlAudit(here).verify() is None
    assert [row.actor for row in await SqlAudit(there).rows()] == ["here", "there"] * 4
    await here.close()
    await there.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.dictionaries(TEXT, st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT, max_size=4),
)
async def test_any_line_fits_the_chain_when_read_again(
    audit: SqlAudit, at_s: float, words: str, detail: dict[str, str | int | float | bool | None]
) -> None:
    finite = {key: value for key, value in detail.items() if value not in (float("inf"), float("-inf"))}
    await audit.append(Audit(at_s, words, words, words, tuple(finite.items())))
    assert await audit.verify() is None
    last = (await audit.rows(limit=100_000))[-1]
    assert (last.at_s, last.actor, last.detail) == (at_s, words, finite)
