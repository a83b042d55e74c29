"""`#7`: to another room, and back. It leads a host to those who wait, and one out of the emergency room to the door."""

from bridge.domain.conference.records import ROOMS, RoomKind, Seat
from bridge.domain.kernel.step import Step
from bridge.domain.siderooms import going
from bridge.domain.waiting import address, together


def by_key(step: Step, seat: Seat) -> None:
    """A host who speaks to those who wait is back in the meeting at once. All others are asked where to go."""
    room = step.node[ROOMS].get(seat.room)
    if room is not None and room.kind is RoomKind.WAITING:
        address.end_by_key(step, seat)
    else:
        going.ask(step, seat, *address.offers(step, seat), *together.offers(step, seat))
