"""The meetings and call-outs that go on now, for the strip of the console."""

from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Output, when
from bridge.domain.conference.records import RecordingState

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


class OverviewOut(Output):
    """Those that go on, the oldest first."""

    meetings: list[MeetingOut]
    """The conferences that have not ended."""
    call_outs: list[CallOutOut]
    """The call-outs that are not done."""


@router.get("")
async def read_overview(service: TheService, asker: Asker) -> OverviewOut:
    """The meetings and the call-outs that go on."""
    meetings, call_outs = await service.overview.read(asker)
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
    )
