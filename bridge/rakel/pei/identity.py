"""Subscriber identities as the terminal writes them.

The same person comes in three forms. Two are SSI (up to 8 digits) and TSI (MCC 3, MNC 4 or 5, SSI 8 digits). The
third is extended TSI (MCC 4, MNC 5, SSI 8 digits). The type field beside it cannot be relied on; the length can. Real
terminals give a wrong network identity with a right SSI in direct mode (captured: `7530236102089144` for 2089144). So
identities are matched by SSI, and the rest is advice.
"""

from dataclasses import dataclass
from typing import Final

MAX_SSI: Final = 0xFFFFFF
_SSI_DIGITS: Final = 8
_MAX_DIGITS: Final = 17


@dataclass(frozen=True, slots=True)
class Identity:
    """An SSI, 0…16 777 215 (24 bit), and the digits of the network identity before it, if any."""

    ssi: int
    mni: str = ""

    def same(self, other: "Identity | int | None") -> bool:
        """Whether both name the same subscriber; the network identity is not looked at."""
        return other is not None and self.ssi == (other.ssi if isinstance(other, Identity) else other)


def parse_identity(text: str) -> Identity | None:
    """Read digits by their length; `None` when empty, not digits, longer than 17, or an SSI over 24 bits."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > _MAX_DIGITS:
        return None
    ssi = int(text[-_SSI_DIGITS:])
    return Identity(ssi, text[:-_SSI_DIGITS]) if ssi <= MAX_SSI else None
