"""The rule of passwords: long, and not one that many use (ASVS 5.0, 6.2). Pure."""

import unicodedata
from collections.abc import Collection
from typing import Final

from bridge.domain.access.reasons import AccountReason
from bridge.domain.kernel.reasons import Reason

LEAST: Final = 15
MOST: Final = 128
_OF_NAME: Final = 4
"""A name of so many characters may not be most of a password."""


def normal(password: str) -> str:
    """As it is hashed: the same text by any keyboard (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def fault_of(password: str, name: str, common: Collection[str]) -> Reason | None:
    """Why it cannot be taken; `None`: it can.

    Args:
        password: As it was typed.
        name: Of the account.
        common: Passwords that many use, and their parts, in lower case.
    """
    text = normal(password)
    if len(text) < LEAST:
        return AccountReason.TOO_SHORT(least=LEAST)
    if len(text) > MOST:
        return AccountReason.TOO_LONG(most=MOST)
    bare = "".join(one for one in text.casefold() if one.isalnum())
    if len(set(bare)) < 5 or _is_of(bare, common):
        return AccountReason.COMMON()
    if len(name) >= _OF_NAME and _is_of(bare, (name.casefold(), "samband")):
        return AccountReason.OF_NAME()
    return None


def _is_of(bare: str, words: Collection[str]) -> bool:
    """Whether the text is nothing but such words, digits, and pieces of the rows of keys, one after another."""
    if bare in words:
        return True
    reach = [True] + [False] * len(bare)
    for at in range(len(bare)):
        if not reach[at]:
            continue
        if bare[at].isdigit():
            reach[at + 1] = True
        for end in range(at + 3, min(len(bare), at + 24) + 1):
            if bare[at:end] in words:
                reach[end] = True
    return reach[-1]
