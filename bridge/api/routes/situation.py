"""Situation reports (*lägesbilder*) to a meeting: who has sent one, and entering one."""

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, StringConstraints

from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Output, readable, when
from bridge.domain.situation.records import MOST_NEEDS, MOST_TEXT
from bridge.service.situation import Line

router = resource("/situation-reports/{meeting}", "situation reports")
MeetingKey = Annotated[
    str,
    Path(
        max_length=64,
        pattern=r"^[A-Za-z0-9._-]+$",
        description="The id of a conference, or of a date of the schedule: the schedule's id, a full stop, the date.",
    ),
]
OrganisationKey = Annotated[Key, Path(description="The organisation's id.")]


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_TEXT), AfterValidator(readable)]
Needs = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_NEEDS), AfterValidator(readable)]


class SituationReportIn(Input):
    """The report of one organisation."""

    text: Text = ""
    """The situation, in short."""
    needs: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_NEEDS), AfterValidator(readable)] = (
        ""
    )
    """The needs of the organisation."""


class SituationReportOut(Output):
    """An organisation, and its report where it has sent one."""

    organisation_id: str
    """Of the directory."""
    organisation: str
    """Its name."""
    expected: bool
    """A function of it is on the meeting's list."""
    sent: bool
    """It has sent a report."""
    text: str | None
    """The situation."""
    needs: str | None
    """Its needs."""
    given_by: str | None
    """The name of the one who entered it."""
    given_at: str | None
    """RFC 3339, UTC."""


@router.get("")
async def list_situation_reports(meeting: MeetingKey, service: TheService, asker: Asker) -> list[SituationReportOut]:
    """The expected organisations and their reports, before the meeting and in it. Those who have sent none are there
    too."""
    return [_out(one) for one in await service.situation.find(asker, meeting)]


@router.put("/{organisation}")
async def give_situation_report(
    meeting: MeetingKey, organisation: OrganisationKey, body: SituationReportIn, service: TheService, asker: Asker
) -> list[SituationReportOut]:
    """Enter the report of an organisation, in place of an earlier one; gives all of the meeting. It lies in the
    documentation package."""
    return [_out(one) for one in await service.situation.give(asker, meeting, organisation, body.text, body.needs)]


def _out(line: Line) -> SituationReportOut:
    report = line.report
    return SituationReportOut(
        organisation_id=line.organisation_id,
        organisation=line.organisation,
        expected=line.is_expected,
        sent=report is not None,
        text=report.text if report is not None else None,
        needs=report.needs if report is not None else None,
        given_by=report.given_by if report is not None else None,
        given_at=when(report.given_at_s) if report is not None else None,
    )
