"""The keys of a telephone in a conference, in one table by role. Each room hands over its own.

A command is a starter and one more key: `*6`, `#3`. The spoken help is made from the table too.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.domain.kernel.phrases import Prompt

STARTERS: Final = "*#"
"""`*` begins what everybody does and what a host does to the meeting; `#` begins the conduct of the meeting."""
_ORDER: Final = "1234567890#*"


@dataclass(frozen=True)
class Key:
    """One command.

    Attributes:
        sequence: The starter and the key after it.
        does: For the reference, in words.
        said: Its line in the spoken help.
        act: The rule. It gets the step and the participant.
        roles: The roles that it answers, by their wire names. Two keys of one sequence answer different roles.
    """

    sequence: str
    does: str
    said: Prompt
    act: Callable[[Any, Any], None]
    roles: frozenset[str]


KeysByRole = Mapping[str, Mapping[str, Key]]
"""Role → sequence → key, in the order of the help."""


def in_order(keys: Iterable[Key]) -> list[Key]:
    """As a telephone has them, `*` before `#`."""
    return sorted(keys, key=lambda key: (STARTERS.index(key.sequence[0]), _ORDER.index(key.sequence[1])))


def by_role(keys: Iterable[Key]) -> KeysByRole:
    """The table as a telephone sees it."""
    found: dict[str, dict[str, Key]] = {}
    for key in in_order(keys):
        for role in key.roles:
            found.setdefault(role, {})[key.sequence] = key
    return found
