"""Telephone numbers: E.164, digits only. What passes here may be put into a dial string, so nothing else may pass."""

import re
from typing import Final

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS: Final = re.compile(r"[\s\-()]")


class NumberError(ValueError):
    """Not a telephone number. The text names the fault and the remedy."""


def parse_number(text: str, country: str = "46") -> str:
    """A number as people write it → E.164 with plus.

    Args:
        text: `08-555 55 55`, `+46 8 555 55 55`, `0046…`; spaces, hyphens and parentheses are dropped.
        country: The country code that a leading single 0 stands for.

    Raises:
        NumberError: Letters, `&`, `/`, non-ASCII digits, too short or too long (E.164: 7…15 digits).
    """
    if len(text) > 40:
        raise NumberError("a telephone number has at most 15 digits")
    compact = _SEPARATORS.sub("", text)
    if not re.fullmatch(r"\+?[0-9]+", compact, re.ASCII):
        raise NumberError("a telephone number holds digits only, with + before a country code: write +46… or 0…")
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    elif compact.startswith("0"):
        compact = f"+{country}{compact[1:]}"
    elif not compact.startswith("+"):
        raise NumberError("a telephone number begins with + and country code, or with 0 and area code")
    if not _E164.fullmatch(compact):
        raise NumberError("a telephone number has 7 to 15 digits after the +, the first not 0")
    return compact


def dialled_forms(number: str, country: str = "46") -> tuple[str, ...]:
    """How callers and trunks may write one of our own numbers: E.164, without plus, 00 and the national form."""
    digits = number.removeprefix("+")
    national = f"0{digits.removeprefix(country)}" if digits.startswith(country) else digits
    return tuple(dict.fromkeys((f"+{digits}", digits, f"00{digits}", national)))
