"""The `samband` command: run it, check it, and steer it from a terminal.

The live verbs talk to the running program over its own API, with the operator's token of the state directory. They
answer at once: what only other commands need (the program's parts, its database) is imported by those commands.
"""

import sys
from contextlib import suppress
from typing import Any

__all__ = ["app", "main", "tree"]


def main() -> None:
    """The entry point. `samband run` begins to load controllers before it loads itself."""
    if sys.argv[1:2] != ["run"] or "--help" in sys.argv:
        _commands().main()
        return
    from bridge.main.begun import WAITING

    with suppress(OSError):  # it is begun later then, and the supervisor tells why it cannot be
        WAITING.begin()
    try:
        _commands().main()
    finally:
        WAITING.end()


def __getattr__(name: str) -> Any:
    """Commands take most of a second to load, which is not before they are wanted."""
    if name not in __all__:
        raise AttributeError(name)
    return getattr(_commands(), name)


def _commands() -> Any:
    from bridge.cli import command

    return command
