"""Why a serial line cannot be had, in words that say what to do."""

import getpass
import os
import stat
from pathlib import Path
from typing import Final

from bridge.rakel.port import is_device, scheme

_BY_ID: Final = Path("/dev/serial/by-id")
_HELD: Final = ("lock", "busy", "Resource temporarily unavailable")


def why_not_opened(url: str, said: str) -> str:
    """`said` is what pyserial said."""
    if not is_device(url):
        return (
            f"the serial server of {url} does not serve it ({said}): check its address, its port, and that no one else"
            " holds it"
        )
    if scheme(url):
        return f"no adapter is found by {url}"
    path = Path(url)
    if not path.exists():
        return f"there is no {url}: is the adapter plugged in? {_lines_here()}"
    if not stat.S_ISCHR(path.stat().st_mode):
        return f"{url} is no serial line"
    if "Permission denied" in said or not os.access(path, os.R_OK | os.W_OK):
        return (
            f"{getpass.getuser()} may not open {url}: add the user to the group {_group_of(path)}"
            f" (sudo usermod -aG {_group_of(path)} {getpass.getuser()}) and log in anew"
        )
    if any(word in said for word in _HELD):
        return (
            f"{url} is held by another program. Where Samband runs, stop it first, or ask it: samband radio status;"
            f" else look with: fuser {url}"
        )
    return f"{url} cannot be used: {said}"


def _group_of(path: Path) -> str:
    try:
        return path.group()
    except (KeyError, OSError):
        return "dialout"


def _lines_here() -> str:
    found = sorted(str(one) for one in _BY_ID.glob("*")) if _BY_ID.is_dir() else []
    return f"Lines of this machine: {', '.join(found)}" if found else f"{_BY_ID} names no line"
