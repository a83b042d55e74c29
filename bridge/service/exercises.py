"""Scenarios of exercises: read, played against the simulated region, and stopped."""

from collections.abc import Sequence
from typing import Final

from bridge.domain.access.permissions import Act, permits, reach_of
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Reason
from bridge.ports import CheckedScenario, Exercises, Play, PlayState, ScenarioFile, ScenarioSource
from bridge.service.reasons import ExerciseReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import UseCases, use_case

LONGEST_TEXT: Final = 100_000
"""Characters of a scenario that is handed in."""


class ExerciseScenarios(UseCases):
    @use_case(Act.EXERCISE_READ)
    async def missing(self, principal: Principal) -> Reason | None:
        """Why nothing can be played here; `None`: it can."""
        exercises = self._ports.exercises
        return await exercises.missing() if exercises is not None else ExerciseReason.NO_PLAYER()

    @use_case(Act.EXERCISE_READ)
    async def scenarios(self, principal: Principal) -> Sequence[ScenarioFile]:
        """Those that are kept with the simulators."""
        exercises = self._ports.exercises
        return await exercises.scenarios() if exercises is not None else ()

    @use_case(Act.EXERCISE_READ)
    async def plays(self, principal: Principal) -> Sequence[Play]:
        """The latest first. One who is confined to their own meetings sees their own plays: a play tells the code of
        its meeting."""
        exercises = self._ports.exercises
        found = await exercises.plays() if exercises is not None else ()
        is_confined = reach_of(principal, Act.CONFERENCE_READ) is not None
        return [one for one in found if not is_confined or one.asked_by == principal.name]

    @use_case(Act.EXERCISE_READ)
    async def play(self, principal: Principal, key: str) -> Play:
        """One of them.

        Raises:
            Refusal: There is none of that id.
        """
        for one in await self.plays(principal):
            if one.id == key:
                return one
        raise Refusal.not_found(UnknownReason.PLAY, key)

    @use_case(Act.EXERCISE_PLAY)
    async def check(self, principal: Principal, source: ScenarioSource, language: Language) -> CheckedScenario:
        """Its steps, or each of its faults with its line; nothing is played.

        Raises:
            Refusal: There is no player here, or no such scenario.
        """
        exercises = await self._player(source)
        return await exercises.check(source, language)

    @use_case(Act.EXERCISE_PLAY)
    async def start(self, principal: Principal, source: ScenarioSource, language: Language, speed: float) -> Play:
        """Play it. The meeting that it opens is marked as an exercise, and is the asker's.

        Raises:
            Refusal: Nothing can be played here, there is no such scenario, it has faults, or another one is played.
        """
        exercises = await self._player(source)
        if (why := await exercises.missing()) is not None:
            raise Refusal("unavailable", why)
        checked = await exercises.check(source, language)
        if checked.faults:
            raise Refusal("invalid", ExerciseReason.FAULTS(count=len(checked.faults), first=checked.faults[0].text))
        is_leader = principal.account is not None and permits(principal, Act.CONFERENCE_LOCK)
        hand_to = principal.name if is_leader else None
        play = await exercises.start(source, principal.name, language, speed, hand_to=hand_to)
        if play is None:
            raise Refusal("conflict", ExerciseReason.ANOTHER_PLAYS())
        await self._told(principal, "exercise.play", play)
        return play

    @use_case(Act.EXERCISE_PLAY)
    async def stop(self, principal: Principal, key: str) -> Play:
        """End it and its meeting. One that is over stays as it is.

        Raises:
            Refusal: There is none of that id.
        """
        before = await self.play(principal, key)
        exercises = self._ports.exercises
        stopped = await exercises.stop(key) if exercises is not None else None
        if stopped is None:
            raise Refusal.not_found(UnknownReason.PLAY, key)
        if before.state is PlayState.PLAYING:
            await self._told(principal, "exercise.stop", stopped)
        return stopped

    async def _player(self, source: ScenarioSource) -> Exercises:
        exercises = self._ports.exercises
        if exercises is None:
            raise Refusal("unavailable", ExerciseReason.NO_PLAYER())
        if source.file is not None and source.file not in {one.file for one in await exercises.scenarios()}:
            raise Refusal.unknown(UnknownReason.SCENARIO, source.file, "scenario")
        return exercises

    async def _told(self, principal: Principal, action: str, play: Play) -> None:
        now_s = self._ports.clock.now_s()
        await self._ports.audit.append(Audit(now_s, principal.name, action, play.id, (("name", play.name),)))
