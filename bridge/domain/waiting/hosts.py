"""Hosts hear of those who wait, and the timeline has a line of each."""

from bridge.domain.conference import voices
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, ConferenceState, Seat, SeatState
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.waiting import line, prompts, together
from bridge.domain.waiting.notes import WaitingNote
from bridge.domain.waiting.passing import TOLD, Told
from bridge.domain.waiting.policy import WaitingPolicy
from bridge.domain.waiting.timers import WaitingTimer


def keep(step: Step) -> None:
    """Somebody has begun to wait or has gone; somebody has begun to lead."""
    now, before = step.node[PARTICIPANTS], step.before[PARTICIPANTS]
    for meeting in together.newly(step):
        _somebody_waits(step, meeting)
    if now is not before:
        for seat in list(now.values()):
            was = before.get(seat.id)
            if seat is not was:
                _follow(step, seat, was)
    for conference in list(step.node[TOLD]):
        held = step.node[CONFERENCES].get(conference)
        if held is None or held.state is ConferenceState.ENDED:
            step.drop_from(TOLD, conference)
            step.stop_timer(WaitingTimer.WAITING_TOLD, conference)


def _follow(step: Step, seat: Seat, was: Seat | None) -> None:
    waited = was is not None and was.state is SeatState.WAITING
    if seat.state is SeatState.WAITING and not waited:
        step.note(seat.conference, WaitingNote.WAITS, seat.id, name=seat.name)
        _somebody_waits(step, seat.conference)
    elif _is_in_vain(seat) and not (was is not None and _is_in_vain(was)):
        step.note(seat.conference, WaitingNote.WAITED_IN_VAIN, seat.id, name=seat.name)
    if _leads(seat) and not (was is not None and _leads(was)):
        said = _who_waits(step, seat.conference)
        voices.whisper(step, seat, *said) if said else None
        together.somebody_leads(step, seat.conference)


def _is_in_vain(seat: Seat) -> bool:
    """A lost line may come back to its place."""
    return seat.state is SeatState.LEFT and seat.waits_since_s is not None


def _leads(seat: Seat) -> bool:
    return seat.leads and seat.state is SeatState.PRESENT


def _somebody_waits(step: Step, conference: ConferenceId) -> None:
    """Hosts hear it at once, and then not again for a while."""
    if conference in step.node[TOLD]:
        step.set_in(TOLD, conference, Told(again=True))
        return
    voices.whisper_to_hosts(step, conference, *_who_waits(step, conference))
    step.set_in(TOLD, conference, Told())
    every_s = step.node.policy[WaitingPolicy].tell_hosts_every_s
    step.start_timer(WaitingTimer.WAITING_TOLD, conference, every_s)


def due(step: Step, subject: str) -> None:
    """They may hear it again."""
    conference = ConferenceId(subject)
    told = step.node[TOLD].get(conference)
    step.drop_from(TOLD, conference)
    if told is not None and told.again and _who_waits(step, conference):
        _somebody_waits(step, conference)


def _who_waits(step: Step, conference: ConferenceId) -> tuple[Prompt, ...]:
    said = together.words(len(together.of(step.node, conference)))
    waiting = len(line.of(step, conference))
    if waiting == 0:
        return said
    return (*said, prompts.WAITING_ONE) if waiting == 1 else (*said, phrases.number(waiting), prompts.WAITING_COUNT)
