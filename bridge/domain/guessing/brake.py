"""The rules: whose look-up waits, and for how long. Values in, values out.

A wrong code counts against its line, and against the pools of its standing. A pool is a bucket that drains: it takes
`burst` wrong codes at once, and then one in each interval. A caller may forge another number for each call.
So unknown lines share the pool of their trunk and one of all trunks. Lines of the directory
share no pool. Lines that lately gave a right code share one of their own, so no stranger can hold them up.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil, log2
from typing import Final

from bridge.domain.guessing.policy import GuessingPolicy
from bridge.domain.guessing.reasons import GuessingReason
from bridge.domain.guessing.records import MOST_FAMILIAR, MOST_LINES, FamiliarLines, Guesses
from bridge.domain.kernel.ids import TrunkName
from bridge.domain.kernel.reasons import WELL, Reason

ALL: Final = "all"
FAMILIAR: Final = "familiar"
LISTED: Final = "listed"
_WITHHELD: Final = "withheld"
MOST_TOLD: Final = 256


class Standing(StrEnum):
    LISTED = "listed"
    """Its number stands in the directory."""
    FAMILIAR = "familiar"
    """A right code came from it lately."""
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a code comes from."""

    line: str
    """The caller's number, or one name for all of a trunk who withhold theirs."""
    trunk: TrunkName
    standing: Standing = Standing.STRANGER

    @property
    def pools(self) -> tuple[str, ...]:
        """Those that its wrong codes fill."""
        match self.standing:
            case Standing.LISTED:
                return (LISTED,)
            case Standing.FAMILIAR:
                return (FAMILIAR,)
            case Standing.STRANGER:
                return (f"trunk {self.trunk}", ALL)


def source_of(
    caller: str,
    number: str | None,
    trunk: TrunkName,
    listed: frozenset[str],
    familiar: Iterable[FamiliarLines],
    now_s: float,
    policy: GuessingPolicy,
) -> Source:
    """The source of a call.

    Args:
        caller: As the network shows it; empty where the number is withheld.
        number: The same as E.164, where it is a number. Only that can be known.
        trunk: The trunk it came by.
        listed: The numbers of the directory.
        familiar: Lines that gave a right code, to this node and to each of the others.
        now_s: The time.
        policy: For how long they are familiar.
    """
    if number is None:
        return Source(caller or f"{_WITHHELD} {trunk}", trunk)
    if number in listed:
        return Source(number, trunk, Standing.LISTED)
    known = (one for node in familiar for one in node.lines)
    is_familiar = any(line == number and now_s - at_s < policy.familiar_for_s for line, at_s in known)
    return Source(number, trunk, Standing.FAMILIAR if is_familiar else Standing.STRANGER)


# --- what happened ---


def wrong(guesses: Guesses, source: Source, policy: GuessingPolicy, now_s: float) -> Guesses:
    """One wrong code more."""
    kept = {line: times for line, times in guesses.lines if times[-1] > now_s - policy.window_s}
    most = _after(source.line, policy) + ceil(log2(max(2.0, policy.line_longest_s))) + 1
    times = (*kept.pop(source.line, ()), now_s)
    kept[source.line] = times[bisect_right(times, now_s - policy.window_s) :][-most:]
    pools = {pool: at_s for pool, at_s in guesses.pools if at_s > now_s}
    for pool in source.pools:
        pools[pool] = max(pools.get(pool, now_s), now_s) + interval_s(pool, policy)
        # A full pool stays full: one that holds nobody back must not be an alarm for days.
        pools[pool] = min(pools[pool], now_s + policy.burst * interval_s(pool, policy))
    return replace(
        guesses,
        lines=tuple(list(kept.items())[-MOST_LINES:]),
        pools=tuple(pools.items()),
        wrong=guesses.wrong + 1,
    )


def right(familiar: FamiliarLines, number: str, now_s: float) -> FamiliarLines:
    """A right code came from a number."""
    others = [one for one in familiar.lines if one[0] != number]
    return replace(familiar, lines=(*others, (number, now_s))[-MOST_FAMILIAR:])


def tell(guesses: Guesses, source: Source, policy: GuessingPolicy, now_s: float) -> tuple[Guesses, dict[str, int]]:
    """The news for the audit log after a wrong code: source → wrong codes, each source once a window."""
    told = {one: at_s for one, at_s in guesses.told if at_s > now_s - policy.window_s}
    found = {}
    count = line_count(guesses, source.line, policy, now_s)
    if count >= _after(source.line, policy):
        found[f"line {source.line}"] = count
    for pool in source.pools:
        count = level(guesses, pool, policy, now_s)
        if count >= policy.alarm_after:
            found[pool] = count
    fresh = {one: count for one, count in found.items() if one not in told}
    told |= dict.fromkeys(fresh, now_s)
    return replace(guesses, told=tuple(list(told.items())[-MOST_TOLD:])), fresh


# --- what follows ---


