"""`samband radio levels` and `samband radio calibrate`: the sound of the terminals, for the one who sets it."""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from bridge.ports import PortError

if TYPE_CHECKING:
    from bridge.audio.calibration import Findings, Step
    from bridge.rakel.settings import TerminalSettings

Get = Callable[[str], Any]
"""A path below `/api/v1` → what the running program answers."""

_FLOOR_DBFS: Final = -60.0
_WIDTH: Final = 30
_CLEAR: Final = "\x1b[H\x1b[2J"
_REFRESH_S: Final = 1.0
_ROWS: Final = (("meeting", "meeting"), ("radio", "radio"), ("to air", "air"))
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


def add_to(app: typer.Typer, get: Get) -> None:
    """Both commands."""

    @app.command("levels")
    def levels(
        terminal: Annotated[str | None, typer.Argument(help="None: all.")] = None,
        once: Annotated[bool, typer.Option(help="Print them once instead of until Ctrl-C.")] = False,
    ) -> None:
        """Level meters of the running program: what the meeting says, what the radio says, what goes on the air."""
        show_levels(get, terminal, once=once or not sys.stdout.isatty())

    app.command("calibrate")(calibrate)


# --- meters ---


def show_levels(get: Get, terminal: str | None, *, once: bool) -> None:
    """Draw them, and again every second unless `once`."""
    names = [terminal] if terminal is not None else [one["name"] for one in get("/terminals")]
    while True:
        lines = [line for name in names for line in drawn(get(f"/terminals/{quote(name, safe='')}/levels"))]
        text = "\n".join(lines) or "no terminal is set up: name one in a [[terminal]] table"
        typer.echo(text if once else _CLEAR + text)
        if once:
            return
        time.sleep(_REFRESH_S)


def drawn(levels: Mapping[str, Any]) -> list[str]:
    """One terminal's meters, as the API's `terminals/{name}/levels` tells them."""
    figures: Mapping[str, float] = levels["figures"]
    if not figures:
        why = "no patch uses it" if levels["patch_id"] is None else "no figures yet"
        return [f"{levels['terminal']}: {why}"]
    states = [name for name in ("sending", "stuck", "recording") if figures.get(name)]
    if not figures.get("armed", 1):
        states.append("not armed")
    lines = [f"{levels['terminal']}: {', '.join(states) or 'quiet'}"]
    lines += [_meter(title, name, figures) for title, name in _ROWS]
    counts = (f"{name} {figures[name]:g}" for name in _COUNTS if name in figures)
    return [*lines, "  " + ", ".join(counts)]


def _meter(title: str, name: str, figures: Mapping[str, float]) -> str:
    level_dbfs, peak = figures.get(f"{name}_dbfs", -120.0), figures.get(f"{name}_peak_dbfs", -120.0)
    filled = round(_WIDTH * min(1.0, max(0.0, 1 - level_dbfs / _FLOOR_DBFS)))
    bar = "#" * filled + "." * (_WIDTH - filled)
    told = [f"{level_dbfs:6.1f} dBFS", f"peak {peak:6.1f}"]
    if (gain_db := figures.get(f"{name}_gain_db")) is not None:
        told.append(f"gain {gain_db:+5.1f} dB")
    if (noise := figures.get(f"{name}_noise_dbfs")) is not None:
        told.append(f"noise {noise:6.1f}")
    return f"  {title:<8}{bar} {'  '.join(told)}" + ("  CLIPPED" if peak > -0.1 else "")


# --- calibration ---


def calibrate(
    terminal: Annotated[str, typer.Argument(help="Its name in samband.toml.")],
) -> None:
    """Play measured tones through a loop of the terminal's wiring, and tell which gains to set. Changes nothing.

    Connect the output to the input first (card, cable, interface box; never over the air: the radio's codec carries no
    tones). Samband must not be running. See hardware/level-calibration.md.
    """
    from bridge.audio import calibration
    from bridge.main.locks import holder_of
    from bridge.main.places import Places
    from bridge.media.loop_test import play_and_listen
    from bridge.settings import load

    settings = load()
    chosen = next((one for one in settings.terminal if one.name == terminal), None)
    if chosen is None:
        known = ", ".join(one.name for one in settings.terminal) or "none"
        raise PortError(f"terminal {terminal}", f"is not in the settings (there: {known})", retry=False)
    holder = holder_of(Places.of(settings).controller_lock)
    if holder is not None:
        raise PortError(f"terminal {terminal}", f"is in use: Samband runs as process {holder}, stop it", retry=True)
    sweep = calibration.sounded_sweep()
    sounds = [sweep[:0], sweep, *(calibration.sounded_tone(level) for level in calibration.LEVELS_DBFS)]
    silence, swept, *heard = asyncio.run(play_and_listen(chosen.audio, settings.media, sounds))
    steps = [calibration.measure(*one) for one in zip(calibration.LEVELS_DBFS, heard, strict=True)]
    findings = calibration.judge(steps, silence)
    card = settings.media.card_settings(chosen.audio.removeprefix("alsa:"))
    for line in report(chosen, steps, findings, calibration.delay_ms(sweep, swept), card.receive_gain_db):
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
    """What was measured, and what to write into samband.toml. `receive_gain_db` is the card's, as it was in force."""
    lines = [f"{'played':>8} {'heard':>8} {'peak':>8} {'gain':>7}   (1 kHz, dBFS RMS)"]
    lines += [
        f"{step.played_dbfs:8.1f} {step.heard_dbfs:8.1f} {step.peak_dbfs:8.1f} {step.gain_db:+7.1f}" for step in steps
    ]
    lines.append(f"noise {findings.noise_dbfs:.1f} dBFS, there and back {'–' if delay_ms is None else delay_ms} ms")
    lines += [f"! {remark}" for remark in findings.remarks]
    if findings.gain_db is None:
        return lines
    lines += ["", f"# the loop has {findings.gain_db:+.1f} dB: with this, what is played at a level is heard at it"]
    if terminal.audio.startswith("alsa:"):
        gain_db = receive_gain_db + findings.correction_db
        device = terminal.audio.removeprefix("alsa:")
        lines += ["[[media.card]]", f'device = "{device}"', f"receive_gain_db = {gain_db:g}", ""]
        lines += ["[media]"]
    else:
        lines += ["[media]", f"radio_gain_db = {findings.correction_db:g}"]
    return [*lines, f"radio_gate_dbfs = {findings.gate_dbfs:g}   # 10 dB above the noise"]
