"""`samband recordings`: the archive."""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bridge.cli.answers import AsJson, Failure, api, choice, part, request, show, state, told
from bridge.cli.shell import Command

_BLOCK_BYTES: Final = 1 << 16


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_recordings)
    app.command("get", cls=Command)(get)
    app.command("verify", cls=Command)(verify)


def list_recordings(text: str = "", as_json: AsJson = False) -> None:
    found = api("GET", f"/recordings?text={part(text)}")
    show(
        found,
        as_json,
        {
            "id": lambda one: one["id"],
            "conference": lambda one: one["conference"],
            "kind": lambda one: (
                one["kind"] if one["gssi"] is None else f"{one['talkgroup'] or ''} {one['gssi']}".strip()
            ),
            "started": lambda one: one["started_at"],
            "seconds": lambda one: one["duration_s"],
            "state": lambda one: state("archive_state")(one["state"]),
            "faults": lambda one: "; ".join(map(_told_fault, one["faults"])),
        },
    )


def _told_fault(fault: dict[str, Any]) -> str:
    """Such as `Anna: cut short, Asterisk could not record`."""
    whose = fault["participant"] or fault["talkgroup"] or fault["gssi"] or fault["recording"]
    return f"{whose}: {choice('track', fault['state'])}, {fault['reason']}"


def get(recording: str, file: Path) -> None:
    with request("GET", f"/recordings/{part(recording)}/audio") as answer, file.open("xb") as out:
        while block := answer.read(_BLOCK_BYTES):
            out.write(block)


def verify(recording: Annotated[str | None, typer.Argument()] = None) -> None:
    chain = api("GET", "/audit/verify")
    if not chain["ok"]:
        raise Failure(told("audit_broken", row=chain["first_bad_row"]))
    print(told("audit_whole"))
    found = api("GET", "/recordings?kind=all") if recording is None else [api("GET", f"/recordings/{part(recording)}")]
    faults = [fault for one in found if one["audio"] and (fault := _fault_of(one)) is not None]
    if faults:
        raise Failure("\n".join(faults))
    print(told("audio_whole", count=sum(one["audio"] is not None for one in found)))


def _fault_of(recording: dict[str, Any]) -> str | None:
    """The fault in a recording's sound, by its name; the others are looked at all the same."""
    try:
        same = _sha256(recording["id"]) == recording["sha256"]
    except Failure as failure:
        return str(failure)
    return None if same else told("audio_differs", recording=recording["id"])


def _sha256(recording: str) -> str:
    digest = hashlib.sha256()
    with request("GET", f"/recordings/{part(recording)}/audio") as answer:
        while block := answer.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
