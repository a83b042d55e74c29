"""How the command talks to the running program, over its own API, and how it prints what it is told."""

import json
import shutil
import sys
import textwrap
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bridge.settings import load

_TIMEOUT_S: Final = 30.0
_NO_CONTENT: Final = 204
_NARROWEST: Final = 20

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


class Failure(Exception):
    """What the user is told before the command ends with status 1."""


# --- talking to the API ---


def part(text: str) -> str:
    """One part of a path, whatever is in it."""
    return urllib.parse.quote(text, safe="")


def api(method: str, path: str, body: object = None) -> Any:
    """What the program answers; nothing where the answer has no content."""
    with request(method, path, body) as answer:
        return json.load(answer) if answer.status != _NO_CONTENT else None


@contextmanager
def request(method: str, path: str, body: object = None) -> Iterator[Any]:
    """One request to the running program.

    Raises:
        Failure: It does not run, or it refused; in its own words.
    """
    settings = load()
    host = settings.api.host if settings.api.host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.api.port}"
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {_token(settings.state)}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{address}/api/v1{path}", data, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=_TIMEOUT_S) as answer:  # noqa: S310
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


def member(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda one: one[name]


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def show(found: Sequence[Mapping[str, Any]], as_json: bool, columns: Mapping[str, Callable[[Any], Any]]) -> None:
    if as_json:
        print_json(found)
    else:
        table(tuple(columns), ([read(one) for read in columns.values()] for one in found))


def table(heads: Sequence[str], rows: Any) -> None:
    """Columns as wide as their longest cell, the widest broken where they do not fit on the screen; nothing that would
    drive the terminal gets through."""
    lines = [tuple(heads), *(tuple(_cell(value) for value in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    over = sum(widths) + 2 * (len(widths) - 1) - _screen_columns()
    widest = widths.index(max(widths))
    if over > 0:
        widths[widest] = max(_NARROWEST, widths[widest] - over)
    for line in lines:
        broken = textwrap.wrap(line[widest], widths[widest]) or [""]
        for at, piece in enumerate(broken):
            cells = [piece if column == widest else cell if at == 0 else "" for column, cell in enumerate(line)]
            print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def _screen_columns() -> int:
    """For a program that reads it, no line is broken."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def _cell(value: object) -> str:
    text = "–" if value is None or value == "" else str(value)
    return "".join(one if one.isprintable() else "?" for one in text)
