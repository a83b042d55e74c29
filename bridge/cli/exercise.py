"""`samband exercise`: a scenario played against the running program and its simulated region.

The player is a program of its own beside the simulators, known here by its command line only.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from bridge.cli.answers import AsJson, Failure, api, choice, part, print_json, show, told
from bridge.cli.shell import Command
from bridge.main import own_api
from bridge.main.state_paths import StatePaths
from bridge.settings import load, spoken

PLAYER: Final = "hardware.simulator.exercise"


def add_to(app: typer.Typer) -> None:
    """Put the commands under the group."""
    app.command("play", cls=Command)(play)
    app.command("list", cls=Command)(list_exercises)
    app.command("check", cls=Command)(check)
    app.command("start", cls=Command)(start)
    app.command("show", cls=Command)(show_play)
    app.command("stop", cls=Command)(stop)


def list_exercises(as_json: AsJson = False) -> None:
    found = api("GET", "/exercises")
    if as_json:
        print_json(found)
        return
    if found["why"]:
        print(found["why"])
    columns = {"file": lambda one: one["file"], "name": lambda one: one["name"]}
    show(found["scenarios"], False, columns)
    print()
    show(
        found["plays"],
        False,
        {
            "id": lambda one: one["id"],
            "name": lambda one: one["name"],
            "state": lambda one: choice("play", one["state"]),
            "at": lambda one: one["began_at"],
            "by": lambda one: one["asked_by"],
        },
    )


def check(scenario: str, as_json: AsJson = False) -> None:
    found = api("POST", "/exercises/check", _source(scenario))
    if as_json:
        print_json(found)
    else:
        _tell_faults(found["faults"])
        for one in found["steps"]:
            print(f"{one['number']:3d}. +{one['after_s']:5.1f} s  {one['says']}")
    if found["faults"]:
        raise typer.Exit(2)


def start(scenario: str, speed: Annotated[float, typer.Option(min=0.5, max=10)] = 1.0) -> None:
    print(api("POST", "/exercises/plays", {**_source(scenario), "speed": speed})["id"])


def show_play(play: str, as_json: AsJson = False) -> None:
    _tell(api("GET", f"/exercises/plays/{part(play)}"), as_json)


def stop(play: str, as_json: AsJson = False) -> None:
    _tell(api("POST", f"/exercises/plays/{part(play)}/stop"), as_json)


def _source(scenario: str) -> dict[str, str]:
    """A file of one's own goes before one that is kept with the simulators."""
    path = Path(scenario)
    if not path.is_file():
        return {"scenario": scenario}
    try:
        return {"text": path.read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(told("file_unreadable", path=scenario, why=str(error))) from None


def _tell(play: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(play)
        return
    print(f"{play['name']}: {choice('play', play['state'])}")
    for line in play["lines"]:
        print(line)
    _tell_faults(play["faults"])
    for one in play["results"]:
        print(f"{told('yes') if one['met'] else told('no')}  {one['expected']}  {one['seen']}")


def _tell_faults(faults: Sequence[Mapping[str, Any]]) -> None:
    for one in faults:
        print(told("fault_at", line=one["line"], fault=one["says"]))


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
