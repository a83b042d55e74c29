"""What is done while its commit is under way: opening and closing a microphone, or the gate from the radio.

Who presses mute waits for silence, and a disk may take its time. Such an order can be given twice, and is given anew at
each reconcile from what was committed; so a crash between order and commit is healed by the next controller. Everything
else waits for its commit.
"""

from collections.abc import Hashable, Iterable
from dataclasses import replace

from bridge.domain import effects as do
from bridge.domain.node import Node
from bridge.engine.performer import lane_of

Early = do.SetHeard | do.SetRadioHeard


def early_ones(effects: Iterable[do.Effect]) -> list[Early]:
    """Those with nothing before them in their lane: none may overtake what the same events asked for earlier."""
    found: list[Early] = []
    used: set[Hashable] = set()
    for effect in effects:
        if isinstance(effect, do.StartTimer | do.StopTimer):
            continue
        lane = lane_of(effect)
        if isinstance(effect, do.SetHeard | do.SetRadioHeard) and lane not in used:
            found.append(effect)
        used.add(lane)
    return found


def undone(given: Iterable[Early], node: Node) -> list[Early]:
    """What must be asserted anew, since the events that asked for it have changed nothing after all."""
    found: list[Early] = []
    for effect in given:
        heard = _heard(effect, node)
        if heard is not None and heard is not effect.heard:
            found.append(replace(effect, heard=heard))
    return found


def _heard(effect: Early, node: Node) -> bool | None:
    """`None`: it is not known, as the channel or path is new or gone."""
    if isinstance(effect, do.SetHeard):
        return node.heard.get(effect.channel)
    return node.radio_heard.get(effect.patch)
