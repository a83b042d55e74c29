"""A file set against the directory as it is: what becomes of each row, and what would be written.

A function is known by its id where the file has one, else by its organisation's name and its own. Names are compared
without case, repeated spaces, and the way their letters are put together. A row with a fault is refused as a whole.
So is every row that needs what it would have made.
"""

import hashlib
import re
import unicodedata
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from bridge.domain.directory.records import Function, Organisation
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.domain.telephony.hours import NumberUse, uses_of
from bridge.exchange import cells
from bridge.exchange.cells import Notes, short
from bridge.exchange.members import Member
from bridge.exchange.reasons import GuessReason, RowReason
from bridge.exchange.rows import Column, FileForm, Reading, Row, Told
from bridge.exchange.texts import folded
from bridge.exchange.uses import use_text

MOST_DEPUTIES: Final = 10
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGEST_DIGITS: Final = 20
_MOST_TOLD: Final = 20
"""So many guesses and so many faults of a row are told."""
_ID_DIGITS: Final = 12


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """A member that gets another value; in words, empty for none."""

    member: Member
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """The fate of one row."""

    line: int
    outcome: Outcome
    organisation: str
    function: str
    """Empty for a row that is about an organisation alone."""
    key: str | None
    """The function's id, or the organisation's where the row is about that alone; `None`: refused before it was found.
    """
    changes: tuple[Change, ...] = ()
    guesses: tuple[Told, ...] = ()
    faults: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that accepting the file would do."""

    digest: str
    """Of the file, of the choices made with it, and of the directory as it is."""
    form: FileForm
    encoding: str
    delimiter: str | None
    columns: tuple[Column, ...]
    rows: tuple[PlannedRow, ...]
    organisations: tuple[Organisation, ...]
    """To be written, before the functions."""
    functions: tuple[Function, ...]

    def count(self, outcome: Outcome) -> int:
        return sum(row.outcome is outcome for row in self.rows)


@dataclass(slots=True)
class _Draft:
    """A row on its way."""

    row: Row
    notes: Notes = field(default_factory=Notes)
    organisation: Organisation | None = None
    function: Function | None = None
    present: Function | None = None

    def refuse(self, member: Member | None, reason: Reason) -> None:
        self.notes.faults.append(Told(member, reason))

    @property
    def is_refused(self) -> bool:
        return bool(self.notes.faults)

    def text(self, member: Member) -> str:
        texts = self.row.cells.get(member, ())
        return texts[0].strip() if texts else ""


def plan(
    reading: Reading,
    content: bytes,
    organisations: Sequence[Organisation],
    functions: Sequence[Function],
    *,
    organisation_id: str | None = None,
) -> Plan:
    """Set a file against the directory.

    Args:
        reading: The file, as `read` read it.
        content: Its bytes, for the digest.
        organisations: All of the directory.
        functions: All of the directory.
        organisation_id: The organisation of rows that name none; it must be in the directory.
    """
    planner = _Planner(organisations, functions, organisation_id, tells_kinds=reading.form is FileForm.VCARD)
    drafts = [planner.draft(row) for row in reading.rows]
    planner.resolve_deputies(drafts)
    accepted = [draft for draft in drafts if not draft.is_refused]
    return Plan(
        digest=digest_of(content, organisation_id, organisations, functions),
        form=reading.form,
        encoding=reading.encoding,
        delimiter=reading.delimiter,
        columns=reading.columns,
        rows=tuple(planner.outcome(draft) for draft in drafts),
        organisations=tuple(planner.written_organisations(accepted)),
        functions=tuple(one.function for one in accepted if one.function is not None and one.function != one.present),
    )


def digest_of(
    content: bytes,
    organisation_id: str | None,
    organisations: Sequence[Organisation],
    functions: Sequence[Function],
) -> str:
    """The digest of a plan, without planning: two plans of one digest are equal."""
    made = hashlib.sha256()
    for part in (hashlib.sha256(content).hexdigest(), organisation_id, *organisations, *functions):
        made.update(repr(part).encode("utf-8", "backslashreplace") + b"\n")
    return made.hexdigest()[:_DIGEST_DIGITS]


class _Planner:
    """The directory by id and by name, as it is and as the file makes it."""

    def __init__(
        self,
        organisations: Sequence[Organisation],
        functions: Sequence[Function],
        organisation_id: str | None,
        *,
        tells_kinds: bool,
    ) -> None:
        self._tells_kinds = tells_kinds
        """A card says that a number is a mobile telephone's. Words beside a number in a table are read as that."""
        self._present = {one.id: one for one in organisations}
        self._functions = {one.id: one for one in functions}
        self._organisation_id = organisation_id
        self._by_name: dict[str, list[str]] = {}
        self._of: dict[tuple[str, str], list[str]] = {}
        """Organisation's id and function's folded name → ids of functions."""
        self._drafted: dict[str, tuple[Organisation, int]] = {}
        """Organisations that the file names: as it makes them, and the line that said so first."""
        self._new_names: dict[str, str] = {}
        self._lines: dict[str, int] = {}
        """Ids of functions and organisations that a row is about → its line."""
        for organisation in organisations:
            self._by_name.setdefault(folded(organisation.name), []).append(organisation.id)
        for function in functions:
            self._of.setdefault((function.organisation_id, folded(function.name)), []).append(function.id)

    # --- one row ---

    def draft(self, row: Row) -> _Draft:
        draft = _Draft(row, Notes(list(row.guesses), list(row.faults)))
        self._organise(draft)
        if draft.organisation is not None:
            self._find(draft, draft.organisation)
        self._read(draft)
        return draft

    def _organise(self, draft: _Draft) -> None:
        """Find the organisation, or make it."""
        key, name = draft.text(Member.ORGANISATION_ID), draft.text(Member.ORGANISATION)
        known = self._functions.get(draft.text(Member.ID))
        if key:
            draft.organisation = self._organisation_by_id(draft, key, name)
        elif name:
            draft.organisation = self._organisation_by_name(draft, name)
        elif known is not None:
            draft.organisation = self._as_it_becomes(known.organisation_id)
        elif self._organisation_id is not None:
            draft.organisation = self._as_it_becomes(self._organisation_id)
            guess = GuessReason.ORGANISATION_GIVEN(name=draft.organisation.name)
            draft.notes.guesses.append(Told(Member.ORGANISATION, guess))
        else:
            draft.refuse(Member.ORGANISATION, RowReason.ORGANISATION_MISSING())

    def _organisation_by_id(self, draft: _Draft, key: str, name: str) -> Organisation | None:
        if not _ID.fullmatch(key):
            draft.refuse(Member.ORGANISATION_ID, RowReason.BAD_ID())
            return None
        present = self._present.get(key)
        if present is None and not name:
            draft.refuse(Member.ORGANISATION, RowReason.ORGANISATION_MISSING())
            return None
        if present is None:
            taken = self._by_name.get(folded(name), [])
            if taken:
                draft.refuse(Member.ORGANISATION_ID, RowReason.NAME_TAKEN(key=taken[0]))
                return None
        kept = present or Organisation(key, "")
        made = replace(kept, name=_kept(name, kept.name))
        if key in self._drafted:
            first, line = self._drafted[key]
            if first != made:
                draft.refuse(Member.ORGANISATION, RowReason.ORGANISATION_DIFFERS(line=line))
            return first
        return self._drafts(draft, made)

    def _organisation_by_name(self, draft: _Draft, name: str) -> Organisation | None:
        found = self._by_name.get(folded(name), [])
        if len(found) > 1:
            fault = RowReason.ORGANISATION_AMBIGUOUS(name=short(name))
            draft.refuse(Member.ORGANISATION, fault)
            return None
        if found:
            return self._as_it_becomes(found[0])
        if (key_of_new := self._new_names.get(folded(name))) is not None:
            return self._drafted[key_of_new][0]
        key = _fresh_id("orga", (self._present, self._drafted), folded(name))
        return self._drafts(draft, Organisation(key, _kept(name, "")))

    def _as_it_becomes(self, key: str) -> Organisation:
        return self._drafted[key][0] if key in self._drafted else self._present[key]

    def _drafts(self, draft: _Draft, made: Organisation) -> Organisation:
        if draft.is_refused:
            return made  # what is refused makes nothing
        self._drafted[made.id] = (made, draft.row.line)
        if made.id not in self._present:
            self._new_names.setdefault(folded(made.name), made.id)
        return made

    def _find(self, draft: _Draft, organisation: Organisation) -> None:
        """Find the function, or make it."""
        name, key = draft.text(Member.FUNCTION), draft.text(Member.ID)
        if not key and not name:
            if any(text.strip() for member in _OF_FUNCTION for text in draft.row.cells.get(member, ())):
                draft.refuse(Member.FUNCTION, RowReason.FUNCTION_MISSING())
            else:
                self._once(draft, f"organisation {organisation.id}")
            return
        if key:
            self._find_by_id(draft, organisation, key, name)
        else:
            self._find_by_name(draft, organisation, name)
        if draft.function is not None:
            self._once(draft, draft.function.id)
            if not key:
                self._once(draft, f"{organisation.id} {folded(name)}")
            self._lines.setdefault(f"{organisation.id} {folded(name)}", draft.row.line)

    def _find_by_id(self, draft: _Draft, organisation: Organisation, key: str, name: str) -> None:
        present = self._functions.get(key)
        if not _ID.fullmatch(key):
            draft.refuse(Member.ID, RowReason.BAD_ID())
            return
        if not name and (present is None or Member.FUNCTION in draft.row.cells):
            draft.refuse(Member.FUNCTION, RowReason.FUNCTION_MISSING())
            return
        if present is None:
            taken = self._of.get((organisation.id, folded(name)), [])
            if taken:
                draft.refuse(Member.ID, RowReason.NAME_TAKEN(key=taken[0]))
                return
            draft.function = Function(key, organisation.id, _kept(name, ""))
            return
        draft.present = present
        draft.function = replace(present, organisation_id=organisation.id, name=_kept(name, present.name))

    def _find_by_name(self, draft: _Draft, organisation: Organisation, name: str) -> None:
        found = self._of.get((organisation.id, folded(name)), [])
        if len(found) > 1:
            draft.refuse(Member.FUNCTION, RowReason.FUNCTION_AMBIGUOUS(name=short(name)))
        elif found:
            draft.present = draft.function = self._functions[found[0]]
        else:
            key = _fresh_id("func", (self._functions,), organisation.id, folded(name))
            draft.function = Function(key, organisation.id, _kept(name, ""))

    def _once(self, draft: _Draft, key: str) -> None:
        line = self._lines.setdefault(key, draft.row.line)
        if line != draft.row.line and not draft.is_refused:
            draft.refuse(None, RowReason.TWICE(line=line))

    def _read(self, draft: _Draft) -> None:
        """The other members. All are read, also of a row that is refused: every fault is told at once."""
        texts, notes = draft.row.cells, draft.notes
        changed = draft.function
        numbers = cells.numbers_of(texts.get(Member.NUMBERS, ()), notes, draft.row.kinds)
        uses = cells.uses_of_cells(texts.get(Member.NUMBER_USES, ()), notes)
        issis = cells.issis_of(texts.get(Member.ISSIS, ()), notes)
        language = cells.language_of(draft.text(Member.LANGUAGE), notes)
        email = cells.email_of(draft.text(Member.EMAIL), notes)
        by_radio = cells.truth_of(draft.text(Member.RADIO_ORDERS), notes)
        by_phone = cells.truth_of(draft.text(Member.PHONE_ORDERS), notes, Member.PHONE_ORDERS)
        if changed is None:
            return
        numbers = _each_once(numbers, changed.numbers) if Member.NUMBERS in texts else changed.numbers
        if Member.NUMBER_USES not in texts:
            uses = (*changed.number_uses, *_new_uses(numbers, changed, notes))
            if not self._tells_kinds:
                notes.guesses += _guesses_of(uses[len(changed.number_uses) :])
        else:
            left = dict.fromkeys(one.number for one in uses if one.number not in numbers)
            notes.guesses += (Told(Member.NUMBER_USES, GuessReason.USE_LEFT_OUT(number=one)) for one in left)
        draft.function = replace(
            changed,
            numbers=numbers,
            number_uses=uses_of(numbers, uses),
            issis=issis if Member.ISSIS in texts else changed.issis,
            language=changed.language if language is None else language,
            email=email if Member.EMAIL in texts else changed.email,
            radio_orders=changed.radio_orders if by_radio is None else by_radio,
            phone_orders=changed.phone_orders if by_phone is None else by_phone,
        )

    # --- deputies, which may be anywhere in the file ---

    def resolve_deputies(self, drafts: Sequence[_Draft]) -> None:
        """Find the functions that stand in. Where one is a row that is refused, so is the row that needs it."""
        found = _Found.among(self._functions.values(), drafts)
        for draft in drafts:
            if draft.function is not None and Member.DEPUTIES in draft.row.cells:
                self._resolve(draft, draft.function, found)
        self._refuse_what_hangs(drafts)

    def _resolve(self, draft: _Draft, function: Function, found: "_Found") -> None:
        keys: list[str] = []
        names = cells.names_of(draft.row.cells[Member.DEPUTIES])
        if len(names) > MOST_DEPUTIES:
            draft.refuse(Member.DEPUTIES, RowReason.TOO_MANY_DEPUTIES(most=MOST_DEPUTIES))
            return
        for name in names:
            several = found.keys(function.organisation_id, name)
            if len(several) != 1:
                fault = RowReason.DEPUTY_AMBIGUOUS if several else RowReason.DEPUTY_UNKNOWN
                draft.refuse(Member.DEPUTIES, fault(name=short(name)))
            elif several[0] in keys:
                draft.refuse(Member.DEPUTIES, RowReason.DEPUTY_TWICE(name=short(name)))
            else:
                keys += several
        draft.function = replace(function, deputy_ids=tuple(keys))

    def _refuse_what_hangs(self, drafts: Sequence[_Draft]) -> None:
        """In time that grows as the file does: each row is refused once, however long the chain of deputies."""
        needed_by: dict[str, list[_Draft]] = {}
        gone: list[str] = []
        accepted = {one.function.id for one in drafts if one.function is not None and not one.is_refused}
        for draft in drafts:
            if draft.function is None:
                continue
            for key in draft.function.deputy_ids:
                needed_by.setdefault(key, []).append(draft)
            if draft.is_refused and draft.function.id not in accepted:
                gone.append(draft.function.id)
        while gone:
            key = gone.pop()
            for draft in needed_by.get(key, ()) if key not in self._functions else ():
                if draft.is_refused or draft.function is None:
                    continue
                draft.refuse(Member.DEPUTIES, RowReason.DEPUTY_UNKNOWN(name=short(key)))
                gone.append(draft.function.id)

    # --- what comes of it ---

    def written_organisations(self, accepted: Iterable[_Draft]) -> Iterable[Organisation]:
        """Those that are new or renamed, of rows that are not refused, each once."""
        named = {one.organisation.id: one.organisation for one in accepted if one.organisation is not None}
        return (one for one in named.values() if self._present.get(one.id) != one)

    def outcome(self, draft: _Draft) -> PlannedRow:
        organisation, function = draft.organisation, draft.function
        about = function.id if function is not None else organisation.id if organisation is not None else None
        changes = tuple(self._changes(draft)) if not draft.is_refused else ()
        is_new = function is not None and draft.present is None
        is_new = is_new or (function is None and organisation is not None and organisation.id not in self._present)
        kind = Outcome.NEW if is_new else Outcome.CHANGED if changes else Outcome.SAME
        return PlannedRow(
            line=draft.row.line,
            outcome=Outcome.REFUSED if draft.is_refused else kind,
            organisation=organisation.name if organisation is not None else short(draft.text(Member.ORGANISATION)),
            function=function.name if function is not None else short(draft.text(Member.FUNCTION)),
            key=about,
            changes=changes,
            guesses=tuple(draft.notes.guesses[:_MOST_TOLD]),
            faults=tuple(draft.notes.faults[:_MOST_TOLD]),
        )

    def _changes(self, draft: _Draft) -> Iterable[Change]:
        organisation, function, present = draft.organisation, draft.function, draft.present
        if organisation is None:
            return
        known = self._present.get(organisation.id)
        if known != organisation:
            yield Change(Member.ORGANISATION, known.name if known is not None else "", organisation.name)
        if function is None:
            return
        if present is not None and present.organisation_id != function.organisation_id:
            yield Change(Member.ORGANISATION_ID, present.organisation_id, function.organisation_id)
        for member, was, becomes in zip(_SHOWN_CHANGES, _values(present), _values(function), strict=True):
            if was != becomes:
                yield Change(member, was, becomes)


