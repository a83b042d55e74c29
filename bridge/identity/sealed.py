"""The key of the accounts: it seals the secrets of codes by time. It is a file of its own, outside the database."""

import hmac
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog
from cryptography.fernet import Fernet, InvalidToken

from bridge.files import make_once, replace_file

log = structlog.get_logger(__name__)

FILE: Final = "accounts.key"


class AccountKey:
    """`bridge.ports.SealedSecrets` with one key (Fernet)."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)
        self._key = key

    def seal(self, secret: bytes) -> str:
        return self._fernet.encrypt(secret).decode()

    def opened(self, sealed: str) -> bytes | None:
        try:
            return self._fernet.decrypt(sealed.encode())
        except InvalidToken:
            return None

    def derived(self, purpose: str, text: str) -> bytes:
        return hmac.new(self._key, f"{purpose}\0{text}".encode("utf-8", "surrogatepass"), sha256).digest()


def account_key(folder: Path) -> AccountKey:
    """The key of this state directory, made (mode 600) at the first call.

    A file that holds none is replaced, and the log says so. Codes by time then work no more. A passkey or a code on
    paper does, and so does a new invitation.
    """
    path = folder / FILE
    make_once(path, Fernet.generate_key())
    try:
        return AccountKey(path.read_bytes().strip())
    except ValueError:
        log.warning("accounts_key_made_anew", file=str(path), reason="it held no key: codes by time work no more")
        key = Fernet.generate_key()
        replace_file(path, key)
        return AccountKey(key)
