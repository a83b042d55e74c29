"""`samband archive`: packages that are made in the background."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bridge.cli.answers import AsJson, Failure, api, choice, language, part, print_json, request, show, told
from bridge.cli.shell import Command
from bridge.domain.handover.records import Form
from bridge.words import entry

_LOOK_S: Final = 0.5
_BLOCK_BYTES: Final = 1 << 16
_OPEN: Final = frozenset({"waiting", "making"})


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("packages", cls=Command)(packages)
    app.command("package", cls=Command)(package)
    app.command("release", cls=Command)(release)
    app.command("follow", cls=Command)(follow)
    app.command("fetch", cls=Command)(fetch)
    app.command("mail", cls=Command)(mail)
    app.command("mails", cls=Command)(mails)
    app.command("take-away", cls=Command)(take_away)


def packages(conference: Annotated[str | None, typer.Option()] = None, as_json: AsJson = False) -> None:
    asked = "" if conference is None else f"?conference_id={part(conference)}"
    show(
        api("GET", f"/archive/packages{asked}"),
        as_json,
        {
            "id": lambda one: one["id"],
            "conference": lambda one: one["conference_id"],
            "kind": lambda one: choice("package_kind", "release" if one["release"] else one["form"]),
            "state": lambda one: choice("package_state", one["state"]),
            "percent": lambda one: one["done_percent"],
            "by": lambda one: one["asked_by"],
            "file": lambda one: one["file"],
            "expires": lambda one: one["expires_at"],
            "reason": lambda one: one["reason"],
        },
    )


def package(
    conference: str,
    sip: Annotated[bool, typer.Option("--sip")] = False,
    place: Annotated[str | None, typer.Option()] = None,
    wait: Annotated[bool, typer.Option("--wait")] = False,
) -> None:
    form = Form.SIP if sip else Form.ZIP
    made = api("POST", "/archive/packages", {"conference_id": conference, "form": form, "place": place})
    if wait:
        made = _followed(made)
    print_json(made)


def release(
    conference: str,
    ground: Annotated[str, typer.Option()],
    receiver: Annotated[str, typer.Option()] = "",
    mask: Annotated[list[str] | None, typer.Option()] = None,
    unnamed: Annotated[list[str] | None, typer.Option()] = None,
    silent: Annotated[bool, typer.Option()] = False,
    wait: Annotated[bool, typer.Option("--wait")] = False,
) -> None:
    masks = [_mask(one, ground) for one in mask or []]
    left_out = {"masks": masks, "unnamed": unnamed or [], "tone": not silent}
    body = {"conference_id": conference, "ground": ground, "receiver": receiver, **left_out}
    made = api("POST", "/archive/packages/releases", body)
    if wait:
        made = _followed(made)
    print_json(made)


def _mask(text: str, ground: str) -> dict[str, Any]:
    """Such as `rec-1:60-75.5` or `rec-1:60-75.5:18 kap. 1 § OSL`."""
    recording, _, rest = text.partition(":")
    span, _, own = rest.partition(":")
    start, _, end = span.partition("-")
    try:
        return {"recording": recording, "start_s": float(start), "end_s": float(end), "ground": own or ground}
    except ValueError:
        raise Failure(told("mask_shape", mask=text)) from None


def follow(package: str) -> None:
    print_json(_followed(api("GET", f"/archive/packages/{part(package)}")))


def fetch(package: str, file: Path) -> None:
    with request("GET", f"/archive/packages/{part(package)}/file") as answer, file.open("xb") as out:
        while block := answer.read(_BLOCK_BYTES):
            out.write(block)


def mail(
    package: str,
    to: str,
    again: Annotated[str, typer.Option()] = "",
    english: Annotated[bool, typer.Option("--english")] = False,
) -> None:
    body = {"to": to, "to_again": again, "language": "en" if english else "sv"}
    print_json(api("POST", f"/archive/packages/{part(package)}/mails", body))


def mails(package: str, as_json: AsJson = False) -> None:
    show(
        api("GET", f"/archive/packages/{part(package)}/mails"),
        as_json,
        {
            "id": lambda one: one["id"],
            "to": lambda one: one["to"],
            "state": lambda one: entry(language(), "message_state", one["state"]),
            "reason": lambda one: one["reason"],
        },
    )


def take_away(package: str) -> None:
    print_json(api("DELETE", f"/archive/packages/{part(package)}"))


def _followed(job: dict[str, Any]) -> dict[str, Any]:
    """Once it is there. Each step and each percent is told beside the answer.

    Raises:
        Failure: It was not made, in words.
    """
    shown = ""
    while job["state"] in _OPEN:
        step = choice("package_step", job["step"]) if job["step"] else choice("package_state", job["state"])
        now = told("package_progress", step=step, percent=job["done_percent"])
        if now != shown:
            print(now, file=sys.stderr)
        shown = now
        time.sleep(_LOOK_S)
        job = dict(api("GET", f"/archive/packages/{part(job['id'])}"))
    if job["state"] != "ready":
        raise Failure(str(job["reason"] or choice("package_state", job["state"])))
    return job
