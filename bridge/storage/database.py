"""One door to the database: connections, transactions, and what its errors mean."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bridge.files import make_folder
from bridge.ports import IntegrityConflict, PortError
from bridge.storage.chain import Chain
from bridge.storage.migrate import current, migrate
from bridge.storage.settings import StorageSettings
from bridge.storage.soundness import DamagedError, examine

_log = structlog.get_logger(__name__)
_DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
CHECK_S: Final = 0.5
"""A controller that takes over cannot look longer."""
_SQLITE_READERS: Final = 4
_RESTORE: Final = "stop the program and restore the file from the latest backup"
_SQLITE_FAULTS: Final[Mapping[str, tuple[str, bool]]] = {
    "database or disk is full": ("the disk is full: free space beside the database", False),
    "database is locked": ("another program holds the database locked", True),
    "disk I/O error": ("the disk refused to write: check the disk and its free space", False),
    "unable to open database file": ("the file cannot be opened: check that it can be written", False),
    "attempt to write a readonly database": ("the file cannot be written: check its owner and the mount", False),
    "database disk image is malformed": (f"the file is damaged: {_RESTORE}", False),
    "file is not a database": (f"the file is not a database: {_RESTORE}", False),
}
"""What SQLite says → what it means and whether trying again can help."""


Change = Callable[[AsyncConnection], Awaitable[None]]
Takes = Callable[[Change], Awaitable[bool]]
"""Whether the database takes a change."""


class Database:
    """An open, migrated database. Made by `open_database`.

    Reading and writing have connections of their own, so that a console that reads much does not stand between the
    engine and its commit. On SQLite one connection writes: its transactions queue up, and no second one can meet it in
    the file. Each statement that is read sees what was committed before it began, as on PostgreSQL.
    """

    def __init__(self, writing: AsyncEngine, reading: AsyncEngine) -> None:
        self._writing = writing
        self._reading = reading
        self._write_fault = ""
        self._read_fault = ""
        self._closed = False
        self.chain = Chain()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._writing.dialect.name

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Everything inside is one transaction: durable when the block has ended, undone when it raises.

        Raises:
            PortError: device `database`. Nothing of the block is kept, or (the connection was lost while the commit
                was under way) it is unknown: then all of it is kept or nothing.
            IntegrityConflict: The rows contradict each other, or hold what no column can.
        """
        try:
            async with self._connected(self._writing) as connection:
                yield connection
        except IntegrityConflict:
            raise
        except PortError as error:
            self._write_fault = error.message
            raise
        self._write_fault = ""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """For statements that change nothing; it never waits for a `transaction`, nor does one wait for it.

        Raises:
            PortError: device `database`.
        """
        try:
            async with self._connected(self._reading) as connection:
                yield connection
        except PortError as error:
            self._read_fault = error.message
            raise
        self._read_fault = ""

    @asynccontextmanager
    async def trial(self) -> AsyncIterator[Takes]:
        """Try changes one by one: each that is refused is undone alone, and everything at the end.

        Raises:
            PortError: device `database`.
        """
        async with self._connected(self._writing) as connection:
            if self.dialect == "sqlite":
                await connection.exec_driver_sql("BEGIN IMMEDIATE")  # else the first savepoint would be the transaction

            async def takes(change: Change) -> bool:
                point = await connection.begin_nested()
                try:
                    await change(connection)
                except (SQLAlchemyError, OverflowError, ValueError, TypeError) as error:
                    if isinstance(error, SQLAlchemyError) and not _is_of_the_rows(error):
                        raise
                    await point.rollback()
                    return False
                await point.commit()
                return True

            yield takes
            await connection.rollback()

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        if self._closed:
            raise PortError("database", "it is closed", retry=False)
        try:
            async with engine.connect() as connection:
                try:
                    async with connection.begin():
                        yield connection
                except DBAPIError as error:
                    if not _is_of_the_rows(error):
                        # What a failed disk left in this connection's cache is not to be trusted: read it anew.
                        await connection.invalidate()
                    raise
        except (SQLAlchemyError, OSError, TimeoutError, OverflowError) as error:
            fault = explain(error)
            if not isinstance(fault, IntegrityConflict):
                _log.error("database_failed", reason=fault.message, evidence=fault.evidence, retry=fault.retry)
            raise fault from error

    def health(self) -> Mapping[str, str]:
        """`database`: how the latest transaction and the latest reading went."""
        return {"database": self._write_fault or self._read_fault or "ok"}

    async def close(self) -> None:
        """Closes every connection; nothing opens one again. A program that does not ask for it does not end: each
        SQLite connection has a thread."""
        self._closed = True
        await self._reading.dispose()
        await self._writing.dispose()


