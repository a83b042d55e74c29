"""`samband audit`: who did what, and when."""

from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from bridge.cli.answers import AsJson, api, show
from bridge.cli.shell import Command


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("search", cls=Command)(search)


def search(
    actor: str = "",
    action: str = "",
    subject: Annotated[str, typer.Option("--object")] = "",
    since: Annotated[str | None, typer.Option()] = None,
    until: Annotated[str | None, typer.Option()] = None,
    before: Annotated[int | None, typer.Option(min=1)] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    as_json: AsJson = False,
) -> None:
    asked = {
        "actor": actor,
        "action": action,
        "object": subject,
        "since": since,
        "until": until,
        "before": before,
        "limit": limit,
    }
    found = api("GET", f"/audit/search?{urlencode({name: value for name, value in asked.items() if value})}")
    show(
        found,
        as_json,
        {
            "number": lambda one: one["number"],
            "at": lambda one: one["at"],
            "by": lambda one: one["actor"],
            "what": lambda one: one["action"],
            "id": lambda one: one["object"],
            "text": _detail,
        },
    )


def _detail(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row["detail"].items())
