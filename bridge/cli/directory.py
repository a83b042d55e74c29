"""`samband directory`: the region's organisations and functions as a file, and how well they are reached."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from bridge.cli.answers import AsJson, Failure, api, choice, language, part, print_json, request, show, table, told
from bridge.cli.shell import ROOT, Command
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.kernel.week import Weekday
from bridge.domain.telephony.hours import Hours
from bridge.domain.telephony.numbers import parse_number
from bridge.files import refused_by_the_system
from bridge.words import say

IsOrganisation = Annotated[bool, typer.Option("--organisation")]
_IMPORT_S = 120.0
"""Twenty thousand rows on a slow disk."""


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("import", cls=Command)(import_file)
    app.command("export", cls=Command)(export)
    app.command("coverage", cls=Command)(coverage)
    app.command("confirm", cls=Command)(confirm)
    app.command("tests", cls=Command)(number_tests)
    app.command("test", cls=Command)(try_number)
    app.command("number", cls=Command)(number)
    app.command("order-code", cls=Command)(order_code)
    app.command("versions", cls=Command)(versions)
    app.command("undo", cls=Command)(undo)


def import_file(
    file: Path,
    accept: Annotated[str | None, typer.Option()] = None,
    partly: Annotated[bool, typer.Option()] = False,
    organisation: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    chosen = {"accept": accept, "organisation": organisation, "partly": "true" if partly else None}
    query = urlencode({name: value for name, value in chosen.items() if value is not None})
    path = f"/directory/import?{query}" if query else "/directory/import"
    with request("POST", path, content=_content(file), within_s=_IMPORT_S) as answer:
        found = json.load(answer)
    if as_json:
        print_json(found)
        return
    columns = ", ".join(
        f"{one['heading']} → {choice('member', one['member']) or told('import_column_left_out')}"
        for one in found["columns"]
    )
    read = {"form": found["form"], "encoding": found["encoding"], **({"columns": columns} if columns else {})}
    print(told("import_read", **read))
    rows = (
        (one["line"], choice("outcome", one["outcome"]), one["organisation"], one["function"], "; ".join(_what(one)))
        for one in found["rows"]
    )
    table(("line", "state", "organisation", "function", "what"), rows)
    counts = {name: found[f"rows_{name}"] for name in ("new", "changed", "same", "refused")}
    print(told("import_counts", **counts))
    _end(found, file, organisation)


def _end(found: Mapping[str, Any], file: Path, organisation: str | None) -> None:
    if found["accepted"]:
        print(told("import_accepted"))
    elif not found["rows_new"] and not found["rows_changed"]:
        print(told("nothing_changed"))
    else:
        words = [ROOT, "directory", "import", str(file), *(["--organisation", organisation] if organisation else [])]
        words += ["--accept", found["digest"], *(["--partly"] if found["rows_refused"] else [])]
        print(told("import_to_accept", command=shlex.join(words)))


def _what(row: Mapping[str, Any]) -> Iterator[str]:
    for one in row["faults"]:
        yield _of(one, ". ".join(str(text) for text in (one["detail"], one["remedy"]) if text))
    for one in row["changes"]:
        yield _of(one, f"{one['before'] or '–'} → {one['after'] or '–'}")
    for one in row["guesses"]:
        yield _of(one, told("import_guessed", guess=one["detail"]))


def _of(told_of: Mapping[str, Any], text: str) -> str:
    return f"{choice('member', told_of['member'])}: {text}" if told_of["member"] else text


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Failure(told("file_unreadable", path=str(file), why=refused_by_the_system(error))) from None


def export(file: Path, vcard: Annotated[bool, typer.Option()] = False) -> None:
    with request("GET", f"/directory/export.{'vcf' if vcard else 'csv'}") as answer:
        content = answer.read()
    try:
        with file.open("xb") as out:
            out.write(content)
    except FileExistsError:
        raise Failure(told("file_there", path=str(file))) from None
    except OSError as error:
        raise Failure(told("file_not_written", path=str(file), why=refused_by_the_system(error))) from None


def coverage(as_json: AsJson = False) -> None:
    def yes(name: str) -> Any:
        return lambda one: told("yes") if one[name] else ""

    show(
        api("GET", "/directory/coverage"),
        as_json,
        {
            "organisation": lambda one: one["organisation"],
            "function": lambda one: one["function"],
            "no number": yes("lacks_number"),
            "hours without number": yes("lacks_number_at_times"),
            "no second number": yes("lacks_second_number"),
            "no deputy": yes("lacks_deputy"),
            "nobody on duty": lambda one: told("yes") if one["lacks_duty"] else "",
            "off duty from": lambda one: one["off_duty_from"],
            "confirmation": lambda one: choice("confirmation", one["confirmation"]),
            "confirmed": lambda one: one["confirmed_at"] or told("never"),
            "reminded": lambda one: (
                told("reminded_late", at=one["reminded_at"]) if one["reminder_late_s"] else one["reminded_at"]
            ),
            "wrong numbers": lambda one: ", ".join(one["wrong_numbers"]),
            "test call": lambda one: one["test_call_at"] or told("never"),
            "answer": lambda one: choice("call", one["test_call_result"]),
        },
    )


def number_tests(wrong: Annotated[bool, typer.Option()] = False, as_json: AsJson = False) -> None:
    found = api("GET", "/directory/number-tests")
    _show_tests([one for one in found if one["is_wrong"] or not wrong], as_json)


def try_number(number: str, as_json: AsJson = False) -> None:
    _show_tests([api("POST", "/directory/number-tests", {"number": number})], as_json)


def _show_tests(found: list[Any], as_json: bool) -> None:
    show(
        found,
        as_json,
        {
            "number": lambda one: one["number"],
            "function": lambda one: one["entry_id"],
            "tried": lambda one: one["tested_at"] or told("never"),
            "state": lambda one: told("wrong_number") if one["is_wrong"] else choice("number_test", one["outcome"]),
            "arrived": lambda one: one["arrived_at"],
            "why": lambda one: one["reason"],
        },
    )


def confirm(function: str) -> None:
    api("POST", f"/directory/functions/{part(function)}/confirm")


def number(
    function: str,
    number: str,
    kind: Annotated[str | None, typer.Option()] = None,
    hours: Annotated[list[str] | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    path = f"/functions/{part(function)}"
    said = _use(number, hours or [])
    said["kind"] = kind or said["kind"]
    found = api("GET", path)
    others = [one for one in found["number_uses"] if one["number"] != said["number"]]
    found = api("PATCH", path, {"number_uses": [*others, said]})
    if as_json:
        print_json(found)
        return
    uses = {one["number"]: one for one in found["number_uses"]}
    table(("number", "kind", "hours"), ((one, *_shown_use(uses.get(one))) for one in found["numbers"]))


def _use(number: str, hours: list[str]) -> dict[str, Any]:
    """As the API takes it.

    Raises:
        Failure: The number or the hours cannot be read.
    """
    from bridge.exchange.uses import read_how

    try:
        use = read_how(parse_number(number), ", ".join(hours))
    except Unusable as fault:
        raise Failure(say(fault.reason, language())) from None
    stretches = [{"weekdays": [*one.weekdays], "begins": one.begins, "ends": one.ends} for one in use.hours]
    return {"number": use.number, "kind": use.kind.value, "hours": stretches}


def _shown_use(use: Mapping[str, Any] | None) -> tuple[str, str]:
    if use is None:
        return choice("number_kind", "other"), ""
    from bridge.exchange.uses import hours_text

    stretches = (Hours(tuple(map(Weekday, one["weekdays"])), one["begins"], one["ends"]) for one in use["hours"])
    return choice("number_kind", use["kind"]), hours_text(tuple(stretches), language())


def order_code(function: str, withdraw: Annotated[bool, typer.Option("--withdraw")] = False) -> None:
    path = f"/directory/functions/{part(function)}/order-code"
    if withdraw:
        api("DELETE", path)
        return
    print(told("order_code_issued", code=api("POST", path)["code"]))


def versions(function: str, organisation: IsOrganisation = False, as_json: AsJson = False) -> None:
    found = api("GET", f"/{_entries(organisation)}/{part(function)}/versions")
    if as_json:
        print_json(found)
        return
    rows = ((one["number"], one["at"], one["by"], _version(one)) for one in found)
    table(("number", "at", "by", "what"), rows)


def undo(function: str, version: int, organisation: IsOrganisation = False) -> None:
    found = api("POST", f"/{_entries(organisation)}/{part(function)}/versions/{version}/undo")
    print(told("version_restored", name=found["name"]))


def _entries(organisation: bool) -> str:
    return "organisations" if organisation else "functions"


def _version(one: Mapping[str, Any]) -> str:
    if one["made"]:
        return told("version_made")
    if one["removed"]:
        return told("version_removed")
    return "; ".join(
        f"{choice('member', each['member'])}: {_plain(each['before'])} → {_plain(each['after'])}"
        for each in one["changes"]
    )


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value) or "–"
    if isinstance(value, dict):
        return " ".join(_plain(one) for one in value.values() if one)
    return "–" if value in (None, "") else str(value)
