"""Logging: one structured line per event, JSON or for a terminal. No line has a secret, and none can be forged."""

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import MutableMapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

_SECRET: Final = frozenset(
    {"code", "codes", "host_code", "pin", "digit", "digits", "token", "password", "authorization", "cookie", "secret"}
)
_log = structlog.get_logger(__name__)
LOOK_S: Final = 5.0
_HIDDEN: Final = "[hidden]"
_DEEPEST: Final = 6
_LONGEST: Final = 2000

EventDict = MutableMapping[str, Any]


class LogKeeper:
    """Keeps files that others append to from growing without bound. A stranger's packets can make Asterisk write a line
    each, on the disk that the database needs.

    A file longer than `most_bytes` is copied to `<name>.1`, over the former one, and cut to nothing in its place. A
    program that has it open goes on. The line that is written between the two steps can be lost. A file that is opened
    anew for each line (`renamed`) is renamed instead, and loses none.
    """

    def __init__(
        self, appended: Sequence[str], renamed: Sequence[Path], folders: Sequence[Path], most_bytes: int
    ) -> None:
        self._patterns = tuple(appended)
        self._renamed = tuple(renamed)
        self._folders = tuple(folders)
        self._most_bytes = most_bytes

    async def run(self) -> None:
        """Look every `LOOK_S`, until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """One round. Blocking. A file that cannot be cut is logged; nothing is raised."""
        for folder in self._folders:
            for file in (file for pattern in self._patterns for file in folder.glob(pattern)):
                self._bound(file, rename=False)
        for file in self._renamed:
            self._bound(file, rename=True)

    def _bound(self, file: Path, *, rename: bool) -> None:
        former = file.with_name(f"{file.name}.1")
        try:
            if not file.is_file() or file.stat().st_size <= self._most_bytes:
                return
            if rename:
                file.replace(former)
            else:
                _copy_tail(file, former, self._most_bytes)
                os.truncate(file, 0)
        except OSError as error:
            _log.warning("log_not_cut", file=str(file), reason=str(error))


def _copy_tail(file: Path, former: Path, most_bytes: int) -> None:
    """The end of the file, from a line's beginning. Where there is no room, the former one has gone to make some."""
    former.unlink(missing_ok=True)
    with file.open("rb") as source:
        source.seek(-most_bytes, os.SEEK_END)
        source.readline()
        try:
            with former.open("wb") as out:
                shutil.copyfileobj(source, out)
        except OSError as error:
            _log.warning("log_not_kept", file=str(file), reason=str(error))
            former.unlink(missing_ok=True)


def hide_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Blank what stands under a key that names a secret, at any depth. `hangup_code` and the like are no secrets."""
    for key, value in list(event.items()):
        event[key] = _HIDDEN if key.lower() in _SECRET else _hidden_inside(value, _DEEPEST)
    return event


def _hidden_inside(value: Any, depth: int) -> Any:
    if depth == 0:
        return _HIDDEN
    if isinstance(value, dict):
        return {
            key: _HIDDEN if str(key).lower() in _SECRET else _hidden_inside(one, depth - 1)
            for key, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_hidden_inside(one, depth - 1) for one in value]
    return value


def one_line(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Escape control characters and bound the length of every text. No outside input can then forge a log line or drive
    the terminal it is read in. A traceback stays as it is: we write it ourselves."""
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = _safe(value)
    return event


def _safe(text: str) -> str:
    if len(text) <= _LONGEST and text.isprintable():
        return text  # nearly every one, and to look at each sign alone takes a quarter of the time of a line
    cut = text[:_LONGEST] + ("…" if len(text) > _LONGEST else "")
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in cut)


def for_people(_logger: Any, _method: str, event: EventDict) -> str:
    """`12:40:37 controller_ended pid=4711 action="started anew"`: short enough for the terminal in the foreground."""
    at = datetime.fromisoformat(str(event.get("timestamp"))).astimezone().strftime("%H:%M:%S")
    told = (f"{key}={_shown(value)}" for key, value in event.items() if key not in _NOT_FOR_PEOPLE)
    return " ".join([at, str(event.get("event")), *told])


_NOT_FOR_PEOPLE: Final = frozenset({"timestamp", "event", "level", "logger", "exception"})


def _shown(value: object) -> str:
    text = str(value)
    return f'"{text}"' if " " in text or not text else text


def set_up(
    level: str = "info", log_format: str = "auto", stream: TextIO | None = None, people: TextIO | None = None
) -> None:
    """Set structlog and the standard library's logging up, once at start.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        log_format: `json`, `console`, or `auto`: console where a person looks on.
        stream: Where the lines go; standard error by default.
        people: Where warnings and errors go too, in short, for the onlooker.
    """
    out = stream or sys.stderr
    plain = log_format == "console" or (log_format == "auto" and out.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
        one_line,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if plain
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    root = logging.getLogger()
    root.handlers[:] = [_handler(out, shared, renderer)]
    if people is not None:
        beside = _handler(people, shared, for_people)
        beside.setLevel(logging.WARNING)
        root.addHandler(beside)
    root.setLevel(level.upper())
    logging.getLogger("uvicorn.access").disabled = True
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _handler(
    out: TextIO, shared: list[structlog.typing.Processor], renderer: structlog.typing.Processor
) -> logging.Handler:
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    return handler