def _is_of_the_rows(error: Exception) -> bool:
    """Whether it is what was to be kept that cannot be, and not the database that fails: PostgreSQL's classes 22 (data)
    and 23 (integrity), what its driver refuses to send, and what SQLite's driver cannot turn into a column's value."""
    if isinstance(error, IntegrityError | DataError | OverflowError):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return state[:2] in {"22", "23"} or isinstance(getattr(error.orig, "__cause__", None), ValueError)
    return isinstance(error, StatementError)


def explain(error: Exception) -> PortError:
    """Whose fault a database error is, and whether the same again can help."""
    if _is_of_the_rows(error):
        contradicts = isinstance(error, IntegrityError)
        meaning = "the entry contradicts another" if contradicts else "a value is one that cannot be kept"
        return IntegrityConflict("database", meaning, retry=False, evidence=_evidence(error))
    if isinstance(error, DBAPIError) and isinstance(error.orig, Exception):
        said = str(error.orig)
        if (known := _meaning(said)) is not None:
            return PortError("database", known[0], retry=known[1], evidence=said)
        state = getattr(error.orig, "sqlstate", None) or ""
        lost = error.connection_invalidated or state[:2] in {"08", "40", "53", "57"}
        return PortError("database", "the statement failed", retry=lost, evidence=_evidence(error))
    if isinstance(error, PoolTimeoutError):
        return PortError("database", "every connection is busy", retry=True)
    if isinstance(error, (OSError, TimeoutError)):
        return PortError("database", "no connection: check that the server runs", retry=True, evidence=str(error))
    return PortError("database", "the statement failed", retry=False, evidence=_evidence(error))


def _meaning(said: str) -> tuple[str, bool] | None:
    return next((fault for words, fault in _SQLITE_FAULTS.items() if words in said), None)


def _evidence(error: Exception) -> str:
    """The driver's own words in one line, without statement and parameters: these may be people's names."""
    orig = getattr(error, "orig", None)
    return f"{type(orig or error).__name__}: {str(orig or error).splitlines()[0][:200]}"


async def open_database(
    url: str,
    settings: StorageSettings | None = None,
    *,
    witnesses: Sequence[Path] = (),
    check_s: float = CHECK_S,
) -> Database:
    """Open, check and migrate.

    Args:
        url: `sqlite:///relative`, `sqlite:////absolute` or `postgresql://user@host:port/name`.
        settings: Time-outs and pool size; the url in it is not read.
        witnesses: Files that exist only beside a database that was in use: with one of them an empty database is not a
            new one, but one that was lost.
        check_s: How long a SQLite file may be looked through. What is not reached in that time is told in the log.

    Raises:
        PortError: Not reachable, damaged, lost, written by a newer program, not UTF-8, or not a URL we know.
    """
    settings = settings or StorageSettings()
    target = _target(url)
    made = _sqlite if target.get_backend_name() == "sqlite" else _postgresql
    database = Database(*made(target, settings))
    try:
        if database.dialect == "sqlite":
            await asyncio.to_thread(_examine, Path(str(target.database)), check_s)
        async with database.transaction() as connection:
            await connection.run_sync(_check_encoding)
            await connection.run_sync(partial(_check_history, witnesses=witnesses))
            await connection.run_sync(migrate)
    except PortError:
        await database.close()
        raise
    return database


