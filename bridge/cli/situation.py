"""`samband situation`: the situation reports of the organisations to a meeting."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from bridge.cli.answers import AsJson, api, choice, part, show
from bridge.cli.shell import Command


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_reports)
    app.command("give", cls=Command)(give)


def list_reports(meeting: str, as_json: AsJson = False) -> None:
    _show(api("GET", f"/situation-reports/{part(meeting)}"), as_json)


def give(
    meeting: str, organisation: str, text: str, needs: Annotated[str, typer.Option()] = "", as_json: AsJson = False
) -> None:
    body = {"text": text, "needs": needs}
    _show(api("PUT", f"/situation-reports/{part(meeting)}/{part(organisation)}", body), as_json)


def _show(found: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    show(
        found,
        as_json,
        {
            "organisation": lambda one: one["organisation"],
            "sent": lambda one: choice("yes_no", "yes" if one["sent"] else "no"),
            "at": lambda one: one["given_at"],
            "situation": lambda one: one["text"],
            "needs": lambda one: one["needs"],
        },
    )
