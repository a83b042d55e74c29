"""`samband log`: what happened, in the files of the log, whether the program runs or not."""

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from bridge.cli.answers import Failure, language, told
from bridge.cli.shell import Command
from bridge.domain.kernel.language import Language
from bridge.logbook import LEVELS, Line, Source, Wish, as_json, following, instant, kept, of_stream, shown
from bridge.settings import load
from bridge.words import section

LINES: Final = 100
"""Shown where no time is asked for."""
MOST_LINES: Final = 100_000
_FILES: Final = ("controller.log", "supervisor.log")
_STREAM: Final = "-"


def add_to(app: typer.Typer) -> None:
    """Put the command beside the groups."""
    app.command("log", cls=Command)(log)


def log(
    words: Annotated[list[str] | None, typer.Argument()] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f")] = False,
    since: Annotated[str, typer.Option()] = "",
    until: Annotated[str, typer.Option()] = "",
    level: Annotated[str, typer.Option()] = "",
    call: Annotated[str, typer.Option()] = "",
    meeting: Annotated[str, typer.Option()] = "",
    actor: Annotated[str, typer.Option()] = "",
    lines: Annotated[int, typer.Option(min=1, max=MOST_LINES)] = LINES,
    file: Annotated[Path | None, typer.Option()] = None,
    as_json_lines: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    now = datetime.now().astimezone()
    wish = Wish(
        since=_instant(since, now),
        until=_instant(until, now),
        level=_level(level),
        words=words or (),
        call=call.strip(),
        meeting=meeting.strip(),
        actor=actor.strip(),
        language=language(),
    )
    printer = _Printer(as_json_lines)
    limit = None if since else lines
    try:
        if str(file) == _STREAM:
            found = (one for one in of_stream(sys.stdin) if wish.wants(one))
            printer.show(found if follow else _last(found, limit))
            return
        sources = _sources(file, follow)
        printer.show(_last((one for one in kept(sources) if wish.wants(one)), limit))
        if follow:
            printer.show(one for one in following(sources) if wish.wants(one))
        elif not printer.shown:
            print(told("log_no_line", files=", ".join(str(one.file) for one in sources)), file=sys.stderr)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # Nobody reads on, as with `| head`: all that Python still holds has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Printer:
    """Prints lines, and the date wherever it changes."""

    def __init__(self, as_json_lines: bool) -> None:
        self._as_json = as_json_lines
        self._day = ""
        self.shown = 0

    def show(self, found: Iterable[Line]) -> None:
        for line in found:
            self.shown += 1
            for text in [as_json(line)] if self._as_json else self._for_people(line):
                print(text, flush=True)

    def _for_people(self, line: Line) -> Iterator[str]:
        day = self._day if line.at is None else line.at.astimezone().strftime("%Y-%m-%d")
        if day != self._day:
            self._day = day
            yield f"--- {day}"
        yield from shown(line, language())


def _last(found: Iterator[Line], limit: int | None) -> Iterable[Line]:
    return found if limit is None else deque(found, limit)


def _instant(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    found = instant(text, now)
    if found is None:
        raise Failure(told("log_no_time", text=text))
    return found


def _level(text: str) -> str:
    """By its name, or by its word in either language."""
    if not text:
        return ""
    for one in LEVELS:
        if text.casefold() in {one, *(section(each, "log_level").get(one, one).casefold() for each in Language)}:
            return one
    raise Failure(told("log_no_level", text=text, levels=", ".join(_names_of_levels())))


def _names_of_levels() -> Sequence[str]:
    return [section(language(), "log_level").get(one, one) for one in LEVELS]


def _sources(file: Path | None, follow: bool) -> list[Source]:
    """Raises Failure where there is nothing to read, and says where it was looked for."""
    from bridge.main.state_paths import StatePaths

    folder = StatePaths.of(load()).logs
    wanted = [file] if file is not None else [folder / name for name in _FILES]
    sources = [Source(one) for one in wanted]
    there = [one for one in sources if one.file.exists() or one.former.exists()]
    if there or (follow and folder.is_dir()):
        return sources
    raise Failure(told("log_nothing", files=", ".join(str(one) for one in wanted)))
