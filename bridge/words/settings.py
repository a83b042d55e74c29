"""The meaning of each setting in Swedish. In English it stands with the setting itself, in the reference."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from bridge.domain.kernel.language import Language

TOP: Final = "top"
"""Settings that stand above all tables."""


def meaning(language: Language, table: str, name: str, english: str) -> str:
    """The words for one setting, such as `port` of the table `api`. A setting without words has the English ones."""
    if language is Language.EN:
        return english
    return swedish().get(table or TOP, {}).get(name, english)


@cache
def swedish() -> Mapping[str, Mapping[str, str]]:
    """Table → name → words."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        (files(__package__) / "settings_sv.toml").read_text(encoding="utf-8")
    )
    return found
