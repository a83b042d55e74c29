"""TOML files that people write: read into typed tables, and every fault told by file, line, field and remedy."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")

_HEADER: Final = re.compile(r"^\s*\[\[?\s*([\w-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"""^\s*["']?([\w-]+)["']?\s*=""")
_PATH: Final = re.compile(r"^(.*?) - at `\$(.*)`$", re.DOTALL)
_NAMED: Final = re.compile(r"field `(\w+)`")


class FileError(ValueError):
    """A file that people write has a fault. The text names file, line, field and remedy."""


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
            FileError: No such file, no UTF-8, or no TOML.
        """
        try:
            text = path.read_text(encoding="utf-8")
            return cls(path, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise FileError(f"{path}: not TOML: {error}. Text values need quotes, tables their brackets") from error
        except UnicodeDecodeError as error:
            raise FileError(f"{path}: not UTF-8 at byte {error.start}: save the file as UTF-8") from error
        except OSError as error:
            raise FileError(f"{path}: cannot be read ({error.strerror}): correct the path") from error

    def into(self, kind: type[T], remedies: Mapping[str, str]) -> T:
        """The whole file as a typed value.

        Args:
            kind: A `msgspec.Struct`.
            remedies: Field → what may stand there, in words.

        Raises:
            FileError: A field that is unknown, missing, or holds what it cannot.
        """
        try:
            return msgspec.convert(self.values, kind)
        except msgspec.ValidationError as error:
            raise self._told(str(error), remedies) from error

    def fault(self, table: str, index: int, field: str, what: str) -> FileError:
        """A fault that no type tells. It is at a field of the n-th table of a name (`table` empty: before all
        tables)."""
        return FileError(f"{self._place(table, index, field)}: {what}")

    def _told(self, text: str, remedies: Mapping[str, str]) -> FileError:
        found = _PATH.match(text)
        what, path = (found[1], found[2]) if found else (text, "")
        steps = re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", path)
        names = [name for name, _ in steps if name]
        numbers = [int(number) for _, number in steps if number.isdigit()]
        in_table = bool(numbers)
        table = names[0] if in_table else ""
        own = names[1:] if in_table else names
        named = _NAMED.search(what)
        field = own[0] if own else (named[1] if named else "")
        remedy = remedies.get(field, "")
        if named and "unknown" in what:
            what, remedy = f"no field is called {field} here", "correct its spelling or take it out"
        elif named and "missing" in what:
            what = f"{field} is missing"
        return FileError(
            f"{self._place(table, numbers[0] if numbers else 0, field)}: {what}"
            + (f". Remedy: {remedy}" if remedy else "")
        )

    def _place(self, table: str, index: int, field: str) -> str:
        line = self._line_of(table, index, field)
        where = f"{self.path}, line {line}" if line else str(self.path)
        return f"{where}, {field}" if field else where

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