@dataclass(frozen=True, slots=True)
class _Found:
    """Functions by which a deputy can be named: those of the directory, and those of the file."""

    ids: frozenset[str]
    of: dict[tuple[str, str], list[str]]
    everywhere: dict[str, list[str]]

    @classmethod
    def among(cls, present: Iterable[Function], drafts: Sequence[_Draft]) -> "_Found":
        every = {one.id: one for one in present}
        every |= {one.function.id: one.function for one in drafts if one.function is not None}
        of: dict[tuple[str, str], list[str]] = {}
        everywhere: dict[str, list[str]] = {}
        for function in every.values():
            name = folded(function.name)
            of.setdefault((function.organisation_id, name), []).append(function.id)
            everywhere.setdefault(name, []).append(function.id)
        return cls(frozenset(every), of, everywhere)

    def keys(self, organisation_id: str, name: str) -> list[str]:
        """By id, by name in the same organisation, or by a name that only one has."""
        if name in self.ids:
            return [name]
        return self.of.get((organisation_id, folded(name))) or self.everywhere.get(folded(name), [])


_OF_FUNCTION: Final = (Member.NUMBERS, Member.NUMBER_USES, Member.ISSIS, Member.EMAIL, Member.DEPUTIES)
"""Members that tell that a row is about a function."""
_SHOWN_CHANGES: Final = (
    Member.FUNCTION,
    Member.NUMBERS,
    Member.NUMBER_USES,
    Member.ISSIS,
    Member.LANGUAGE,
    Member.EMAIL,
    Member.RADIO_ORDERS,
    Member.PHONE_ORDERS,
    Member.DEPUTIES,
)


