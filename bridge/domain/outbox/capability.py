"""The outbox, as the step sees it."""

from typing import Final

from bridge.domain.kernel.capability import Capability, carries_out, on, when_due
from bridge.domain.outbox import desk
from bridge.domain.outbox.commands import QueueMessage, TakePartReceipt, TakeReceipt, WithdrawMessage
from bridge.domain.outbox.events import MessageSent
from bridge.domain.outbox.notes import OutboxNote
from bridge.domain.outbox.records import OUTBOX
from bridge.domain.outbox.timers import OutboxTimer

OUTBOX_ROOM: Final = Capability(
    "outbox",
    records=(OUTBOX,),
    heed=(on(MessageSent, desk.sent),),
    commands=(
        carries_out(QueueMessage, desk.queue),
        carries_out(WithdrawMessage, desk.withdraw),
        carries_out(TakeReceipt, desk.reported),
        carries_out(TakePartReceipt, desk.part_reported),
    ),
    timers=(when_due(OutboxTimer.OUTBOX_PUMP, lambda step, _: desk.pump(step)),),
    notes=OutboxNote,
    resume=desk.at_start,
)
