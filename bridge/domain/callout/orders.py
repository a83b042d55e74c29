"""The commands of a call-out."""

from dataclasses import replace

from bridge.domain.callout import activations, caps, pump, targets
from bridge.domain.callout.commands import ApproveActivation, CallOut, CancelActivation
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ACTIVATIONS, ActivationState, TargetState
from bridge.domain.conference import orders
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step


def call_out(step: Step, actor: str, command: CallOut) -> None:
    """The conference and the call-out in one step: both or neither."""
    if command.activation.targets and activations.running(step, command.activation) is None:
        orders.open_conference(step, actor, command.opening)
        if isinstance(step.reply, Refused):
            return
    activations.start(step, actor, command.activation)


def approve(step: Step, actor: str, command: ApproveActivation) -> None:
    """The functions that were held are called at once."""
    activation = step.node[ACTIVATIONS].get(command.activation)
    if activation is None or activation.state is ActivationState.CANCELLED:
        step.reply = Refused("not_found", CalloutReason.NO_SUCH_CALLOUT())
    elif actor == activation.started_by:
        step.reply = Refused("not_allowed", CalloutReason.SECOND_PERSON())
    elif activation.approved_by is not None:
        step.reply = Done(activation.id)
    else:
        step.put(replace(activation, approved_by=actor, state=ActivationState.OPEN, ended_at_s=None))
        step.audit(actor, "activation.approve", activation.id, started_by=activation.started_by)
        for one in targets.targets_of(step, activation.id):
            if caps.is_held(one):
                again = replace(one, state=TargetState.WAITING, bad_numbers=frozenset(), round=0, next_number=0)
                step.put(replace(again, tried=frozenset(), reason=None))
        targets.close_if_done(step, activation.id)
        pump.pump(step)
        step.reply = Done(activation.id)


def cancel(step: Step, actor: str, command: CancelActivation) -> None:
    activation = step.node[ACTIVATIONS].get(command.activation)
    if activation is None:
        step.reply = Refused("not_found", CalloutReason.NO_SUCH_CALLOUT())
        return
    activations.cancel(step, activation)
    step.audit(actor, "activation.cancel", activation.id)
    step.reply = Done(activation.id)
