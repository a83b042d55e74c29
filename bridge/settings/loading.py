"""Reading the settings, and telling what is wrong with them: file, line, table, setting, remedy. Never a traceback."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_settings import SettingsError as UnreadableVariable

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.settings.faults import Fault, told_of
from bridge.settings.model import PREFIX, Settings, config_file, table_of
from bridge.settings.reasons import SettingReason
from bridge.words import with_evidence
from bridge.written import WrittenReason, in_file, not_utf8, of_parser, unreadable

_NOT_SETTINGS: Final = frozenset({"SAMBAND_CONFIG"})


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
        raise SettingsError(of_parser(file, str(error))) from error
    except RecursionError as error:
        raise SettingsError(in_file(file, WrittenReason.TOO_DEEP())) from error
    except OSError as error:
        raise SettingsError(unreadable(file, error)) from error
    except UnreadableVariable as error:
        raise SettingsError(_unreadable_variable()) from error
    except ValidationError as error:
        faults = [Fault.of(one) for one in error.errors(include_url=False, include_context=True)]
        raise SettingsError(*told_of(faults, file, text)) from error


def _text_of(file: Path) -> str:
    """The file as it is written; nothing where there is none and none was named."""
    if not file.is_file():
        if "SAMBAND_CONFIG" in os.environ:
            raise SettingsError(in_file(file, SettingReason.NO_FILE(variable="SAMBAND_CONFIG")))
        if file.exists():
            raise SettingsError(in_file(file, SettingReason.NO_PLAIN_FILE(variable="SAMBAND_CONFIG")))
        return ""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(not_utf8(file, error)) from error
    except OSError as error:
        raise SettingsError(unreadable(file, error)) from error


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
