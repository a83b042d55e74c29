"""What is promised at every moment, whatever has happened: nobody waits for nothing, nothing is wanted in vain.

Each function gives the broken promises in words; an empty list is what a test wants. `on_its_way(kind, subject)` tells
whether an order of that kind about that channel or recording is with a device. An answer of the device that is under
way counts too.
"""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, Final

from bridge.domain.callout import sharing, watchdog
from bridge.domain.callout.passing import AWAITED, LOST, PUMP, QUESTIONS, TRUNKS, QuestionPhase, TrunkUse
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    TARGET_DONE,
    TARGETS,
    ActivationState,
    Attempt,
    AttemptState,
    Target,
    TargetState,
)
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.conference import fairness, legs
from bridge.domain.conference import rooms as room_rules
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.passing import (
    ASKED,
    CAME_BY,
    EMPTY_SINCE_S,
    ENTRIES,
    HEARD,
    KEYS,
    SEATS,
    TOLD_MUTED_AT_S,
    WAITS,
    EntryPhase,
)
from bridge.domain.conference.records import (
    CONFERENCES,
    LEGS,
    PARTICIPANTS,
    ROOMS,
    Conference,
    ConferenceState,
    FloorMode,
    LegKind,
    OffRecord,
    RecordingState,
    Role,
    RoomKind,
    Seat,
    SeatState,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.decisions.passing import PUT
from bridge.domain.decisions.records import DECISIONS, DecisionState
from bridge.domain.decisions.timers import DecisionTimer
from bridge.domain.kernel.again import AGAIN, AgainTimer
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.ids import AttemptId, ChannelId, ConferenceId, MixId, ParticipantId, PatchId, RecordingId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.tables import Table
from bridge.domain.kernel.timers import TimerKey, TimerKind
from bridge.domain.meetingtime.timers import MeetingTimer
from bridge.domain.radio import fallback
from bridge.domain.radio.passing import ARMED, LOOPS, PATHS, RADIO_HEARD, REFUSALS
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import PATCHES
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.recording.effects import (
    ArchiveRecording,
    DropRecording,
    SilenceRecording,
    StartRecording,
    StopLegTrack,
    StopName,
    StopRecording,
)
from bridge.domain.recording.passing import NAMING, TAPED
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording, RecordingKind
from bridge.domain.recording.timers import RecordingTimer
from bridge.domain.rollcall.effects import ReadRoll
from bridge.domain.rollcall.passing import CALLED
from bridge.domain.rollcall.records import ROLL_CALLS, ROLL_ENTRIES, RollCall, RollCallState
from bridge.domain.rollcall.timers import RollCallTimer
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.schedule.records import OCCURRENCES, SCHEDULES, OccurrenceState, Ringing
from bridge.domain.schedule.timers import ScheduleTimer
from bridge.domain.shortdata.effects import SubmitSds, SubmitStatus
from bridge.domain.shortdata.records import MESSAGES, MessageState
from bridge.domain.shortdata.timers import ShortDataTimer
from bridge.domain.siderooms.timers import SideRoomTimer
from bridge.domain.telephony.effects import HangUpLeg, JoinMix
from bridge.domain.telephony.state import TELEPHONY
from bridge.domain.telephony.timers import PromptTimer
from bridge.domain.waiting.passing import ALONE, SOUNDED, TOGETHER, TOLD
from bridge.domain.waiting.timers import WaitingTimer

_IN: Final = frozenset({SeatState.JOINING, SeatState.PRESENT, SeatState.WAITING})

OnItsWay = Callable[[type[DeviceEffect], str], bool]


def broken(node: Node, timers: Collection[TimerKey], on_its_way: OnItsWay, at_s: float | None = None) -> list[str]:
    """All that must hold after every event. `at_s`: now, where the node's clock is known."""
    watch = _Watch(node, timers, on_its_way)
    found = [
        *watch.again(),
        *watch.calls_out(),
        *watch.ended_conferences(),
        *watch.messages(),
        *watch.questions(),
        *watch.roll_calls(),
        *watch.decisions(),
        *watch.meeting_times(),
        *watch.schedules(),
        *rooms(node),
        *seats(node),
        *carried(node),
        *floors(node),
        *calls(node),
        *trunks(node),
        *left_behind(node),
        *watch.timers_left_behind(),
    ]
    is_looked_for = TimerKey(RadioTimer.RADIO_ONLY, fallback.SUBJECT) in timers
    if not (node[TELEPHONY].up or is_looked_for or not node.policy[RadioPolicy].fallback_s):
        found.append("telephony is away, and no meeting will go on by radio")
    if at_s is not None:
        found += [f"{one} has no next action" for one in watchdog.idle(node, at_s)]
    if node[TELEPHONY].up:
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

    def _comes(self, kind: type[DeviceEffect], subject: str) -> bool:
        return f"{kind.__name__} {subject}" in self._node[AGAIN] or self._on_its_way(kind, subject)

    def _leaves(self, channel: ChannelId) -> bool:
        return self._comes(HangUpLeg, channel)

    def again(self) -> list[str]:
        """Everything that is asked for again has its timer."""
        return [f"{key} is never tried again" for key in self._node[AGAIN] if not self._timer(AgainTimer.AGAIN, key)]

    def timers_left_behind(self) -> list[str]:
        """No timer runs for what is gone."""
        return [f"{one.kind.value} runs for {one.subject}, who is gone" for one in self._timers if self._is_idle(one)]

    def _is_idle(self, timer: TimerKey) -> bool:
        node = self._node
        match timer.kind:
            case CalloutTimer.CALLOUT_KEY:
                return timer.subject not in node[QUESTIONS]
            case CalloutTimer.CALLOUT_RING:
                return timer.subject not in node[ATTEMPTS]
            case PromptTimer.PROMPT:
                return timer.subject not in {*node[ENTRIES], *node[QUESTIONS]}
            case (
                ConferenceTimer.ENTRY_DIGITS
                | ConferenceTimer.ENTRY_BRAKE
                | ConferenceTimer.ENTRY_REMIND
                | ConferenceTimer.ENTRY_NAME
            ):
                return timer.subject not in node[ENTRIES]
            case ConferenceTimer.QUESTION:
                return timer.subject not in node[ASKED]
            case ConferenceTimer.KEYS | ConferenceTimer.JOIN | ConferenceTimer.NOTICE:
                return timer.subject not in on_a_line(node)
            case ConferenceTimer.CONFERENCE_END | ConferenceTimer.CONFERENCE_EMPTY | RecordingTimer():
                return timer.subject not in node[CONFERENCES]
            case WaitingTimer.WAITING_WORDS | WaitingTimer.WAITING_TOLD | WaitingTimer.WAITING_ALONE:
                return timer.subject not in {*node[WAITS], *node[TOLD], *node[ALONE]}
            case RadioTimer():
                is_about_all = timer.kind is RadioTimer.RADIO_ONLY
                return node[TELEPHONY].up if is_about_all else timer.subject not in node[PATCHES]
            case ScheduleTimer():
                return timer.subject not in {*node[SCHEDULES], *node[OCCURRENCES]}
            case SideRoomTimer.RECALL | SideRoomTimer.EMPTY | WaitingTimer.WAITING_ADDRESSED:
                return is_closed(node, MixId(timer.subject))
            case _:
                return timer.kind is AgainTimer.AGAIN and timer.subject not in node[AGAIN]

    def questions(self) -> list[str]:
        """A question in the meeting is put to somebody who is there, and ends."""
        found = []
        for participant in self._node[ASKED]:
            one = self._node[PARTICIPANTS].get(participant)
            is_there = one is not None and one.state is SeatState.PRESENT
            if not (is_there and self._timer(ConferenceTimer.QUESTION, participant)):
                found.append(f"the question to {participant} never ends")
        return found

    def roll_calls(self) -> list[str]:
        """Its roll is read, its next name has an instant, or somebody is rung. A meeting has one at a time."""
        found = []
        for one in self._node[ROLL_CALLS].values():
            activation = self._node[ACTIVATIONS].get(one.activation) if one.activation is not None else None
            goes_on = {
                RollCallState.PREPARING: self._comes(ReadRoll, one.id),
                RollCallState.CALLING: self._timer(RollCallTimer.ROLL_CALL, one.id),
                RollCallState.RINGING: activation is not None
                and (activation.state is ActivationState.OPEN or self._is_awaited(one)),
            }
            if not goes_on.get(one.state, False):
                found.append(f"the roll call {one.id} is {one.state.value} for ever")
        meetings = Counter(one.conference for one in self._node[ROLL_CALLS].values())
        found += [f"{meeting} has {count} roll calls" for meeting, count in meetings.items() if count > 1]
        gone = [one.id for one in self._node[ROLL_ENTRIES].values() if one.roll_call not in self._node[ROLL_CALLS]]
        timed = [one.subject for one in self._timers if one.kind is RollCallTimer.ROLL_CALL]
        found += [f"a name of {one} is awaited, and it is over" for one in timed if one not in self._node[ROLL_CALLS]]
        return [*found, *(f"{one} is on no roll" for one in gone)]

    def schedules(self) -> list[str]:
        """Each looks for its next date. A date that came due is being prepared, and its ringing has an instant."""
        node = self._node
        found = [f"{one} never looks again" for one in node[SCHEDULES] if not self._timer(ScheduleTimer.SCHEDULE, one)]
        for one in node[OCCURRENCES].values():
            if one.state is OccurrenceState.PREPARING and not self._comes(PrepareMeeting, one.id):
                found.append(f"{one.id} is prepared for ever")
            if one.ringing is Ringing.READING and not self._comes(ReadCalled, one.id):
                found.append(f"{one.id} is about to ring for ever")
            opened = one.state is OccurrenceState.OPENED
            if opened and one.ringing is Ringing.AWAITED and not self._timer(ScheduleTimer.SCHEDULED_RINGING, one.id):
                found.append(f"{one.id} is never rung")
            if self._is_open(one.conference) and not self._timer(ScheduleTimer.SCHEDULED_END, one.id):
                found.append(f"{one.id} is open for ever")
        return found

    def _is_open(self, conference: ConferenceId) -> bool:
        found = self._node[CONFERENCES].get(conference)
        return found is not None and found.state is not ConferenceState.ENDED

    def _is_awaited(self, roll_call: RollCall) -> bool:
        """Somebody has answered, and is on the way in."""
        people = self._node[PARTICIPANTS].values()
        return any(one.conference == roll_call.conference and one.state is SeatState.JOINING for one in people)

    def decisions(self) -> list[str]:
        """One that is spoken or asked about has its next instant. A meeting speaks one at a time."""
        found = [
            f"the decision {one} goes on for ever"
            for one in goes_on(self._node)
            if not self._timer(DecisionTimer.DECISION, one)
        ]
        timed = [one.subject for one in self._timers if one.kind is DecisionTimer.DECISION]
        found += [f"the decision {one} has a timer, and is over" for one in timed if one not in goes_on(self._node)]
        spoken = [one.conference for one in self._node[DECISIONS].values() if one.state is DecisionState.SPEAKING]
        return [*found, *(f"{one} speaks several decisions" for one in spoken if spoken.count(one) > 1)]

    def meeting_times(self) -> list[str]:
        """A clock runs only for a meeting that goes on and is meant to end."""
        timed = {
            one.id
            for one in self._node[CONFERENCES].values()
            if one.ends_at_s is not None and one.state is not ConferenceState.ENDED
        }
        running = [one.subject for one in self._timers if one.kind is MeetingTimer.MEETING_TIME]
        return [f"a clock runs for {one}, which has no end" for one in running if one not in timed]

    def entries(self) -> list[str]:
        found = []
        for channel, entry in self._node[ENTRIES].items():
            speaks = entry.playback is not None and self._timer(PromptTimer.PROMPT, channel)
            waits_for = {
                EntryPhase.ASKING: speaks or self._timer(ConferenceTimer.ENTRY_DIGITS, channel),
                EntryPhase.HELD: self._timer(ConferenceTimer.ENTRY_HELD, channel),
                EntryPhase.CHECKING: self._comes(LookUpCode, channel),
                EntryPhase.BRAKED: self._timer(ConferenceTimer.ENTRY_BRAKE, channel),
                EntryPhase.NAME_ASKED: speaks,
                EntryPhase.NAMING: self._timer(ConferenceTimer.ENTRY_NAME, channel),
                EntryPhase.JOINING: speaks,
                EntryPhase.LEAVING: speaks,
                EntryPhase.OFFERED: speaks
                or self._timer(ConferenceTimer.ENTRY_REMIND, channel)
                or self._timer(ConferenceTimer.ENTRY_DIGITS, channel),
            }
            if not (waits_for[entry.phase] or self._leaves(channel)):
                found.append(f"the caller {channel} waits for nothing ({entry.phase.value})")
        return found

    def asks(self) -> list[str]:
        found = []
        for channel, ask in self._node[QUESTIONS].items():
            speaks = ask.playback is not None and self._timer(PromptTimer.PROMPT, channel)
            is_asking = ask.phase is QuestionPhase.ASKING
            waits = self._timer(CalloutTimer.CALLOUT_KEY, channel) if is_asking else speaks
            if not (waits or self._leaves(channel)):
                found.append(f"the called person on {channel} waits for nothing ({ask.phase.value})")
        return found

    def participants(self) -> list[str]:
        found = []
        for one in self._node[PARTICIPANTS].values():
            if one.state is SeatState.WAITING and not self._hears_words(one):
                found.append(f"{one.id} waits in silence")
            if one.state is SeatState.JOINING and not self._comes_in(one):
                found.append(f"{one.id} is joining for ever")
            if self._is_left_alone(one):
                found.append(f"{one.id} is left of the emergency room in silence")
            if self._is_kept_from(one):
                found.append(f"{one.id} is recorded and never told")
            if one.state is SeatState.LOST and not self._is_rung_back(one):
                found.append(f"{one.id} is lost for ever")
        return found

    def _is_left_alone(self, one: Seat) -> bool:
        """The last of those out of the emergency room, with neither words nor a way to the door."""
        conference = self._node[CONFERENCES].get(one.conference)
        if conference is None or conference.state is ConferenceState.ENDED or not one.is_kept_together:
            return False
        on_the_way = (SeatState.PRESENT, SeatState.JOINING)
        others = [each for each in self._node[PARTICIPANTS].values() if each.conference == one.conference]
        has_company = any(each.id != one.id and each.state in on_the_way for each in others)
        is_there = one.state is SeatState.PRESENT and not has_company
        return is_there and not self._timer(WaitingTimer.WAITING_ALONE, one.id)

    def _is_kept_from(self, one: Seat) -> bool:
        """Somebody who is recorded, and neither has heard it nor will."""
        conference, channel = self._node[CONFERENCES].get(one.conference), legs.channel_of(self._node, one)
        if conference is None or channel is None or one.state is not SeatState.PRESENT:
            return False
        is_recorded = conference.recording.state is RecordingState.ON and not room_rules.is_aside(self._node, one)
        return is_recorded and one.notice_heard_at_s is None and not self._timer(ConferenceTimer.NOTICE, channel)

    def _comes_in(self, one: Seat) -> bool:
        channel = legs.channel_of(self._node, one) or ChannelId("")
        at_the_door = channel in self._node[ENTRIES] or channel in self._node[QUESTIONS]
        is_put_in = self._timer(ConferenceTimer.JOIN, channel) or self._comes(JoinMix, channel)
        return at_the_door or is_put_in or self._leaves(channel)

    def _hears_words(self, one: Seat) -> bool:
        channel = legs.channel_of(self._node, one) or ChannelId("")
        at_the_door = channel in self._node[ENTRIES] or channel in self._node[QUESTIONS]
        is_in_line = one.id in self._node[WAITS] and self._timer(WaitingTimer.WAITING_WORDS, one.id)
        return at_the_door or is_in_line or self._leaves(channel)

    def _is_rung_back(self, one: Seat) -> bool:
        target = self._node[TARGETS].get(self._node[LOST][one.id]) if one.id in self._node[LOST] else None
        is_rung = target is not None and target.state not in TARGET_DONE
        return is_rung or self._timer(ConferenceTimer.SEAT_KEPT, one.id)

    def attempts(self) -> list[str]:
        return [
            f"nobody waits for the end of the call {one.id}"
            for one in self._node[ATTEMPTS].values()
            if not (self._has_a_watch(one) or self._leaves(ChannelId(one.id)))
        ]

    def _has_a_watch(self, one: Attempt) -> bool:
        channel = ChannelId(one.id)
        if one.state in (AttemptState.INTENT, AttemptState.RINGING):
            return self._timer(CalloutTimer.CALLOUT_RING, one.id)
        return any(channel in held for held in (self._node[QUESTIONS], self._node[ENTRIES], self._node[SEATS]))

    def calls_out(self) -> list[str]:
        """An open call-out has somebody left. Each of them has a call, an instant, or a trunk to wait for."""
        found = []
        for activation in self._node[ACTIVATIONS].values():
            targets = [one for one in self._node[TARGETS].values() if one.activation == activation.id]
            if activation.state is not ActivationState.OPEN:
                continue
            if all(one.state in TARGET_DONE and not one.is_awaited for one in targets):
                found.append(f"the call-out {activation.id} is open and has nobody left to call")
            found += [f"{one.id} is not called" for one in targets if not self._is_pursued(one)]
        return found

    def _is_pursued(self, target: Target) -> bool:
        if target.state in (TargetState.CALLING, TargetState.ASKED):
            return target.attempt in self._node[ATTEMPTS]
        if not self._node[TELEPHONY].up:
            return True
        if target.is_awaited:
            return self._timer(CalloutTimer.CALLOUT_PUMP, PUMP) or target.attempt is not None
        if target.state is not TargetState.WAITING:
            return True
        is_being_called = any(one.number in target.numbers for one in self._node[ATTEMPTS].values())
        full = any(
            len(self._node[TRUNKS].get(trunk.name, TrunkUse()).busy) >= trunk.channels
            for trunk in self._node.policy[CalloutPolicy].trunks
        )
        return is_being_called or full or any(key.kind is CalloutTimer.CALLOUT_PUMP for key in self._timers)

    def recordings(self) -> list[str]:
        """What is wanted runs, begins, or is tried again; what is closed comes into the archive."""
        found = []
        for one in self._node[CONFERENCES].values():
            side, subject = one.recording, one.recording.recording or ""
            is_off = side.off_record is not OffRecord.NO
            answered = {
                RecordingState.OFF: not (side.wanted and one.state is ConferenceState.ACTIVE) or is_off,
                RecordingState.STARTING: self._comes(StartRecording, subject),
                RecordingState.ON: True,
                RecordingState.STOPPING: self._comes(StopRecording, subject),
                RecordingState.FAILED: not side.wanted or self._timer(RecordingTimer.RECORDING, one.id),
            }
            is_over = one.state is ConferenceState.ENDED
            if not answered[side.state] and not (is_over and side.state is RecordingState.FAILED):
                found.append(f"the recording of {one.id} is {side.state.value} for ever")
            if not self._goes_on(one):
                found.append(f"{one.id} is {side.off_record.value} off the record for ever")
        sides = {one.recording.recording for one in self._node[CONFERENCES].values()}
        mixes = [one for one in self._node[RECORDINGS].values() if one.kind is RecordingKind.MIX]
        running = [one.id for one in mixes if one.state is ArchiveState.RECORDING and one.id not in sides]
        found += [f"{one} runs and nobody will stop it" for one in running if not self._comes(StopRecording, one)]
        found += self._voices(sides)
        names = [one for one in self._node[RECORDINGS].values() if one.kind is RecordingKind.NAME]
        endless = [one.id for one in names if one.state is ArchiveState.RECORDING and not self._is_named(one)]
        found += [f"the name {one} is said for ever" for one in endless]
        closed = [one for one in self._node[RECORDINGS].values() if one.state is ArchiveState.SPOOLED]
        kept = [one.id for one in closed if not (self._is_let_go(one) or self._may_be_heard(one))]
        return [*found, *(f"{one} lies in the spool for ever" for one in kept)]

    def _voices(self, mixes: set[RecordingId | None]) -> list[str]:
        """A participant's track goes on beside its mix, or ends with its last part. The end of a part is certain."""
        written = {one.recording for one in self._node[TAPED].values()}
        voices = [one for one in self._node[RECORDINGS].values() if one.kind is RecordingKind.PARTICIPANT]
        tracks = [one for one in voices if one.state is ArchiveState.RECORDING]
        left = [one.id for one in tracks if one.id not in written and one.beside not in mixes]
        found = [f"{one} runs, and nothing is written into it" for one in left if self._node[TELEPHONY].up]
        stopping = [channel for channel, one in self._node[TAPED].items() if one.stopping]
        kept = [one for one in stopping if not self._comes(StopLegTrack, one)]
        return [*found, *(f"{one} is recorded for ever" for one in kept)]

    def _is_named(self, one: Recording) -> bool:
        caller = next((channel for channel, name in self._node[NAMING].items() if name == one.id), None)
        return self._comes(StopName, one.id) or (caller is not None and self._timer(ConferenceTimer.ENTRY_NAME, caller))

    def _is_let_go(self, one: Recording) -> bool:
        return self._comes(DropRecording if one.is_passing else ArchiveRecording, one.id)

    def _may_be_heard(self, one: Recording) -> bool:
        """A name, while the meeting goes on."""
        return one.kind is RecordingKind.NAME and is_going_on(self._node, one.conference)

    def _goes_on(self, one: Conference) -> bool:
        """On the way off the record, or back, something is waited for."""
        side = one.recording
        match side.off_record:
            case OffRecord.ASKED | OffRecord.RETURNING if side.state is RecordingState.ON:
                return self._comes(SilenceRecording, side.recording or "")
            case OffRecord.ASKED | OffRecord.RETURNING:
                return side.state in (RecordingState.STARTING, RecordingState.STOPPING)
            case OffRecord.ENDING:
                return self._timer(RecordingTimer.ON_RECORD, one.id)
            case _:
                return True

    def messages(self) -> list[str]:
        """A text by radio is with its terminal, or there is an instant at which it is looked at again."""
        found = []
        for one in self._node[MESSAGES].values():
            order = SubmitSds if one.status is None else SubmitStatus
            is_with_terminal = one.state is MessageState.SENDING and self._comes(order, one.id)
            if not is_with_terminal and not self._timer(ShortDataTimer.SDS_PUMP, ""):
                found.append(f"the text {one.id} is {one.state.value} for ever")
        return found

    def ended_conferences(self) -> list[str]:
        """One that is over is forgotten when all has come to rest."""
        found = []
        for one in self._node[CONFERENCES].values():
            if one.state is not ConferenceState.ENDED or self._timer(ConferenceTimer.CONFERENCE_END, one.id):
                continue
            activations = {each.id for each in self._node[ACTIVATIONS].values() if each.conference == one.id}
            calls = any(each.activation in activations for each in self._node[ATTEMPTS].values())
            if not calls and not any(each.conference == one.id for each in self._node[RECORDINGS].values()):
                found.append(f"{one.id} has ended and is never forgotten")
        return found


def on_a_line(node: Node) -> set[ChannelId]:
    """The channels of all seats that are carried now, whether Asterisk is in sight or not."""
    return {leg.channel for leg in node[LEGS].values() if leg.channel is not None and leg.ended_at_s is None}


def goes_on(node: Node) -> set[str]:
    """The decisions that are being spoken, or asked about."""
    return {one.id for one in node[DECISIONS].values() if one.state in (DecisionState.SPEAKING, DecisionState.ASKING)}


def waiting(node: Node) -> set[ParticipantId]:
    return {one.id for one in node[PARTICIPANTS].values() if one.state is SeatState.WAITING}


def left_behind(node: Node) -> list[str]:
    """Nothing that passes is kept of what is gone."""
    by_patch: list[Table[PatchId, Any]] = [RADIO_HEARD, ARMED, PATHS, REFUSALS, LOOPS]
    by_seat: list[Table[ChannelId, Any]] = [HEARD, KEYS, TOLD_MUTED_AT_S]
    kept: list[tuple[str, Collection[Any], Collection[Any]]] = [
        *((table.name, node[table], node[PATCHES]) for table in by_patch),
        *((table.name, node[table], on_a_line(node)) for table in by_seat),
        (QUESTIONS.name, node[QUESTIONS], node[ATTEMPTS]),
        (AWAITED.name, node[AWAITED], node[ATTEMPTS]),
        (NAMING.name, node[NAMING], node[ENTRIES]),
        (LOST.name, node[LOST], node[PARTICIPANTS]),
        (CAME_BY.name, node[CAME_BY], node[PARTICIPANTS]),
        (ALONE.name, node[ALONE], node[PARTICIPANTS]),
        (TOGETHER.name, node[TOGETHER], node[CONFERENCES]),
        (WAITS.name, node[WAITS], waiting(node)),
        (TOLD.name, node[TOLD], node[CONFERENCES]),
        (EMPTY_SINCE_S.name, node[EMPTY_SINCE_S], node[CONFERENCES]),
        (PUT.name, node[PUT], goes_on(node)),
        (SOUNDED.name, node[SOUNDED], node[CONFERENCES]),
        (CALLED.name, node[CALLED], node[ROLL_CALLS]),
    ]
    return [f"{name} is kept of {one}, who is gone" for name, held, of in kept for one in held if one not in of]


def is_closed(node: Node, room: MixId) -> bool:
    found = node[ROOMS].get(room)
    return found is None or found.closed_at_s is not None


def is_going_on(node: Node, conference: ConferenceId) -> bool:
    return node[CONFERENCES][conference].state is not ConferenceState.ENDED


def rooms(node: Node) -> list[str]:
    """Everybody sits in a room of their conference, and each conference has one main room."""
    found = []
    for conference in node[CONFERENCES].values():
        mains = [one for one in node[ROOMS].values() if one.conference == conference.id and one.kind is RoomKind.MAIN]
        if len(mains) != 1:
            found.append(f"{conference.id} has {len(mains)} main rooms")
        elif mains[0].closed_at_s is not None and conference.state is not ConferenceState.ENDED:
            found.append(f"the main room of {conference.id} is closed, and it goes on")
    found += [f"{one.id} is nobody's room" for one in node[ROOMS].values() if one.conference not in node[CONFERENCES]]
    found += [
        f"{one.id} has as its key {one.number}, which another open room has too"
        for one in node[ROOMS].values()
        for other in node[ROOMS].values()
        if one.number is not None and one.number == other.number and one.conference == other.conference
        if one.id != other.id and one.closed_at_s is None and other.closed_at_s is None
    ]
    for seat in node[PARTICIPANTS].values():
        room = node[ROOMS].get(seat.room)
        is_over = room is not None and room.kind is not RoomKind.MAIN and room.closed_at_s is not None
        if is_over and seat.state is not SeatState.LEFT and is_going_on(node, seat.conference):
            found.append(f"{seat.id} belongs in a side room that is closed")
        if room is None or room.conference != seat.conference:
            found.append(f"{seat.id} sits in no room of {seat.conference}")
    return found


def seats(node: Node) -> list[str]:
    """Every channel of those admitted is somebody's, and every telephone in the meeting is known by its channel."""
    found = []
    for channel in node[SEATS]:
        one = legs.seat_on(node, channel)
        if one is None or legs.channel_of(node, one) != channel or one.state is SeatState.LEFT:
            found.append(f"the seat of {channel} is nobody's")
    for one in node[PARTICIPANTS].values():
        is_in = one.state is SeatState.PRESENT and one.kind is LegKind.PHONE
        if is_in and node[TELEPHONY].up and legs.seat_on(node, legs.channel_of(node, one) or ChannelId("")) != one:
            found.append(f"{one.id} is in the meeting without a seat")
    return found


def carried(node: Node) -> list[str]:
    """A seat has at most one live leg. It has one while somebody sits in it or is on the way, and none when they are
    away."""
    found = []
    for seat in node[PARTICIPANTS].values():
        own = [leg for leg in node[LEGS].values() if leg.seat == seat.id]
        live = [leg for leg in own if leg.ended_at_s is None]
        is_there = seat.state in (SeatState.WAITING, SeatState.JOINING, SeatState.PRESENT)
        if len(live) != is_there:
            found.append(f"{seat.id} is {seat.state.value} and has {len(live)} live legs")
        if [leg.id for leg in own] != [seat.leg] or own[0].kind is not seat.kind:
            found.append(f"{seat.id} is not carried by its latest leg: {own}")
    return [*found, *(f"{leg.id} carries nobody" for leg in node[LEGS].values() if leg.seat not in node[PARTICIPANTS])]


def floors(node: Node) -> list[str]:
    """The word is with somebody who is there, and only those there ask for it, once; microphones follow."""
    found = []
    for conference in node[CONFERENCES].values():
        present = {
            one.id: one
            for one in node[PARTICIPANTS].values()
            if one.conference == conference.id and one.state is SeatState.PRESENT
        }
        floor = conference.floor
        found += _turns(node, conference)
        asking = [*floor.queue, *([floor.holder] if floor.holder else [])]
        found += [
            f"the listener {one.id} has or asks for the floor"
            for one in present.values()
            if one.role is Role.LISTENER and one.id in asking
        ]
        kept = {one.id for one in node[PARTICIPANTS].values() if one.state in (SeatState.LOST, SeatState.JOINING)}
        if not set(asking) <= {*present, *(kept & {floor.holder})} or len(set(asking)) != len(asking):
            found.append(f"the floor of {conference.id} is not with those present: {asking}")
        for one in present.values():
            may_speak = one.role is not Role.LISTENER and not one.muted
            is_aside = node[ROOMS][one.room].kind is not RoomKind.MAIN
            allowed = may_speak and (is_aside or floor.mode is FloorMode.OPEN or floor.holder == one.id)
            if is_aside and one.id in asking:
                found.append(f"{one.id} is in a side room, and has or asks for the floor of the main room")
            channel = legs.channel_of(node, one)
            if node[TELEPHONY].up and channel is not None and node[HEARD].get(channel) is not allowed:
                found.append(f"{one.id} is heard: {node[HEARD].get(channel)}, and should be: {allowed}")
    return found


def _turns(node: Node, conference: Conference) -> list[str]:
    """Nobody on the line waits in vain where the floor is free, and no request is passed for ever."""
    floor, found = conference.floor, []
    if floor.mode is FloorMode.QUEUE and floor.holder is None and floor.queue:
        found.append(f"the floor of {conference.id} is free, and {floor.queue} wait")
    if any(one.passed > fairness.MOST_PASSED for one in floor.requests):
        found.append(f"a request in {conference.id} has been passed too often: {floor.requests}")
    for one in (*floor.requests, *floor.listed):
        seat = node[PARTICIPANTS].get(one.participant)
        if seat is None or seat.state is SeatState.LEFT:
            found.append(f"{one.participant} has left and has a place in the line")
        elif one.away is (seat.state is SeatState.PRESENT):
            found.append(f"{one.participant} is {seat.state.value}, and away in the line: {one.away}")
    return found


def calls(node: Node) -> list[str]:
    """A function has at most one live call, and a number too."""
    attempts = list(node[ATTEMPTS].values())
    found = []
    called = [one for attempt in attempts for one in (attempt.target, *attempt.also) if one not in attempt.released]
    in_order = [one for one in called if one in node[TARGETS] and not sharing.is_parallel(node, node[TARGETS][one])]
    if len(set(in_order)) != len(in_order):
        found.append("a function has two calls")
    seated = [one.target for one in node[PARTICIPANTS].values() if one.target and one.state in _IN]
    if len(set(seated)) != len(seated):
        found.append("a function has two seats by its calls")
    if len({one.number for one in attempts}) != len(attempts):
        found.append("a number has two calls")
    found += [
        f"{one.id} is given up without a reason"
        for one in node[TARGETS].values()
        if one.state in (TargetState.UNREACHABLE, TargetState.CANCELLED) and not one.reason
    ]
    return found


def trunks(node: Node) -> list[str]:
    """What a trunk is thought to carry is what it carries."""
    if not node[TELEPHONY].up:
        return []
    used: dict[str, set[AttemptId]] = {}
    for attempt in node[ATTEMPTS].values():
        used.setdefault(attempt.trunk, set()).add(attempt.id)
    names = {*used, *node[TRUNKS]}
    return [
        f"the trunk {name} carries {sorted(used.get(name, set()))}, and is thought to carry {sorted(busy)}"
        for name in sorted(names)
        if (busy := node[TRUNKS].get(name, TrunkUse()).busy) != used.get(name, set())  # type: ignore[call-overload]
    ]
