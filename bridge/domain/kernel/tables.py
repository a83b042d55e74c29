"""Typed tables of the node. A room declares its own beside its records; nothing else names them."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from bridge.domain.kernel.records import Record

K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, eq=False)
class Table(Generic[K, V]):
    """A map in the node, read as `node[TABLE]`. Its content passes: a restart may lose it.

    Attributes:
        name: For people who debug. Tables are told apart by identity.
    """

    name: str


@dataclass(frozen=True, eq=False)
class Records(Table[K, R]):
    """A map of records by their ids. They are committed before anything is done about them.

    Attributes:
        kind: The class of its records.
        shown_as: The name of such a record in the stream of changes; `None`: another record shows its changes.
    """

    kind: type[R]
    shown_as: str | None


@dataclass(frozen=True, eq=False)
class Fact(Generic[V]):
    """One value in the node, read as `node[FACT]`. It passes.

    Attributes:
        name: For people who debug.
        default: Its value until something is known.
    """

    name: str
    default: V
