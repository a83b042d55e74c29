"""What goes on now in a few words, for the strip of the console."""

from fastapi import APIRouter

from bridge.api.dependencies import TheService
from bridge.api.security import Asker
from bridge.api.text import Output, when
from bridge.domain.conference.records import RecordingState

router = APIRouter(prefix="/overview", tags=["conferences"])


class MeetingOut(Output):
    """A meeting that goes on."""

    id: str
    name: str
    present: int
    talking: bool
    """Somebody talks."""
    recorded: bool
    exercise: bool


class CallOutOut(Output):
    """A call-out that goes on."""

    id: str
    conference_id: str
    name: str
    """The list's, when it was started."""
    came: int
    """Functions that have come, by themselves or by a deputy."""
    total: int
    """Functions that it calls."""
    started_at: str | None
    """RFC 3339, UTC."""
    exercise: bool


class OverviewOut(Output):
    """Those that go on, the oldest first."""

    meetings: list[MeetingOut]
    call_outs: list[CallOutOut]


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
