"""The language of the command line: help, tables, faults and the lines of `samband run`.

The first that is set decides:

1. `--language`, or `SAMBAND_LANGUAGE`, which the programs that we start inherit;
2. `language` at the top of `samband.toml`;
3. `LC_ALL`, `LC_MESSAGES` and `LANG`, as everywhere (POSIX, XBD §8.2);
4. Swedish where a language is set that is none of ours, otherwise English.
"""

import os
import re
import tomllib
from typing import Final

from bridge.domain.kernel.language import Language
from bridge.settings.model import PREFIX, config_file
from bridge.words import of_environment, says_a_language

VARIABLE: Final = f"{PREFIX}LANGUAGE"
_LINE: Final = re.compile(r"""^language\s*=\s*["'](\w*)["']""", re.MULTILINE)
"""The setting in a file that is no TOML."""


def spoken() -> Language:
    """Also where the settings cannot be used: their fault is told in a language too."""
    chosen = os.environ.get(VARIABLE) or _in_the_file()
    if chosen in set(Language):
        return Language(chosen)
    return Language.SV if chosen and not says_a_language(os.environ) else of_environment(os.environ)


def speak(language: Language) -> None:
    """From now on, here and in every program that is started."""
    os.environ[VARIABLE] = language.value


def _in_the_file() -> str:
    try:
        text = config_file().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    try:
        return str(tomllib.loads(text).get("language", ""))
    except (ValueError, RecursionError):
        found = _LINE.search(f"\n{text}".partition("\n[")[0])
        return found[1] if found else ""
