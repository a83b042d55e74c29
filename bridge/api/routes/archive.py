"""The archive by meetings: find one, see all of its parts, label it."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from bridge.api.decision_views import DecisionOut, decision_out
from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.resource import resource
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.routes.recordings import RecordingOut, recording_out
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Output, when, without_control
from bridge.api.views import ParticipantOut, participant_out
from bridge.domain.callout.records import TargetState
from bridge.domain.conference.records import Conference
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.recording.finding import MeetingQuery
from bridge.domain.rollcall.records import Attendance
from bridge.domain.schedule.records import Smarr
from bridge.ports import Board, FoundMeeting, MeetingLabel, Parcel, RollSheet

router = resource("/archive", "archive")
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), AfterValidator(without_control)
]
LabelKey = Annotated[Label, Path(description="The label.")]


class LabelOut(Output):
    """A label on a meeting."""

    label: str
    """As it was written."""
    set_by: str
    """The client who put it there."""
    set_at: str | None
    """RFC 3339, UTC."""


class LabelCountOut(Output):
    """A label in use."""

    label: str
    """As it was first written."""
    meetings: int
    """So many have it."""


class MeetingOut(Output):
    """One meeting of the archive."""

    id: str
    """The conference's id."""
    name: str
    """The conference's name."""
    forum: str | None
    """The id of its forum."""
    exercise: bool
    """An exercise (*övning*)."""
    secrecy: str
    """`open`, or `secret`: only those who may read what is under secrecy get its parts."""
    state: str
    """`open`, `locked` or `ended`."""
    began_at: str | None
    """When it was opened (RFC 3339, UTC)."""
    ended_at: str | None
    """RFC 3339, UTC; none while it goes on."""
    labels: list[LabelOut]
    """By name."""


class MeetingFoundOut(MeetingOut):
    """One meeting, as a search shows it."""

    organisations: list[str]
    """Those that were there; none of a meeting that the asker may not read."""
    people: int
    """Number of people who were in it."""
    recordings: int
    """Number of mixes, tracks and names."""
    recorded_s: float
    """Length of the mixes in seconds."""
    decisions: int
    """Number of decisions."""
    activations: int
    """Number of call-outs to it."""


class MeetingsOut(Output):
    """One page of meetings, the newest first."""

    meetings: list[MeetingFoundOut]
    """At most `limit`."""
    next: str | None
    """Given as `after` it gets the next page; none on the last."""


class CallOut(Output):
    """A call-out to the meeting."""

    id: str
    """The activation's id, as under `/activations`."""
    list_name: str
    """The list that was called."""
    state: str
    """As under `/activations`."""
    started_at: str | None
    """RFC 3339, UTC."""
    functions: int
    """So many were called."""
    joined: int
    """So many of them came."""


class RollOut(Output):
    """A roll call of the meeting."""

    id: str
    """Its id."""
    started_at: str | None
    """RFC 3339, UTC."""
    expected: int
    """So many functions."""
    missing: int
    """So many of them were not there."""


class SmarrOut(Output):
    """The words of the invitation, under the headings of SMARR."""

    purpose: str
    """*Syfte*."""
    goal: str
    """*Mål*."""
    agenda: list[str]
    """*Agenda*, point by point."""
    resources: str
    """*Resurser*."""
    rules: str
    """*Regler*."""


class ReportOut(Output):
    """The situation report of one organisation."""

    organisation: str
    """Its name."""
    text: str
    """The situation."""
    needs: str
    """Its needs."""
    given_at: str | None
    """RFC 3339, UTC."""


class MeetingSheetOut(MeetingOut):
    """One meeting with its parts."""

    participants: list[ParticipantOut]
    """Everybody who was ever in it."""
    recordings: list[RecordingOut] = Field(description="Mixes, tracks and names, in order of time.")
    decisions: list[DecisionOut]
    """In order; cancelled ones are left out."""
    activations: list[CallOut]
    """Call-outs to it, in order of time."""
    roll_calls: list[RollOut]
    """The newest first."""
    situation: list[ReportOut]
    """By organisation."""
    evaluations: int
    """So many functions have evaluated it."""
    smarr: SmarrOut | None
    """None of a meeting that was not prepared."""


class HandOverIn(Input):
    """Where a package goes."""

    place: Key
    """The name of a place of the settings."""
    sip: bool = False
    """As a package for a public archive."""


class HandedOverOut(Output):
    """A package that was handed over."""

    file: str
    """Its name there."""


