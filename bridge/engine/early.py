"""Orders that are done while their commit is under way. They open or close a microphone, or the gate from the radio.

A person who presses mute waits for silence, and a disk may take its time. Such an order can be given twice, and each
reconcile gives it anew from the committed state. So the next controller heals a crash between order and commit.
Everything else waits for its commit.
"""

from collections.abc import Hashable, Iterable
from dataclasses import replace

from bridge.domain.conference.passing import HEARD
from bridge.domain.kernel.effects import DeviceEffect, Effect
from bridge.domain.kernel.node import Node
from bridge.domain.radio.effects import SetRadioHeard
from bridge.domain.radio.passing import RADIO_HEARD
from bridge.domain.telephony.effects import SetHeard

Early = SetHeard | SetRadioHeard


def early_ones(effects: Iterable[Effect]) -> list[Early]:
    """Those with nothing before them in their lane: none may overtake what the same events asked for earlier."""
    found: list[Early] = []
    used: set[Hashable] = set()
    for effect in effects:
        if not isinstance(effect, DeviceEffect):
            continue
        lane = effect.lane
        if isinstance(effect, SetHeard | SetRadioHeard) and lane not in used:
            found.append(effect)
        used.add(lane)
    return found


def undone(given: Iterable[Early], node: Node) -> list[Early]:
    """The orders to assert anew, since the events that asked for them have changed nothing after all."""
    found: list[Early] = []
    for effect in given:
        heard = _heard(effect, node)
        if heard is not None and heard is not effect.heard:
            found.append(replace(effect, heard=heard))
    return found


def _heard(effect: Early, node: Node) -> bool | None:
    """`None`: it is not known, as the channel or path is new or gone."""
    if isinstance(effect, SetHeard):
        return node[HEARD].get(effect.channel)
    return node[RADIO_HEARD].get(effect.patch)
