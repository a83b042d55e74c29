"""Turns follow the floor, whatever moved it: their limit, the list, and the turn of a lost line.

::

    the floor is given ──limit − 30 s──▶ thirty seconds left ──▶ time is up: told, or the floor goes on
    the holder's line is lost ──turn_kept_s──▶ the floor goes on; the holder is first when back
                              └─back before──▶ the holder has the floor still
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import floor as floors
from bridge.domain.conference import floor_control, people, voices
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    Floor,
    FloorRequest,
    RequestKind,
    Role,
    Seat,
    SeatState,
)
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.phrases import Manner
from bridge.domain.kernel.step import Step
from bridge.domain.speaking import agenda, prompts
from bridge.domain.speaking.notes import SpeakingNote
from bridge.domain.speaking.policy import SpeakingPolicy
from bridge.domain.speaking.records import SPEAKING, SpeakingItem, TurnEnds
from bridge.domain.speaking.timers import SpeakingTimer

WARNING_S: Final = 30.0
"""The words of the warning name it. A shorter turn has no warning."""
_AWAY: Final = frozenset({SeatState.LOST, SeatState.JOINING})


def keep(step: Step) -> None:
    """After every event. Only conferences whose floor, people or list have moved are looked at."""
    if all(step.before[table] is step.node[table] for table in (CONFERENCES, PARTICIPANTS, SPEAKING)):
        return
    for conference in list(step.node[CONFERENCES].values()):
        if conference.state is not ConferenceState.ENDED:
            _follow(step, conference.id)
        elif _before(step, conference.id).state is not ConferenceState.ENDED:
            _stop_timers(step, conference.id)
    for gone in [one for one in step.node[SPEAKING].values() if one.conference not in step.node[CONFERENCES]]:
        step.forget(gone)


def resume(step: Step) -> None:
    """After a restart of the controller a turn goes on with the time that is left of it."""
    for conference in step.node[CONFERENCES].values():
        floor = conference.floor
        if conference.state is ConferenceState.ENDED or floor.holder is None:
            continue
        if floor.turn_s and floor.given_at_s is not None:
            _start_timers(step, conference.id, floor.given_at_s + floor.turn_s - step.at_s)
        if _is_away(step.node, floor.holder):
            step.start_timer(SpeakingTimer.TURN_KEPT, conference.id, step.node.policy[SpeakingPolicy].turn_kept_s)


def _before(step: Step, conference: ConferenceId) -> Conference:
    return step.before[CONFERENCES].get(conference) or replace(step.node[CONFERENCES][conference], floor=Floor())


def _follow(step: Step, conference: ConferenceId) -> None:
    old = _before(step, conference).floor
    item = _tick_off(step, conference, old)
    _apply_list(step, conference)
    floor = step.node[CONFERENCES][conference].floor
    if (old.holder, old.given_at_s) != (floor.holder, floor.given_at_s):
        _turn_begins(step, conference, old, item)
    _hold_for_the_lost(step, conference, old)
    _tell_places(step, conference, old)


# --- the speaking list ---


def _tick_off(step: Step, conference: ConferenceId, old: Floor) -> SpeakingItem | None:
    """A turn that began just now and stood on the list. Gives its item."""
    holder, speaking = people.holder_of(step, conference), step.node[SPEAKING].get(conference)
    if holder is None or speaking is None or old.holder == holder.id:
        return None
    at = agenda.done_by(speaking.items, holder)
    if at is None or holder.id not in {one.participant for one in old.listed}:
        return None
    item = speaking.items[at]
    step.put(replace(speaking, items=(*speaking.items[:at], item._replace(is_done=True), *speaking.items[at + 1 :])))
    return item


def _apply_list(step: Step, conference_id: ConferenceId) -> None:
    conference, speaking = step.node[CONFERENCES][conference_id], step.node[SPEAKING].get(conference_id)
    if speaking is None:
        return
    floor = conference.floor
    here = [one for one in people.in_main_room(step, conference_id) if one.role is not Role.LISTENER]
    here.sort(key=lambda one: one.id == floor.holder)
    known = {one.participant: one for one in floor.listed}
    listed = tuple(known.get(one.id) or _place(step, one) for one in agenda.applied(speaking.items, here))
    if listed != floor.listed:
        floor_control.change_floor(step, conference, replace(floor, listed=listed))


def _place(step: Step, seat: Seat) -> FloorRequest:
    return FloorRequest(seat.id, RequestKind.ORDINARY, step.at_s, floor_control.share_of(seat))


# --- the limit of a turn ---


def _turn_begins(step: Step, conference_id: ConferenceId, old: Floor, item: SpeakingItem | None) -> None:
    conference = step.node[CONFERENCES][conference_id]
    if old.holder is not None:
        _stop_timers(step, conference_id)
    limit_s = _limit_s(step, conference, item)
    if limit_s != conference.floor.turn_s:
        step.put(replace(conference, floor=replace(conference.floor, turn_s=limit_s)))
    if limit_s:
        _start_timers(step, conference_id, limit_s)


def _limit_s(step: Step, conference: Conference, item: SpeakingItem | None) -> float:
    """A host who leads has no limit. An item of the list may set one."""
    holder = people.holder_of(step, conference.id)
    if holder is None:
        return 0.0
    if item is not None and item.minutes is not None:
        return item.minutes * 60.0
    speaking = step.node[SPEAKING].get(conference.id)
    own = speaking.turn_s if speaking is not None else None
    return 0.0 if holder.leads else step.node.policy[SpeakingPolicy].turn_s if own is None else own


def _start_timers(step: Step, conference: ConferenceId, left_s: float) -> None:
    if left_s > WARNING_S:
        step.start_timer(SpeakingTimer.TURN_WARNING, conference, left_s - WARNING_S)
    step.start_timer(SpeakingTimer.TURN_END, conference, max(0.0, left_s))


def _stop_timers(step: Step, conference: ConferenceId) -> None:
    for kind in SpeakingTimer:
        step.stop_timer(kind, conference)


def warn(step: Step, subject: str) -> None:
    """Half a minute is left."""
    conference = step.node[CONFERENCES].get(ConferenceId(subject))
    holder = people.holder_of(step, conference.id) if conference is not None else None
    if holder is not None:
        voices.whisper(step, holder, prompts.SPEAKING_WARNING, manner=Manner.COURTESY)


def over(step: Step, subject: str) -> None:
    """The time of the turn is up."""
    conference = step.node[CONFERENCES].get(ConferenceId(subject))
    holder = people.holder_of(step, conference.id) if conference is not None else None
    if conference is None or holder is None:
        return
    step.note(conference.id, SpeakingNote.TURN_OVER, holder.id)
    voices.whisper(step, holder, prompts.SPEAKING_OVER, manner=Manner.VITAL)
    name = holder.spoken_name
    for host in people.present(step, conference.id):
        if host.leads and host.id != holder.id:
            voices.whisper(step, host, prompts.SPEAKING_OVER_FOR_HOST, *((phrases.spoken(name),) if name else ()))
    speaking = step.node[SPEAKING].get(conference.id)
    ends = (speaking.turn_ends if speaking is not None else None) or step.node.policy[SpeakingPolicy].turn_ends
    if ends is TurnEnds.TAKEN:
        floor_control.release_floor(step, conference)


# --- the turn of a lost line ---


def _is_away(node: Node, participant: ParticipantId | None) -> bool:
    seat = node[PARTICIPANTS].get(participant) if participant is not None else None
    return seat is not None and seat.state in _AWAY


def _hold_for_the_lost(step: Step, conference: ConferenceId, old: Floor) -> None:
    """The floor's holder has lost the line just now, or is back."""
    holder = step.node[CONFERENCES][conference].floor.holder
    was_away = old.holder == holder and _is_away(step.before, holder)
    if _is_away(step.node, holder) is was_away:
        return
    if was_away:
        step.stop_timer(SpeakingTimer.TURN_KEPT, conference)
        seat = people.holder_of(step, conference)
        if seat is not None:
            voices.whisper(step, seat, conference_prompts.FLOOR_YOURS, manner=Manner.VITAL)
        return
    kept_s = step.node.policy[SpeakingPolicy].turn_kept_s
    step.note(conference, SpeakingNote.TURN_HELD, holder)
    if kept_s > 0:
        step.start_timer(SpeakingTimer.TURN_KEPT, conference, kept_s)
        voices.whisper_to_hosts(step, conference, prompts.SPEAKING_LOST)
    else:
        kept_over(step, conference)


