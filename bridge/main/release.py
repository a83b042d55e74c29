"""Which code this is: its place, its version, and the commit that it was made of."""

import os
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Self

import bridge

COMMIT_FILE: Final = "_data/commit"
"""Beside the package: the commit of one that was packed. A clone knows its commit by itself."""
_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Code:
    """An installation: the interpreter of its environment, and the folder that holds the package.

    No link is left in the path but the interpreter's own. One that is turned to another version changes nothing here.
    """

    python: str
    root: str

    @classmethod
    def here(cls) -> Self:
        interpreter = Path(sys.executable)
        return cls(str(interpreter.parent.resolve() / interpreter.name), str(_root()))

    def environment(self) -> dict[str, str]:
        """By this a program that it starts, and those that follow, load this code. The folder that they are started in
        may hold other code."""
        others = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one not in ("", self.root)]
        return {"PYTHONPATH": os.pathsep.join([self.root, *others]), "PYTHONSAFEPATH": "1"}


@dataclass(frozen=True, slots=True)
class Release:
    """A version; `commit` is empty where nothing tells it."""

    version: str
    commit: str

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        return cls(str(told.get("version", "")), str(told.get("commit", "")))

    def __str__(self) -> str:
        return f"{self.version} ({self.commit})" if self.commit else self.version


@cache
def release() -> Release:
    """As it lay on disk when this was first asked: a process that has loaded its code asks at once."""
    try:
        known = version("samband")
    except PackageNotFoundError:
        known = "?"
    root = _root()
    return Release(known, (_packed(root) or _cloned(root))[:_SHOWN])


def _root() -> Path:
    return Path(bridge.__file__).resolve().parents[1]


def _packed(root: Path) -> str:
    return _text(root / "bridge" / COMMIT_FILE)


def _cloned(root: Path) -> str:
    """By git's own files (gitrepository-layout(5)): the program itself may not be there, or not trust the folder."""
    folder = root / ".git"
    if pointed := _text(folder).removeprefix("gitdir: "):
        folder = root / pointed  # a worktree's
    head = _text(folder / "HEAD")
    if not head.startswith("ref: "):
        return head
    name = head.removeprefix("ref: ")
    common = folder / (_text(folder / "commondir") or ".")
    return _text(common / name) or _of_packed_refs(common, name)


def _of_packed_refs(folder: Path, name: str) -> str:
    lines = (line.split(" ") for line in _text(folder / "packed-refs").splitlines())
    return next((line[0] for line in lines if line[1:] == [name]), "")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""
