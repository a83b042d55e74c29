"""The `samband` command: run it, check it, and steer it from a terminal.

The live verbs talk to the running program over its own API, with the operator's token of the state directory. They
answer at once: what only other commands need (the program's parts, its database) is imported by those commands.
"""

import asyncio
import hashlib
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from bridge import cli_codes, cli_levels, cli_patches, cli_radio
from bridge.cli_api import AsJson, Failure, api, part, print_json, request, show, table
from bridge.files import keep_private
from bridge.logs import set_up
from bridge.main.places import Places
from bridge.ports import PortError
from bridge.settings import SettingsError, load, reference_markdown

if TYPE_CHECKING:
    from bridge.ari.install import Progress
    from bridge.storage import SqlTokens

T = TypeVar("T")
_TIMEOUT_S: Final = 30.0
_BLOCK_BYTES: Final = 1 << 16

app = typer.Typer(
    help="Samband: telephone and radio bridge for crisis coordination.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
asterisk_app = typer.Typer(help="The Asterisk that carries the calls.", no_args_is_help=True)
conferences_app = typer.Typer(help="Conferences of the running program.", no_args_is_help=True)
activations_app = typer.Typer(help="Call-outs of the running program.", no_args_is_help=True)
recordings_app = typer.Typer(help="The archive.", no_args_is_help=True)
radio_app = typer.Typer(help="Radio terminals and patched talkgroups.", no_args_is_help=True)
cli_patches.add_to(radio_app)
radio_app.command("probe")(cli_radio.probe)
cli_levels.add_to(radio_app, lambda path: api("GET", path))
token_app = typer.Typer(help="API tokens.", no_args_is_help=True)
codes_app = typer.Typer(help="The codes of conferences.", no_args_is_help=True)
cli_codes.add_to(codes_app)
for _name, _group in (
    ("asterisk", asterisk_app),
    ("conferences", conferences_app),
    ("codes", codes_app),
    ("activations", activations_app),
    ("recordings", recordings_app),
    ("radio", radio_app),
    ("token", token_app),
):
    app.add_typer(_group, name=_name)


def main() -> None:
    """The entry point: every error is one plain message on standard error, never a traceback."""
    keep_private()
    try:
        app()
    except (Failure, SettingsError, PortError) as error:
        print(f"samband: {error}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  the last place where it can be told
        from bridge.main.failures import explained

        print(explained("samband", error), file=sys.stderr)
        sys.exit(1)


# --- the program itself ---


@app.command()
def run(
    with_simulator: Annotated[bool, typer.Option(help="Start a simulated radio terminal beside it.")] = False,
) -> None:
    """Run Samband in the foreground; Ctrl-C stops all it started."""
    from bridge.main.supervisor import run as run_program

    settings = load()
    set_up(settings.log.level, settings.log.format)
    asyncio.run(run_program(settings, with_simulator=with_simulator))


@app.command()
def check() -> None:
    """Try every part before anything starts; status 1 when one is not right."""
    from bridge.main.checking import check as check_parts

    findings = asyncio.run(check_parts(load()))
    table(("part", "", "says"), ((one.part, "fault" if one.fault else "ok", one.fault or one.says) for one in findings))
    if any(one.fault for one in findings):
        raise typer.Exit(1)


@app.command()
def docs() -> None:
    """Print the reference of every setting (Markdown)."""
    print(reference_markdown(), end="")


@token_app.command("issue")
def token_issue(name: str) -> None:
    """Make a token for somebody, such as a colleague or another program; it is shown this once."""
    print(asyncio.run(_with_tokens(lambda tokens: tokens.issue(name, actor="cli"))))


@token_app.command("revoke")
def token_revoke(name: str) -> None:
    """End a token, and every session made with it, at once."""
    if not asyncio.run(_with_tokens(lambda tokens: tokens.revoke(name, actor="cli"))):
        raise Failure(f"there is no token named {name}")


async def _with_tokens(act: "Callable[[SqlTokens], Awaitable[T]]") -> T:
    """Tokens are made in the database itself, so that the first needs no token."""
    from bridge.engine.clock import SteadyClock
    from bridge.main.opening import open_region
    from bridge.storage import SqlTokens

    settings = load()
    places = Places.of(settings)
    places.make()
    database = await open_region(settings, places)
    try:
        return await act(SqlTokens(database, SteadyClock()))
    finally:
        await database.close()


# --- Asterisk ---


def _progress(progress: "Progress") -> None:
    """One line that counts in a terminal; elsewhere its beginning only, so that no log is flooded."""
    if sys.stderr.isatty():
        end = "\n" if progress.done >= progress.total - 1 else ""
        print(f"\r\x1b[K{progress.step} {progress.done}/{progress.total}", end=end, file=sys.stderr, flush=True)
    elif progress.done == 0:
        print(f"{progress.step} 0/{progress.total}", file=sys.stderr)


@asterisk_app.command("install")
def asterisk_install() -> None:
    """Unpack a private Asterisk into the user's cache, unless it is there."""
    from bridge.main.prepare import asterisk_tree

    tree = asterisk_tree(load(), _progress)
    print(f"Asterisk {'.'.join(str(part) for part in tree.version())} is ready")


@asterisk_app.command("config")
def asterisk_config() -> None:
    """Write Asterisk's configuration and prompts into the state directory; tells what changed."""
    from bridge.main.prepare import prepare_asterisk

    print("\n".join(prepare_asterisk(load(), _progress).changed) or "nothing changed")


@asterisk_app.command("start")
def asterisk_start() -> None:
    """Start Asterisk, or find the one that runs."""
    from bridge.main.prepare import prepare_asterisk

    _print_status(asdict(asyncio.run(prepare_asterisk(load(), _progress).process.ensure_running())))


@asterisk_app.command("stop")
def asterisk_stop(
    wait_for_calls_s: Annotated[float, typer.Option(min=0, help="Let calls under way end by themselves.")] = 0.0,
) -> None:
    """Stop Asterisk; with it every call."""
    from bridge.main.prepare import asterisk_process

    asyncio.run(asterisk_process(load()).stop(wait_for_calls_s=wait_for_calls_s))


@asterisk_app.command("status")
def asterisk_status() -> None:
    """Whether Asterisk runs and answers."""
    from bridge.main.prepare import asterisk_process

    _print_status(asdict(asyncio.run(asterisk_process(load()).status())))


def _print_status(status: Mapping[str, Any]) -> None:
    table(("what", "value"), status.items())


# --- the running program, over its API ---


@conferences_app.command("list")
def conferences_list(ended: bool = False, as_json: AsJson = False) -> None:
    """Open conferences with number and codes."""
    found = api("GET", f"/conferences?ended={str(ended).lower()}")
    show(
        found,
        as_json,
        {
            "id": lambda one: one["id"],
            "name": lambda one: one["name"],
            "state": lambda one: one["state"],
            "present": lambda one: len(one["participants"]),
            "number": lambda one: one["number_spoken"],
            "code": lambda one: one["code"],
            "host code": lambda one: one["host_code"],
            "recording": lambda one: one["recording"]["state"],
        },
    )


@conferences_app.command("open")
def conferences_open(
    name: str,
    language: Annotated[str | None, typer.Option(help="`sv` or `en`; the forum's, else `sv`.")] = None,
    recorded: Annotated[bool | None, typer.Option(help="As the forum says, else yes.")] = None,
    exercise: bool = False,
    forum: str | None = None,
    emergency: Annotated[bool, typer.Option(help="Callers rescued from the emergency room are let into it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Open a conference; prints number and codes. The forum's defaults hold for what is not said."""
    body: dict[str, Any] = {"name": name, "language": language, "recorded": recorded, "forum": forum}
    body = {name: value for name, value in body.items() if value is not None}
    made = api("POST", "/conferences", {**body, "exercise": exercise, "emergency": emergency})
    if as_json:
        print_json(made)
        return
    told = {"id": made["id"], "number": made["number_spoken"], "code": made["code"], "host code": made["host_code"]}
    table(("what", "value"), told.items())


@conferences_app.command("end")
def conferences_end(conference: str) -> None:
    """End a conference for everybody in it."""
    print(api("POST", f"/conferences/{part(conference)}/end")["state"])


@activations_app.command("start")
def activations_start(
    list_id: str,
    conference: Annotated[str | None, typer.Option(help="An open conference; a new one where none is named.")] = None,
    key: Annotated[str | None, typer.Option(help="The same key again starts nothing anew.")] = None,
    exercise: bool = False,
    as_json: AsJson = False,
) -> None:
    """Call a list in."""
    body: dict[str, Any] = {"list_id": list_id, "conference_id": conference, "key": key}
    body = {name: value for name, value in body.items() if value is not None}
    _show_activation(api("POST", "/activations", {**body, "exercise": exercise} if exercise else body), as_json)


@activations_app.command("show")
def activations_show(activation: str, as_json: AsJson = False) -> None:
    """Every target with its state and reason."""
    _show_activation(api("GET", f"/activations/{part(activation)}"), as_json)


@activations_app.command("cancel")
def activations_cancel(activation: str, as_json: AsJson = False) -> None:
    """Ring nobody more."""
    _show_activation(api("POST", f"/activations/{part(activation)}/cancel"), as_json)


def _show_activation(activation: Any, as_json: bool) -> None:
    if as_json:
        print_json(activation)
        return
    counters = activation["counters"]
    print(
        f"{activation['id']}  {activation['list_name']}: {activation['state']}, {counters['done']}/{counters['total']}"
    )
    rows = [
        (one["function"], one["organisation"], one["state"], one["attempts_made"], one["reason"])
        for one in activation["targets"]
    ]
    table(("function", "organisation", "state", "attempts", "reason"), rows)


@recordings_app.command("list")
def recordings_list(text: str = "", as_json: AsJson = False) -> None:
    """The newest recordings, or those that a text finds."""
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
            "state": lambda one: one["state"],
        },
    )


@recordings_app.command("get")
def recordings_get(recording: str, file: Path) -> None:
    """Write the audio (FLAC) to a file that does not exist yet."""
    with request("GET", f"/recordings/{part(recording)}/audio") as answer, file.open("xb") as out:
        while block := answer.read(_BLOCK_BYTES):
            out.write(block)


@recordings_app.command("verify")
def recordings_verify(recording: Annotated[str | None, typer.Argument()] = None) -> None:
    """Prove that nothing was changed: the audit chain, and the audio of one recording or of the newest hundred."""
    chain = api("GET", "/audit/verify")
    if not chain["ok"]:
        raise Failure(f"the audit chain is broken at row {chain['first_bad_row']}")
    print("audit chain: ok")
    found = api("GET", "/recordings") if recording is None else [api("GET", f"/recordings/{part(recording)}")]
    faults = [fault for one in found if one["audio"] and (fault := _fault_of(one)) is not None]
    if faults:
        raise Failure("\n".join(faults))
    print(f"audio of {sum(one['audio'] is not None for one in found)} recordings: ok")


def _fault_of(recording: dict[str, Any]) -> str | None:
    """What is wrong with a recording's sound, by its name; the others are looked at all the same."""
    try:
        same = _sha256(recording["id"]) == recording["sha256"]
    except Failure as failure:
        return str(failure)
    return None if same else f"the audio differs from what was archived: {recording['id']}"


def _sha256(recording: str) -> str:
    digest = hashlib.sha256()
    with request("GET", f"/recordings/{part(recording)}/audio") as answer:
        while block := answer.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


if __name__ == "__main__":
    main()
