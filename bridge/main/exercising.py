"""Scenarios that are played from the console: the player is a program of its own beside the simulators.

It is known here by its command line only, and tells everything by a line of JSON each. It ends when its standard input
does: a controller that is gone leaves none behind. The plays are kept as files, the latest `MOST_PLAYS` of them.
"""

import asyncio
import contextlib
import json
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import structlog

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.files import make_folder, refused_by_the_system, replace_file
from bridge.main import own_api
from bridge.main.reasons import RunReason
from bridge.main.state_paths import StatePaths
from bridge.ports import (
    CheckedScenario,
    Clock,
    Play,
    PlayResult,
    PlayState,
    PortError,
    ScenarioFault,
    ScenarioFile,
    ScenarioSource,
    ScenarioStep,
)
from bridge.settings import Settings

log = structlog.get_logger(__name__)

PLAYER: Final = "hardware.simulator.exercise"
LOOP: Final = "127.0.0.1"
MOST_PLAYS: Final = 50
MOST_LINES: Final = 2000
"""So many lines of one play are kept: the first ones, since its results stand apart."""
LONGEST_LINE: Final = 1 << 20
"""Bytes: longer than any scenario that is handed in."""
READS_S: Final = 30.0
"""To read a scenario takes no longer."""
CONNECTS_S: Final = 1.0
STOPS_S: Final = 30.0
"""A player that was asked to stop ends its meeting first. Then it is killed."""
_STATES: Final = {0: PlayState.DONE, 1: PlayState.MISSED, 130: PlayState.STOPPED}
"""Its status → how it ended; any other: it could not be played."""
Told = dict[str, Any]


