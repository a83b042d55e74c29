"""The commands of decisions."""

from dataclasses import dataclass

from bridge.domain.decisions.records import AnswerWay
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, DecisionId


@dataclass(frozen=True, slots=True)
class BeginDecision(Command):
    """A decision is spoken from now on."""

    conference: ConferenceId
    decision: DecisionId
    title: str | None = None


@dataclass(frozen=True, slots=True)
class EndDecision(Command):
    """It has been spoken. The organisations are asked."""

    conference: ConferenceId
    decision: DecisionId


@dataclass(frozen=True, slots=True)
class CancelDecision(Command):
    """The mark was a mistake."""

    conference: ConferenceId
    decision: DecisionId


@dataclass(frozen=True, slots=True)
class ReadBackDecision(Command):
    """The meeting hears it once more."""

    conference: ConferenceId
    decision: DecisionId


@dataclass(frozen=True, slots=True)
class AnswerDecision(Command):
    """An organisation has answered in another way than by key."""

    conference: ConferenceId
    decision: DecisionId
    organisation: str
    reserved: bool = False
    way: AnswerWay = AnswerWay.OPERATOR
