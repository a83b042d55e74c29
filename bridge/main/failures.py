"""What a person is told when the program cannot start or go on: what, why, and what to do. Never a bare traceback."""

import errno
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from bridge.ports import PortError
from bridge.settings import SettingsError

log = structlog.get_logger(__name__)

_REMEDIES: Final = {
    errno.ENOSPC: ("the disk is full", "make room"),
    errno.EDQUOT: ("this user's share of the disk is used up", "make room"),
    errno.EROFS: ("it cannot be written to", "mount it writable, or set another state directory"),
    errno.EACCES: ("this user may not do that", "give the file to the user that Samband runs as"),
    errno.EPERM: ("this user may not do that", "give the file to the user that Samband runs as"),
    errno.ENOENT: ("it is not there", "install Samband anew, or correct the setting that names it"),
    errno.EEXIST: ("a file is in the place of a folder", "move it away"),
    errno.ENOTDIR: ("a part of the path is no folder", "move that file away"),
    errno.EISDIR: ("it is a folder and should be a file", "move it away"),
    errno.EMFILE: ("too many files are open", "raise the limit of open files (ulimit -n)"),
    errno.ENFILE: ("too many files are open on this machine", "end what holds them"),
    errno.EAGAIN: ("no more processes may be started", "raise the limit of processes (ulimit -u)"),
    errno.ENOMEM: ("there is no memory left", "end what uses it"),
    errno.EIO: ("the disk fails", "take a backup now, and replace the disk"),
    errno.ENAMETOOLONG: ("its name is too long", "set a state directory with a shorter path"),
}


@contextmanager
def in_words(what: str) -> Iterator[None]:
    """Whatever goes wrong inside leaves as a `PortError` or a `SettingsError`, which can be shown to a person.

    Args:
        what: Whose failure it is, such as `samband run`.
    """
    try:
        yield
    except Exception as error:  # this is the place where every other one ends
        told = explained(what, error)
        if told is error:
            raise
        raise told from error


def explained(what: str, error: BaseException) -> PortError | SettingsError:
    """The failure as it is told to a person; what nobody foresaw is also logged, with its traceback."""
    first = first_of(error)
    if isinstance(first, (PortError, SettingsError)):
        return first
    if isinstance(first, OSError):
        return _of_the_system(what, first)
    log.critical("unforeseen_failure", what=what, exc_info=error)
    last = traceback.extract_tb(first.__traceback__)[-1:]
    where = f"{Path(last[0].filename).name}, line {last[0].lineno}" if last else "no place is known"
    message = "it failed in a way that was not foreseen: please report it with the log's last lines"
    return PortError(what, message, retry=False, evidence=f"{type(first).__name__}: {first}; {where}")


def first_of(error: BaseException) -> BaseException:
    """Of failures that came together (a task group's), the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _of_the_system(what: str, error: OSError) -> PortError:
    meaning, remedy = _REMEDIES.get(error.errno or 0, (error.strerror or str(error), "see the runbook"))
    named = f"{error.filename}: " if error.filename else ""
    return PortError(what, f"{named}{meaning}: {remedy}", retry=False, evidence=str(error))
