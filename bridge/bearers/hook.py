"""The secret in the addresses by which the SMS gateway calls us."""

import re
import secrets
from pathlib import Path
from typing import Final

import structlog

from bridge.files import make_once, replace_file

log = structlog.get_logger(__name__)

FILE: Final = "sms-hook.key"
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def hook_secret(folder: Path) -> str:
    """The secret of this state directory: 256 bits, made (mode 600) at the first call.

    A file that holds none is replaced, and the log says so. Receipts of before, and the address of answers that the
    gateway knows, then lead nowhere.
    """
    path = folder / FILE
    make_once(path, secrets.token_urlsafe(32).encode())
    found = path.read_text(errors="replace").strip()
    if _SHAPE.fullmatch(found) is None:
        log.warning("sms_hook_made_anew", file=str(path), remedy="tell the gateway the new address for answers")
        found = secrets.token_urlsafe(32)
        replace_file(path, found.encode())
    path.chmod(0o600)
    return found
