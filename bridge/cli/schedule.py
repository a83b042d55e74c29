"""`samband schedule`: prepared conferences of the running program, and their dates."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.cli.answers import AsJson, api, choice, head, part, print_json, request, show, table
from bridge.cli.shell import Command

_MINUTE_S = 60


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_schedules)
    app.command("show", cls=Command)(show_schedule)
    app.command("add", cls=Command)(add)
    app.command("change", cls=Command)(change)
    app.command("remove", cls=Command)(remove)
    app.command("preview", cls=Command)(preview)
    app.command("dates", cls=Command)(dates)
    app.command("held", cls=Command)(held)
    app.command("skip", cls=Command)(skip)
    app.command("move", cls=Command)(move)
    app.command("start", cls=Command)(start)
    app.command("invitation", cls=Command)(invitation)
    app.command("invitations", cls=Command)(invitations)


def list_schedules(as_json: AsJson = False) -> None:
    show(
        api("GET", "/schedules"),
        as_json,
        {
            "id": lambda one: one["id"],
            "name": lambda one: one["name"],
            "weekdays": lambda one: " ".join(one["rule"]["weekdays"]),
            "time": lambda one: one["rule"]["time"],
            "rings": lambda one: choice("yes_no", "yes" if one["rings"] else "no"),
            "next": lambda one: one["next"]["local"] if one["next"] else None,
            "missed": lambda one: sum(each["state"] == "missed" for each in one["held"]),
        },
    )


def show_schedule(schedule: str, as_json: AsJson = False) -> None:
    _show(api("GET", f"/schedules/{part(schedule)}"), as_json)


def add(
    name: str,
    on: Annotated[str, typer.Option()],
    time: Annotated[str, typer.Option()],
    weekday: Annotated[list[str] | None, typer.Option()] = None,
    until: Annotated[str | None, typer.Option()] = None,
    forum: Annotated[str | None, typer.Option()] = None,
    activation_list: Annotated[str | None, typer.Option("--list")] = None,
    rings: Annotated[bool, typer.Option("--rings")] = False,
    invites: Annotated[bool, typer.Option("--invites/--no-invites")] = True,
    remind: Annotated[int | None, typer.Option(min=1, max=10_080)] = None,
    exercise: Annotated[bool, typer.Option("--exercise")] = False,
    talkgroup: Annotated[int | None, typer.Option()] = None,
    secrecy: Annotated[str | None, typer.Option()] = None,
    open_before: Annotated[int, typer.Option(min=0, max=1440)] = 15,
    minutes: Annotated[int | None, typer.Option(min=1, max=1440)] = None,
    purpose: Annotated[str, typer.Option()] = "",
    goal: Annotated[str, typer.Option()] = "",
    agenda: Annotated[list[str] | None, typer.Option()] = None,
    resources: Annotated[str, typer.Option()] = "",
    rules: Annotated[str, typer.Option()] = "",
    as_json: AsJson = False,
) -> None:
    body: dict[str, Any] = {
        "name": name,
        "rule": _rule(on, time, weekday, until),
        "forum": forum,
        "activation_list_id": activation_list,
        "rings": rings,
        "invites": invites,
        "remind_before_s": remind * _MINUTE_S if remind is not None else None,
        "exercise": exercise,
        "talkgroup": talkgroup,
        "open_before_s": open_before * _MINUTE_S,
        "lasts_s": minutes * _MINUTE_S if minutes is not None else None,
        "invitation": {
            "purpose": purpose,
            "goal": goal,
            "agenda": agenda or [],
            "resources": resources,
            "rules": rules,
        },
    }
    body |= {"secrecy": secrecy} if secrecy is not None else {}
    _show(api("POST", "/schedules", body), as_json)


def change(
    schedule: str,
    name: Annotated[str | None, typer.Option()] = None,
    on: Annotated[str | None, typer.Option()] = None,
    time: Annotated[str | None, typer.Option()] = None,
    weekday: Annotated[list[str] | None, typer.Option()] = None,
    until: Annotated[str | None, typer.Option()] = None,
    rings: Annotated[bool | None, typer.Option()] = None,
    invites: Annotated[bool | None, typer.Option()] = None,
    remind: Annotated[int | None, typer.Option(min=0, max=10_080)] = None,
    agenda: Annotated[list[str] | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    """An option that is left out changes nothing."""
    body = api("GET", f"/schedules/{part(schedule)}")
    for only_shown in ("id", "created_by", "next", "held"):
        del body[only_shown]
    options = {"name": name, "rings": rings, "invites": invites}
    body |= {key: value for key, value in options.items() if value is not None}
    if remind is not None:
        body["remind_before_s"] = remind * _MINUTE_S or None
    told = {"first_on": on, "time": time, "weekdays": weekday, "last_on": until}
    body["rule"] |= {key: value for key, value in told.items() if value is not None}
    if agenda is not None:
        body["invitation"]["agenda"] = agenda
    _show(api("PUT", f"/schedules/{part(schedule)}", body), as_json)


def remove(schedule: str) -> None:
    api("DELETE", f"/schedules/{part(schedule)}")


def preview(
    on: str,
    time: str,
    weekday: Annotated[list[str] | None, typer.Option()] = None,
    until: Annotated[str | None, typer.Option()] = None,
    count: Annotated[int, typer.Option(min=1, max=100)] = 10,
    as_json: AsJson = False,
) -> None:
    _show_dates(api("POST", f"/schedules/preview?count={count}", _rule(on, time, weekday, until)), as_json)


def dates(schedule: str, count: Annotated[int, typer.Option(min=1, max=100)] = 10, as_json: AsJson = False) -> None:
    _show_dates(api("GET", f"/schedules/{part(schedule)}/dates?count={count}"), as_json)


def held(schedule: str, as_json: AsJson = False) -> None:
    _show_held(api("GET", f"/schedules/{part(schedule)}/occurrences"), as_json)


def skip(schedule: str, on: str, off: Annotated[bool, typer.Option("--off")] = False, as_json: AsJson = False) -> None:
    _show(api("POST", f"/schedules/{part(schedule)}/dates/{part(on)}/skip", {"skipped": not off}), as_json)


def move(schedule: str, on: str, to_on: str, to_time: str, as_json: AsJson = False) -> None:
    body = {"to_on": to_on, "to_time": to_time}
    _show(api("POST", f"/schedules/{part(schedule)}/dates/{part(on)}/move", body), as_json)


def start(schedule: str, as_json: AsJson = False) -> None:
    _show_held([api("POST", f"/schedules/{part(schedule)}/start")], as_json)


def invitation(
    schedule: str,
    on: Annotated[str | None, typer.Option()] = None,
    function: Annotated[str | None, typer.Option()] = None,
    ics: Annotated[Path | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    query = _query({"on": on, "function_id": function})
    if ics is not None:
        with request("GET", f"/schedules/{part(schedule)}/invitation.ics{query}") as answer, ics.open("xb") as out:
            out.write(answer.read())
        return
    found = api("GET", f"/schedules/{part(schedule)}/invitation{query}")
    if as_json:
        print_json(found)
    else:
        print(found["text"])


def invitations(schedule: str, on: Annotated[str | None, typer.Option()] = None, as_json: AsJson = False) -> None:
    found = api("GET", f"/schedules/{part(schedule)}/invitations{_query({'on': on})}")
    columns = {"to": lambda one: one["to"], "title": lambda one: one["subject"], "method": lambda one: one["method"]}
    show(found, as_json, columns)


def _query(wanted: Mapping[str, str | None]) -> str:
    told = "&".join(f"{name}={part(value)}" for name, value in wanted.items() if value is not None)
    return f"?{told}" if told else ""


def _rule(on: str, time: str, weekday: list[str] | None, until: str | None) -> dict[str, Any]:
    return {"first_on": on, "time": time, "weekdays": [one.upper() for one in weekday or []], "last_on": until}


def _show(one: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(one)
        return
    shown = {
        "id": one["id"],
        "name": one["name"],
        "weekdays": " ".join(one["rule"]["weekdays"]),
        "time": one["rule"]["time"],
        "forum": one["forum"],
        "rings": choice("yes_no", "yes" if one["rings"] else "no"),
        "next": one["next"]["local"] if one["next"] else None,
    }
    table(("what", "value"), ((head(name), value) for name, value in shown.items()))


def _show_dates(found: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    show(
        found,
        as_json,
        {
            "date": lambda one: one["on"],
            "starts": lambda one: one["local"],
            "clock change": lambda one: choice("clock", one["clock"]) if one["clock"] != "none" else None,
        },
    )


def _show_held(found: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    show(
        found,
        as_json,
        {
            "date": lambda one: one["on"],
            "state": lambda one: choice("occurrence", one["state"]),
            "late s": lambda one: one["late_s"] or None,
            "rung": lambda one: choice("ringing", one["ringing"]),
            "conference": lambda one: one["conference_id"],
            "reason": lambda one: one["reason"],
        },
    )
