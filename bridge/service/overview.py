"""The meetings and call-outs that go on now, in a few words: for the strip that stands on every page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain.access.permissions import Act, reach_of
from bridge.domain.callout import deadline
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, Activation, ActivationState
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, ConferenceState, SeatState
from bridge.domain.kernel.order import newest_first
from bridge.domain.kernel.principal import Principal
from bridge.service.callouts import is_within
from bridge.service.hosts import Passed, passed
from bridge.service.use_case import UseCases, use_case

TOLD_S: Final = 43_200.0
"""A handing over is told to both for so long: a shift."""
MOST_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Meeting:
    """One that goes on.

    Attributes:
        conference: As it is.
        present: So many are in it.
        talking: Somebody talks.
    """

    conference: Conference
    present: int
    talking: bool


@dataclass(frozen=True, slots=True)
class CallOut:
    """One that goes on.

    Attributes:
        activation: As it is.
        came: Functions that have come, by themselves or by a deputy.
        total: Functions that it calls.
    """

    activation: Activation
    came: int
    total: int


class Overview(UseCases):
    @use_case(Act.CONFERENCE_READ, sifts=True)
    async def read(self, principal: Principal) -> tuple[Sequence[Meeting], Sequence[CallOut], Sequence[Passed]]:
        """Those that go on, the oldest first. Each sees their own. Last, those that were lately handed over by them, or
        to them."""
        node = self._ports.control.node()
        reach = reach_of(principal, Act.CONFERENCE_READ)
        seats = [one for one in node[PARTICIPANTS].values() if one.state is SeatState.PRESENT]
        meetings = [
            Meeting(
                one,
                sum(each.conference == one.id for each in seats),
                any(each.talking and each.conference == one.id for each in seats),
            )
            for one in node[CONFERENCES].values()
            if one.state is not ConferenceState.ENDED
            and (reach is None or reach.holds(one.id, one.forum, one.opened_by, one.co_hosts))
        ]
        called = [one for one in node[TARGETS].values() if one.deputy_for is None]
        call_outs = [
            CallOut(one, len(deadline.came(node, one.id)), sum(each.activation == one.id for each in called))
            for one in node[ACTIVATIONS].values()
            if one.state is ActivationState.OPEN and (reach is None or is_within(node, reach, one))
        ]
        return (
            sorted(meetings, key=lambda one: (one.conference.created_at_s, one.conference.id)),
            sorted(call_outs, key=lambda one: (one.activation.started_at_s, one.activation.id)),
            [await passed(self._ports, one, principal) for one in self._handed(principal)],
        )

    def _handed(self, principal: Principal) -> list[Conference]:
        """The latest first."""
        since_s = self._ports.clock.now_s() - TOLD_S
        found = [
            one
            for one in self._ports.control.node()[CONFERENCES].values()
            if one.handed_at_s is not None
            and one.handed_at_s > since_s
            and one.state is not ConferenceState.ENDED
            and principal.name in (one.handed_from, one.opened_by)
        ]
        return newest_first(found, lambda one: one.handed_at_s)[:MOST_TOLD]
