"""An evaluation of a conference: the record."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.ids import ConferenceId, EvaluationId
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records

MOST_QUESTIONS: Final = 5
MOST_TEXT: Final = 2000
"""Characters of the free words."""
BEST: Final = 5
"""Ratings go from 1 to this."""


@dataclass(frozen=True, slots=True)
class Evaluation(Record):
    """The latest evaluation of one function. A later one takes its place."""

    id: EvaluationId
    """The link that it came by: a conference has one for each function."""
    conference: ConferenceId
    organisation: str
    function: str
    questions: tuple[str, ...]
    """As they were asked."""
    ratings: tuple[int, ...]
    """1…5 for each question; 0: not answered."""
    text: str
    given_at_s: float


EVALUATIONS: Final = Records[EvaluationId, Evaluation]("evaluations", Evaluation, "evaluation")
"""Each is in the node only for the step that keeps it: nobody decides by it."""
