"""The commands of decisions."""

from dataclasses import replace

from bridge.domain.conference import orders
from bridge.domain.conference.records import Conference
from bridge.domain.decisions import decisions
from bridge.domain.decisions.commands import (
    AnswerDecision,
    BeginDecision,
    CancelDecision,
    EndDecision,
)
from bridge.domain.decisions.reasons import DecisionReason
from bridge.domain.decisions.records import DECISIONS, Answer, Decision, DecisionState
from bridge.domain.kernel.ids import DecisionId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step


def begin(step: Step, actor: str, command: BeginDecision) -> None:
    """The same id again begins nothing."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    if command.decision in step.node[DECISIONS]:
        step.reply = Done(command.decision)
        return
    current = decisions.spoken_now(step, conference.id)
    if current is not None:
        step.reply = Refused("conflict", DecisionReason.BEING_SPOKEN(number=current.number))
        return
    decisions.begin(step, conference, command.decision, actor, command.title)
    step.audit(actor, "decision.begin", conference.id, decision=command.decision)
    step.reply = Done(command.decision)


def end(step: Step, actor: str, command: EndDecision) -> None:
    """The end of one that has ended already changes nothing."""
    decision = standing(step, orders.running(step, command.conference), command.decision)
    if decision is None:
        return
    if decision.state is DecisionState.SPEAKING:
        decisions.end(step, decision, actor)
        step.audit(actor, "decision.end", decision.conference, decision=decision.id)
    step.reply = Done(decision.id)


def cancel(step: Step, actor: str, command: CancelDecision) -> None:
    """To cancel it twice changes nothing."""
    decision = _of(step, orders.running(step, command.conference), command.decision)
    if decision is None:
        return
    if decision.state is not DecisionState.CANCELLED:
        decisions.cancel(step, decision, actor)
        step.audit(actor, "decision.cancel", decision.conference, decision=decision.id)
    step.reply = Done(decision.id)


def answer(step: Step, actor: str, command: AnswerDecision) -> None:
    """It takes the place of an earlier answer, and of none. A late one is welcome."""
    decision = standing(step, orders.running(step, command.conference), command.decision)
    if decision is None:
        return
    if decision.state is DecisionState.SPEAKING:
        step.reply = Refused("conflict", DecisionReason.NOT_SPOKEN_YET(number=decision.number), retry=True)
        return
    given = Answer.RESERVED if command.reserved else Answer.ACKNOWLEDGED
    found = decisions.answer_of(step, decision.id, command.organisation)
    decisions.take(step, replace(found, answer=given, way=command.way, by=actor, seat=None))
    step.audit(
        actor,
        "decision.answer",
        decision.conference,
        decision=decision.id,
        organisation=command.organisation,
        answer=given.value,
    )
    step.reply = Done(decision.id)


def _of(step: Step, conference: Conference | None, decision: DecisionId) -> Decision | None:
    """The meeting's decision; else `step.reply` refuses."""
    if conference is None:
        return None
    found = step.node[DECISIONS].get(decision)
    if found is None or found.conference != conference.id:
        step.reply = Refused("not_found", DecisionReason.NO_SUCH_DECISION())
        return None
    return found


def standing(step: Step, conference: Conference | None, decision: DecisionId) -> Decision | None:
    """The same, unless it is cancelled."""
    found = _of(step, conference, decision)
    if found is not None and found.state is DecisionState.CANCELLED:
        step.reply = Refused("conflict", DecisionReason.CANCELLED(number=found.number))
        return None
    return found
