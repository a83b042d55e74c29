"""People out of the emergency room wait together. They talk with each other in a conference that took them in.

They are bound for the meeting that they belong to, where it is known (`bridge.domain.joint.belonging`). Its hosts are
asked, and let them in together. As long as nobody does, they go on talking. One who is left alone there goes to the
door, as every caller does.
"""

from typing import Final

from bridge.domain.conference import entry, people, voices
from bridge.domain.conference.passing import CAME_BY, AnswerRule
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, ConferenceState, Seat, SeatState
from bridge.domain.kernel.ids import ConferenceId, ParticipantId, PlaybackId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.order import oldest_first
from bridge.domain.kernel.phrases import Prompt, number
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.events import PlaybackEnded
from bridge.domain.telephony.state import TELEPHONY
from bridge.domain.waiting import prompts
from bridge.domain.waiting.notes import WaitingNote
from bridge.domain.waiting.passing import ALONE, TOGETHER, Alone
from bridge.domain.waiting.timers import WaitingTimer

KEY: Final = 8
"""After `#7`: to the door, with a code of their own."""
OTHERS_COME_S: Final = 3.0
"""They are fetched one after another, within a second. Until then the first is not alone."""
OVERDUE_S: Final = 20.0
"""The words to one who is alone have ended after this, whatever is reported."""
_HERE: Final = frozenset({SeatState.JOINING, SeatState.PRESENT})


def of(node: Node, conference: ConferenceId) -> list[Seat]:
    """Those who wait together for this meeting, the first first."""
    if not any(one.emergency for one in node[CONFERENCES].values()):
        return []
    waiting = [
        one
        for one in node[PARTICIPANTS].values()
        if one.bound_for == conference and one.is_kept_together and one.state is SeatState.PRESENT
    ]
    return oldest_first(waiting, lambda one: one.joined_at_s)


def let_in(step: Step, conference: Conference, together: list[Seat]) -> dict[ParticipantId, Seat]:
    """All of them into the meeting. Each hears the words at the door, and then the meeting.

    Returns:
        The seats that they have there, by those they had.
    """
    found = {}
    for seat in together:
        new = entry.take_in(step, step.node[CONFERENCES][conference.id], seat)
        if new is not None:
            found[seat.id] = new
            step.note(conference.id, WaitingNote.LET_IN, new.id, name=new.name)
    return found


def words(count: int) -> tuple[Prompt, ...]:
    """The question to a host."""
    if count == 0:
        return ()
    return (prompts.WAITING_TOGETHER_ONE,) if count == 1 else (number(count), prompts.WAITING_TOGETHER)


def somebody_leads(step: Step, conference: ConferenceId) -> None:
    """A host has come into their meeting, and is asked."""
    _tell(step, of(step.node, conference), prompts.WAITING_TOGETHER_ASKED)


def newly(step: Step) -> list[ConferenceId]:
    """The meetings for which more people wait together than their hosts have been asked about."""
    if not step.node[TOGETHER] and not any(one.emergency for one in step.node[CONFERENCES].values()):
        return []
    if step.before[PARTICIPANTS] is step.node[PARTICIPANTS]:
        return []
    now: dict[ConferenceId, list[Seat]] = {}
    for conference in {one.bound_for for one in step.node[PARTICIPANTS].values()}:
        together = of(step.node, conference) if conference is not None else []
        if conference is not None and together and conference in step.node[CONFERENCES]:
            now[conference] = together
    for gone in [one for one in step.node[TOGETHER] if one not in now]:
        step.drop_from(TOGETHER, gone)
        step.show("conference", gone, gone)
    return [one for one, together in sorted(now.items()) if _is_news(step, one, together)]


