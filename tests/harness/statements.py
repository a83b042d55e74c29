"""Each statement is compiled once in a process of tests.

The product opens one database in its life, and compiles each statement once for it. A test opens one of its own. To
compile all statements again for it is two thirds of a restart in the models. Here all SQLite databases of a process
share the compiled ones. The statements that run are the same.
"""

from typing import Any, Final

from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bridge.storage import database

_COMPILED: Final[dict[Any, Any]] = {}


def share() -> None:
    """The dialect is part of what a compiled statement is found by: of SQLite's all count as one."""
    SQLiteDialect_aiosqlite.__hash__ = _hash  # type: ignore[assignment]
    SQLiteDialect_aiosqlite.__eq__ = _is_equal  # type: ignore[method-assign]
    database.create_async_engine = _create  # type: ignore[attr-defined, assignment]


def _hash(one: object) -> int:
    return hash(type(one))


def _is_equal(one: object, other: object) -> bool:
    return type(one) is type(other)


def _create(url: URL, **options: Any) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, **options)
    return create_async_engine(url, execution_options={"compiled_cache": _COMPILED}, **options)
