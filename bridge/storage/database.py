"""One door to the database: connections, transactions, and what its errors mean."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, event, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bridge.domain.conference.records import Conference
from bridge.domain.kernel.reasons import WELL, Reason, ReasonCode
from bridge.files import make_folder
from bridge.ports import IntegrityConflict, PortError
from bridge.storage.chain import Chain
from bridge.storage.hops import DRIVER
from bridge.storage.migrate import current, migrate
from bridge.storage.reasons import StorageReason
from bridge.storage.registry import RECORDS
from bridge.storage.settings import StorageSettings
from bridge.storage.soundness import DamagedError, examine
from bridge.storage.turns import Turns

_log = structlog.get_logger(__name__)
_DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
CHECK_S: Final = 0.5
"""A controller that takes over cannot look longer."""
_SQLITE_READERS: Final = 4
_NO_LOG: Final = "no write-ahead log"
_SQLITE_FAULTS: Final[Mapping[str, tuple[bool, ReasonCode]]] = {
    "database or disk is full": (False, StorageReason.DISK_FULL),
    "database is locked": (True, StorageReason.LOCKED),
    "locking protocol": (True, StorageReason.LOCKED),
    _NO_LOG: (False, StorageReason.NO_LOG),
    "disk I/O error": (False, StorageReason.DISK_REFUSES),
    "unable to open database file": (False, StorageReason.CANNOT_BE_OPENED),
    "attempt to write a readonly database": (False, StorageReason.CANNOT_BE_WRITTEN),
    "database disk image is malformed": (False, StorageReason.DAMAGED),
    "file is not a database": (False, StorageReason.NOT_A_DATABASE),
}
"""SQLite's message → whether trying again can help, and its reason."""


Change = Callable[[AsyncConnection], Awaitable[None]]
Takes = Callable[[Change], Awaitable[bool]]
"""Whether the database takes a change."""


class Database:
    """An open, migrated database. Made by `open_database`.

    Reading and writing have connections of their own. So a console that reads much never stands between the engine and
    its commit. All that one `reading` sees was committed before its first statement, on both databases. On SQLite one
    connection writes: its transactions queue up, and no other program's meets them in the file.
    """

    def __init__(self, writing: AsyncEngine, reading: AsyncEngine, node: str, turns: Turns | None = None) -> None:
        self._writing = writing
        self._reading = reading
        self._turns = turns
        self.node = node
        """This node's name: the owner of the conferences that are made here."""
        self._write_fault = WELL
        self._read_fault = WELL
        self._closed = False
        self.chain = Chain()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._writing.dialect.name

    @property
    def is_shared(self) -> bool:
        """Whether other nodes may write to it at the same time."""
        return self.dialect != "sqlite"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Everything inside is one transaction: durable when the block has ended, undone when it raises.

        Raises:
            PortError: device `database`. Nothing of the block is kept. Or it is unknown, where the connection was lost
                while the commit was under way. Then all of it is kept or nothing.
            IntegrityConflict: The rows contradict each other, or hold what no column can.
        """
        try:
            async with self._connected(self._writing, self._turn) as connection:
                yield connection
        except IntegrityConflict:
            raise
        except PortError as error:
            self._write_fault = error.reason
            raise
        self._write_fault = WELL

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """For statements that change nothing, all of which see the same instant. It never waits for a `transaction`,
        nor does one wait for it. Keep it short: until it ends, what is written meanwhile stays in SQLite's log.

        Raises:
            PortError: device `database`.
        """
        try:
            async with self._connected(self._reading) as connection:
                yield connection
        except PortError as error:
            self._read_fault = error.reason
            raise
        self._read_fault = WELL

    @asynccontextmanager
    async def trial(self) -> AsyncIterator[Takes]:
        """Try changes one by one: each that is refused is undone alone, and everything at the end.

        Raises:
            PortError: device `database`.
        """
        async with self._connected(self._writing, self._turn) as connection:
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
    async def _connected(
        self, engine: AsyncEngine, turn: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    ) -> AsyncIterator[AsyncConnection]:
        if self._closed:
            raise PortError("database", StorageReason.CLOSED(), retry=False)
        try:
            async with engine.connect() as connection, turn():
                try:
                    async with connection.begin():
                        yield connection
                except DBAPIError as error:
                    if not _is_of_the_rows(error):
                        # Drop this connection's cache: after a failed disk it cannot be trusted.
                        await connection.invalidate()
                    raise
        except (SQLAlchemyError, OSError, TimeoutError, OverflowError) as error:
            fault = explain(error)
            if not isinstance(fault, IntegrityConflict):
                _log.error("database_failed", reason=fault.message, evidence=fault.evidence, retry=fault.retry)
            raise fault from error

    async def settle(self) -> bool:
        """Put SQLite's log back into the file, which is whole by itself then, and its log empty. It waits for nobody:
        while somebody reads, or where the disk takes nothing, some of it stays where it is. Whether all is in the file.
        """
        if self.dialect != "sqlite":
            return True
        try:
            async with self._connected(self._writing, self._turn) as connection:
                busy = await _checkpoint(connection)
        except PortError:
            return False  # told in the log; what was committed is as safe as before
        return busy is not None and not busy[0]

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._turns is None else self._turns.turn()

    def health(self) -> Mapping[str, Reason]:
        """`database`: how the latest transaction and the latest reading went."""
        return {"database": self._read_fault if self._write_fault == WELL else self._write_fault}

    async def close(self) -> None:
        """Closes every connection; nothing opens one again. A program that does not ask for it does not end: each
        SQLite connection has a thread."""
        self._closed = True
        await self._reading.dispose()
        await self._writing.dispose()  # the last to go: it puts what is in SQLite's log back into the file
        if self._turns is not None:
            self._turns.close()


async def _checkpoint(connection: AsyncConnection) -> Row[Any] | None:
    """Waits for nobody. Broken off on the way, the connection is thrown away, and its lack of patience with it."""
    patience_ms = (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar_one()
    try:
        await connection.exec_driver_sql("PRAGMA busy_timeout=0")
        busy = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).first()
        await connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience_ms)}")
    except BaseException:
        if not connection.invalidated:
            await connection.invalidate()
        raise
    return busy


def _is_of_the_rows(error: Exception) -> bool:
    """Whether the record is at fault, and not the database. It is so with PostgreSQL's classes 22 (data) and 23
    (integrity), and with values that its driver refuses to send. It is so too with values that SQLite's driver cannot
    turn into a column's."""
    if isinstance(error, IntegrityError | DataError | OverflowError):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return state[:2] in {"22", "23"} or isinstance(getattr(error.orig, "__cause__", None), ValueError)
    return isinstance(error, StatementError)


