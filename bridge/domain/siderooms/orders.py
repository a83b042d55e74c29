"""The commands of side rooms, from API and CLI: each is carried out or refused, and audited."""

from collections.abc import Iterable

from bridge.domain.conference import orders, rooms, seats
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import (
    ROOMS,
    Conference,
    LegKind,
    OffRecord,
    RecordingState,
    Room,
    RoomKind,
    Seat,
    SeatState,
)
from bridge.domain.kernel.ids import ConferenceId, MixId, ParticipantId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.siderooms import moving
from bridge.domain.siderooms.commands import CloseSideRoom, Consult, OpenSideRoom, RecallAll, SendToRoom
from bridge.domain.siderooms.policy import SideRoomPolicy
from bridge.domain.siderooms.reasons import SideRoomReason


def open_room(step: Step, actor: str, command: OpenSideRoom) -> None:
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    step.reply = Done(command.room)
    if command.room in step.node[ROOMS]:
        return
    number = moving.free_number(step.node, conference.id)
    if number is None:
        step.reply = Refused("conflict", SideRoomReason.TOO_MANY(most=moving.MOST))
        return
    room = Room(
        command.room,
        conference.id,
        step.at_s,
        RoomKind.SIDE,
        name=command.name,
        number=number,
        parallel=command.parallel,
    )
    moving.open_room(step, room)
    step.audit(actor, "room.open", room.id, name=room.name, parallel=room.parallel)


def send(step: Step, actor: str, command: SendToRoom) -> None:
    conference = orders.running(step, command.conference)
    room = _room(step, conference, command.room) if conference is not None else None
    if room is None:
        return
    if room.private:
        step.reply = Refused("conflict", SideRoomReason.PRIVATE())
        return
    people = _people(step, room.conference, command.participants)
    if people is None:
        return
    for one in people:
        seats.move(step, one, room.id)
    step.audit(actor, "room.send", room.id, name=room.name, participants=", ".join(command.participants))
    step.reply = Done(room.id)


def recall_all(step: Step, actor: str, command: RecallAll) -> None:
    """With nobody in a side room nothing changes, and nothing is refused."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    default_s = step.node.policy[SideRoomPolicy].recall_warning_s
    warning_s = default_s if command.warning_s is None else command.warning_s
    occupied = [one for one in moving.open_ones(step.node, conference.id) if rooms.in_room(step.node, one.id)]
    for room in occupied:
        moving.recall(step, room, warning_s)
    if occupied:
        step.audit(actor, "room.recall", conference.id, warning_s=warning_s)
    step.reply = Done(conference.id)


def close(step: Step, actor: str, command: CloseSideRoom) -> None:
    """One that is closed already is closed: nothing is refused."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    room = step.node[ROOMS].get(command.room)
    if room is None or room.conference != conference.id:
        step.reply = Refused("not_found", SideRoomReason.NO_SUCH_ROOM())
        return
    if room.kind is not RoomKind.SIDE:
        step.reply = Refused("conflict", SideRoomReason.NOT_A_SIDE_ROOM())
        return
    if room.closed_at_s is None:
        moving.close(step, room)
        step.audit(actor, "room.close", room.id, name=room.name)
    step.reply = Done(room.id)


def consult(step: Step, actor: str, command: Consult) -> None:
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    if command.room in step.node[ROOMS]:
        step.reply = Done(command.room)
        return
    if len(set(command.participants)) != 2 or len(command.participants) != 2:
        step.reply = Refused("invalid", SideRoomReason.TWO_PEOPLE(), "participants")
        return
    people = _people(step, conference.id, command.participants)
    if people is None:
        return
    recorded = _is_recorded(step, conference)
    moving.open_room(step, Room(command.room, conference.id, step.at_s, RoomKind.SIDE, private=True, recorded=recorded))
    for one in people:
        seats.move(step, one, command.room)
    marked = {"recorded": True} if recorded else {}
    step.audit(actor, "room.consult", command.room, participants=", ".join(command.participants), **marked)
    step.reply = Done(command.room)


def _is_recorded(step: Step, conference: Conference) -> bool:
    """Whether two who now begin to talk in private are recorded. It stays so until they are back: both are told at the
    beginning. One that began without the words is never recorded, whatever the meeting's recording does meanwhile."""
    side = conference.recording
    is_on = side.state is RecordingState.ON and side.off_record is OffRecord.NO
    return is_on and step.node.policy[SideRoomPolicy].consultations_recorded


def _room(step: Step, conference: Conference, room: MixId) -> Room | None:
    """An open room of the conference; else `step.reply` refuses."""
    found = step.node[ROOMS].get(room)
    if found is None or found.conference != conference.id:
        step.reply = Refused("not_found", SideRoomReason.NO_SUCH_ROOM())
        return None
    if found.kind is RoomKind.WAITING:
        step.reply = Refused("conflict", SideRoomReason.NOT_A_SIDE_ROOM())
        return None
    if found.closed_at_s is not None:
        step.reply = Refused("conflict", SideRoomReason.CLOSED())
        return None
    return found


def _people(step: Step, conference: ConferenceId, participants: Iterable[ParticipantId]) -> list[Seat] | None:
    """All of them, if each can be moved now; else `step.reply` refuses."""
    found = []
    for participant in participants:
        one = orders.taking_part(step, conference, participant)
        if one is None:
            return None
        if one.kind is LegKind.RADIO:
            step.reply = Refused("conflict", SideRoomReason.TALKGROUP_STAYS(talkgroup=one.name), "participants")
            return None
        if one.state is not SeatState.PRESENT:
            step.reply = Refused("conflict", ConferenceReason.PARTICIPANT_NOT_IN_YET(), "participants", retry=True)
            return None
        found.append(one)
    return found
