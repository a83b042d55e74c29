"""The waiting room, as the step sees it."""

from typing import Final

from bridge.domain.kernel.capability import Capability, carries_out, on, when_due
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.events import PlaybackEnded, TelephonyDown
from bridge.domain.waiting import address, hosts, line, orders, prompts, sounds, together
from bridge.domain.waiting.commands import LetIn, SetDoor, SpeakToWaiting, TellWaiting
from bridge.domain.waiting.notes import WaitingNote
from bridge.domain.waiting.timers import WaitingTimer


def _keep(step: Step) -> None:
    hosts.keep(step)
    address.keep(step)
    line.keep(step)
    sounds.keep(step)
    together.keep(step)


def _resume(step: Step) -> None:
    address.resume(step)
    together.resume(step)


WAITING: Final = Capability(
    "waiting",
    heed=(on(PlaybackEnded, line.said), on(PlaybackEnded, together.said), on(TelephonyDown, address.telephony_down)),
    commands=(
        carries_out(SetDoor, orders.set_door),
        carries_out(LetIn, orders.let_in),
        carries_out(SpeakToWaiting, orders.speak),
        carries_out(TellWaiting, orders.tell),
    ),
    timers=(
        when_due(WaitingTimer.WAITING_WORDS, line.due),
        when_due(WaitingTimer.WAITING_ADDRESSED, address.due),
        when_due(WaitingTimer.WAITING_TOLD, hosts.due),
        when_due(WaitingTimer.WAITING_ALONE, together.due),
    ),
    notes=WaitingNote,
    prompts=prompts,
    keys=orders.WAITING_KEYS,
    resume=_resume,
    keep=_keep,
)
