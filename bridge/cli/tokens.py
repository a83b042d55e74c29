"""`samband token`: who may use the API."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from bridge.cli.answers import AsJson, Failure, api, show, told
from bridge.cli.shell import Command
from bridge.main.state_paths import StatePaths
from bridge.settings import load

if TYPE_CHECKING:
    from bridge.storage import SqlTokens

T = TypeVar("T")
_DAY_S: Final = 86_400.0


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("issue", cls=Command)(issue)
    app.command("list", cls=Command)(list_tokens)
    app.command("revoke", cls=Command)(revoke)


def issue(
    name: str,
    permission: Annotated[list[str] | None, typer.Option("--permission")] = None,
    days: Annotated[float | None, typer.Option(min=0.01, max=3660)] = None,
    owner: Annotated[str | None, typer.Option("--owner")] = None,
) -> None:
    from bridge.service.tokens import LISTED

    for one in permission or ():
        if one not in LISTED:
            raise Failure(told("no_permission", name=one))
    ends_s = time.time() + days * _DAY_S if days is not None else None

    async def issued(tokens: "SqlTokens") -> str:
        key = await tokens.owner_named(owner) if owner is not None else None
        if owner is not None and key is None:
            raise Failure(told("no_account", name=owner))
        return await tokens.issue(name, "cli", permissions=permission or None, expires_at_s=ends_s, owner=key)

    print(asyncio.run(_with_tokens(issued)))


def list_tokens(as_json: AsJson = False) -> None:
    show(
        api("GET", "/tokens"),
        as_json,
        {
            "name": lambda one: one["name"],
            "owner": lambda one: one["owner"],
            "permissions": lambda one: "*" if one["permissions"] is None else ", ".join(one["permissions"]),
            "ends": lambda one: one["expires_at"],
            "used": lambda one: one["used_at"],
        },
    )


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
