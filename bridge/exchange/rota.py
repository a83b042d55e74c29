"""A rota as a table: function, person, and from when to when in local time. Read and set against the directory. Pure.

Persons must be in the directory: a name in a table makes nobody. Entries count in the order of the rows.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain.directory.duty import LONGEST_S
from bridge.domain.directory.records import Function, Organisation, Person, RotaEntry
from bridge.domain.kernel.reasons import Reason, Unusable
from bridge.domain.schedule import calendar
from bridge.domain.schedule.calendar import ClockChange
from bridge.domain.schedule.records import Rule
from bridge.exchange.cells import short
from bridge.exchange.plan import Outcome
from bridge.exchange.reasons import FileReason, GuessReason, RowReason
from bridge.exchange.texts import MOST_CELL_CHARACTERS, decoded, folded, unguarded

MOST_ROWS: Final = 5_000
_DELIMITERS: Final = (";", ",", "\t")
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "organisation": ("organisation", "aktör", "kommun", "organization"),
    "function": ("funktion", "function", "roll", "role", "funktions-id", "function id"),
    "person": ("person", "namn", "name", "person-id", "vem"),
    "begins": ("från", "from", "start", "börjar", "begins"),
    "ends": ("till", "to", "slut", "end", "slutar", "ends"),
}
_NEEDED: Final = ("function", "person", "begins", "ends")
_LOCAL: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]+(\d{1,2})[:.](\d{2})(?::00)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class RotaRow:
    """The fate of one row."""

    line: int
    outcome: Outcome
    function: str
    person: str
    begins: str
    ends: str
    entry: RotaEntry | None = None
    """As it would be entered; its number is given then."""
    guesses: tuple[Reason, ...] = ()
    faults: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class RotaPlan:
    """Everything that accepting the table would do."""

    digest: str
    rows: tuple[RotaRow, ...]

    def count(self, outcome: Outcome) -> int:
        return sum(row.outcome is outcome for row in self.rows)

    @property
    def entries(self) -> tuple[RotaEntry, ...]:
        """The new ones, in the order of the rows."""
        return tuple(row.entry for row in self.rows if row.outcome is Outcome.NEW and row.entry is not None)


@dataclass(frozen=True, slots=True)
class Known:
    """The directory as it is."""

    organisations: Sequence[Organisation]
    functions: Sequence[Function]
    persons: Sequence[Person]
    rota: Sequence[RotaEntry]


def plan_rota(content: bytes, known: Known, *, organisation_id: str | None = None) -> RotaPlan:
    """Set a table against the directory.

    Args:
        content: The file, CSV in any encoding that `decoded` reads.
        known: The directory.
        organisation_id: Only functions of this organisation are found; `None`: all.

    Raises:
        Unusable: The file as a whole cannot be read.
    """
    planner = _Planner(known, organisation_id)
    rows = tuple(planner.row(line, cells) for line, cells in _rows(content))
    parts = (hashlib.sha256(content).hexdigest(), organisation_id, known)
    digest = hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()[:20]
    return RotaPlan(digest, rows)


class _Planner:
    def __init__(self, known: Known, organisation_id: str | None) -> None:
        self._organisations = {one.id: one.name for one in known.organisations}
        self._functions = [one for one in known.functions if organisation_id in (None, one.organisation_id)]
        self._persons = known.persons
        self._present = {(one.function_id, one.person_id, one.begins_at_s, one.ends_at_s) for one in known.rota}

    def row(self, line: int, cells: Mapping[str, str]) -> RotaRow:
        faults: list[Reason] = []
        guesses: list[Reason] = []
        function = self._function(cells, faults)
        person = self._person(cells, function, faults) if function is not None else None
        begins_at_s = _instant(cells["begins"], faults, guesses)
        ends_at_s = _instant(cells["ends"], faults, guesses)
        entry = None
        if function is not None and person is not None and begins_at_s is not None and ends_at_s is not None:
            entry = self._entry(function, person, begins_at_s, ends_at_s, faults)
        outcome = Outcome.REFUSED if faults else Outcome.NEW
        key = None if entry is None else (entry.function_id, entry.person_id, entry.begins_at_s, entry.ends_at_s)
        if key is not None and not faults:
            outcome = Outcome.SAME if key in self._present else Outcome.NEW
            self._present.add(key)
        return RotaRow(
            line,
            outcome,
            function.name if function is not None else short(cells["function"]),
            person.name if person is not None else short(cells["person"]),
            short(cells["begins"]),
            short(cells["ends"]),
            entry,
            tuple(guesses),
            tuple(faults),
        )

    def _function(self, cells: Mapping[str, str], faults: list[Reason]) -> Function | None:
        text, organisation = cells["function"].strip(), folded(cells.get("organisation", ""))
        found = [one for one in self._functions if one.id == text]
        found = found or [
            one
            for one in self._functions
            if folded(one.name) == folded(text)
            and organisation in ("", folded(self._organisations.get(one.organisation_id, "")))
        ]
        if len(found) == 1:
            return found[0]
        reason = RowReason.FUNCTION_AMBIGUOUS if found else RowReason.NO_SUCH_FUNCTION
        faults.append(reason(name=short(text)))
        return None

    def _person(self, cells: Mapping[str, str], function: Function, faults: list[Reason]) -> Person | None:
        text = cells["person"].strip()
        own = [one for one in self._persons if one.organisation_id == function.organisation_id]
        found = [one for one in own if one.id == text] or [one for one in own if folded(one.name) == folded(text)]
        if len(found) == 1:
            return found[0]
        reason = RowReason.PERSON_AMBIGUOUS if found else RowReason.NO_SUCH_PERSON
        faults.append(reason(name=short(text)))
        return None

    def _entry(
        self, function: Function, person: Person, begins_at_s: float, ends_at_s: float, faults: list[Reason]
    ) -> RotaEntry:
        if not begins_at_s < ends_at_s <= begins_at_s + LONGEST_S:
            faults.append(RowReason.NO_SPAN(most_days=round(LONGEST_S / 86_400)))
        told = repr((function.id, person.id, begins_at_s, ends_at_s)).encode("utf-8", "backslashreplace")
        key = f"rota-{hashlib.sha256(told).hexdigest()[:12]}"
        return RotaEntry(key, function.id, person.id, begins_at_s, ends_at_s)


def _instant(text: str, faults: list[Reason], guesses: list[Reason]) -> float | None:
    """A local time as an instant. On the nights of the clock changes it is read as those of the schedule are."""
    found = _LOCAL.fullmatch(text.strip())
    rule = Rule(found[1], f"{found[2]:0>2}:{found[3]}") if found is not None else None
    if found is None or rule is None or calendar.fault_of(rule) is not None:
        faults.append(RowReason.NO_LOCAL_TIME(text=short(text)))
        return None
    planned = calendar.planned_on(rule, found[1])
    if planned is None:
        faults.append(RowReason.NO_LOCAL_TIME(text=short(text)))
        return None
    if planned.clock is not ClockChange.NONE:
        guesses.append(GuessReason.CLOCK_CHANGE(text=short(text), local=planned.local.replace("T", " ")))
    return planned.starts_at_s


def local_instant(text: str) -> float:
    """A local time of Stockholm, `2027-01-08 16:00`, as an instant in seconds since 1970.

    Raises:
        Unusable: It is none.
    """
    faults: list[Reason] = []
    found = _instant(text, faults, [])
    if found is None:
        raise Unusable(faults[0])
    return found


# --- the table ---


def _rows(content: bytes) -> Iterable[tuple[int, Mapping[str, str]]]:
    text, _ = decoded(content)
    first = text.lstrip().splitlines()[0]
    delimiter = max(_DELIMITERS, key=lambda one: len(_places(first.split(one))))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    places: dict[str, int] | None = None
    count, line = 0, 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if places is None:
                    places = _places(cells)
                    if any(name not in places for name in _NEEDED):
                        raise Unusable(FileReason.NO_ROTA_HEADINGS(seen=short(" | ".join(cells))))
                elif (count := count + 1) > MOST_ROWS:
                    raise Unusable(FileReason.TOO_MANY_ROWS(most=MOST_ROWS))
                else:
                    yield line, {name: _cell(cells, place) for name, place in places.items()}
            line = reader.line_num + 1
    except csv.Error:
        raise Unusable(FileReason.QUOTES(line=line)) from None


def _places(headings: Sequence[str]) -> dict[str, int]:
    plain = [folded(unguarded(one).strip(' "\ufeff')) for one in headings]
    return {
        name: next(place for place, one in enumerate(plain) if one in words)
        for name, words in _COLUMNS.items()
        if any(one in words for one in plain)
    }


def _cell(cells: Sequence[str], place: int) -> str:
    return unguarded(cells[place])[:MOST_CELL_CHARACTERS] if place < len(cells) else ""
