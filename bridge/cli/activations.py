"""`samband activations`: call-outs (*inkallningar*) of the running program."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bridge.cli.answers import AsJson, api, language, part, print_json, request, state, table, told
from bridge.cli.answers import show as show_all
from bridge.cli.shell import ROOT, Command
from bridge.words import entry

_REPORT_S: Final = 90.0
"""The program gives a document up before that."""


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("start", cls=Command)(start)
    app.command("review", cls=Command)(review)
    app.command("list", cls=Command)(list_activations)
    app.command("show", cls=Command)(show)
    app.command("forecast", cls=Command)(forecast)
    app.command("report", cls=Command)(report)
    app.command("cancel", cls=Command)(cancel)
    app.command("approve", cls=Command)(approve)
    app.command("ring", cls=Command)(ring)
    app.command("next-number", cls=Command)(next_number)
    app.command("deputy", cls=Command)(deputy)
    app.command("reached", cls=Command)(reached)


def start(
    list_id: str,
    also: Annotated[list[str] | None, typer.Option()] = None,
    conference: Annotated[str | None, typer.Option()] = None,
    key: Annotated[str | None, typer.Option()] = None,
    exercise: bool = False,
    sms: bool = False,
    mail: bool = False,
    parallel: bool = False,
    level: Annotated[str | None, typer.Option()] = None,
    quorum: Annotated[int | None, typer.Option()] = None,
    stops_at_quorum: Annotated[bool | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    bearers = [name for name, wanted in (("sms", sms), ("mail", mail)) if wanted] or None
    body: dict[str, Any] = {"list_id": list_id, "conference_id": conference, "key": key, "messages": bearers}
    body |= {"exercise": exercise or None, "parallel": parallel or None}
    body |= {"also": [_further(one) for one in also or ()] or None}
    body |= {"level": level, "quorum": quorum, "stops_at_quorum": stops_at_quorum}
    body = {name: value for name, value in body.items() if value is not None}
    _show_activation(api("POST", "/activations", body), as_json)


def _further(said: str) -> dict[str, str]:
    """`LIST` or `LIST=LEVEL`."""
    list_id, _, level = said.partition("=")
    return {"list_id": list_id, **({"level": level} if level else {})}


def review(
    list_id: str,
    conference: Annotated[str | None, typer.Option()] = None,
    also: Annotated[list[str] | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    asked = [f"conference={part(conference)}"] if conference is not None else []
    asked += [f"also={part(one)}" for one in also or ()]
    found = api("GET", f"/activations/review/{part(list_id)}{'?' if asked else ''}{'&'.join(asked)}")
    if as_json:
        print_json(found)
        return
    count, numbers = len(found["functions"]), found["numbers"]
    print(told("review", name=found["list_name"], count=count, numbers=numbers, missing=len(found["without_number"])))
    print(found["forecast"]["reason"])
    rows = [(one["function"], one["organisation"], ", ".join(one["numbers"])) for one in found["functions"]]
    table(("function", "organisation", "numbers"), rows)


def list_activations(conference: Annotated[str | None, typer.Option()] = None, as_json: AsJson = False) -> None:
    of_one = f"?conference={part(conference)}" if conference is not None else ""
    show_all(
        api("GET", f"/activations{of_one}"),
        as_json,
        {
            "id": lambda one: one["id"],
            "name": lambda one: one["list_name"],
            "state": lambda one: state("activation_state")(one["state"]),
            "answered": lambda one: f"{one['counters']['done']}/{one['counters']['total']}",
            "conference": lambda one: one["conference_id"],
            "started": lambda one: one["started_at"],
        },
    )


def show(activation: str, as_json: AsJson = False) -> None:
    _show_activation(api("GET", f"/activations/{part(activation)}"), as_json)


def forecast(activation: str, as_json: AsJson = False) -> None:
    found = api("GET", f"/activations/{part(activation)}/forecast")
    if as_json:
        print_json(found)
        return
    print(found["reason"])
    rows = [(one["in_s"], one["called"]) for one in found["points"]]
    table(("in_s", "called"), [(0, found["called"]), *rows])
    if found["all_called_at"] is not None:
        print(found["all_called_at"])
    ahead = found["outlook"]
    answers = [(one["in_s"], one["answered"]) for one in ahead["points"]]
    table(("in_s", "will_have_answered"), [(0, found["answered"]), *answers])
    print(_quorum(ahead))
    if len(found["levels"]) > 1:
        levels = [
            (_level(one), one["due_at"], one["called"], one["left"], one["all_called_at"], _quorum(one))
            for one in found["levels"]
        ]
        table(("level", "due", "called", "left", "all_called", "quorum"), levels)


def _level(one: Mapping[str, Any]) -> str:
    return entry(language(), "answer_level", one["level"] or "none")


def _quorum(ahead: Any) -> str:
    if ahead["quorum"] == "reached":
        return told("outlook_reached", needed=ahead["needed"])
    if ahead["quorum"] == "impossible":
        return told("outlook_impossible", needed=ahead["needed"])
    if ahead["quorum"] == "none":
        return told("outlook_no_quorum")
    if ahead["quorum_chance"] is None:
        return told("outlook_few")
    return told("outlook_chance", needed=ahead["needed"], percent=round(ahead["quorum_chance"] * 100))


def report(
    activation: str,
    pdf: Annotated[Path | None, typer.Option()] = None,
    csv: Annotated[Path | None, typer.Option()] = None,
) -> None:
    """Where no file is named, the table goes to the standard output, and no control character with it."""
    for form, file in (("pdf", pdf), ("csv", csv)):
        if file is not None:
            with request("GET", _report(activation, form), within_s=_REPORT_S) as answer, file.open("xb") as out:
                shutil.copyfileobj(answer, out)
    if pdf is None and csv is None:
        with request("GET", _report(activation, "csv"), within_s=_REPORT_S) as answer:
            for line in answer.read().decode("utf-8-sig").splitlines():
                print("".join(one if one.isprintable() else "?" for one in line))


def _report(activation: str, form: str) -> str:
    return f"/activations/{part(activation)}/report.{form}"


def cancel(activation: str, as_json: AsJson = False) -> None:
    _show_activation(api("POST", f"/activations/{part(activation)}/cancel"), as_json)


def approve(activation: str, as_json: AsJson = False) -> None:
    _show_activation(api("POST", f"/activations/{part(activation)}/approve"), as_json)


def ring(activation: str, target: str, as_json: AsJson = False) -> None:
    _steer(activation, target, "ring", None, as_json)


def next_number(activation: str, target: str, as_json: AsJson = False) -> None:
    _steer(activation, target, "next-number", None, as_json)


def deputy(activation: str, target: str, as_json: AsJson = False) -> None:
    _steer(activation, target, "deputy", None, as_json)


def reached(activation: str, target: str, note: str, as_json: AsJson = False) -> None:
    _steer(activation, target, "reached", {"note": note}, as_json)


def _steer(activation: str, target: str, act: str, body: Any, as_json: bool) -> None:
    path = f"/activations/{part(activation)}/targets/{part(target)}/{act}"
    _show_activation(api("POST", path, body), as_json)


def _show_activation(activation: Any, as_json: bool) -> None:
    if as_json:
        print_json(activation)
        return
    counters = activation["counters"]
    how = state("activation_state")(activation["state"])
    print(f"{activation['id']}  {activation['list_name']}: {how}, {counters['done']}/{counters['total']}")
    if len(activation["levels"]) > 1:
        for one in activation["levels"]:
            came = told("level_came", level=_level(one), count=one["came"], needed=one["needed"])
            print(came if one["due_at"] is None else f"{came}, {_deadline(one)}")
    elif activation["due_at"] is not None:
        print(_deadline(activation))
    if activation["awaits_approval"]:
        print(told("awaits_approval", command=f"{ROOT} activations approve {activation['id']}"))
    names = {one["id"]: one["function"] for one in activation["targets"]}
    rows = [
        (
            one["id"],
            f"{one['function']} → {names[one['deputy_for']]}" if one["deputy_for"] in names else one["function"],
            one["organisation"],
            _state(one),
            one["attempts_made"],
            "; ".join(_why(one)),
            next((each["person"] for each in reversed(one["attempts"]) if each["person"]), None),
            ", ".join(_message(each) for each in one["messages"]),
        )
        for one in activation["targets"]
    ]
    table(("id", "function", "organisation", "state", "attempts", "reason", "person", "messages"), rows)


def _deadline(activation: Any) -> str:
    due, at = activation["due_at"], activation["quorum_at"]
    if activation["late"]:
        return told("deadline_late", due=due)
    return told("deadline_due", due=due) if at is None else told("deadline_quorum_reached", at=at, due=due)


def _why(target: Mapping[str, Any]) -> Iterator[str]:
    """Everything that is told of a target beside its state."""
    if target["nobody_on_duty"]:
        yield told("nobody_on_duty")
    yield from (text for text in (target["reason"], *(one["reason"] for one in target["left_out"])) if text)


def _state(target: Any) -> str:
    said = state("target_state")(target["state"])
    return f"{said} ({target['comes_at']})" if target["state"] == "later" and target["comes_at"] else said


def _message(message: Any) -> str:
    return f"{entry(language(), 'bearer', message['bearer'])}: {entry(language(), 'message_state', message['state'])}"
