"""The kernel's data on processes (proc(5)), and their end."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import NoReturn


def ticks_of(pid: int) -> int | None:
    """Processor time that all threads of a process have used, in clock ticks; nothing when it is gone."""
    fields = _fields(pid)
    return int(fields[11]) + int(fields[12]) if fields else None


def waited_s(pid: int) -> float | None:
    """For how long the main thread was ready to work while others had the processor; nothing when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def threads_ns(pid: int) -> dict[int, int]:
    """Thread → the time for which it has worked, in nanoseconds; empty when the process is gone."""
    return _of_threads(pid, 0)


def threads_waited_ns(pid: int) -> dict[int, int]:
    """Thread → for how long it was ready to work while others had the processor, in nanoseconds. Empty when the process
    is gone. The kernel counts such a wait when it ends."""
    return _of_threads(pid, 1)


def children_of(pid: int) -> list[int]:
    """Those that it has started itself and that have not been waited for."""
    found = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return [one for one in found if (fields := _fields(one)) and int(fields[1]) == pid]


def descendants_of(pid: int) -> list[int]:
    """All that it has started, and what those have started in turn."""
    found = children_of(pid)
    return [*found, *(below for one in found for below in descendants_of(one))]


def call_it(name: str) -> None:
    """The name of this process for `ps -o comm`, `top` and the kernel's messages: 15 bytes of it (proc(5))."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name, encoding="ascii")


def end_at_once(*others: int | None, code: int) -> NoReturn:
    """SIGKILL to all that this process has started, each with its own children, and to the others; and end.

    Every promise is on disk, as when the power fails.
    """
    for one in descendants_of(os.getpid()):
        with suppress(ProcessLookupError):
            os.killpg(one, signal.SIGKILL)  # each leads a group of its own
    for other in others:
        with suppress(ProcessLookupError):
            if other is not None:
                os.kill(other, signal.SIGKILL)
    os._exit(code)


def _of_threads(pid: int, field: int) -> dict[int, int]:
    """Thread → one field of its `schedstat`."""
    found = {}
    with suppress(OSError):
        for folder in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError, ValueError, IndexError):  # it has ended meanwhile
                found[int(folder.name)] = int((folder / "schedstat").read_text().split()[field])
    return found


def _fields(pid: int) -> list[str]:
    """Those behind the name: state, parent, …; none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