def _values(function: Function | None) -> tuple[str, ...]:
    """The members of `_SHOWN_CHANGES` as texts. Of a function that is not there yet: as they are by default."""
    if function is None:
        return ("", "", "", "", Language.SV.value, "", "false", "false", "")
    return (
        function.name,
        ", ".join(function.numbers),
        " | ".join(use_text(one, Language.EN) for one in function.number_uses),
        ", ".join(str(one) for one in function.issis),
        function.language.value,
        function.email or "",
        "true" if function.radio_orders else "false",
        "true" if function.phone_orders else "false",
        ", ".join(function.deputy_ids),
    )


def _new_uses(numbers: Sequence[str], present: Function, notes: Notes) -> Iterable[NumberUse]:
    """The kinds that are told beside numbers of which nothing is known yet."""
    known = {one.number for one in present.number_uses}
    kinds = notes.kinds.items()
    return (NumberUse(number, kind) for number, kind in kinds if number in numbers and number not in known)


def _guesses_of(uses: Iterable[NumberUse]) -> Iterable[Told]:
    return (Told(Member.NUMBER_USES, GuessReason.KIND(number=one.number, kind=one.kind.value)) for one in uses)


def _each_once(numbers: tuple[str, ...], present: tuple[str, ...]) -> tuple[str, ...]:
    """A number that stands in several columns counts once, unless the directory has it so."""
    return present if numbers == present else tuple(dict.fromkeys(numbers))


def _kept(name: str, present: str) -> str:
    """The name to keep: the present one where none is given, or where only its letters are put together otherwise."""
    plain = unicodedata.normalize("NFC", name)
    return present if not name or plain == unicodedata.normalize("NFC", present).strip() else plain


def _fresh_id(kind: str, taken: Sequence[Container[str]], *about: str) -> str:
    """An id that is the same whenever the same file is read against the same directory."""
    count = 0
    while True:
        named = hashlib.sha256(repr((*about, count)).encode("utf-8", "backslashreplace")).hexdigest()
        made = f"{kind}-{named[:_ID_DIGITS]}"
        if not any(made in one for one in taken):
            return made
        count += 1