def _target(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise PortError("database", "storage.url is not a URL: write sqlite:///path", retry=False) from None
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None or not parsed.database or parsed.database == ":memory:":
        raise PortError("database", "storage.url names no SQLite file and no PostgreSQL database", retry=False)
    return parsed.set(drivername=driver)


def _sqlite(url: URL, settings: StorageSettings) -> tuple[AsyncEngine, AsyncEngine]:
    path = Path(str(url.database))
    try:
        make_folder(path.parent)
        path.touch(mode=0o600)
        path.chmod(0o600)
    except OSError as error:
        raise PortError("database", f"{path} cannot be made", retry=False, evidence=str(error)) from error

    def engine(connections: int, prepare: Callable[[Any, object], None]) -> AsyncEngine:
        made = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=30.0,
            hide_parameters=True,
            # The driver begins each transaction at its first write, and takes the write lock at once.
            connect_args={"timeout": settings.busy_timeout_s, "isolation_level": "IMMEDIATE"},
        )
        event.listen(made.sync_engine, "connect", prepare)
        return made

    return engine(1, _prepare_writer), engine(_SQLITE_READERS, _prepare_reader)


def _prepare_writer(connection: Any, _: object) -> None:
    """Durable at commit, through a power cut.

    A rollback journal with FULL syncs journal, file and, in mode PERSIST, also the journal's zeroed header that is the
    commit; in the default mode DELETE the unlink is never synced, and the last commits can come undone
    (sqlite.org/pragma.html#pragma_synchronous, EXTRA). SQLite below 3.51.3 can corrupt a write-ahead log.
    """
    _set(connection, "journal_mode=PERSIST", "synchronous=FULL", "foreign_keys=ON", "journal_size_limit=16777216")


def _prepare_reader(connection: Any, _: object) -> None:
    """It shares the file with the writer only while a statement runs, and cannot change it by mistake."""
    _set(connection, "query_only=ON")


def _set(connection: Any, *pragmas: str) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
        cursor.fetchall()
    cursor.close()


def _postgresql(url: URL, settings: StorageSettings) -> tuple[AsyncEngine, AsyncEngine]:
    def engine() -> AsyncEngine:
        return create_async_engine(
            url,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=30.0,
            hide_parameters=True,
            connect_args={
                "timeout": settings.command_timeout_s,
                "command_timeout": settings.command_timeout_s,
                "server_settings": {"application_name": "samband"},
            },
        )

    return engine(), engine()


def _examine(path: Path, within_s: float) -> None:
    try:
        if not examine(path, within_s):
            _log.warning("database_not_looked_through", file=str(path), within_s=within_s, remedy="samband check")
    except DamagedError as error:
        raise PortError("database", f"the file is damaged: {_RESTORE}", retry=False, evidence=str(error)) from error
    except sqlite3.Error as error:
        meaning, retry = _meaning(str(error)) or ("the file cannot be read", False)
        raise PortError("database", meaning, retry=retry, evidence=str(error)) from error


def _check_encoding(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        return
    if (encoding := connection.execute(text("SHOW server_encoding")).scalar_one()) != "UTF8":
        raise PortError("database", f"its encoding is {encoding}: create it with UTF8", retry=False)


def _check_history(connection: Connection, witnesses: Sequence[Path]) -> None:
    """A disk that lost the file, or a wrong mount, must not pass for a new system without lists and numbers."""
    told_by = next((path for path in witnesses if path.exists()), None)
    if told_by is not None and current(connection) is None:
        raise PortError(
            "database",
            f"it is empty, and {told_by} is there: restore the database from the latest backup; to begin anew, move "
            f"{told_by} away",
            retry=False,
        )
