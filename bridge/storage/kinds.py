"""A kind of record and its table. The columns, and the way into a row and back, are derived from the record's
dataclass.

A new record needs one `Kind` in `bridge.storage.registry` and a migration. A field is a column of its name. A field
that is a dataclass itself has several, each with the field's name before it (`floor_mode`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import sort_tables
from sqlalchemy.types import TypeEngine

from bridge.domain.kernel.reasons import Reason, as_json, from_json
from bridge.storage.columns import Choice, CleanText, Coded, SmallJson

R = TypeVar("R")
Values = dict[str, Any]
Unfinished = Callable[[str], ColumnElement[bool]]
"""Node → which rows it must get back at its start."""

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)
_TYPES: Final[Mapping[Any, Callable[[], TypeEngine[Any]]]] = {
    str: CleanText,
    bool: Boolean,
    int: Integer,
    float: Double,
    Reason: lambda: Coded(as_json, from_json),
}
"""Hint → what keeps such a value in one column. Enumerations and small collections need no entry."""


@dataclass(frozen=True, slots=True)
class Extra(Generic[R]):
    """A column that the record has no field for."""

    column: Column[Any]
    value: Callable[[R, str], Any] | None = None
    """Record and node → what stands in it; `None`: the database makes it."""
    is_kept: bool = False
    """Set when the record is first committed, and changed by no later commit."""


class Kind(Generic[R]):
    """One kind of record.

    Args:
        record: Its dataclass.
        name: Of the table.
        key: The field that names a record; `None` where an extra column does.
        refers: Field → the table and column that it must be found in.
        indexes: Columns to be searched by.
        order: In which records are read back, if any matters.
        types: Field → its column's type, where the hint does not say enough.
        extras: Columns beside the record's own.
        elsewhere: Fields that another table holds.
        unfinished: The records that a node must get back at its start; `None`: none.
        metadata: The schema that the table is part of.
    """

    def __init__(
        self,
        record: type[R],
        name: str,
        *,
        key: str | None = "id",
        refers: Mapping[str, str] | None = None,
        indexes: Sequence[str] = (),
        order: Sequence[str] = (),
        types: Mapping[str, TypeEngine[Any]] | None = None,
        extras: Sequence[Extra[R]] = (),
        elsewhere: Collection[str] = (),
        unfinished: Unfinished | None = None,
        metadata: MetaData = METADATA,
    ) -> None:
        self.record = record
        self.unfinished = unfinished
        self._shape = _shape_of(record, elsewhere)
        self._fields = [(leaf.column, attrgetter(leaf.path)) for leaf in self._shape.leaves()]
        self._extras = [(one.column.name, one.value) for one in extras if one.value is not None]
        self._kept = frozenset(one.column.name for one in extras if one.is_kept)
        columns = [_column(leaf, key, refers or {}, types or {}) for leaf in self._shape.leaves()]
        self.table = Table(
            name, metadata, *(one.column for one in extras), *columns, *(Index(None, one) for one in indexes)
        )
        self._order = [self.table.c[one] for one in (order or ([key] if key else []))]
        self._of_node: Mapping[str, Select[Any]] = {}
        """How its unfinished ones are asked for: to say so costs more than to answer."""

    def row(self, record: R, node: str = "") -> Values:
        """The record as a row of the table."""
        values = {column: get(record) for column, get in self._fields}
        for column, value in self._extras:
            values[column] = value(record, node)
        return values

    def read(self, row: Mapping[Any, Any], **elsewhere: Any) -> R:
        """The record of a row; `elsewhere`: the fields that another table holds."""
        record: R = self._shape.read(row, elsewhere)
        return record

    async def fetch(self, connection: AsyncConnection, query: Select[Any]) -> list[R]:
        """The records of a query over the table's columns."""
        return [self.read(row) for row in (await connection.execute(query)).mappings()]

    async def load(self, connection: AsyncConnection, node: str) -> tuple[R, ...]:
        """The unfinished records of this node."""
        if self.unfinished is None:
            return ()
        if node not in self._of_node:
            self._of_node = {node: select(self.table).where(self.unfinished(node)).order_by(*self._order)}
        return tuple(await self.fetch(connection, self._of_node[node]))

    def upsert(self, dialect: str) -> Any:
        """INSERT that replaces the row with the same key."""
        return upsert(self.table, dialect, self._kept)


class Kinds:
    """Kinds by their record's class. They are written in the order that their references ask for."""

    def __init__(self, *kinds: Kind[Any]) -> None:
        tables = sort_tables([kind.table for kind in kinds])
        self._kinds: dict[type[Any], Kind[Any]] = {
            kind.record: kind for kind in sorted(kinds, key=lambda kind: tables.index(kind.table))
        }
        self._place = {record: place for place, record in enumerate(self._kinds)}

    def __getitem__(self, record: type[R]) -> Kind[R]:
        return self._kinds[record]

    def __iter__(self) -> Iterator[Kind[Any]]:
        return iter(self._kinds.values())

    def with_(self, *kinds: Kind[Any]) -> "Kinds":
        """These and others."""
        return Kinds(*self, *kinds)

    def ordered(self, records: Sequence[Any]) -> list[Any]:
        """In writing order. Of several records with one id the last counts."""
        latest = {(type(record), record.id): record for record in records}
        return sorted(latest.values(), key=lambda record: self._place[type(record)])

    def grouped(self, records: Sequence[Any], node: str) -> list[tuple[Kind[Any], list[Values]]]:
        """Rows per kind, in writing order. Of several records with one id the last counts."""
        groups: dict[type[Any], list[Values]] = {}
        for record in self.ordered(records):
            groups.setdefault(type(record), []).append(self._kinds[type(record)].row(record, node))
        return [(self._kinds[record], rows) for record, rows in groups.items()]


