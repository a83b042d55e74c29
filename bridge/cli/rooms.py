"""`samband rooms`: side rooms of a meeting of the running program."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from bridge.cli.answers import AsJson, api, choice, part, show
from bridge.cli.shell import Command


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_rooms)
    app.command("open", cls=Command)(open_room)
    app.command("send", cls=Command)(send)
    app.command("recall", cls=Command)(recall)
    app.command("close", cls=Command)(close)
    app.command("consult", cls=Command)(consult)


def list_rooms(conference: str, as_json: AsJson = False) -> None:
    _show(api("GET", f"/conferences/{part(conference)}/rooms"), as_json)


def open_room(
    conference: str, name: str, parallel: Annotated[bool, typer.Option("--parallel")] = False, as_json: AsJson = False
) -> None:
    _show([api("POST", f"/conferences/{part(conference)}/rooms", {"name": name, "parallel": parallel})], as_json)


def send(conference: str, room: str, participants: list[str], as_json: AsJson = False) -> None:
    path = f"/conferences/{part(conference)}/rooms/{part(room)}/send"
    _show([api("POST", path, {"participants": participants})], as_json)


def recall(
    conference: str, warning_s: Annotated[float | None, typer.Option(min=0, max=120)] = None, as_json: AsJson = False
) -> None:
    body = {} if warning_s is None else {"warning_s": warning_s}
    _show(api("POST", f"/conferences/{part(conference)}/rooms/recall", body), as_json)


def close(conference: str, room: str, as_json: AsJson = False) -> None:
    _show([api("POST", f"/conferences/{part(conference)}/rooms/{part(room)}/close")], as_json)


def consult(conference: str, participant: str, second: str, as_json: AsJson = False) -> None:
    body = {"participants": [participant, second]}
    _show([api("POST", f"/conferences/{part(conference)}/consultations", body)], as_json)


def _show(rooms: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    show(
        rooms,
        as_json,
        {
            "id": lambda one: one["id"],
            "kind": lambda one: choice("room", "private" if one["private"] else one["kind"]),
            "name": lambda one: one["name"],
            "key": lambda one: f"#7 {one['number']}" if one["number"] else None,
            "present": lambda one: ", ".join(one["participants"]),
            "recalled": lambda one: one["recall_at"],
            "closed": lambda one: one["closed_at"],
        },
    )
