"""`samband directory link`: links by which organisations keep their own contact data."""

from typing import Annotated, Final

import typer

from bridge.cli.answers import AsJson, api, part, print_json, show, told
from bridge.cli.shell import Command, Group

_DAY_S: Final = 86_400


def add_to(app: typer.Typer) -> None:
    """Put the group under the group."""
    link = typer.Typer(cls=Group)
    link.command("list", cls=Command)(list_links)
    link.command("make", cls=Command)(make)
    link.command("revoke", cls=Command)(revoke)
    app.add_typer(link, name="link")


def list_links(as_json: AsJson = False) -> None:
    show(
        api("GET", "/directory/links"),
        as_json,
        {
            "id": lambda one: one["id"],
            "organisation": lambda one: one["organisation_id"],
            "made": lambda one: one["made_at"],
            "ends": lambda one: one["revoked_at"] or one["expires_at"],
        },
    )


def make(
    organisation: str,
    days: Annotated[int | None, typer.Option(min=1, max=365)] = None,
    mail: Annotated[bool, typer.Option("--mail")] = False,
    as_json: AsJson = False,
) -> None:
    lasts_s = days * _DAY_S if days is not None else None
    body = {"organisation_id": organisation, "lasts_s": lasts_s, "mail": mail}
    made = api("POST", "/directory/links", body)
    if as_json:
        print_json(made)
    else:
        print(told("link_mailed", link=made["id"]) if made["address"] is None else made["address"])


def revoke(link: str) -> None:
    api("DELETE", f"/directory/links/{part(link)}")
