"""API tokens: shown once, kept as a hash."""

import pytest
from sqlalchemy import text

from bridge.storage import Database, SqlAudit, SqlTokens
from tests.unit.storage.conftest import FixedClock


@pytest.fixture
def tokens(database: Database, clock: FixedClock) -> SqlTokens:
    return SqlTokens(database, clock)


async def test_a_token_tells_whose_it_is_until_it_is_revoked(tokens: SqlTokens) -> None:
    token = await tokens.issue("operator")
    assert await tokens.who(token) == "operator"
    assert await tokens.names() == ["operator"]
    assert await tokens.revoke("operator")
    assert await tokens.who(token) is None
    assert not await tokens.revoke("operator")


async def test_issued_again_the_former_stops_working(tokens: SqlTokens) -> None:
    former = await tokens.issue("operator")
    fresh = await tokens.issue("operator")
    assert former != fresh
    assert await tokens.who(former) is None
    assert await tokens.who(fresh) == "operator"


@pytest.mark.parametrize("guess", ["", "samband_", "samband_' OR '1'='1", "\x00", "samband_\ud800", "x" * 100_000])
async def test_a_guess_is_nobody(tokens: SqlTokens, guess: str) -> None:
    await tokens.issue("operator")
    assert await tokens.who(guess) is None


async def test_the_token_is_in_no_table(tokens: SqlTokens, database: Database, audit: SqlAudit) -> None:
    token = await tokens.issue("operator", actor="anna")
    async with database.transaction() as connection:
        rows = (await connection.execute(text("SELECT * FROM tokens"))).all()
    assert token not in repr(rows)
    lines = await audit.rows()
    assert token not in repr(lines)
    assert [(line.actor, line.action, line.object) for line in lines] == [("anna", "token_issued", "operator")]
