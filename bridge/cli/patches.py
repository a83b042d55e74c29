"""`samband radio …`: what is patched, by whom and how; terminals; texts and statuses."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer

from bridge.cli.answers import AsJson, Failure, api, language, member, part, show, state, told
from bridge.cli.shell import Command, Group
from bridge.words import entry

Read = Callable[[Mapping[str, Any]], Any]
sds_app = typer.Typer(cls=Group)
Patch = Annotated[str, typer.Argument()]
Keying = Annotated[str | None, typer.Option()]
Precedence = Annotated[str | None, typer.Option()]


def add_to(app: typer.Typer) -> None:
    """All of them."""
    app.add_typer(sds_app, name="sds")
    for name, command in (
        ("status", status),
        ("list", list_patches),
        ("patch", patch),
        ("unpatch", unpatch),
        ("approve", approve),
        ("extend", extend),
        ("set", change),
        ("key", key),
    ):
        app.command(name, cls=Command)(command)


# --- terminals ---


def status(as_json: AsJson = False) -> None:
    columns = ("name", "state", "reason", "issi", "gssi", "signal_dbm", "battery_percent", "model")
    alarms: dict[str, Read] = {
        "alarms": lambda one: ", ".join(
            f"{entry(language(), 'alarm', what)} {at}" for what, at in zip(one["alarms"], one["alarms_at"], strict=True)
        )
    }
    states: dict[str, Read] = {"state": lambda one: entry(language(), "terminal_state", one["state"])}
    show(api("GET", "/terminals"), as_json, {**{name: member(name) for name in columns}, **states, **alarms})


# --- patches ---


def list_patches(as_json: AsJson = False) -> None:
    _show_patches([one for _, one in _patches()], as_json)


def patch(
    conference: str,
    gssi: int,
    terminal: Annotated[str | None, typer.Option()] = None,
    keying: Keying = None,
    precedence: Precedence = None,
    lease_s: Annotated[float | None, typer.Option(min=10)] = None,
    idle_s: Annotated[float | None, typer.Option(min=10)] = None,
    notice: Annotated[bool | None, typer.Option()] = None,
    spoken_end: Annotated[bool | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    asked = {"gssi": gssi, "terminal": terminal, "keying": keying, "precedence": precedence, "lease_s": lease_s}
    asked |= {"idle_s": idle_s, "notice": notice, "spoken_end": spoken_end}
    _show_patches([api("POST", f"/conferences/{part(conference)}/patches", _given(asked))], as_json)


def unpatch(patch: Patch, at_once: Annotated[bool, typer.Option()] = False) -> None:
    api("DELETE", f"{_way(patch)}?at_once={str(at_once).lower()}")


def approve(patch: Patch, as_json: AsJson = False) -> None:
    _show_patches([api("POST", f"{_way(patch)}/approve")], as_json)


def extend(
    patch: Patch,
    lease_s: Annotated[float | None, typer.Option(min=10)] = None,
    no_end: Annotated[bool, typer.Option("--no-end")] = False,
    as_json: AsJson = False,
) -> None:
    body = {"lease_s": None} if no_end else _given({"lease_s": lease_s})
    _show_patches([api("POST", f"{_way(patch)}/extend", body)], as_json)


def change(
    patch: Patch,
    keying: Keying = None,
    precedence: Precedence = None,
    spoken_end: Annotated[bool | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    body = _given({"keying": keying, "precedence": precedence, "spoken_end": spoken_end})
    _show_patches([api("PATCH", _way(patch), body)], as_json)


def key(
    conference: str,
    participant: str,
    off: Annotated[bool, typer.Option("--off")] = False,
) -> None:
    verb = "unkey-radio" if off else "key-radio"
    api("POST", f"/conferences/{part(conference)}/participants/{part(participant)}/{verb}")


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in members.items() if one is not None}


def _patches() -> list[tuple[str, Mapping[str, Any]]]:
    """With the conference of each."""
    return [(one["id"], patch) for one in api("GET", "/conferences") for patch in one["patches"]]


def _way(patch: str) -> str:
    """A group is never in two conferences, so its number is as good as the patch's id."""
    for conference, one in _patches():
        if patch in (one["id"], str(one["gssi"])):
            return f"/conferences/{part(conference)}/patches/{part(one['id'])}"
    raise Failure(told("no_patch", patch=patch))


def _show_patches(patches: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    columns: dict[str, Read] = {
        "id": member("id"),
        "talkgroup": member("name"),
        "gssi": member("gssi"),
        "terminal": member("terminal"),
        "state": lambda one: state("patch_state")(one["state"]),
        "talker": lambda one: one["talker_name"] or one["talker"],
        "keying": lambda one: state("keying")(one["keying"]),
        "lease until": member("lease_until"),
        "asked by": member("asked_by"),
        "reason": member("reason"),
    }
    show(patches, as_json, columns)


# --- texts and statuses ---


@sds_app.command("send", cls=Command)
def sds_send(
    to: Annotated[str, typer.Argument()],
    text: Annotated[str | None, typer.Argument()] = None,
    status: Annotated[int | None, typer.Option()] = None,
    group: Annotated[bool | None, typer.Option()] = None,
    terminal: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    asked = {"to": to, "text": text, "status": status, "group": group, "terminal": terminal}
    _show_messages([api("POST", "/sds", {name: one for name, one in asked.items() if one is not None})], as_json)


@sds_app.command("list", cls=Command)
def sds_list(limit: int = 20, as_json: AsJson = False) -> None:
    _show_messages(api("GET", f"/sds?limit={limit}"), as_json)


def _show_messages(messages: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    columns: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "id": member("id"),
        "at": member("created_at"),
        "way": member("direction"),
        "from": lambda one: one["sender_name"] or one["sender"],
        "to": lambda one: one["receiver_name"] or one["receiver"],
        "state": lambda one: state("sds_state")(one["state"]),
        "delivered": lambda one: f"{one['parts_delivered']}/{one['parts']}" if one["direction"] == "out" else None,
        "reason": member("reason"),
        "text": lambda one: one["text"] if one["status"] is None else told("status_number", number=one["status"]),
    }
    show(messages, as_json, columns)
