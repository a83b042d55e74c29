"""The floor (*ordet*): its holder, its queue, and the microphones that follow from them. Pure functions on `Floor`.

==========  =====================================================  ==========================================
mode        who is heard                                            when the holder releases the floor
==========  =====================================================  ==========================================
`open`      everybody not muted; a holder is only shown             nobody holds it
`lecture`   the holder alone; the host until it is given            it returns to the host
`queue`     the holder alone                                        the next in the line has it at once
==========  =====================================================  ==========================================

The next is a speaker whose line was lost in a turn. After that comes the speaking list. Requests come last, as
`fairness` orders them.
"""

from dataclasses import replace

from bridge.domain.conference import fairness
from bridge.domain.conference.records import Floor, FloorMode, FloorRequest, RequestKind
from bridge.domain.kernel.ids import ParticipantId


def is_heard(floor: Floor, participant: ParticipantId) -> bool:
    """Whether the floor lets this participant be heard (their own mute is another matter)."""
    return floor.mode is FloorMode.OPEN or floor.holder == participant


def next_up(floor: Floor) -> FloorRequest | None:
    """The next to have the floor, of those who are here."""
    here = [one for one in floor.requests if not one.away]
    back = [one for one in here if one.kind is RequestKind.RETURNING]
    return next(iter([*back, *floor.listed, *here]), None)


def set_mode(floor: Floor, mode: FloorMode, host: ParticipantId | None, at_s: float) -> Floor:
    """Requests survive a change of mode; the holder does not, but in a lecture the host begins."""
    return _goes_on(replace(_free(floor, at_s), mode=mode), host, at_s)


def request(
    floor: Floor, participant: ParticipantId, at_s: float, kind: RequestKind | None = None, share: str = ""
) -> Floor:
    """Request the floor. In the queue mode a free floor is granted at once.

    Args:
        floor: Before.
        participant: A participant who is here.
        at_s: Now.
        kind: The class, also of a request that stands already. `None`: ordinary, or the one that stands.
        share: The share that the turn is counted to.
    """
    if floor.holder == participant:
        return floor
    before = next((one for one in floor.requests if one.participant == participant), None)
    if before is None:
        if floor.mode is FloorMode.QUEUE and floor.holder is None:
            return _hold(floor, participant, at_s, share)
        made = FloorRequest(participant, kind or RequestKind.ORDINARY, at_s, share)
        return _ordered(replace(floor, requests=(*floor.requests, made)), at_s)
    if kind is None or before.kind in (kind, RequestKind.RETURNING):
        return floor
    changed = tuple(one._replace(kind=kind) if one is before else one for one in floor.requests)
    return _ordered(replace(floor, requests=changed), at_s)


def withdraw(floor: Floor, participant: ParticipantId) -> Floor:
    return replace(floor, requests=tuple(one for one in floor.requests if one.participant != participant))


def give(floor: Floor, participant: ParticipantId | None, at_s: float, share: str = "") -> Floor:
    """The host gives the floor to a participant, or to the next in the line. With nobody waiting nothing changes."""
    if participant is not None:
        return _hold(_free(floor, at_s), participant, at_s, share)
    return _next(_free(floor, at_s), at_s) if next_up(floor) is not None else floor


def release(floor: Floor, host: ParticipantId | None, at_s: float) -> Floor:
    """The holder releases the floor, or the host revokes it."""
    return _goes_on(_free(floor, at_s), host, at_s)


def leave(floor: Floor, participant: ParticipantId, host: ParticipantId | None, at_s: float) -> Floor:
    """Somebody is gone: out of the line, and the floor is free if they had it."""
    without = replace(
        withdraw(floor, participant), listed=tuple(one for one in floor.listed if one.participant != participant)
    )
    return release(without, host, at_s) if floor.holder == participant else without


def lose_line(floor: Floor, participant: ParticipantId) -> Floor:
    """Somebody's line is lost and may come back: their place and their turn are kept."""
    return replace(
        floor,
        requests=tuple(one._replace(away=True) if one.participant == participant else one for one in floor.requests),
        listed=tuple(one for one in floor.listed if one.participant != participant),
    )


def come_back(floor: Floor, participant: ParticipantId, at_s: float) -> Floor:
    """Somebody is here again. In the queue mode a free floor is theirs, if they wait for it."""
    back = tuple(one._replace(away=False) if one.participant == participant else one for one in floor.requests)
    if back == floor.requests:
        return floor
    here = _ordered(replace(floor, requests=back), at_s)
    return _next(here, at_s) if here.mode is FloorMode.QUEUE and here.holder is None else here


def go_on_without(floor: Floor, host: ParticipantId | None, at_s: float) -> Floor:
    """The holder's line is lost and the others need not wait any longer. The holder is first when back."""
    if floor.holder is None:
        return floor
    since_s = floor.given_at_s if floor.given_at_s is not None else at_s
    kept = FloorRequest(floor.holder, RequestKind.RETURNING, since_s, floor.share, away=True)
    return release(replace(floor, requests=(kept, *withdraw(floor, floor.holder).requests)), host, at_s)


def _free(floor: Floor, at_s: float) -> Floor:
    """Nobody holds it. The turn that is over is counted."""
    spoken = floor.spoken
    if floor.share and floor.holder is not None and floor.given_at_s is not None:
        spoken = fairness.counted(spoken, floor.share, max(0.0, at_s - floor.given_at_s), at_s)
    return _ordered(replace(floor, holder=None, given_at_s=None, share="", turn_s=0.0, spoken=spoken), at_s)


def _goes_on(free: Floor, host: ParticipantId | None, at_s: float) -> Floor:
    match free.mode:
        case FloorMode.OPEN:
            return free
        case FloorMode.LECTURE:
            return free if host is None else _hold(free, host, at_s)
        case FloorMode.QUEUE:
            return _next(free, at_s)


def _next(free: Floor, at_s: float) -> Floor:
    first = next_up(free)
    if first is None:
        return free
    if first in free.listed:
        return _hold(free, first.participant, at_s, first.share)
    left = replace(free, requests=fairness.passed_by(free.requests, first))
    return _hold(left, first.participant, at_s, first.share)


def _hold(free: Floor, participant: ParticipantId, at_s: float, share: str = "") -> Floor:
    """The holder of the floor waits for it no longer."""
    without = replace(
        withdraw(free, participant), listed=tuple(one for one in free.listed if one.participant != participant)
    )
    return _ordered(replace(without, holder=participant, given_at_s=at_s, share=share), at_s)


def _ordered(floor: Floor, at_s: float) -> Floor:
    return replace(floor, requests=fairness.in_order(floor.requests, floor.spoken, floor.share, at_s))