def explain(error: Exception) -> PortError:
    """The party at fault in a database error, and whether the same again can help."""
    if _is_of_the_rows(error):
        contradicts = isinstance(error, IntegrityError)
        code = StorageReason.CONTRADICTION if contradicts else StorageReason.VALUE_CANNOT_BE_KEPT
        return IntegrityConflict("database", code(), retry=False, evidence=_evidence(error))
    if isinstance(error, DBAPIError) and isinstance(error.orig, Exception):
        said = str(error.orig)
        if (known := _meaning(said)) is not None:
            return PortError("database", known[1](), retry=known[0], evidence=said)
        state = getattr(error.orig, "sqlstate", None) or ""
        lost = error.connection_invalidated or state[:2] in {"08", "40", "53", "57"}
        return PortError("database", StorageReason.STATEMENT_FAILED(), retry=lost, evidence=_evidence(error))
    if isinstance(error, PoolTimeoutError):
        return PortError("database", StorageReason.BUSY(), retry=True)
    if isinstance(error, (OSError, TimeoutError)):
        return PortError("database", StorageReason.NO_CONNECTION(), retry=True, evidence=str(error))
    return PortError("database", StorageReason.STATEMENT_FAILED(), retry=False, evidence=_evidence(error))


def _meaning(said: str) -> tuple[bool, ReasonCode] | None:
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
        witnesses: Files that exist only beside a database that was in use. With one of them, an empty database is not
            new: one was lost.
        check_s: How long a SQLite file may be looked through. The log names the part that was not reached in that time.

    Raises:
        PortError: Not reachable, damaged, lost, written by a newer program, not UTF-8, or not a URL we know.
    """
    settings = settings or StorageSettings()
    target = _target(url)
    made = _sqlite if target.get_backend_name() == "sqlite" else _postgresql
    database = made(target, settings)
    try:
        if database.dialect == "sqlite":
            await asyncio.to_thread(_examine, Path(str(target.database)), check_s)
        async with database.transaction() as connection:
            await connection.run_sync(_check_encoding)
            await connection.run_sync(partial(_check_history, witnesses=witnesses))
            await connection.run_sync(partial(migrate, node=settings.node))
            if database.dialect == "sqlite":
                await connection.run_sync(partial(_own, node=settings.node))
        await database.settle()
    except PortError:
        await database.close()
        raise
    return database


async def prepare_schema(url: str, settings: StorageSettings) -> None:
    """Bring the schema up while an older program is at work, so that either can go on with it.

    Raises:
        PortError: As `open_database`. Or the older program could not live with the new schema, and nothing is changed.
    """
    target = _target(url)
    database = (_sqlite if target.get_backend_name() == "sqlite" else _postgresql)(target, settings)
    try:
        async with database.transaction() as connection:
            await connection.run_sync(partial(migrate, node=settings.node, beside_older=True))
    finally:
        await database.close()


def _target(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise PortError("database", StorageReason.ADDRESS_SHAPE(), retry=False) from None
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None or not parsed.database or parsed.database == ":memory:":
        raise PortError("database", StorageReason.ADDRESS_OF_NONE(), retry=False)
    return parsed.set(drivername=driver)


def _sqlite(url: URL, settings: StorageSettings) -> Database:
    path = Path(str(url.database))
    try:
        make_folder(path.parent)
        _check_log(path)
        # An open file of ours is not opened here: closing it would let go of the locks that SQLite holds on it.
        with suppress(FileExistsError):
            path.touch(mode=0o600, exist_ok=False)
        path.chmod(0o600)
    except OSError as error:
        reason = StorageReason.CANNOT_BE_MADE(file=str(path))
        raise PortError("database", reason, retry=False, evidence=str(error)) from error

    def engine(connections: int, prepare: Callable[[Any, object], None], begins: str | None) -> AsyncEngine:
        made = create_async_engine(
            url,
            module=DRIVER,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=30.0,
            hide_parameters=True,
            connect_args={"timeout": settings.busy_timeout_s, "isolation_level": begins},
        )
        event.listen(made.sync_engine, "connect", prepare)
        return made

    # The driver begins each transaction at its first write, and takes the write lock at once.
    writing = engine(1, _prepare_writer, "IMMEDIATE")
    reading = engine(_SQLITE_READERS, _prepare_reader, None)
    event.listen(reading.sync_engine, "begin", _hold_the_instant)
    turns = Turns(path.with_name(f"{path.name}-writing"), settings.busy_timeout_s)
    return Database(writing, reading, settings.node, turns)


def _check_log(path: Path) -> None:
    """SQLite throws the log of an empty file away. With it go the latest commits of the file that was lost."""
    log = path.with_name(f"{path.name}-wal")
    is_lost = not path.exists() or not path.stat().st_size
    if is_lost and log.exists() and log.stat().st_size:
        raise PortError("database", StorageReason.LOG_WITHOUT_FILE(file=str(path), log=str(log)), retry=False)


def _prepare_writer(connection: Any, _: object) -> None:
    """Durable at commit, through a power cut: with FULL each commit syncs the write-ahead log, with NORMAL none does.

    Readers go on meanwhile, and a commit waits for none of them. The commit by which the log has grown to 1000 pages
    copies it back into the file.
    """
    [mode] = _set(connection, "journal_mode=WAL")
    if mode != "wal":
        raise sqlite3.OperationalError(f"{_NO_LOG}: the journal mode is {mode}")
    _set(connection, "synchronous=FULL", "foreign_keys=ON", "journal_size_limit=16777216")


def _prepare_reader(connection: Any, _: object) -> None:
    """It cannot change the file by mistake."""
    _set(connection, "query_only=ON")


def _hold_the_instant(connection: Connection) -> None:
    """From its first statement on a reader sees one state of the file. The driver alone begins nothing for a SELECT."""
    connection.exec_driver_sql("BEGIN")


def _set(connection: Any, *pragmas: str) -> list[str]:
    """SQLite's answer to each."""
    cursor = connection.cursor()
    said = []
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
        said += [str(row[0]) for row in cursor.fetchall()]
    cursor.close()
    return said


