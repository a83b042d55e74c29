"""`samband recordings`: the archive."""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bridge.cli.answers import AsJson, Failure, api, choice, part, print_json, request, show, state, table, told
from bridge.cli.shell import Command

_BLOCK_BYTES: Final = 1 << 16
_LONG_S: Final = 300.0
"""A document of a long meeting is typeset before the first byte."""


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("list", cls=Command)(list_recordings)
    app.command("get", cls=Command)(get)
    app.command("search", cls=Command)(search)
    app.command("meeting", cls=Command)(meeting)
    app.command("package", cls=Command)(package)
    app.command("places", cls=Command)(places)
    app.command("hand-over", cls=Command)(hand_over)
    app.command("labels", cls=Command)(labels)
    app.command("label", cls=Command)(label)
    app.command("unlabel", cls=Command)(unlabel)
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
    with request("GET", f"/recordings/{part(recording)}/audio") as answer:
        _write(answer, file)


def search(
    text: Annotated[str, typer.Argument()] = "",
    since: Annotated[str | None, typer.Option()] = None,
    until: Annotated[str | None, typer.Option()] = None,
    forum: Annotated[str | None, typer.Option()] = None,
    organisation: Annotated[str | None, typer.Option()] = None,
    talker: Annotated[str | None, typer.Option()] = None,
    exercise: Annotated[bool | None, typer.Option("--exercise/--live")] = None,
    label: Annotated[str | None, typer.Option()] = None,
    after: Annotated[str | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option()] = 50,
    as_json: AsJson = False,
) -> None:
    asked = {
        "text": text,
        "since": since,
        "until": until,
        "forum": forum,
        "organisation": organisation,
        "talker": talker,
        "exercise": None if exercise is None else str(exercise).lower(),
        "label": label,
        "after": after,
        "limit": str(limit),
    }
    asked_for = "&".join(f"{name}={part(value)}" for name, value in asked.items() if value)
    found = api("GET", f"/archive/meetings?{asked_for}")
    if as_json:
        print_json(found)
        return
    show(
        found["meetings"],
        False,
        {
            "id": lambda one: one["id"],
            "name": lambda one: one["name"],
            "started": lambda one: one["began_at"],
            "seconds": lambda one: round(one["recorded_s"]),
            "people": lambda one: one["people"],
            "exercise": lambda one: choice("yes_no", "yes" if one["exercise"] else "no"),
            "labels": lambda one: ", ".join(each["label"] for each in one["labels"]),
        },
    )
    if found["next"]:
        print(told("more_meetings", after=found["next"]))


def meeting(conference: str, as_json: AsJson = False) -> None:
    found = api("GET", f"/archive/meetings/{part(conference)}")
    if as_json:
        print_json(found)
        return
    rows = [(choice("part", one["kind"]), one["id"], _whose(one), one["started_at"]) for one in found["recordings"]]
    rows += [(choice("part", "decision"), one["id"], one["title"], one["begun_at"]) for one in found["decisions"]]
    rows += [
        (choice("part", "call_out"), one["id"], one["list_name"], one["started_at"]) for one in found["activations"]
    ]
    rows += [(choice("part", "roll_call"), one["id"], None, one["started_at"]) for one in found["roll_calls"]]
    rows += [(choice("part", "report"), None, one["organisation"], one["given_at"]) for one in found["situation"]]
    table(("part", "id", "name", "started"), rows)


def _whose(recording: dict[str, Any]) -> str | None:
    whose: str | None = recording["participant"] or recording["talkgroup"]
    return whose or (str(recording["gssi"]) if recording["gssi"] else None)


def package(conference: str, file: Path, sip: Annotated[bool, typer.Option("--sip")] = False) -> None:
    form = "sip" if sip else "package"
    with request("GET", f"/archive/meetings/{part(conference)}/{form}", within_s=_LONG_S) as answer:
        _write(answer, file)


def _write(answer: Any, file: Path) -> None:
    with file.open("xb") as out:
        while block := answer.read(_BLOCK_BYTES):
            out.write(block)


def places(as_json: AsJson = False) -> None:
    found = api("GET", "/archive/places")
    show([{"name": one} for one in found], as_json, {"name": lambda one: one["name"]})


def hand_over(conference: str, place: str, sip: Annotated[bool, typer.Option("--sip")] = False) -> None:
    body = {"place": place, "sip": sip}
    done = api("POST", f"/archive/meetings/{part(conference)}/hand-over", body, within_s=_LONG_S)
    print(told("handed_over", file=done["file"], place=place))


def labels(as_json: AsJson = False) -> None:
    show(
        api("GET", "/archive/labels"),
        as_json,
        {"label": lambda one: one["label"], "meetings": lambda one: one["meetings"]},
    )


def label(conference: str, label: str) -> None:
    api("PUT", f"/archive/meetings/{part(conference)}/labels/{part(label)}")


def unlabel(conference: str, label: str) -> None:
    api("DELETE", f"/archive/meetings/{part(conference)}/labels/{part(label)}")


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
