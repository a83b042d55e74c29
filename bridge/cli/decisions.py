"""`samband decisions`: the decisions of a meeting of the running program, and each organisation's answer."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from bridge.cli.answers import AsJson, api, choice, part, print_json, table
from bridge.cli.answers import show as show_all
from bridge.cli.shell import Command


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_decisions)
    app.command("show", cls=Command)(show)
    app.command("begin", cls=Command)(begin)
    app.command("end", cls=Command)(end)
    app.command("cancel", cls=Command)(cancel)
    app.command("read-back", cls=Command)(read_back)
    app.command("answer", cls=Command)(answer)


def list_decisions(conference: str, as_json: AsJson = False) -> None:
    show_all(
        api("GET", f"/conferences/{part(conference)}/decisions"),
        as_json,
        {
            "id": lambda one: one["id"],
            "decision": lambda one: one["number"],
            "title": lambda one: one["title"],
            "state": lambda one: choice("decision", one["state"]),
            "started": lambda one: one["begun_at"],
            "acknowledged": lambda one: _count(one, "acknowledged"),
            "reserved": lambda one: _count(one, "reserved"),
            "unanswered": lambda one: _count(one, "unanswered"),
        },
    )


def show(conference: str, decision: str, as_json: AsJson = False) -> None:
    _show(api("GET", f"/conferences/{part(conference)}/decisions/{part(decision)}"), as_json)


def begin(conference: str, title: Annotated[str | None, typer.Option()] = None, as_json: AsJson = False) -> None:
    body = {} if title is None else {"title": title}
    _show(api("POST", f"/conferences/{part(conference)}/decisions", body), as_json)


def end(conference: str, decision: str, as_json: AsJson = False) -> None:
    _show(api("POST", f"/conferences/{part(conference)}/decisions/{part(decision)}/end"), as_json)


def cancel(conference: str, decision: str, as_json: AsJson = False) -> None:
    _show(api("POST", f"/conferences/{part(conference)}/decisions/{part(decision)}/cancel"), as_json)


def read_back(conference: str, decision: str, as_json: AsJson = False) -> None:
    _show(api("POST", f"/conferences/{part(conference)}/decisions/{part(decision)}/read-back"), as_json)


def answer(
    conference: str,
    decision: str,
    organisation: str,
    reserved: Annotated[bool, typer.Option("--reserved")] = False,
    as_json: AsJson = False,
) -> None:
    body = {"organisation": organisation, "answer": "reserved" if reserved else "acknowledged"}
    _show(api("POST", f"/conferences/{part(conference)}/decisions/{part(decision)}/answers", body), as_json)


def _count(decision: Mapping[str, Any], answer: str) -> int:
    return sum(one["answer"] == answer for one in decision["acknowledgements"])


def _show(decision: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(decision)
        return
    title = f", {decision['title']}" if decision["title"] else ""
    print(f"{decision['id']}  {decision['number']}{title}: {choice('decision', decision['state'])}")
    rows = [
        (one["organisation"], choice("answer", one["answer"]), one["answered_at"], one["by"])
        for one in decision["acknowledgements"]
    ]
    if rows:
        table(("organisation", "answer", "at", "by"), rows)
