"""The same effect once more. A failed effect that is still wanted is ordered again, under the same id, after a pause.

The node keeps one `Again` for each effect that failed lately. Its timer first redoes the effect. If no failure comes
back within `FORGET_S`, the entry is forgotten. So nothing grows with time.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.step import Step
from bridge.domain.kernel.tables import Table


class AgainTimer(StrEnum):
    AGAIN = "again"
    """An effect that failed is asked for again."""


@dataclass(frozen=True, slots=True)
class Again:
    """An effect that failed and is asked for again."""

    effect: DeviceEffect
    failures: int
    """In a row."""
    waits: bool
    """It waits for its pause to end; else it has been redone and no failure has come back yet."""


AGAIN: Final = Table[str, Again]("again")
"""Effects that failed lately, by `key_of`."""

FIRST_S: Final = 1.0
LONGEST_S: Final = 30.0
FORGET_S: Final = 60.0
"""An effect that has not failed for this long has been done, and its count begins anew. Longer than any request."""


def key_of(effect: DeviceEffect) -> str:
    """The name of an effect's timer: its class and whom it is about."""
    return f"{type(effect).__name__} {effect.subject}"


def plan(
    step: Step, effect: DeviceEffect, *, most: int | None = None, first_s: float = FIRST_S, longest_s: float = LONGEST_S
) -> bool:
    """Ask for the effect again after a pause that doubles.

    Args:
        most: Failures in a row after which it is given up; `None`: never.
        first_s, longest_s: The first pause, and the longest.

    Returns:
        False when it has failed `most` times in a row and is given up.
    """
    key = key_of(effect)
    before = step.node[AGAIN].get(key)
    failures = 1 if before is None else before.failures + 1
    if most is not None and failures >= most:
        forget(step, key)
        return False
    step.set_in(AGAIN, key, Again(effect, failures, waits=True))
    step.start_timer(AgainTimer.AGAIN, key, Backoff(first_s, longest_s).after(failures))
    return True


def take(step: Step, key: str) -> DeviceEffect | None:
    """The timer is due. Gives the effect to redo now, or `None` when it was redone long enough ago to be forgotten."""
    entry = step.node[AGAIN].get(key)
    if entry is None:
        return None
    if not entry.waits:
        step.drop_from(AGAIN, key)
        return None
    step.set_in(AGAIN, key, Again(entry.effect, entry.failures, waits=False))
    step.start_timer(AgainTimer.AGAIN, key, FORGET_S)
    return entry.effect


def forget(step: Step, key: str) -> None:
    """The effect is wanted no more."""
    if key in step.node[AGAIN]:
        step.drop_from(AGAIN, key)
        step.stop_timer(AgainTimer.AGAIN, key)


def forget_subject(step: Step, subject: str, *kinds: type[DeviceEffect]) -> None:
    """The effects' subject exists no more: none of them is ordered again. With `kinds`, only those are wanted no
    more."""
    for key, entry in list(step.node[AGAIN].items()):
        if entry.effect.subject == subject and isinstance(entry.effect, kinds or DeviceEffect):
            forget(step, key)
