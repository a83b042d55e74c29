"""`samband archive`: proof of the archive."""

import sys
import time
from pathlib import Path
from typing import Any, Final

import typer

from bridge.cli.answers import AsJson, Failure, api, print_json, request, show, told
from bridge.cli.shell import Command

_LOOK_S: Final = 0.5


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("verify", cls=Command)(verify)
    app.command("head", cls=Command)(head)
    app.command("nodes", cls=Command)(nodes)
    app.command("witnessed", cls=Command)(witnessed)
    app.command("verifier", cls=Command)(verifier)
    app.command("new-key", cls=Command)(new_key)


def verify(as_json: AsJson = False) -> None:
    found = api("POST", "/recordings/verification")
    shown = ""
    while found["state"] == "running":
        now = told("verifying", rows=found["rows"], recordings=found["recordings"], all=found["of_recordings"])
        if now != shown and sys.stderr.isatty():
            print(now, file=sys.stderr)
        shown = now
        time.sleep(_LOOK_S)
        found = api("GET", "/recordings/verification")
    if as_json:
        print_json(found)
    else:
        _print(found)
    if not found["ok"]:
        first = found["first"]
        raise Failure(
            told("archive_disagrees", first=first["words"]) if first else str(found["reason"] or found["state"])
        )


def _print(found: dict[str, Any]) -> None:
    for one in found["findings"]:
        if one["kind"] == "remark":
            print(told("finding_remark", words=one["words"]))
        else:
            print(told("finding_fault", words=one["words"]))
    if found["more"]:
        print(told("findings_more", count=found["more"]))
    if found["ok"]:
        print(told("archive_agrees", rows=found["rows"], recordings=found["recordings"], heads=found["heads"]))


def head() -> None:
    print_json(api("GET", "/archive/head"))


def nodes(as_json: AsJson = False) -> None:
    show(
        api("GET", "/archive/witnessed"),
        as_json,
        {
            "name": lambda one: one["giver"],
            "sequence": lambda one: one["sequence"],
            "at": lambda one: one["heard_at"],
            "agrees": lambda one: told("yes") if one["agrees"] else one["fault"],
        },
    )


def witnessed(as_json: AsJson = False) -> None:
    show(
        api("GET", "/archive/foreign-heads"),
        as_json,
        {
            "name": lambda one: one["giver"],
            "sequence": lambda one: one["sequence"],
            "at": lambda one: one["taken_at"],
        },
    )


def verifier(file: Path) -> None:
    with request("GET", "/archive/verifier") as answer, file.open("xb") as out:
        out.write(answer.read())


def new_key() -> None:
    print(told("signing_key_made", id=api("POST", "/archive/signing-key")["id"]))
