"""The lacks at which a call-out would fail now: parts that are not well, and functions that cannot be reached."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.domain.access.permissions import Act
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.directory.coverage import Cover
from bridge.domain.directory.records import ActivationList
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.service.covers import covers_of
from bridge.service.masking import reason_as_seen_by
from bridge.service.reasons import ReadinessReason
from bridge.service.use_case import UseCases, use_case


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that would fail, or that nobody knows to work."""

    kind: str
    """`part`, `function` or `activation_list`."""
    subject: str
    """The part's name, or the entry's id."""
    name: str
    """As people know it."""
    reason: Reason
    fails: bool
    """It fails now; else it was only never proved."""


class Readiness(UseCases):
    @use_case(Act.DIRECTORY_READ)
    async def find(self, principal: Principal, health: Mapping[str, Reason]) -> Sequence[Lack]:
        """All lacks. Those at which it fails now come first.

        Args:
            principal: The one who asks.
            health: Part → `WELL`, or the reason why not.
        """
        covers = await covers_of(self._ports)
        lists = await self._ports.directory.list(ActivationList)
        trunks = self._ports.control.node().policy[CalloutPolicy]
        found = [
            *(Lack("part", name, name, reason, True) for name, reason in health.items() if reason != WELL),
            *(lack for cover in covers for lack in _of_function(cover, trunks)),
            *(
                Lack("activation_list", one.id, one.name, ReadinessReason.EMPTY_LIST(), True)
                for one in lists
                if not one.function_ids
            ),
        ]
        seen = [replace(one, reason=reason_as_seen_by(principal, one.reason)) for one in found]
        return sorted(seen, key=lambda one: not one.fails)


def _of_function(cover: Cover, policy: CalloutPolicy) -> Iterator[Lack]:
    function = cover.function
    name = f"{cover.organisation} {function.name}".strip()

    def lack(reason: Reason, *, fails: bool) -> Lack:
        return Lack("function", function.id, name, reason, fails)

    has_person = cover.has_rota and not cover.lacks_duty
    if cover.lacks_number and not has_person:
        yield lack(ReadinessReason.NO_NUMBER(), fails=True)
    elif function.numbers and not any(trunk.may_call(number) for trunk in policy.trunks for number in function.numbers):
        yield lack(ReadinessReason.NO_TRUNK(), fails=True)
    if cover.off_duty:
        yield lack(ReadinessReason.NOBODY_ON_DUTY(), fails=False)
    for number in cover.wrong_numbers:
        yield lack(ReadinessReason.WRONG_NUMBER(number=number), fails=len(cover.wrong_numbers) == len(function.numbers))
    if cover.confirmed_at_s is None:
        yield lack(ReadinessReason.NEVER_CONFIRMED(), fails=False)
    if cover.test_call is None and not cover.lacks_number:
        yield lack(ReadinessReason.NEVER_TRIED(), fails=False)
