"""The settings in force as people may see them: value, default, source and meaning. Secrets are left out."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from bridge.ports import SettingSource, ShownSetting
from bridge.settings.model import PREFIX, Settings, config_file, is_model
from bridge.settings.reference import SettingRow, row_of

_CREDENTIALS: Final = re.compile(r"://[^/@\s]*:[^/@\s]*@|[?&](?:key|token|password|secret)=", re.IGNORECASE)
"""An address that holds a password, wherever somebody wrote one."""
_VARIABLE: Final = "__"


def shown_settings(settings: Settings) -> tuple[ShownSetting, ...]:
    """Every setting of the running program, with the file and the variables of now."""
    return tuple(shown(settings, _written(config_file()), os.environ))


def shown(settings: Settings, written: Mapping[str, Any], variables: Mapping[str, str]) -> Iterator[ShownSetting]:
    """Every setting, in the order of the file.

    Args:
        settings: Those in force.
        written: The file as it was read, by table.
        variables: Of the environment, by name.
    """
    named = {name.removeprefix(PREFIX).lower(): value for name, value in variables.items() if name.startswith(PREFIX)}
    yield from _of(settings, "", 0, written, (), named)


def _of(
    model: BaseModel, table: str, entry: int, written: Any, path: tuple[str, ...], variables: Mapping[str, str]
) -> Iterator[ShownSetting]:
    """Those of a table, then those of the tables inside it."""
    inner: list[tuple[str, int, BaseModel, Any]] = []
    for name, field in type(model).model_fields.items():
        value, told = getattr(model, name), written.get(name) if isinstance(written, Mapping) else None
        if isinstance(value, BaseModel):
            inner.append((name, 0, value, told))
        elif get_origin(field.annotation) is tuple and is_model(get_args(field.annotation)[0]):
            several = told if isinstance(told, list) else []
            inner.extend(
                (name, at + 1, one, several[at] if at < len(several) else None) for at, one in enumerate(value)
            )
        else:
            row = row_of(table, name, field)
            source = _source(isinstance(written, Mapping) and name in written, (*path, name), variables)
            yield _line(row, entry, value, source, secret=_holds_secret(field.annotation))
    for name, at, value, told in inner:
        yield from _of(value, f"{table}.{name}" if table else name, at, told, (*path, name), variables)


def _line(row: SettingRow, entry: int, value: Any, source: SettingSource, *, secret: bool) -> ShownSetting:
    text = _text(value)
    default = "" if row.default in {"none", "required"} else row.default
    if source is SettingSource.DEFAULT and text != default and row.default != "required":
        source = SettingSource.DERIVED
    hidden = (secret and bool(value)) or _CREDENTIALS.search(text) is not None
    return ShownSetting(
        table=row.table.strip("[]"),
        entry=entry,
        name=row.name,
        value=None if hidden else text,
        default=default,
        source=source,
        kind=row.type,
        unit=row.unit,
        meaning=row.description,
    )


def _source(is_written: bool, path: tuple[str, ...], variables: Mapping[str, str]) -> SettingSource:
    """A variable goes before the file. A whole table in one variable is not taken apart."""
    if any(_VARIABLE.join(path[:length]) in variables for length in range(1, len(path) + 1)):
        return SettingSource.ENVIRONMENT
    return SettingSource.FILE if is_written else SettingSource.DEFAULT


def _holds_secret(annotation: Any) -> bool:
    if annotation is SecretStr:
        return True
    if get_origin(annotation) in (Annotated, Union, UnionType, tuple):
        return any(_holds_secret(one) for one in get_args(annotation))
    return False


def _text(value: Any) -> str:
    """As the reference writes it."""
    if value is None or value == () or isinstance(value, SecretStr):
        return ""
    return ", ".join(str(one) for one in value) if isinstance(value, tuple) else str(value)


def _written(file: Path) -> Mapping[str, Any]:
    """The file by table. Nothing where there is none, or it was broken after the start."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
