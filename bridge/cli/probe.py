"""`samband radio probe`: what a terminal says of itself, for the one who connects it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from bridge.cli.answers import language, told
from bridge.cli.shell import Command
from bridge.domain.kernel.reasons import Unusable
from bridge.ports import PortError
from bridge.rakel.reasons import TerminalReason
from bridge.rakel.settings import TerminalSettings
from bridge.words import say, word

if TYPE_CHECKING:
    from bridge.rakel.probe import Probed


def add_to(app: typer.Typer) -> None:
    """Put the command under the group."""
    app.command("probe", cls=Command)(probe)


def probe(
    serial: Annotated[str, typer.Argument()],
    baud: Annotated[int | None, typer.Option()] = None,
    profile: Annotated[str, typer.Option()] = "mtm5400",
    write: Annotated[Path | None, typer.Option()] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous")] = False,
    routes: Annotated[bool, typer.Option("--routes")] = False,
) -> None:
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
        typer.echo("\n" + told("probe_written", file=str(write)))
    if at_fault:
        raise typer.Exit(1)


def _settings(serial: str, baud: int | None, profile: str) -> TerminalSettings:
    given = {"name": "probe", "serial": serial, "audio": "none", "baud": baud, "profile": profile}
    try:
        return TerminalSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        own = first.get("ctx", {}).get("error")
        cause = own.reason if isinstance(own, Unusable) else None
        reason = TerminalReason.PROBE_SETTINGS(setting=str(first["loc"][0]), cause=cause)
        raise PortError("radio probe", reason, retry=False, evidence="" if cause else first["msg"]) from None


def _print(probed: "Probed") -> bool:
    """Whether a fault is among what it means."""
    from bridge.rakel.probe_report import Level, findings, refusal

    typer.echo(told("probe_says"))
    for one in probed.exchanges:
        lines: Sequence[str] = one.lines if one.ok else (*one.lines, f"– {say(refusal(one), language())}")
        for at, line in enumerate(lines or ("OK",)):
            typer.echo(f"  {one.command if at == 0 else '':<18} {_safe(line)}")
    for line in probed.unasked:
        typer.echo(f"  {told('probe_by_itself'):<18} {_safe(line)}")
    typer.echo("\n" + told("probe_means"))
    found = findings(probed)
    for finding in found:
        level = word(language(), "level", finding.level.value)
        typer.echo(f"  {level:<12} {_safe(say(finding.what, language()))}")
        if finding.remedy is not None:
            typer.echo(f"  {'':<12} → {say(finding.remedy, language())}")
    return any(finding.level is Level.FAULT for finding in found)


def _safe(text: str) -> str:
    """Nothing that would drive the screen gets through."""
    return "".join(one if one.isprintable() else "?" for one in text)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        reason = TerminalReason.PROBE_NOT_WRITTEN(file=str(path))
        raise PortError("radio probe", reason, retry=False, evidence=error.strerror or "") from error
