"""Decisions of a meeting: mark, cancel, answer for an organisation, read."""

import asyncio
from collections.abc import Sequence

from bridge.domain.access.permissions import Act
from bridge.domain.decisions.commands import (
    AnswerDecision,
    BeginDecision,
    CancelDecision,
    EndDecision,
    ReadBackDecision,
)
from bridge.domain.decisions.reasons import DecisionReason
from bridge.domain.decisions.records import AnswerWay, DecisionState
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, DecisionId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.principal import Principal
from bridge.ports import DecisionSheet
from bridge.service.lookups import find_conference, open_one
from bridge.service.reasons import RecordingReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import UseCases, use_case


class Decisions(UseCases):
    @use_case(Act.DECISION_READ)
    async def find(self, principal: Principal, conference: ConferenceId, limit: int = 100) -> Sequence[DecisionSheet]:
        """Those of the conference, in the order they were begun; cancelled ones too."""
        await self._reads(principal, await find_conference(self._ports, conference), conference)
        return await self._ports.archive.decisions(conference, limit)

    @use_case(Act.DECISION_READ)
    async def read(self, principal: Principal, conference: ConferenceId, decision: DecisionId) -> DecisionSheet:
        """One of the conference.

        Raises:
            Refusal: There is none with that id.
        """
        await self._reads(principal, await find_conference(self._ports, conference), decision)
        return await self._read(conference, decision)

    @use_case(Act.DECISION_LEAD)
    async def begin(self, principal: Principal, conference: ConferenceId, title: str | None) -> DecisionSheet:
        """A decision is spoken from now on."""
        fresh = DecisionId(self._ports.ids.mint("decision"))
        return await self._do(principal, conference, fresh, BeginDecision(conference, fresh, title))

    @use_case(Act.DECISION_LEAD)
    async def end(self, principal: Principal, conference: ConferenceId, decision: DecisionId) -> DecisionSheet:
        """It has been spoken. Every organisation in the meeting is asked."""
        return await self._do(principal, conference, decision, EndDecision(conference, decision))

    @use_case(Act.DECISION_LEAD)
    async def cancel(self, principal: Principal, conference: ConferenceId, decision: DecisionId) -> DecisionSheet:
        """The mark was a mistake."""
        return await self._do(principal, conference, decision, CancelDecision(conference, decision))

    @use_case(Act.DECISION_LEAD)
    async def read_back(self, principal: Principal, conference: ConferenceId, decision: DecisionId) -> DecisionSheet:
        """The meeting hears it once more: when it was made, and who stands behind it."""
        return await self._do(principal, conference, decision, ReadBackDecision(conference, decision))

    @use_case(Act.DECISION_LEAD)
    async def answer(
        self, principal: Principal, conference: ConferenceId, decision: DecisionId, organisation: str, *, reserved: bool
    ) -> DecisionSheet:
        """Enter an organisation's answer that came in another way than by key."""
        command = AnswerDecision(conference, decision, organisation, reserved)
        return await self._do(principal, conference, decision, command)

    @use_case(Act.DECISION_ANSWER)
    async def answer_by_radio(
        self, principal: Principal, conference: ConferenceId, organisation: str, number: int | None, *, reserved: bool
    ) -> DecisionSheet:
        """The answer of the organisation that the sender's radio belongs to. Without a number it is about the latest
        decision that is being asked about.

        Raises:
            Refusal: There is none.
        """
        sheets = [one for one in await self._ports.archive.decisions(conference) if one.decision.ended_at_s is not None]
        asked = [one for one in sheets if one.decision.state is DecisionState.ASKING]
        found = asked if number is None else [one for one in sheets if one.decision.number == number]
        found = [one for one in found if one.decision.state is not DecisionState.CANCELLED]
        if not found:
            none = DecisionReason.NONE_ASKED() if number is None else DecisionReason.NO_SUCH_DECISION()
            raise Refusal("not_found", none)
        decision = found[-1].decision.id
        command = AnswerDecision(conference, decision, organisation, reserved, AnswerWay.RADIO)
        return await self._do(principal, conference, decision, command)

    @use_case(Act.RECORDING_LISTEN)
    async def clip(self, principal: Principal, conference: ConferenceId, decision: DecisionId) -> bytes:
        """The sound of a decision as FLAC: the stretch of the mix from its beginning to its end.

        Raises:
            Refusal: `conflict`: it has not been spoken, was not recorded, or its recording is not archived yet;
                `unavailable`: the file cannot be read.
        """
        await self._reads(principal, await find_conference(self._ports, conference), decision)
        sheet = await self._read(conference, decision)
        number, (from_s, to_s) = sheet.decision.number, sheet.span
        if sheet.recording is None or from_s is None:
            raise Refusal("conflict", DecisionReason.WITHOUT_SOUND(number=number))
        if to_s is None:
            raise Refusal("conflict", DecisionReason.NOT_SPOKEN_YET(number=number), retry=True)
        found = await self._ports.archive.get(sheet.recording.id)
        if found is None or found.path is None:
            raise Refusal("conflict", RecordingReason.NOT_ARCHIVED(recording=sheet.recording.id), retry=True)
        heard, now_s = (("recording", found.recording.id),), self._ports.clock.now_s()
        await self._ports.audit.append(Audit(now_s, principal.name, "decision.listened", decision, heard))
        try:
            return await asyncio.to_thread(self._ports.clip, found.path, from_s, to_s)
        except (OSError, RuntimeError) as error:
            raise Refusal("unavailable", RecordingReason.FILE_UNREADABLE(recording=found.recording.id)) from error

    async def _do(
        self, principal: Principal, conference: ConferenceId, decision: DecisionId, command: Command
    ) -> DecisionSheet:
        await open_one(self._ports, conference)
        await self._ask(principal, command)
        return await self._read(conference, decision)

    async def _read(self, conference: ConferenceId, decision: DecisionId) -> DecisionSheet:
        found = await self._ports.archive.decision(decision)
        if found is None or found.decision.conference != conference:
            raise Refusal("not_found", DecisionReason.NO_SUCH_DECISION())
        return found
