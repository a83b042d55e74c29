"""Entry and exit, spoken or a tone or nothing. Only those who come for the first time are told of, and those who leave.

A crowd that comes at once must not talk the meeting down. The first few are told of, and the others are not.
"""

from typing import Final

from bridge.domain.conference import people, voices
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    EntrySound,
    LegKind,
    Seat,
    SeatState,
)
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.waiting import prompts
from bridge.domain.waiting.passing import SOUNDED

MOST: Final = 3
"""So many are told of in `WINDOW_S`."""
WINDOW_S: Final = 10.0


def keep(step: Step) -> None:
    """Somebody is in the meeting who was not, or is not who was."""
    now, before = step.node[PARTICIPANTS], step.before[PARTICIPANTS]
    if now is not before:
        for seat in list(now.values()):
            was = before.get(seat.id)
            if seat is not was and was is not None and seat.kind is not LegKind.RADIO:
                _follow(step, seat, was)
    for conference in [one for one in step.node[SOUNDED] if one not in step.node[CONFERENCES]]:
        step.drop_from(SOUNDED, conference)


def _follow(step: Step, seat: Seat, was: Seat) -> None:
    comes = seat.state is SeatState.PRESENT and was.state is not SeatState.PRESENT and was.joined_at_s is None
    goes = seat.state is SeatState.LEFT and was.state is SeatState.PRESENT
    if not (comes or goes):
        return
    conference = step.node[CONFERENCES].get(seat.conference)
    others = any(one.id != seat.id for one in people.present(step, seat.conference))
    if conference is None or conference.state is ConferenceState.ENDED or not others:
        return
    said = _sound(conference, seat, comes=comes)
    if said and _has_room(step, conference.id):
        voices.announce(step, conference, *said)


def _sound(conference: Conference, seat: Seat, *, comes: bool) -> tuple[Prompt, ...]:
    match conference.door.sound:
        case EntrySound.NONE:
            return ()
        case EntrySound.NAME if name := people.name_of(seat):
            return (*name, prompts.WAITING_COMES_IN if comes else prompts.WAITING_GOES)
        case _:
            return (prompts.TONE_JOINED if comes else prompts.TONE_LEFT,)


def _has_room(step: Step, conference: ConferenceId) -> bool:
    lately = tuple(at_s for at_s in step.node[SOUNDED].get(conference, ()) if step.at_s - at_s < WINDOW_S)
    if len(lately) >= MOST:
        return False
    step.set_in(SOUNDED, conference, (*lately, step.at_s))
    return True
