"""Why a serial line cannot be had; the words say what to do."""

import getpass
import os
import stat
from pathlib import Path
from typing import Final

from bridge.domain.kernel.reasons import Reason
from bridge.rakel.port import is_device, scheme
from bridge.rakel.reasons import LineReason

_BY_ID: Final = Path("/dev/serial/by-id")
_HELD: Final = ("lock", "busy", "Resource temporarily unavailable")


def why_not_opened(url: str, said: str) -> Reason:
    """`said` is what pyserial said."""
    if not is_device(url):
        return LineReason.SERVER_REFUSES(url=url, evidence=said)
    if scheme(url):
        return LineReason.NO_ADAPTER(url=url, evidence=said)
    path = Path(url)
    if not path.exists():
        return LineReason.NOT_THERE(url=url, lines=_lines_here())
    if not stat.S_ISCHR(path.stat().st_mode):
        return LineReason.NOT_SERIAL(url=url, evidence=said)
    if "Permission denied" in said or not os.access(path, os.R_OK | os.W_OK):
        return LineReason.NO_PERMISSION(url=url, user=getpass.getuser(), group=_group_of(path), evidence=said)
    if any(word in said for word in _HELD):
        return LineReason.HELD(url=url, evidence=said)
    return LineReason.UNUSABLE(url=url, evidence=said)


def _group_of(path: Path) -> str:
    try:
        return path.group()
    except (KeyError, OSError):
        return "dialout"


def _lines_here() -> str | None:
    found = sorted(str(one) for one in _BY_ID.glob("*")) if _BY_ID.is_dir() else []
    return ", ".join(found) or None
