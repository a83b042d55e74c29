"""TOML files that people write: read into typed tables, and every fault told by file, line, field and remedy."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from bridge.domain.kernel.reasons import Reason, Unusable
from bridge.written import WrittenReason, in_file, not_utf8, of_parser, unreadable
from hardware.simulator.reasons import FieldReason

T = TypeVar("T")

_HEADER: Final = re.compile(r"^\s*\[\[?\s*([\w-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"""^\s*["']?([\w-]+)["']?\s*=""")
_PATH: Final = re.compile(r"^(.*?) - at `\$(.*)`$", re.DOTALL)
_NAMED: Final = re.compile(r"field `(\w+)`")
_LONGEST_VALUE: Final = 40


@dataclass(frozen=True, slots=True)
class Located:
    """A file's text with the way to every place in it."""

    path: Path
    text: str
    values: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Located":
        """
        Raises:
            Unusable: No such file, no UTF-8, or no TOML.
        """
        try:
            text = path.read_text(encoding="utf-8")
            return cls(path, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise Unusable(of_parser(path, str(error))) from error
        except UnicodeDecodeError as error:
            raise Unusable(not_utf8(path, error)) from error
        except RecursionError as error:
            raise Unusable(in_file(path, WrittenReason.TOO_DEEP())) from error
        except OSError as error:
            raise Unusable(unreadable(path, error)) from error

    def into(self, kind: type[T]) -> T:
        """The whole file as a typed value.

        Args:
            kind: A `msgspec.Struct`.

        Raises:
            Unusable: A field that is unknown, missing, or holds what it cannot. The reason names file, line and field.
        """
        try:
            return msgspec.convert(self.values, kind)
        except msgspec.ValidationError as error:
            names, numbers, field, reason = fault_of(self.values, error)
            table = names[0] if numbers else ""
            raise self.fault(table, numbers[0] if numbers else 0, field, reason) from error

    def fault(self, table: str, index: int, field: str, reason: Reason) -> Unusable:
        """A fault at a field of the n-th table of a name (`table` empty: before all tables)."""
        line = self._line_of(table, index, field)
        return Unusable(in_file(self.path, WrittenReason.AT(place=field or None, cause=reason), line or None))

    def _line_of(self, table: str, index: int, field: str) -> int:
        """The field's line; the table's where it has none of that name; 0 where that is not found either."""
        seen, inside, header = -1, not table, 0
        for number, text in enumerate(self.text.splitlines(), 1):
            if (found := _HEADER.match(text)) is not None:
                if inside and table:
                    return header
                seen += found[1] == table
                inside = bool(table) and found[1] == table and seen == index
                header = number if inside else header
            elif inside and (key := _KEY.match(text)) is not None and key[1] == field:
                return number
        return header


def fault_of(values: object, error: msgspec.ValidationError) -> tuple[Sequence[str], Sequence[int], str, Reason]:
    """The names and numbers of the path to a fault, the field at fault, and the reason."""
    found = _PATH.match(str(error))
    what, path = (found[1], found[2]) if found else (str(error), "")
    steps = [name or int(number) for name, number in re.findall(r"\.(\w+)|\[(\d+)\]", path)]
    names = [one for one in steps if isinstance(one, str)]
    numbers = [one for one in steps if isinstance(one, int)]
    named = _NAMED.search(what)
    own = names[1:] if numbers else names
    field = own[0] if own else (named[1] if named else "")
    if named and "unknown" in what:
        reason = FieldReason.UNKNOWN()
    elif named and "missing" in what:
        reason = FieldReason.MISSING(field=field)
    else:
        reason = FieldReason.WRONG(field=field, value=_shown(_at(values, steps)))
    return names, numbers, field, reason


def _at(values: Any, steps: Sequence[str | int]) -> object:
    for step in steps:
        inside = isinstance(values, Mapping if isinstance(step, str) else list)
        if not inside or (isinstance(step, str) and step not in values):
            return None
        values = values[step]
    return values


def _shown(value: object) -> str | None:
    if not isinstance(value, str | int | float):
        return None
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}…"
