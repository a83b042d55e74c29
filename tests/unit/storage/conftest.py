"""Every test runs on a SQLite file and on a real PostgreSQL."""

import asyncio
import shutil
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


@pytest.fixture(scope="package")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema, to be copied. Migrating anew for each test would be most of its time."""
    path = tmp_path_factory.mktemp("schema") / "samband.db"
    asyncio.run(_migrated(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="package")
def migrated_template(postgres: PostgresServer) -> str:
    """The same on PostgreSQL."""
    url = postgres.new_database()
    asyncio.run(_migrated(url))
    return url


async def _migrated(url: str) -> None:
    await (await open_database(url)).close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with the newest schema and nothing in it."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("migrated_file"), tmp_path / "samband.db")
        return f"sqlite:///{tmp_path}/samband.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database(request.getfixturevalue("migrated_template"))


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    opened = await open_database(migrated_url)
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
