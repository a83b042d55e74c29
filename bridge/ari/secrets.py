"""Asterisk's own secrets: made once, kept in one file of mode 600, never in a setting."""

import json
import re
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import structlog

from bridge.files import make_once
from bridge.ports import PortError

log = structlog.get_logger(__name__)


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
    if (path.parent / "codes.key").exists():  # it is made later than this file, so this one was there
        log.error(
            "asterisk_secrets_were_lost",
            file=str(path),
            action="new ones are made",
            remedy="hand out the new emergency code, and restart Asterisk when no call is up",
        )
    make_once(path, json.dumps(asdict(made), indent=1).encode())
