"""The legs that seats are carried by: a telephone's channel, a talkgroup's patch, later a browser's channel.

A seat outlives its leg. The node keeps the latest leg of each seat, and `SEATS` finds it by its channel.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference.passing import HEARD, KEYS, NOTICES, SEATS, TOLD_MUTED_AT_S
from bridge.domain.conference.records import LEGS, PARTICIPANTS, Leg, LegKind, MuteOwner, Seat
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel.ids import ChannelId, LegId, PatchId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step

_NO_LEG: Final = LegId("")
OF_THE_LEG: Final = frozenset({MuteOwner.HOLD, MuteOwner.NOISE, MuteOwner.MIXING})
"""Mutes that go with the leg: another telephone is neither on hold nor noisy."""


def live(node: Node, seat: Seat) -> Leg | None:
    """The leg that carries the seat now."""
    leg = node[LEGS].get(seat.leg) if seat.leg is not None else None
    return leg if leg is not None and leg.ended_at_s is None else None


def channel_of(node: Node, seat: Seat) -> ChannelId | None:
    """The channel of somebody who is on a line now."""
    leg = live(node, seat)
    return leg.channel if leg is not None else None


def patch_of(node: Node, seat: Seat) -> PatchId | None:
    """The patch of a talkgroup that is connected now."""
    leg = live(node, seat)
    return leg.patch if leg is not None else None


def seat_on(node: Node, channel: ChannelId) -> Seat | None:
    """The participant on this channel, admitted or present."""
    leg = node[LEGS].get(node[SEATS].get(channel, _NO_LEG))
    return node[PARTICIPANTS].get(leg.seat) if leg is not None else None


def begin(
    step: Step,
    seat: Seat,
    kind: LegKind,
    *,
    channel: ChannelId | None = None,
    patch: PatchId | None = None,
    encrypted: bool | None = None,
) -> Seat:
    """A new leg for a seat. It takes the place of the one before, which ends and which the store keeps.

    Returns:
        The seat with its leg, not written yet.
    """
    end(step, seat, None)
    forget(step, seat)
    leg = Leg(LegId(step.mint("leg")), seat.id, kind, step.at_s, channel=channel, patch=patch)
    step.put(leg)
    if channel is not None:
        step.set_in(SEATS, channel, leg.id)
    return replace(
        seat,
        kind=kind,
        leg=leg.id,
        muted_by=seat.muted_by - OF_THE_LEG,
        ceaseless=False,
        silent_line=False,
        encrypted=encrypted,
    )


def end(step: Step, seat: Seat, cause: int | None) -> None:
    """The seat's leg is no more. Safe to repeat."""
    leg = live(step.node, seat)
    if leg is not None:
        step.put(replace(leg, ended_at_s=step.at_s, cause=cause))
        let_go(step, leg)


def forget(step: Step, seat: Seat) -> None:
    """The node forgets the seat's leg; the store keeps it."""
    leg = step.node[LEGS].get(seat.leg) if seat.leg is not None else None
    if leg is not None:
        step.forget(leg)


def let_go(step: Step, leg: Leg) -> None:
    """The passing state of a leg's channel is forgotten."""
    if leg.channel is None:
        return
    for table in (SEATS, HEARD, KEYS, TOLD_MUTED_AT_S, NOTICES):
        step.drop_from(table, leg.channel)
    step.stop_timer(ConferenceTimer.JOIN, leg.channel)
    step.stop_timer(ConferenceTimer.NOTICE, leg.channel)
    step.stop_timer(ConferenceTimer.KEYS, leg.channel)
