"""The results of a scenario's expectations."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Result:
    """One expectation, or a step that could not be done."""

    expected: str
    seen: str
    met: bool


@dataclass
class Results:
    """All of one play."""

    found: list[Result] = field(default_factory=list)

    @property
    def missed(self) -> int:
        return sum(not one.met for one in self.found)

    def table(self, tell: Callable[..., str]) -> str:
        """As it is printed at the end."""
        words = {True: tell("met"), False: tell("missed").upper()}
        width = max((len(text) for text in words.values()), default=0)
        lines = [f"  {words[one.met].ljust(width)}  {one.expected}{_seen(one, tell)}" for one in self.found]
        count = len(self.found)
        end = tell("some_missed", missed=self.missed, count=count) if self.missed else tell("all_met", count=count)
        return "\n".join([f"{tell('results')}:", *lines, end])


def _seen(result: Result, tell: Callable[..., str]) -> str:
    return f" – {tell('seen', seen=result.seen)}" if result.seen else ""
