"""One way to write a value as bytes, so that a hash over it can be made again anywhere."""

import hashlib
import json
from typing import Final

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]

GENESIS: Final = "0" * 64
"""Stands in place of the previous hash before the first link of a chain."""


def canonical_json(value: JsonValue) -> str:
    """JSON with sorted keys, no spaces and ASCII only; every character a database refuses (NUL) is escaped.

    Raises:
        ValueError: NaN and the infinities have no JSON.
    """
    return _encode(value)


_encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode
"""Made once: `json.dumps` makes an encoder for each value."""


def chained_hash(previous_hash: str, value: JsonValue) -> str:
    """SHA-256 over the previous hash (its 64 hex digits as ASCII) followed by the canonical JSON; hex."""
    return hashlib.sha256(previous_hash.encode("ascii") + canonical_json(value).encode("ascii")).hexdigest()
