"""All that one node knows and decides on, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeVar, overload

from bridge.domain.kernel.keys import KeysByRole
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Fact, Records, Table

K = TypeVar("K")
V = TypeVar("V")
_NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


@dataclass(frozen=True)
class Node:
    """Read it freely: `node[CONFERENCES]`. Only a step makes the next one.

    Attributes:
        policy: The figures the rules go by.
        kinds: The table of each kind of record.
        keys: The keys of a telephone in a conference, by role.
        tables: The content of each table; a missing table is empty.
        facts: The known facts; a missing fact has its default.
    """

    policy: Policy = field(default_factory=Policy)
    kinds: Mapping[type[Record], Records[Any, Any]] = field(default_factory=dict)
    keys: KeysByRole = field(default_factory=dict)
    tables: Mapping[Table[Any, Any], Mapping[Any, Any]] = field(default_factory=dict)
    facts: Mapping[Fact[Any], Any] = field(default_factory=dict)

    @overload
    def __getitem__(self, what: Table[K, V]) -> Mapping[K, V]: ...

    @overload
    def __getitem__(self, what: Fact[V]) -> V: ...

    def __getitem__(self, what: Table[K, V] | Fact[V]) -> Mapping[K, V] | V:
        found: Mapping[K, V] | None = self.tables.get(what)  # type: ignore[arg-type]
        if found is not None:
            return found
        return self.facts.get(what, what.default) if isinstance(what, Fact) else _NOTHING
