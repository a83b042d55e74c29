"""What a power cut may leave of the files that a piece of code writes, at each of its steps.

The code runs for real in a folder. Python's audit events tell each name it makes, moves or removes, and `os.fsync`
tells what it forces to the disk. From that come the states a journalling file system may show afterwards. Names not yet
synced are there in any number from the first. Files not yet synced are there either empty or as they were.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

State = dict[str, bytes]
"""Path below the folder → what is in it."""

_Name = dict[str, int]


class PowerCutError(BaseException):
    """The power is gone: nothing after this reaches the disk."""


class _Disk:
    """Follows what happens below `root`, and stops it before step number `cut`."""

    def __init__(self, root: Path, cut: int) -> None:
        self._root = root
        self._cut = cut
        self.steps = 0
        self._names: _Name = {}
        self._synced_names: _Name = {}
        self._pending: list[tuple[str, Callable[[_Name], None]]] = []
        """Folder → what is done to its names."""
        self._synced: dict[int, bytes] = {}
        self._seen: dict[int, bytes] = {}
        for number, path in enumerate(path for path in root.rglob("*") if path.is_file()):
            self._names[str(path)] = self._synced_names[str(path)] = number
            self._synced[number] = path.read_bytes()
        self._seen.update(self._synced)
        self._next = len(self._names)

    def happens(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            self._opened(str(args[0]), args[1], args[2])
        elif event in ("os.rename", "os.link", "os.remove"):
            paths = [str(one) for one in args if isinstance(one, str | os.PathLike)]
            if paths[-1].startswith(str(self._root)):
                self._step()
                self._change(os.path.dirname(paths[-1]), _CHANGES[event](*paths))  # noqa: PTH120

    def synced(self, descriptor: int, sync: Callable[[int], None]) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
        if not path.startswith(str(self._root)):
            return
        self._step()
        sync(descriptor)
        if Path(path).is_dir():
            for folder, change in self._pending:
                if folder == path:
                    change(self._synced_names)
            self._pending = [one for one in self._pending if one[0] != path]
        else:
            self._synced[self._names[path]] = Path(path).read_bytes()

    def states(self) -> Iterator[State]:
        """Everything the disk may show now."""
        for lucky in (False, True):
            for count in range(len(self._pending) + 1):
                names = dict(self._synced_names)
                for _, change in self._pending[:count]:
                    change(names)
                yield {
                    os.path.relpath(path, self._root): self._content(number, lucky) for path, number in names.items()
                }

    def _content(self, number: int, lucky: bool) -> bytes:
        return self._seen.get(number, b"") if lucky else self._synced.get(number, b"")

    def _opened(self, path: str, mode: str | None, flags: int) -> None:
        makes = bool(flags & os.O_CREAT) or bool(mode and set(mode) & set("wxa"))
        if not makes or not path.startswith(str(self._root)):
            return
        self._step()
        if path not in self._names:
            self._next += 1
            self._change(os.path.dirname(path), _named(path, self._next))  # noqa: PTH120
        elif flags & os.O_TRUNC or "w" in (mode or ""):
            self._synced[self._names[path]] = b""

    def _change(self, folder: str, change: Callable[[_Name], None]) -> None:
        change(self._names)
        self._pending.append((folder, change))

    def _step(self) -> None:
        if self.steps == self._cut:
            raise PowerCutError
        for path, number in self._names.items():
            if os.path.exists(path):  # noqa: PTH110
                with _untold():
                    self._seen[number] = Path(path).read_bytes()
        self.steps += 1


def _named(path: str, number: int) -> Callable[[_Name], None]:
    return lambda names: names.update({path: number})


def _renamed(source: str, target: str) -> Callable[[_Name], None]:
    def change(names: _Name) -> None:
        if source in names:
            names[target] = names.pop(source)

    return change


def _linked(source: str, target: str) -> Callable[[_Name], None]:
    def change(names: _Name) -> None:
        if source in names and target not in names:
            names[target] = names[source]

    return change


def _removed(path: str) -> Callable[[_Name], None]:
    def change(names: _Name) -> None:
        names.pop(path, None)

    return change


_CHANGES: dict[str, Callable[..., Callable[[_Name], None]]] = {
    "os.rename": _renamed,
    "os.link": _linked,
    "os.remove": _removed,
}
_watching: list[_Disk] = []
sys.addaudithook(lambda event, args: _watching[-1].happens(event, args) if _watching else None)


@contextmanager
def _watched(disk: _Disk) -> Iterator[None]:
    fsync, fdatasync = os.fsync, os.fdatasync
    with (
        patch("os.fsync", lambda descriptor: disk.synced(descriptor, fsync)),
        patch("os.fdatasync", lambda descriptor: disk.synced(descriptor, fdatasync)),
    ):
        _watching.append(disk)
        try:
            yield
        finally:
            _watching.pop()


@contextmanager
def _untold() -> Iterator[None]:
    disk = _watching.pop()
    try:
        yield
    finally:
        _watching.append(disk)


def power_cuts(folder: Path, begin: Callable[[], None], act: Callable[[], Any]) -> Iterator[tuple[State, Any]]:
    """Every state that `folder` may be in when the power goes at some step of `act`. With it comes what `act` had given
    by then: `None` while it had not returned. `begin` puts the folder as it is before."""
    cut = 0
    while True:
        begin()
        disk, given = _Disk(folder, cut), None
        with _watched(disk), suppress(PowerCutError):
            given = act()
        for state in disk.states():
            yield state, given
        if given is not None:
            return
        cut += 1


def put(folder: Path, state: State) -> None:
    """Make the folder show the state."""
    for name, content in state.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
