"""A setting's fault, as a reason for its keeper."""

import difflib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from bridge.domain.kernel.reasons import Reason, Unusable, Value
from bridge.settings.model import PREFIX, Settings, is_model, table_of
from bridge.settings.reasons import SettingReason
from bridge.written import WrittenReason, in_file

Location = tuple[str | int, ...]

_LONGEST_VALUE: Final = 40
_SECRET: Final = frozenset({("storage", "url")})
"""Their values are never shown."""
_ECHOES: Final = frozenset({"too_short", "missing"})
"""Faults that only repeat that something inside was not usable."""
_KINDS: Final[Mapping[str, tuple[SettingReason, str]]] = {
    "int_parsing": (SettingReason.WHOLE_NUMBER, ""),
    "int_type": (SettingReason.WHOLE_NUMBER, ""),
    "int_from_float": (SettingReason.WHOLE_NUMBER, ""),
    "int_parsing_size": (SettingReason.SMALLER_NUMBER, ""),
    "float_parsing": (SettingReason.NUMBER, ""),
    "float_type": (SettingReason.NUMBER, ""),
    "finite_number": (SettingReason.ORDINARY_NUMBER, ""),
    "bool_parsing": (SettingReason.YES_OR_NO, ""),
    "bool_type": (SettingReason.YES_OR_NO, ""),
    "string_type": (SettingReason.TEXT, ""),
    "path_type": (SettingReason.PATH, ""),
    "tuple_type": (SettingReason.LIST, ""),
    "dict_type": (SettingReason.TABLE_OF_TEXT, ""),
    "missing": (SettingReason.MISSING, ""),
    "greater_than_equal": (SettingReason.AT_LEAST, "ge"),
    "greater_than": (SettingReason.MORE_THAN, "gt"),
    "less_than_equal": (SettingReason.AT_MOST, "le"),
    "less_than": (SettingReason.LESS_THAN, "lt"),
    "literal_error": (SettingReason.ONE_OF, "expected"),
    "enum": (SettingReason.ONE_OF, "expected"),
    "too_short": (SettingReason.FEW_VALUES, "min_length"),
    "too_long": (SettingReason.MANY_VALUES, "max_length"),
    "string_too_short": (SettingReason.SHORT_TEXT, "min_length"),
    "string_too_long": (SettingReason.LONG_TEXT, "max_length"),
    "string_pattern_mismatch": (SettingReason.FORM, "pattern"),
}
"""A kind of pydantic's faults → ours, and which of its figures is our bound. Validators of the tables raise
`Unusable`."""

_SAID: Final = frozenset({*_KINDS, "extra_forbidden", "model_type", "model_attributes_type"})
"""Every other kind is one that nobody foresaw."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `at` is the path: `("trunk", 1, "dial")`."""

    kind: str
    at: Location
    own: Reason | None
    """A validator's, where one of ours refused it."""
    says: str
    """Pydantic's words, for the evidence of a kind that nobody foresaw."""
    value: object
    context: Mapping[str, Any]

    @classmethod
    def of(cls, error: Any) -> Self:
        """From one of pydantic's errors."""
        context = error.get("ctx", {})
        own = context.get("error")
        known = own if isinstance(own, Unusable) else None
        at = (*error["loc"], *(known.at if known is not None else ()))
        return cls(
            error["type"], at, None if known is None else known.reason, str(error["msg"]), error["input"], context
        )


def told_of(faults: Sequence[Fault], file: Path, text: str) -> Iterator[Reason]:
    """A reason for each fault that is no echo of another."""
    for fault in faults:
        inside = any(other.at[: len(fault.at)] == fault.at and len(other.at) > len(fault.at) for other in faults)
        if fault.kind in _ECHOES and inside:
            continue
        reason = _at_its_source(fault, file, text, WrittenReason.AT(place=_place(fault.at), cause=_why(fault)))
        yield reason if fault.own is not None or fault.kind in _SAID else reason.proved(fault.says)


