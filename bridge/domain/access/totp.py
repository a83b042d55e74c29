"""Codes of six digits by time (RFC 6238, HMAC-SHA-1, steps of 30 s). Pure."""

import base64
import hmac
from collections.abc import Iterator
from hashlib import sha1
from typing import Final
from urllib.parse import quote

STEP_S: Final = 30
DIGITS: Final = 6
DRIFT_STEPS: Final = 1
"""A telephone's clock may be so many steps before ours, or after it."""
SECRET_BYTES: Final = 20


def step_at(now_s: float) -> int:
    """The step of an instant, in seconds since 1970."""
    return int(now_s // STEP_S)


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step (RFC 4226, 5.3)."""
    mac = hmac.new(secret, step.to_bytes(8, "big"), sha1).digest()
    at = mac[-1] & 0x0F
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def accepted(secret: bytes, typed: str, now_s: float, last_step: int) -> int | None:
    """The step whose code was typed; `None`: it is no code of now. A step that was used, or one before it, is never
    taken again."""
    code = "".join(one for one in typed if not one.isspace())
    if len(code) != DIGITS or not code.isascii():
        return None
    fits = [step for step in _near(now_s) if hmac.compare_digest(code_of(secret, step), code)]
    return next((step for step in fits if step > last_step), None)


def _near(now_s: float) -> Iterator[int]:
    now = step_at(now_s)
    yield from range(max(0, now - DRIFT_STEPS), now + DRIFT_STEPS + 1)


def shown(secret: bytes) -> str:
    """The secret as people type it: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(secret: bytes, name: str, issuer: str = "Samband") -> str:
    """The address that a telephone's app opens (`otpauth:`)."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(issuer)}:{quote(name)}?secret={text}&issuer={quote(issuer)}"
