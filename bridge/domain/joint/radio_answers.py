"""An answer to a call-out by radio: a text of one digit, or a status that means a key.

It counts as the key and as an SMS do, and opens nothing. The radio network vouches for the sender's ISSI. It answers
for the functions that have this radio in the newest call-out that goes on. A text to a talkgroup is no answer.
"""

from typing import Final

from bridge.domain.callout import written, written_answers
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, ActivationState, Target, TargetState
from bridge.domain.callout.written_answers import By, Written, WrittenAnswer
from bridge.domain.joint.passing import RADIO_ANSWERS, RadioAnswer
from bridge.domain.kernel.ids import Issi
from bridge.domain.kernel.step import Step
from bridge.domain.outbox.notes import OutboxNote
from bridge.domain.shortdata.events import SdsReceived, StatusReceived

KEYS: Final = (WrittenAnswer.COMES, WrittenAnswer.LATER, WrittenAnswer.CANNOT, WrittenAnswer.DEPUTY)
"""The meaning of the statuses of the policy, in their order."""


def text_came(step: Step, event: SdsReceived) -> None:
    answer = written.read_coded(event.text)
    if answer is not None and not event.group:
        _take(step, event, answer)


def status_came(step: Step, event: StatusReceived) -> None:
    meant = dict(zip(step.node.policy[CalloutPolicy].answer_statuses, KEYS, strict=False))
    answer = meant.get(event.code)
    if answer is not None and not event.group:
        _take(step, event, Written(answer))


def _take(step: Step, event: SdsReceived | StatusReceived, answer: Written) -> None:
    """One receipt for one answer, however many functions it was for."""
    sender = event.sender
    taken = [one for one in _called(step, sender) if written_answers.take(step, one, answer, By.RADIO)]
    for target in taken:
        _tell(step, target, sender, answer)
    for gone in [one for one in step.node[RADIO_ANSWERS] if one not in step.node[TARGETS]]:
        step.drop_from(RADIO_ANSWERS, gone)
    if taken:
        step.set_in(RADIO_ANSWERS, taken[0].id, RadioAnswer(sender, event.terminal, answer))
        step.show("radio_answer", taken[0].id)


def _called(step: Step, sender: Issi) -> list[Target]:
    """Deputies who stand by are asked for nothing yet."""
    found = [
        one
        for one in step.node[TARGETS].values()
        if sender in one.issis
        and one.state is not TargetState.STANDBY
        and step.node[ACTIVATIONS][one.activation].state is ActivationState.OPEN
    ]
    newest = max((step.node[ACTIVATIONS][one.activation].started_at_s for one in found), default=0.0)
    latest = [one for one in found if step.node[ACTIVATIONS][one.activation].started_at_s == newest]
    return sorted(latest, key=lambda one: one.position)


def _tell(step: Step, target: Target, sender: Issi, answer: Written) -> None:
    about = {"function": target.function, "organisation": target.organisation, "answer": answer.answer.value}
    minutes = {} if answer.minutes is None else {"minutes": answer.minutes}
    step.audit(f"radio {sender}", "activation.answer", target.id, issi=sender, **about, **minutes)
    conference = step.node[ACTIVATIONS][target.activation].conference
    step.note(conference, OutboxNote.MESSAGE_ANSWER, None, number=f"ISSI {sender}", **about, **minutes)
