"""The meetings and call-outs that go on now, for the strip of the console."""

from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Output, when
from bridge.domain.conference.records import RecordingState
from bridge.domain.kernel.principal import Principal
from bridge.service.hosts import Passed

router = resource("/overview", "conferences")


class MeetingOut(Output):
    """A meeting that goes on."""

    id: str
    """Made by us."""
    name: str
    """As people know it."""
    present: int
    """So many are in it."""
    talking: bool
    """Somebody talks."""
    recorded: bool
    """It is being recorded now."""
    exercise: bool
    """An exercise (*övning*)."""


class CallOutOut(Output):
    """A call-out that goes on."""

    id: str
    """Made by us."""
    conference_id: str
    """The conference that people come to."""
    name: str
    """The list's, when it was started."""
    came: int
    """Functions that have come, by themselves or by a deputy."""
    total: int
    """Functions that it calls."""
    started_at: str | None
    """RFC 3339, UTC."""
    exercise: bool
    """An exercise (*övning*)."""


class HandedOut(Output):
    """A meeting that was handed over by you or to you, within the latest 12 hours."""

    id: str
    """Of the meeting."""
    name: str
    """As people know it."""
    former: str | None
    """The person whose it was, as people read it; null: no person's."""
    to: str
    """The person whose it is."""
    by: str
    """The one who handed it over."""
    at: str | None
    """RFC 3339, UTC."""
    yours: bool
    """It is yours now."""
    stays: bool
    """The former host leads it beside that person."""
    seen: bool
    """You see it: it is yours, or you lead it beside that person, or you see every meeting."""


class OverviewOut(Output):
    """Those that go on, the oldest first."""

    meetings: list[MeetingOut]
    """The conferences that have not ended."""
    call_outs: list[CallOutOut]
    """The call-outs that are not done."""
    handed: list[HandedOut]
    """The meetings that were handed over by you or to you, the latest first."""


@router.get("")
async def read_overview(service: TheService, asker: Asker) -> OverviewOut:
    """The meetings and the call-outs that go on."""
    meetings, call_outs, handed = await service.overview.read(asker)
    return OverviewOut(
        meetings=[
            MeetingOut(
                id=one.conference.id,
                name=one.conference.name,
                present=one.present,
                talking=one.talking,
                recorded=one.conference.recording.state is RecordingState.ON,
                exercise=one.conference.exercise,
            )
            for one in meetings
        ],
        call_outs=[
            CallOutOut(
                id=one.activation.id,
                conference_id=one.activation.conference,
                name=one.activation.list_name,
                came=one.came,
                total=one.total,
                started_at=when(one.activation.started_at_s),
                exercise=one.activation.exercise,
            )
            for one in call_outs
        ],
        handed=[handed_out(one, asker) for one in handed],
    )


def handed_out(one: Passed, asker: Principal) -> HandedOut:
    """As it is told to somebody."""
    conference = one.conference
    return HandedOut(
        id=conference.id,
        name=conference.name,
        former=one.former,
        to=one.to,
        by=one.by,
        at=when(conference.handed_at_s),
        yours=conference.opened_by == asker.name,
        stays=one.stays,
        seen=one.seen,
    )
