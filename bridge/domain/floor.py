"""The floor (*ordet*): who is heard, who has asked, who is next. Pure functions on `Floor`.

==========  =====================================================  ==========================================
mode        who is heard                                            when the holder gives the word back
==========  =====================================================  ==========================================
`open`      everybody not muted; a holder is only shown             nobody holds it
`lecture`   the holder alone; the host until he gives it            it returns to the host
`queue`     the holder alone                                        the first in the queue has it at once
==========  =====================================================  ==========================================
"""

from dataclasses import replace

from bridge.domain.ids import ParticipantId
from bridge.domain.model import Floor, FloorMode


def is_heard(floor: Floor, participant: ParticipantId) -> bool:
    """Whether the floor lets this one be heard (his own mute is another matter)."""
    return floor.mode is FloorMode.OPEN or floor.holder == participant


def set_mode(floor: Floor, mode: FloorMode, host: ParticipantId | None, at_s: float) -> Floor:
    """Requests survive a change of mode; the holder does not, but in a lecture the host begins."""
    fresh = Floor(mode=mode, queue=floor.queue)
    match mode:
        case FloorMode.OPEN:
            return fresh
        case FloorMode.LECTURE:
            return _hold(fresh, host, at_s)
        case FloorMode.QUEUE:
            return _next(fresh, at_s)


def request(floor: Floor, participant: ParticipantId, at_s: float) -> Floor:
    """Ask for the word. In the queue mode a free word is given at once."""
    if floor.holder == participant or participant in floor.queue:
        return floor
    asked = replace(floor, queue=(*floor.queue, participant))
    if floor.mode is FloorMode.QUEUE and floor.holder is None:
        return _next(asked, at_s)
    return asked


def withdraw(floor: Floor, participant: ParticipantId) -> Floor:
    return replace(floor, queue=tuple(waiting for waiting in floor.queue if waiting != participant))


def give(floor: Floor, participant: ParticipantId | None, at_s: float) -> Floor:
    """The host gives the word to one, or to the first in the queue. With nobody waiting nothing changes."""
    if participant is None:
        return _next(floor, at_s) if floor.queue else floor
    return _hold(floor, participant, at_s)


def release(floor: Floor, host: ParticipantId | None, at_s: float) -> Floor:
    """The holder is done, or the word is taken from him."""
    free = replace(floor, holder=None, given_at_s=None)
    match floor.mode:
        case FloorMode.OPEN:
            return free
        case FloorMode.LECTURE:
            return _hold(free, host, at_s)
        case FloorMode.QUEUE:
            return _next(free, at_s)


def leave(floor: Floor, participant: ParticipantId, host: ParticipantId | None, at_s: float) -> Floor:
    """Somebody is gone: out of the queue, and the word is free if he had it."""
    without = withdraw(floor, participant)
    return release(without, host, at_s) if floor.holder == participant else without


def _next(floor: Floor, at_s: float) -> Floor:
    if not floor.queue:
        return replace(floor, holder=None, given_at_s=None)
    return replace(floor, holder=floor.queue[0], queue=floor.queue[1:], given_at_s=at_s)


def _hold(floor: Floor, participant: ParticipantId | None, at_s: float) -> Floor:
    """Who holds the word no longer asks for it."""
    if participant is None:
        return replace(floor, holder=None, given_at_s=None)
    return replace(withdraw(floor, participant), holder=participant, given_at_s=at_s)
