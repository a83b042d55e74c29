"""Every test runs on a SQLite file and on a real PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bridge.storage import Database, SqlAudit, SqlStore, open_database
from tests.harness.postgres import PostgresServer, postgres_server


class FixedClock:
    """Shows what it was set to."""

    def __init__(self, at_s: float = 1_790_000_000.0) -> None:
        self.at_s = at_s

    def now_s(self) -> float:
        return self.at_s


@pytest.fixture(scope="package")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/samband.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = await open_database(url)
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> SqlStore:
    return SqlStore(database)


@pytest.fixture
def audit(database: Database) -> SqlAudit:
    return SqlAudit(database)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()
