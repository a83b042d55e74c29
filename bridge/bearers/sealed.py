"""Secrets in messages: sealed while they lie in the outbox, and opened as they leave it.

A link by e-mail holds a secret, and the outbox is kept. So its text has the sealed secret. The database and its
copies tell it to nobody who lacks the key.
"""

import re
from pathlib import Path
from typing import Final

import structlog
from cryptography.fernet import Fernet, InvalidToken

from bridge.bearers.reasons import BearerReason
from bridge.files import make_once, replace_file
from bridge.ports import PortError

log = structlog.get_logger(__name__)

FILE: Final = "messages.key"
_SEALED: Final = re.compile(r"\{sealed:([A-Za-z0-9_=-]{1,1000})\}")


class Seals:
    """Seals secrets into texts, and opens them."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def seal(self, secret: str) -> str:
        """The secret as it may stand in a text of the outbox."""
        return f"{{sealed:{self._fernet.encrypt(secret.encode()).decode()}}}"

    def opened(self, text: str) -> str:
        """The text with its secrets, as it is sent.

        Raises:
            PortError: A secret was sealed by another key.
        """
        try:
            return _SEALED.sub(lambda found: self._fernet.decrypt(found[1].encode()).decode(), text)
        except InvalidToken as error:
            raise PortError("mail", BearerReason.SEALED(), retry=False) from error


def seals_of(folder: Path) -> Seals:
    """With the key of this state directory, made (mode 600) at the first call. A file that holds none is replaced: what
    was sealed and not sent then fails, and the log says so."""
    path = folder / FILE
    make_once(path, Fernet.generate_key())
    try:
        return Seals(path.read_bytes().strip())
    except ValueError:
        log.warning("messages_key_made_anew", file=str(path))
        key = Fernet.generate_key()
        replace_file(path, key)
        return Seals(key)