@cache
def upsert(table: Table, dialect: str, kept: frozenset[str] = frozenset()) -> Any:
    """INSERT that replaces the row with the same primary key, but for the columns that are kept as they were."""
    statement: Any = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {
        column.name: statement.excluded[column.name] for column in table.columns if column.name not in {*keys, *kept}
    }
    if not changed:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


# --- a dataclass as columns ---


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One field, and its column."""

    column: str
    path: str
    """From the record: `floor.mode`."""
    hint: Any
    """Without `None`."""
    is_optional: bool


@dataclass(frozen=True, slots=True)
class _Shape:
    """The columns of a dataclass."""

    record: type[Any]
    parts: Mapping[str, "_Leaf | _Shape"]
    """By field."""

    def leaves(self) -> Iterator[_Leaf]:
        for part in self.parts.values():
            if isinstance(part, _Leaf):
                yield part
            else:
                yield from part.leaves()

    def read(self, row: Mapping[Any, Any], elsewhere: Mapping[str, Any]) -> Any:
        values = {
            name: row[part.column] if isinstance(part, _Leaf) else part.read(row, {})
            for name, part in self.parts.items()
        }
        return self.record(**values, **elsewhere)


def _shape_of(record: type[Any], elsewhere: Collection[str] = (), path: str = "") -> _Shape:
    hints = get_type_hints(record)
    parts: dict[str, _Leaf | _Shape] = {}
    for field in fields(record):
        if field.name in elsewhere:
            continue
        hint, is_optional = _without_none(hints[field.name])
        here = f"{path}{field.name}"
        if isinstance(hint, type) and is_dataclass(hint) and hint not in _TYPES and not is_optional:
            parts[field.name] = _shape_of(hint, path=f"{here}.")
        else:
            parts[field.name] = _Leaf(here.replace(".", "_"), here, hint, is_optional)
    return _Shape(record, parts)


def _column(
    leaf: _Leaf, key: str | None, refers: Mapping[str, str], types: Mapping[str, TypeEngine[Any]]
) -> Column[Any]:
    kind = types.get(leaf.column) or column_type(leaf.hint)
    target = [ForeignKey(refers[leaf.column])] if leaf.column in refers else []
    if leaf.column == key:
        return Column(leaf.column, kind, *target, primary_key=True, autoincrement=False)
    return Column(leaf.column, kind, *target, nullable=leaf.is_optional)


def column_type(hint: Any) -> TypeEngine[Any]:
    """The column type that keeps values of a type hint without `None`.

    Raises:
        TypeError: None does; give one in the registry.
    """
    if hint in _TYPES:
        return _TYPES[hint]()
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Choice(hint)
    if get_origin(hint) in {tuple, frozenset, dict}:
        return SmallJson(_restorer(hint))
    raise TypeError(f"no column keeps a {hint}: name its type in the registry")


def _restorer(hint: Any) -> Callable[[Any], Any]:
    """The converter from the lists, texts and numbers that JSON gives back to the value."""
    hint, is_optional = _without_none(hint)
    restore = _restorer_of(hint)
    if is_optional and restore is not _as_it_is:
        return lambda value: None if value is None else restore(value)
    return restore


def _restorer_of(hint: Any) -> Callable[[Any], Any]:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        return _named(hint, [_restorer(one) for one in get_type_hints(hint).values()])
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is dict:
        return dict
    if origin is frozenset or (origin is tuple and arguments[-1] is Ellipsis):
        return _all_of(origin, _restorer(arguments[0]))
    if origin is tuple:
        parts = [_restorer(one) for one in arguments]
        return lambda value: tuple(restore(one) for restore, one in zip(parts, value, strict=True))
    return _as_it_is


def _named(make: Callable[..., Any], members: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """A named tuple. Rows of an earlier program lack its latest members, which have defaults."""
    return lambda value: make(*(restore(one) for restore, one in zip(members, value, strict=False)))


def _all_of(make: Callable[[Any], Any], restore: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return make if restore is _as_it_is else lambda value: make(map(restore, value))


def _as_it_is(value: Any) -> Any:
    return value


def _without_none(hint: Any) -> tuple[Any, bool]:
    """The hint itself, without the names that `NewType` gives, and whether it may be `None`."""
    hint = _bare(hint)
    if get_origin(hint) in {UnionType, Union}:
        others = [one for one in get_args(hint) if one is not NoneType]
        if len(others) == 1:
            return _bare(others[0]), True
    return hint, False


def _bare(hint: Any) -> Any:
    while (inner := getattr(hint, "__supertype__", None)) is not None:
        hint = inner
    return hint
