"""Evaluations of a conference by those who took part, as they have sent them by their links."""

from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.security import Asker
from bridge.api.text import Output, when
from bridge.domain.evaluation.records import Evaluation

router = resource("/conferences/{conference}/evaluations", "conferences")


class RatingOut(Output):
    """One question and its answer."""

    question: str
    """As it was asked."""
    score: int | None
    """Number of points, 1 to 5; null: not answered."""


class EvaluationOut(Output):
    """The evaluation of one function."""

    organisation: str
    """Its name."""
    function: str
    """Its name."""
    ratings: list[RatingOut]
    """One for each question."""
    text: str
    """Free words."""
    given_at: str | None
    """RFC 3339, UTC."""


@router.get("")
async def list_evaluations(conference: ConferenceKey, service: TheService, asker: Asker) -> list[EvaluationOut]:
    """The evaluations that have come, by organisation and function."""
    return [_out(one) for one in await service.evaluations.find(asker, conference)]


def _out(one: Evaluation) -> EvaluationOut:
    rated = zip(one.questions, one.ratings, strict=False)
    return EvaluationOut(
        organisation=one.organisation,
        function=one.function,
        ratings=[RatingOut(question=question, score=rating or None) for question, rating in rated],
        text=one.text,
        given_at=when(one.given_at_s),
    )
