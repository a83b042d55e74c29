"""`samband alarms`: the alarms of the running program."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from bridge.cli.answers import AsJson, Failure, api, language, member, part, print_json, show, told
from bridge.cli.shell import Command
from bridge.domain.alarms.kinds import Priority
from bridge.words import entry


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_alarms)
    app.command("ack", cls=Command)(acknowledge)
    app.command("shelve", cls=Command)(shelve)
    app.command("unshelve", cls=Command)(unshelve)
    app.command("history", cls=Command)(history)
    app.command("figures", cls=Command)(read_figures)


def list_alarms(as_json: AsJson = False) -> None:
    found = api("GET", "/alarms")
    if as_json:
        print_json(found)
    elif not found["alarms"]:
        print(told("alarms_none"))
    else:
        show(found["alarms"], as_json, _COLUMNS)


def acknowledge(
    alarms: Annotated[list[str] | None, typer.Argument()] = None,
    priority: Annotated[Priority | None, typer.Option()] = None,
    reason: Annotated[str, typer.Option()] = "",
    as_json: AsJson = False,
) -> None:
    if not alarms and priority is None:
        raise Failure(told("alarms_choose"))
    body = {"alarms": alarms or [], "priority": priority and priority.value, "reason": reason}
    left = api("POST", "/alarms/acknowledge", body)
    if as_json:
        print_json(left)
    else:
        print(told("alarms_left", count=sum(one["unacknowledged"] for one in left["counts"].values())))


def shelve(
    alarm: str,
    reason: Annotated[str, typer.Option()],
    hours: Annotated[float, typer.Option(min=0.02, max=8)] = 1.0,
) -> None:
    api("POST", f"/alarms/{part(alarm)}/shelve", {"for_s": round(hours * 3600), "reason": reason})


def unshelve(alarm: str) -> None:
    api("POST", f"/alarms/{part(alarm)}/unshelve")


def history(limit: int = 20, as_json: AsJson = False) -> None:
    show(api("GET", f"/alarms/history?limit={limit}"), as_json, _COLUMNS)


def read_figures(hours: Annotated[int, typer.Option(min=1, max=168)] = 24, as_json: AsJson = False) -> None:
    found = api("GET", f"/alarms/figures?hours={hours}")
    if as_json:
        print_json(found)
        return
    show(_lines(found), as_json, {"figure": member("name"), "value": member("value")})


def _lines(found: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    names = ("total", "latest", "per_10_min", "flood_percent", "standing")
    rows = [{"name": entry(language(), "alarm_figure", name), "value": found[name]} for name in names]
    shares = [{"name": f"{priority} %", "value": share} for priority, share in found["shares"].items()]
    return [*rows, *shares, *({"name": one["name"], "value": one["times"]} for one in found["noisiest"])]


_COLUMNS: Final[dict[str, Callable[[Mapping[str, Any]], Any]]] = {
    "priority": member("priority"),
    "state": lambda one: entry(language(), "alarm_state", one["state"]),
    "since": member("since"),
    "name": lambda one: f"{one['name']} {one['source']}".strip(),
    "reason": member("cause"),
    "do": member("act"),
    "id": member("id"),
}
