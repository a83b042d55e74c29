"""Whether a SQLite file is whole: its pages and indexes by SQLite's own check, then every value read back.

SQLite's check does not look at the values in a row. So a name that a disk garbled is found by reading it.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Boolean, Double, Integer, Table
from sqlalchemy.dialects import sqlite as dialects

from bridge.storage.tables import METADATA

_STEPS: Final = 1000
"""SQLite instructions between two looks at the clock: far less than a millisecond."""
_ROWS: Final = 500
_DIALECT: Final = dialects.dialect()


class DamagedError(Exception):
    """The fault, in one line without a person's name or number."""


def examine(path: Path, within_s: float) -> bool:
    """Read the file as far as the time allows; whether that was all of it. Blocking: call it in a thread.

    Raises:
        DamagedError: It is not whole.
        sqlite3.Error: It cannot be read now: locked, or no database.
    """
    until_s = time.monotonic() + within_s
    with closing(
        sqlite3.connect(path, isolation_level=None)
    ) as connection:  # may write: a journal is rolled back first
        connection.execute("PRAGMA query_only=ON")
        connection.set_progress_handler(lambda: time.monotonic() > until_s, _STEPS)
        try:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise DamagedError(str(found))
            there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for table in METADATA.sorted_tables:
                if time.monotonic() > until_s:
                    return False
                if table.name in there:
                    _read_back(connection, table)
        except sqlite3.DatabaseError as error:
            if "interrupted" in str(error):
                return False
            if "malformed" in str(error) or "decode" in str(error):
                raise DamagedError(str(error).splitlines()[0][:200]) from error
            raise
    return True


def _read_back(connection: sqlite3.Connection, table: Table) -> None:
    there = [str(row[1]) for row in connection.execute(f'PRAGMA table_info("{table.name}")')]
    readers = [(name, _reader(table, name)) for name in there if name in table.c]
    for row in _rows(connection, table.name, [name for name, _ in readers]):
        for (name, read), value in zip(readers, row[1:], strict=True):
            try:
                read(value)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                reason = f"{table.name}.{name} in row {row[0]} cannot be read ({type(error).__name__})"
                raise DamagedError(reason) from error


def _rows(connection: sqlite3.Connection, table: str, names: list[str]) -> Iterator[tuple[Any, ...]]:
    """In portions, so that no lock is held between them."""
    columns = ", ".join(f'"{name}"' for name in names)
    query = f'SELECT rowid, {columns} FROM "{table}" WHERE rowid > ? ORDER BY rowid LIMIT {_ROWS}'  # noqa: S608  our own names
    after = -(2**63)
    while rows := connection.execute(query, (after,)).fetchall():
        yield from rows
        after = rows[-1][0]


def _reader(table: Table, name: str) -> Callable[[Any], object]:
    """The converter from the stored to the Python value; it fails where the value cannot be one of the column's."""
    kind = table.c[name].type
    if isinstance(kind, Double | Integer | Boolean):
        return _number
    return kind.result_processor(_DIALECT, None) or _text


def _number(value: Any) -> None:
    if not isinstance(value, int | float | None):
        raise TypeError(type(value).__name__)


def _text(value: Any) -> None:
    if not isinstance(value, str | bytes | None):
        raise TypeError(type(value).__name__)
