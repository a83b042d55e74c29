"""The trunks: which may place a call now, at what pace, and when one rests."""

from dataclasses import replace

from bridge.domain.callout import pacing
from bridge.domain.callout.passing import TRUNKS, TrunkUse
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ATTEMPTS, Attempt
from bridge.domain.conference import secrecy
from bridge.domain.conference.records import Conference
from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.ids import TrunkName
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.numbers import is_premium


def trunk_for(step: Step, number: str, conference: Conference | None) -> tuple[TrunkPolicy | None, float | None]:
    """A trunk with room now; or when one may have (`None`: never, no trunk may call this number for it)."""
    ready_at_s: float | None = None
    for trunk in step.node.policy[CalloutPolicy].trunks:
        if not (trunk.may_call(number) and secrecy.may_call(step, conference, trunk.name)):
            continue
        use = step.node[TRUNKS].get(trunk.name, TrunkUse())
        has_channel = len(use.busy) < trunk.channels
        ready = use.next_call_at_s - pacing.AHEAD_S
        if has_channel and ready <= step.at_s:
            return trunk, step.at_s
        # A full trunk is pumped again when one of its calls ends: no instant to wait for.
        soonest = ready if has_channel else step.at_s
        ready_at_s = soonest if ready_at_s is None else min(ready_at_s, soonest)
    return None, ready_at_s


def has_room(step: Step) -> bool:
    """Whether any trunk may place a call now, whatever its number."""
    uses = step.node[TRUNKS]
    for trunk in step.node.policy[CalloutPolicy].trunks:
        use = uses.get(trunk.name)
        if use is None or (len(use.busy) < trunk.channels and use.next_call_at_s - pacing.AHEAD_S <= step.at_s):
            return True
    return False


def why_none(step: Step, number: str) -> Reason:
    """Why no trunk may ever call this number. It costs the caller, or lies outside what is allowed. Or the trunks that
    may are not encrypted, and secrecy applies."""
    if any(trunk.may_call(number) for trunk in step.node.policy[CalloutPolicy].trunks):
        return CalloutReason.NO_ENCRYPTED_TRUNK()
    reached = any(number.startswith(trunk.prefixes) for trunk in step.node.policy[CalloutPolicy].trunks)
    return CalloutReason.PREMIUM() if reached and is_premium(number) else CalloutReason.NO_TRUNK()


def free_trunk(step: Step, attempt: Attempt, *, congested: bool) -> None:
    policy = step.node.policy[CalloutPolicy]
    use = step.node[TRUNKS].get(attempt.trunk, TrunkUse())
    use = replace(use, busy=use.busy - {attempt.id}, congested=use.congested + 1 if congested else 0)
    if congested:
        rest_s = Backoff(policy.congestion_s, policy.congestion_longest_s).after(use.congested)
        use = replace(use, next_call_at_s=max(use.next_call_at_s, step.at_s + rest_s + pacing.AHEAD_S))
    step.set_in(TRUNKS, attempt.trunk, use)


def connected(step: Step) -> None:
    """Nobody knows of the calls before: the gate nearest the wire lets none go until a whole window has passed. A call
    that is decided meanwhile would only wait there, and be in doubt after a crash."""
    for trunk in step.node.policy[CalloutPolicy].trunks:
        window_s = max((one.window_s for one in pacing.bounds(trunk.calls_per_s)), default=0.0)
        use = step.node[TRUNKS].get(trunk.name, TrunkUse())
        if window_s and use.next_call_at_s < step.at_s + window_s:
            step.set_in(TRUNKS, trunk.name, replace(use, next_call_at_s=step.at_s + window_s))


def forget_ended(step: Step) -> None:
    """A trunk carries no call that is over."""
    for name, use in list(step.node[TRUNKS].items()):
        live = frozenset(one for one in use.busy if one in step.node[ATTEMPTS])
        if live != use.busy:
            step.set_in(TRUNKS, name, replace(use, busy=live))


def trunk_in_use(step: Step, attempt: Attempt) -> None:
    """Count an adopted call against its trunk's channels."""
    use = step.node[TRUNKS].get(attempt.trunk, TrunkUse())
    step.set_in(TRUNKS, TrunkName(attempt.trunk), replace(use, busy=use.busy | {attempt.id}))