def _postgresql(url: URL, settings: StorageSettings) -> Database:
    def engine(**reading: str) -> AsyncEngine:
        return create_async_engine(
            url,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=30.0,
            hide_parameters=True,
            isolation_level="REPEATABLE READ" if reading else "READ COMMITTED",
            connect_args={
                "timeout": settings.command_timeout_s,
                "command_timeout": settings.command_timeout_s,
                "server_settings": {"application_name": "samband", **reading},
            },
        )

    return Database(engine(), engine(default_transaction_read_only="on"), settings.node)


def _examine(path: Path, within_s: float) -> None:
    try:
        if not examine(path, within_s):
            _log.warning("database_not_looked_through", file=str(path), within_s=within_s, remedy="samband check")
    except DamagedError as error:
        raise PortError("database", StorageReason.DAMAGED(), retry=False, evidence=str(error)) from error
    except sqlite3.Error as error:
        retry, code = _meaning(str(error)) or (False, StorageReason.CANNOT_BE_OPENED)
        raise PortError("database", code(), retry=retry, evidence=str(error)) from error


def _own(connection: Connection, node: str) -> None:
    """A file has one node. A node that was given another name still owns its records."""
    table = RECORDS[Conference].table
    connection.execute(update(table).where(table.c.node != node).values(node=node))


def _check_encoding(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        return
    if (encoding := connection.execute(text("SHOW server_encoding")).scalar_one()) != "UTF8":
        raise PortError("database", StorageReason.ENCODING(encoding=str(encoding)), retry=False)


def _check_history(connection: Connection, witnesses: Sequence[Path]) -> None:
    """A disk that lost the file must not pass for a new system without lists and numbers. Nor must a wrong mount."""
    told_by = next((path for path in witnesses if path.exists()), None)
    if told_by is not None and current(connection) is None:
        raise PortError("database", StorageReason.EMPTY_WITH_A_PAST(file=str(told_by)), retry=False)
