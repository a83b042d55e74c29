"""The door of a conference: locked by a host, reached straight by numbers of its own.

Its rules say who waits before it and who comes in muted.
"""

from dataclasses import replace

from bridge.domain.conference import prompts, voices
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.policy import ConferencePolicy, Passes
from bridge.domain.conference.records import CONFERENCES, Conference, ConferenceState, MuteOwner, Seat, SeatState
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.numbers import dialled_forms


def set_locked(step: Step, conference: Conference, locked: bool) -> None:
    """A locked door lets only hosts and called-out functions in; everybody hears it turn."""
    if conference.locked is locked:
        return
    step.put(replace(conference, locked=locked))
    step.note(conference.id, ConferenceNote.LOCKED if locked else ConferenceNote.UNLOCKED)
    voices.announce_act(step, conference, prompts.MEETING_LOCKED if locked else prompts.MEETING_UNLOCKED)


def led_to(node: Node, number: str) -> Conference | None:
    """The conference that a dialled number leads straight to, in whichever form the trunk writes it."""
    for conference in node[CONFERENCES].values():
        bound = conference.direct_number
        if bound is not None and conference.state is not ConferenceState.ENDED and number in dialled_forms(bound):
            return conference
    return None


def comes_in(step: Step, conference: Conference, seat: Seat) -> Seat:
    """The seat of somebody who comes for the first time, as the rules of the door have it. Not written yet."""
    if conference.door.joins_muted and not seat.leads:
        seat = replace(seat, muted_by=seat.muted_by | {MuteOwner.POLICY})
    if not conference.door.waiting_room or _passes(step, seat):
        return seat
    return replace(seat, state=SeatState.WAITING, waits_since_s=step.at_s)


def _passes(step: Step, seat: Seat) -> bool:
    """Hosts always; others by how they came."""
    passes = step.node.policy[ConferencePolicy].waiting_passes
    return (
        seat.leads
        or (Passes.CALLED in passes and seat.target is not None)
        or (Passes.FUNCTION in passes and seat.target is None and seat.function is not None)
    )
