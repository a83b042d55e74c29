"""The way back for those whose line was lost: one by one, or all of them when Asterisk has died.

::

    PRESENT ──the line fails, or the channel is not there, ──▶ LOST ──answers, presses 1──▶ JOINING
              and no call record tells of a hang-up             ├─calls, is recognised──▶ JOINING
                                                                └─cannot come, is not back in time,
                                                                  is another caller now, meeting ends──▶ LEFT

A lost participant keeps role, mute, name and place in the line, and is shown as lost. The ring-back is a call-out of
its own, and keeps its rules. These are the trunk's pace, one live call to a number, and the key before anybody is
bridged.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.callout import activations
from bridge.domain.callout.passing import LOST
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import TARGET_DONE, TARGETS, Activation, Target, TargetState
from bridge.domain.conference import seats
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    Seat,
    SeatState,
)
from bridge.domain.kernel.ids import ActivationId, ConferenceId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step

ROUNDS: Final = 3
ROUND_PAUSE_S: Final = 30.0
_BACK: Final = frozenset({SeatState.PRESENT, SeatState.WAITING})
_NO_TARGET: Final = TargetId("")
_LIST_NAME: Final = {Language.SV: "Återuppringning", Language.EN: "Ring-back"}


def lost(step: Step, participant: Seat, cause: int | None = None) -> None:
    """The line is gone without a hang-up. The seat is kept, unless they never came in and cannot be rung.

    Args:
        step: The step.
        participant: The person.
        cause: Q.850 cause of the line's end, where one is known.
    """
    conference = step.node[CONFERENCES][participant.conference]
    is_nobody_yet = participant.number is None and participant.joined_at_s is None
    if is_nobody_yet or conference.state is ConferenceState.ENDED:
        seats.leave(step, participant, cause=cause)
        return
    seats.leave(step, participant, state=SeatState.LOST, cause=cause)
    _mark_target(step, participant, TargetState.LOST, CalloutReason.LINE_LOST())


def ring_back(step: Step) -> None:
    """Call everybody out whose line is lost since this step began: one call-out for each conference."""
    if not step.node.policy[CalloutPolicy].rings_back:
        return
    before = step.before[PARTICIPANTS]
    lost_ones: dict[ConferenceId, list[Seat]] = {}
    for participant in step.node[PARTICIPANTS].values():
        was_lost = participant.id in before and before[participant.id].state is SeatState.LOST
        if participant.state is SeatState.LOST and participant.number is not None and not was_lost:
            lost_ones.setdefault(participant.conference, []).append(participant)
    for conference_id, participants in lost_ones.items():
        _start(step, step.node[CONFERENCES][conference_id], participants)


def resume(step: Step) -> None:
    """After a restart of the controller: who is being rung back, as the store tells."""
    for target in step.node[TARGETS].values():
        if target.seat is not None and target.state not in TARGET_DONE:
            step.set_in(LOST, target.seat, target.id)


def refresh(step: Step) -> None:
    """Follow each ring-back. A person who was removed meanwhile is rung no more. One who cannot come has left, and
    for all others the seat is kept for its time."""
    _show_returns(step)
    for participant_id, target_id in list(step.node[LOST].items()):
        participant = step.node[PARTICIPANTS].get(participant_id)
        target = step.node[TARGETS].get(target_id)
        if participant is None or participant.state is SeatState.LEFT:
            step.drop_from(LOST, participant_id)
            if target is not None and target.state not in TARGET_DONE:
                activations.cancel_target(step, target, CalloutReason.CANCELLED())
        elif participant.state in _BACK:
            step.drop_from(LOST, participant_id)
        elif participant.state is SeatState.LOST and (target is None or target.state in TARGET_DONE):
            step.drop_from(LOST, participant_id)
            if target is None or target.state is TargetState.CANNOT or target.reason == CalloutReason.CAME_BACK():
                seats.leave(step, participant)


def _show_returns(step: Step) -> None:
    """The call-out that first brought a person shows that they are back."""
    before, now = step.before[PARTICIPANTS], step.node[PARTICIPANTS]
    if before is now:
        return
    for participant in now.values():
        was = before.get(participant.id)
        if participant.state in _BACK and (was is None or was.state not in _BACK):
            _mark_target(step, participant, TargetState.JOINED, None, only=TargetState.LOST)


def came_by_themselves(step: Step, newcomer: Seat) -> None:
    """Somebody has dialled in from the number of a lost participant: that one is not rung any more.

    A newcomer who is not recognised inherits nothing but the end of the ringing: the number is a hint only.
    """
    own = step.node[TARGETS].get(step.node[LOST].get(newcomer.id, _NO_TARGET))
    step.drop_from(LOST, newcomer.id)
    if own is not None and own.state not in TARGET_DONE:
        activations.cancel_target(step, own, CalloutReason.CAME_BACK())
    for participant_id, target_id in list(step.node[LOST].items()):
        participant = step.node[PARTICIPANTS].get(participant_id)
        target = step.node[TARGETS].get(target_id)
        if participant is None or target is None or target.state in TARGET_DONE or newcomer.number is None:
            continue
        if participant.conference == newcomer.conference and participant.number == newcomer.number:
            activations.cancel_target(step, target, CalloutReason.CAME_BACK())


def _start(step: Step, conference: Conference, participants: list[Seat]) -> None:
    activations.forget_finished(step, conference.id)
    activation = Activation(
        id=ActivationId(step.mint("activation")),
        key=step.mint("activation"),
        conference=conference.id,
        list_name=_LIST_NAME[conference.language],
        started_by="samband",
        started_at_s=step.at_s,
        rounds=ROUNDS,
        round_pause_s=ROUND_PAUSE_S,
        exercise=conference.exercise,
    )
    step.put(activation)
    for position, participant in enumerate(participants):
        target = _target(TargetId(step.mint("target")), activation.id, position, participant)
        step.put(target)
        step.set_in(LOST, participant.id, target.id)
    step.audit("samband", "activation.ring_back", activation.id, conference=conference.id, lost=len(participants))


def _target(target: TargetId, activation: ActivationId, position: int, participant: Seat) -> Target:
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


def _mark_target(
    step: Step, participant: Seat, state: TargetState, reason: Reason | None, only: TargetState = TargetState.JOINED
) -> None:
    """The function as which they came in, where it is in this state."""
    target = step.node[TARGETS].get(participant.target) if participant.target else None
    if target is not None and target.state is only:
        step.put(replace(target, state=state, reason=reason))
