"""TOML that people write: a fault of its form as a reason, with file, line, place and remedy.

The parser's words are English. Their meaning stands in the catalogue.
"""

import re
from pathlib import Path
from typing import Final

from bridge.domain.kernel.reasons import Reason, ReasonCode
from bridge.files import refused_by_the_system


class WrittenReason(ReasonCode):
    IN_FILE = "written_in_file", "file", "line", "cause"
    AT = "written_at", "place", "cause"
    UNREADABLE = "written_unreadable", "cause"
    NOT_UTF8 = "written_not_utf8"
    TOO_DEEP = "written_too_deep"
    TOML = "written_toml", "column"
    TOML_NAME = "written_toml_name", "column"
    TOML_VALUE = "written_toml_value", "column"
    TOML_OPEN = "written_toml_open", "column"
    TOML_TWICE = "written_toml_twice", "column"
    TOML_CHARACTER = "written_toml_character", "column"


_IN_TOML: Final = re.compile(
    r"(?P<says>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.S
)
_OF_TOML: Final = (
    ("twice|redefine|overwrite|[Dd]uplicate|immutable|other than list|no nest", WrittenReason.TOML_TWICE),
    ("Expected '='|Invalid statement|Expected newline|key part", WrittenReason.TOML_NAME),
    ("Unclosed|Unterminated|Expected", WrittenReason.TOML_OPEN),
    ("character|Unescaped", WrittenReason.TOML_CHARACTER),
    ("Invalid", WrittenReason.TOML_VALUE),
)
"""A piece of the parser's words → ours, which name the remedy; the first that is found counts."""


def in_file(file: Path, cause: Reason, line: int | None = None) -> Reason:
    """`file[, line …]: cause.`"""
    return WrittenReason.IN_FILE(file=str(file), line=line, cause=cause)


def of_parser(file: Path, error: str) -> Reason:
    """A fault of `tomllib`, by its words."""
    found = _IN_TOML.fullmatch(error)
    line, column = (found["line"], found["column"]) if found else (None, None)
    says = found["says"] if found else error
    code = next((code for piece, code in _OF_TOML if re.search(piece, says)), WrittenReason.TOML)
    return in_file(file, code(column=None if column is None else int(column)), None if line is None else int(line))


def not_utf8(file: Path, error: UnicodeDecodeError) -> Reason:
    return in_file(file, WrittenReason.NOT_UTF8(), error.object[: error.start].count(b"\n") + 1)


def unreadable(file: Path, error: OSError) -> Reason:
    return in_file(file, WrittenReason.UNREADABLE(cause=refused_by_the_system(error)))
