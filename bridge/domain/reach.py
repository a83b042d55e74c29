"""Who can be heard if the word is theirs: the word stays with nobody who is gone, whatever carried them.

A telephone is within reach while it is in the meeting; a talkgroup while its terminal stands on it.
"""

from bridge.domain import floor as floors
from bridge.domain import meeting
from bridge.domain.ids import ParticipantId
from bridge.domain.model import Participant, ParticipantKind, ParticipantState, PatchState
from bridge.domain.turn import Turn

_OUT_OF_REACH = (PatchState.ASKED, PatchState.OFFLINE, PatchState.REMOVED)


def can_speak(turn: Turn, participant: Participant | None) -> bool:
    """Whether the word is of any use to them now."""
    if participant is None or participant.state is not ParticipantState.PRESENT:
        return False
    if participant.kind is not ParticipantKind.RADIO:
        return True
    patch = turn.node.patches.get(participant.patch) if participant.patch else None
    return patch is not None and not patch.closing and patch.state not in _OUT_OF_REACH


def keep_floors(turn: Turn) -> None:
    """After every event: who has the word, or waits for it, and cannot be heard any more, has it no longer."""
    for conference in list(turn.node.conferences.values()):
        floor = conference.floor
        for participant in (floor.holder, *floor.queue):
            if participant is not None and not _keeps(turn, participant):
                current = turn.node.conferences[conference.id]
                host = meeting.host_of(turn, conference.id)
                meeting.change_floor(turn, current, floors.leave(current.floor, participant, host, turn.at_s))


def _keeps(turn: Turn, participant: ParticipantId) -> bool:
    one = turn.node.participants.get(participant)
    return can_speak(turn, one) or (one is not None and one.state is ParticipantState.JOINING)
