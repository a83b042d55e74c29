"""The `samband` command: run it, check it, and steer it from a terminal.

The live verbs talk to the running program over its own API, with the operator's token of the state directory. They
answer at once: what only other commands need (the program's parts, its database) is imported by those commands.
"""

import asyncio
import hashlib
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from bridge import cli_levels, cli_radio
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
radio_app = typer.Typer(help="Radio terminals.", no_args_is_help=True)
sds_app = typer.Typer(help="Texts and statuses by radio.", no_args_is_help=True)
radio_app.add_typer(sds_app, name="sds")
radio_app.command("probe")(cli_radio.probe)
cli_levels.add_to(radio_app, lambda path: _api("GET", path))
token_app = typer.Typer(help="API tokens.", no_args_is_help=True)
for _name, _group in (
    ("asterisk", asterisk_app),
    ("conferences", conferences_app),
    ("activations", activations_app),
    ("recordings", recordings_app),
    ("radio", radio_app),
    ("token", token_app),
):
    app.add_typer(_group, name=_name)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


class Failure(Exception):
    """What the user is told before the command ends with status 1."""


def main() -> None:
    """The entry point: every expected error is one plain message on standard error, never a traceback."""
    try:
        app()
    except (Failure, SettingsError, PortError) as error:
        print(f"samband: {error}", file=sys.stderr)
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
    _table(
        ("part", "", "says"), ((one.part, "fault" if one.fault else "ok", one.fault or one.says) for one in findings)
    )
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
    from bridge.storage import SqlTokens, open_database

    settings = load()
    places = Places.of(settings)
    places.make()
    database = await open_database(places.database_url(settings), settings.storage)
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
    _table(("what", "value"), status.items())


# --- the running program, over its API ---


@conferences_app.command("list")
def conferences_list(ended: bool = False, as_json: AsJson = False) -> None:
    """Open conferences with number and codes."""
    found = _api("GET", f"/conferences?ended={str(ended).lower()}")
    _show(
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
    language: str = "sv",
    recorded: bool = True,
    exercise: bool = False,
    forum: str | None = None,
    as_json: AsJson = False,
) -> None:
    """Open a conference; prints number and codes."""
    body: dict[str, Any] = {"name": name, "language": language, "recorded": recorded, "exercise": exercise}
    made = _api("POST", "/conferences", {**body, **({"forum": forum} if forum else {})})
    if as_json:
        _json(made)
        return
    told = {"id": made["id"], "number": made["number_spoken"], "code": made["code"], "host code": made["host_code"]}
    _table(("what", "value"), told.items())


@conferences_app.command("end")
def conferences_end(conference: str) -> None:
    """End a conference for everybody in it."""
    print(_api("POST", f"/conferences/{_part(conference)}/end")["state"])


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
    _show_activation(_api("POST", "/activations", {**body, "exercise": exercise} if exercise else body), as_json)


@activations_app.command("show")
def activations_show(activation: str, as_json: AsJson = False) -> None:
    """Every target with its state and reason."""
    _show_activation(_api("GET", f"/activations/{_part(activation)}"), as_json)


@activations_app.command("cancel")
def activations_cancel(activation: str, as_json: AsJson = False) -> None:
    """Ring nobody more."""
    _show_activation(_api("POST", f"/activations/{_part(activation)}/cancel"), as_json)


def _show_activation(activation: Any, as_json: bool) -> None:
    if as_json:
        _json(activation)
        return
    counters = activation["counters"]
    print(
        f"{activation['id']}  {activation['list_name']}: {activation['state']}, {counters['done']}/{counters['total']}"
    )
    rows = [
        (one["function"], one["organisation"], one["state"], one["attempts_made"], one["reason"])
        for one in activation["targets"]
    ]
    _table(("function", "organisation", "state", "attempts", "reason"), rows)


@recordings_app.command("list")
def recordings_list(text: str = "", as_json: AsJson = False) -> None:
    """The newest recordings, or those that a text finds."""
    found = _api("GET", f"/recordings?text={_part(text)}")
    _show(
        found,
        as_json,
        {
            "id": lambda one: one["id"],
            "conference": lambda one: one["conference"],
            "started": lambda one: one["started_at"],
            "seconds": lambda one: one["duration_s"],
            "state": lambda one: one["state"],
        },
    )


@recordings_app.command("get")
def recordings_get(recording: str, file: Path) -> None:
    """Write the audio (FLAC) to a file that does not exist yet."""
    with _request("GET", f"/recordings/{_part(recording)}/audio") as answer, file.open("xb") as out:
        while block := answer.read(_BLOCK_BYTES):
            out.write(block)


