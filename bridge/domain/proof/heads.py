"""The head of the audit chain, as it is signed.

A head is the number and hash of one row. A signed head proves every row up to its own, since each row's hash stands in
the next. One is signed over the row of each recording that is archived. So a package proves its recording, and shows
no other row.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from bridge.domain.canonical import canonical_json

KIND: Final = "samband.head"
"""Stands in each statement, so that no signature of ours can be taken for another one's."""
KEY_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class SignedHead:
    """One signed head. `hash` and `signature` are hexadecimal."""

    sequence: int
    """Counts the signed heads from 1, so that one that is taken away is missed."""
    number: int
    """Of the row."""
    hash: str
    at_s: float
    """When it was signed; seconds since 1970, whole milliseconds."""
    recording: str | None
    """The recording whose archiving the row tells of."""
    key: str
    """The id of the signing key."""
    signature: str = ""

    def statement(self) -> bytes:
        """The bytes that are signed."""
        return canonical_json(
            {
                "kind": KIND,
                "sequence": self.sequence,
                "number": self.number,
                "hash": self.hash,
                "at_s": self.at_s,
                "recording": self.recording,
                "key": self.key,
            }
        ).encode("ascii")


@dataclass(frozen=True, slots=True)
class ForeignHead:
    """A signed head of another node, kept here as its witness."""

    giver: str
    """The name of the token that handed it in."""
    sequence: int
    line: str
    """The head as it was handed in, as one line."""
    public: str
    """The public part of its key, hexadecimal."""
    taken_at_s: float
    """When, by our own clock."""


def key_id(public: bytes) -> str:
    """The id of an Ed25519 key (32 bytes): the beginning of its SHA-256, hexadecimal."""
    return sha256(public).hexdigest()[:KEY_DIGITS]