class Exercises:
    """`bridge.ports.Exercises`, one play at a time."""

    def __init__(self, settings: Settings, places: StatePaths, clock: Clock) -> None:
        self._settings = settings
        self._places = places
        self._folder = places.state / "exercises"
        self._clock = clock
        self._now: Play | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._following: asyncio.Task[None] | None = None
        self._stopping = False

    async def missing(self) -> Reason | None:
        """The simulators are not installed, or do not run."""
        if find_spec("hardware") is None:
            return RunReason.NO_SIMULATORS()
        simulator = self._settings.simulator
        for port in (simulator.control_port, simulator.telephones_control_port):
            try:
                async with asyncio.timeout(CONNECTS_S):
                    _, writer = await asyncio.open_connection(LOOP, port)
            except (OSError, TimeoutError):
                return RunReason.SIMULATORS_SILENT(address=f"{LOOP}:{port}")
            writer.close()
        return None

    async def scenarios(self) -> Sequence[ScenarioFile]:
        """Those of the example region."""
        if find_spec("hardware") is None:
            return ()
        return [ScenarioFile(one["file"], one["name"], one["about"]) for one in await self._told("--list")]

    async def check(self, source: ScenarioSource, language: Language) -> CheckedScenario:
        """Its steps, or each of its faults."""
        async with self._written(source) as scenario:
            told = await self._told(scenario, "--json", "--dry-run", f"--language={language}")
        named = next((one for one in told if one["kind"] == "scenario"), {"name": "", "about": ""})
        steps = [ScenarioStep(one["number"], one["after_s"], one["text"]) for one in told if one["kind"] == "step"]
        return CheckedScenario(named["name"], named["about"], steps, _faults(told))

    async def start(
        self, source: ScenarioSource, asked_by: str, language: Language, speed: float, *, hand_to: str | None
    ) -> Play | None:
        """The player is started; what it tells is followed in the background."""
        if self._now is not None:
            return None
        self._now = Play(f"ply-{secrets.token_hex(8)}", "", asked_by, speed, self._clock.now_s())
        try:
            async with self._written(source) as scenario:
                self._process = await self._begins(scenario, language, speed, hand_to)
                await self._until_read(self._process)
        except OSError as error:
            self._now = None
            reason = RunReason.PLAYER_SLOW()
            raise PortError("the player of exercises", reason, retry=True, evidence=str(error)) from error
        self._keep()
        self._following = asyncio.create_task(self._follows(self._process), name="exercise")
        return self._now

    async def plays(self) -> Sequence[Play]:
        """Of the files, and the one that is played now."""
        kept = await asyncio.to_thread(self._kept)
        running = self._now
        found = {one.id: one if one.state is not PlayState.PLAYING else _lost(one) for one in kept}
        if running is not None:
            found[running.id] = running
        return sorted(found.values(), key=lambda one: -one.began_at_s)

    async def stop(self, play: str) -> Play | None:
        """Its player ends its meeting, and then itself."""
        running, process, following = self._now, self._process, self._following
        if running is not None and running.id == play and process is not None and following is not None:
            self._stopping = True
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            _, late = await asyncio.wait({following}, timeout=STOPS_S)
            if late:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await asyncio.wait({following})
        return next((one for one in await self.plays() if one.id == play), None)

    # --- the player ---

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", PLAYER, *arguments]

    async def _begins(
        self, scenario: str, language: Language, speed: float, hand_to: str | None
    ) -> asyncio.subprocess.Process:
        simulator = self._settings.simulator
        return await asyncio.create_subprocess_exec(
            *self._command(
                scenario,
                "--json",
                "--supervised",
                f"--speed={speed:g}",
                f"--language={language}",
                f"--api={own_api.base_url(self._settings.api)}",
                f"--token={self._places.operator_token}",
                f"--radio={LOOP}:{simulator.control_port}",
                f"--telephones={LOOP}:{simulator.telephones_control_port}",
                *([f"--hand-to={hand_to}"] if hand_to is not None else []),
            ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LONGEST_LINE,
        )

    async def _until_read(self, process: asyncio.subprocess.Process) -> None:
        """Its file may be removed when it has told the first thing of it."""
        if process.stdout is not None:
            self._takes(await process.stdout.readline())

    async def _follows(self, process: asyncio.subprocess.Process) -> None:
        status = None
        try:
            while process.stdout is not None and (line := await process.stdout.readline()):
                self._takes(line)
            status = await process.wait()
        finally:
            if self._now is not None:
                state = _STATES.get(status, PlayState.FAULTY) if status is not None else PlayState.LOST
                state = PlayState.STOPPED if self._stopping else state
                self._now = replace(self._now, state=state, ended_at_s=self._clock.now_s())
                self._keep()
            self._now = self._process = None
            self._stopping = False

    def _takes(self, line: bytes) -> None:
        play = self._now
        if play is None:
            return
        try:
            told: Told = json.loads(line)
            kind = told["kind"]
        except (ValueError, KeyError, TypeError):
            return
        if kind == "scenario":
            play = replace(play, name=told["name"])
        elif kind == "step":
            play = replace(play, steps=play.steps + 1)
        elif kind == "conference":
            play = replace(play, conference=told["id"])
        elif kind == "line" and len(play.lines) < MOST_LINES:
            play = replace(play, lines=(*play.lines, told["text"]))
        elif kind == "result" and len(play.results) < MOST_LINES:
            play = replace(play, results=(*play.results, PlayResult(told["expected"], told["seen"], told["met"])))
        elif kind == "fault":
            play = replace(play, faults=(*play.faults, ScenarioFault(told["line"], told["text"])))
        self._now = play

    async def _told(self, *arguments: str) -> list[Told]:
        """Its answer when it plays nothing.

        Raises:
            PortError: It did not end in time.
        """
        process = await asyncio.create_subprocess_exec(
            *self._command(*arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(READS_S):
                said, _ = await process.communicate()
        except TimeoutError as error:
            process.kill()
            raise PortError("the player of exercises", RunReason.PLAYER_SLOW(), retry=True) from error
        return [json.loads(line) for line in said.splitlines()]

    @contextlib.asynccontextmanager
    async def _written(self, source: ScenarioSource) -> AsyncIterator[str]:
        """The file as the player is told it: one of its own, or a new one with the text."""
        if source.file is not None:
            yield source.file
            return
        with tempfile.TemporaryDirectory(prefix="samband-exercise-") as folder:
            path = Path(folder) / "scenario.toml"
            path.write_text(source.text or "", encoding="utf-8", newline="\n")
            yield str(path)

    # --- what is kept ---

    def _keep(self) -> None:
        if self._now is None:
            return
        try:
            make_folder(self._folder)
            path = self._folder / f"{self._now.id}.json"
            replace_file(path, json.dumps(asdict(self._now), ensure_ascii=False).encode())
            kept = sorted(self._folder.glob("ply-*.json"), key=lambda one: one.stat().st_mtime)
            for old in kept[:-MOST_PLAYS]:
                old.unlink(missing_ok=True)
        except OSError as error:
            log.warning("play_not_kept", play=self._now.id, reason=str(refused_by_the_system(error)))

    def _kept(self) -> list[Play]:
        found = []
        for path in self._folder.glob("ply-*.json") if self._folder.is_dir() else ():
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                found.append(_read(json.loads(path.read_text(encoding="utf-8"))))
        return found


def _read(told: Told) -> Play:
    """As `asdict` gave it. Members that are not known are left out."""
    results = tuple(PlayResult(one["expected"], one["seen"], one["met"]) for one in told["results"])
    faults = tuple(ScenarioFault(one["line"], one["text"]) for one in told["faults"])
    return Play(
        told["id"],
        told["name"],
        told["asked_by"],
        told["speed"],
        told["began_at_s"],
        PlayState(told["state"]),
        told["ended_at_s"],
        told["conference"],
        told["steps"],
        tuple(told["lines"]),
        results,
        faults,
    )


def _lost(play: Play) -> Play:
    return replace(play, state=PlayState.LOST)


def _faults(told: Sequence[Told]) -> list[ScenarioFault]:
    return [ScenarioFault(one["line"], one["text"]) for one in told if one["kind"] == "fault"]
