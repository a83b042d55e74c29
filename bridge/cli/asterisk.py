"""`samband asterisk`: the Asterisk that carries the calls."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.answers import Failure, head, language, table, told
from bridge.cli.shell import Command
from bridge.settings import load
from bridge.words import entry

if TYPE_CHECKING:
    from bridge.ari.install import Progress


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("install", cls=Command)(install)
    app.command("config", cls=Command)(config)
    app.command("start", cls=Command)(start)
    app.command("stop", cls=Command)(stop)
    app.command("status", cls=Command)(status)
    app.command("emergency-code", cls=Command)(emergency_code)


def _progress(progress: "Progress") -> None:
    """One line that counts in a terminal; elsewhere its beginning only, so that no log is flooded."""
    shown = entry(language(), "step", progress.step)
    if sys.stderr.isatty():
        end = "\n" if progress.done >= progress.total - 1 else ""
        print(f"\r\x1b[K{shown} {progress.done}/{progress.total}", end=end, file=sys.stderr, flush=True)
    elif progress.done == 0:
        print(f"{shown} 0/{progress.total}", file=sys.stderr)


def install() -> None:
    from bridge.main.prepare import asterisk_tree

    tree = asterisk_tree(load(), _progress)
    print(told("asterisk_ready", version=".".join(str(part) for part in tree.version())))


def config() -> None:
    from bridge.main.prepare import prepare_asterisk

    print("\n".join(prepare_asterisk(load(), _progress).changed) or told("nothing_changed"))


def start() -> None:
    from bridge.main.prepare import prepare_asterisk

    _print_status(asdict(asyncio.run(prepare_asterisk(load(), _progress).process.ensure_running())))


def stop(
    wait_for_calls_s: Annotated[float, typer.Option(min=0)] = 0.0,
) -> None:
    from bridge.main.prepare import asterisk_process

    asyncio.run(asterisk_process(load()).stop(wait_for_calls_s=wait_for_calls_s))


def status() -> None:
    from bridge.main.prepare import asterisk_process

    _print_status(asdict(asyncio.run(asterisk_process(load()).status())))


def _print_status(status: Mapping[str, Any]) -> None:
    said = {True: told("yes"), False: told("no")}
    rows = ((head(name), said[value] if isinstance(value, bool) else value) for name, value in status.items())
    table(("what", "value"), rows)


def emergency_code(
    handed_out: Annotated[bool, typer.Option("--handed-out")] = False,
) -> None:
    from bridge.ari.secrets import FILE, SecretsWatch, load_or_make_secrets
    from bridge.main.state_paths import StatePaths

    keys = StatePaths.of(load()).keys
    if not (keys / FILE).exists():
        raise Failure(told("file_missing", path=str(keys / FILE)))
    print(load_or_make_secrets(keys).emergency_code)
    if handed_out:
        SecretsWatch(keys).handed_out()
