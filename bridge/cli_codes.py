"""`samband codes`: what is done about the codes of conferences when their key is lost."""

import asyncio
from collections.abc import Sequence

import typer

from bridge.logs import set_up
from bridge.main.places import Places
from bridge.settings import load


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("renew")(renew)


def renew() -> None:
    """Give up a lost keys/codes.key: conferences whose codes nobody can read any more get new ones."""
    renewed = asyncio.run(_renewed())
    if not renewed:
        print("every code can be read: nothing is renewed")
        return
    print(f"{len(renewed)} conferences have new codes; tell them to those who are invited: samband conferences list")
    print("back up keys/codes.key, apart from the database")


async def _renewed() -> Sequence[str]:
    from bridge.engine.clock import SteadyClock
    from bridge.main.opening import open_region
    from bridge.storage import SealedCodes

    settings = load()
    set_up(settings.log.level, settings.log.format)
    places = Places.of(settings)
    database = await open_region(settings, places)
    try:
        return await SealedCodes(database, SteadyClock(), places.codes_key).renew(actor="cli")
    finally:
        await database.close()
