"""Reach: whether a participant with the floor can be heard. The floor stays with nobody who is gone, whatever carried
them.

A telephone is within reach while it is in the main room; a talkgroup while its terminal stands on it.
"""

from bridge.domain.conference import floor as floors
from bridge.domain.conference import floor_control, legs, people, rooms
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, LegKind, Seat, SeatState
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.step import Step
from bridge.domain.radio.records import PATCHES, PatchState

_OUT_OF_REACH = (PatchState.PENDING_APPROVAL, PatchState.OFFLINE, PatchState.REMOVED)


def can_speak(step: Step, participant: Seat | None) -> bool:
    """Whether the floor is of any use to them now."""
    if participant is None or participant.state is not SeatState.PRESENT or rooms.is_aside(step.node, participant):
        return False
    if participant.kind is not LegKind.RADIO:
        return True
    patch_id = legs.patch_of(step.node, participant)
    patch = step.node[PATCHES].get(patch_id) if patch_id is not None else None
    return patch is not None and not patch.closing and patch.state not in _OUT_OF_REACH


def keep_floors(step: Step) -> None:
    """After every event: a participant who cannot be heard any more loses the floor, or the place in its line.

    A telephone whose line is lost keeps both for a while, see `bridge.domain.speaking`.
    """
    for conference in list(step.node[CONFERENCES].values()):
        floor = conference.floor
        for participant in (floor.holder, *(one.participant for one in floor.requests)):
            if participant is not None and not _keeps(step, participant):
                current = step.node[CONFERENCES][conference.id]
                host = people.host_of(step, conference.id)
                floor_control.change_floor(step, current, floors.leave(current.floor, participant, host, step.at_s))


def _keeps(step: Step, participant: ParticipantId) -> bool:
    one = step.node[PARTICIPANTS].get(participant)
    return can_speak(step, one) or (one is not None and one.state in (SeatState.JOINING, SeatState.LOST))
