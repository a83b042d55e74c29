"""Passwords of bearers, each in a file of its own."""

import stat
from pathlib import Path
from typing import Final

from bridge.bearers.reasons import BearerReason
from bridge.ports import PortError

_LONGEST: Final = 256


def password_in(file: Path, device: str) -> str:
    """Read anew for each message, so that a new password needs no restart.

    Raises:
        PortError: The file cannot be read, is open to others, or holds no password. Mended, the same message goes.
    """
    try:
        if stat.S_IMODE(file.stat().st_mode) & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
            raise PortError(device, BearerReason.PASSWORD_OPEN(file=str(file)), retry=True)
        text = file.read_text().strip()
    except UnicodeDecodeError:
        raise PortError(device, BearerReason.PASSWORD_SHAPE(file=str(file)), retry=True) from None
    except OSError as error:
        reason = BearerReason.PASSWORD_UNREADABLE(file=str(file))
        raise PortError(device, reason, retry=True, evidence=error.strerror or "") from error
    if not text or not text.isprintable() or len(text) > _LONGEST:
        raise PortError(device, BearerReason.PASSWORD_SHAPE(file=str(file)), retry=True)
    return text
