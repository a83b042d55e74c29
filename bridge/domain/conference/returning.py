"""Those who come back into the meeting they were in: found by their personal code, or by their line.

A personal code is proof of a function, so it finds the seat also while another telephone carries it. A line is a hint.
It finds a seat whose line was lost, and only together with a right code of the conference. It never makes anybody
lead whose code does not, and it opens no locked door. Where several have the same number, as behind a switchboard, it
finds nobody.
"""

from dataclasses import replace

from bridge.domain.conference import seats
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    Holder,
    LegKind,
    Role,
    Seat,
    SeatState,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step

_KEPT = frozenset({SeatState.PRESENT, SeatState.LOST})


def by_code(node: Node, conference: Conference, holder: Holder | None) -> Seat | None:
    """The seat of the function that a personal code stands for. Those who are on the way in have none yet."""
    if holder is None:
        return None
    found = [
        one
        for one in _telephones(node, conference.id)
        if one.state in _KEPT and (one.function, one.organisation) == (holder.function, holder.organisation)
    ]
    return min(found, key=lambda one: one.state is not SeatState.PRESENT, default=None)


def by_line(node: Node, conference: Conference, number: str | None, role: Role) -> Seat | None:
    """The lost seat of this number, where the number is nobody else's and the code gives the role it has."""
    if number is None:
        return None
    same = [one for one in _telephones(node, conference.id) if one.number == number and one.state is not SeatState.LEFT]
    if len(same) != 1 or same[0].state is not SeatState.LOST:
        return None
    return None if same[0].leads and role is not Role.HOST else same[0]


def _telephones(node: Node, conference: ConferenceId) -> list[Seat]:
    return [one for one in node[PARTICIPANTS].values() if one.conference == conference and one.kind is LegKind.PHONE]


def back(seat: Seat, role: Role = Role.PARTICIPANT, number: str | None = None) -> Seat:
    """The seat on the way in again, not written yet. Role, mute and name are kept; a host's code makes a host."""
    own_role = Role.HOST if role is Role.HOST and seat.role is Role.PARTICIPANT else seat.role
    waits_since_s = None if own_role is Role.HOST else seat.waits_since_s
    return replace(
        seat,
        state=SeatState.JOINING if waits_since_s is None else SeatState.WAITING,
        waits_since_s=waits_since_s,
        left_at_s=None,
        role=own_role,
        number=number or seat.number,
    )


def kept_s(step: Step, seat: Seat) -> float:
    """So long is a lost seat kept from now on."""
    lost_at_s = seat.left_at_s if seat.left_at_s is not None else step.at_s
    return max(0.0, lost_at_s + step.node.policy[ConferencePolicy].seat_kept_s - step.at_s)


def resume(step: Step) -> None:
    """After a restart of the controller: seats are kept for the rest of their time."""
    for seat in step.node[PARTICIPANTS].values():
        if seat.state is SeatState.LOST:
            step.start_timer(ConferenceTimer.SEAT_KEPT, seat.id, kept_s(step, seat))


def due(step: Step, participant: ParticipantId) -> None:
    """They have not come back in time, and have left."""
    seat = step.node[PARTICIPANTS].get(participant)
    if seat is None or seat.state is not SeatState.LOST:
        return
    seats.leave(step, seat)
    conference = step.node[CONFERENCES].get(seat.conference)
    if conference is not None and conference.state is ConferenceState.OPEN and participant in step.node[PARTICIPANTS]:
        # The meeting has been empty, and those who left it were forgotten then.
        seats.forget(step, step.node[PARTICIPANTS][participant])
