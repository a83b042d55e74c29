"""The ringing of a roll call: those who are missing are called out, then their deputies.

It goes on until the quorum rule holds, nobody is left to ring, or a host ends it. A function that comes in by itself,
or is ticked, is rung no more.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.callout import activations, targets
from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.callout.records import ACTIVATIONS, TARGET_DONE, Activation, ActivationState
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, ConferenceState, SeatState
from bridge.domain.kernel.ids import ActivationId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.step import Step
from bridge.domain.rollcall import calling, quorum
from bridge.domain.rollcall.policy import RollCallPolicy
from bridge.domain.rollcall.reasons import RollCallReason
from bridge.domain.rollcall.records import ROLL_CALLS, RollCall, RollCallState, RollEntry

_FUNCTIONS, _DEPUTIES = 1, 2
_LIST_NAME: Final = {Language.SV: "Upprop", Language.EN: "Roll call"}


def follow(step: Step) -> None:
    """After every event: people come in, a call-out comes to its end, a meeting ends."""
    for roll_call in list(step.node[ROLL_CALLS].values()):
        conference = step.node[CONFERENCES].get(roll_call.conference)
        if conference is None or conference.state is ConferenceState.ENDED:
            calling.close(step, roll_call)
            continue
        calling.newcomers(step, roll_call)
        if roll_call.state is RollCallState.RINGING:
            _ring(step, roll_call, conference)
    _silence(step)


def _ring(step: Step, roll_call: RollCall, conference: Conference) -> None:
    if calling.holds(step, roll_call):
        calling.end(step, roll_call)
        return
    activation = step.node[ACTIVATIONS].get(roll_call.activation) if roll_call.activation is not None else None
    if activation is not None and activation.state is ActivationState.OPEN:
        _spare_those_who_came(step, roll_call, activation)
        activation = step.node[ACTIVATIONS][activation.id]
    is_over = activation is None or activation.state is not ActivationState.OPEN
    if is_over and not _is_on_the_way_in(step, roll_call):
        _ring_next(step, roll_call, conference)


def _ring_next(step: Step, roll_call: RollCall, conference: Conference) -> None:
    """The functions first, then their deputies; then there is nobody left."""
    for rung in range(roll_call.rung + 1, _DEPUTIES + 1):
        missing = quorum.missing(calling.roll_of(step, roll_call.id))
        wanted = missing if rung == _FUNCTIONS else [one for each in missing for one in calling.deputies_of(step, each)]
        called = [one for one in wanted if one.numbers]
        if called:
            _call_out(step, replace(roll_call, rung=rung), conference, called)
            return
    calling.end(step, roll_call)


def _is_on_the_way_in(step: Step, roll_call: RollCall) -> bool:
    """Somebody who is missing has answered, and takes their seat in a moment."""
    entries = [
        one
        for each in quorum.missing(calling.roll_of(step, roll_call.id))
        for one in (each, *calling.deputies_of(step, each))
    ]
    return any(
        seat.conference == roll_call.conference
        and seat.state is SeatState.JOINING
        and any(calling.is_seat_of(seat, one) for one in entries)
        for seat in step.node[PARTICIPANTS].values()
    )


def _call_out(step: Step, roll_call: RollCall, conference: Conference, called: list[RollEntry]) -> None:
    policy = step.node.policy[RollCallPolicy]
    command = StartActivation(
        activation=ActivationId(step.mint("activation")),
        key=step.mint("activation"),
        conference=conference.id,
        list_name=_LIST_NAME[conference.language],
        targets=tuple(_target(TargetId(step.mint("target")), one) for one in called),
        ring_s=policy.ring_s,
        rounds=policy.rounds,
        exercise=conference.exercise,
    )
    step.put(replace(roll_call, activation=command.activation))
    for one in called:
        step.put(replace(one, rung_at_s=step.at_s))
    activations.begin(step, roll_call.started_by, command, conference)


def _target(target: TargetId, entry: RollEntry) -> NewTarget:
    return NewTarget(
        target,
        entry.function,
        entry.organisation,
        entry.numbers,
        entry.language,
        host_rank=entry.host_rank,
        number_uses=entry.number_uses,
    )


def _spare_those_who_came(step: Step, roll_call: RollCall, activation: Activation) -> None:
    """A function that is not missing any more is rung no more, nor is its deputy."""
    missing = quorum.missing(calling.roll_of(step, roll_call.id))
    wanted = {(one.organisation, one.function) for one in missing}
    wanted |= {(one.organisation, one.function) for each in missing for one in calling.deputies_of(step, each)}
    for target in targets.targets_of(step, activation.id):
        if target.state not in TARGET_DONE and (target.organisation, target.function) not in wanted:
            activations.cancel_target(step, target, RollCallReason.NOT_MISSING())


def _silence(step: Step) -> None:
    """A roll call that has ended in this step rings nobody more."""
    for before in step.before[ROLL_CALLS].values():
        activation = step.node[ACTIVATIONS].get(before.activation) if before.activation is not None else None
        if before.id not in step.node[ROLL_CALLS] and activation is not None:
            activations.cancel(step, activation)
