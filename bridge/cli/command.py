"""The command `samband`: its groups, and the form of an error.

A group is a module of this package with an `add_to`; a new one is a line of `_GROUPS`.
"""

import sys
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Final

import typer

from bridge.cli import (
    accounts,
    activations,
    alarms,
    archive,
    asterisk,
    audit,
    backup,
    codes,
    conferences,
    decisions,
    directory,
    exercise,
    floor,
    keeping,
    levels,
    links,
    log,
    messages,
    packages,
    participants,
    patches,
    probe,
    program,
    recordings,
    rooms,
    rota,
    schedule,
    sessions,
    situation,
    tokens,
    trunks,
)
from bridge.cli.answers import Failure, language
from bridge.cli.shell import MISUSED, ROOT, Group, Misuse
from bridge.domain.kernel.language import Language
from bridge.files import keep_private
from bridge.settings import speak


def _spoken(chosen: Language | None) -> Language | None:
    if chosen is not None:
        speak(chosen)
    return chosen


_GROUPS: Final[tuple[tuple[str, tuple[Callable[[typer.Typer], None], ...]], ...]] = (
    ("asterisk", (asterisk.add_to,)),
    ("conferences", (conferences.add_to,)),
    ("participants", (participants.add_to,)),
    ("floor", (floor.add_to,)),
    ("speaking-list", (floor.add_list_to,)),
    ("rooms", (rooms.add_to,)),
    ("decisions", (decisions.add_to,)),
    ("schedule", (schedule.add_to,)),
    ("situation", (situation.add_to,)),
    ("directory", (directory.add_to, rota.add_to, links.add_to)),
    ("codes", (codes.add_to,)),
    ("activations", (activations.add_to,)),
    ("alarms", (alarms.add_to,)),
    ("messages", (messages.add_to,)),
    ("exercise", (exercise.add_to,)),
    ("recordings", (recordings.add_to,)),
    ("archive", (archive.add_to, keeping.add_to, packages.add_to)),
    ("audit", (audit.add_to,)),
    ("backup", (backup.add_to,)),
    ("trunk", (trunks.add_to,)),
    ("radio", (patches.add_to, probe.add_to, levels.add_to)),
    ("account", (accounts.add_to,)),
    ("session", (sessions.add_to,)),
    ("token", (tokens.add_to,)),
)


def _everywhere(
    language: Annotated[Language | None, typer.Option(callback=_spoken, is_eager=True)] = None,
) -> None:
    """The options before any command."""


def _made() -> typer.Typer:
    made = typer.Typer(cls=Group, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    made.callback(cls=Group)(_everywhere)
    program.add_to(made)
    log.add_to(made)
    for name, adders in _GROUPS:
        group = typer.Typer(cls=Group)
        for add_to in adders:
            add_to(group)
        made.add_typer(group, name=name)
    return made


app: Final = _made()


@cache
def tree() -> Any:
    """All commands, made from their functions' signatures: of all that a command does before it asks, the most."""
    return typer.main.get_command(app)


def main() -> None:
    """The entry point: every error is one plain message on standard error, never a traceback."""
    keep_private()
    try:
        tree()(prog_name=ROOT)
    except Misuse as misuse:
        print(f"samband: {misuse}", file=sys.stderr)
        sys.exit(MISUSED)
    except Failure as failure:
        print(f"samband: {failure}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  the last place where it can be told
        from bridge.main.failures import explained, in_language

        print(f"samband: {in_language(explained('samband', error), language())}", file=sys.stderr)
        sys.exit(1)
