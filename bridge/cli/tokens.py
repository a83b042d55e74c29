"""`samband token`: who may use the API."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from bridge.cli.answers import Failure, told
from bridge.cli.shell import Command
from bridge.main.state_paths import StatePaths
from bridge.settings import load

if TYPE_CHECKING:
    from bridge.storage import SqlTokens

T = TypeVar("T")


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("issue", cls=Command)(issue)
    app.command("revoke", cls=Command)(revoke)


def issue(name: str) -> None:
    print(asyncio.run(_with_tokens(lambda tokens: tokens.issue(name, actor="cli"))))


def revoke(name: str) -> None:
    if not asyncio.run(_with_tokens(lambda tokens: tokens.revoke(name, actor="cli"))):
        raise Failure(told("no_token", name=name))
    print(told("token_ended", name=name))


async def _with_tokens(act: "Callable[[SqlTokens], Awaitable[T]]") -> T:
    """Tokens are made in the database itself, so that the first needs no token."""
    from bridge.engine.clock import SteadyClock
    from bridge.main.opening import open_region
    from bridge.storage import SqlTokens

    settings = load()
    places = StatePaths.of(settings)
    places.make()
    database = await open_region(settings, places)
    try:
        return await act(SqlTokens(database, SteadyClock()))
    finally:
        await database.close()
