"""Every setting with its type, default and meaning: what the settings reference is made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bridge.settings import model as settings_model
from bridge.settings.model import Settings, is_model


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of the settings reference. `unit` is read from the name's ending."""

    table: str
    name: str
    type: str
    default: str
    unit: str
    description: str


_UNITS: Final = {
    "_s": "seconds",
    "_ms": "milliseconds",
    "_h": "hours",
    "_dbfs": "dBFS",
    "_db": "dB",
    "_dbm": "dBm",
    "_hz": "hertz",
    "_bytes": "bytes",
    "_days": "days",
    "_percent": "percent",
    "_per_s": "per second",
}


def reference() -> Iterator[SettingRow]:
    """Every setting there is, in the order of the file."""
    for name, field in Settings.model_fields.items():
        annotation = field.annotation
        if get_origin(annotation) is tuple and is_model(get_args(annotation)[0]):
            yield from _rows(f"[[{name}]]", get_args(annotation)[0])
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _rows(f"[{name}]", annotation)
        else:
            yield row_of("", name, field)


def _rows(table: str, model: type[BaseModel]) -> Iterator[SettingRow]:
    """Those of a table, then those of the tables inside it: `[media]`, `[[media.card]]`."""
    inner: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        yield row_of(table, name, field)
        annotation = field.annotation
        path = f"{table.strip('[]')}.{name}"
        if get_origin(annotation) is tuple and is_model(get_args(annotation)[0]):
            inner.append((f"[[{path}]]", get_args(annotation)[0]))
        elif annotation is not None and is_model(annotation):
            inner.append((f"[{path}]", annotation))
    for path, of_it in inner:
        yield from _rows(path, of_it)


def row_of(table: str, name: str, field: FieldInfo) -> SettingRow:
    ending = max((one for one in _UNITS if name.endswith(one)), key=len, default="")
    return SettingRow(
        table, name, _type_name(field.annotation), _default(field), _UNITS.get(ending, ""), field.description or ""
    )


def _type_name(annotation: Any) -> str:
    """A type in words: `tuple[Annotated[int, …], ...]` → `list of int`."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type_name(inner[0])
    if origin is Literal:
        return " | ".join(str(value) for value in inner)
    if origin is tuple:
        return "list of tables" if is_model(inner[0]) else f"list of {_type_name(inner[0])}"
    if origin in (Union, UnionType):
        return " | ".join(_type_name(one) for one in inner if one is not NoneType)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " | ".join(annotation)
    name: str = annotation.__name__
    return {"str": "text", "SecretStr": "text", "Path": "path"}.get(name, name)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    if value is None or value == () or value == "":
        return "none"
    return ", ".join(str(one) for one in value) if isinstance(value, tuple) else str(value)


def reference_markdown() -> str:
    """The settings reference as a document, one table of settings for each table of the file."""
    lines = ["# Settings", "", settings_model.__doc__ or ""]
    table = None
    for row in reference():
        if row.table != table:
            table = row.table
            lines += ["", f"## `{table}`" if table else "## Top level", ""]
            lines += ["| setting | type | default | unit | meaning |", "|---|---|---|---|---|"]
        cells = (f"`{row.name}`", row.type, f"`{row.default}`", row.unit, row.description)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
