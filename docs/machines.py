"""The state machines of the domain, found by trying. Every event is given to every state that the pure step reaches."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.domain.callout.commands import CancelActivation, NewTarget, StartActivation
from bridge.domain.callout.passing import QUESTIONS
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import ATTEMPTS, TARGETS, AttemptState
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.conference import floor
from bridge.domain.conference.commands import OpenConference
from bridge.domain.conference.records import Floor, FloorMode, FloorRequest, RequestKind
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.events import Commanded, Event, TimerDue
from bridge.domain.kernel.ids import (
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
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.principal import Principal, PrincipalKind
from bridge.domain.kernel.reasons import GeneralReason
from bridge.domain.kernel.timers import TimerKey, TimerKind
from bridge.domain.radio.commands import AddPatch, ApprovePatch, RemovePatch
from bridge.domain.radio.events import (
    ChannelFree,
    PathDown,
    RadioTalkStarted,
    RadioTalkStopped,
    SpeechBegan,
    SpeechDrained,
    TerminalChanged,
    TerminalState,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.domain.radio.records import PATCHES, Precedence
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.saved import Saved
from bridge.domain.step import begin, step
from bridge.domain.telephony.events import KeyTaken, LegAnswered, LegEnded, LegRinging, PlaybackEnded, TelephonyUp

_AT_S: Final = 1_800_000_000.0
_CONFERENCE: Final = ConferenceId("cnf-1")
_PATCH: Final = PatchId("pat-1")
_TARGET: Final = TargetId("tgt-1")
_TERMINAL: Final = TerminalName("rakel-1")
_GROUP: Final = Gssi(2401)
_WHY: Final = GeneralReason.DEVICE_FAILED(device="terminal rakel-1")


def _somebody(name: str) -> Principal:
    return Principal(name, name, PrincipalKind.OPERATOR)


Events = Callable[[Node], Mapping[str, Event]]
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


def _meeting(*commands: Command) -> Node:
    policy = Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TrunkName("main"), calls_per_s=0, channels=10),)))
    mint = _minter()
    node = begin(Saved(), policy, (_TERMINAL,), _AT_S, mint).node
    opening = OpenConference(_CONFERENCE, MixId("mix-1"), "Möte", "+4685555555", recorded=False)
    for command in (opening, *commands):
        node = step(node, Commanded(_AT_S, _somebody("docs"), command), mint).node
    return node


def patch_edges() -> list[Edge]:
    """How a talkgroup's patch goes from state to state: one that demands approval, with phones first."""
    asked = AddPatch(
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

    def timer(kind: TimerKind) -> Event:
        return TimerDue(_AT_S, TimerKey(kind, _PATCH))

    lasting: dict[str, Event] = {
        "the terminal stands on the talkgroup": TerminalChanged(
            _AT_S, _TERMINAL, TerminalState.READY, None, Issi(1), _GROUP
        ),
        "the terminal is lost": TerminalChanged(_AT_S, _TERMINAL, TerminalState.ABSENT, _WHY),
        "somebody in the meeting talks": SpeechBegan(_AT_S, _PATCH),
        "all speech is sent": SpeechDrained(_AT_S, _PATCH),
        "our own grant": TransmitGranted(_AT_S, _TERMINAL),
        "the network queues": TransmitQueued(_AT_S, _TERMINAL),
        "the network refuses": TransmitRefused(_AT_S, _TERMINAL, _WHY),
        "what stood in the way is over": ChannelFree(_AT_S, _TERMINAL),
        "the channel is withdrawn": TransmitEnded(_AT_S, _TERMINAL, lost=True),
        "the audio path is lost": PathDown(_AT_S, _PATCH, _WHY),
        "a radio user talks": RadioTalkStarted(_AT_S, _TERMINAL, _GROUP, Issi(2)),
        "the radio user stops": RadioTalkStopped(_AT_S, _TERMINAL),
        "no answer in time": timer(RadioTimer.RADIO_GRANT),
        "the minute is up": timer(RadioTimer.RADIO_CUT),
        "the pause is over": timer(RadioTimer.RADIO_PAUSE),
        "the retry is due": timer(RadioTimer.RADIO_RETRY),
        "somebody else approves": Commanded(_AT_S, _somebody("another"), ApprovePatch(_CONFERENCE, _PATCH)),
        "the patch is removed (and its farewell said)": Commanded(
            _AT_S, _somebody("docs"), RemovePatch(_CONFERENCE, _PATCH, at_once=True)
        ),
    }

    def state(node: Node) -> str:
        patch = node[PATCHES].get(_PATCH)
        return patch.state.value if patch is not None else "removed"

    def key(node: Node) -> object:
        patch = node[PATCHES].get(_PATCH)
        return (patch.state, patch.voice_held, patch.breaking_in) if patch is not None else None

    return explore(first, lambda _: lasting, state, key)


def target_edges() -> tuple[list[Edge], list[Edge]]:
    """How a function that is called out, and one call to it, go from state to state. It has two numbers, one round."""
    target = NewTarget(_TARGET, "TiB", "Kommun", ("+46846500400", "+46701740605"))
    first = _meeting(StartActivation(ActivationId("act-1"), "key", _CONFERENCE, "Lista", (target,), rounds=1))

    def attempt(node: Node) -> str:
        current = node[TARGETS][_TARGET].attempt
        return node[ATTEMPTS][current].state.value if current is not None and current in node[ATTEMPTS] else "none"

    def state(node: Node) -> str:
        return node[TARGETS][_TARGET].state.value

    def key(node: Node) -> object:
        held = node[TARGETS][_TARGET]
        ask = node[QUESTIONS].get(ChannelId(held.attempt or ""))
        return held.state, attempt(node), held.next_number, ask.phase if ask else None

    # An attempt that has ended is forgotten at once, or the next one stands in its place.
    calls: dict[tuple[str, str], list[str]] = {}
    for edge in explore(first, _call_events, attempt, key):
        end = AttemptState.ENDED.value if edge.end in {"none", AttemptState.INTENT.value} else edge.end
        causes = calls.setdefault((edge.start, end), [])
        causes += [cause for cause in edge.causes if cause not in causes]
    attempts = [Edge(start, end, tuple(causes)) for (start, end), causes in calls.items() if start != "none"]
    return explore(first, _call_events, state, key), attempts


def _call_events(node: Node) -> Mapping[str, Event]:
    channel = ChannelId(node[TARGETS][_TARGET].attempt or "nobody")
    ask = node[QUESTIONS].get(channel)
    found: dict[str, Event] = {
        "it rings": LegRinging(_AT_S, channel),
        "answered": LegAnswered(_AT_S, channel),
        "key 1": KeyTaken(_AT_S, channel, "1"),
        "key 2": KeyTaken(_AT_S, channel, "2"),
        "key 3": KeyTaken(_AT_S, channel, "3"),
        "no key in time": KeyTaken(_AT_S, channel, ""),
        "Asterisk hands nobody over": TimerDue(_AT_S, TimerKey(CalloutTimer.CALLOUT_KEY, channel)),
        "the call ends (busy, no answer, no key, failed)": LegEnded(_AT_S, channel, 17),
        "the trunk is congested": LegEnded(_AT_S, channel, 34),
        "a restart that finds no trace of the call": TelephonyUp(_AT_S, (), frozenset(), frozenset()),
        "room on a trunk": TimerDue(_AT_S + 3600, TimerKey(CalloutTimer.CALLOUT_PUMP, "callout")),
        "the call-out is cancelled": Commanded(_AT_S, _somebody("docs"), CancelActivation(ActivationId("act-1"))),
    }
    if ask is not None and ask.playback is not None:
        found["the text is over"] = PlaybackEnded(_AT_S, ask.playback, channel)
    return found


def floor_rows() -> Iterator[tuple[str, ...]]:
    """The effect of each act on the floor, by mode. Two have asked (a, b), there is a host, and c has the floor."""
    people = {name: ParticipantId(name) for name in ("host", "a", "b", "c", "d")}
    acts: dict[str, Callable[[Floor], Floor]] = {
        "`d` requests the floor": lambda one: floor.request(one, people["d"], _AT_S),
        "`d` requests the floor, nobody has it and nobody waits": lambda one: floor.request(
            Floor(one.mode), people["d"], _AT_S
        ),
        "`a` takes the request back": lambda one: floor.withdraw(one, people["a"]),
        "the host gives the floor to the next": lambda one: floor.give(one, None, _AT_S),
        "the host gives the floor to `b`": lambda one: floor.give(one, people["b"], _AT_S),
        "`c` releases the floor, or it is revoked": lambda one: floor.release(one, people["host"], _AT_S),
        "`c` leaves": lambda one: floor.leave(one, people["c"], people["host"], _AT_S),
        "mode is set to `open`": lambda one: floor.set_mode(one, FloorMode.OPEN, people["host"], _AT_S),
        "mode is set to `lecture`": lambda one: floor.set_mode(one, FloorMode.LECTURE, people["host"], _AT_S),
        "mode is set to `queue`": lambda one: floor.set_mode(one, FloorMode.QUEUE, people["host"], _AT_S),
    }
    asked = tuple(FloorRequest(people[name], RequestKind.ORDINARY, _AT_S, name) for name in ("a", "b"))
    for what, act in acts.items():
        yield what, *(_floor(act(Floor(mode, people["c"], asked))) for mode in FloorMode)


def _floor(found: Floor) -> str:
    return f"floor: {found.holder or 'nobody'}; waiting: {', '.join(found.queue) or 'nobody'}"
