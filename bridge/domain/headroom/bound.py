"""How many microphones may be open, and which of them close first. Values in, values out."""

from collections.abc import Collection, Sequence
from math import floor

from bridge.domain.conference.records import LegKind, Seat
from bridge.domain.headroom.policy import HeadroomPolicy
from bridge.domain.kernel.ids import ParticipantId


def most_open(open_now: int, used_percent: float, policy: HeadroomPolicy) -> int:
    """How many of those who are open may stay so. The cost of a mix grows with its open microphones, line by line."""
    if used_percent <= policy.full_percent:
        return open_now
    return min(open_now, max(policy.least_open, floor(open_now * policy.room_percent / used_percent)))


def opens_again(open_now: int, closed: int) -> int:
    """How many open at a time once there is room: a tenth more. The next measure then still finds room."""
    return min(closed, max(1, open_now // 10))


def who_closes(
    heard: Sequence[Seat], most: int, holder: ParticipantId | None, kept: Collection[ParticipantId]
) -> list[Seat]:
    """Those who close so that `most` stay open. Hosts, the holder of the floor, talkgroups and those whom people have
    opened never do. The others go by talk and time: the silent first, and among them those who came last."""
    able = [
        one
        for one in heard
        if not one.leads and one.id != holder and one.id not in kept and one.kind is not LegKind.RADIO
    ]
    order = sorted(able, key=lambda one: (one.talking, -(one.joined_at_s or 0.0), one.id))
    return order[: max(0, len(heard) - most)]