def together(own: Guesses, others: Iterable[Guesses], policy: GuessingPolicy, now_s: float) -> Guesses:
    """All nodes' wrong codes as one: a guesser may call any of them. A full pool stays full, as in one node."""
    lines: dict[str, list[float]] = {}
    pools: dict[str, float] = {}
    every = (*others, own)
    for guesses in every:
        for line, times in guesses.lines:
            lines.setdefault(line, []).extend(times)
        for pool, at_s in guesses.pools:
            longest_s = policy.burst * interval_s(pool, policy)
            pools[pool] = now_s + min(longest_s, pools.get(pool, now_s) - now_s + max(0.0, at_s - now_s))
    ordered = sorted(((line, tuple(sorted(times))) for line, times in lines.items()), key=lambda one: one[1][-1])
    return replace(own, lines=tuple(ordered), pools=tuple(pools.items()), wrong=sum(one.wrong for one in every))


def answer_wait_s(guesses: Guesses, source: Source, policy: GuessingPolicy, now_s: float) -> float:
    """How long the answer to a wrong code is held back: longer by each one."""
    return min(policy.wrong_longest_s, policy.wrong_s * line_count(guesses, source.line, policy, now_s))


def look_up_wait_s(
    guesses: Guesses, source: Source, under_way: Iterable[Source], policy: GuessingPolicy, now_s: float
) -> float:
    """How long a look-up must wait.

    Args:
        guesses: The wrong codes before.
        source: Where the code comes from.
        under_way: The sources of look-ups that have no answer yet: each may be a wrong code.
        policy: The figures.
        now_s: The time.

    Returns:
        0 where it may be made now.
    """
    asked = list(under_way)
    of_line = sum(one.line == source.line for one in asked)
    pools = [pool for one in asked for pool in one.pools]
    waits = [_pool_wait_s(guesses, pool, pools.count(pool), policy, now_s) for pool in source.pools if pool != LISTED]
    return max(_line_wait_s(guesses, source.line, of_line, policy, now_s), *waits, 0.0)


def alarm(guesses: Guesses, policy: GuessingPolicy, now_s: float) -> Reason:
    """`WELL`, or that codes are guessed: from one line, or from many together. The brake stays on for longer."""
    pooled = max((level(guesses, pool, policy, now_s) for pool, _ in guesses.pools), default=0)
    lines = [(line, line_count(guesses, line, policy, now_s)) for line, _ in guesses.lines]
    alone = max((count for line, count in lines if count >= _after(line, policy)), default=0)
    last_at_s = max((times[-1] for _, times in guesses.lines if times), default=now_s)
    if (pooled < policy.alarm_after and not alone) or now_s - last_at_s >= policy.alarm_ends_s:
        return WELL
    since_s = min((at_s for _, at_s in guesses.told if at_s > now_s - policy.window_s), default=last_at_s)
    return GuessingReason.CODES_ARE_GUESSED(
        count=max(pooled, alone), since_min=round((now_s - since_s) / 60), last_min=round((now_s - last_at_s) / 60)
    )


def line_count(guesses: Guesses, line: str, policy: GuessingPolicy, now_s: float) -> int:
    """Wrong codes of one line within the window."""
    times = next((times for one, times in guesses.lines if one == line), ())
    return len(times) - bisect_right(times, now_s - policy.window_s)


def level(guesses: Guesses, pool: str, policy: GuessingPolicy, now_s: float) -> int:
    """Wrong codes in a pool that have not drained away."""
    return ceil(_level(guesses, pool, policy, now_s))


def interval_s(pool: str, policy: GuessingPolicy) -> float:
    """In such a time one wrong code drains away."""
    return {ALL: policy.all_s, FAMILIAR: policy.familiar_s, LISTED: policy.all_s}.get(pool, policy.trunk_s)


def _level(guesses: Guesses, pool: str, policy: GuessingPolicy, now_s: float) -> float:
    drained_at_s = next((at_s for one, at_s in guesses.pools if one == pool), now_s)
    return max(0.0, drained_at_s - now_s) / interval_s(pool, policy)


def _pool_wait_s(guesses: Guesses, pool: str, under_way: int, policy: GuessingPolicy, now_s: float) -> float:
    return (_level(guesses, pool, policy, now_s) + under_way + 1 - policy.burst) * interval_s(pool, policy)


def _line_wait_s(guesses: Guesses, line: str, under_way: int, policy: GuessingPolicy, now_s: float) -> float:
    times = next((times for one, times in guesses.lines if one == line), ())
    beyond = line_count(guesses, line, policy, now_s) + under_way - _after(line, policy)
    if beyond < 0:
        return 0.0
    since_s = now_s if under_way or not times else times[-1]
    return since_s + min(policy.line_longest_s, 2.0**beyond) - now_s


def _after(line: str, policy: GuessingPolicy) -> int:
    return policy.withheld_after if line.startswith(f"{_WITHHELD} ") else policy.line_after
