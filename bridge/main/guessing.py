"""Guessing of codes, as the keeper sees it: the engine is told the directory's numbers, and everybody the alarm."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from bridge.domain.directory.records import Function, Person
from bridge.domain.guessing import brake
from bridge.domain.guessing.events import NumbersListed, OthersGuessed
from bridge.domain.guessing.policy import GuessingPolicy
from bridge.domain.guessing.records import FAMILIAR_TO_OTHERS, GUESSES, GUESSES_ID, OTHERS, Guesses
from bridge.domain.kernel.reasons import Reason
from bridge.ports import Clock, Control, Directory, Emit, GuessesOfOthers, PortError

log = structlog.get_logger(__name__)

LOOK_S: Final = 15.0
"""A number that is new in the directory is known after this at the latest, whichever node entered it."""


class GuessingWatch:
    """Implements `bridge.ports.Health`."""

    def __init__(
        self, control: Control, directory: Directory, others: GuessesOfOthers, clock: Clock, emit: Emit
    ) -> None:
        self._control = control
        self._directory = directory
        self._others = others
        self._clock = clock
        self._emit = emit
        self._told: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Look at the directory for as long as the node lives. While it cannot be read, what was known goes on."""
        while True:
            try:
                await self.look()
            except PortError as error:
                log.warning("listed_numbers_not_read", reason=str(error))
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Tell the engine which numbers are listed and what other nodes know of callers, if that has changed.

        Raises:
            PortError: The database cannot be read now.
        """
        functions = await self._directory.list(Function)
        persons = await self._directory.list(Person)
        rows = [*(one.numbers for one in functions), *(one.numbers for one in persons)]
        numbers = frozenset(number for row in rows for number in row)
        if numbers != self._told:
            self._told = numbers
            self._emit(NumbersListed(self._clock.now_s(), numbers))
        others, familiar = tuple(await self._others.of_others()), tuple(await self._others.familiar_to_others())
        node = self._control.node()
        if (others, familiar) != (node[OTHERS], node[FAMILIAR_TO_OTHERS]):
            self._emit(OthersGuessed(self._clock.now_s(), others, familiar))

    def health(self) -> Mapping[str, Reason]:
        """`guessing`: whether codes are guessed now."""
        node = self._control.node()
        policy, now_s, others = node.policy[GuessingPolicy], self._clock.now_s(), node[OTHERS]
        guesses = brake.together(node[GUESSES].get(GUESSES_ID, Guesses()), others, policy, now_s)
        return {"guessing": brake.alarm(guesses, policy, now_s)}
