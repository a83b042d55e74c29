"""The rooms of a conference. Each is a mix of its own; every conference has one that is its main one."""

from dataclasses import replace

from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    ROOMS,
    Conference,
    ConferenceState,
    Room,
    RoomKind,
    Seat,
    SeatState,
)
from bridge.domain.kernel.ids import ConferenceId, MixId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import CreateMix, DestroyMix


def open_main(step: Step, conference: Conference, mix: MixId) -> None:
    """The room that a conference begins with."""
    step.put(Room(mix, conference.id, step.at_s))


def main(node: Node, conference: ConferenceId) -> Room:
    """The room that everybody comes into unless a rule says otherwise."""
    return next(room for room in of(node, conference) if room.kind is RoomKind.MAIN)


def of(node: Node, conference: ConferenceId) -> list[Room]:
    return [room for room in node[ROOMS].values() if room.conference == conference]


def is_aside(node: Node, seat: Seat) -> bool:
    """Whether they sit in another room than the main one. There the floor is open, and no talkgroup is."""
    room = node[ROOMS].get(seat.room)
    return room is not None and room.kind is not RoomKind.MAIN


def in_room(node: Node, room: MixId) -> list[Seat]:
    """Everybody whose place is there, those on the way in and those rung back too."""
    return [one for one in node[PARTICIPANTS].values() if one.room == room and one.state is not SeatState.LEFT]


def make_sure_of(step: Step, seat: Seat) -> None:
    """The room that somebody sits in has its mix. Making it twice gives one."""
    step.do(CreateMix(seat.room, seat.conference))


def is_over(node: Node, mix: MixId) -> bool:
    """Whether nobody belongs into this mix any more."""
    room = node[ROOMS].get(mix)
    conference = node[CONFERENCES].get(room.conference) if room is not None else None
    return (
        room is None or room.closed_at_s is not None or conference is None or conference.state is ConferenceState.ENDED
    )


def close_all(step: Step, conference: Conference) -> None:
    """The conference is over: its mixes are taken down. Safe to repeat."""
    for room in of(step.node, conference.id):
        if room.closed_at_s is None:
            step.put(replace(room, closed_at_s=step.at_s))
        step.do(DestroyMix(room.id))


def forget_all(step: Step, conference: Conference) -> None:
    """The conference is forgotten; the store keeps its rooms too."""
    for room in of(step.node, conference.id):
        step.forget(room)
