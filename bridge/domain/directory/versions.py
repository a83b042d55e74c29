"""Versions of an organisation's or a function's data: who changed what, and how to come back. Pure.

The audit log tells who wrote an entry and when, for ever. So no number or address stands in it. These stand in the
versions, of which each entry keeps its latest.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, TypeAlias

from bridge.domain.directory.records import Function, Organisation
from bridge.domain.kernel.ids import Issi
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.week import Weekday
from bridge.domain.telephony.hours import Hours, NumberKind, NumberUse

MOST_VERSIONS: Final = 50
"""So many versions of one entry are kept; the oldest goes."""

Versioned: TypeAlias = Organisation | Function
VERSIONED: Final[Mapping[str, type[Versioned]]] = {"organisation": Organisation, "function": Function}
"""How a kind is kept → the kind."""


@dataclass(frozen=True, slots=True)
class Version:
    """One change of an entry."""

    number: int
    """Of this entry, from 1."""
    at_s: float
    by: str
    """As in the audit log."""
    before: Versioned | None
    """`None`: it was made."""
    after: Versioned | None
    """`None`: it was removed."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One member that was changed. A member of an entry that was not there is `None`."""

    member: str
    before: Any
    after: Any


def kind_of(entry: type[Versioned]) -> str:
    return "organisation" if entry is Organisation else "function"


def changes_of(version: Version) -> Sequence[Changed]:
    """The members that differ, in their order."""
    one = version.before or version.after
    if one is None:
        return ()
    found = []
    for field in fields(one):
        before = getattr(version.before, field.name, None)
        after = getattr(version.after, field.name, None)
        if before != after:
            found.append(Changed(field.name, before, after))
    return found


def as_text(entry: Versioned | None) -> str | None:
    """As it is kept."""
    return None if entry is None else json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":"))


def from_text(kind: type[Versioned], text: str | None) -> Versioned | None:
    """An entry as it was kept. A member that came later has its default, and one that is gone is left out."""
    if text is None:
        return None
    known = {one.name for one in fields(kind)}
    values = {name: value for name, value in json.loads(text).items() if name in known}
    return Organisation(**values) if kind is Organisation else _function(values)


def _function(values: dict[str, Any]) -> Function:
    made: dict[str, Any] = dict(values)
    for name in ("numbers", "deputy_ids"):
        if name in made:
            made[name] = tuple(made[name])
    if "issis" in made:
        made["issis"] = tuple(Issi(one) for one in made["issis"])
    if "language" in made:
        made["language"] = Language(made["language"])
    if "number_uses" in made:
        made["number_uses"] = tuple(_use(*one) for one in made["number_uses"])
    return Function(**made)


def _use(number: str, kind: str, hours: Sequence[Sequence[Any]], person: str = "") -> NumberUse:
    stretches = tuple(Hours(tuple(Weekday(day) for day in days), begins, ends) for days, begins, ends in hours)
    return NumberUse(number, NumberKind(kind), stretches, person)
