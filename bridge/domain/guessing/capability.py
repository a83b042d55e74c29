"""Guessing, as the step sees it. The door of the conference asks `brake`."""

from typing import Final

from bridge.domain.guessing.events import NumbersListed, OthersGuessed
from bridge.domain.guessing.records import FAMILIAR_LINES, FAMILIAR_TO_OTHERS, GUESSES, LISTED, OTHERS
from bridge.domain.kernel.capability import Capability, on
from bridge.domain.kernel.step import Step


def _listed(step: Step, event: NumbersListed) -> None:
    step.know(LISTED, event.numbers)


def _others(step: Step, event: OthersGuessed) -> None:
    step.know(OTHERS, event.guesses)
    step.know(FAMILIAR_TO_OTHERS, event.familiar)


GUESSING: Final = Capability(
    "guessing", records=(GUESSES, FAMILIAR_LINES), heed=(on(NumbersListed, _listed), on(OthersGuessed, _others))
)
