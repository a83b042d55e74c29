"""SQLite's driver with one hop a statement.

The driver keeps a thread for each connection: whatever is asked goes there and back. As it comes, a statement goes
four times: for a cursor, to run, for the rows, and to close. The way costs more than most of our statements
do. Here a statement runs, gives up its rows and is closed in one visit to the thread.

SQLAlchemy's adapter and the driver have no public names for this. So they are private names that are used here.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import EMPTY_DICT
from sqlalchemy.util.concurrency import await_


class _Done(NamedTuple):
    """Left of a statement when its cursor has been closed."""

    description: Any = None
    rowcount: int = -1
    lastrowid: Any = None
    arraysize: int = 1
    rows: list[Any] = []  # noqa: RUF012  never changed: a deque is made of it


_NOTHING: Final = _Done()


def _run(connection: sqlite3.Connection, statement: str, parameters: Any) -> _Done:
    """In the connection's thread."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return _Done(cursor.description, cursor.rowcount, cursor.lastrowid, cursor.arraysize, rows)
    finally:
        cursor.close()


def _run_many(connection: sqlite3.Connection, statement: str, rows_of_parameters: Any) -> _Done:
    cursor = connection.cursor()
    try:
        cursor.executemany(statement, rows_of_parameters)
        return _Done(cursor.description, cursor.rowcount, cursor.lastrowid, cursor.arraysize)
    finally:
        cursor.close()


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Holds the rows of its latest statement. Nothing of it is open in the thread between two statements."""

    __slots__ = ()
    _cursor: Any
    _awaitable_cursor_close = False

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection  # noqa: SLF001
        self._cursor = _NOTHING
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = deque()

    async def _visit(self, run: Callable[..., _Done], statement: Any, parameters: Any) -> None:
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001
            driver: Any = self._connection
            self._cursor = await driver._execute(run, driver._conn, statement, parameters)  # noqa: SLF001
            self._rows = deque(self._cursor.rows)

    def execute(self, operation: Any, parameters: Any = None) -> Any:
        return self._awaited(_run, operation, () if parameters is None else parameters)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> Any:
        return self._awaited(_run_many, operation, seq_of_parameters)

    def _awaited(self, run: Callable[..., _Done], statement: Any, parameters: Any) -> None:
        try:
            await_(self._visit(run, statement, parameters))
        except Exception as error:  # noqa: BLE001  SQLAlchemy gives it the class that its callers know
            self._adapt_connection._handle_exception(error)  # noqa: SLF001

    def close(self) -> None:
        self._rows.clear()


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arg: Any, **kw: Any) -> AsyncAdapt_aiosqlite_connection:
        made = super().connect(*arg, **kw)
        return _Connection(self, made._connection)  # noqa: SLF001


DRIVER: Final = _Driver(aiosqlite, sqlite3)
"""For `create_async_engine(module=…)`."""