@router.get("/meetings")
async def find_meetings(
    service: TheService,
    asker: Asker,
    text: Annotated[
        str,
        Query(
            max_length=200,
            description="Words that must all be found, in names, functions, decisions, agenda, labels or situation "
            "reports. Case and marks do not matter: `ostersund` finds Östersund.",
        ),
    ] = "",
    since: Annotated[AwareDatetime | None, Query(description="Begun then or later (RFC 3339).")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Begun before then (RFC 3339).")] = None,
    forum: Annotated[str | None, Query(max_length=64, description="The id of the forum.")] = None,
    organisation: Annotated[str, Query(max_length=100, description="A part of the name of one that was there.")] = "",
    talker: Annotated[str, Query(max_length=100, description="A part of the name of somebody who spoke.")] = "",
    exercise: Annotated[bool | None, Query(description="Exercises alone, or none; without it both.")] = None,
    label: Annotated[str, Query(max_length=40, description="One of its labels, as a whole.")] = "",
    after: Annotated[str | None, Query(max_length=64, description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 50,
) -> MeetingsOut:
    """Meetings by all that is asked for, the newest first. Of what is under secrecy, words find nothing for those who
    may not read it."""
    query = MeetingQuery(
        text=text,
        since_s=since.timestamp() if since else None,
        until_s=until.timestamp() if until else None,
        forum=forum,
        organisation=organisation,
        talker=talker,
        exercise=exercise,
        label=label,
        after=ConferenceId(after) if after is not None else None,
        limit=limit,
    )
    found = await service.finding.find(asker, query)
    last = found[-1].conference.id if len(found) == limit else None
    return MeetingsOut(meetings=[_found(one) for one in found], next=last)


@router.get("/labels")
async def list_labels(service: TheService, asker: Asker) -> list[LabelCountOut]:
    """The labels in use, by name."""
    return [LabelCountOut(label=label, meetings=count) for label, count in await service.finding.labels(asker)]


@router.get("/meetings/{conference}")
async def read_meeting(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> MeetingSheetOut:
    """One meeting with all of its parts."""
    sheet = await service.finding.read(asker, conference)
    return MeetingSheetOut(
        **_meeting(sheet.conference, sheet.labels).model_dump(),
        participants=[participant_out(one) for one in sheet.people],
        recordings=[recording_out(one, language) for one in sheet.recordings],
        decisions=[decision_out(one) for one in sheet.decisions],
        activations=[_call_out(one) for one in sheet.activations],
        roll_calls=[_roll_out(one) for one in sheet.roll_calls],
        situation=[
            ReportOut(organisation=one.organisation, text=one.text, needs=one.needs, given_at=when(one.given_at_s))
            for one in sheet.situation
        ],
        evaluations=len(sheet.evaluations),
        smarr=_smarr_out(sheet.smarr) if sheet.smarr is not None else None,
    )


_GONE: Final[dict[int | str, dict[str, Any]]] = {
    410: {"description": "`gone`: a sound is not in the archive any more."}
}


@router.get("/meetings/{conference}/package", response_class=Response, responses=_GONE)
async def package_meeting(conference: ConferenceKey, service: TheService, asker: Asker) -> Response:
    """The documentation of the whole meeting as one zip: sound, people, call-outs, timeline, decisions, a document on
    paper, checksums. Its length is told first, so that its progress can be seen."""
    return _sent(await service.finding.package(asker, conference))


@router.get("/meetings/{conference}/sip", response_class=Response, responses=_GONE)
async def sip_of_meeting(conference: ConferenceKey, service: TheService, asker: Asker) -> Response:
    """The same for a public archive: FGS Paketstruktur 2.0, that is E-ARK CSIP and SIP 2.1.0 (METS, PREMIS)."""
    return _sent(await service.finding.sip(asker, conference))


@router.get("/places")
async def list_places(service: TheService, asker: Asker) -> list[str]:
    """The names of the places that packages can be handed over to."""
    return list(await service.finding.places(asker))


@router.post("/meetings/{conference}/hand-over")
async def hand_over_meeting(
    conference: ConferenceKey, to: HandOverIn, service: TheService, asker: Asker
) -> HandedOverOut:
    """Put the package at a place: a folder, or a WebDAV server. It is answered when it is there as a whole."""
    return HandedOverOut(file=await service.finding.hand_over(asker, conference, to.place, sip=to.sip))


def _sent(parcel: Parcel) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{parcel.name}"',
        "Content-Length": str(parcel.length),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(parcel.blocks, media_type="application/zip", headers=headers)


@router.put("/meetings/{conference}/labels/{label}")
async def set_label(conference: ConferenceKey, label: LabelKey, service: TheService, asker: Asker) -> list[LabelOut]:
    """Put a label on a meeting. Twice is as once, and the audit log has it."""
    return [_label(one) for one in await service.finding.label(asker, conference, label)]


@router.delete("/meetings/{conference}/labels/{label}", status_code=204)
async def remove_label(conference: ConferenceKey, label: LabelKey, service: TheService, asker: Asker) -> Response:
    """Take a label away. The audit log has it."""
    await service.finding.unlabel(asker, conference, label)
    return Response(status_code=204)


def _meeting(conference: Conference, labels: Sequence[MeetingLabel]) -> MeetingOut:
    return MeetingOut(
        id=conference.id,
        name=conference.name,
        forum=conference.forum,
        exercise=conference.exercise,
        secrecy=conference.secrecy.value,
        state=conference.state.value,
        began_at=when(conference.created_at_s),
        ended_at=when(conference.ended_at_s),
        labels=[_label(one) for one in labels],
    )


def _found(one: FoundMeeting) -> MeetingFoundOut:
    return MeetingFoundOut(
        **_meeting(one.conference, one.labels).model_dump(),
        organisations=list(one.organisations),
        people=one.people,
        recordings=len(one.recordings),
        recorded_s=one.recorded_s,
        decisions=one.decisions,
        activations=one.activations,
    )


def _label(one: MeetingLabel) -> LabelOut:
    return LabelOut(label=one.label, set_by=one.set_by, set_at=when(one.set_at_s))


def _call_out(board: Board) -> CallOut:
    activation, targets, _ = board
    return CallOut(
        id=activation.id,
        list_name=activation.list_name,
        state=activation.state.value,
        started_at=when(activation.started_at_s),
        functions=len(targets),
        joined=sum(one.state is TargetState.JOINED for one in targets),
    )


def _roll_out(sheet: RollSheet) -> RollOut:
    roll_call, entries = sheet
    expected = [one for one in entries if one.deputy_for is None]
    return RollOut(
        id=roll_call.id,
        started_at=when(roll_call.started_at_s),
        expected=len(expected),
        missing=sum(one.state is Attendance.MISSING for one in expected),
    )


def _smarr_out(smarr: Smarr) -> SmarrOut:
    return SmarrOut(
        purpose=smarr.purpose,
        goal=smarr.goal,
        agenda=list(smarr.agenda),
        resources=smarr.resources,
        rules=smarr.rules,
    )
