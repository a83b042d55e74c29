"""The roles in a meeting: leading, being heard, and the next in rank when the host is gone.

A host stays the host on a lost line: the seat keeps its role. Meanwhile a co-host leads, else the person of the best
rank of the forum, who becomes a co-host by that.
"""

from dataclasses import replace
from functools import partial
from typing import Final

from bridge.domain.conference import floor as floors
from bridge.domain.conference import floor_control, people, prompts, questions, voices
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import (
    CONFERENCES,
    LEADERS,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    FloorMode,
    LegKind,
    MuteOwner,
    Role,
    Seat,
    SeatState,
)
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step

ANSWER_S: Final = 30.0
"""A host has so long to answer a question about roles."""
_TOLD: Final = {
    Role.HOST: prompts.ROLE_HOST,
    Role.COHOST: prompts.ROLE_COHOST,
    Role.PARTICIPANT: prompts.ROLE_PARTICIPANT,
    Role.LISTENER: prompts.ROLE_LISTENER,
    Role.OPERATOR: prompts.ROLE_OPERATOR,
}


def set_role(step: Step, seat: Seat, role: Role) -> None:
    """Give somebody another role. They hear it, and their microphone follows. Safe to repeat."""
    if seat.role is role:
        return
    is_silenced = role is Role.LISTENER
    muted_by = seat.muted_by - {MuteOwner.POLICY, MuteOwner.MIXING} if role in LEADERS else seat.muted_by
    changed = replace(seat, role=role, muted_by=muted_by, talking=seat.talking and not is_silenced)
    step.put(changed)
    step.note(seat.conference, ConferenceNote.ROLE, seat.id, role=role.value)
    if seat.talking and is_silenced:
        step.note(seat.conference, ConferenceNote.TALK_STOPPED, seat.id)
    if is_silenced:
        _out_of_the_floor(step, changed)
    if seat.role is Role.LISTENER:
        for one in people.present(step, seat.conference):
            questions.withdraw(step, one.id, _topic(seat.id))
    voices.refresh_microphones(step, seat.conference)
    voices.whisper(step, changed, _TOLD[role])


def by_rank(step: Step, seat: Seat) -> Seat:
    """Somebody comes in for the first time. The first in rank is a host at once, another only while there is none."""
    if seat.host_rank is None or seat.role is not Role.PARTICIPANT:
        return seat
    has_host = any(one.role is Role.HOST for one in people.present(step, seat.conference))
    if seat.host_rank > 0 and has_host:
        return seat
    set_role(step, seat, Role.HOST)
    return step.node[PARTICIPANTS][seat.id]


def _out_of_the_floor(step: Step, seat: Seat) -> None:
    conference = step.node[CONFERENCES][seat.conference]
    host = people.host_of(step, conference.id)
    floor_control.change_floor(step, conference, floors.leave(conference.floor, seat.id, host, step.at_s))


# --- a listener asks to speak ---


def ask_to_speak(step: Step, listener: Seat) -> None:
    """`*5` of a listener: the person who leads is asked, and answers by one key."""
    leader = _leader(step, listener.conference)
    if leader is None:
        voices.whisper(step, listener, prompts.NOBODY_LEADS)
        return
    name = listener.spoken_name
    said = (prompts.LISTENER_ASKS, *((phrases.spoken(name),) if name else ()), prompts.LISTENER_KEYS)
    is_asked = questions.ask(
        step,
        leader,
        said,
        {"1": partial(_let_speak, listener.id), "2": partial(_let_wait, listener.id)},
        otherwise=partial(_let_wait, listener.id),
        within_s=ANSWER_S,
        topic=_topic(listener.id),
    )
    step.note(listener.conference, ConferenceNote.SPEECH_ASKED, listener.id)
    voices.whisper(step, listener, prompts.LISTENER_ASKED if is_asked else prompts.NOT_NOW)


def _let_speak(listener: ParticipantId, step: Step, host: Seat) -> None:
    seat = step.node[PARTICIPANTS].get(listener)
    if seat is not None and seat.state is SeatState.PRESENT and seat.role is Role.LISTENER:
        set_role(step, seat, Role.PARTICIPANT)
        audit(step, host, seat, Role.PARTICIPANT)


def _let_wait(listener: ParticipantId, step: Step, _host: Seat) -> None:
    seat = step.node[PARTICIPANTS].get(listener)
    if seat is not None and seat.role is Role.LISTENER:
        voices.whisper(step, seat, prompts.LISTENER_REFUSED)


def audit(step: Step, host: Seat, seat: Seat, role: Role) -> None:
    """A role given by key leaves the same evidence as one by API."""
    step.audit(f"host {host.id}", "participant.role", seat.id, by="key", name=host.name, role=role.value)


def _topic(listener: ParticipantId) -> str:
    return f"speak {listener}"


def _leader(step: Step, conference: ConferenceId) -> Seat | None:
    host = people.leader_of(step, conference)
    return step.node[PARTICIPANTS][host] if host is not None else None


