"""What the demonstration did and measured: told as it goes, and as a table at the end."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was looked at. `met` is nothing for a figure without a target."""

    what: str
    measured: str
    target: str
    met: bool | None
    slow: bool = False
    """Not met, but for time alone: so it is on a machine that has other things to do."""

    @property
    def mark(self) -> str:
        return "SLOW" if self.slow else _MARKS[self.met]


@dataclass
class Ledger:
    """Prints each step in plain words and keeps the figures."""

    entries: list[Entry] = field(default_factory=list)
    _began_s: float = field(default_factory=time.monotonic)

    def scene(self, title: str) -> None:
        print(f"\n{title}", flush=True)

    def did(self, text: str) -> None:
        print(f"  {time.monotonic() - self._began_s:5.1f} s  {text}", flush=True)

    def checks(self, what: str, met: bool, measured: str = "yes", target: str = "") -> None:
        """A thing that must be so."""
        shown = measured if met or measured != "yes" else "no"
        self._enter(Entry(what, shown, target, met))

    def ms(self, what: str, seconds: float, at_most_ms: float | None = None) -> None:
        """A duration; with a target it must be within it."""
        met = None if at_most_ms is None else seconds * 1000 <= at_most_ms
        target = "" if at_most_ms is None else f"≤ {at_most_ms:g} ms"
        self._enter(Entry(what, f"{seconds * 1000:.0f} ms", target, met, slow=met is False))

    def failed(self, what: str, why: str) -> None:
        self._enter(Entry(what, why, "", met=False))

    def _enter(self, entry: Entry) -> None:
        self.entries.append(entry)
        target = f" ({entry.target})" if entry.target else ""
        self.did(f"{entry.mark} {entry.what}: {entry.measured}{target}")

    def faults(self, *, any_speed: bool) -> int:
        """How many are not as they must be; at any speed, what is only slow is none."""
        return sum(entry.met is False and not (any_speed and entry.slow) for entry in self.entries)

    def table(self) -> str:
        wide = max((len(entry.what) for entry in self.entries), default=0)
        lines = [
            f"  {entry.mark:6}  {entry.what:{wide}}  {_short(entry.measured):60}  {entry.target}"
            for entry in self.entries
        ]
        return "\n".join(line.rstrip() for line in lines)


_MARKS = {True: "ok", False: "FAILED", None: "·"}


def _short(text: str, longest: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
