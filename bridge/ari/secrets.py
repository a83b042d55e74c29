"""Asterisk's own secrets: made once, kept in one file of mode 600, never in a setting."""

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from bridge.ports import PortError


@dataclass(frozen=True, slots=True)
class AsteriskSecrets:
    """Users and passwords between us and our Asterisk, and the code of the emergency room."""

    ari_user: str
    ari_password: str = field(repr=False)
    ami_user: str
    ami_password: str = field(repr=False)
    emergency_code: str = field(repr=False)
    """Eight digits; given to duty functions sealed, for the hour when the controller is gone."""


def load_or_make_secrets(directory: Path) -> AsteriskSecrets:
    """The secrets of this state directory, made at the first call.

    Raises:
        PortError: The file cannot be read or written, or is damaged.
    """
    path = directory / "asterisk-secrets.json"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _make_once(path)
        loaded = json.loads(path.read_text())
        made = AsteriskSecrets(**{item.name: str(loaded[item.name]) for item in fields(AsteriskSecrets)})
    except OSError as error:
        raise PortError("disk", f"cannot keep secrets in {path}", retry=False, evidence=str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path} is damaged: remove it, new secrets are made at the next start"
        raise PortError("disk", message, retry=False) from error
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{4,128}", str(value), re.ASCII) for value in asdict(made).values()):
        raise PortError("disk", f"{path} is damaged: remove it, new secrets are made at the next start", retry=False)
    return made


def write_private(path: Path, text: str) -> None:
    """Put the text in place at once, readable by the owner alone from its first byte."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _make_once(path: Path) -> None:
    if path.exists():
        path.chmod(0o600)
        return
    made = AsteriskSecrets(
        ari_user="samband",
        ari_password=secrets.token_urlsafe(32),
        ami_user="samband",
        ami_password=secrets.token_urlsafe(32),
        emergency_code="".join(secrets.choice("0123456789") for _ in range(8)),
    )
    write_private(path, json.dumps(asdict(made), indent=1))
