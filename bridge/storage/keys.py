"""The key that codes are looked up and sealed with. It is a file of its own, outside the database and its backups."""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bridge import files
from bridge.domain.conference.records import Role
from bridge.domain.kernel.ids import ConferenceId
from bridge.ports import PortError
from bridge.storage.reasons import StorageReason

log = structlog.get_logger(__name__)

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Key:
    """One key and its two uses: finding a code by its keyed hash, and sealing it for the host's eyes."""

    lookup_key: bytes
    seal: AESGCM

    @classmethod
    def of(cls, key: bytes) -> "Key":
        return cls(_derived(key, b"samband codes lookup"), AESGCM(_derived(key, b"samband codes seal")))

    def lookup(self, digits: str) -> str:
        return hmac.new(self.lookup_key, digits.encode("ascii"), sha256).hexdigest()

    def close(self, conference: ConferenceId, role: Role, digits: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self.seal.encrypt(nonce, digits.encode("ascii"), _bound_to(conference, role))

    def open(self, conference: ConferenceId, role: Role, box: bytes) -> str | None:
        try:
            digits = self.seal.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _bound_to(conference, role))
        except (InvalidTag, ValueError):
            return None
        return digits.decode("ascii")


class KeyRing:
    """The key, and the substitute that was made when it was lost. Blocking: call it in a thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._substitute = file.with_name(f"{file.name}.new")
        self._keys: tuple[Key, ...] = ()
        self.fault = ""
        """Why the key itself cannot be used."""

    @property
    def file(self) -> Path:
        return self._file

    @property
    def first(self) -> Key:
        """The key that seals."""
        if not self._keys:
            reason = StorageReason.KEY_NOT_READ(file=str(self._file))
            raise PortError("disk", reason, retry=True, evidence=self.fault)
        return self._keys[0]

    def lookups(self, digits: str) -> list[str]:
        """The hashes a code may be kept under."""
        return [key.lookup(digits) for key in self._keys]

    def open(self, conference: ConferenceId, role: Role, box: bytes) -> str | None:
        """The code in the box, if one of the keys closed it."""
        opened = (key.open(conference, role, box) for key in self._keys)
        return next((digits for digits in opened if digits is not None), None)

    def load(self, *, needed: bool) -> bool:
        """Read the files. `needed`: something was sealed before. Without a key a new one is made where none is needed,
        and a substitute where one is. Gives whether a key was made now.

        Raises:
            PortError: device `disk`: no key can be read, and none be made.
        """
        key, self.fault = self._read()
        if key is None and not needed:
            self._set_aside()
            log.info("codes_key_made", reason=self.fault)
            key, self.fault = make_key(self._file), ""
        substitute = read_key(self._substitute)
        substituted = key is None and substitute is None
        if substituted:
            substitute = make_key(self._substitute)
        self._keys = tuple(Key.of(one) for one in (key, substitute) if one is not None)
        return substituted

    def put_substitute_in_place(self) -> bool:
        """The lost key is given up. Whether there was something to put in its place.

        Raises:
            PortError: device `disk`.
        """
        key, _ = self._read()
        if key is not None or read_key(self._substitute) is None:
            return False
        self._set_aside()
        try:
            self._substitute.rename(self._file)
            files.sync_folder(self._file.parent)
        except OSError as error:
            reason = StorageReason.KEY_NOT_MADE(file=str(self._file))
            raise PortError("disk", reason, retry=False, evidence=str(error)) from error
        return True

    def _read(self) -> tuple[bytes | None, str]:
        try:
            key = read_key(self._file)
        except PortError as error:
            return None, error.message
        return key, "" if key is not None else f"{self._file} is missing"

    def _set_aside(self) -> None:
        """A file that holds no key is kept, under another name: nothing here is deleted."""
        try:
            self._file.rename(self._file.with_name(f"{self._file.name}.damaged-{secrets.token_hex(4)}"))
        except FileNotFoundError:
            return
        except OSError as error:
            reason = StorageReason.KEY_NOT_MOVED(file=str(self._file))
            raise PortError("disk", reason, retry=False, evidence=str(error)) from error


def read_key(path: Path) -> bytes | None:
    """The key in the file, or none where there is no file. One that others could read is closed to them, and told.

    Raises:
        PortError: device `disk`: not readable, or not 32 bytes.
    """
    try:
        open_to_others = path.stat().st_mode & 0o077
        if open_to_others:
            path.chmod(0o600)
            log.error("key_was_readable_by_others", file=str(path), action="its mode is set to 600")
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PortError("disk", StorageReason.KEY_UNUSABLE(file=str(path)), retry=False, evidence=str(error)) from error
    if len(key) != KEY_BYTES:
        raise PortError("disk", StorageReason.KEY_SHAPE(file=str(path), bytes=KEY_BYTES), retry=False)
    return key


def make_key(path: Path) -> bytes:
    """A fresh key in the file, mode 600 in a folder of mode 700. If somebody else was quicker, it is theirs.

    Raises:
        PortError: device `disk`: it cannot be written.
    """
    try:
        files.make_once(path, secrets.token_bytes(KEY_BYTES))
    except OSError as error:
        raise PortError("disk", StorageReason.KEY_NOT_MADE(file=str(path)), retry=False, evidence=str(error)) from error
    key = read_key(path)
    if key is None:
        raise PortError("disk", StorageReason.KEY_TAKEN_AWAY(file=str(path)), retry=True)
    return key


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


def _bound_to(conference: ConferenceId, role: Role) -> bytes:
    """The owner of a sealed code, so that a row moved in the database does not open."""
    return f"{conference}|{role.value}".encode()
