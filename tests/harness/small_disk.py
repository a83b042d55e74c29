"""A disk of a given size that really runs full: a tmpfs of its own. Needs the right to mount; without it, skipped."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.lanes import NOT_ALLOWED


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """`folder` is made, holds at most `size_bytes`, and is unmounted at the end."""
    if os.geteuid() != 0:
        pytest.skip(f"{NOT_ALLOWED}: only root may mount a small disk")
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"{NOT_ALLOWED}: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take every byte that is left, in one file; remove it to make room again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as out:
        for block_bytes in (1 << 16, 1 << 12):
            try:
                while out.write(bytes(block_bytes)) == block_bytes:
                    pass
            except OSError:
                continue
    return ballast
