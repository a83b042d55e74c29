"""A file as rows, before they are set against the directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.domain.kernel.reasons import Reason
from bridge.domain.telephony.hours import NumberKind
from bridge.exchange.members import Member


class FileForm(StrEnum):
    CSV = "csv"
    VCARD = "vcard"


@dataclass(frozen=True, slots=True)
class Told:
    """Something about one member of a row, or about the row as a whole."""

    member: Member | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Row:
    """The texts of one function. A member that is not in `cells` has no column: it stays as it is."""

    line: int
    """Where it begins in the file, from 1."""
    cells: Mapping[Member, tuple[str, ...]]
    """Texts in their order; one text where there is one column."""
    guesses: tuple[Told, ...] = ()
    faults: tuple[Told, ...] = ()
    kinds: tuple[NumberKind | None, ...] = ()
    """The kind that the heading or the card tells of each text of `Member.NUMBERS`, where it does."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    heading: str
    member: Member | None
    """`None`: it is not read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a file says, and how it was read."""

    form: FileForm
    encoding: str
    """`utf-8`, `utf-8 with mark`, `utf-16`, `cp1252` or `mac-roman`."""
    delimiter: str | None
    """Between the cells of a table; `None` for vCard."""
    rows: tuple[Row, ...]
    columns: tuple[Column, ...] = field(default=())
