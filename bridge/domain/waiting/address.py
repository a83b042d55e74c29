"""A host speaks to those who wait, with their own voice. The meeting goes on meanwhile, and they are not in it.

It has a mix of its own. The host is heard there, and those who wait only listen. It ends by key, by the API, after
a while, and when the host is gone. After a restart or a lost connection to Asterisk it is over, and the words go on.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import keypad, rooms, seats, voices
from bridge.domain.conference.passing import WAITS, AnswerRule
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    ROOMS,
    Conference,
    ConferenceState,
    LegKind,
    Room,
    RoomKind,
    Seat,
    SeatState,
)
from bridge.domain.kernel.ids import ConferenceId, MixId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.phrases import Prompt, number
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import Announce, DestroyMix
from bridge.domain.telephony.events import TelephonyDown
from bridge.domain.waiting import line, prompts
from bridge.domain.waiting.notes import WaitingNote
from bridge.domain.waiting.policy import WaitingPolicy
from bridge.domain.waiting.reasons import WaitingReason
from bridge.domain.waiting.timers import WaitingTimer

KEY: Final = 9
"""After `#7`, unless a side room has it."""


def open_one(node: Node, conference: ConferenceId) -> Room | None:
    """The room in which a host speaks to those who wait now."""
    found = rooms.of(node, conference)
    return next((one for one in found if one.kind is RoomKind.WAITING and one.closed_at_s is None), None)


def begin(step: Step, conference: Conference, host: Seat) -> Reason | None:
    """The host goes to those who wait.

    Returns:
        Why nothing has changed; `None` when it has begun.
    """
    listeners = [one for one in line.of(step, conference.id) if one.id in step.node[WAITS]]
    if not listeners:
        return WaitingReason.NOBODY_WAITS()
    if open_one(step.node, conference.id) is not None:
        return WaitingReason.SPOKEN_TO()
    if not _can_speak(step, host):
        return WaitingReason.NO_HOST_THERE()
    room = Room(MixId(step.mint("mix")), conference.id, step.at_s, RoomKind.WAITING)
    longest_s = step.node.policy[WaitingPolicy].speaks_longest_s
    step.put(room)
    seats.move(step, host, room.id)
    for seat in listeners:
        line.listen(step, seat, room.id, longest_s)
    step.note(conference.id, WaitingNote.WAITING_ADDRESSED, host.id, people=len(listeners))
    step.do(Announce(room.id, (prompts.WAITING_HOST_SPEAKS,), conference.language))
    voices.whisper(step, step.node[PARTICIPANTS][host.id], prompts.WAITING_YOU_SPEAK)
    step.start_timer(WaitingTimer.WAITING_ADDRESSED, room.id, longest_s)
    return None


def _can_speak(step: Step, host: Seat) -> bool:
    is_there = host.state is SeatState.PRESENT and host.kind is not LegKind.RADIO
    return is_there and host.leads and not rooms.is_aside(step.node, host)


def end(step: Step, room: Room) -> None:
    """The host is back in the meeting, and those who wait hear words again. Safe to repeat."""
    if room.closed_at_s is not None:
        return
    step.put(replace(room, closed_at_s=step.at_s))
    step.note(room.conference, WaitingNote.WAITING_LEFT_ALONE)
    step.stop_timer(WaitingTimer.WAITING_ADDRESSED, room.id)
    main = rooms.main(step.node, room.conference).id
    for host in rooms.in_room(step.node, room.id):
        seats.move(step, host, main)
        voices.whisper(step, step.node[PARTICIPANTS][host.id], prompts.WAITING_BACK)
    step.do(DestroyMix(room.id))
    line.left_alone(step, room.id)


# --- by key ---


def offers(step: Step, host: Seat) -> tuple[tuple[tuple[Prompt, ...], str, AnswerRule], ...]:
    """The way to those who wait, for a host while somebody does."""
    if not (_can_speak(step, host) and line.of(step, host.conference)):
        return ()
    return (((prompts.WAITING_KEY_SPEAK, number(KEY)), str(KEY), _begin_by_key),)


def _begin_by_key(step: Step, host: Seat) -> None:
    refused = begin(step, step.node[CONFERENCES][host.conference], host)
    if refused is None:
        keypad.audit(step, host, "waiting.speak")
    else:
        is_nobody = refused.code == WaitingReason.NOBODY_WAITS
        voices.whisper(step, host, prompts.WAITING_NOBODY if is_nobody else prompts.WAITING_NOT_NOW)


def end_by_key(step: Step, host: Seat) -> None:
    room = step.node[ROOMS][host.room]
    end(step, room)
    keypad.audit(step, host, "waiting.speak_end")


# --- what ends it ---


def due(step: Step, subject: str) -> None:
    room = step.node[ROOMS].get(MixId(subject))
    if room is not None:
        end(step, room)


def keep(step: Step) -> None:
    """Nobody who waits is left with a host who is gone."""
    for room in _open_ones(step.node):
        conference = step.node[CONFERENCES].get(room.conference)
        if conference is None or conference.state is ConferenceState.ENDED:
            continue
        is_there = any(one.state is not SeatState.LOST for one in rooms.in_room(step.node, room.id))
        if not is_there or not line.of(step, room.conference):
            end(step, room)
    for room in step.before[ROOMS].values():
        now = step.node[ROOMS].get(room.id)
        if room.kind is RoomKind.WAITING and room.closed_at_s is None and (now is None or now.closed_at_s is not None):
            step.stop_timer(WaitingTimer.WAITING_ADDRESSED, room.id)


def telephony_down(step: Step, _event: TelephonyDown) -> None:
    """Nobody is moved or heard now: it is over."""
    resume(step)


def resume(step: Step) -> None:
    """After a restart of the controller too. The hosts come back into the meeting, and the words go on."""
    for room in _open_ones(step.node):
        end(step, room)


def _open_ones(node: Node) -> list[Room]:
    return [one for one in node[ROOMS].values() if one.kind is RoomKind.WAITING and one.closed_at_s is None]
