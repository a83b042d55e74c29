"""The records that the store gives back at start: everything that is not finished, of every kind that it keeps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from bridge.domain.kernel.records import Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Saved:
    """`saved[Conference]` are the conferences."""

    kinds: Mapping[type[Record], tuple[Record, ...]] = field(default_factory=dict)
    """A kind without any is left out."""

    @classmethod
    def of(cls, *records: Record) -> "Saved":
        """These, in their order."""
        kinds: dict[type[Record], tuple[Record, ...]] = {}
        for record in records:
            kinds[type(record)] = (*kinds.get(type(record), ()), record)
        return cls(kinds)

    def __getitem__(self, kind: type[R]) -> tuple[R, ...]:
        return cast("tuple[R, ...]", self.kinds.get(kind, ()))

    def __iter__(self) -> Iterator[Record]:
        for records in self.kinds.values():
            yield from records
