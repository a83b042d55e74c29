"""What is promised at every moment, whatever has happened: nobody waits for nothing, nothing is wanted in vain.

Each function gives the broken promises in words; an empty list is what a test wants. `on_its_way(kind, subject)` says
whether an order of that kind about that channel or recording is with a device, or the device's answer is under way.
"""

from collections.abc import Callable, Collection

from bridge.domain import effects as do
from bridge.domain import fallback
from bridge.domain.events import TimerKey, TimerKind
from bridge.domain.ids import AttemptId, ChannelId
from bridge.domain.model import (
    TARGET_DONE,
    ActivationState,
    ArchiveState,
    Attempt,
    AttemptState,
    ConferenceState,
    FloorMode,
    Participant,
    ParticipantKind,
    ParticipantState,
    RecordingState,
    Target,
    TargetState,
)
from bridge.domain.node import AskPhase, EntryPhase, Node, TrunkUse

OnItsWay = Callable[[type[do.DeviceEffect], str], bool]


def broken(node: Node, timers: Collection[TimerKey], on_its_way: OnItsWay) -> list[str]:
    """All that must hold after every event."""
    watch = _Watch(node, timers, on_its_way)
    found = [
        *watch.again(),
        *watch.calls_out(),
        *watch.ended_conferences(),
        *seats(node),
        *floors(node),
        *calls(node),
        *trunks(node),
    ]
    is_looked_for = TimerKey(TimerKind.RADIO_ONLY, fallback.SUBJECT) in timers
    if not (node.telephony_up or is_looked_for or not node.policy.radio.fallback_s):
        found.append("telephony is away, and no meeting will go on by radio")
    if node.telephony_up:
        found += [*watch.entries(), *watch.asks(), *watch.participants(), *watch.attempts()]
        found += watch.recordings()
    return found


class _Watch:
    """Who waits, and for what."""

    def __init__(self, node: Node, timers: Collection[TimerKey], on_its_way: OnItsWay) -> None:
        self._node = node
        self._timers = timers
        self._on_its_way = on_its_way

    def _timer(self, kind: TimerKind, subject: str) -> bool:
        return TimerKey(kind, subject) in self._timers

    def _comes(self, kind: type[do.DeviceEffect], subject: str) -> bool:
        return f"{kind.__name__} {subject}" in self._node.again or self._on_its_way(kind, subject)

    def _leaves(self, channel: ChannelId) -> bool:
        return self._comes(do.HangUpLeg, channel)

    def again(self) -> list[str]:
        """Everything that is asked for again has its timer."""
        return [f"{key} is never tried again" for key in self._node.again if not self._timer(TimerKind.AGAIN, key)]

    def entries(self) -> list[str]:
        found = []
        for channel, entry in self._node.entries.items():
            speaks = entry.playback is not None and self._timer(TimerKind.PROMPT, channel)
            waits_for = {
                EntryPhase.ASKING: speaks or self._timer(TimerKind.ENTRY_DIGITS, channel),
                EntryPhase.CHECKING: self._comes(do.LookUpCode, channel),
                EntryPhase.BRAKED: self._timer(TimerKind.ENTRY_BRAKE, channel),
                EntryPhase.JOINING: speaks,
                EntryPhase.LEAVING: speaks,
            }
            if not (waits_for[entry.phase] or self._leaves(channel)):
                found.append(f"the caller {channel} waits for nothing ({entry.phase.value})")
        return found

    def asks(self) -> list[str]:
        found = []
        for channel, ask in self._node.asks.items():
            speaks = ask.playback is not None and self._timer(TimerKind.PROMPT, channel)
            is_asking = ask.phase is AskPhase.ASKING
            waits = self._timer(TimerKind.CALLOUT_KEY, channel) if is_asking else speaks
            if not (waits or self._leaves(channel)):
                found.append(f"the called person on {channel} waits for nothing ({ask.phase.value})")
        return found

    def participants(self) -> list[str]:
        found = []
        for one in self._node.participants.values():
            if one.state is ParticipantState.JOINING and not self._comes_in(one):
                found.append(f"{one.id} is joining for ever")
            if one.state is ParticipantState.LOST and not self._is_rung_back(one):
                found.append(f"{one.id} is lost and is not rung back")
        return found

    def _comes_in(self, one: Participant) -> bool:
        channel = one.channel or ChannelId("")
        at_the_door = channel in self._node.entries or channel in self._node.asks
        is_put_in = self._timer(TimerKind.JOIN, channel) or self._comes(do.JoinMix, channel)
        return at_the_door or is_put_in or self._leaves(channel)

    def _is_rung_back(self, one: Participant) -> bool:
        target = self._node.targets.get(self._node.lost[one.id]) if one.id in self._node.lost else None
        return target is not None and target.state not in TARGET_DONE

    def attempts(self) -> list[str]:
        return [
            f"nobody waits for the end of the call {one.id}"
            for one in self._node.attempts.values()
            if not (self._has_a_watch(one) or self._leaves(ChannelId(one.id)))
        ]

    def _has_a_watch(self, one: Attempt) -> bool:
        channel = ChannelId(one.id)
        if one.state in (AttemptState.INTENT, AttemptState.RINGING):
            return self._timer(TimerKind.CALLOUT_RING, one.id)
        return any(channel in held for held in (self._node.asks, self._node.entries, self._node.seats))

    def calls_out(self) -> list[str]:
        """An open call-out has somebody left, and each of them has a call, an instant, or a trunk to wait for."""
        found = []
        for activation in self._node.activations.values():
            targets = [one for one in self._node.targets.values() if one.activation == activation.id]
            if activation.state is not ActivationState.OPEN:
                continue
            if all(one.state in TARGET_DONE for one in targets):
                found.append(f"the call-out {activation.id} is open and has nobody left to call")
            found += [f"{one.id} is not called" for one in targets if not self._is_pursued(one)]
        return found

    def _is_pursued(self, target: Target) -> bool:
        if target.state in (TargetState.CALLING, TargetState.ASKED):
            return target.attempt in self._node.attempts
        if target.state is not TargetState.WAITING or not self._node.telephony_up:
            return True
        is_being_called = any(one.number in target.numbers for one in self._node.attempts.values())
        full = any(
            len(self._node.trunks.get(trunk.name, TrunkUse()).busy) >= trunk.channels
            for trunk in self._node.policy.trunks
        )
        return is_being_called or full or any(key.kind is TimerKind.CALLOUT_PUMP for key in self._timers)

    def recordings(self) -> list[str]:
        """What is wanted runs, begins, or is tried again; what is closed comes into the archive."""
        found = []
        for one in self._node.conferences.values():
            side, subject = one.recording, one.recording.recording or ""
            answered = {
                RecordingState.OFF: not (side.wanted and one.state is ConferenceState.ACTIVE),
                RecordingState.STARTING: self._comes(do.StartRecording, subject),
                RecordingState.ON: True,
                RecordingState.STOPPING: self._comes(do.StopRecording, subject),
                RecordingState.FAILED: not side.wanted or self._timer(TimerKind.RECORDING, one.id),
            }
            is_over = one.state is ConferenceState.ENDED
            if not answered[side.state] and not (is_over and side.state is RecordingState.FAILED):
                found.append(f"the recording of {one.id} is {side.state.value} for ever")
        sides = {one.recording.recording for one in self._node.conferences.values()}
        mixes = [one for one in self._node.recordings.values() if one.patch is None]
        running = [one.id for one in mixes if one.state is ArchiveState.RECORDING and one.id not in sides]
        found += [f"{one} runs and nobody will stop it" for one in running if not self._comes(do.StopRecording, one)]
        closed = [one.id for one in self._node.recordings.values() if one.state is ArchiveState.SPOOLED]
        kept = [one for one in closed if not self._comes(do.ArchiveRecording, one)]
        return [*found, *(f"{one} lies in the spool for ever" for one in kept)]

    def ended_conferences(self) -> list[str]:
        """One that is over is forgotten when all has come to rest."""
        found = []
        for one in self._node.conferences.values():
            if one.state is not ConferenceState.ENDED or self._timer(TimerKind.CONFERENCE_END, one.id):
                continue
            activations = {each.id for each in self._node.activations.values() if each.conference == one.id}
            calls = any(each.activation in activations for each in self._node.attempts.values())
            if not calls and not any(each.conference == one.id for each in self._node.recordings.values()):
                found.append(f"{one.id} has ended and is never forgotten")
        return found


