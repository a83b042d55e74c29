"""The state machines of the domain, found by trying: every event is given to every state that the pure step reaches."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.domain import commands as c
from bridge.domain import events as e
from bridge.domain import floor
from bridge.domain.ids import (
    ActivationId,
    ChannelId,
    ConferenceId,
    Gssi,
    Issi,
    MixId,
    ParticipantId,
    PatchId,
    TargetId,
    TerminalName,
    TrunkName,
)
from bridge.domain.model import AttemptState, Floor, FloorMode, Precedence, Saved, TrunkPolicy
from bridge.domain.node import Node
from bridge.domain.policy import Policy
from bridge.domain.step import begin, step

_AT_S: Final = 1_800_000_000.0
_CONFERENCE: Final = ConferenceId("cnf-1")
_PATCH: Final = PatchId("pat-1")
_TARGET: Final = TargetId("tgt-1")
_TERMINAL: Final = TerminalName("rakel-1")
_GROUP: Final = Gssi(2401)

Events = Callable[[Node], Mapping[str, e.Event]]
"""What can happen to a node, each with the words for it."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a state to another, and all that leads there."""

    start: str
    end: str
    causes: tuple[str, ...]


def explore(first: Node, happenings: Events, state: Callable[[Node], str], key: Callable[[Node], object]) -> list[Edge]:
    """Every change of `state` that can be reached; nodes with the same `key` are taken for the same."""
    mint = _minter()
    seen = {key(first)}
    waiting = [first]
    found: dict[tuple[str, str], list[str]] = {}
    while waiting:
        node = waiting.pop(0)
        for cause, event in happenings(node).items():
            after = step(node, event, mint).node
            if state(after) != state(node):
                causes = found.setdefault((state(node), state(after)), [])
                causes += [cause] if cause not in causes else []
            if key(after) not in seen:
                seen.add(key(after))
                waiting.append(after)
    return [Edge(start, end, tuple(causes)) for (start, end), causes in found.items()]


def _minter() -> Callable[[str], str]:
    numbers = itertools.count(1)
    return lambda kind: f"{kind}-{next(numbers)}"


def _meeting(*commands: c.Command) -> Node:
    policy = Policy(trunks=(TrunkPolicy(name=TrunkName("main"), calls_per_s=0, channels=10),))
    mint = _minter()
    node = begin(Saved(), policy, (_TERMINAL,), _AT_S, mint).node
    opening = c.OpenConference(_CONFERENCE, MixId("mix-1"), "Möte", "+4685555555", recorded=False)
    for command in (opening, *commands):
        node = step(node, e.Commanded(_AT_S, "docs", command), mint).node
    return node


def patch_edges() -> list[Edge]:
    """How a talkgroup's patch goes from state to state: one that demands approval, with phones first."""
    asked = c.AddPatch(
        _CONFERENCE,
        _PATCH,
        ParticipantId("prt-1"),
        _TERMINAL,
        _GROUP,
        "Ledning",
        precedence=Precedence.PHONE,
        approval_required=True,
    )
    first = _meeting(asked)

    def timer(kind: e.TimerKind) -> e.Event:
        return e.TimerDue(_AT_S, e.TimerKey(kind, _PATCH))

    lasting: dict[str, e.Event] = {
        "the terminal stands on the talkgroup": e.TerminalChanged(
            _AT_S, _TERMINAL, e.TerminalState.READY, "", Issi(1), _GROUP
        ),
        "the terminal is lost": e.TerminalChanged(_AT_S, _TERMINAL, e.TerminalState.ABSENT, "unplugged"),
        "somebody in the meeting talks": e.SpeechBegan(_AT_S, _PATCH),
        "all speech is sent": e.SpeechDrained(_AT_S, _PATCH),
        "our own grant": e.TransmitGranted(_AT_S, _TERMINAL),
        "the network queues": e.TransmitQueued(_AT_S, _TERMINAL),
        "the network refuses": e.TransmitRefused(_AT_S, _TERMINAL, "busy"),
        "what stood in the way is over": e.ChannelFree(_AT_S, _TERMINAL),
        "the channel is withdrawn": e.TransmitEnded(_AT_S, _TERMINAL, lost=True),
        "the audio path is lost": e.PathDown(_AT_S, _PATCH, "lost"),
        "a radio user talks": e.RadioTalkStarted(_AT_S, _TERMINAL, _GROUP, Issi(2)),
        "the radio user stops": e.RadioTalkStopped(_AT_S, _TERMINAL),
        "no answer in time": timer(e.TimerKind.RADIO_GRANT),
        "the minute is up": timer(e.TimerKind.RADIO_CUT),
        "the pause is over": timer(e.TimerKind.RADIO_PAUSE),
        "the retry is due": timer(e.TimerKind.RADIO_RETRY),
        "somebody else approves": e.Commanded(_AT_S, "another", c.ApprovePatch(_CONFERENCE, _PATCH)),
        "the patch is removed (and its farewell said)": e.Commanded(
            _AT_S, "docs", c.RemovePatch(_CONFERENCE, _PATCH, at_once=True)
        ),
    }

    def state(node: Node) -> str:
        patch = node.patches.get(_PATCH)
        return patch.state.value if patch is not None else "removed"

    def key(node: Node) -> object:
        patch = node.patches.get(_PATCH)
        return (patch.state, patch.voice_held, patch.breaking_in) if patch is not None else None

    return explore(first, lambda _: lasting, state, key)


