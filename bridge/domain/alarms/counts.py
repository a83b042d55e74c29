"""The counts that the strip, the API, `/metrics`, `/readyz` and the telephone all tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.domain.alarms.book import rows
from bridge.domain.alarms.kinds import Priority
from bridge.domain.alarms.records import ALARMS, Alarm, AlarmState
from bridge.domain.kernel.node import Node


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one priority.

    Attributes:
        active: Rows that are not parked: those that stand, and those that are over and not acknowledged.
        unacknowledged: Those of them that nobody has acknowledged.
    """

    active: int = 0
    unacknowledged: int = 0


def counts(alarms: Iterable[Alarm]) -> Mapping[Priority, Counts]:
    """Every priority has its counts. Alarms of exercises are in the list, and in no count."""
    found = dict.fromkeys(Priority, Counts())
    for one in rows(alarms):
        if one.state is not AlarmState.SHELVED and not one.exercise:
            before = found[one.priority]
            found[one.priority] = Counts(before.active + 1, before.unacknowledged + one.is_unacknowledged)
    return found


def counts_of(node: Node) -> Mapping[Priority, Counts]:
    return counts(node[ALARMS].values())


def told(node: Node) -> dict[str, dict[str, int]]:
    """The same for programs: `{"P1": {"active": 1, "unacknowledged": 0}, …}`."""
    return {
        priority.value: {"active": one.active, "unacknowledged": one.unacknowledged}
        for priority, one in counts_of(node).items()
    }


def unacknowledged(node: Node) -> int:
    """Of all priorities: as it is said on the telephone."""
    return sum(one.unacknowledged for one in counts_of(node).values())
