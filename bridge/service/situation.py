"""Situation reports (*lägesbilder*): who has sent one to a meeting, before it and in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.access.permissions import Act
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import Conference, ConferenceState, Secrecy
from bridge.domain.directory.records import ActivationList, Forum, Function, Organisation
from bridge.domain.kernel.ids import ConferenceId, OccurrenceId, ScheduleId
from bridge.domain.kernel.principal import Principal
from bridge.domain.schedule import calendar, keeping
from bridge.domain.schedule.records import OCCURRENCES, Occurrence, Schedule
from bridge.domain.situation.commands import GiveSituationReport
from bridge.domain.situation.records import SituationReport
from bridge.service.lookups import find_conference
from bridge.service.reasons import UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.schedules import find_schedule, kept_schedule
from bridge.service.use_case import Ports, UseCases, use_case


@dataclass(frozen=True, slots=True)
class Line:
    """An organisation, and its report where it has sent one."""

    organisation_id: str
    organisation: str
    is_expected: bool
    """A function of it is on the meeting's list."""
    report: SituationReport | None


@dataclass(frozen=True, slots=True)
class _Meeting:
    """The meeting that reports are sent to."""

    key: str
    forum: str | None
    activation_list: str | None
    conference: Conference | None
    """`None`: it is not open yet."""
    is_secret: bool = False
    """Secrecy applies."""


class SituationReports(UseCases):
    @use_case(Act.SITUATION_READ, sifts=True)
    async def find(self, principal: Principal, meeting: str) -> Sequence[Line]:
        """The expected organisations in the order of the list, then others who have sent one.

        Args:
            principal: The one who asks.
            meeting: The id of a conference, or of a date of the schedule (`schedule.YYYY-MM-DD`).

        Raises:
            Refusal: There is no such meeting.
        """
        found = await self._meeting(meeting)
        if found.conference is not None:
            await self._must_see(principal, Act.SITUATION_READ, found.conference.id)
            await self._reads(principal, found.conference, found.conference.id)
        return await self._lines(found)

    @use_case(Act.SITUATION_REPORT, sifts=True)
    async def give(
        self, principal: Principal, meeting: str, organisation_id: str, text: str, needs: str
    ) -> Sequence[Line]:
        """Enter the report of an organisation, in place of an earlier one.

        Raises:
            Refusal: There is no such meeting or organisation, the meeting has ended, or the text is too long.
        """
        found = await self._meeting(meeting)
        conference = found.conference
        if conference is not None:
            await self._must_see(principal, Act.SITUATION_REPORT, conference.id)
        if conference is not None and conference.state is not ConferenceState.ENDED:
            await self._reads(principal, conference, conference.id)
        await self._give(principal, found, organisation_id, text, needs)
        return await self._lines(found)

    @use_case(Act.LINK_USE)
    async def give_by_link(
        self, principal: Principal, meeting: str, organisation_id: str, text: str, needs: str
    ) -> None:
        """As `give`, by the link that was sent to the organisation. Nothing of the meeting is read.

        Raises:
            Refusal: As `give`.
        """
        await self._give(principal, await self._meeting(meeting), organisation_id, text, needs)

    @use_case(Act.LINK_USE)
    async def own_report(self, principal: Principal, meeting: str, organisation_id: str) -> SituationReport | None:
        """The report that the organisation has sent. Of a meeting under secrecy none is shown.

        Raises:
            Refusal: There is no such meeting, or it has ended.
        """
        found = await self._meeting(meeting)
        _must_go_on(found)
        if found.is_secret:
            return None
        reports = await self._ports.archive.situation_reports(found.key)
        return next((one for one in reports if one.organisation_id == organisation_id), None)

    # --- inside ---

    async def _give(self, principal: Principal, found: _Meeting, organisation_id: str, text: str, needs: str) -> None:
        _must_go_on(found)
        conference = found.conference
        organisation = await self._ports.directory.get(Organisation, organisation_id)
        if organisation is None:
            raise Refusal.not_found(UnknownReason.ORGANISATION, organisation_id)
        order = GiveSituationReport(
            meeting=found.key,
            organisation_id=organisation_id,
            organisation=organisation.name,
            text=text,
            needs=needs,
            conference=conference.id if conference is not None else None,
        )
        await self._ask(principal, order)

    async def _meeting(self, meeting: str) -> _Meeting:
        key = OccurrenceId(meeting)
        held = self._ports.control.node()[OCCURRENCES].get(key) or await self._ports.archive.occurrence(key)
        if held is not None:
            schedule = await kept_schedule(self._ports, held.schedule)
            return _of(held.id, schedule, await self._conference_of(held))
        schedule_id, dot, on = meeting.partition(".")
        if dot:
            return self._ahead(ScheduleId(schedule_id), on)
        conference = await find_conference(self._ports, ConferenceId(meeting))
        occurrence = await _occurrence_of(self._ports, conference.id)
        if occurrence is None:
            return _Meeting(conference.id, conference.forum, None, conference, conference.secrecy is not Secrecy.OPEN)
        schedule = await kept_schedule(self._ports, occurrence.schedule)
        return _of(occurrence.id, schedule, conference)

    def _ahead(self, schedule_id: ScheduleId, on: str) -> _Meeting:
        """A date that lies ahead."""
        schedule = find_schedule(self._ports, schedule_id)
        if calendar.planned_on(schedule.rule, on) is None:
            raise Refusal.not_found(UnknownReason.OCCURRENCE, on)
        return _of(keeping.id_of(schedule_id, on), schedule, None)

    async def _conference_of(self, occurrence: Occurrence) -> Conference | None:
        if occurrence.opened_at_s is None:
            return None
        return await find_conference(self._ports, occurrence.conference)

    async def _lines(self, meeting: _Meeting) -> list[Line]:
        reports = {one.organisation_id: one for one in await self._ports.archive.situation_reports(meeting.key)}
        names = {one.id: one.name for one in await self._ports.directory.list(Organisation)}
        expected = await _expected(self._ports, meeting)
        lines = [Line(key, names.get(key, key), True, reports.get(key)) for key in expected]
        others = (one for key, one in reports.items() if key not in expected)
        return [*lines, *(Line(one.organisation_id, one.organisation, False, one) for one in others)]


