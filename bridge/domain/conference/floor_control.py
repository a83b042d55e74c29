"""The floor put in force: what a change of it means for microphones, ears and the timeline."""

from dataclasses import replace

from bridge.domain.conference import floor as floors
from bridge.domain.conference import people, prompts, rooms, voices
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    Floor,
    FloorMode,
    MuteOwner,
    RequestKind,
    Role,
    Seat,
    SeatState,
)
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.phrases import Manner
from bridge.domain.kernel.step import Step


def change_floor(step: Step, conference: Conference, new: Floor) -> None:
    """Put a new floor in force: microphones, whispers to those concerned, timeline."""
    old = conference.floor
    if new == old:
        return
    step.put(replace(conference, floor=new))
    if new.mode is not old.mode:
        step.note(conference.id, ConferenceNote.FLOOR_MODE, mode=new.mode.value)
    if new.holder != old.holder:
        _lift_mutes_of_rules(step, new)
        _tell_floor_change(step, old, new)
        if old.holder is not None:
            step.note(conference.id, ConferenceNote.FLOOR_TAKEN, old.holder)
        if new.holder is not None:
            step.note(conference.id, ConferenceNote.FLOOR_GIVEN, new.holder)
    voices.refresh_microphones(step, conference.id)


def _lift_mutes_of_rules(step: Step, floor: Floor) -> None:
    """People whom a rule has muted are heard once they have had the floor."""
    holder = step.node[PARTICIPANTS].get(floor.holder) if floor.holder else None
    if holder is not None:
        voices.own_mute(step, holder, MuteOwner.POLICY, muted=False)
        voices.own_mute(step, step.node[PARTICIPANTS][holder.id], MuteOwner.MIXING, muted=False)


def _tell_floor_change(step: Step, old: Floor, new: Floor) -> None:
    before = step.node[PARTICIPANTS].get(old.holder) if old.holder else None
    after = step.node[PARTICIPANTS].get(new.holder) if new.holder else None
    if before is not None and new.mode is not FloorMode.OPEN:
        voices.whisper(step, before, prompts.FLOOR_TAKEN, manner=Manner.VITAL)
    if after is not None:
        voices.whisper(step, after, prompts.FLOOR_YOURS, manner=Manner.VITAL)


def share_of(seat: Seat) -> str:
    """The share that their turns are counted to: their organisation's, or their own."""
    return seat.organisation or seat.name


def request_floor(step: Step, participant: Seat, kind: RequestKind | None = None) -> None:
    """The floor is for those who are there and may be heard. A request that stands gets the new class."""
    if participant.state is not SeatState.PRESENT or participant.role is Role.LISTENER:
        return
    if rooms.is_aside(step.node, participant):
        voices.whisper(step, participant, prompts.FLOOR_FREE_HERE)
        return
    conference = step.node[CONFERENCES][participant.conference]
    new = floors.request(conference.floor, participant.id, step.at_s, kind, share_of(participant))
    if new == conference.floor:
        return
    as_kind = kind or RequestKind.ORDINARY
    step.note(conference.id, ConferenceNote.FLOOR_REQUESTED, participant.id, request=as_kind.value)
    change_floor(step, conference, new)
    if participant.id in new.queue:
        voices.whisper(step, participant, prompts.FLOOR_ASKED, phrases.number(new.line.index(participant.id) + 1))
        if kind is RequestKind.URGENT:
            voices.whisper_to_hosts(step, conference.id, prompts.FLOOR_URGENT_FOR_HOST)
        elif participant.id not in conference.floor.queue:
            voices.whisper_to_hosts(step, conference.id, prompts.FLOOR_REQUEST_FOR_HOST)


def withdraw_request(step: Step, participant: Seat) -> None:
    conference = step.node[CONFERENCES][participant.conference]
    if participant.id not in conference.floor.queue:
        return
    step.note(conference.id, ConferenceNote.FLOOR_WITHDRAWN, participant.id)
    change_floor(step, conference, floors.withdraw(conference.floor, participant.id))
    voices.whisper(step, participant, prompts.FLOOR_WITHDRAWN)


def give_floor(step: Step, conference: Conference, to: Seat | None) -> None:
    """A host gives it: to somebody who is here, or to the next in the line."""
    if to is None:
        change_floor(step, conference, floors.give(conference.floor, None, step.at_s))
    else:
        change_floor(step, conference, floors.give(conference.floor, to.id, step.at_s, share_of(to)))


def leave_floor(step: Step, conference: Conference, participant: ParticipantId, *, may_return: bool) -> None:
    """They are gone. With a lost line that may return, their place and their turn are kept for a while."""
    if may_return:
        change_floor(step, conference, floors.lose_line(conference.floor, participant))
        return
    host = people.host_of(step, conference.id)
    change_floor(step, conference, floors.leave(conference.floor, participant, host, step.at_s))


def release_floor(step: Step, conference: Conference) -> None:
    """The floor is released, or revoked: by the mode it goes to the host, to the next, or to nobody."""
    host = people.host_of(step, conference.id)
    change_floor(step, conference, floors.release(conference.floor, host, step.at_s))


def set_floor_mode(step: Step, conference: Conference, mode: FloorMode) -> None:
    host = people.host_of(step, conference.id)
    change_floor(step, conference, floors.set_mode(conference.floor, mode, host, step.at_s))
    if conference.floor.mode is not mode:
        said = {
            FloorMode.OPEN: prompts.FLOOR_OPEN,
            FloorMode.LECTURE: prompts.FLOOR_LECTURE,
            FloorMode.QUEUE: prompts.FLOOR_QUEUE,
        }[mode]
        voices.announce_act(step, conference, said)