# --- the host hands over ---

_HAND_OVER: Final = "hand over"


def hand_over(step: Step, conference: Conference, host: Seat) -> None:
    """`#0`: to the person who has the floor; else the host is asked, by name, in order of rank."""
    holder = step.node[PARTICIPANTS].get(conference.floor.holder) if conference.floor.holder else None
    if holder is not None and _can_take_over(holder) and holder.id != host.id:
        _hand_over_to(holder.id, step, host)
    else:
        _ask_about(step, host, _successors(step, host))


def _can_take_over(seat: Seat) -> bool:
    return seat.state is SeatState.PRESENT and seat.kind is not LegKind.RADIO and seat.role is not Role.HOST


def _successors(step: Step, host: Seat) -> tuple[ParticipantId, ...]:
    """Co-hosts and functions, those of rank first. A telephone without a function has no name to be asked about."""
    ranked = people.next_in_rank(step, host.conference)
    others = [one for one in people.present(step, host.conference) if one not in ranked]
    return tuple(one.id for one in [*ranked, *others] if _can_take_over(one) and one.spoken_name)


def _ask_about(step: Step, host: Seat, left: tuple[ParticipantId, ...]) -> None:
    seat = step.node[PARTICIPANTS].get(left[0]) if left else None
    if seat is None:
        voices.whisper(step, host, prompts.HAND_OVER_NOBODY)
        return
    said: tuple[Prompt, ...] = (prompts.HAND_OVER_TO, phrases.spoken(seat.spoken_name or seat.name))
    is_asked = questions.ask(
        step,
        host,
        (*said, prompts.HAND_OVER_KEYS),
        {"1": partial(_hand_over_to, seat.id), "2": lambda later, answering: _ask_about(later, answering, left[1:])},
        otherwise=lambda _later, _answering: None,
        within_s=ANSWER_S,
        topic=_HAND_OVER,
    )
    if not is_asked:
        voices.whisper(step, host, prompts.NOT_NOW)


def _hand_over_to(to: ParticipantId, step: Step, host: Seat) -> None:
    """One host for another: the old one leads on as co-host, unless they have stopped leading meanwhile."""
    seat = step.node[PARTICIPANTS].get(to)
    if seat is None or not _can_take_over(seat) or host.role is not Role.HOST:
        voices.whisper(step, host, prompts.NOT_NOW)
        return
    set_role(step, seat, Role.HOST)
    set_role(step, step.node[PARTICIPANTS][host.id], Role.COHOST)
    step.audit(f"host {host.id}", "conference.hand_over", host.conference, by="key", name=host.name, to=seat.id)
    if seat.spoken_name:
        conference = step.node[CONFERENCES][host.conference]
        voices.announce_everywhere(step, conference, prompts.HOST_IS_NOW, phrases.spoken(seat.spoken_name))


# --- the host is gone ---


def keep(step: Step) -> None:
    """A meeting whose last host has gone is told, and led on by the next in rank."""
    before, now = step.before[PARTICIPANTS], step.node[PARTICIPANTS]
    if before is now:
        return
    left = {
        one.conference
        for one in before.values()
        if one.role is Role.HOST and _was_there(one) and not (one.id in now and _was_there(now[one.id]))
    }
    for conference_id in sorted(left):
        conference = step.node[CONFERENCES].get(conference_id)
        hosts = any(one.conference == conference_id and _is_host(one) for one in now.values())
        if conference is not None and conference.state is ConferenceState.ACTIVE and not hosts:
            _lead_on(step, conference)


def _was_there(seat: Seat) -> bool:
    """In the meeting, or back into it in a moment."""
    return seat.state is SeatState.PRESENT or (seat.state is SeatState.JOINING and seat.joined_at_s is not None)


def _is_host(seat: Seat) -> bool:
    return seat.role is Role.HOST and _was_there(seat)


def _lead_on(step: Step, conference: Conference) -> None:
    step.note(conference.id, ConferenceNote.HOST_GONE)
    able = people.next_in_rank(step, conference.id)
    if not able:
        voices.announce_everywhere(step, conference, prompts.HOST_GONE, prompts.NOBODY_LEADS)
        return
    seat = able[0]
    name = seat.spoken_name
    said = (prompts.LED_BY, phrases.spoken(name)) if name else (prompts.LED_BY_COHOST,)
    voices.announce_everywhere(step, conference, prompts.HOST_GONE, *said)
    if seat.role is not Role.COHOST:
        set_role(step, seat, Role.COHOST)
        step.audit("samband", "participant.role", seat.id, role=Role.COHOST.value)
    voices.whisper(step, step.node[PARTICIPANTS][seat.id], prompts.ROLE_LEADS)
    floor = step.node[CONFERENCES][conference.id].floor
    if floor.mode is FloorMode.LECTURE and floor.holder is None:
        current = step.node[CONFERENCES][conference.id]
        floor_control.change_floor(step, current, floors.give(floor, seat.id, step.at_s))
