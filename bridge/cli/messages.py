"""`samband messages`: SMS and e-mail of the running program."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from bridge.cli.answers import AsJson, api, language, member, part, print_json
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
    app.command("mailings", cls=Command)(mailings)


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


def mailings(
    schedule: Annotated[str | None, typer.Option()] = None,
    activation: Annotated[str | None, typer.Option()] = None,
    conference: Annotated[str | None, typer.Option()] = None,
    limit: int = 20,
    as_json: AsJson = False,
) -> None:
    wanted = {"schedule": schedule, "activation": activation, "conference": conference}
    chosen = "".join(f"&{name}={part(value)}" for name, value in wanted.items() if value is not None)
    found = api("GET", f"/mailings?limit={limit}{chosen}")
    if as_json:
        print_json(found)
        return
    show_all([line for one in found for line in _lines(one)], as_json, _MAILING_COLUMNS)


def _lines(mailing: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A line for each message, and one for each function that has no address. A mailing without either has one."""
    about = {"at": mailing["created_at"], "kind": mailing["kind"], "on": mailing["on"], "reason": mailing["reason"]}
    sent = [{**about, **one, "at": about["at"]} for one in mailing["messages"]]
    missed = [{**about, "function_id": name, "to": None, "state": "no_address"} for name in mailing["without_address"]]
    return [*sent, *missed] or [{**about, "function_id": None, "to": None, "state": mailing["state"]}]


_MAILING_COLUMNS: Final[dict[str, Callable[[Mapping[str, Any]], Any]]] = {
    "at": member("at"),
    "kind": lambda one: entry(language(), "mailing_kind", one["kind"]),
    "date": member("on"),
    "function": member("function_id"),
    "to": member("to"),
    "state": lambda one: entry(language(), "message_state" if one["to"] is not None else "mailing_state", one["state"]),
    "reason": member("reason"),
}


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
