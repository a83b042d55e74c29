"""The way back for those whose line was lost: after Asterisk's death everybody who was in a meeting is rung back.

::

    PRESENT ──the channel is not there, and no call record tells of a hang-up──▶ LOST ──answers, presses 1──▶ JOINING
                                                                                  └─cannot be reached, comes by
                                                                                    themselves, meeting ends──▶ LEFT

A lost participant keeps role, mute and name, holds no floor, and is shown as lost. The ring-back is a call-out of its
own, so that the trunk's pace, one live call to a number, and the key before anybody is bridged hold for it too.
"""

from dataclasses import replace
from typing import Final

from bridge.domain import callout, meeting
from bridge.domain.ids import ActivationId, ConferenceId, TargetId
from bridge.domain.model import (
    TARGET_DONE,
    Activation,
    Conference,
    ConferenceState,
    Language,
    Participant,
    ParticipantState,
    Target,
    TargetState,
)
from bridge.domain.turn import Turn

ROUNDS: Final = 3
ROUND_PAUSE_S: Final = 30.0
_LIST_NAME: Final = {Language.SV: "Återuppringning", Language.EN: "Ring-back"}


def lost(turn: Turn, participant: Participant) -> None:
    """The line is gone without a hang-up. Without a number to ring they have left."""
    conference = turn.node.conferences[participant.conference]
    if participant.number is None or conference.state is ConferenceState.ENDED:
        meeting.leave(turn, participant)
        return
    meeting.leave(turn, participant, state=ParticipantState.LOST)
    _mark_target(turn, participant, TargetState.LOST, "the line was lost; rung back")


def ring_back(turn: Turn) -> None:
    """Call everybody out who is lost and is not being rung back yet: one call-out for each conference."""
    lost_ones: dict[ConferenceId, list[Participant]] = {}
    for participant in turn.node.participants.values():
        if participant.state is ParticipantState.LOST and participant.id not in turn.node.lost:
            lost_ones.setdefault(participant.conference, []).append(participant)
    for conference_id, participants in lost_ones.items():
        _start(turn, turn.node.conferences[conference_id], participants)


def resume(turn: Turn) -> None:
    """After a restart of the controller: who is being rung back, as the store tells."""
    for target in turn.node.targets.values():
        if target.seat is not None and target.state not in TARGET_DONE:
            turn.set_in("lost", target.seat, target.id)


def refresh(turn: Turn) -> None:
    """Follow each ring-back: who is back is shown so by the call-out that first brought them; a ring-back that has
    ended without the person leaves no lost seat behind."""
    for participant_id, target_id in list(turn.node.lost.items()):
        participant = turn.node.participants.get(participant_id)
        target = turn.node.targets.get(target_id)
        if participant is None or participant.state is ParticipantState.LEFT:
            turn.drop_from("lost", participant_id)
        elif participant.state is ParticipantState.PRESENT:
            turn.drop_from("lost", participant_id)
            _mark_target(turn, participant, TargetState.JOINED, None)
        elif participant.state is ParticipantState.LOST and (target is None or target.state in TARGET_DONE):
            turn.drop_from("lost", participant_id)
            meeting.leave(turn, participant)


def came_by_themselves(turn: Turn, conference: ConferenceId, number: str | None) -> None:
    """Somebody has dialled in from the number of a lost participant: that one is not rung any more.

    The number is a hint only, so the newcomer inherits nothing but the end of the ringing.
    """
    for participant_id, target_id in list(turn.node.lost.items()):
        participant = turn.node.participants.get(participant_id)
        target = turn.node.targets.get(target_id)
        if participant is None or target is None or target.state in TARGET_DONE or number is None:
            continue
        if participant.conference == conference and participant.number == number:
            callout.cancel_target(turn, target, "has come back without being rung")


def _start(turn: Turn, conference: Conference, participants: list[Participant]) -> None:
    callout.forget_finished(turn, conference.id)
    activation = Activation(
        id=ActivationId(turn.mint("activation")),
        key=turn.mint("activation"),
        conference=conference.id,
        list_name=_LIST_NAME[conference.language],
        started_by="samband",
        started_at_s=turn.at_s,
        rounds=ROUNDS,
        round_pause_s=ROUND_PAUSE_S,
        exercise=conference.exercise,
    )
    turn.put(activation)
    for position, participant in enumerate(participants):
        target = _target(TargetId(turn.mint("target")), activation.id, position, participant)
        turn.put(target)
        turn.set_in("lost", participant.id, target.id)
    turn.audit("samband", "activation.ring_back", activation.id, conference=conference.id, lost=len(participants))


def _target(target: TargetId, activation: ActivationId, position: int, participant: Participant) -> Target:
    return Target(
        id=target,
        activation=activation,
        position=position,
        function=participant.function or participant.name,
        organisation=participant.organisation or "",
        numbers=(participant.number,) if participant.number else (),
        language=participant.language,
        seat=participant.id,
    )


def _mark_target(turn: Turn, participant: Participant, state: TargetState, reason: str | None) -> None:
    target = turn.node.targets.get(participant.target) if participant.target else None
    if target is not None and target.state in (TargetState.JOINED, TargetState.LOST):
        turn.put(replace(target, state=state, reason=reason))
