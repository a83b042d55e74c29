"""Exercises: scenarios that are read, played against the simulated region, and stopped."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import Path, Response
from pydantic import Field, model_validator

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, words
from bridge.api.reasons import InputReason
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Output, when
from bridge.domain.kernel.reasons import Unusable
from bridge.ports import Play, PlayState, ScenarioFault, ScenarioSource
from bridge.service.exercises import LONGEST_TEXT

router = resource("/exercises", "exercises")
PlayKey = Annotated[str, Path(max_length=64, description="Its id.")]


class ScenarioIn(Input):
    """A scenario: one that is kept with the simulators, or a text."""

    scenario: str | None = Field(default=None, max_length=100, description="Its file's name, as `storm.toml`.")
    text: str | None = Field(
        default=None, min_length=1, max_length=LONGEST_TEXT, description="TOML, as in such a file."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.scenario is None) == (self.text is None):
            raise Unusable(InputReason.SCENARIO_OR_TEXT())
        return self

    def source(self) -> ScenarioSource:
        """As the use case takes it."""
        return ScenarioSource(self.scenario, self.text)


class PlayIn(ScenarioIn):
    """A scenario to play."""

    speed: float = Field(default=1.0, ge=0.5, le=10, description="How much faster than the clock the pauses go by.")


class ScenarioOut(Output):
    """A scenario that is kept with the simulators."""

    file: str
    """The name that it is played by."""
    name: str
    """The name of the meeting that it opens."""
    about: str
    """As its author tells it."""


class FaultOut(Output):
    """A fault of a scenario, or why it could not be played."""

    line: int | None
    """Of the text, from 1, where it has one."""
    says: str
    """In words, with the field and the remedy."""


class StepOut(Output):
    """A step of a scenario."""

    number: int
    """From 1."""
    after_s: float
    """The pause before it."""
    says: str
    """In words."""


class CheckedOut(Output):
    """A scenario that was read, and not played. With faults it has no steps."""

    name: str
    """The name of the meeting that it opens."""
    about: str
    """As its author tells it."""
    steps: list[StepOut]
    """In order."""
    faults: list[FaultOut]
    """In order of their lines."""


class ResultOut(Output):
    """An expectation of a scenario, or a step that could not be done."""

    expected: str
    """In words."""
    seen: str
    """The outcome, in words."""
    met: bool
    """It was as expected."""


class PlayOut(Output):
    """A scenario that is played, or was."""

    id: str
    """Made by Samband."""
    name: str
    """The scenario's."""
    state: PlayState
    """`playing`, `done` (all as expected), `missed`, `faulty` (it could not be played), `stopped` or `lost`."""
    asked_by: str
    """The one who had it played."""
    speed: float
    """How much faster than the clock the pauses go by."""
    began_at: str | None
    """RFC 3339, UTC."""
    ended_at: str | None
    """RFC 3339, UTC."""
    conference_id: str | None
    """The meeting that it opened; null: none yet."""
    steps: int
    """So many it has."""
    lines: list[str]
    """Its progress, in order: minutes and seconds from its start, and words."""
    results: list[ResultOut]
    """Once it is over."""
    faults: list[FaultOut]
    """Why it could not be played."""


class ExercisesOut(Output):
    """The scenarios that can be played here, and the plays that were."""

    available: bool
    """The simulated region is there."""
    why: str | None
    """Why nothing can be played, in words."""
    scenarios: list[ScenarioOut]
    """Those that are kept with the simulators."""
    plays: list[PlayOut]
    """The latest first, without their lines."""


@router.get("")
async def list_exercises(service: TheService, asker: Asker, language: TheLanguage) -> ExercisesOut:
    """The scenarios that can be played here, and the plays that were."""
    missing = await service.exercises.missing(asker)
    return ExercisesOut(
        available=missing is None,
        why=words(missing, language) if missing is not None else None,
        scenarios=[
            ScenarioOut(file=one.file, name=one.name, about=one.about)
            for one in await service.exercises.scenarios(asker)
        ],
        plays=[play_out(one, with_lines=False) for one in await service.exercises.plays(asker)],
    )


@router.post("/check")
async def check_scenario(body: ScenarioIn, service: TheService, asker: Asker, language: TheLanguage) -> CheckedOut:
    """A dry run: its steps, or each of its faults with its line. Nothing is played."""
    found = await service.exercises.check(asker, body.source(), language)
    return CheckedOut(
        name=found.name,
        about=found.about,
        steps=[StepOut(number=one.number, after_s=one.after_s, says=one.text) for one in found.steps],
        faults=_faults(found.faults),
    )


@router.post("/plays", status_code=201)
async def play_scenario(
    body: PlayIn, service: TheService, asker: Asker, language: TheLanguage, response: Response
) -> PlayOut:
    """Play it against the simulated region. The meeting that it opens is marked as an exercise, and is the asker's."""
    made = await service.exercises.start(asker, body.source(), language, body.speed)
    response.headers["Location"] = f"/api/v1/exercises/plays/{made.id}"
    return play_out(made)


@router.get("/plays/{play}")
async def read_play(play: PlayKey, service: TheService, asker: Asker) -> PlayOut:
    """How far it is, or what came of it."""
    return play_out(await service.exercises.play(asker, play))


@router.post("/plays/{play}/stop")
async def stop_play(play: PlayKey, service: TheService, asker: Asker) -> PlayOut:
    """End it, and its meeting. One that is over stays as it is."""
    return play_out(await service.exercises.stop(asker, play))


def play_out(play: Play, *, with_lines: bool = True) -> PlayOut:
    """As the API tells it."""
    return PlayOut(
        id=play.id,
        name=play.name,
        state=play.state,
        asked_by=play.asked_by,
        speed=play.speed,
        began_at=when(play.began_at_s),
        ended_at=when(play.ended_at_s),
        conference_id=play.conference,
        steps=play.steps,
        lines=list(play.lines) if with_lines else [],
        results=[ResultOut(expected=one.expected, seen=one.seen, met=one.met) for one in play.results],
        faults=_faults(play.faults),
    )


def _faults(faults: Sequence[ScenarioFault]) -> list[FaultOut]:
    return [FaultOut(line=one.line, says=one.text) for one in faults]
