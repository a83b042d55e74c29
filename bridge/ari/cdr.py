"""Asterisk's call detail records: how calls ended while nobody listened, and the keys taken from them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

_TAIL_BYTES: Final = 1_000_000
"""About 4 000 calls. Older calls were settled long ago."""
_DISPOSITION: Final = 14
_UNIQUE_ID: Final = 16
_USER_FIELD: Final = 17
_CAUSES: Final = {"ANSWERED": 16, "BUSY": 17, "NO ANSWER": 19, "FAILED": 38, "CONGESTION": 34}
"""Q.850. A record tells less than the channel did: a number that does not exist also reads NO ANSWER."""


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended.

    Attributes:
        cause: Q.850.
        key: The dialplan's word on whoever answered: the key they pressed, `w` when nobody came for them, or empty.
    """

    cause: int
    key: str = ""


def answered(key: str) -> CallEnd:
    """Of a call whose record is yet to be written."""
    return CallEnd(_CAUSES["ANSWERED"], key)


def ends_of(asked: Sequence[str], cdr_file: Path) -> dict[str, CallEnd]:
    """Channel id → its end, for those asked for that the end of the file tells of.

    A channel with several records takes the most telling one: answered before all others.

    Raises:
        OSError: The file is there and cannot be read.
    """
    if not asked:
        return {}
    wanted = frozenset(asked)
    found: dict[str, CallEnd] = {}
    for line in (line for file in (former(cdr_file), cdr_file) if file.is_file() for line in _tail(file)):
        row = next(csv.reader([line]), [])  # each line alone, so that a damaged one spoils no other
        if len(row) <= _UNIQUE_ID or row[_UNIQUE_ID] not in wanted:
            continue
        cause = _CAUSES.get(row[_DISPOSITION])
        if cause is None:
            continue
        channel, key = row[_UNIQUE_ID], row[_USER_FIELD] if len(row) > _USER_FIELD else ""
        known = found.get(channel)
        if known is None or known.cause != _CAUSES["ANSWERED"]:
            known = CallEnd(cause, known.key if known else "")
        found[channel] = replace(known, key=key or known.key)
    return found


def former(file: Path) -> Path:
    """Where `bridge.logs` puts what was there when the file grew too long."""
    return file.with_name(f"{file.name}.1")


def _tail(cdr_file: Path) -> list[str]:
    with cdr_file.open("rb") as handle:
        size = handle.seek(0, 2)
        handle.seek(max(0, size - _TAIL_BYTES))
        lines = handle.read().decode("utf-8", "replace").split("\n")
    return lines[1:] if size > _TAIL_BYTES else lines
