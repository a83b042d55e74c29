"""Writing so that it is there after a power cut: the file's bytes, and its name in the folder."""

import hashlib
import os
from pathlib import Path
from typing import Final

_BLOCK_BYTES: Final = 1 << 20


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


def make_folder(path: Path) -> None:
    """The folder with its parents, each one's name durable in the one above."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def write_file(path: Path, content: bytes) -> None:
    """A new file, its bytes on the disk; its name is not, until the folder is synced."""
    with path.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hex; reads it in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
