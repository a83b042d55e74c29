"""The schedule as the contract's JSON."""

from typing import Any

from bridge.api.language import code, data, words
from bridge.api.text import Output, when
from bridge.domain.kernel.language import Language
from bridge.domain.schedule.calendar import ClockChange, Planned
from bridge.domain.schedule.records import Occurrence
from bridge.invitations import Invitation
from bridge.service.schedules import ShownSchedule


class MovedOut(Output):
    """A date of the rule that is held at another time."""

    on: str
    """The date of the rule."""
    to_on: str
    """The date on which it is held."""
    to_time: str
    """The local time."""


class RuleOut(Output):
    """The dates of a prepared conference, in local time."""

    first_on: str
    """The date, or the first date on which the weekly rule is valid."""
    time: str
    """`HH:MM`."""
    weekdays: list[str]
    """Every week on these, as RFC 5545 names them; empty: once."""
    last_on: str | None
    """The last date on which it is valid."""
    zone: str
    """Of the time zone database."""
    skipped: list[str]
    """Dates on which it is not held."""
    moved: list[MovedOut]
    """Dates that are held at another time."""


class PlannedOut(Output):
    """A date that lies ahead."""

    on: str
    """The date of the rule, by which it is skipped and moved."""
    starts_at: str | None
    """RFC 3339, UTC."""
    local: str
    """The wall clock at that time, `YYYY-MM-DDTHH:MM`."""
    moved: bool
    """It is held at another time than the rule says."""
    clock: ClockChange
    """The night of a clock change. `skipped`: the time does not exist, and it is held later by the length of the
    change. `twice`: the time comes twice, and it is held the first time."""


