"""A call-out before it is started: whom it would ring, and how it would go on. Pure; nothing is rung."""

from dataclasses import dataclass, replace

from bridge.domain.callout import activations, deadline
from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.callout.forecast import Forecast, forecast
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.records import ACTIVATIONS, Activation
from bridge.domain.kernel.node import Node

_TWO = 2


@dataclass(frozen=True, slots=True)
class Review:
    """A call-out that was not started.

    Attributes:
        name: Of its list, or lists.
        functions: The most urgent first, then in the list's order.
        numbers: Different numbers of theirs.
        without_number: Functions that cannot be rung.
        one_number: Functions with no second number.
        without_deputy: Functions that nobody stands in for.
        caller_ids: The numbers that those who are rung see, one for each trunk that may ring any of them. Empty text:
            the trunk's own.
        forecast: As if it were started now.
    """

    name: str
    functions: tuple[NewTarget, ...]
    numbers: int
    without_number: tuple[NewTarget, ...]
    one_number: tuple[NewTarget, ...]
    without_deputy: tuple[NewTarget, ...]
    caller_ids: tuple[str, ...]
    forecast: Forecast


def review(node: Node, start: StartActivation, at_s: float) -> Review:
    """As if `start` were carried out at this instant."""
    goals = deadline.goals_from(node.policy[CalloutPolicy], start, at_s)
    activation = Activation(
        start.activation,
        start.key,
        start.conference,
        start.list_name,
        "",
        at_s,
        ring_s=start.ring_s,
        rounds=start.rounds,
        round_pause_s=start.round_pause_s,
        exercise=start.exercise,
        parallel=start.parallel,
        level=goals[0].level,
        due_at_s=goals[0].due_at_s,
        goals=goals if len(goals) > 1 else (),
    )
    with_it = replace(node, tables={**node.tables, ACTIVATIONS: {**node[ACTIVATIONS], activation.id: activation}})
    rows = tuple(activations.rows(activation, start.targets))
    every = {number for one in start.targets for number in one.numbers}
    trunks = node.policy[CalloutPolicy].trunks
    return Review(
        name=start.list_name,
        functions=start.targets,
        numbers=len(every),
        without_number=tuple(one for one in start.targets if not one.numbers),
        one_number=tuple(one for one in start.targets if one.numbers and len(set(one.numbers)) < _TWO),
        without_deputy=tuple(one for one in start.targets if not one.deputies),
        caller_ids=tuple(dict.fromkeys(one.caller_id for one in trunks if any(map(one.may_call, every)))),
        forecast=forecast(with_it, activation, rows, (), at_s),
    )
