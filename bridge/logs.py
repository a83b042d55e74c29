"""Logging: one structured line per event, JSON or for a terminal, never with a secret and never with a forged line."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog

_SECRET: Final = frozenset(
    {"code", "codes", "host_code", "pin", "digit", "digits", "token", "password", "authorization", "cookie", "secret"}
)
_HIDDEN: Final = "[hidden]"
_DEEPEST: Final = 6
_LONGEST: Final = 2000

EventDict = MutableMapping[str, Any]


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
    """Escape control characters and bound the length of every text, so that no outside input can forge a log line or
    drive the terminal it is read in. A traceback stays as it is: we write it ourselves."""
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = _safe(value)
    return event


def _safe(text: str) -> str:
    cut = text[:_LONGEST] + ("…" if len(text) > _LONGEST else "")
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in cut)


def set_up(level: str = "info", log_format: str = "auto", stream: TextIO | None = None) -> None:
    """Set structlog and the standard library's logging up, once at start.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        log_format: `json`, `console`, or `auto`: console where a person looks on.
        stream: Where the lines go; standard error by default.
    """
    out = stream or sys.stderr
    for_people = log_format == "console" or (log_format == "auto" and out.isatty())
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
        if for_people
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
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
