"""`samband session`: who is logged in, and ending it."""

from typing import Annotated

import typer

from bridge.cli.answers import AsJson, Failure, api, choice, part, show, told
from bridge.cli.shell import Command
from bridge.domain.kernel.principal import AccessRole


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_sessions)
    app.command("end", cls=Command)(end)


def list_sessions(as_json: AsJson = False) -> None:
    show(
        api("GET", "/sessions"),
        as_json,
        {
            "id": lambda one: one["id"],
            "name": lambda one: one["name"],
            "by": lambda one: choice("login_by", one["by"]),
            "login": lambda one: one["made_at"],
            "seen": lambda one: one["seen_at"],
            "address": lambda one: one["address"],
        },
    )


def end(
    session: Annotated[str | None, typer.Argument()] = None,
    account: Annotated[str | None, typer.Option("--account")] = None,
    role: Annotated[AccessRole | None, typer.Option("--role")] = None,
    everybody: Annotated[bool, typer.Option("--all")] = False,
) -> None:
    if session is not None:
        api("DELETE", f"/sessions/{part(session)}")
        ended = 1
    elif account is not None or role is not None or everybody:
        body = {"account": account, "role": role.value if role is not None else None}
        ended = api("POST", "/sessions/end", body)["ended"]
    else:
        raise Failure(told("end_what"))
    print(told("sessions_ended", count=ended))
