"""The command's way to the running program, over its own API, and the printing of the answers."""

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

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Value
from bridge.files import refused_by_the_system
from bridge.settings import load, spoken
from bridge.words import entry, section, word

_TIMEOUT_S: Final = 30.0
_NO_CONTENT: Final = 204
_NARROWEST: Final = 20

AsJson = Annotated[bool, typer.Option("--json")]


class Failure(Exception):
    """Told to the user before the command ends with status 1."""


# --- in the user's language ---


def language() -> Language:
    return spoken()


def told(key: str, **data: Value) -> str:
    """A sentence of the command line's own."""
    return word(language(), "cli", key, **data)


def head(key: str) -> str:
    """A column's, or a row's where a table tells of one thing."""
    return entry(language(), "head", key) if key else ""


def state(kind: str) -> Callable[[Any], str]:
    """A value of an enumeration as the console shows it, such as `patch_state`."""
    return lambda value: "" if value is None else section(language(), "console").get(f"{kind}_{value}", str(value))


def choice(kind: str, value: Any) -> str:
    """A value of an enumeration in the command line's own words, such as `role` and `cohost`."""
    return "" if value is None else section(language(), "choice").get(f"{kind}_{value}", str(value))


# --- talking to the API ---


def part(text: str) -> str:
    """One part of a path, whatever is in it."""
    return urllib.parse.quote(text, safe="")


def api(method: str, path: str, body: object = None, *, within_s: float = _TIMEOUT_S) -> Any:
    """The program's answer; nothing where the answer has no content."""
    with request(method, path, body, within_s=within_s) as answer:
        return json.load(answer) if answer.status != _NO_CONTENT else None


@contextmanager
def request(
    method: str, path: str, body: object = None, *, content: bytes | None = None, within_s: float = _TIMEOUT_S
) -> Iterator[Any]:
    """One request to the running program. Its body is JSON, or `content` as it is.

    Raises:
        Failure: It does not run, or it refused; in its own words.
    """
    settings = load()
    host = settings.api.host if settings.api.host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.api.port}"
    data = content if body is None else json.dumps(body).encode()
    headers = {
        "Authorization": f"Bearer {_token(settings.state)}",
        "Content-Type": "application/json" if content is None else "application/octet-stream",
        "Accept-Language": language(),
    }
    asked = urllib.request.Request(f"{address}/api/v1{path}", data, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=within_s) as answer:  # noqa: S310
            yield answer
    except urllib.error.HTTPError as error:
        raise Failure(_words(error)) from None
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        raise Failure(told("nothing_answers", address=address)) from None


def _token(state: Path) -> str:
    path = state / "operator.token"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise Failure(told("file_missing", path=str(path))) from None
    except OSError as error:
        raise Failure(told("file_unreadable", path=str(path), why=refused_by_the_system(error))) from None


def _words(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.load(error)
        return ". ".join(str(problem[name]) for name in ("detail", "remedy") if problem.get(name))
    except (ValueError, KeyError, AttributeError):
        return told("answered", status=error.code)


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
    """The heads are keys of the catalogue's section `head`. Columns are as wide as their longest cell; the widest is
    broken where they do not fit on the screen. No control
    character gets through to the terminal."""
    lines = [tuple(head(one) for one in heads), *(tuple(_cell(value) for value in row) for row in rows)]
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
