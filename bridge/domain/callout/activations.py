"""A call-out as a whole: started, cancelled, forgotten."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bridge.domain.callout import deadline, pump, questions, sharing, targets
from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    TARGET_DONE,
    Activation,
    ActivationState,
    AnswerLevel,
    Target,
    TargetState,
)
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, ConferenceState, SeatState
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step


def start(step: Step, actor: str, command: StartActivation) -> None:
    """Everything of the activation in one commit; a repeated key, or the same list's id, joins what runs."""
    known = running(step, command)
    if known is not None:
        step.reply = Done(known.id)
        return
    if not command.targets:
        step.reply = Refused("invalid", CalloutReason.EMPTY_LIST(), "targets")
        return
    conference = step.node[CONFERENCES].get(command.conference)
    if conference is None or conference.state is ConferenceState.ENDED:
        step.reply = Refused("not_found", ConferenceReason.NO_OPEN_CONFERENCE(), "conference_id")
        return
    begin(step, actor, command, conference)
    step.reply = Done(command.activation)


def begin(step: Step, actor: str, command: StartActivation, conference: Conference) -> None:
    """The activation with all its targets. The first calls are placed at once."""
    _relieve(step, command)
    forget_finished(step, conference.id)
    goals = deadline.goals_from(step.node.policy[CalloutPolicy], command, step.at_s)
    due = [one.due_at_s for one in goals if one.due_at_s is not None]
    is_of_several = len(goals) > 1
    activation = Activation(
        id=command.activation,
        key=command.key,
        conference=conference.id,
        list_name=command.list_name,
        list_id=command.list_id,
        started_by=actor,
        started_at_s=step.at_s,
        ring_s=command.ring_s,
        rounds=command.rounds,
        round_pause_s=command.round_pause_s,
        exercise=command.exercise or conference.exercise,
        parallel=command.parallel,
        level=None if is_of_several else goals[0].level,
        due_at_s=max(due, default=None),
        quorum=None if is_of_several else goals[0].quorum,
        stops_at_quorum=all(one.stops_at_quorum for one in goals),
        goals=goals if is_of_several else (),
        also_lists=command.also_lists,
    )
    step.put(activation)
    deadline.begin(step, activation)
    for target in rows(activation, command.targets):
        step.put(target)
    step.audit(actor, "activation.start", activation.id, list=command.list_name, functions=len(command.targets))
    targets.close_if_done(step, activation.id)
    pump.pump(step)


def running(step: Step, command: StartActivation) -> Activation | None:
    """The activation that the command would start, where it runs already."""
    for activation in step.node[ACTIVATIONS].values():
        if activation.key == command.key:
            return activation
        asked, called = lists_of(command), lists_of(activation)
        same_list = bool(asked) and asked <= called
        is_here = activation.conference == command.conference and activation.state is ActivationState.OPEN
        if same_list and is_here and _is_calling(step, activation):
            return activation
    return None


def lists_of(one: StartActivation | Activation) -> frozenset[str]:
    """The identities of all that it calls out."""
    return frozenset(() if one.list_id is None else (one.list_id, *one.also_lists))


def _is_calling(step: Step, activation: Activation) -> bool:
    """Somebody is still to be called now, and not only those who said that they come later."""
    return any(one.state not in TARGET_DONE for one in targets.targets_of(step, activation.id))


def _relieve(step: Step, command: StartActivation) -> None:
    """The same list called out again calls also those who were to be called later."""
    for one in list(step.node[ACTIVATIONS].values()):
        is_open = one.conference == command.conference and one.state is ActivationState.OPEN
        known = lists_of(one)
        if is_open and known and known <= lists_of(command) and not _is_calling(step, one):
            step.put(replace(one, state=ActivationState.DONE, ended_at_s=step.at_s))


def rows(activation: Activation, called: Sequence[NewTarget]) -> Iterator[Target]:
    """The functions in their order, and after them the deputies, who stand by. A deputy is due as the function is."""
    position = itertools.count()
    for new in called:
        yield _new_target(activation, next(position), new, new.level)
    for new in called:
        for deputy in new.deputies:
            row = _new_target(activation, next(position), deputy, new.level)
            yield replace(row, state=TargetState.STANDBY, reason=None, deputy_for=new.id)


def _new_target(activation: Activation, position: int, new: NewTarget, level: AnswerLevel | None) -> Target:
    goal = deadline.goal_of_level(activation, level)
    target = Target(
        id=new.id,
        activation=activation.id,
        position=position,
        function=new.function,
        organisation=new.organisation,
        numbers=new.numbers,
        language=new.language,
        host_rank=new.host_rank,
        function_id=new.function_id,
        number_uses=new.number_uses,
        nobody_on_duty=new.nobody_on_duty,
        issis=new.issis,
        level=goal.level,
        due_at_s=goal.due_at_s,
    )
    if not new.numbers:
        return replace(target, state=TargetState.UNREACHABLE, reason=CalloutReason.NO_NUMBER())
    return target


def cancel(step: Step, activation: Activation) -> None:
    """Stop ringing. A person who is being asked hears that it is over; a person who has joined stays."""
    if activation.state is not ActivationState.OPEN:
        return
    step.put(replace(activation, state=ActivationState.CANCELLED, ended_at_s=step.at_s))
    deadline.end(step, activation)
    for target in targets.targets_of(step, activation.id):
        if target.state not in TARGET_DONE:
            _cancel_target(step, target, CalloutReason.CANCELLED())


def cancel_target(step: Step, target: Target, reason: Reason) -> None:
    """One function need not be called any more; the rest goes on."""
    _cancel_target(step, target, reason)
    targets.close_if_done(step, target.activation)


def _cancel_target(step: Step, target: Target, reason: Reason) -> None:
    step.put(replace(target, state=TargetState.CANCELLED, reason=reason))
    for attempt in sharing.calls_of(step.node, target):
        questions.call_off(step, attempt)


def forget(step: Step, activation: Activation) -> None:
    """Its conference is over and forgotten; the store keeps the report."""
    cancel(step, activation)
    deadline.end(step, activation)
    for target in targets.targets_of(step, activation.id):
        step.forget(target)
    step.forget(activation)


def forget_finished(step: Step, conference: ConferenceId) -> None:
    """The finished call-outs of a standing conference go when its next begins; the store keeps their reports. One stays
    while a call of it is up, or somebody it brought is being rung back."""
    kept = {attempt.activation for attempt in step.node[ATTEMPTS].values()}
    away = (SeatState.LOST, SeatState.JOINING, SeatState.WAITING)
    missing = {one.target for one in step.node[PARTICIPANTS].values() if one.state in away}
    for activation in list(step.node[ACTIVATIONS].values()):
        is_finished = activation.conference == conference and activation.state is not ActivationState.OPEN
        called = targets.targets_of(step, activation.id)
        if is_finished and activation.id not in kept and not any(target.id in missing for target in called):
            forget(step, activation)
