"""The command of an evaluation."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, EvaluationId


@dataclass(frozen=True, slots=True)
class GiveEvaluation(Command):
    """The evaluation of one function. It takes the place of an earlier one."""

    id: EvaluationId
    conference: ConferenceId
    organisation: str
    function: str
    questions: tuple[str, ...]
    ratings: tuple[int, ...]
    """One for each question; 0: not answered."""
    text: str
