"""The meeting of people who are kept together out of the emergency room.

The number that they dialled tells it, or the code by which one of them has gone there. Their line tells it too: of a
seat in a meeting, or of a function that was called to one. People of whom nothing tells belong with the others, where
these all belong to one meeting. All of that is a hint: it asks a host, and lets nobody in.
"""

from dataclasses import replace

from bridge.domain.callout import ringback
from bridge.domain.callout.passing import LOST
from bridge.domain.callout.records import ACTIVATIONS, ATTEMPTS, TARGETS
from bridge.domain.conference import legs
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, ConferenceState, Seat, SeatState
from bridge.domain.kernel.ids import AttemptId, ConferenceId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step

_HERE = frozenset({SeatState.JOINING, SeatState.PRESENT})


def follow(step: Step) -> None:
    """After every event: those who are kept together are bound for their meeting, as far as it is known."""
    before, now = step.before, step.node
    is_same_people = before[PARTICIPANTS] is now[PARTICIPANTS] and before[CONFERENCES] is now[CONFERENCES]
    if is_same_people and before[TARGETS] is now[TARGETS]:
        return
    for conference in list(step.node[CONFERENCES].values()):
        if conference.emergency:
            _bind(step, conference)
    for participant in list(step.node[LOST]):
        seat = step.node[PARTICIPANTS].get(participant)
        if seat is not None and seat.state is SeatState.JOINING and _came_on_their_own(step.node, seat):
            ringback.came_by_themselves(step, seat)


def _bind(step: Step, conference: Conference) -> None:
    here = [
        one
        for one in step.node[PARTICIPANTS].values()
        if one.conference == conference.id and one.is_kept_together and one.state in _HERE
    ]
    if not here:
        return
    own = {one.id: _told(step.node, one) for one in here}
    known = {one for one in own.values() if one is not None} | _gone_to(step.node, conference.id)
    common = next(iter(known)) if len(known) == 1 else None
    for one in here:
        bound_for = own[one.id] or common
        if bound_for != one.bound_for:
            step.put(replace(one, bound_for=bound_for))


def _told(node: Node, seat: Seat) -> ConferenceId | None:
    """As it is known already, or as their line tells. A kept place tells more than a seat, and a later one more than an
    earlier."""
    if seat.bound_for is not None and _goes_on(node, seat.bound_for):
        return seat.bound_for
    if seat.number is None:
        return None
    seats = [one for one in node[PARTICIPANTS].values() if one.number == seat.number and _goes_on(node, one.conference)]
    if seats:
        return max(seats, key=lambda one: (one.state is SeatState.LOST, one.joined_at_s or 0.0)).conference
    called = [node[ACTIVATIONS].get(one.activation) for one in node[TARGETS].values() if seat.number in one.numbers]
    meetings = [one for one in called if one is not None and _goes_on(node, one.conference)]
    return max(meetings, key=lambda one: one.started_at_s).conference if meetings else None


def _gone_to(node: Node, conference: ConferenceId) -> set[ConferenceId]:
    """Where others of them have gone, by a code of their own or let in by a host."""
    gone = (one for one in node[PARTICIPANTS].values() if one.rescued_from == conference and not one.is_kept_together)
    return {one.conference for one in gone if _goes_on(node, one.conference)}


def _goes_on(node: Node, conference: ConferenceId) -> bool:
    found = node[CONFERENCES].get(conference)
    return found is not None and not found.emergency and found.state is not ConferenceState.ENDED


def _came_on_their_own(node: Node, seat: Seat) -> bool:
    """By a call of theirs, and not by the one that rings them back."""
    channel = legs.channel_of(node, seat)
    return seat.rescued_from is not None and channel is not None and AttemptId(channel) not in node[ATTEMPTS]
