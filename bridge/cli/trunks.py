"""`samband trunk`: the trunks of the running program."""

from typing import Annotated, Any

import typer

from bridge.cli.answers import AsJson, Failure, api, head, part, print_json, table, told
from bridge.cli.shell import Command

_TEST_S = 120.0
"""The longest that a test may take: two waits for an answer, then keys and sound."""


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_trunks)
    app.command("test", cls=Command)(try_out)


def list_trunks(as_json: AsJson = False) -> None:
    found = api("GET", "/trunks")
    if as_json:
        print_json(found)
        return
    table(("name", "number", "number shown"), ((one["name"], one["number"], one["caller_id"]) for one in found))


def try_out(
    name: Annotated[str | None, typer.Argument()] = None,
    dry_run: Annotated[bool, typer.Option()] = False,
    as_json: AsJson = False,
) -> None:
    if dry_run or name is None:
        trunk = _chosen(name)
        name = str(trunk["name"])
        if dry_run:
            print(told("trunk_would_dial", trunk=name, number=trunk["number"], shown=trunk["caller_id"]))
            return
    found = api("POST", f"/trunks/{part(name)}/test", within_s=_TEST_S)
    if as_json:
        print_json(found)
    else:
        rows = (
            (head(one["what"].replace("_", " ")), told("well") if one["well"] else told("fault"), one["says"])
            for one in found["findings"]
        )
        table(("part", "", "says"), rows)
    if not found["well"]:
        raise typer.Exit(1)


def _chosen(name: str | None) -> Any:
    """The trunk by its name, or the preferred one."""
    trunks = api("GET", "/trunks")
    for one in trunks:
        if name in (None, one["name"]):
            return one
    if not trunks:
        raise Failure(told("no_trunks"))
    raise Failure(told("no_trunk", trunk=str(name), trunks=", ".join(one["name"] for one in trunks)))
