"""The schedule: prepared conferences, their dates, and their opening by hand."""

from typing import Annotated

from fastapi import Body, Path, Query, Response
from pydantic import AfterValidator, Field, StringConstraints

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.resource import resource
from bridge.api.schedule_views import (
    InvitationOut,
    OccurrenceOut,
    PlannedOut,
    ScheduleOut,
    invitation_out,
    occurrence_out,
    planned_out,
    schedule_out,
)
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Limit, Name, Number, Subscriber, readable
from bridge.domain.conference.records import EntrySound, FloorMode, ForumLevel, Secrecy
from bridge.domain.kernel.ids import Gssi, ScheduleId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.week import Weekday
from bridge.domain.schedule.records import STOCKHOLM, Moved, Options, Rule, Smarr
from bridge.service.schedules import MOST_AHEAD, NewSchedule

router = resource("/schedules", "schedule")
ScheduleKey = Annotated[ScheduleId, Path(max_length=64, alias="schedule", description="The schedule's id.")]
On = Annotated[str, Path(max_length=10, description="The date of the rule, `YYYY-MM-DD`.")]
OfDate = Annotated[
    str | None, Query(max_length=10, description="One date of the rule, `YYYY-MM-DD`; none: the series.")
]
OfFunction = Annotated[str | None, Query(max_length=64, description="The function of the directory that receives it.")]
Count = Annotated[int, Query(ge=1, le=MOST_AHEAD, description="So many of the next.")]
Date = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Time = Annotated[str, StringConstraints(pattern=r"^\d{2}:\d{2}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(readable)]
_DAY_S = 86_400.0


class MovedIn(Input):
    """A date of the rule that is held at another time."""

    on: Date
    """The date of the rule."""
    to_on: Date
    """The date on which it is held, at most 31 days away."""
    to_time: Time
    """The local time, `HH:MM`."""


class RuleIn(Input):
    """The dates of a prepared conference, in local time."""

    first_on: Date
    """The date, or the first date on which the weekly rule is valid (`YYYY-MM-DD`)."""
    time: Time
    """`HH:MM` by the clock on the wall, before and after a clock change."""
    weekdays: list[Weekday] = Field(default=[], max_length=7)
    """Every week on these (`MO`, `TU`, … as in RFC 5545); empty: once, on `first_on`."""
    last_on: Date | None = None
    """The last date on which a weekly rule is valid."""
    zone: Annotated[str, StringConstraints(max_length=40)] = STOCKHOLM
    """Of the time zone database."""
    skipped: list[Date] = Field(default=[], max_length=400)
    """Dates on which it is not held."""
    moved: list[MovedIn] = Field(default=[], max_length=400)
    """Dates that are held at another time."""


class SmarrIn(Input):
    """The words of the invitation, in the SMARR form."""

    purpose: Words = ""
    """*Syfte*."""
    goal: Words = ""
    """*Mål*."""
    agenda: list[Name] = Field(default=[], max_length=30)
    """*Agenda*, point by point."""
    resources: Words = ""
    """*Resurser*."""
    rules: Words = ""
    """*Regler*."""
    asks_reports: bool = True
    """Ask each organisation for a short situation report with its needs."""


class ScheduleIn(Input):
    """A conference to prepare. A member that is left out is as the forum says when it is opened."""

    name: Name
    """As it is shown and kept."""
    rule: RuleIn
    """Its dates."""
    forum: Key | None = None
    """The forum whose defaults it takes."""
    activation_list_id: Key | None = None
    """The list that is called out; none: that of the forum."""
    level: ForumLevel | None = None
    """Of the collaboration; none: as the forum."""
    language: Language | None = None
    """`sv` or `en`: of what is said to all."""
    recorded: bool | None = None
    """Record it whenever a telephone is in it."""
    exercise: bool = False
    """An exercise (*övning*)."""
    floor_mode: FloorMode = FloorMode.OPEN
    """The floor from the start."""
    waiting_room: bool = False
    """Callers wait until a host lets them in."""
    joins_muted: bool = False
    """Everybody but hosts comes in muted."""
    entry_sound: EntrySound | None = None
    """When somebody comes or goes."""
    asks_name: bool | None = None
    """Callers who are known by no code of their own say their name at the door."""
    direct_number: Number | None = None
    """A number of ours beside the main one that leads straight into it, as long as it is open."""
    direct_code: bool = True
    """False: callers of that number are let in without a code."""
    secrecy: Secrecy = Secrecy.OPEN
    """`secret`: secrecy applies. `national` is refused."""
    talkgroup: Subscriber | None = None
    """Named in the invitation (GSSI); none: that of the forum. A host patches it in."""
    invitation: SmarrIn = SmarrIn()
    """Its words."""
    open_before_s: float = Field(default=900.0, ge=0, le=_DAY_S)
    """It is opened so long before its time."""
    lasts_s: float | None = Field(default=None, ge=60, le=_DAY_S)
    """It is meant to end so long after its time; none: that is open."""
    rings: bool = False
    """Call its functions out at its time."""
    invites: bool = True
    """Send the invitations by e-mail: now, at each change, and when it is cancelled."""
    remind_before_s: float | None = Field(default=None, ge=60, le=7 * _DAY_S)
    """Remind its functions by e-mail and SMS so long before its time; none: do not."""


class ScheduleChangeIn(ScheduleIn):
    """A prepared conference in place of another."""

    sequence: int = Field(ge=0, le=2**31 - 1)
    """Of the one that it was made on; another has been changed meanwhile."""


class SkipIn(Input):
    """Whether a date is held."""

    skipped: bool = True
    """False: it is held after all, at the time of the rule."""


class MoveIn(Input):
    """Another time for one date."""

    to_on: Date
    """The date on which it is held, at most 31 days away."""
    to_time: Time
    """The local time, `HH:MM`."""


@router.get("")
async def list_schedules(service: TheService, asker: Asker, language: TheLanguage) -> list[ScheduleOut]:
    """The prepared conferences, by their next date."""
    return [schedule_out(one, language) for one in await service.schedules.find(asker)]


@router.post("", status_code=201)
async def add_schedule(
    body: ScheduleIn, service: TheService, asker: Asker, language: TheLanguage, response: Response
) -> ScheduleOut:
    """Prepare a conference. It is opened by itself on each of its dates, and rings where that is asked for. A time that
    does not exist on the night of a clock change is held an hour later. One that comes twice is held the first time."""
    made = await service.schedules.add(asker, _new(body))
    response.headers["Location"] = f"/api/v1/schedules/{made.schedule.id}"
    return schedule_out(made, language)


@router.post("/preview")
async def preview_dates(body: RuleIn, service: TheService, asker: Asker, count: Count = 10) -> list[PlannedOut]:
    """The next dates that a rule would give. Nothing is kept."""
    return [planned_out(one) for one in await service.schedules.preview(asker, _rule(body), count)]


@router.get("/{schedule}")
async def read_schedule(schedule: ScheduleKey, service: TheService, asker: Asker, language: TheLanguage) -> ScheduleOut:
    """One prepared conference with its next date and those that have come."""
    return schedule_out(await service.schedules.read(asker, schedule), language)


@router.put("/{schedule}")
async def change_schedule(
    schedule: ScheduleKey, body: ScheduleChangeIn, service: TheService, asker: Asker, language: TheLanguage
) -> ScheduleOut:
    """Put another in its place. A date that has been opened is not opened again."""
    changed = await service.schedules.change(asker, schedule, _new(body), body.sequence)
    return schedule_out(changed, language)


@router.delete("/{schedule}", status_code=204)
async def remove_schedule(schedule: ScheduleKey, service: TheService, asker: Asker) -> None:
    """Open no date of it any more. A meeting that is open goes on, and rings nobody more."""
    await service.schedules.remove(asker, schedule)


@router.get("/{schedule}/dates")
async def list_dates(schedule: ScheduleKey, service: TheService, asker: Asker, count: Count = 10) -> list[PlannedOut]:
    """The next dates, as they will be held."""
    return [planned_out(one) for one in await service.schedules.dates(asker, schedule, count)]


@router.get("/{schedule}/occurrences")
async def list_occurrences(
    schedule: ScheduleKey, service: TheService, asker: Asker, language: TheLanguage, limit: Limit = 100
) -> list[OccurrenceOut]:
    """The dates that have come, the latest first: in time, late or missed."""
    return [occurrence_out(one, language) for one in await service.schedules.held(asker, schedule, limit)]


@router.post("/{schedule}/dates/{on}/skip")
async def skip_date(
    schedule: ScheduleKey,
    on: On,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    body: Annotated[SkipIn | None, Body()] = None,
) -> ScheduleOut:
    """Hold no meeting on one date, or hold it after all."""
    skipped = (body or SkipIn()).skipped
    return schedule_out(await service.schedules.skip(asker, schedule, on, skipped=skipped), language)


@router.post("/{schedule}/dates/{on}/move")
async def move_date(
    schedule: ScheduleKey, on: On, body: MoveIn, service: TheService, asker: Asker, language: TheLanguage
) -> ScheduleOut:
    """Hold one date at another time."""
    return schedule_out(await service.schedules.move(asker, schedule, on, body.to_on, body.to_time), language)


@router.get("/{schedule}/invitation")
async def read_invitation(
    schedule: ScheduleKey, service: TheService, asker: Asker, on: OfDate = None, function_id: OfFunction = None
) -> InvitationOut:
    """The invitation as it can be sent: text and calendar, in the language of the function. It holds no code. Of a
    date that is skipped, and of a schedule that was removed, it is a cancellation."""
    return invitation_out(await service.schedules.invitation(asker, schedule, on=on, function=function_id))


@router.get("/{schedule}/invitation.ics", response_class=Response)
async def invitation_file(
    schedule: ScheduleKey, service: TheService, asker: Asker, on: OfDate = None, function_id: OfFunction = None
) -> Response:
    """The calendar file alone (`text/calendar`), as Outlook takes it."""
    made = await service.schedules.invitation(asker, schedule, on=on, function=function_id)
    headers = {
        "Content-Disposition": f'attachment; filename="{made.filename}"',
        "Cache-Control": "private, no-store",
    }
    return Response(made.calendar, media_type=f"text/calendar; method={made.method}; charset=utf-8", headers=headers)


@router.get("/{schedule}/invitations")
async def list_invitations(
    schedule: ScheduleKey, service: TheService, asker: Asker, on: OfDate = None
) -> list[InvitationOut]:
    """One for each function of the meeting's list: it says whether that function is rung."""
    return [invitation_out(one) for one in await service.schedules.invitations(asker, schedule, on=on)]


@router.post("/{schedule}/start")
async def start_now(schedule: ScheduleKey, service: TheService, asker: Asker, language: TheLanguage) -> OccurrenceOut:
    """Open it now, and ring where it rings. It takes the place of today's date where that is still ahead. While a
    meeting of it is open, it is that one."""
    return occurrence_out(await service.schedules.start(asker, schedule), language)


def _rule(body: RuleIn) -> Rule:
    return Rule(
        first_on=body.first_on,
        time=body.time,
        weekdays=tuple(one for one in Weekday if one in body.weekdays),
        last_on=body.last_on,
        zone=body.zone,
        skipped=tuple(sorted(set(body.skipped))),
        moved=tuple(sorted(Moved(one.on, one.to_on, one.to_time) for one in body.moved)),
    )


def _new(body: ScheduleIn) -> NewSchedule:
    said = body.invitation
    return NewSchedule(
        name=body.name,
        rule=_rule(body.rule),
        forum=body.forum,
        activation_list=body.activation_list_id,
        level=body.level,
        options=Options(
            language=body.language,
            recorded=body.recorded,
            exercise=body.exercise,
            floor_mode=body.floor_mode,
            waiting_room=body.waiting_room,
            joins_muted=body.joins_muted,
            entry_sound=body.entry_sound,
            asks_name=body.asks_name,
            direct_number=body.direct_number,
            direct_code=body.direct_code,
            secrecy=body.secrecy,
            talkgroup=Gssi(body.talkgroup) if body.talkgroup is not None else None,
        ),
        smarr=Smarr(said.purpose, said.goal, tuple(said.agenda), said.resources, said.rules, said.asks_reports),
        open_before_s=body.open_before_s,
        lasts_s=body.lasts_s,
        rings=body.rings,
        invites=body.invites,
        remind_before_s=body.remind_before_s,
    )
