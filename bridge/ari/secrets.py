"""Asterisk's own secrets: made once, kept in one file of mode 600, never in a setting."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Final

import structlog

from bridge.ari.reasons import AsteriskReason, StartReason
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.files import make_once
from bridge.ports import PortError

log = structlog.get_logger(__name__)

FILE: Final = "asterisk-secrets.json"
LOST: Final = "asterisk-secrets.lost"
"""Lies beside them once they were lost. The keeper takes it away by saying that the new emergency code has been handed
out."""


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
    path = directory / FILE
    try:
        _make_once(path)
        loaded = json.loads(path.read_text())
        made = AsteriskSecrets(**{item.name: str(loaded[item.name]) for item in fields(AsteriskSecrets)})
    except OSError as error:
        raise PortError(
            "disk", StartReason.SECRETS_NOT_KEPT(path=str(path)), retry=False, evidence=str(error)
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise PortError("disk", StartReason.SECRETS_DAMAGED(path=str(path)), retry=False) from error
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{4,128}", str(value), re.ASCII) for value in asdict(made).values()):
        raise PortError("disk", StartReason.SECRETS_DAMAGED(path=str(path)), retry=False)
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
        make_once(path.with_name(LOST), b"The emergency code that was handed out opens nothing any more.\n")
    make_once(path, json.dumps(asdict(made), indent=1).encode())


class SecretsWatch:
    """The alarm that the secrets were lost: it stays until somebody has acted on it. Implements `bridge.ports.Health`.

    Args:
        directory: As for `load_or_make_secrets`.
    """

    def __init__(self, directory: Path) -> None:
        self._lost = directory / LOST

    def health(self) -> Mapping[str, Reason]:
        return {"emergency code": AsteriskReason.EMERGENCY_CODE_LOST() if self._lost.exists() else WELL}

    def handed_out(self) -> None:
        """The keeper has acted: the alarm ends."""
        self._lost.unlink(missing_ok=True)