def target_edges() -> tuple[list[Edge], list[Edge]]:
    """How a function that is called out, and one call to it, go from state to state. It has two numbers, one round."""
    target = c.NewTarget(_TARGET, "TiB", "Kommun", ("+46846500400", "+46701740605"))
    first = _meeting(c.StartActivation(ActivationId("act-1"), "key", _CONFERENCE, "Lista", (target,), rounds=1))

    def attempt(node: Node) -> str:
        current = node.targets[_TARGET].attempt
        return node.attempts[current].state.value if current is not None and current in node.attempts else "none"

    def state(node: Node) -> str:
        return node.targets[_TARGET].state.value

    def key(node: Node) -> object:
        held = node.targets[_TARGET]
        ask = node.asks.get(ChannelId(held.attempt or ""))
        return held.state, attempt(node), held.next_number, ask.phase if ask else None

    # An attempt that has ended is forgotten at once, or the next one stands in its place.
    calls: dict[tuple[str, str], list[str]] = {}
    for edge in explore(first, _call_events, attempt, key):
        end = AttemptState.ENDED.value if edge.end in {"none", AttemptState.INTENT.value} else edge.end
        causes = calls.setdefault((edge.start, end), [])
        causes += [cause for cause in edge.causes if cause not in causes]
    attempts = [Edge(start, end, tuple(causes)) for (start, end), causes in calls.items() if start != "none"]
    return explore(first, _call_events, state, key), attempts


def _call_events(node: Node) -> Mapping[str, e.Event]:
    channel = ChannelId(node.targets[_TARGET].attempt or "nobody")
    ask = node.asks.get(channel)
    found: dict[str, e.Event] = {
        "it rings": e.LegRinging(_AT_S, channel),
        "answered": e.LegAnswered(_AT_S, channel),
        "key 1": e.DigitPressed(_AT_S, channel, "1"),
        "key 2": e.DigitPressed(_AT_S, channel, "2"),
        "key 3": e.DigitPressed(_AT_S, channel, "3"),
        "no key in time": e.TimerDue(_AT_S, e.TimerKey(e.TimerKind.CALLOUT_KEY, channel)),
        "the call ends (busy, no answer, no key, failed)": e.LegEnded(_AT_S, channel, 17),
        "the trunk is congested": e.LegEnded(_AT_S, channel, 34),
        "a restart that finds no trace of the call": e.TelephonyUp(_AT_S, (), frozenset(), frozenset()),
        "room on a trunk": e.TimerDue(_AT_S + 3600, e.TimerKey(e.TimerKind.CALLOUT_PUMP, "callout")),
        "the call-out is cancelled": e.Commanded(_AT_S, "docs", c.CancelActivation(ActivationId("act-1"))),
    }
    if ask is not None and ask.playback is not None:
        found["the text is over"] = e.PlaybackEnded(_AT_S, ask.playback, channel)
    return found


def floor_rows() -> Iterator[tuple[str, ...]]:
    """What each act does to the floor, by mode: two who have asked (a, b), a host, and c who has the word."""
    people = {name: ParticipantId(name) for name in ("host", "a", "b", "c", "d")}
    acts: dict[str, Callable[[Floor], Floor]] = {
        "`d` asks for the word": lambda one: floor.request(one, people["d"], _AT_S),
        "`d` asks, nobody has the word and nobody waits": lambda one: floor.request(
            Floor(one.mode), people["d"], _AT_S
        ),
        "`a` takes the request back": lambda one: floor.withdraw(one, people["a"]),
        "the host gives the word to the next": lambda one: floor.give(one, None, _AT_S),
        "the host gives the word to `b`": lambda one: floor.give(one, people["b"], _AT_S),
        "`c` gives the word back, or it is taken": lambda one: floor.release(one, people["host"], _AT_S),
        "`c` leaves": lambda one: floor.leave(one, people["c"], people["host"], _AT_S),
        "mode is set to `open`": lambda one: floor.set_mode(one, FloorMode.OPEN, people["host"], _AT_S),
        "mode is set to `lecture`": lambda one: floor.set_mode(one, FloorMode.LECTURE, people["host"], _AT_S),
        "mode is set to `queue`": lambda one: floor.set_mode(one, FloorMode.QUEUE, people["host"], _AT_S),
    }
    for what, act in acts.items():
        yield what, *(_floor(act(Floor(mode, people["c"], (people["a"], people["b"])))) for mode in FloorMode)


def _floor(found: Floor) -> str:
    return f"word: {found.holder or 'nobody'}; waiting: {', '.join(found.queue) or 'nobody'}"
