"""Side rooms open and close, and people go between them and the main room.

The record says where each person belongs. Everybody who is moved hears so by `keep`, in whichever way it came about.
So does somebody who is rung back into a side room.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference import rooms, seats, voices
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    ROOMS,
    ConferenceState,
    RecordingState,
    Room,
    RoomKind,
    Seat,
    SeatState,
)
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ConferenceId, MixId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.siderooms import prompts
from bridge.domain.siderooms.notes import SideRoomNote
from bridge.domain.siderooms.policy import SideRoomPolicy
from bridge.domain.siderooms.timers import SideRoomTimer
from bridge.domain.telephony.effects import Announce, DestroyMix

MOST: Final = 9
"""Of the rooms that a key leads into."""
TAKE_DOWN_S: Final = 3.0
"""The orders that bring people out of a mix are carried out before it is taken down."""


def open_ones(node: Node, conference: ConferenceId) -> list[Room]:
    """The side rooms that are not closed, in the order of their keys; consultations come last."""
    found = [one for one in rooms.of(node, conference) if _is_open(one)]
    return sorted(found, key=lambda one: (one.number or MOST + 1, one.opened_at_s))


def _is_open(room: Room) -> bool:
    return room.kind is RoomKind.SIDE and room.closed_at_s is None


def free_number(node: Node, conference: ConferenceId) -> int | None:
    """The lowest key that leads nowhere; `None` when all are taken."""
    taken = {one.number for one in open_ones(node, conference)}
    return next((number for number in range(1, MOST + 1) if number not in taken), None)


def open_room(step: Step, room: Room) -> None:
    step.put(room)
    step.note(room.conference, SideRoomNote.SIDE_ROOM_OPENED, room=room.id, name=room.name, private=room.private)


def recall(step: Step, room: Room, warning_s: float) -> None:
    """Everybody in the room is told, and brought back after the warning. Without one they are brought back now."""
    if warning_s <= 0:
        bring_back(step, room)
        return
    conference = step.node[CONFERENCES][room.conference]
    step.put(replace(room, recall_at_s=step.at_s + warning_s))
    step.note(room.conference, SideRoomNote.SIDE_ROOM_RECALLED, room=room.id, name=room.name)
    said = (prompts.SIDE_RECALL_IN, phrases.number(round(warning_s)), prompts.SIDE_RECALL_SECONDS)
    step.do(Announce(room.id, said, conference.language))
    step.start_timer(SideRoomTimer.RECALL, room.id, warning_s)


def bring_back(step: Step, room: Room) -> None:
    """Everybody in the room goes to the main one. Safe to repeat."""
    if room.recall_at_s is not None:
        step.put(replace(room, recall_at_s=None))
        step.stop_timer(SideRoomTimer.RECALL, room.id)
    main = rooms.main(step.node, room.conference).id
    for seat in rooms.in_room(step.node, room.id):
        seats.move(step, seat, main)


def close(step: Step, room: Room) -> None:
    """Nobody is left in it, and nobody comes into it any more."""
    bring_back(step, room)
    step.put(replace(step.node[ROOMS][room.id], closed_at_s=step.at_s, empty_since_s=None))
    step.note(room.conference, SideRoomNote.SIDE_ROOM_CLOSED, room=room.id, name=room.name)
    step.stop_timer(SideRoomTimer.EMPTY, room.id)
    step.start_timer(SideRoomTimer.TAKE_DOWN, room.id, TAKE_DOWN_S)


# --- timers ---


def recall_due(step: Step, subject: str) -> None:
    room = step.node[ROOMS].get(MixId(subject))
    if room is not None and _is_open(room):
        bring_back(step, room)


def empty_due(step: Step, subject: str) -> None:
    room = step.node[ROOMS].get(MixId(subject))
    if room is not None and _is_open(room) and not rooms.in_room(step.node, room.id):
        close(step, room)


def take_down_due(step: Step, subject: str) -> None:
    room = step.node[ROOMS].get(MixId(subject))
    if room is not None and room.closed_at_s is not None:
        step.do(DestroyMix(room.id))


def resume(step: Step) -> None:
    """After a restart of the controller the timers are lost. Their instants stand in the records."""
    policy = step.node.policy[SideRoomPolicy]
    for room in step.node[ROOMS].values():
        if not _is_open(room):
            continue
        if room.recall_at_s is not None:
            step.start_timer(SideRoomTimer.RECALL, room.id, max(0.0, room.recall_at_s - step.at_s))
        if room.empty_since_s is not None:
            left_s = room.empty_since_s + policy.empty_s - step.at_s
            step.start_timer(SideRoomTimer.EMPTY, room.id, max(0.0, left_s))


# --- after every event ---


def keep(step: Step) -> None:
    """People hear where they are, empty rooms wait for their end, and a consultation ends with either of the two."""
    are_rooms_changed = step.before[ROOMS] is not step.node[ROOMS]
    if are_rooms_changed or (_has_side_rooms(step.node) and _somebody_has_moved(step)):
        for room in list(step.node[ROOMS].values()):
            conference = step.node[CONFERENCES].get(room.conference)
            if _is_open(room) and conference is not None and conference.state is not ConferenceState.ENDED:
                _watch(step, room)
        for seat in list(step.node[PARTICIPANTS].values()):
            _follow(step, step.before[PARTICIPANTS].get(seat.id), seat)
    if step.before[ROOMS] is not step.node[ROOMS]:
        _rooms_changed(step)


def _has_side_rooms(node: Node) -> bool:
    return any(one.kind is RoomKind.SIDE for one in node[ROOMS].values())


def _somebody_has_moved(step: Step) -> bool:
    """Or has come, or gone. Most changes of a seat are none of these."""
    before, now = step.before[PARTICIPANTS], step.node[PARTICIPANTS]
    if before is now:
        return False
    return any(_place(before.get(one.id)) != _place(one) for one in now.values())


def _place(seat: Seat | None) -> tuple[MixId, SeatState] | None:
    return (seat.room, seat.state) if seat is not None else None


def _watch(step: Step, room: Room) -> None:
    here = rooms.in_room(step.node, room.id)
    was_used = any(
        one.room == room.id and one.state is not SeatState.LEFT for one in step.before[PARTICIPANTS].values()
    )
    if room.private and len(here) < 2:
        close(step, room)
    elif here and room.empty_since_s is not None:
        step.put(replace(room, empty_since_s=None))
        step.stop_timer(SideRoomTimer.EMPTY, room.id)
    elif not here and was_used and not room.parallel:
        step.put(replace(room, empty_since_s=step.at_s))
        step.start_timer(SideRoomTimer.EMPTY, room.id, step.node.policy[SideRoomPolicy].empty_s)


def _follow(step: Step, before: Seat | None, seat: Seat) -> None:
    room = step.node[ROOMS].get(seat.room)
    conference = step.node[CONFERENCES].get(seat.conference)
    if room is None or conference is None or conference.state is ConferenceState.ENDED:
        return
    left = step.node[ROOMS].get(before.room) if before is not None else None
    if RoomKind.WAITING in (room.kind, left.kind if left is not None else None):
        return  # `bridge.domain.waiting.address` tells them
    has_moved = before is not None and before.room != seat.room
    has_come_in = seat.state is SeatState.PRESENT and (before is None or before.state is not SeatState.PRESENT)
    if has_moved:
        kind = SideRoomNote.SIDE_ROOM_ENTERED if room.kind is RoomKind.SIDE else SideRoomNote.SIDE_ROOM_LEFT
        marked = {"recorded": True} if room.recorded else {}
        step.note(seat.conference, kind, seat.id, room=room.id, name=room.name, **marked)
    if room.kind is RoomKind.SIDE and (has_moved or has_come_in):
        _welcome(step, room, seat)
    elif has_moved:
        is_recorded = conference.recording.state in (RecordingState.STARTING, RecordingState.ON)
        recorded = (conference_prompts.ENTRY_RECORDED,) if is_recorded else ()
        voices.whisper(step, seat, prompts.SIDE_BACK, *recorded)


def _welcome(step: Step, room: Room, seat: Seat) -> None:
    """To one alone it is announced, since nobody else is disturbed by it."""
    others = [one for one in rooms.in_room(step.node, room.id) if one.id != seat.id and one.state is SeatState.PRESENT]
    where: tuple[Prompt, ...] = (prompts.SIDE_PRIVATE,)
    if not room.private:
        where = (prompts.SIDE_ENTERED, phrases.spoken(room.name))
    recorded = prompts.SIDE_RECORDED if room.recorded else prompts.SIDE_NOT_RECORDED
    if others:
        voices.whisper(step, seat, *where, recorded, prompts.SIDE_WAY_BACK)
    elif seat.state is SeatState.PRESENT:
        said = (*where, recorded, prompts.SIDE_ALONE, prompts.SIDE_WAY_BACK)
        step.do(Announce(room.id, said, seat.language))


def _rooms_changed(step: Step) -> None:
    """The conference is shown anew. Rooms that were closed with it have nothing to wait for."""
    for room in step.node[ROOMS].values():
        if step.before[ROOMS].get(room.id) is not room:
            step.show("conference", room.conference, room.conference)
    for room in step.before[ROOMS].values():
        now = step.node[ROOMS].get(room.id)
        if _is_open(room) and (now is None or not _is_open(now)):
            step.stop_timer(SideRoomTimer.RECALL, room.id)
            step.stop_timer(SideRoomTimer.EMPTY, room.id)
