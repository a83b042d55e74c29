"""The same effect once more: what failed and is still wanted is asked for again, under the same id, after a pause.

The node keeps one `Again` for each effect that failed lately. Its timer first redoes the effect; if no failure comes
back within `FORGET_S`, the entry is forgotten, so that nothing grows with time.
"""

from typing import Final

from bridge.domain.effects import DeviceEffect, subject_of
from bridge.domain.node import Again
from bridge.domain.timers import TimerKind
from bridge.domain.turn import Turn

FIRST_S: Final = 1.0
LONGEST_S: Final = 30.0
FORGET_S: Final = 60.0
"""An effect that has not failed for this long has been done, and its count begins anew. Longer than any request."""
_DOUBLINGS: Final = 16
"""More doublings than any pause needs; a larger exponent would overflow."""


def key_of(effect: DeviceEffect) -> str:
    """The name of an effect's timer: its class and whom it is about."""
    return f"{type(effect).__name__} {subject_of(effect)}"


def plan(
    turn: Turn,
    effect: DeviceEffect,
    *,
    most: int | None = None,
    first_s: float = FIRST_S,
    longest_s: float = LONGEST_S,
) -> bool:
    """Ask for the effect again after a pause that doubles.

    Args:
        most: Failures in a row after which it is given up; `None`: never.
        first_s, longest_s: The first pause, and the longest.

    Returns:
        False when it has failed `most` times in a row and is given up.
    """
    key = key_of(effect)
    before = turn.node.again.get(key)
    failures = 1 if before is None else before.failures + 1
    if most is not None and failures >= most:
        forget(turn, key)
        return False
    turn.set_in("again", key, Again(effect, failures, waits=True))
    turn.start_timer(TimerKind.AGAIN, key, min(longest_s, first_s * 2 ** min(failures - 1, _DOUBLINGS)))
    return True


def take(turn: Turn, key: str) -> DeviceEffect | None:
    """The timer is due: the effect to redo now, or `None` when it was redone long enough ago to be forgotten."""
    entry = turn.node.again.get(key)
    if entry is None:
        return None
    if not entry.waits:
        turn.drop_from("again", key)
        return None
    turn.set_in("again", key, Again(entry.effect, entry.failures, waits=False))
    turn.start_timer(TimerKind.AGAIN, key, FORGET_S)
    return entry.effect


def forget(turn: Turn, key: str) -> None:
    """The effect is wanted no more."""
    if key in turn.node.again:
        turn.drop_from("again", key)
        turn.stop_timer(TimerKind.AGAIN, key)


def forget_subject(turn: Turn, subject: str) -> None:
    """What the effects were about exists no more: none of them is asked for again."""
    for key, entry in list(turn.node.again.items()):
        if subject_of(entry.effect) == subject:
            forget(turn, key)
