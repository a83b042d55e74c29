"""CSV as Excel, LibreOffice and Outlook write it: the delimiter, the headings, and the rows with their lines."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

from bridge.domain.kernel.reasons import Unusable
from bridge.exchange.cells import short
from bridge.exchange.members import SEVERAL, Member, member_of, ranked
from bridge.exchange.reasons import FileReason, GuessReason, RowReason
from bridge.exchange.rows import Column, FileForm, Reading, Row, Told
from bridge.exchange.texts import MOST_ROWS, fault_in, unguarded
from bridge.exchange.uses import kind_of

_DELIMITERS: Final = (";", ",", "\t", "|")
_NAMED: Final = "sep="
"""Excel's own first line, which names the delimiter."""
_TELLING: Final = frozenset({Member.ID, Member.FUNCTION, Member.ORGANISATION})
"""Without one of these columns nobody knows what a row is about."""
_MOST_COLUMNS: Final = 500
"""Outlook writes about a hundred."""
_ONE_LINE: Final = frozenset(Member) - SEVERAL


def read_table(text: str, encoding: str) -> Reading:
    """The rows of a table.

    Raises:
        Unusable: It has no headings that are known, one of them twice, a quotation that never ends, or too many rows.
    """
    delimiter, text, skipped = _delimiter_of(text)
    records = _records(text, delimiter, skipped)
    first = next(records, None)
    columns = _columns(first[1] if first is not None else [])
    rows: list[Row] = []
    for line, cells in records:
        if len(rows) == MOST_ROWS:
            raise Unusable(FileReason.TOO_MANY_ROWS(most=MOST_ROWS))
        rows.append(_row(line, cells, columns))
    return Reading(FileForm.CSV, encoding, delimiter, tuple(rows), columns)


def _delimiter_of(text: str) -> tuple[str, str, int]:
    """The delimiter, the text after a line that names it, and how many lines that is."""
    first, end, rest = _first_line(text)
    named = first.strip().strip('"')
    if named.lower().startswith(_NAMED) and len(named) == len(_NAMED) + 1:
        return named[-1], rest, 1
    if named.lower() == _NAMED.strip() and first.rstrip('" ').endswith("\t"):
        return "\t", rest, 1
    return max(_DELIMITERS, key=lambda one: _knows(text, first + end, one)), text, 0


def _first_line(text: str) -> tuple[str, str, str]:
    at = next((place for place, character in enumerate(text) if character in "\r\n"), len(text))
    end = text[at : at + 2] if text[at : at + 2] == "\r\n" else text[at : at + 1]
    return text[:at], end, text[at + len(end) :]


def _knows(text: str, first: str, delimiter: str) -> tuple[int, int]:
    """How many headings are known when the first record is cut so, and how many there are."""
    try:
        lines = io.StringIO(text if first.count('"') % 2 else first, newline="")
        cells = next((cells for cells in csv.reader(lines, delimiter=delimiter) if any(cells)), [])
    except csv.Error:
        return 0, 0
    return len({member_of(cell) for cell in cells} - {None}), len(cells)


def _records(text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Every record that is not empty, with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1 + skipped
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1 + skipped
    except csv.Error:
        raise Unusable(FileReason.QUOTES(line=line)) from None


def _columns(headings: Sequence[str]) -> tuple[Column, ...]:
    """Of several columns for one member that holds one value, the one whose heading names it best is read."""
    if len(headings) > _MOST_COLUMNS:
        raise Unusable(FileReason.TOO_MANY_COLUMNS(most=_MOST_COLUMNS))
    texts = [unguarded(heading).strip() for heading in headings]
    found = [ranked(text) for text in texts]
    best: dict[Member, tuple[int, int]] = {}
    for at, one in enumerate(found):
        if one is not None and one[0] not in SEVERAL:
            member, rank = one
            if member in best and texts[best[member][1]].casefold() == texts[at].casefold():
                raise Unusable(FileReason.HEADING_TWICE(heading=short(texts[at])))
            best[member] = min(best.get(member, (rank, at)), (rank, at))
    members = [
        one[0] if one is not None and (one[0] in SEVERAL or best[one[0]][1] == at) else None
        for at, one in enumerate(found)
    ]
    if not _TELLING.intersection(members):
        raise Unusable(FileReason.NO_HEADINGS(seen=short(" | ".join(headings))))
    return tuple(Column(text, member) for text, member in zip(texts, members, strict=True))


def _row(line: int, cells: Sequence[str], columns: Sequence[Column]) -> Row:
    found: dict[Member, tuple[str, ...]] = {}
    guesses: list[Told] = []
    faults: list[Told] = []
    if any(cell.strip() for cell in cells[len(columns) :]):
        faults.append(Told(None, RowReason.MORE_CELLS(cells=len(cells), headings=len(columns))))
    for at, column in enumerate(columns):
        if (member := column.member) is None:
            continue
        text = unguarded(cells[at]) if at < len(cells) else ""  # Excel leaves empty cells out at a row's end
        if member in _ONE_LINE and ("\n" in text or "\r" in text):
            text = " ".join(text.split())
            guesses.append(Told(member, GuessReason.LINES_JOINED()))
        if (fault := fault_in(member, text)) is not None:
            faults.append(fault)
        else:
            found[member] = (*found.get(member, ()), text)
    kinds = tuple(kind_of(_words_of(one.heading)) for one in columns if one.member is Member.NUMBERS)
    return Row(line, found, tuple(guesses), tuple(faults), kinds)


def _words_of(heading: str) -> list[str]:
    """Mobile telephones stand under many headings, such as `Mobiltelefon` and `Phone 1 - Mobile`."""
    return re.findall(r"[^\W\d]+", heading)
