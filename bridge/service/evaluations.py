"""Evaluations of a conference, as those who took part have sent them."""

from collections.abc import Sequence

from bridge.domain.access.permissions import Act
from bridge.domain.evaluation.records import Evaluation
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.principal import Principal
from bridge.service.lookups import find_conference
from bridge.service.use_case import UseCases, use_case


class Evaluations(UseCases):
    @use_case(Act.RECORDING_READ)
    async def find(self, principal: Principal, conference: ConferenceId) -> Sequence[Evaluation]:
        """By organisation and function.

        Raises:
            Refusal: There is no such conference, or they may not read what is under secrecy.
        """
        found = await find_conference(self._ports, conference)
        await self._reads(principal, found, found.id)
        return await self._ports.archive.evaluations(conference)
