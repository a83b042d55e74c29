"""Records to rows and back. A record's fields are its columns; a conference's floor and recording are flattened."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar

from sqlalchemy import Table

from bridge.domain.model import (
    Activation,
    Attempt,
    Conference,
    ConferenceRecording,
    Floor,
    Message,
    Participant,
    Patch,
    Record,
    Recording,
    Target,
)
from bridge.storage import tables

T = TypeVar("T")
Values = dict[str, Any]

TABLES: Final[Mapping[type[Record], Table]] = {
    Conference: tables.conferences,
    Participant: tables.participants,
    Patch: tables.patches,
    Activation: tables.activations,
    Target: tables.targets,
    Attempt: tables.attempts,
    Recording: tables.recordings,
    Message: tables.messages,
}
"""In the order in which rows must be written: what is referred to comes first."""

_NAMES: Final = {kind: tuple(field.name for field in fields(kind)) for kind in (*TABLES, Floor, ConferenceRecording)}


def _flat(record: Any) -> Values:
    return {name: getattr(record, name) for name in _NAMES[type(record)]}


def _conference(record: Conference) -> Values:
    values = _flat(record)
    values |= {f"floor_{name}": value for name, value in _flat(values.pop("floor")).items()}
    values |= {f"recording_{name}": value for name, value in _flat(values.pop("recording")).items()}
    return values | {"search": record.name.casefold()}


def _participant(record: Participant) -> Values:
    words = (record.name, record.organisation, record.function)
    return _flat(record) | {"search": "\n".join(word for word in words if word).casefold()}


_TO_ROW: Final[Mapping[type[Record], Callable[[Any], Values]]] = {
    Conference: _conference,
    Participant: _participant,
}


def ordered(records: Sequence[Record]) -> list[Record]:
    """In writing order. Of several records with one id the last counts."""
    latest = {(type(record), record.id): record for record in records}
    order = list(TABLES)
    return sorted(latest.values(), key=lambda record: order.index(type(record)))


def grouped(records: Sequence[Record]) -> list[tuple[Table, list[Values]]]:
    """Rows per table, in writing order. Of several records with one id the last counts."""
    groups: dict[type[Record], list[Values]] = {}
    for record in ordered(records):
        groups.setdefault(type(record), []).append(_TO_ROW.get(type(record), _flat)(record))
    return [(TABLES[kind], rows) for kind, rows in groups.items()]


def conference(row: Mapping[Any, Any]) -> Conference:
    """The conference of one row of `tables.conferences`."""
    values = dict(row)
    del values["search"]
    floor = Floor(**{name: values.pop(f"floor_{name}") for name in _NAMES[Floor]})
    recording = ConferenceRecording(**{name: values.pop(f"recording_{name}") for name in _NAMES[ConferenceRecording]})
    return Conference(**values, floor=floor, recording=recording)


def flat(kind: type[T], row: Mapping[Any, Any]) -> T:
    """The record of a row whose columns are the record's fields."""
    names = (field.name for field in fields(kind))  # type: ignore[arg-type]
    return kind(**{name: row[name] for name in names})
