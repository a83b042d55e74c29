"""`samband backup`: copies of the region, and the proof that one can be gone on with."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.answers import Failure, language, told
from bridge.cli.shell import Command
from bridge.ports import PortError
from bridge.settings import load
from bridge.words import say


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("make", cls=Command)(make)
    app.command("drill", cls=Command)(drill)


def make(folder: Path) -> None:
    from bridge.main import backup as backups

    try:
        made = backups.make(load(), folder)
    except PortError as error:
        raise Failure(say(error.reason, language())) from error
    print(told("backup_made", folder=str(made)))


def drill(backup: Annotated[Path | None, typer.Argument()] = None) -> None:
    from bridge.main import backup as backups

    try:
        done = asyncio.run(backups.drill(load(), backup))
    except PortError as error:
        raise Failure(say(error.reason, language())) from error
    print(told("backup_drilled", rows=done.rows, recordings=done.recordings))
