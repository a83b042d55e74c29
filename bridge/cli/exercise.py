"""`samband exercise`: a scenario played against the running program and its simulated region.

The player is a program of its own beside the simulators, known here by its command line only.
"""

import os
import sys
from importlib.util import find_spec
from typing import Annotated, Final, Literal

import typer

from bridge.cli.answers import Failure, told
from bridge.cli.shell import Command
from bridge.main import own_api
from bridge.main.state_paths import StatePaths
from bridge.settings import load, spoken

PLAYER: Final = "hardware.simulator.exercise"


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("play", cls=Command)(play)


def play(
    scenario: Annotated[str, typer.Argument()],
    speed: Annotated[float, typer.Option(min=0.1, max=100)] = 1.0,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    language: Annotated[Literal["sv", "en"] | None, typer.Option()] = None,
) -> None:
    if find_spec("hardware") is None:
        raise Failure(told("no_simulators"))
    settings = load()
    simulator = settings.simulator
    command = [
        sys.executable,
        "-m",
        PLAYER,
        scenario,
        f"--speed={speed:g}",
        f"--language={language or spoken()}",
        f"--api={own_api.base_url(settings.api)}",
        f"--token={StatePaths.of(settings).operator_token}",
        f"--radio=127.0.0.1:{simulator.control_port}",
        f"--telephones=127.0.0.1:{simulator.telephones_control_port}",
        *(["--dry-run"] if dry_run else []),
    ]
    os.execv(sys.executable, command)  # noqa: S606  its end, its output and Ctrl-C are this command's own
