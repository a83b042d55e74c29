"""`samband directory rota` and `person`: the persons who hold the duty of functions by turns."""

import json
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import typer

from bridge.cli.answers import AsJson, Failure, api, choice, language, part, print_json, request, show, table, told
from bridge.cli.shell import ROOT, Command, Group
from bridge.domain.kernel.reasons import Unusable
from bridge.files import refused_by_the_system
from bridge.words import say

_IMPORT_S: Final = 60.0


def add_to(app: typer.Typer) -> None:
    """Put the two groups under the group."""
    rota = typer.Typer(cls=Group)
    rota.command("list", cls=Command)(list_rota)
    rota.command("add", cls=Command)(add)
    rota.command("remove", cls=Command)(remove)
    rota.command("import", cls=Command)(import_rota)
    person = typer.Typer(cls=Group)
    person.command("list", cls=Command)(list_persons)
    person.command("add", cls=Command)(add_person)
    person.command("remove", cls=Command)(remove_person)
    app.add_typer(rota, name="rota")
    app.add_typer(person, name="person")


# --- the rota ---


def list_rota(function: Annotated[str | None, typer.Option()] = None, as_json: AsJson = False) -> None:
    query = f"?function={part(function)}" if function is not None else ""
    _show_duties(api("GET", f"/directory/rota{query}"), as_json)


def add(function: str, person: str, begins: str, ends: str, as_json: AsJson = False) -> None:
    """Times are local: `2027-01-08 16:00`."""
    body = {"function_id": function, "person_id": person, "begins_at": _instant(begins), "ends_at": _instant(ends)}
    _show_duties([api("POST", "/directory/rota", body)], as_json)


def remove(entry: str) -> None:
    api("DELETE", f"/directory/rota/{part(entry)}")


def import_rota(
    file: Path,
    accept: Annotated[str | None, typer.Option()] = None,
    partly: Annotated[bool, typer.Option()] = False,
    as_json: AsJson = False,
) -> None:
    query = urlencode({**({"accept": accept} if accept else {}), **({"partly": "true"} if partly else {})})
    path = f"/directory/rota/import?{query}" if query else "/directory/rota/import"
    with request("POST", path, content=_content(file), within_s=_IMPORT_S) as answer:
        found = json.load(answer)
    if as_json:
        print_json(found)
        return
    rows = (
        (
            one["line"],
            choice("outcome", one["outcome"]),
            one["function"],
            one["person"],
            one["begins"],
            one["ends"],
            why,
        )
        for one in found["rows"]
        for why in ["; ".join(each["detail"] for each in (*one["faults"], *one["guesses"]))]
    )
    table(("line", "state", "function", "person", "starts", "ends", "what"), rows)
    _end(found, file)


def _end(found: Any, file: Path) -> None:
    if found["accepted"]:
        print(told("import_accepted"))
    elif not found["rows_new"]:
        print(told("nothing_changed"))
    else:
        words = [ROOT, "directory", "rota", "import", str(file), "--accept", found["digest"]]
        words += ["--partly"] if found["rows_refused"] else []
        print(told("import_to_accept", command=shlex.join(words)))


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Failure(told("file_unreadable", path=str(file), why=refused_by_the_system(error))) from None


def _instant(text: str) -> str:
    from bridge.exchange.rota import local_instant

    try:
        at_s = local_instant(text)
    except Unusable as fault:
        raise Failure(say(fault.reason, language())) from None
    return _utc(at_s)


def _utc(at_s: float) -> str:
    """RFC 3339."""
    return datetime.fromtimestamp(at_s, UTC).isoformat()


def _show_duties(found: Any, as_json: bool) -> None:
    show(
        found,
        as_json,
        {
            "id": lambda one: one["id"],
            "function": lambda one: one["function"],
            "person": lambda one: one["person"],
            "starts": lambda one: one["begins_at"],
            "ends": lambda one: one["ends_at"],
            "on duty": lambda one: told("yes") if one["holds"] else "",
        },
    )


# --- persons ---


def list_persons(as_json: AsJson = False) -> None:
    show(
        api("GET", "/persons"),
        as_json,
        {
            "id": lambda one: one["id"],
            "organisation": lambda one: one["organisation_id"],
            "name": lambda one: one["name"],
            "number": lambda one: ", ".join(one["numbers"]),
        },
    )


def add_person(
    organisation: str,
    name: str,
    number: Annotated[list[str] | None, typer.Option()] = None,
    email: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    body = {"organisation_id": organisation, "name": name, "numbers": number or [], "email": email}
    made = api("POST", "/persons", body)
    if as_json:
        print_json(made)
    else:
        print(made["id"])


def remove_person(person: str) -> None:
    """With their entries of the rota."""
    api("DELETE", f"/persons/{part(person)}")
