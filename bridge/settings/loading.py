"""Reading the settings, and telling what is wrong with them: file, line, table, setting, remedy. Never a traceback."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_settings import SettingsError as UnreadableVariable

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.files import refused_by_the_system
from bridge.settings.faults import Fault, told_of
from bridge.settings.model import PREFIX, Settings, config_file, table_of
from bridge.settings.reasons import SettingReason
from bridge.words import with_evidence

_NOT_SETTINGS: Final = frozenset({"SAMBAND_CONFIG"})
_IN_TOML: Final = re.compile(
    r"(?P<says>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.S
)
_OF_TOML: Final = (
    ("twice|redefine|overwrite|[Dd]uplicate|immutable|other than list|no nest", SettingReason.TOML_TWICE),
    ("Expected '='|Invalid statement|Expected newline|key part", SettingReason.TOML_NAME),
    ("Unclosed|Unterminated|Expected", SettingReason.TOML_OPEN),
    ("character|Unescaped", SettingReason.TOML_CHARACTER),
    ("Invalid", SettingReason.TOML_VALUE),
)
"""A piece of the parser's words → ours, which name the remedy; the first that is found counts."""


class SettingsError(Exception):
    """The settings are not usable: a reason for each fault, with file, table, setting and remedy. Its text is English,
    for the log."""

    def __init__(self, *faults: Reason) -> None:
        self.faults = faults
        super().__init__(self.said(Language.EN))

    def said(self, language: Language) -> str:
        """Each fault on its line."""
        return "\n".join(with_evidence(one, language) for one in self.faults)


def load() -> Settings:
    """Read the file and the environment.

    Raises:
        SettingsError: Something in them cannot be used.
    """
    file = config_file()
    text = _text_of(file)
    try:
        _known_variables()
        return Settings()
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_of_toml(file, str(error))) from error
    except RecursionError as error:
        raise SettingsError(_of_file(file, SettingReason.TOO_DEEP())) from error
    except OSError as error:
        raise SettingsError(_of_file(file, SettingReason.UNREADABLE(cause=refused_by_the_system(error)))) from error
    except UnreadableVariable as error:
        raise SettingsError(_unreadable_variable()) from error
    except ValidationError as error:
        faults = [Fault.of(one) for one in error.errors(include_url=False, include_context=True)]
        raise SettingsError(*told_of(faults, file, text)) from error


def _of_file(file: Path, cause: Reason, line: int | None = None) -> Reason:
    return SettingReason.IN_FILE(file=str(file), line=line, cause=cause)


def _of_toml(file: Path, error: str) -> Reason:
    """The parser's words are English: what they mean stands in the catalogue."""
    found = _IN_TOML.fullmatch(error)
    line, column = (found["line"], found["column"]) if found else (None, None)
    says = found["says"] if found else error
    code = next((code for piece, code in _OF_TOML if re.search(piece, says)), SettingReason.TOML)
    return _of_file(file, code(column=None if column is None else int(column)), None if line is None else int(line))


def _text_of(file: Path) -> str:
    """The file as it is written; nothing where there is none and none was named."""
    if not file.is_file():
        if "SAMBAND_CONFIG" in os.environ:
            raise SettingsError(_of_file(file, SettingReason.NO_FILE(variable="SAMBAND_CONFIG")))
        if file.exists():
            raise SettingsError(_of_file(file, SettingReason.NO_PLAIN_FILE(variable="SAMBAND_CONFIG")))
        return ""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(_of_file(file, SettingReason.NOT_UTF8(), line)) from error
    except OSError as error:
        raise SettingsError(_of_file(file, SettingReason.UNREADABLE(cause=refused_by_the_system(error)))) from error


def _variables() -> Iterator[str]:
    return (one for one in sorted(os.environ) if one.startswith(PREFIX) and one not in _NOT_SETTINGS)


def _known_variables() -> None:
    """pydantic-settings passes over variables it does not know; a misspelt one must not be passed over."""
    for variable in _variables():
        table, _, name = variable.removeprefix(PREFIX).lower().partition("__")
        known: Any = getattr(table_of(table), "model_fields", {})
        if table not in Settings.model_fields or (name and name.partition("__")[0] not in known):
            raise SettingsError(SettingReason.VARIABLE_OF_NOTHING(variable=variable))


def _unreadable_variable() -> Reason:
    """A list or a whole table in one variable is written as JSON."""
    whole = [one for one in _variables() if "__" not in one] or list(_variables())
    return SettingReason.VARIABLE_UNREADABLE(variables=", ".join(whole))
