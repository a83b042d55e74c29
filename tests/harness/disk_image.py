"""A folder as a power cut may leave it, while the program that writes to it goes on.

`strace` tells which files and folders were forced to the disk, and which names were made. An image is taken while all
of the program stands still. It shows the files as a reader sees them. `lost` gives the same without what was not forced
to the disk. A name whose folder was not synced is not there. A file that was never synced is empty. One that has grown
since is as long as it was.
"""

import asyncio
import os
import re
import shutil
import signal
import stat
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CALLS: Final = "openat,rename,renameat,renameat2,link,linkat,fsync,fdatasync"
STOPPED_S: Final = 5.0
FOLLOW_S: Final = 0.02
_LINE: Final = re.compile(r"^(\d+)\s+(\d+\.\d+) (?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$")
_PATH: Final = re.compile(r'"([^"]*)"')
_ON: Final = re.compile(r"^\d+<([^>]*)>")
_OF_SQLITE: Final = (".db", ".db-wal")
"""`tests/unit/storage/test_power_cut.py` tears these at every write. Here they are as a reader sees them."""


def tracing(trace: Path) -> list[str]:
    """The words before a command that is followed. It stays the child of the one who starts it."""
    strace = shutil.which("strace")
    assert strace is not None, "strace is missing: python -m tests.prepare"
    return [strace, "-D", "-f", "--seccomp-bpf", "-qq", "-y", "-ttt", "-o", str(trace), "-e", f"trace={CALLS}"]


@dataclass
class _Known:
    """Of one path. Instants are seconds since 1970; 0: never."""

    named_at_s: float = 0.0
    synced_at_s: float = 0.0
    size: int = 0
    """Bytes when it was synced."""


@dataclass(frozen=True)
class Image:
    """One moment.

    Attributes:
        folder: A copy of the files as a reader saw them.
        at_s: When, in seconds since 1970.
        lengths: Path below the folder → how much of it is on the disk for sure; absent: its name is not.
        what: The moment, in words.
    """

    folder: Path
    at_s: float
    lengths: dict[str, int]
    what: str

    def put(self, folder: Path, *, lost: bool) -> None:
        """Make the folder show it; with `lost` without what the disk had not taken for sure."""
        shutil.copytree(self.folder, folder, symlinks=True)
        if not lost:
            return
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            if path.is_symlink() or not path.is_file():
                continue
            if name not in self.lengths:
                path.unlink()
            elif self.lengths[name] < (seen := path.stat()).st_size:
                os.truncate(path, self.lengths[name])
                os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


@dataclass
class Disk:
    """Follows one state folder by the trace of the program that writes to it.

    Args:
        state: The folder.
        trace: What `tracing` was told to write.
        lent: Folders in it that were there before, and are linked into each image.
    """

    state: Path
    trace: Path
    lent: Collection[str] = ()
    _known: dict[str, _Known] = field(default_factory=dict)
    _begun: dict[str, tuple[float, str, str]] = field(default_factory=dict)
    _read: int = 0

    def follow(self) -> None:
        """Take in what has been written since. Called often: how long a file was when it was synced is looked up."""
        if not self.trace.exists():
            return
        with self.trace.open("rb") as lines:
            lines.seek(self._read)
            whole = lines.read().rpartition(b"\n")[0]
        self._read += len(whole) + 1 if whole else 0
        for line in whole.decode(errors="replace").split("\n"):
            if found := _LINE.match(line):
                thread, at, resumed, name, rest = found.groups()
                at_s = float(at)
                if resumed:
                    at_s, name, before = self._begun.pop(thread, (at_s, resumed, ""))
                    rest = before + rest
                elif rest.endswith("<unfinished ...>"):
                    self._begun[thread] = (at_s, name, rest.removesuffix("<unfinished ...>"))
                    continue
                if " = -1 " not in rest:
                    self._happens(name, rest, at_s)

    def _happens(self, name: str, rest: str, at_s: float) -> None:
        if name in ("fsync", "fdatasync"):
            on = _ON.match(rest)
            if on and on[1].startswith(str(self.state)):
                known = self._known.setdefault(on[1], _Known())
                known.synced_at_s = at_s
                try:
                    known.size = Path(on[1]).stat().st_size
                except OSError:
                    known.size = 0
            return
        paths = [one for one in _PATH.findall(rest) if one.startswith(str(self.state))]
        if not paths:
            return
        if name == "openat":
            if "O_CREAT" in rest and paths[0] not in self._known:
                self._known[paths[0]] = _Known(named_at_s=at_s)
        elif len(paths) == 2:
            source = self._known.get(paths[0], _Known())
            if name.startswith("rename"):
                self._known.pop(paths[0], None)
            self._known[paths[1]] = _Known(at_s, source.synced_at_s, source.size)

    def image(self, folder: Path, processes: Callable[[], Collection[int]], what: str) -> Image:
        """Stop these processes and those that they have started meanwhile, copy the folder, and let them go on."""
        stopped: set[int] = set()
        try:
            deadline = time.monotonic() + STOPPED_S
            while fresh := set(processes()) - stopped:
                stopped |= {pid for pid in fresh if _signalled(pid, signal.SIGSTOP)}
                while not all(map(_stands_still, stopped)):
                    assert time.monotonic() < deadline, "it does not stand still"
                    time.sleep(0.002)
            at_s = time.time()
            shutil.copytree(self.state, folder, symlinks=True, ignore=self._left_out, copy_function=_copy)
            self.follow()
            lengths = self._lengths(folder)
        finally:
            for pid in stopped:
                _signalled(pid, signal.SIGCONT)
        for one in self.lent:
            (folder / one).parent.mkdir(parents=True, exist_ok=True)
            (folder / one).symlink_to(self.state / one)
        return Image(folder, at_s, lengths, what)

    def _left_out(self, folder: str, names: list[str]) -> set[str]:
        """What is lent, and what is no file: sockets, pipes."""
        here = Path(folder)
        lent = {str(self.state / one) for one in self.lent}
        return {one for one in names if str(here / one) in lent or not _is_kept(here / one)}

    def _lengths(self, folder: Path) -> dict[str, int]:
        found = {}
        for path in folder.rglob("*"):
            if path.is_symlink() or not path.is_file():
                continue
            name, seen = str(path.relative_to(folder)), path.stat()
            known = self._known.get(str(self.state / name), _Known())
            parent = self._known.get(str((self.state / name).parent), _Known())
            if name.endswith(_OF_SQLITE) and known.synced_at_s:
                found[name] = seen.st_size
            elif parent.synced_at_s < known.named_at_s or not known.named_at_s:
                continue
            elif seen.st_mtime <= known.synced_at_s:
                found[name] = seen.st_size
            else:
                found[name] = min(known.size, seen.st_size)
        return found


async def follows(disk: Disk) -> None:
    """Until cancelled."""
    while True:
        disk.follow()
        await asyncio.sleep(FOLLOW_S)


def _is_kept(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def _copy(source: str, target: str) -> str:
    return str(shutil.copy2(source, target, follow_symlinks=False))


def _signalled(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _state(thread: Path) -> str:
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]


def _has_stopped(thread: Path) -> bool:
    return any(_state(Path("/proc") / child) in "Tt" for child in (thread / "children").read_text().split())


def _stands_still(pid: int) -> bool:
    """Each of its threads. One that starts a program waits for it without a stop (vfork(2)), and the program stands."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return all(_state(one) in "TtZX" or (_state(one) == "D" and _has_stopped(one)) for one in threads)
    except OSError:
        return not Path(f"/proc/{pid}").exists()
