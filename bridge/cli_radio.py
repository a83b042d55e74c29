"""`samband radio probe`: what a terminal says of itself, for the one who connects it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from bridge.ports import PortError
from bridge.rakel.settings import TerminalSettings

if TYPE_CHECKING:
    from bridge.rakel.probe import Probed


def probe(
    serial: Annotated[str, typer.Argument(help="The serial line, as `serial` of a terminal in samband.toml.")],
    baud: Annotated[int | None, typer.Option(help="None: those of the profile are tried.")] = None,
    profile: Annotated[str, typer.Option(help="Model of the terminal.")] = "mtm5400",
    write: Annotated[Path | None, typer.Option(help="Write what it said to a new file, for the tests.")] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Take identities and names out of that file.")] = False,
    routes: Annotated[
        bool, typer.Option("--routes", help="Ask also for the routing that Samband sets at every start.")
    ] = False,
) -> None:
    """Ask a terminal everything that is harmless, and tell what the answers mean.

    Ends with status 1 when something is wrong with the terminal. Nothing is transmitted, no short data is sent, and
    neither mode nor talkgroup is changed. The echo of commands is off afterwards. With --routes calls and messages are
    signalled to this line until the terminal is switched off or Samband takes it up. Samband must not be running on
    this line.
    """
    from bridge.engine.clock import SteadyClock
    from bridge.logs import set_up
    from bridge.rakel.probe import probe as ask
    from bridge.rakel.probe_file import anonymous as anonymised
    from bridge.rakel.probe_file import as_json

    set_up("warning", "console")
    settings = _settings(serial, baud, profile)
    probed = asyncio.run(ask(settings, SteadyClock(), routes=routes))
    at_fault = _print(probed)
    if write is not None:
        _write(write, as_json(anonymised(probed) if anonymous else probed))
        typer.echo(f"\nwritten: {write}")
    if at_fault:
        raise typer.Exit(1)


def _settings(serial: str, baud: int | None, profile: str) -> TerminalSettings:
    told = {"name": "probe", "serial": serial, "audio": "none", "baud": baud, "profile": profile}
    try:
        return TerminalSettings.model_validate(told)
    except ValidationError as error:
        words = "; ".join(f"{one['loc'][0]}: {one['msg'].removeprefix('Value error, ')}" for one in error.errors())
        raise PortError("radio probe", words, retry=False) from None


def _print(probed: "Probed") -> bool:
    """Whether a fault is among what it means."""
    from bridge.rakel.probe_report import Level, findings, refusal

    typer.echo("What it says")
    for one in probed.exchanges:
        lines: Sequence[str] = one.lines if one.ok else (*one.lines, f"– {refusal(one)}")
        for at, line in enumerate(lines or ("OK",)):
            typer.echo(f"  {one.command if at == 0 else '':<18} {_safe(line)}")
    for line in probed.unasked:
        typer.echo(f"  {'(by itself)':<18} {_safe(line)}")
    typer.echo("\nWhat it means")
    found = findings(probed)
    for finding in found:
        typer.echo(f"  {finding.level.value:<6} {_safe(finding.what)}")
        if finding.remedy:
            typer.echo(f"         → {finding.remedy}")
    return any(finding.level is Level.FAULT for finding in found)


def _safe(text: str) -> str:
    """Nothing that would drive the screen gets through."""
    return "".join(one if one.isprintable() else "?" for one in text)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise PortError("radio probe", f"{path} cannot be written: {error.strerror}", retry=False) from error
