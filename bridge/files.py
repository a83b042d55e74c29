"""Files that must be whole after a power cut at any moment: keys, secrets, tokens, manifests, what is made once.

A file's bytes are on the disk after its own sync, its name after its folder's. Whoever does less finds an empty file
under the right name, or none.
"""

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

_BLOCK_BYTES: Final = 1 << 20


def keep_private() -> None:
    """Whatever this program and those it starts make is for its own user alone, wherever it lies."""
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
    """Force a file's bytes to the disk, also those another process wrote: a sync is of the file, not of the handle."""
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
