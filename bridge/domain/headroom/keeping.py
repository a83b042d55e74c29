"""A mix that is full closes microphones by policy. They open again with room, or when a host wants it."""

from typing import Final

from bridge.domain.conference import legs, people, voices
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.passing import HEARD
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, MuteOwner, Seat, SeatState
from bridge.domain.headroom import bound, prompts
from bridge.domain.headroom.events import MixingMeasured
from bridge.domain.headroom.notes import HeadroomNote
from bridge.domain.headroom.passing import FULL_SINCE, KEPT_OPEN, OPENED, ROOM_SINCE
from bridge.domain.headroom.policy import HeadroomPolicy
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step

_NOBODY: Final = frozenset[MuteOwner]()


def crowded_out(node: Node) -> list[Seat]:
    """Those whose microphone is closed for the mixing's sake, the first who came first."""
    closed = [one for one in node[PARTICIPANTS].values() if MuteOwner.MIXING in one.muted_by]
    here = [one for one in closed if one.state is not SeatState.LEFT]
    return sorted(here, key=lambda one: (one.joined_at_s or 0.0, one.id))


def measured(step: Step, event: MixingMeasured) -> None:
    policy = step.node.policy[HeadroomPolicy]
    full_since_s, room_since_s = step.node[FULL_SINCE], step.node[ROOM_SINCE]
    if event.used_percent <= policy.full_percent:
        full_since_s = None
    elif full_since_s is None:
        full_since_s = step.at_s
    elif step.at_s - full_since_s >= policy.full_for_s:
        _close(step, event.used_percent)
        full_since_s = step.at_s
    if event.used_percent > policy.room_percent:
        room_since_s = None
    elif room_since_s is None:
        room_since_s = step.at_s
    elif step.at_s - room_since_s >= policy.room_for_s:
        _open(step)
        room_since_s = step.at_s
    step.know(FULL_SINCE, full_since_s)
    step.know(ROOM_SINCE, room_since_s)


def _close(step: Step, used_percent: float) -> None:
    """In the meeting with the most open microphones: its mix is the busiest."""
    heard = {one.id: _heard(step, one.id) for one in step.node[CONFERENCES].values()}
    fullest = max(heard, key=lambda one: (len(heard[one]), one), default=None)
    if fullest is None:
        return
    most = bound.most_open(len(heard[fullest]), used_percent, step.node.policy[HeadroomPolicy])
    holder = step.node[CONFERENCES][fullest].floor.holder
    for seat in bound.who_closes(heard[fullest], most, holder, step.node[KEPT_OPEN]):
        _crowd_out(step, seat)


def _heard(step: Step, conference: ConferenceId) -> list[Seat]:
    def is_heard(seat: Seat) -> bool:
        channel = legs.channel_of(step.node, seat)
        return channel is not None and step.node[HEARD].get(channel, False)

    return [one for one in people.in_main_room(step, conference) if is_heard(one)]


def _open(step: Step) -> None:
    closed = crowded_out(step.node)
    open_now = sum(len(_heard(step, one)) for one in {seat.conference for seat in closed})
    opened = closed[: bound.opens_again(open_now, len(closed))]
    step.know(OPENED, frozenset(one.id for one in opened))
    for seat in opened:
        voices.own_mute(step, seat, MuteOwner.MIXING, muted=False)
        step.note(seat.conference, HeadroomNote.ROOM_AGAIN, seat.id, name=seat.name)
        if not step.node[PARTICIPANTS][seat.id].muted:
            voices.whisper(step, seat, conference_prompts.UNMUTED)


def _crowd_out(step: Step, seat: Seat) -> None:
    was_muted = seat.muted
    voices.own_mute(step, seat, MuteOwner.MIXING, muted=True)
    step.note(seat.conference, HeadroomNote.CROWDED_OUT, seat.id, name=seat.name)
    if not was_muted:
        voices.whisper(step, step.node[PARTICIPANTS][seat.id], prompts.CROWDED_OUT)


def keep(step: Step) -> None:
    """One who comes into a meeting whose mix is full comes in closed. One whom a person opens stays open."""
    now, before = step.node[PARTICIPANTS], step.before[PARTICIPANTS]
    if now is before:
        return
    opened_by_us = step.node[OPENED]
    for seat in list(now.values()):
        former = before.get(seat.id)
        owners = former.muted_by if former is not None else _NOBODY
        if MuteOwner.MIXING in owners - seat.muted_by and seat.id not in opened_by_us:
            step.set_in(KEPT_OPEN, seat.id, step.at_s)
        if _comes_in(seat, former) and _is_crowded(step, step.node[CONFERENCES].get(seat.conference), seat):
            _crowd_out(step, seat)
    if opened_by_us:
        step.know(OPENED, frozenset())
    for gone in [one for one in step.node[KEPT_OPEN] if one not in now or now[one].state is SeatState.LEFT]:
        step.drop_from(KEPT_OPEN, gone)


def _comes_in(seat: Seat, former: Seat | None) -> bool:
    return seat.state is SeatState.PRESENT and (former is None or former.state is not SeatState.PRESENT)


def _is_crowded(step: Step, conference: Conference | None, seat: Seat) -> bool:
    if conference is None or not bound.who_closes([seat], 0, conference.floor.holder, step.node[KEPT_OPEN]):
        return False
    return any(one.conference == conference.id for one in crowded_out(step.node))
