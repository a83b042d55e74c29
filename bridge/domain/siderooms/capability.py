"""Side rooms, as the step sees them."""

from typing import Final

from bridge.domain.kernel.capability import Capability, carries_out, when_due
from bridge.domain.siderooms import moving, orders, prompts
from bridge.domain.siderooms.commands import CloseSideRoom, Consult, OpenSideRoom, RecallAll, SendToRoom
from bridge.domain.siderooms.notes import SideRoomNote
from bridge.domain.siderooms.timers import SideRoomTimer

SIDE_ROOMS: Final = Capability(
    "siderooms",
    commands=(
        carries_out(OpenSideRoom, orders.open_room),
        carries_out(SendToRoom, orders.send),
        carries_out(RecallAll, orders.recall_all),
        carries_out(CloseSideRoom, orders.close),
        carries_out(Consult, orders.consult),
    ),
    timers=(
        when_due(SideRoomTimer.RECALL, moving.recall_due),
        when_due(SideRoomTimer.EMPTY, moving.empty_due),
        when_due(SideRoomTimer.TAKE_DOWN, moving.take_down_due),
    ),
    notes=SideRoomNote,
    prompts=prompts,
    resume=moving.resume,
    keep=moving.keep,
)
