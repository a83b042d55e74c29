"""The evaluation is kept, and audited without its text."""

from bridge.domain.evaluation.commands import GiveEvaluation
from bridge.domain.evaluation.reasons import EvaluationReason
from bridge.domain.evaluation.records import BEST, MOST_TEXT, Evaluation
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step


def give(step: Step, actor: str, command: GiveEvaluation) -> None:
    """The store keeps it, and the node forgets it at once: its size does not grow with evaluations."""
    if len(command.text) > MOST_TEXT:
        step.reply = Refused("invalid", EvaluationReason.TOO_LONG(most=MOST_TEXT), "text")
    elif len(command.ratings) != len(command.questions) or not all(0 <= one <= BEST for one in command.ratings):
        step.reply = Refused("invalid", EvaluationReason.NO_RATING(most=BEST), "ratings")
    elif not any(command.ratings) and not command.text.strip():
        step.reply = Refused("invalid", EvaluationReason.EMPTY(), "text")
    else:
        evaluation = Evaluation(
            id=command.id,
            conference=command.conference,
            organisation=command.organisation,
            function=command.function,
            questions=command.questions,
            ratings=command.ratings,
            text=command.text,
            given_at_s=step.at_s,
        )
        step.put(evaluation)
        step.forget(evaluation)
        step.audit(actor, "evaluation.give", command.conference, function=command.function)
        step.reply = Done(evaluation.id)
