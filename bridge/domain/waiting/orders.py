"""The commands and keys of the waiting room: each is carried out or refused, and audited."""

from dataclasses import replace
from typing import Any, Final

from bridge.domain.conference import keypad, orders, people, voices
from bridge.domain.conference.records import CONFERENCES, Conference, Seat, SeatState
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.waiting import address, line, prompts, together
from bridge.domain.waiting.commands import LetIn, Message, SetDoor, SpeakToWaiting, TellWaiting
from bridge.domain.waiting.notes import WaitingNote
from bridge.domain.waiting.reasons import WaitingReason

_WORDS: Final = {
    Message.SOON: prompts.WAITING_SOON,
    Message.DELAYED: prompts.WAITING_DELAYED,
    Message.BUSY: prompts.WAITING_BUSY,
}


def set_door(step: Step, actor: str, command: SetDoor) -> None:
    """Without a waiting room any more, everybody who waits is let in."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    door = conference.door
    if command.waiting_room is not None:
        door = replace(door, waiting_room=command.waiting_room)
    if command.joins_muted is not None:
        door = replace(door, joins_muted=command.joins_muted)
    if command.sound is not None:
        door = replace(door, sound=command.sound)
    if command.asks_name is not None:
        door = replace(door, asks_name=command.asks_name)
    step.reply = Done(conference.id)
    if door == conference.door:
        return
    step.put(replace(conference, door=door))
    waiting_room, muted, sound, name = door.waiting_room, door.joins_muted, door.sound.value, door.asks_name
    rules: dict[str, Any] = {"waiting_room": waiting_room, "joins_muted": muted, "sound": sound, "asks_name": name}
    step.note(conference.id, WaitingNote.DOOR, **rules)
    step.audit(actor, "conference.door", conference.id, **rules)
    if not door.waiting_room:
        _let_line_in(step, step.node[CONFERENCES][conference.id])


def let_in(step: Step, actor: str, command: LetIn) -> None:
    """One by name, or everybody. With nobody there to let in, all are in already. One of those who wait together is let
    in with the others."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    if command.participant is None:
        count = _let_all_in(step, conference)
        step.audit(actor, "waiting.let_in", conference.id, people=count)
        step.reply = Done(conference.id)
        return
    in_company = together.of(step.node, conference.id)
    if any(one.id == command.participant for one in in_company):
        new = together.let_in(step, conference, in_company)
        step.audit(actor, "waiting.let_in", conference.id, people=len(new))
        theirs = new.get(command.participant)
        refused = Refused("conflict", WaitingReason.LINE_NOT_ENCRYPTED(), "participant")
        step.reply = Done(theirs.id) if theirs is not None else refused
        return
    seat = orders.taking_part(step, command.conference, command.participant)
    if seat is None:
        return
    if seat.state is not SeatState.WAITING:
        step.reply = Refused("conflict", WaitingReason.DOES_NOT_WAIT(), "participant")
        return
    line.let_in(step, conference, seat)
    step.audit(actor, "waiting.let_in", conference.id, participant=seat.id)
    step.reply = Done(seat.id)


def tell(step: Step, actor: str, command: TellWaiting) -> None:
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    if not line.of(step, conference.id):
        step.reply = Refused("conflict", WaitingReason.NOBODY_WAITS())
        return
    line.tell(step, conference, _WORDS[command.message])
    step.note(conference.id, WaitingNote.WAITING_TOLD, message=command.message.value)
    step.audit(actor, "waiting.tell", conference.id, message=command.message.value)
    step.reply = Done(conference.id)


def speak(step: Step, actor: str, command: SpeakToWaiting) -> None:
    """To end it where nobody speaks changes nothing, and is not refused."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    step.reply = Done(conference.id)
    if command.participant is None:
        room = address.open_one(step.node, conference.id)
        if room is not None:
            address.end(step, room)
            step.audit(actor, "waiting.speak_end", conference.id)
        return
    host = orders.taking_part(step, conference.id, command.participant)
    if host is None:
        return
    refused = address.begin(step, conference, host)
    if refused is not None:
        step.reply = Refused("conflict", refused)
        return
    step.audit(actor, "waiting.speak", conference.id, participant=host.id)


def _let_all_in(step: Step, conference: Conference) -> int:
    in_company = together.let_in(step, conference, together.of(step.node, conference.id))
    return len(in_company) + _let_line_in(step, step.node[CONFERENCES][conference.id])


def _let_line_in(step: Step, conference: Conference) -> int:
    waiting = line.of(step, conference.id)
    for seat in waiting:
        line.let_in(step, conference, seat)
    return len(waiting)


def _first_by_key(step: Step, conference: Conference, host: Seat) -> None:
    waiting, in_company = line.of(step, conference.id), together.of(step.node, conference.id)
    if not waiting and not in_company:
        voices.whisper(step, host, prompts.WAITING_NOBODY)
        return
    if in_company and (not waiting or (in_company[0].joined_at_s or 0.0) <= (waiting[0].waits_since_s or 0.0)):
        found = together.let_in(step, conference, in_company)
        voices.whisper(step, host, prompts.WAITING_TOGETHER_LET_IN if found else prompts.WAITING_NOBODY)
        keypad.audit(step, host, "waiting.let_in", people=len(found))
        return
    first = waiting[0]
    line.let_in(step, conference, first)
    voices.whisper(step, host, prompts.WAITING_LET_IN, *people.name_of(first))
    keypad.audit(step, host, "waiting.let_in", participant=first.id)


def _all_by_key(step: Step, conference: Conference, host: Seat) -> None:
    count = _let_all_in(step, conference)
    voices.whisper(step, host, prompts.WAITING_ALL_LET_IN if count else prompts.WAITING_NOBODY)
    if count:
        keypad.audit(step, host, "waiting.let_in", people=count)


WAITING_KEYS: Final = (
    keypad.for_hosts("#1", "let in the first who waits", prompts.HELP_HASH_1, _first_by_key),
    keypad.for_hosts("#2", "let in everybody who waits", prompts.HELP_HASH_2, _all_by_key),
)
