"""The key that signs heads of the audit chain: Ed25519, in a file that is made once."""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge import files
from bridge.domain.proof.heads import SignedHead, key_id
from bridge.domain.proof.reasons import ProofReason
from bridge.ports import PortError

log = structlog.get_logger(__name__)

FILE: Final = "archive.key"
_BYTES: Final = 32


class SigningKey:
    """The node's key. Blocking: its methods that touch the file are called in a thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._key: Ed25519PrivateKey | None = None

    @property
    def file(self) -> Path:
        return self._file

    @property
    def public(self) -> bytes | None:
        """32 bytes; `None`: it is not loaded."""
        return None if self._key is None else self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def load(self, *, may_make: bool) -> bytes:
        """Read the file, and give the public part. It is made where none is and nothing was ever signed with one.

        Raises:
            PortError: device `disk`: lost, or no key, or the disk refuses. A lost key is never replaced here.
        """
        self._key = None
        try:
            if may_make:
                files.make_once(self._file, secrets.token_bytes(_BYTES))
            content = self._file.read_bytes()
            if self._file.stat().st_mode & 0o077:
                self._file.chmod(0o600)
                log.error("key_was_readable_by_others", file=str(self._file), action="its mode is set to 600")
        except FileNotFoundError:
            raise PortError("disk", ProofReason.KEY_LOST(file=str(self._file)), retry=True) from None
        except OSError as error:
            reason = ProofReason.KEY_UNUSABLE(file=str(self._file))
            raise PortError("disk", reason, retry=True, evidence=str(error)) from error
        if len(content) != _BYTES:
            raise PortError("disk", ProofReason.KEY_UNUSABLE(file=str(self._file)), retry=False)
        self._key = Ed25519PrivateKey.from_private_bytes(content)
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def renew(self) -> bytes:
        """A new key, and its public part, since the former is lost. A file that holds none is kept under another name.

        Raises:
            PortError: The key is in order, or the disk refuses.
        """
        if self._key is not None:
            raise PortError("disk", ProofReason.KEY_IS_THERE(), retry=False)
        try:
            if self._file.exists():
                self._file.rename(self._file.with_name(f"{self._file.name}.damaged-{secrets.token_hex(4)}"))
        except OSError as error:
            reason = ProofReason.KEY_UNUSABLE(file=str(self._file))
            raise PortError("disk", reason, retry=True, evidence=str(error)) from error
        return self.load(may_make=True)

    def signed(self, head: SignedHead) -> SignedHead:
        """The head with its key and signature.

        Raises:
            PortError: No key is loaded.
        """
        public = self.public
        if self._key is None or public is None:
            raise PortError("disk", ProofReason.KEY_LOST(file=str(self._file)), retry=True)
        named = replace(head, key=key_id(public))
        return replace(named, signature=self._key.sign(named.statement()).hex())


def is_signed_by(head: SignedHead, public: bytes) -> bool:
    """Whether the signature is of this key (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(head.signature), head.statement())
    except (InvalidSignature, ValueError):
        return False
    return True
