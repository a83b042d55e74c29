"""The people in a conference."""

from bridge.domain.conference import legs, rooms
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, LegKind, Role, Seat, SeatState
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId, ConferenceId, ParticipantId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step


def present(step: Step, conference: ConferenceId) -> list[Seat]:
    """Everybody in the meeting now, radio included."""
    return [
        participant
        for participant in step.node[PARTICIPANTS].values()
        if participant.conference == conference and participant.state is SeatState.PRESENT
    ]


def seat(step: Step, channel: ChannelId) -> Seat | None:
    """The participant who sits on this channel, admitted or present."""
    return legs.seat_on(step.node, channel)


def name_of(one: Seat) -> tuple[Prompt, ...]:
    """Their name aloud: as they said it at the door, or their function's. Nothing where only a number is known."""
    if one.said_name is not None:
        return (phrases.recorded(one.said_name),)
    return (phrases.spoken(one.spoken_name),) if one.spoken_name else ()


def in_main_room(step: Step, conference: ConferenceId) -> list[Seat]:
    """Those in the meeting who hear its main room: nobody of a side room."""
    return [one for one in present(step, conference) if not rooms.is_aside(step.node, one)]


def host_of(step: Step, conference: ConferenceId) -> ParticipantId | None:
    """The host who has been in the main room longest; without a host, the co-host."""
    return _first_leader(in_main_room(step, conference))


def leader_of(step: Step, conference: ConferenceId) -> ParticipantId | None:
    """The same; while nobody leads in the main room, somebody who leads in a side room."""
    return host_of(step, conference) or _first_leader(present(step, conference))


def _first_leader(of: list[Seat]) -> ParticipantId | None:
    leaders = [one for one in of if one.leads]
    first = min(leaders, key=lambda one: (one.role is not Role.HOST, one.joined_at_s or 0.0), default=None)
    return first.id if first is not None else None


def holder_of(step: Step, conference: ConferenceId) -> Seat | None:
    """The person or talkgroup that has the floor."""
    holder = step.node[CONFERENCES][conference].floor.holder
    return step.node[PARTICIPANTS].get(holder) if holder is not None else None


def next_in_rank(step: Step, conference: ConferenceId) -> list[Seat]:
    """The telephones that may lead in a host's place: co-hosts, then by their rank."""
    able = [
        one
        for one in present(step, conference)
        if one.kind is not LegKind.RADIO and (one.role is Role.COHOST or one.host_rank is not None)
    ]
    return sorted(able, key=_rank)


def _rank(one: Seat) -> tuple[bool, bool, int, float]:
    return (one.role is not Role.COHOST, one.host_rank is None, one.host_rank or 0, one.joined_at_s or 0.0)
