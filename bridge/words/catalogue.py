"""The catalogue: `sv.toml` and `en.toml` beside this file, in sections of keys and texts.

A text may hold

- `{name}`: a value of the data; a reason among them is said in its own words;
- `{name:section}`: the value's own entry in that section. It is found by the whole value, else by the words that the
  value begins with. So `trunk main` is the entry `trunk` and the rest. Else it is `other`, which may show the value as
  `{value}`;
- `{name|one|many}`: by the number;
- `[…]`: left out where anything in it has no value.

The console's script reads the same texts by the same rules (`words.js`).
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import EVIDENCE, MOST_DEPTH, Reason, Value

REASONS: Final = "reason"
OTHER: Final = "other"
_OPTIONAL: Final = re.compile(r"\[([^\[\]]*)\]")
_HOLE: Final = re.compile(r"\{(\w+)(?::(\w+)|\|([^|{}]*)\|([^|{}]*))?\}")
missing: Final[Counter[str]] = Counter()
"""How often each entry that is not there was asked for, by `language section key`."""

Section = Mapping[str, str]


def say(reason: Reason, language: Language) -> str:
    """A reason in words."""
    return _say(reason, language, 0)


def with_evidence(reason: Reason, language: Language) -> str:
    """A reason in words for the keeper, and what a device said in its own."""
    evidence = reason.get(EVIDENCE)
    return say(reason, language) + (f" ({evidence})" if evidence else "")


def word(language: Language, section_name: str, key: str, /, **data: Value) -> str:
    """One entry with its data filled in."""
    text = section(language, section_name).get(key)
    if text is None:
        _missed(language, section_name, key)
        return _bare(key, data)
    return _filled(text, data, language, 0)


def entry(language: Language, section_name: str, value: str) -> str:
    """A value's own entry, as `{name:section}` finds it."""
    return _entry(section(language, section_name), value)


def section(language: Language, name: str) -> Section:
    """All texts of a section, as they stand in the file; empty where there is none of the name."""
    return _catalogue(language).get(name, MappingProxyType({}))


def sections(language: Language) -> Mapping[str, Section]:
    return _catalogue(language)


@cache
def _catalogue(language: Language) -> Mapping[str, Section]:
    tables = tomllib.loads((files(__package__) / f"{language.value}.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: MappingProxyType(dict(table)) for name, table in tables.items()})


def _say(reason: Reason, language: Language, depth: int) -> str:
    data = dict(reason.data)
    text = section(language, REASONS).get(reason.code)
    if text is None or depth > MOST_DEPTH:
        _missed(language, REASONS, reason.code)
        return _bare(reason.code, data)
    return _filled(text, data, language, depth)


def _filled(text: str, data: Mapping[str, Value], language: Language, depth: int) -> str:
    def fill(part: str) -> str | None:
        """Every hole filled; `None` where one has no value."""
        lacking = any(data.get(hole[1]) is None for hole in _HOLE.finditer(part))
        return None if lacking else _HOLE.sub(lambda hole: _value(hole, data, language, depth), part)

    plain, optional = _OPTIONAL.split(text)[::2], _OPTIONAL.split(text)[1::2]
    filled = [fill(part) for part in plain]
    if None in filled:
        _missed(language, "data", text)
        filled = [
            _HOLE.sub(lambda hole: _value(hole, data, language, depth) if hole[1] in data else "–", part)
            for part in plain
        ]
    # Part by part, so that braces in a value are never taken for a hole.
    return "".join((one or "") + (fill(more) or "") for one, more in zip(filled, [*optional, ""], strict=True))


def _value(hole: re.Match[str], data: Mapping[str, Value], language: Language, depth: int) -> str:
    value = data[hole[1]]
    if hole[3] is not None:
        return hole[3] if value == 1 else hole[4]
    if isinstance(value, Reason):
        return _say(value, language, depth + 1)
    shown = _shown(value, language)
    return shown if hole[2] is None else _entry(section(language, hole[2]), shown)


def _entry(entries: Section, value: str) -> str:
    if value in entries:
        return entries[value]
    begun = max((key for key in entries if value.startswith(f"{key} ")), key=len, default=None)
    if begun is not None:
        return f"{entries[begun]} {value.removeprefix(begun).strip()}"
    return entries.get(OTHER, "{value}").replace("{value}", value)


def _shown(value: Value, language: Language) -> str:
    if isinstance(value, float):
        text = f"{value:g}"
        return text.replace(".", ",") if language is Language.SV else text
    return str(value)


def _bare(key: str, data: Mapping[str, Value]) -> str:
    return str(Reason(key, tuple(sorted(data.items()))))


def _missed(language: Language, section_name: str, key: str) -> None:
    name = f"{language.value} {section_name} {key}"
    missing[name] += 1
    if missing[name] == 1:
        import structlog  # a command that misses no word needs no logger, which takes long to import

        structlog.get_logger(__name__).error("words_missing", language=language.value, section=section_name, key=key)
