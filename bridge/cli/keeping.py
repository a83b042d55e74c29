"""`samband archive`: keeping and disposing of recordings."""

from typing import Annotated

import typer

from bridge.cli.answers import AsJson, api, language, part, print_json, show
from bridge.cli.shell import Command
from bridge.words import entry


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("holds", cls=Command)(holds)
    app.command("hold", cls=Command)(hold)
    app.command("lift", cls=Command)(lift)
    app.command("restrictions", cls=Command)(restrictions)
    app.command("restrict", cls=Command)(restrict)
    app.command("unrestrict", cls=Command)(unrestrict)
    app.command("disposals", cls=Command)(disposals)
    app.command("disposal", cls=Command)(disposal)
    app.command("propose", cls=Command)(propose)
    app.command("decide", cls=Command)(decide)
    app.command("withdraw", cls=Command)(withdraw)


def holds(as_json: AsJson = False) -> None:
    show(
        api("GET", "/archive/holds"),
        as_json,
        {
            "id": lambda one: one["id"],
            "conference": lambda one: one["conference_id"],
            "ground": lambda one: one["ground"],
            "by": lambda one: one["placed_by"],
            "since": lambda one: one["placed_at"],
            "ended": lambda one: one["lifted_at"],
        },
    )


def hold(conference: str, ground: str) -> None:
    print_json(api("POST", "/archive/holds", {"conference_id": conference, "ground": ground}))


def lift(hold: str) -> None:
    print_json(api("DELETE", f"/archive/holds/{part(hold)}"))


def restrictions(as_json: AsJson = False) -> None:
    show(
        api("GET", "/archive/restrictions"),
        as_json,
        {
            "recording": lambda one: one["recording"],
            "ground": lambda one: one["label"],
            "by": lambda one: one["by"],
            "since": lambda one: one["at"],
        },
    )


def restrict(recording: str, ground: str) -> None:
    api("PUT", f"/archive/restrictions/{part(recording)}", {"label": ground})


def unrestrict(recording: str) -> None:
    api("DELETE", f"/archive/restrictions/{part(recording)}")


def disposals(as_json: AsJson = False) -> None:
    show(
        api("GET", "/archive/disposals"),
        as_json,
        {
            "id": lambda one: one["id"],
            "state": lambda one: entry(language(), "disposal_state", one["state"]),
            "recordings": lambda one: len(one["recordings"]),
            "ground": lambda one: one["ground"],
            "decision": lambda one: one["decision"],
            "by": lambda one: one["proposed_by"],
            "decided_by": lambda one: one["decided_by"],
            "ended": lambda one: one["done_at"],
            "copies_left": lambda one: sum(each["gone_at"] is None for each in one["copies"]),
        },
    )


def disposal(disposal: str) -> None:
    print_json(api("GET", f"/archive/disposals/{part(disposal)}"))


def propose(
    recordings: list[str],
    ground: Annotated[str, typer.Option()] = "",
    decision: Annotated[str, typer.Option()] = "",
) -> None:
    body = {"recordings": recordings, "ground": ground, "decision": decision}
    print_json(api("POST", "/archive/disposals", body))


def decide(disposal: str) -> None:
    print_json(api("POST", f"/archive/disposals/{part(disposal)}/decide"))


def withdraw(disposal: str) -> None:
    print_json(api("DELETE", f"/archive/disposals/{part(disposal)}"))
