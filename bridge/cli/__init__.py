"""The `samband` command: run it, check it, and steer it from a terminal.

The live verbs talk to the running program over its own API, with the operator's token of the state directory. They
answer at once: what only other commands need (the program's parts, its database) is imported by those commands.
"""

from bridge.cli.command import app, main, tree

__all__ = ["app", "main", "tree"]
