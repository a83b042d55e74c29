"""The key that codes are looked up and sealed with: a file of its own, outside the database and its backups."""

import os
import secrets
from pathlib import Path
from typing import Final

from bridge.ports import PortError

KEY_BYTES: Final = 32


def load_key(path: Path) -> bytes:
    """The key in the file, made at first start: 32 random bytes, mode 600, in a folder of mode 700.

    Raises:
        PortError: device `disk`: not readable, not 32 bytes, or open to others than its owner.
    """
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise PortError("disk", f"{path} can be read by others: set its mode to 600", retry=False)
        key = path.read_bytes()
    except OSError as error:
        raise PortError("disk", f"the key file {path} cannot be used", retry=False, evidence=str(error)) from error
    if len(key) != KEY_BYTES:
        raise PortError("disk", f"{path} holds no key of {KEY_BYTES} bytes: restore it from the backup", retry=False)
    return key


def _make(path: Path) -> None:
    """Whole or not at all, and never over a key that somebody else has just made."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(KEY_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
