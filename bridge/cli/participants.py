"""`samband participants`: those who are in a meeting of the running program."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from bridge.cli.answers import AsJson, api, choice, part, print_json, told
from bridge.cli.answers import show as show_all
from bridge.cli.shell import Command
from bridge.domain.conference.records import Role


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_participants)
    app.command("show", cls=Command)(show)
    app.command("ring", cls=Command)(ring)
    app.command("mute", cls=Command)(mute)
    app.command("unmute", cls=Command)(unmute)
    app.command("mute-all", cls=Command)(mute_all)
    app.command("undo-mute-all", cls=Command)(undo_mute_all)
    app.command("role", cls=Command)(role)
    app.command("remove", cls=Command)(remove)


def list_participants(
    conference: str, left: Annotated[bool, typer.Option("--left")] = False, as_json: AsJson = False
) -> None:
    _show(api("GET", f"/conferences/{part(conference)}/participants?left={str(left).lower()}"), as_json)


def show(conference: str, participant: str, as_json: AsJson = False) -> None:
    _show([api("GET", _one(conference, participant))], as_json)


def ring(
    conference: str,
    function: Annotated[str | None, typer.Option()] = None,
    number: Annotated[str | None, typer.Option()] = None,
    name: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    body = {"function_id": function, "number": number, "name": name}
    body = {key: value for key, value in body.items() if value is not None}
    made = api("POST", f"/conferences/{part(conference)}/participants", body)
    if as_json:
        print_json(made)
    else:
        print(told("rung", activation=made["id"]))


def mute(conference: str, participant: str, as_json: AsJson = False) -> None:
    _show([api("POST", f"{_one(conference, participant)}/mute")], as_json)


def unmute(conference: str, participant: str, as_json: AsJson = False) -> None:
    _show([api("POST", f"{_one(conference, participant)}/unmute")], as_json)


def mute_all(conference: str, as_json: AsJson = False) -> None:
    _show(api("POST", f"/conferences/{part(conference)}/mute-all")["participants"], as_json)


def undo_mute_all(conference: str, as_json: AsJson = False) -> None:
    _show(api("POST", f"/conferences/{part(conference)}/mute-all/undo")["participants"], as_json)


def role(conference: str, participant: str, wanted: Annotated[Role, typer.Argument()], as_json: AsJson = False) -> None:
    _show([api("POST", f"{_one(conference, participant)}/role", {"role": wanted.value})], as_json)


def remove(conference: str, participant: str) -> None:
    api("POST", f"{_one(conference, participant)}/remove")


def _one(conference: str, participant: str) -> str:
    return f"/conferences/{part(conference)}/participants/{part(participant)}"


def _show(people: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    show_all(
        people,
        as_json,
        {
            "id": lambda one: one["id"],
            "name": lambda one: one["name"],
            "organisation": lambda one: one["organisation"],
            "role": lambda one: choice("role", one["role"]),
            "state": lambda one: choice("seat", one["state"]),
            "microphone": _microphone,
        },
    )


def _microphone(one: Mapping[str, Any]) -> str:
    """The first that keeps it from being heard."""
    for name in ("held", "isolated"):
        if one[name]:
            return choice("microphone", name)
    if one["muted"]:
        return choice("microphone", "mixing" if one["muted_by"] == ["mixing"] else "muted")
    return choice("microphone", "talking" if one["talking"] else "open")
