"""Files that must be whole after a power cut at any moment: keys, secrets, tokens, manifests, and others made once.

A file's bytes are on the disk after its own sync, its name after its folder's. With less, a power cut leaves an empty
file under the right name, or none.
"""

import errno
import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

from bridge.domain.kernel.reasons import Reason, ReasonCode

_BLOCK_BYTES: Final = 1 << 20


class SystemReason(ReasonCode):
    """The operating system refuses: the meaning of its error number, and the remedy."""

    NO_SPACE = "system_no_space", "path"
    QUOTA = "system_quota", "path"
    READ_ONLY = "system_read_only", "path"
    FORBIDDEN = "system_forbidden", "path"
    NOT_THERE = "system_not_there", "path"
    FILE_IN_PLACE = "system_file_in_place", "path"
    NO_FOLDER = "system_no_folder", "path"
    IS_FOLDER = "system_is_folder", "path"
    TOO_MANY_FILES = "system_too_many_files", "path"
    TOO_MANY_FILES_HERE = "system_too_many_files_here", "path"
    TOO_MANY_PROCESSES = "system_too_many_processes", "path"
    NO_MEMORY = "system_no_memory", "path"
    DISK_FAILS = "system_disk_fails", "path"
    NAME_TOO_LONG = "system_name_too_long", "path"
    OTHER = "system_other", "path"


_MEANINGS: Final = {
    errno.ENOSPC: SystemReason.NO_SPACE,
    errno.EDQUOT: SystemReason.QUOTA,
    errno.EROFS: SystemReason.READ_ONLY,
    errno.EACCES: SystemReason.FORBIDDEN,
    errno.EPERM: SystemReason.FORBIDDEN,
    errno.ENOENT: SystemReason.NOT_THERE,
    errno.EEXIST: SystemReason.FILE_IN_PLACE,
    errno.ENOTDIR: SystemReason.NO_FOLDER,
    errno.EISDIR: SystemReason.IS_FOLDER,
    errno.EMFILE: SystemReason.TOO_MANY_FILES,
    errno.ENFILE: SystemReason.TOO_MANY_FILES_HERE,
    errno.EAGAIN: SystemReason.TOO_MANY_PROCESSES,
    errno.ENOMEM: SystemReason.NO_MEMORY,
    errno.EIO: SystemReason.DISK_FAILS,
    errno.ENAMETOOLONG: SystemReason.NAME_TOO_LONG,
}


def refused_by_the_system(error: OSError, path: str | None = None) -> Reason:
    """The meaning of a refusal, by its error number."""
    return _MEANINGS.get(error.errno or 0, SystemReason.OTHER)(path=path)


def keep_private() -> None:
    """Files that this program and its children make are for its own user alone, wherever they are."""
    os.umask(0o077)


def replace_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put the content in place: after a power cut the former file is there or the new one, each whole.

    Raises:
        OSError: A disk that does not take it; the former file is untouched.
    """
    partial = _beside(path, content, mode)
    try:
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_once(path: Path, content: bytes, *, mode: int = 0o600) -> bool:
    """As `replace_file`, but never over a file that is there. Whether it was made; if not, somebody else's stands.

    Raises:
        OSError: A disk that does not take it.
    """
    partial = _beside(path, content, mode)
    try:
        os.link(partial, path)
    except FileExistsError:
        return False
    finally:
        partial.unlink()
        sync_folder(path.parent)
    return True


def make_folder(path: Path, *, mode: int = 0o700) -> None:
    """The folder with its parents, each one's name durable in the one above."""
    if path.is_dir():
        return
    make_folder(path.parent, mode=mode)
    path.mkdir(mode=mode, exist_ok=True)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Force a file's bytes to the disk, also those another process wrote. A sync is of the file, not of the handle."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Force a folder's names to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_percent(path: Path) -> float | None:
    """Room on the disk that holds `path`, for a user without privileges; `None` when it cannot be asked."""
    try:
        status = os.statvfs(path)
    except OSError:
        return None
    return 100.0 * status.f_bavail / status.f_blocks if status.f_blocks else 0.0


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hex; reads it in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _beside(path: Path, content: bytes, mode: int) -> Path:
    """The content under a name of its own in the same folder, its bytes on the disk."""
    make_folder(path.parent)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        partial.unlink()
        raise
    finally:
        os.close(descriptor)
    return partial
