"""`samband messages`: SMS and e-mail of the running program."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer

from bridge.cli.answers import AsJson, api, language, member, part
from bridge.cli.answers import show as show_all
from bridge.cli.shell import Command
from bridge.domain.outbox.records import Bearer
from bridge.words import entry


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("send", cls=Command)(send)
    app.command("list", cls=Command)(list_messages)
    app.command("show", cls=Command)(show)
    app.command("again", cls=Command)(again)
    app.command("withdraw", cls=Command)(withdraw)


def send(
    bearer: Annotated[Bearer, typer.Argument()],
    to: Annotated[str, typer.Argument()],
    text: Annotated[str, typer.Argument()],
    heading: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    body: dict[str, Any] = {"bearer": bearer.value, "to": to, "text": text, "heading": heading}
    _show([api("POST", "/messages", {name: value for name, value in body.items() if value is not None})], as_json)


def list_messages(
    activation: Annotated[str | None, typer.Option()] = None,
    uncertain: bool = False,
    limit: int = 20,
    as_json: AsJson = False,
) -> None:
    of_one = f"&activation={part(activation)}" if activation is not None else ""
    in_doubt = "&state=uncertain" if uncertain else ""
    _show(api("GET", f"/messages?limit={limit}{of_one}{in_doubt}"), as_json)


def show(message: str, as_json: AsJson = False) -> None:
    _show([api("GET", f"/messages/{part(message)}")], as_json)


def again(message: str, as_json: AsJson = False) -> None:
    _show([api("POST", f"/messages/{part(message)}/again")], as_json)


def withdraw(message: str, as_json: AsJson = False) -> None:
    _show([api("POST", f"/messages/{part(message)}/withdraw")], as_json)


def _show(messages: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    columns: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "id": member("id"),
        "at": member("created_at"),
        "bearer": lambda one: entry(language(), "bearer", one["bearer"]),
        "to": member("to"),
        "state": lambda one: entry(language(), "message_state", one["state"]),
        "parts": member("parts"),
        "reason": member("reason"),
        "text": member("text"),
    }
    show_all(messages, as_json, columns)