def _of(key: str, schedule: Schedule, conference: Conference | None) -> _Meeting:
    is_secret = schedule.options.secrecy is not Secrecy.OPEN
    return _Meeting(key, schedule.forum, schedule.activation_list, conference, is_secret)


def _must_go_on(meeting: _Meeting) -> None:
    """Raises:
    Refusal: It has ended.
    """
    if meeting.conference is not None and meeting.conference.state is ConferenceState.ENDED:
        raise Refusal("ended", ConferenceReason.ENDED())


async def _expected(ports: Ports, meeting: _Meeting) -> list[str]:
    """The organisations of the functions that are called to it."""
    forum = await ports.directory.get(Forum, meeting.forum) if meeting.forum is not None else None
    key = meeting.activation_list or (forum.activation_list_id if forum is not None else None)
    list_ = await ports.directory.get(ActivationList, key) if key is not None else None
    if list_ is None:
        return []
    functions = {one.id: one for one in await ports.directory.list(Function)}
    called = (functions[one].organisation_id for one in list_.function_ids if one in functions)
    return list(dict.fromkeys(called))


async def _occurrence_of(ports: Ports, conference: ConferenceId) -> Occurrence | None:
    """The date of the schedule that a conference was opened for."""
    live = (one for one in ports.control.node()[OCCURRENCES].values() if one.conference == conference)
    return next(live, None) or await ports.archive.occurrence_of(conference)


async def reports_to(ports: Ports, conference: ConferenceId) -> Sequence[SituationReport]:
    """For its documentation package."""
    occurrence = await _occurrence_of(ports, conference)
    return await ports.archive.situation_reports(occurrence.id if occurrence is not None else conference)