@recordings_app.command("verify")
def recordings_verify(recording: Annotated[str | None, typer.Argument()] = None) -> None:
    """Prove that nothing was changed: the audit chain, and the audio of one recording or of the newest hundred."""
    chain = _api("GET", "/audit/verify")
    if not chain["ok"]:
        raise Failure(f"the audit chain is broken at row {chain['first_bad_row']}")
    print("audit chain: ok")
    found = _api("GET", "/recordings") if recording is None else [_api("GET", f"/recordings/{_part(recording)}")]
    bad = [one["id"] for one in found if one["audio"] and _sha256(one["id"]) != one["sha256"]]
    if bad:
        raise Failure(f"the audio differs from what was archived: {', '.join(bad)}")
    print(f"audio of {sum(one['audio'] is not None for one in found)} recordings: ok")


def _sha256(recording: str) -> str:
    digest = hashlib.sha256()
    with _request("GET", f"/recordings/{_part(recording)}/audio") as answer:
        while block := answer.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


@radio_app.command("status")
def radio_status(as_json: AsJson = False) -> None:
    """Every terminal: state, talkgroup, signal."""
    columns = ("name", "state", "reason", "issi", "gssi", "signal_dbm", "battery_percent", "model")
    _show(_api("GET", "/terminals"), as_json, {name: _member(name) for name in columns})


@sds_app.command("send")
def sds_send(
    to: Annotated[str, typer.Argument(help="An ISSI, a GSSI or a function's id.")],
    text: Annotated[str | None, typer.Argument()] = None,
    status: Annotated[int | None, typer.Option(help="A pre-coded status instead of a text.")] = None,
    group: Annotated[bool | None, typer.Option(help="Whether a number is a talkgroup's.")] = None,
    terminal: Annotated[str | None, typer.Option(help="None: any that is ready and free.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a text or a status; prints how far it has come."""
    asked = {"to": to, "text": text, "status": status, "group": group, "terminal": terminal}
    _show_messages([_api("POST", "/sds", {name: one for name, one in asked.items() if one is not None})], as_json)


@sds_app.command("list")
def sds_list(limit: int = 20, as_json: AsJson = False) -> None:
    """The newest messages, in and out, with their delivery."""
    _show_messages(_api("GET", f"/sds?limit={limit}"), as_json)


def _show_messages(messages: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    columns: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "id": _member("id"),
        "at": _member("created_at"),
        "way": _member("direction"),
        "from": lambda one: one["sender_name"] or one["sender"],
        "to": lambda one: one["receiver_name"] or one["receiver"],
        "state": _member("state"),
        "delivered": lambda one: f"{one['parts_delivered']}/{one['parts']}" if one["direction"] == "out" else None,
        "reason": _member("reason"),
        "text": lambda one: one["text"] if one["status"] is None else f"status {one['status']}",
    }
    _show(messages, as_json, columns)


def _member(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda one: one[name]


# --- talking to the API ---


def _part(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _api(method: str, path: str, body: object = None) -> Any:
    with _request(method, path, body) as answer:
        return json.load(answer)


@contextmanager
def _request(method: str, path: str, body: object = None) -> Iterator[Any]:
    """One request to the running program.

    Raises:
        Failure: It does not run, or it refused; in its own words.
    """
    settings = load()
    host = settings.api.host if settings.api.host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.api.port}"
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {_token(settings.state)}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/api/v1{path}", data, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            yield answer
    except urllib.error.HTTPError as error:
        raise Failure(_words(error)) from None
    except urllib.error.URLError as error:
        raise Failure(f"nothing answers at {address} ({error.reason}): start it with `samband run`") from None


def _token(state: Path) -> str:
    path = state / "operator.token"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise Failure(f"{path} is missing: it is made when Samband runs for the first time") from None
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from None


def _words(error: urllib.error.HTTPError) -> str:
    try:
        told = json.load(error)
        return ". ".join(str(told[name]) for name in ("detail", "remedy") if told.get(name))
    except (ValueError, KeyError, AttributeError):
        return f"the program answered {error.code}"


# --- printing ---


def _json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _show(found: Sequence[Mapping[str, Any]], as_json: bool, columns: Mapping[str, Callable[[Any], Any]]) -> None:
    if as_json:
        _json(found)
    else:
        _table(tuple(columns), ([read(one) for read in columns.values()] for one in found))


def _table(heads: Sequence[str], rows: Any) -> None:
    """Columns as wide as their longest cell; nothing that would drive the terminal gets through."""
    lines = [tuple(heads), *(tuple(_cell(value) for value in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    text = "–" if value is None or value == "" else str(value)
    return "".join(one if one.isprintable() else "?" for one in text)


if __name__ == "__main__":
    main()