def kept_over(step: Step, subject: str) -> None:
    """The holder has not come back in time: the floor goes on, and they are first when they do."""
    conference = step.node[CONFERENCES].get(ConferenceId(subject))
    if conference is not None and _is_away(step.node, conference.floor.holder):
        host = people.host_of(step, conference.id)
        new = floors.go_on_without(conference.floor, host, step.at_s)
        floor_control.change_floor(step, conference, new)


# --- places ---


def _tell_places(step: Step, conference: ConferenceId, old: Floor) -> None:
    """The first two of the line hear that their place has changed. Further back nobody is told at every turn."""
    floor = step.node[CONFERENCES][conference].floor
    if old.line == floor.line:
        return
    asked = set(old.requests) ^ set(floor.requests)
    answered = {one.participant for one in asked if _kind(old, one) is not _kind(floor, one)}
    places = {participant: place for place, participant in enumerate(old.line)}
    for place, participant in enumerate(floor.line):
        seat = step.node[PARTICIPANTS].get(participant)
        if seat is None or places.get(participant) == place:
            continue
        if participant not in places and any(one.participant == participant for one in floor.listed):
            said = (prompts.SPEAKING_LISTED, phrases.number(place + 1))
            voices.whisper(step, seat, *said, manner=Manner.COURTESY)
        elif participant in places and participant not in answered and place < 2:
            said_place = prompts.SPEAKING_NEXT if place == 0 else prompts.SPEAKING_SECOND
            voices.whisper(step, seat, said_place, manner=Manner.COURTESY)


def _kind(floor: Floor, request: FloorRequest) -> RequestKind | None:
    return next((one.kind for one in floor.requests if one.participant == request.participant), None)
