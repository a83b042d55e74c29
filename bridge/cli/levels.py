"""`samband radio levels` and `samband radio calibrate`: the sound of the terminals, for the one who sets it."""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from bridge.cli.answers import api, language, told
from bridge.cli.shell import Command
from bridge.domain.kernel.reasons import Value
from bridge.main.reasons import RunReason
from bridge.ports import PortError
from bridge.words import word

if TYPE_CHECKING:
    from bridge.audio.calibration import Findings, Step
    from bridge.rakel.settings import TerminalSettings

Get = Callable[[str], Any]
"""A path below `/api/v1` → what the running program answers."""

_FLOOR_DBFS: Final = -60.0
_WIDTH: Final = 30
_CLEAR: Final = "\x1b[H\x1b[2J"
_REFRESH_S: Final = 1.0
_ROWS: Final = ("meeting", "radio", "air")
_COUNTS: Final = (
    "held_ms",
    "delay_ms",
    "radio_delay_ms",
    "lost_ms",
    "radio_lost_ms",
    "late_frames",
    "slow_frames",
    "xruns",
)


def add_to(app: typer.Typer) -> None:
    """Both commands."""
    app.command("levels", cls=Command)(levels)
    app.command("calibrate", cls=Command)(calibrate)


# --- meters ---


def levels(
    terminal: Annotated[str | None, typer.Argument()] = None,
    once: Annotated[bool, typer.Option()] = False,
) -> None:
    show_levels(lambda path: api("GET", path), terminal, once=once or not sys.stdout.isatty())


def show_levels(get: Get, terminal: str | None, *, once: bool) -> None:
    """Draw them, and again every second unless `once`."""
    names = [terminal] if terminal is not None else [one["name"] for one in get("/terminals")]
    while True:
        lines = [line for name in names for line in drawn(get(f"/terminals/{quote(name, safe='')}/levels"))]
        text = "\n".join(lines) or told("no_terminal_here", table="[[terminal]]")
        typer.echo(text if once else _CLEAR + text)
        if once:
            return
        time.sleep(_REFRESH_S)


def drawn(one: Mapping[str, Any]) -> list[str]:
    """One terminal's meters, as the API's `terminals/{name}/levels` tells them."""
    figures: Mapping[str, float] = one["figures"]
    if not figures:
        why = told("no_patch_uses_it") if one["patch_id"] is None else told("no_figures_yet")
        return [f"{one['terminal']}: {why}"]
    states = [meter(name) for name in ("sending", "stuck", "recording") if figures.get(name)]
    if not figures.get("armed", 1):
        states.append(meter("not_armed"))
    lines = [f"{one['terminal']}: {', '.join(states) or meter('quiet')}"]
    lines += [_meter(name, figures) for name in _ROWS]
    counts = (f"{meter(name)} {figures[name]:g}" for name in _COUNTS if name in figures)
    return [*lines, "  " + ", ".join(counts)]


def meter(key: str) -> str:
    return word(language(), "meter", key)


def calibration(key: str, **data: Value) -> str:
    return word(language(), "calibration", key, **data)


def _meter(name: str, figures: Mapping[str, float]) -> str:
    level_dbfs, peak = figures.get(f"{name}_dbfs", -120.0), figures.get(f"{name}_peak_dbfs", -120.0)
    filled = round(_WIDTH * min(1.0, max(0.0, 1 - level_dbfs / _FLOOR_DBFS)))
    bar = "#" * filled + "." * (_WIDTH - filled)
    said = [f"{level_dbfs:6.1f} dBFS", f"{meter('peak')} {peak:6.1f}"]
    if (gain_db := figures.get(f"{name}_gain_db")) is not None:
        said.append(f"{meter('gain')} {gain_db:+5.1f} dB")
    if (noise := figures.get(f"{name}_noise_dbfs")) is not None:
        said.append(f"{meter('noise')} {noise:6.1f}")
    return f"  {meter(name):<8}{bar} {'  '.join(said)}" + (f"  {meter('clipped')}" if peak > -0.1 else "")


# --- calibration ---


def calibrate(
    terminal: Annotated[str, typer.Argument()],
) -> None:
    from bridge.audio import calibration as loop
    from bridge.main.locks import holder_of
    from bridge.main.state_paths import StatePaths
    from bridge.media.loop_test import play_and_listen
    from bridge.settings import load

    settings = load()
    chosen = next((one for one in settings.terminal if one.name == terminal), None)
    if chosen is None:
        known = ", ".join(one.name for one in settings.terminal) or "–"
        raise PortError(f"terminal {terminal}", RunReason.TERMINAL_UNKNOWN(known=known), retry=False)
    holder = holder_of(StatePaths.of(settings).controller_lock)
    if holder is not None:
        raise PortError(f"terminal {terminal}", RunReason.TERMINAL_IN_USE(process=holder), retry=True)
    sweep = loop.sounded_sweep()
    sounds = [sweep[:0], sweep, *(loop.sounded_tone(level) for level in loop.LEVELS_DBFS)]
    silence, swept, *heard = asyncio.run(play_and_listen(chosen.audio, settings.media, sounds))
    steps = [loop.measure(*one) for one in zip(loop.LEVELS_DBFS, heard, strict=True)]
    findings = loop.judge(steps, silence)
    card = settings.media.card_settings(chosen.audio.removeprefix("alsa:"))
    for line in report(chosen, steps, findings, loop.delay_ms(sweep, swept), card.receive_gain_db):
        typer.echo(line)
    if findings.gain_db is None:
        raise typer.Exit(1)


def report(
    terminal: "TerminalSettings",
    steps: Sequence["Step"],
    findings: "Findings",
    delay_ms: int | None,
    receive_gain_db: float,
) -> list[str]:
    """The measured levels, and the lines for samband.toml. `receive_gain_db` is the card's, as it was in force."""
    heads = [calibration(one) for one in ("played", "heard", "peak", "gain")]
    lines = [" ".join(f"{one:>12}" for one in heads) + "   (1 kHz, dBFS RMS)"]
    lines += [
        f"{step.played_dbfs:12.1f} {step.heard_dbfs:12.1f} {step.peak_dbfs:12.1f} {step.gain_db:+12.1f}"
        for step in steps
    ]
    noise_dbfs = round(findings.noise_dbfs, 1)
    lines.append(calibration("noise", noise_dbfs=noise_dbfs, delay_ms="–" if delay_ms is None else delay_ms))
    figures: dict[str, Value] = {"correction_db": abs(findings.correction_db), "noise_dbfs": round(noise_dbfs)}
    if findings.overdriven_from_dbfs is not None:
        figures["overdriven_dbfs"] = findings.overdriven_from_dbfs
    lines += [f"! {calibration(remark, **figures)}" for remark in findings.remarks]
    if findings.gain_db is None:
        return lines
    lines += ["", "# " + calibration("loop", gain_db=f"{findings.gain_db:+.1f}")]
    if terminal.audio.startswith("alsa:"):
        gain_db = receive_gain_db + findings.correction_db
        device = terminal.audio.removeprefix("alsa:")
        lines += ["[[media.card]]", f'device = "{device}"', f"receive_gain_db = {gain_db:g}", ""]
        lines += ["[media]"]
    else:
        lines += ["[media]", f"radio_gain_db = {findings.correction_db:g}"]
    return [*lines, f"radio_gate_dbfs = {findings.gate_dbfs:g}   # {calibration('gate')}"]
