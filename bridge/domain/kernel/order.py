"""The order of lists by an instant. Those of one instant stand by their ids, so that a list is the same each time."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar


class Named(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", bound=Named)


def oldest_first(found: Iterable[N], at_s: Callable[[N], float | None]) -> list[N]:
    """Those without an instant stand first."""
    return sorted(found, key=lambda one: (at_s(one) or 0.0, one.id))


def newest_first(found: Iterable[N], at_s: Callable[[N], float | None]) -> list[N]:
    """The other way round."""
    return sorted(found, key=lambda one: (at_s(one) or 0.0, one.id), reverse=True)
