"""`samband floor` and `samband speaking-list`: the floor (*ordet*) of a meeting, and its list (*talarlista*)."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bridge.cli.answers import AsJson, Failure, api, choice, head, part, print_json, table, told
from bridge.cli.shell import Command
from bridge.domain.conference.records import FloorMode
from bridge.domain.speaking.records import TurnEnds


def add_to(app: typer.Typer) -> None:
    """Put the commands of the floor under the group."""
    app.command("show", cls=Command)(show)
    app.command("mode", cls=Command)(mode)
    app.command("give", cls=Command)(give)
    app.command("take", cls=Command)(take)
    app.command("request", cls=Command)(request)
    app.command("withdraw", cls=Command)(withdraw)


def add_list_to(app: typer.Typer) -> None:
    """Put the commands of the speaking list under the group."""
    app.command("show", cls=Command)(show_list)
    app.command("add", cls=Command)(add)
    app.command("set", cls=Command)(set_list)
    app.command("limit", cls=Command)(limit)


# --- the floor ---


def show(conference: str, as_json: AsJson = False) -> None:
    _show_floor(conference, api("GET", f"/conferences/{part(conference)}/floor"), as_json)


def mode(conference: str, floor_mode: Annotated[FloorMode, typer.Argument()], as_json: AsJson = False) -> None:
    body = {"mode": floor_mode.value}
    _show_floor(conference, api("PUT", f"/conferences/{part(conference)}/floor", body), as_json)


def give(conference: str, participant: Annotated[str | None, typer.Argument()] = None, as_json: AsJson = False) -> None:
    body = {} if participant is None else {"participant": participant}
    _show_floor(conference, api("POST", f"/conferences/{part(conference)}/floor/give", body), as_json)


def take(conference: str, as_json: AsJson = False) -> None:
    _show_floor(conference, api("POST", f"/conferences/{part(conference)}/floor/take"), as_json)


def request(
    conference: str,
    participant: str,
    kind: Annotated[Literal["urgent", "reply", "ordinary"] | None, typer.Option("--class")] = None,
    as_json: AsJson = False,
) -> None:
    body = {"participant": participant, "class": kind or "ordinary"}
    _show_floor(conference, api("POST", f"/conferences/{part(conference)}/floor/request", body), as_json)


def withdraw(conference: str, participant: str, as_json: AsJson = False) -> None:
    body = {"participant": participant, "wanted": False}
    _show_floor(conference, api("POST", f"/conferences/{part(conference)}/floor/queue", body), as_json)


def _show_floor(conference: str, floor: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(floor)
        return
    people = api("GET", f"/conferences/{part(conference)}/participants?left=true")
    names = {one["id"]: one["name"] for one in people}
    holder = names.get(floor["holder"], floor["holder"])
    print(f"{choice('floor', floor['mode'])}: {holder or told('nobody_speaks')}")
    rows = [
        (one["place"], choice("class", one["class"]), names.get(one["participant"]), one["since"], one["participant"])
        for one in floor["requests"]
    ]
    if rows:
        table(("place", "class", "name", "since", "id"), rows)


# --- the speaking list ---


def show_list(conference: str, as_json: AsJson = False) -> None:
    _show_list(_list_of(conference), as_json)


def add(
    conference: str,
    function: Annotated[str | None, typer.Option()] = None,
    organisation: Annotated[str | None, typer.Option()] = None,
    participant: Annotated[str | None, typer.Option()] = None,
    minutes: Annotated[float | None, typer.Option(max=120)] = None,
    title: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    item: dict[str, Any] = {"function": function, "organisation": organisation, "participant": participant}
    item |= {"minutes": minutes, "title": title}
    _show_list(_put(conference, [*_list_of(conference)["items"], item]), as_json)


def set_list(conference: str, file: Annotated[str, typer.Argument()], as_json: AsJson = False) -> None:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        given = json.loads(text)
    except (OSError, ValueError):
        raise Failure(told("no_speaking_list", file=file)) from None
    _show_list(_put(conference, given["items"] if isinstance(given, dict) and "items" in given else given), as_json)


def limit(
    conference: str,
    turn_s: Annotated[float | None, typer.Option(min=0, max=7200)] = None,
    turn_ends: Annotated[TurnEnds | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    body = {"turn_s": turn_s, "turn_ends": turn_ends.value if turn_ends is not None else None}
    _show_list(api("PUT", f"/conferences/{part(conference)}/speaking-list/limit", body), as_json)


def _list_of(conference: str) -> Any:
    return api("GET", f"/conferences/{part(conference)}/speaking-list")


def _put(conference: str, items: object) -> Any:
    return api("PUT", f"/conferences/{part(conference)}/speaking-list", items)


def _show_list(found: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    if found["turn_s"]:
        ends = choice("turn", found["turn_ends"]) if found["turn_ends"] else ""
        print(f"{told('turn_limit', seconds=found['turn_s'])} {ends}".strip())
    rows = [
        (at, one["title"], one["function"], one["organisation"], one["participant"], one["minutes"], _done(one))
        for at, one in enumerate(found["items"], 1)
    ]
    table(("place", "title", "function", "organisation", "participant", "minutes", "spoken"), rows)


def _done(item: Mapping[str, Any]) -> str:
    return head("spoken") if item["done"] else ""