def _why(fault: Fault) -> Reason:
    if fault.own is not None:
        return fault.own
    if fault.kind == "extra_forbidden":
        return SettingReason.UNKNOWN(near=_near(fault))
    if fault.kind in ("model_type", "model_attributes_type"):
        return SettingReason.TABLE(table=_written(fault.at))
    if fault.kind == "tuple_type" and is_model(table_of(str(fault.at[0]))) and len(fault.at) == 1:
        return SettingReason.TABLES(table=f"[[{fault.at[0]}]]")
    if fault.kind not in _KINDS:
        return SettingReason.OTHER(value=_shown(fault))
    code, bound = _KINDS[fault.kind]
    data: dict[str, Value | None] = {"value": _shown(fault), "bound": fault.context.get(bound)}
    data |= {"known": ", ".join(_QUOTED.findall(str(data["bound"]))), "form": data["bound"]}
    return code(**{name: value for name, value in data.items() if name in code.names})


_QUOTED: Final = re.compile(r"'([^']*)'")
"""Each value of pydantic's `'sv' or 'en'`."""


def _shown(fault: Fault) -> str | None:
    if fault.at in _SECRET or not isinstance(fault.value, str | int | float | bool):
        return None
    shown = str(fault.value).lower() if isinstance(fault.value, bool) else repr(fault.value)
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}…"


def _near(fault: Fault) -> str | None:
    *above, name = fault.at
    table = Settings if not above else table_of(*(str(part) for part in above if isinstance(part, str)))
    known = list(getattr(table, "model_fields", {}))
    return next(iter(difflib.get_close_matches(str(name), known, 1)), None)


# --- where ---


def _place(at: Location) -> Reason | str | None:
    """`("trunk", 1, "dial")` → number 2 of `[[trunk]]`, dial. Nothing where it is the whole file."""
    match list(at):
        case [str(table), int(index), *rest]:
            named = f"[[{table}]]" if is_model(table_of(table)) else table
            return SettingReason.ROW(table=named, number=index + 1, setting=_dotted(rest))
        case [str(table), str(inner), int(index), *rest]:
            named = f"[[{table}.{inner}]]" if is_model(table_of(table, inner)) else f"[{table}] {inner}"
            return SettingReason.ROW(table=named, number=index + 1, setting=_dotted(rest))
    return _written(at) or None


def _dotted(names: Sequence[str | int]) -> str | None:
    return ".".join(str(part) for part in names) or None


def _written(at: Location) -> str:
    """As in the file: `[api] port`."""
    match list(at):
        case []:
            return ""
        case [table]:
            return f"[{table}]" if _is_table(str(table)) else str(table)
        case [table, *rest]:
            return f"[{table}] {_dotted(rest)}"
    return ""


def _is_table(name: str) -> bool:
    field = Settings.model_fields.get(name)
    return field is not None and is_model(field.annotation)


def _at_its_source(fault: Fault, file: Path, text: str, cause: Reason) -> Reason:
    """The variable that holds the value, or the file with the line."""
    names = [str(part).upper() for part in fault.at]
    for count in range(len(names), 0, -1):
        variable = PREFIX + "__".join(names[:count])
        if variable in os.environ:
            return SettingReason.IN_VARIABLE(variable=variable, cause=cause)
    return in_file(file, cause, line_of(text, fault.at))


_HEAD: Final = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*[.=]")


def line_of(text: str, at: Location) -> int | None:
    """The line on which a setting, else its table, begins. Looks at lines as people write them: not inside values."""
    names = [part for part in at if isinstance(part, str)]
    wanted = next((part for part in at if isinstance(part, int)), 0)
    table, seen, best = "", 0, None
    for number, line in enumerate(text.splitlines(), start=1):
        head, key = _HEAD.match(line), _KEY.match(line)
        if head is not None:
            table = head[2]
            here = table == ".".join(names) or table == ".".join(names[:-1])
            if here and head[1] == "[[":
                seen += 1
            if here and (head[1] == "[" or seen == wanted + 1):
                best = number
        elif key is not None:
            inside = table == ".".join(names[:-1]) and (seen in (0, wanted + 1))
            if names and inside and key[1] == names[-1]:
                return number
    return best
