"""The caller's number as the network shows it: a stranger's text, made fit to be shown and kept."""

import unicodedata
from typing import Final

MOST_CHARACTERS: Final = 40
_WITHHELD: Final = frozenset({"anonymous", "restricted", "private", "unknown", "unavailable", "withheld", "blocked"})
_MARKUP: Final = frozenset("<>&\"'`\\%=;,|@")
"""Characters of HTML, formulas, SIP addresses and dial strings: no number or name needs them."""


def shown_caller(text: str) -> str:
    """The number or name, in one line and without markup; empty where the number is withheld."""
    kept = (" " if unicodedata.category(one)[0] in "CZ" else one for one in text[: 4 * MOST_CHARACTERS])
    plain = " ".join("".join(one for one in kept if one not in _MARKUP).split())[:MOST_CHARACTERS].strip()
    return "" if plain.casefold() in _WITHHELD else plain
