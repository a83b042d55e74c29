"""The report of a call-out, as a table and for paper."""

import asyncio
from collections.abc import Sequence
from typing import Final

from bridge.domain.access.permissions import Act
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, Seat
from bridge.domain.directory.records import Forum, Function, Organisation
from bridge.domain.kernel.ids import ActivationId, ConferenceId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.ports import Board
from bridge.reports import NotWritten, Quorum, Report, report_of
from bridge.service.callouts import board_of, boards_of
from bridge.service.lookups import as_seen_by
from bridge.service.masking import board_as_seen_by
from bridge.service.reasons import ReportReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case

WITHIN_S: Final = 60.0
"""A document that is not ready by then is given up, with the wait for those before it."""
MOST_REPORTS: Final = 100
"""Of one conference, the newest."""


class Reports(UseCases):
    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self._typesetting = asyncio.Semaphore(1)
        """Documents are made one at a time: each takes a core, and hundreds of megabytes where the list is long."""

    @use_case(Act.ACTIVATION_READ)
    async def sheet(self, principal: Principal, activation: ActivationId, language: Language) -> bytes:
        """The report as CSV; its reading stands in the audit log.

        Raises:
            Refusal: There is no such call-out, or its conference is under secrecy.
        """
        report = await self._report(principal, activation, "csv")
        return await asyncio.to_thread(self._ports.reports.sheet, report, language)

    @use_case(Act.ACTIVATION_READ)
    async def document(self, principal: Principal, activation: ActivationId, language: Language) -> bytes:
        """The report as PDF; its reading stands in the audit log.

        Raises:
            Refusal: As `sheet`; `unavailable`: it could not be typeset, or not in time.
        """
        report = await self._report(principal, activation, "pdf")
        try:
            async with asyncio.timeout(WITHIN_S), self._typesetting:
                return await asyncio.to_thread(self._ports.reports.document, report, language)
        except TimeoutError:
            raise Refusal("unavailable", ReportReason.TOO_SLOW(within_s=WITHIN_S), retry=True) from None
        except NotWritten as error:
            raise Refusal("unavailable", ReportReason.NOT_TYPESET().proved(str(error))) from error

    async def _report(self, principal: Principal, activation: ActivationId, form: str) -> Report:
        board = await board_of(self._ports, activation)
        conference, seats = await _conference_of(self._ports, board[0].conference)
        await self._reads(principal, conference, activation)
        line = Audit(self._ports.clock.now_s(), principal.name, "activation.reported", activation, (("form", form),))
        await self._ports.audit.append(line)
        shown = board_as_seen_by(principal, board)
        return await _made(self._ports, shown, conference, as_seen_by(principal, seats))


async def reports_of(ports: Ports, conference: ConferenceId) -> Sequence[Report]:
    """Of every call-out to the conference, the first first."""
    held, seats = await _conference_of(ports, conference)
    kept = await ports.archive.activations(conference=conference, limit=MOST_REPORTS)
    boards = await boards_of(ports, [one.id for one in reversed(kept)])
    return [await _made(ports, board, held, seats) for board in boards]


# --- inside ---


async def _conference_of(ports: Ports, conference: ConferenceId) -> tuple[Conference, Sequence[Seat]]:
    """With everybody who was ever in it: the archive holds all, the node the newest state."""
    node = ports.control.node()
    past = await ports.archive.conference(conference)
    held = node[CONFERENCES].get(conference) or (past[0] if past is not None else None)
    if held is None:
        raise Refusal.not_found(UnknownReason.CONFERENCE, conference)
    seats = {one.id: one for one in (past[1] if past is not None else ())}
    seats |= {one.id: one for one in node[PARTICIPANTS].values() if one.conference == conference}
    return held, list(seats.values())


async def _made(ports: Ports, board: Board, conference: Conference, seats: Sequence[Seat]) -> Report:
    activation, targets, attempts = board
    notes = await ports.archive.timeline(conference.id)
    since_s = activation.started_at_s
    until_s = conference.ended_at_s or max((since_s, *(note.at_s for note in notes)))
    spoken = ports.reports.spoken(seats, notes, since_s, until_s)
    return report_of(activation, targets, attempts, conference, seats, await _quorum_of(ports, conference), spoken)


async def _quorum_of(ports: Ports, conference: Conference) -> Quorum | None:
    """The rule of the conference's forum, as the directory has it now."""
    forum = await ports.directory.get(Forum, conference.forum) if conference.forum is not None else None
    if forum is None:
        return None
    organisations = {one.id: one.name for one in await ports.directory.list(Organisation)}
    required = frozenset(
        (organisations.get(one.organisation_id, ""), one.name)
        for one in await ports.directory.list(Function)
        if one.id in forum.quorum_function_ids
    )
    return Quorum(forum.quorum, required)