def _is_news(step: Step, conference: ConferenceId, together: list[Seat]) -> bool:
    known, now = step.node[TOGETHER].get(conference, frozenset()), frozenset(one.id for one in together)
    if known == now:
        return False
    step.set_in(TOGETHER, conference, now)
    step.show("conference", conference, conference)
    new = [one for one in together if one.id not in known]
    if not new:
        return False
    step.note(conference, WaitingNote.WAIT_TOGETHER, people=len(together))
    is_led = people.host_of(step, conference) is not None
    _tell(step, new, prompts.WAITING_TOGETHER_ASKED if is_led else prompts.WAITING_TOGETHER_NO_HOST)
    return True


def _tell(step: Step, together: list[Seat], said: Prompt) -> None:
    for seat in together:
        voices.whisper(step, seat, said)


# --- to the door ---


def offers(step: Step, seat: Seat) -> tuple[tuple[tuple[Prompt, ...], str, AnswerRule], ...]:
    """The way to the door, for those who want to key a code of their own."""
    if not seat.is_kept_together:
        return ()
    return (((prompts.WAITING_KEY_DOOR, number(KEY)), str(KEY), entry.to_the_door),)


def keep(step: Step) -> None:
    """One who is left alone hears so, and goes to the door."""
    if step.before[PARTICIPANTS] is not step.node[PARTICIPANTS]:
        _look(step)


def resume(step: Step) -> None:
    """After a restart of the controller too."""
    _look(step)


def _look(step: Step) -> None:
    is_known = bool(step.node[ALONE]) or bool(step.node[CAME_BY])
    if not is_known and not any(one.emergency for one in step.node[CONFERENCES].values()):
        return
    for known in list(step.node[CAME_BY]):
        gone = step.node[PARTICIPANTS].get(known)
        if gone is None or gone.state is SeatState.LEFT:
            step.drop_from(CAME_BY, known)
    alone = {one.id: one for one in _alone_ones(step.node)}
    for participant in [one for one in step.node[ALONE] if one not in alone]:
        step.drop_from(ALONE, participant)
        step.stop_timer(WaitingTimer.WAITING_ALONE, participant)
    for seat in alone.values():
        if seat.id not in step.node[ALONE]:
            has_come_s = step.at_s - (seat.joined_at_s or 0.0)
            step.set_in(ALONE, seat.id, Alone())
            step.start_timer(WaitingTimer.WAITING_ALONE, seat.id, max(0.0, OTHERS_COME_S - has_come_s))


def _alone_ones(node: Node) -> list[Seat]:
    found = []
    for conference in node[CONFERENCES].values():
        if conference.emergency and conference.state is not ConferenceState.ENDED:
            everybody = [one for one in node[PARTICIPANTS].values() if one.conference == conference.id]
            here = [one for one in everybody if one.state in _HERE]
            if len(here) == 1 and here[0].is_kept_together and here[0].state is SeatState.PRESENT:
                found.append(here[0])
    return found


def due(step: Step, subject: str) -> None:
    """The others have had time to come, or the end of the words was never told."""
    seat, alone = step.node[PARTICIPANTS].get(ParticipantId(subject)), step.node[ALONE].get(ParticipantId(subject))
    if seat is None or alone is None:
        return
    if not step.node[TELEPHONY].up:
        step.start_timer(WaitingTimer.WAITING_ALONE, seat.id, OTHERS_COME_S)
    elif alone.playback is None:
        playback = PlaybackId(step.mint("playback"))
        step.set_in(ALONE, seat.id, Alone(playback))
        voices.whisper(step, seat, prompts.WAITING_ALONE, playback=playback)
        step.start_timer(WaitingTimer.WAITING_ALONE, seat.id, OVERDUE_S)
    else:
        entry.to_the_door(step, seat)


def said(step: Step, event: PlaybackEnded) -> None:
    """One who is alone has heard so."""
    seat = people.seat(step, event.channel)
    alone = step.node[ALONE].get(seat.id) if seat is not None else None
    if seat is not None and alone is not None and alone.playback == event.playback:
        entry.to_the_door(step, seat)