def seats(node: Node) -> list[str]:
    """Every seat is somebody's line, and every telephone in the meeting has its seat."""
    found = []
    for channel, participant in node.seats.items():
        one = node.participants.get(participant)
        if one is None or one.channel != channel or one.state is ParticipantState.LEFT:
            found.append(f"the seat of {channel} is nobody's")
    for one in node.participants.values():
        is_in = one.state is ParticipantState.PRESENT and one.kind is ParticipantKind.PHONE
        if is_in and node.telephony_up and (one.channel is None or node.seats.get(one.channel) != one.id):
            found.append(f"{one.id} is in the meeting without a seat")
    return found


def floors(node: Node) -> list[str]:
    """The word is with somebody who is there, and only those there ask for it, once; microphones follow."""
    found = []
    for conference in node.conferences.values():
        present = {
            one.id: one
            for one in node.participants.values()
            if one.conference == conference.id and one.state is ParticipantState.PRESENT
        }
        floor = conference.floor
        asking = [*floor.queue, *([floor.holder] if floor.holder else [])]
        if not set(asking) <= set(present) or len(set(asking)) != len(asking):
            found.append(f"the floor of {conference.id} is not with those present: {asking}")
        for one in present.values():
            allowed = (floor.mode is FloorMode.OPEN or floor.holder == one.id) and not one.muted
            if node.telephony_up and one.channel is not None and node.heard.get(one.channel) is not allowed:
                found.append(f"{one.id} is heard: {node.heard.get(one.channel)}, and should be: {allowed}")
    return found


def calls(node: Node) -> list[str]:
    """A function has at most one live call, and a number too."""
    attempts = list(node.attempts.values())
    found = []
    if len({one.target for one in attempts}) != len(attempts):
        found.append("a function has two calls")
    if len({one.number for one in attempts}) != len(attempts):
        found.append("a number has two calls")
    found += [
        f"{one.id} is given up without a reason"
        for one in node.targets.values()
        if one.state in (TargetState.UNREACHABLE, TargetState.CANCELLED) and not one.reason
    ]
    return found


def trunks(node: Node) -> list[str]:
    """What a trunk is thought to carry is what it carries."""
    if not node.telephony_up:
        return []
    used: dict[str, set[AttemptId]] = {}
    for attempt in node.attempts.values():
        used.setdefault(attempt.trunk, set()).add(attempt.id)
    names = {*used, *node.trunks}
    return [
        f"the trunk {name} carries {sorted(used.get(name, set()))}, and is thought to carry {sorted(busy)}"
        for name in sorted(names)
        if (busy := node.trunks.get(name, TrunkUse()).busy) != used.get(name, set())  # type: ignore[call-overload]
    ]