class OccurrenceOut(Output):
    """A date that has come."""

    id: str
    """The schedule's id and the date."""
    on: str
    """The date of the rule."""
    starts_at: str | None
    """RFC 3339, UTC."""
    state: str
    """`preparing`, `opened` or `missed`."""
    conference_id: str | None
    """The conference, where it was opened."""
    opened_at: str | None
    """RFC 3339, UTC."""
    late_s: int
    """Opened so many seconds after it was due; 0: in time."""
    ringing: str
    """`no`, `awaited`, `reading`, `rung` or `missed`."""
    rung_late_s: int
    """Rung so many seconds after its time; 0: in time."""
    activation_id: str | None
    """The call-out."""
    reason: str | None
    """Why it was missed or not rung, in the language asked for."""
    reason_code: str | None
    """The same for programs."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""


class SmarrOut(Output):
    """The words of the invitation."""

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
    asks_reports: bool
    """Each organisation is asked for a short situation report with its needs."""


class ScheduleOut(Output):
    """A prepared conference."""

    id: str
    """Made by Samband."""
    name: str
    """Of the conference."""
    rule: RuleOut
    """Its dates."""
    forum: str | None
    """The forum whose defaults it takes."""
    activation_list_id: str | None
    """The list that is called out; null: that of the forum."""
    level: str | None
    """`inriktande`, `samordnande` or `verkställande`; null: as the forum."""
    language: str | None
    """Null: as the forum."""
    recorded: bool | None
    """Null: as the forum."""
    exercise: bool
    """An exercise (*övning*)."""
    floor_mode: str
    """The floor from the start."""
    waiting_room: bool
    """Callers wait until a host lets them in."""
    joins_muted: bool
    """Everybody but hosts comes in muted."""
    entry_sound: str | None
    """Null: as the forum."""
    asks_name: bool | None
    """Null: as the forum."""
    direct_number: str | None
    """A number of ours that leads straight into it."""
    direct_code: bool
    """Callers of that number key a code."""
    secrecy: str
    """`open` or `secret`."""
    talkgroup: int | None
    """Named in the invitation (GSSI); null: that of the forum."""
    invitation: SmarrOut
    """Its words, in the SMARR form."""
    open_before_s: float
    """It is opened so long before its time."""
    lasts_s: float | None
    """It is meant to end so long after its time."""
    rings: bool
    """Its functions are called out at its time."""
    invites: bool
    """Its invitations go out by themselves."""
    remind_before_s: float | None
    """Its functions are reminded so long before its time; null: they are not."""
    sequence: int
    """Raised by each change; a change names the one that it was made on."""
    created_by: str
    """The name of the one who added it."""
    next: PlannedOut | None
    """The next date."""
    held: list[OccurrenceOut]
    """The dates of the last two months that have come, the latest first."""


class InvitationOut(Output):
    """An invitation as it can be sent."""

    method: str
    """`REQUEST` or `CANCEL`, as in the calendar (RFC 5546)."""
    to: str | None
    """The mail address of the function, where it has one."""
    subject: str
    """One line."""
    text: str
    """In the SMARR form. It holds no code."""
    calendar: str
    """The calendar file (RFC 5545): one VEVENT."""
    filename: str
    """A name for the calendar file."""
    uid: str
    """The same in every message about this series."""
    sequence: int
    """Raised by each change."""


def invitation_out(one: Invitation) -> InvitationOut:
    return InvitationOut(
        method=one.method,
        to=one.to,
        subject=one.subject,
        text=one.text,
        calendar=one.calendar.decode(),
        filename=one.filename,
        uid=one.uid,
        sequence=one.sequence,
    )


def schedule_out(shown: ShownSchedule, language: Language) -> ScheduleOut:
    one, options, smarr = shown.schedule, shown.schedule.options, shown.schedule.smarr
    rule = one.rule
    return ScheduleOut(
        id=one.id,
        name=one.name,
        rule=RuleOut(
            first_on=rule.first_on,
            time=rule.time,
            weekdays=list(rule.weekdays),
            last_on=rule.last_on,
            zone=rule.zone,
            skipped=list(rule.skipped),
            moved=[MovedOut(on=each.on, to_on=each.to_on, to_time=each.to_time) for each in rule.moved],
        ),
        forum=one.forum,
        activation_list_id=one.activation_list,
        level=one.level,
        language=options.language,
        recorded=options.recorded,
        exercise=options.exercise,
        floor_mode=options.floor_mode,
        waiting_room=options.waiting_room,
        joins_muted=options.joins_muted,
        entry_sound=options.entry_sound,
        asks_name=options.asks_name,
        direct_number=options.direct_number,
        direct_code=options.direct_code,
        secrecy=options.secrecy,
        talkgroup=options.talkgroup,
        invitation=SmarrOut(
            purpose=smarr.purpose,
            goal=smarr.goal,
            agenda=list(smarr.agenda),
            resources=smarr.resources,
            rules=smarr.rules,
            asks_reports=smarr.asks_reports,
        ),
        open_before_s=one.open_before_s,
        lasts_s=one.lasts_s,
        rings=one.rings,
        invites=one.invites,
        remind_before_s=one.remind_before_s,
        sequence=one.sequence,
        created_by=one.created_by,
        next=planned_out(shown.coming) if shown.coming is not None else None,
        held=[occurrence_out(each, language) for each in shown.held],
    )


def planned_out(planned: Planned) -> PlannedOut:
    return PlannedOut(
        on=planned.on,
        starts_at=when(planned.starts_at_s),
        local=planned.local,
        moved=planned.moved,
        clock=planned.clock,
    )


def occurrence_out(one: Occurrence, language: Language) -> OccurrenceOut:
    return OccurrenceOut(
        id=one.id,
        on=one.on,
        starts_at=when(one.starts_at_s),
        state=one.state,
        conference_id=one.conference if one.opened_at_s is not None else None,
        opened_at=when(one.opened_at_s),
        late_s=round(one.late_s),
        ringing=one.ringing,
        rung_late_s=round(one.rung_late_s),
        activation_id=one.activation,
        reason=words(one.reason, language),
        reason_code=code(one.reason),
        reason_data=data(one.reason),
    )
