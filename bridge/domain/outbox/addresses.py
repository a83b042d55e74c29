"""E-mail addresses."""

import re
from typing import Final

_MAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+",
    re.ASCII,
)
"""RFC 5321 without quoted parts and literals."""


def mail_address(text: str) -> str | None:
    """An e-mail address that may be sent to; `None`: it is none."""
    address = text.strip()
    return address if len(address) <= 254 and _MAIL.fullmatch(address) is not None else None
