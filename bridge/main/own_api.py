"""Our own running program, asked over its API as anybody else would ask it."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

from bridge.api.settings import ApiSettings
from bridge.domain.kernel.language import Language
from bridge.main.reasons import RunReason
from bridge.ports import PortError

ANSWER_S: Final = 5.0
"""During a takeover a controller answers within this; otherwise it answers in milliseconds."""
READINESS: Final = "/readyz"
_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def base_url(settings: ApiSettings) -> str:
    """Where it is reached on this machine, without a slash at the end."""
    host = _EVERY_ADDRESS.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def read(settings: ApiSettings, path: str, token: str = "", language: Language = Language.EN) -> Any:
    """Its answer, also where it says that it is not ready.

    Raises:
        PortError: It gives no answer, refuses, or another program answers.
    """
    headers = {"Accept-Language": language.value} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(base_url(settings) + path, headers=headers)  # noqa: S310  our own address
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            told = json.load(error)
        except ValueError:
            told = None
        if path == READINESS and isinstance(told, dict) and "parts" in told:
            return told
        said = told.get("detail") if isinstance(told, dict) else None
        reason = RunReason.API_ANSWERS(status=error.code)
        raise PortError("the API", reason, retry=True, evidence=str(said or error.reason)) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = RunReason.API_SILENT(address=base_url(settings))
        raise PortError("the API", reason, retry=True, evidence=str(error)) from error


def readiness(settings: ApiSettings, language: Language) -> Mapping[str, str]:
    """Part → `ok`, or the reason why not, of the program that runs.

    Raises:
        PortError: As `read`.
    """
    told = read(settings, READINESS, language=language)
    parts = told.get("parts") if isinstance(told, dict) else None
    if not isinstance(parts, dict):
        raise PortError("the API", RunReason.API_OF_ANOTHER(address=base_url(settings)), retry=False)
    return {str(part): str(reason) for part, reason in parts.items()}
