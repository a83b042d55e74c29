"""Column types that give back exactly what was put in, on both databases."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from bridge.domain.canonical import canonical_json

_NOTHING = "[]"
REPLACEMENT = "�"


def storable(text: str) -> str:
    """Characters that no database holds, NUL and lone surrogates, become U+FFFD: a hostile name must not stop a
    commit."""
    if "\x00" in text:
        text = text.replace("\x00", REPLACEMENT)
    if text.isascii():
        return text
    return "".join(REPLACEMENT if "\ud800" <= character <= "\udfff" else character for character in text)


class CleanText(TypeDecorator[str]):
    """Text of any length and any characters; see `storable`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Choice(TypeDecorator[StrEnum]):
    """One value of one or more `StrEnum`s, kept as its text."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum] | tuple[type[StrEnum], ...]) -> None:
        """`kind`: one enumeration, or several whose values all differ."""
        super().__init__()
        self.kind = kind
        kinds = kind if isinstance(kind, tuple) else (kind,)
        self._members: dict[str, StrEnum] = {member.value: member for one in kinds for member in one}

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self._members[value]


class SmallJson(TypeDecorator[Any]):
    """A small nested value as canonical JSON text; `restore` makes the Python value of what JSON gives back.

    Text and not the databases' own JSON: PostgreSQL's refuses an escaped NUL, and a hash needs the very bytes.
    """

    impl = Text
    cache_ok = True

    def __init__(self, restore: Callable[[Any], Any]) -> None:
        super().__init__()
        self.restore = restore

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not value and isinstance(value, tuple | frozenset):
            return _NOTHING  # most are empty, and a call-out of 500 functions has thousands
        return canonical_json(sorted(value) if isinstance(value, frozenset) else value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self.restore(json.loads(value))


class Coded(TypeDecorator[Any]):
    """A code with its data, as canonical JSON text. A sentence that was kept before there were codes goes to `restore`
    as the text that it is.

    Args:
        take_apart: The value as JSON's own: an object.
        restore: The value of such an object, or of a sentence of before.
    """

    impl = Text
    cache_ok = True

    def __init__(self, take_apart: Callable[[Any], dict[str, Any]], restore: Callable[[Any], Any]) -> None:
        super().__init__()
        self.take_apart = take_apart
        self.restore = restore

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical_json(self.take_apart(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        try:
            found = json.loads(value)
        except ValueError:
            return self.restore(value)
        return self.restore(found if isinstance(found, dict) else value)
