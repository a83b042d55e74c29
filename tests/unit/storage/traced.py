"""The files that a power cut may leave of another program's writing. Its system calls are told by `strace`.

What was synced is on the disk. What was not may be there, or not, or in part, each write by itself, in any order. So
may names that were made or removed in a folder that was not synced since.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CALLS: Final = "openat,write,pwrite64,ftruncate,fsync,fdatasync,unlink,unlinkat"
_SECTOR_BYTES: Final = 512
_LINE: Final = re.compile(r"^(\d+)\s+(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$", re.DOTALL)
_UNFINISHED: Final = " <unfinished ...>"
_RETURNED: Final = re.compile(r"\)\s+= (-?\d+)")
_ON: Final = re.compile(r"^(\d+)<([^>]*)>")
_HEX: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded, in the order of their ends."""

    name: str
    arguments: str

    @property
    def path(self) -> str:
        """Of the file it is on."""
        on = _ON.match(self.arguments)
        return "" if on is None else _text(on[2])

    @property
    def descriptor(self) -> int:
        on = _ON.match(self.arguments)
        return -1 if on is None else int(on[1])

    @property
    def content(self) -> bytes:
        """The first text among its arguments: what is written, or a path."""
        found = _HEX.search(self.arguments)
        return b"" if found is None else bytes.fromhex(found[1].replace("\\x", ""))

    @property
    def last_number(self) -> int:
        return int(self.arguments.rsplit(", ", 1)[1].split("<")[0])


def calls(trace: Path) -> Iterator[Call]:
    """What `strace -f -qq -y -xx -s 100000 -e trace=CALLS` has written."""
    begun: dict[str, tuple[str, str]] = {}
    with trace.open() as lines:
        for line in lines:
            found = _LINE.match(line.rstrip("\n"))
            if found is None:
                continue
            thread, resumed, name, rest = found.groups()
            if resumed:
                name, before = begun.pop(thread)
                rest = before + rest
            elif rest.endswith(_UNFINISHED):
                begun[thread] = (name, rest.removesuffix(_UNFINISHED))
                continue
            returned = _RETURNED.search(rest)
            if returned is not None and int(returned[1]) >= 0:
                yield Call(name, rest[: returned.start()])


@dataclass
class _File:
    synced: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Where what was written; `None`: cut off there."""
    is_named: bool = False
    """Its name is on the disk."""

    def sync(self) -> None:
        self.synced = _written(self.synced, self.pending)
        self.pending = []


class Disk:
    """A folder's files, as the calls leave them."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._files = {str(path): _File(path.read_bytes(), is_named=True) for path in folder.iterdir()}
        self._removed: dict[str, _File] = {}
        """Not for sure yet."""

    def happens(self, call: Call) -> None:
        """Follow one call."""
        if call.name in ("fsync", "fdatasync"):
            self._sync(call.path)
        elif call.name in ("unlink", "unlinkat"):
            gone = self._files.pop(call.content.decode(), None)
            if gone is not None and gone.is_named:
                self._removed[call.content.decode()] = gone
        elif call.name == "openat":
            path = call.content.decode()
            if path.startswith(self._folder) and "O_CREAT" in call.arguments:
                self._files.setdefault(path, _File())
        elif (file := self._files.get(call.path)) is not None:
            if call.name == "pwrite64":
                file.pending.append((call.last_number, call.content))
            elif call.name == "ftruncate":
                file.pending.append((call.last_number, None))
            else:
                raise ValueError(f"{call.name} on {call.path}: where it writes is not known")

    def after_a_cut(self, chance: random.Random | None = None) -> dict[str, bytes]:
        """Name → what is in it: nothing but what was synced, or any part of the rest too."""

        def comes_through() -> bool:
            return chance is not None and chance.random() < 0.5

        left = {path: file for path, file in self._files.items() if file.is_named or comes_through()}
        left |= {path: file for path, file in self._removed.items() if path not in left and not comes_through()}
        return {
            Path(path).name: _written(file.synced, _torn(file.pending, chance) if chance else [])
            for path, file in left.items()
        }

    def _sync(self, path: str) -> None:
        if path == self._folder:
            for file in self._files.values():
                file.is_named = True
            self._removed.clear()
        elif path in self._files:
            self._files[path].sync()


def _torn(pending: list[tuple[int, bytes | None]], chance: random.Random) -> list[tuple[int, bytes | None]]:
    """Some sectors of it reached the disk."""
    kept: list[tuple[int, bytes | None]] = []
    for at, content in pending:
        if content is None:
            kept += [(at, None)] if chance.random() < 0.5 else []
            continue
        sectors = range(0, len(content), _SECTOR_BYTES)
        kept += [(at + one, content[one : one + _SECTOR_BYTES]) for one in sectors if chance.random() < 0.5]
    return kept


def _written(before: bytes, writes: list[tuple[int, bytes | None]]) -> bytes:
    content = bytearray(before)
    for at, what in writes:
        if len(content) < at:
            content += bytes(at - len(content))
        if what is None:
            del content[at:]
        else:
            content[at : at + len(what)] = what
    return bytes(content)


def _text(shown: str) -> str:
    return bytes.fromhex(shown.replace("\\x", "")).decode() if shown.startswith("\\x") else shown
