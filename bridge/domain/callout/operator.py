"""`#9`: somebody in a meeting calls the operator in. It is a call-out of one number."""

from typing import Final

from bridge.domain.callout import activations, prompts
from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.records import ACTIVATIONS, OPERATOR_LIST, TARGETS, Activation, ActivationState, TargetState
from bridge.domain.conference import people, voices
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, Role, Seat, SeatState
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ActivationId, ParticipantId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.step import Step

_NAME: Final = {Language.SV: "Operatör", Language.EN: "Operator"}
_ASKER: Final = "participant "


def call(step: Step, asker: Seat) -> None:
    """The key. Asked for again while it rings, the operator is rung once."""
    conference = step.node[CONFERENCES][asker.conference]
    number = step.node.policy[CalloutPolicy].operator_number
    if not number:
        voices.whisper(step, asker, prompts.OPERATOR_NONE)
    elif any(one.role is Role.OPERATOR for one in people.present(step, conference.id)):
        voices.whisper(step, asker, prompts.OPERATOR_HERE)
    else:
        voices.whisper(step, asker, prompts.OPERATOR_CALLED)
        activations.start(step, f"{_ASKER}{asker.id}", _call_of(step, conference, number))
        step.reply = None  # nobody awaits the answer of a key


def _call_of(step: Step, conference: Conference, number: str) -> StartActivation:
    name = _NAME[conference.language]
    target = NewTarget(TargetId(step.mint("target")), name, "", (number,), conference.language)
    activation = ActivationId(step.mint("activation"))
    return StartActivation(activation, activation, conference.id, name, (target,), rounds=1, list_id=OPERATOR_LIST)


def keep(step: Step) -> None:
    """The operator who has come in hears who asked; the person who asked hears when nobody could be reached."""
    if step.node[PARTICIPANTS] is not step.before[PARTICIPANTS]:
        for one in list(step.node[PARTICIPANTS].values()):
            if one.role is Role.OPERATOR and one.target is not None and _has_come_in(step, one):
                _welcome(step, one)
    if step.node[ACTIVATIONS] is not step.before[ACTIVATIONS]:
        for activation in step.node[ACTIVATIONS].values():
            if activation.list_id == OPERATOR_LIST and _has_ended(step, activation):
                _tell_if_not_reached(step, activation)


def _has_come_in(step: Step, seat: Seat) -> bool:
    before = step.before[PARTICIPANTS].get(seat.id)
    return seat.state is SeatState.PRESENT and before is not None and before.joined_at_s is None


def _welcome(step: Step, operator: Seat) -> None:
    target = step.node[TARGETS].get(operator.target) if operator.target is not None else None
    activation = step.node[ACTIVATIONS].get(target.activation) if target is not None else None
    asker = _asker(step, activation) if activation is not None else None
    if asker is not None and asker.spoken_name:
        voices.whisper(step, operator, prompts.OPERATOR_ASKED_BY, phrases.spoken(asker.spoken_name))


def _has_ended(step: Step, activation: Activation) -> bool:
    before = step.before[ACTIVATIONS].get(activation.id)
    was_open = before is None or before.state is ActivationState.OPEN
    return was_open and activation.state is ActivationState.DONE


def _tell_if_not_reached(step: Step, activation: Activation) -> None:
    came = any(
        one.activation == activation.id and one.state is TargetState.JOINED for one in step.node[TARGETS].values()
    )
    asker = _asker(step, activation)
    if asker is not None and not came:
        voices.whisper(step, asker, prompts.OPERATOR_NOT_REACHED)


def _asker(step: Step, activation: Activation) -> Seat | None:
    return step.node[PARTICIPANTS].get(ParticipantId(activation.started_by.removeprefix(_ASKER)))
