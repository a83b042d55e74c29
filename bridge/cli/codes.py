"""`samband codes`: what is done about the codes of conferences when their key is lost."""

import asyncio
from collections.abc import Sequence

import typer

from bridge.cli.answers import told
from bridge.cli.shell import Command
from bridge.main.state_paths import StatePaths
from bridge.settings import load


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("renew", cls=Command)(renew)


def renew() -> None:
    renewed = asyncio.run(_renewed())
    if not renewed:
        print(told("all_codes_read"))
        return
    print(told("codes_renewed", count=len(renewed)))
    print(told("back_up_key"))


async def _renewed() -> Sequence[str]:
    from bridge.engine.clock import SteadyClock
    from bridge.logs import set_up
    from bridge.main.opening import open_region
    from bridge.storage import SealedCodes

    settings = load()
    set_up(settings.log.level, settings.log.format)
    places = StatePaths.of(settings)
    database = await open_region(settings, places)
    try:
        return await SealedCodes(database, SteadyClock(), places.codes_key).renew(actor="cli")
    finally:
        await database.close()
