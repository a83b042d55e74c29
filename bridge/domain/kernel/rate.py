"""How often something has happened lately, in bounded memory. Time is data: nothing here reads a clock."""

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Rate:
    """Happenings within a sliding window, counted up to a limit.

    Overflow: only the newest `limit` instants are kept. An older one could change no answer, since none goes beyond
    the limit. An instant before the newest one is taken as the newest: a clock that is set back frees nobody early.

    Attributes:
        window_s: A happening counts until it is so old.
        limit: At least 1.
        times_s: The kept instants, oldest first.

    Raises:
        ValueError: A limit below 1.
    """

    window_s: float
    limit: int
    times_s: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError(f"a rate's limit is at least 1, not {self.limit}")

    def happened(self, at_s: float, times: int = 1) -> "Rate":
        """The rate after it has happened once more, or several times at one instant."""
        newest_s = max(at_s, self.last_s) if self.last_s is not None else at_s
        kept = self.times_s[bisect_right(self.times_s, newest_s - self.window_s) :]
        added = (newest_s,) * min(max(times, 0), self.limit)
        return replace(self, times_s=(*kept, *added)[-self.limit :])

    def count(self, at_s: float) -> int:
        """Happenings within the window that ends at `at_s`, at most `limit`."""
        return len(self.times_s) - bisect_right(self.times_s, at_s - self.window_s)

    def is_full(self, at_s: float) -> bool:
        """Whether it has happened `limit` times within the window."""
        return self.count(at_s) >= self.limit

    def wait_s(self, at_s: float) -> float:
        """How long until the rate is no longer full; 0 where it is not full now."""
        return self.times_s[0] + self.window_s - at_s if self.is_full(at_s) else 0.0

    @property
    def last_s(self) -> float | None:
        """When it last happened, however long ago that is."""
        return self.times_s[-1] if self.times_s else None


@dataclass(frozen=True, slots=True)
class Rates(Generic[Key]):
    """One rate for each key, such as each caller or each address.

    Overflow: at most `most` keys are kept, and the key whose last happening is oldest is forgotten first. A key whose
    window has passed is forgotten when any key happens again.

    Attributes:
        most: At least 1.
        held: The rates, the one that happened last at the end.

    Raises:
        ValueError: Room for no key at all.
    """

    most: int
    held: Mapping[Key, Rate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ValueError(f"rates are kept of at least 1 key, not of {self.most}")

    def of(self, key: Key, fresh: Rate) -> Rate:
        """A key's rate; `fresh`, which is empty, where nothing is known of the key."""
        return self.held.get(key, fresh)

    def happened(self, key: Key, at_s: float, fresh: Rate) -> "Rates[Key]":
        """The rates after it has happened to a key once more."""
        held = dict(self.held)
        held[key] = held.pop(key, fresh).happened(at_s)
        too_many = len(held) - self.most
        for position, (one, rate) in enumerate(self.held.items()):
            if position >= too_many and rate.count(at_s):
                break
            if one != key:
                del held[one]
        return replace(self, held=held)

    def __len__(self) -> int:
        return len(self.held)

    def __iter__(self) -> Iterator[Key]:
        return iter(self.held)
