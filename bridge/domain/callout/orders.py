"""The commands of a call-out."""

from bridge.domain.callout import activations
from bridge.domain.callout.commands import CallOut, CancelActivation
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ACTIVATIONS
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


def cancel(step: Step, actor: str, command: CancelActivation) -> None:
    activation = step.node[ACTIVATIONS].get(command.activation)
    if activation is None:
        step.reply = Refused("not_found", CalloutReason.NO_SUCH_CALLOUT())
        return
    activations.cancel(step, activation)
    step.audit(actor, "activation.cancel", activation.id)
    step.reply = Done(activation.id)
