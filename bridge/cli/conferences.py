"""`samband conferences`: those of the running program."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from bridge.cli.answers import AsJson, api, choice, head, part, print_json, show, state, table, told
from bridge.cli.shell import Command
from bridge.domain.conference.records import EntrySound
from bridge.domain.waiting.commands import Message


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_conferences)
    app.command("open", cls=Command)(open_conference)
    app.command("end", cls=Command)(end)
    app.command("end-time", cls=Command)(end_time)
    app.command("extend", cls=Command)(extend)
    app.command("show", cls=Command)(show_conference)
    app.command("lock", cls=Command)(lock)
    app.command("door", cls=Command)(door)
    app.command("record", cls=Command)(record)
    app.command("roll-call", cls=Command)(roll_call)
    app.command("waiting", cls=Command)(waiting)
    app.command("let-in", cls=Command)(let_in)
    app.command("say-waiting", cls=Command)(say_waiting)
    app.command("speak-to-waiting", cls=Command)(speak_to_waiting)
    app.command("tick", cls=Command)(tick)
    app.command("roll-calls", cls=Command)(roll_calls)
    app.command("codes", cls=Command)(codes)
    app.command("evaluations", cls=Command)(evaluations)
    app.command("issue-code", cls=Command)(issue_code)
    app.command("withdraw-code", cls=Command)(withdraw_code)
    app.command("off-record", cls=Command)(off_record)
    app.command("on-record", cls=Command)(on_record)
    app.command("hosts", cls=Command)(hosts)
    app.command("pass-on", cls=Command)(pass_on)


def list_conferences(ended: bool = False, as_json: AsJson = False) -> None:
    found = api("GET", f"/conferences?ended={str(ended).lower()}")
    show(
        found,
        as_json,
        {
            "id": lambda one: one["id"],
            "name": lambda one: one["name"],
            "state": lambda one: state("conference_state")(one["state"]),
            "present": lambda one: len(one["participants"]),
            "number": lambda one: one["number_spoken"],
            "code": lambda one: one["code"],
            "host code": lambda one: one["host_code"],
            "recording": lambda one: state("recording_state")(one["recording"]["state"]),
        },
    )


def open_conference(
    name: str,
    language: Annotated[str | None, typer.Option()] = None,
    recorded: Annotated[bool | None, typer.Option()] = None,
    exercise: bool = False,
    forum: str | None = None,
    emergency: Annotated[bool, typer.Option()] = False,
    waiting_room: Annotated[bool, typer.Option()] = False,
    joins_muted: Annotated[bool, typer.Option()] = False,
    entry_sound: Annotated[EntrySound | None, typer.Option()] = None,
    asks_name: Annotated[bool | None, typer.Option()] = None,
    direct_number: Annotated[str | None, typer.Option()] = None,
    direct_code: Annotated[bool, typer.Option()] = True,
    secrecy: Annotated[str | None, typer.Option()] = None,
    ends_at: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    body: dict[str, Any] = {"name": name, "language": language, "recorded": recorded, "forum": forum}
    body |= {"waiting_room": waiting_room, "joins_muted": joins_muted, "secrecy": secrecy}
    body |= {"entry_sound": entry_sound, "asks_name": asks_name, "ends_at": ends_at}
    if direct_number is not None or not direct_code:
        body |= {"direct_number": direct_number, "direct_code": direct_code}
    body = {name: value for name, value in body.items() if value is not None}
    made = api("POST", "/conferences", {**body, "exercise": exercise, "emergency": emergency})
    if as_json:
        print_json(made)
        return
    shown = {"id": made["id"], "number": made["number_spoken"], "code": made["code"], "host code": made["host_code"]}
    table(("what", "value"), ((head(name), value) for name, value in shown.items()))


def end(conference: str) -> None:
    print(state("conference_state")(api("POST", f"/conferences/{part(conference)}/end")["state"]))


def end_time(conference: str, ends_at: Annotated[str | None, typer.Argument()] = None, as_json: AsJson = False) -> None:
    _show_one(api("PUT", f"/conferences/{part(conference)}/end-time", {"ends_at": ends_at}), as_json)


def extend(conference: str, minutes: Annotated[int, typer.Option()] = 30, as_json: AsJson = False) -> None:
    _show_one(api("POST", f"/conferences/{part(conference)}/extend", {"minutes": minutes}), as_json)


def show_conference(conference: str, as_json: AsJson = False) -> None:
    _show_one(api("GET", f"/conferences/{part(conference)}"), as_json)


def lock(conference: str, off: Annotated[bool, typer.Option("--off")] = False, as_json: AsJson = False) -> None:
    _show_one(api("POST", f"/conferences/{part(conference)}/lock", {"locked": not off}), as_json)


def door(
    conference: str,
    waiting_room: Annotated[bool | None, typer.Option()] = None,
    joins_muted: Annotated[bool | None, typer.Option()] = None,
    entry_sound: Annotated[EntrySound | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    body: dict[str, Any] = {"waiting_room": waiting_room, "joins_muted": joins_muted}
    body |= {"entry_sound": entry_sound.value} if entry_sound is not None else {}
    _show_one(api("PATCH", f"/conferences/{part(conference)}/door", body), as_json)


def record(conference: str, off: Annotated[bool, typer.Option("--off")] = False, as_json: AsJson = False) -> None:
    found = api("POST", f"/conferences/{part(conference)}/recording", {"on": not off})
    if as_json:
        print_json(found)
    else:
        print(state("recording_state")(found["state"]))


def _show_one(one: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(one)
        return
    shown = {
        "id": one["id"],
        "name": one["name"],
        "state": state("conference_state")(one["state"]),
        "number": one["number_spoken"],
        "code": one["code"],
        "host code": one["host_code"],
        "present": len(one["participants"]),
        "floor": choice("floor", one["floor"]["mode"]),
        "recording": state("recording_state")(one["recording"]["state"]),
        "locked": told("yes") if one["locked"] else told("no"),
        "waiting room": told("yes") if one["waiting_room"] else told("no"),
        "comes in muted": told("yes") if one["joins_muted"] else told("no"),
        "entry sound": choice("sound", one["entry_sound"]),
        "secrecy": choice("secrecy", one["secrecy"]),
        "ends at": one["ends_at"],
    }
    table(("what", "value"), ((head(name), value) for name, value in shown.items()))


def off_record(conference: str) -> None:
    print(
        state("off_record_state")(
            api("POST", f"/conferences/{part(conference)}/recording/off-record")["off_record_state"]
        )
    )


def on_record(conference: str) -> None:
    print(
        state("off_record_state")(
            api("POST", f"/conferences/{part(conference)}/recording/on-record")["off_record_state"]
        )
    )


def hosts(conference: str, as_json: AsJson = False) -> None:
    show(
        api("GET", f"/conferences/{part(conference)}/hosts"),
        as_json,
        {
            "id": lambda one: one["name"],
            "name": lambda one: one["shown"],
            "leads": lambda one: told("has_it") if one["has_it"] else told("beside") if one["beside"] else "",
            "logged in": lambda one: told("yes") if one["logged_in"] else told("no"),
        },
    )


def pass_on(conference: str, to: str, stay: Annotated[bool, typer.Option("--stay")] = False) -> None:
    made = api("POST", f"/conferences/{part(conference)}/pass-on", {"to": to, "stays": stay})
    print(told("passed_on", name=made["name"], to=made["to"]))


def waiting(conference: str, as_json: AsJson = False) -> None:
    show(
        api("GET", f"/conferences/{part(conference)}/waiting"),
        as_json,
        {
            "id": lambda one: one["id"],
            "name": lambda one: one["name"],
            "since": lambda one: one["waits_since"] or one["joined_at"],
        },
    )


def let_in(conference: str, participant: Annotated[str | None, typer.Argument()] = None) -> None:
    path = f"/conferences/{part(conference)}/waiting"
    one_path = f"{path}/{part(participant)}/let-in" if participant is not None else None
    for one in [api("POST", one_path)] if one_path is not None else api("POST", f"{path}/let-in"):
        print(one["name"])


def speak_to_waiting(conference: str, participant: Annotated[str | None, typer.Argument()] = None) -> None:
    path = f"/conferences/{part(conference)}/waiting/speak"
    for one in api("POST", path, {"participant": participant}):
        print(one["name"])


def say_waiting(conference: str, message: Annotated[Message, typer.Argument()]) -> None:
    for one in api("POST", f"/conferences/{part(conference)}/waiting/say", {"message": message.value}):
        print(one["name"])


def codes(conference: str, as_json: AsJson = False) -> None:
    show(
        api("GET", f"/conferences/{part(conference)}/codes"),
        as_json,
        {
            "id": lambda one: one["id"],
            "function": lambda one: one["function"],
            "organisation": lambda one: one["organisation"],
            "role": lambda one: choice("role", one["role"]),
            "issued": lambda one: one["issued_at"],
        },
    )


def issue_code(
    conference: str,
    function: str,
    host: Annotated[bool, typer.Option()] = False,
    as_json: AsJson = False,
) -> None:
    body = {"function_id": function, "role": "host" if host else "participant"}
    made = api("POST", f"/conferences/{part(conference)}/codes", body)
    if as_json:
        print_json(made)
        return
    shown = ("id", "function", "organisation", "code")
    table(("what", "value"), [(head(name), made[name]) for name in shown])


def withdraw_code(conference: str, code: str) -> None:
    api("DELETE", f"/conferences/{part(conference)}/codes/{part(code)}")


def roll_call(
    conference: str,
    start: Annotated[bool, typer.Option("--start")] = False,
    end: Annotated[bool, typer.Option("--end")] = False,
    hosts: Annotated[bool, typer.Option("--hosts")] = False,
    as_json: AsJson = False,
) -> None:
    path = f"/conferences/{part(conference)}/roll-call"
    if start:
        found = api("POST", path, {"summary_to": "hosts" if hosts else "all"})
    elif end:
        found = api("POST", f"{path}/end")
    else:
        found = api("GET", path)
    _show_roll_call(found, as_json)


def tick(
    conference: str, entry: str, missing: Annotated[bool, typer.Option("--missing")] = False, as_json: AsJson = False
) -> None:
    path = f"/conferences/{part(conference)}/roll-call/entries/{part(entry)}/tick"
    _show_roll_call(api("POST", path, {"present": not missing}), as_json)


def roll_calls(conference: str, as_json: AsJson = False) -> None:
    show(
        api("GET", f"/conferences/{part(conference)}/roll-calls"),
        as_json,
        {
            "id": lambda one: one["id"],
            "state": lambda one: state("roll_call_state")(one["state"]),
            "started": lambda one: one["started_at"],
            "present": lambda one: f"{one['here']}/{one['expected']}",
            "asked by": lambda one: one["started_by"],
        },
    )


def _show_roll_call(found: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    print(f"{found['id']}  {state('roll_call_state')(found['state'])}, {found['here']}/{found['expected']}")
    rows = [
        (
            one["function"],
            one["organisation"],
            state("attendance")(one["state"]),
            one["seen_at"],
            one["ticked_by"],
            one["id"],
        )
        for one in found["entries"]
    ]
    table(("function", "organisation", "state", "seen", "ticked by", "id"), rows)


def evaluations(conference: str, as_json: AsJson = False) -> None:
    show(
        api("GET", f"/conferences/{part(conference)}/evaluations"),
        as_json,
        {
            "organisation": lambda one: one["organisation"],
            "function": lambda one: one["function"],
            "ratings": lambda one: " ".join(str(each["score"] or "-") for each in one["ratings"]),
            "text": lambda one: one["text"],
        },
    )
