"""Column types that give back exactly what was put in, on both databases."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from bridge.domain.canonical import canonical_json

REPLACEMENT = "�"


def storable(text: str) -> str:
    """What no database holds, NUL and lone surrogates, becomes U+FFFD: a hostile name must not stop a commit."""
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
    """One value of a `StrEnum`, kept as its text."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.kind(value)


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
        return canonical_json(sorted(value) if isinstance(value, frozenset) else value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self.restore(json.loads(value))


def pairs(value: list[list[Any]]) -> tuple[tuple[str, Any], ...]:
    """The detail of a note: key and value pairs in their order."""
    return tuple((key, item) for key, item in value)
