"""Tell the domain a story in the users' words and look at what it decides. No IO, no clock: time moves when told to."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ClassVar, Final, TypeVar, get_args

from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.callout.passing import QUESTIONS, QuestionPhase
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import ACTIVATIONS, ATTEMPTS, TARGETS, Activation, Target
from bridge.domain.conference import legs
from bridge.domain.conference.commands import OpenConference
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.passing import SEATS
from bridge.domain.conference.records import (
    CONFERENCES,
    LEGS,
    PARTICIPANTS,
    Conference,
    Floor,
    Role,
    Seat,
    SeatState,
    Secrecy,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.effects import KnownEffect
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.effects import DeviceEffect, Effect, StartTimer, StopTimer
from bridge.domain.kernel.events import Commanded, EffectFailed, Event, Fate, TimerDue
from bridge.domain.kernel.ids import (
    ActivationId,
    AttemptId,
    ChannelId,
    ConferenceId,
    Gssi,
    Issi,
    MixId,
    ParticipantId,
    PatchId,
    RecordingId,
    TargetId,
    TerminalName,
    TrunkName,
)
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.replies import Done, Refused, Reply
from bridge.domain.kernel.step import Result, Step
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.mailings.effects import WriteMailing
from bridge.domain.mailings.events import MailingWritten
from bridge.domain.radio.commands import AddPatch
from bridge.domain.radio.events import (
    RadioTalkStarted,
    RadioTalkStopped,
    SpeechBegan,
    SpeechDrained,
    TerminalChanged,
    TerminalState,
    TransmitGranted,
)
from bridge.domain.radio.records import PATCHES, Patch
from bridge.domain.recording.effects import (
    ArchiveRecording,
    DropRecording,
    RecordName,
    SilenceRecording,
    StartRecording,
    StopLegTrack,
    StopName,
    StopRecording,
)
from bridge.domain.recording.events import (
    LegTrackStopped,
    RecordingArchived,
    RecordingDropped,
    RecordingEnded,
    RecordingFailed,
    RecordingSilenced,
    RecordingStarted,
)
from bridge.domain.recording.policy import RecordingPolicy, Tracks
from bridge.domain.rollcall.effects import ReadRoll
from bridge.domain.rollcall.events import RollRead
from bridge.domain.saved import Saved
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.schedule.events import CalledRead, MeetingPrepared
from bridge.domain.step import begin, step
from bridge.domain.telephony.effects import Dial, HangUpLeg, JoinMix, Play, SetHeard, Whisper
from bridge.domain.telephony.events import (
    CallArrived,
    DigitPressed,
    KeyTaken,
    LaterPressed,
    LegAnswered,
    LegEnded,
    LegRinging,
    LiveChannel,
    MixJoined,
    PlaybackEnded,
    TalkingStarted,
    TalkingStopped,
    TelephonyDown,
    TelephonyUp,
)
from tests.harness.principals import somebody
from tests.harness.promises import broken
from tests.harness.reasons import because
from tests.harness.restart import stored

T = TypeVar("T")

_ANSWERS: Final[dict[type[Event], tuple[type[DeviceEffect], ...]]] = {
    CodeResolved: (LookUpCode,),
    MixJoined: (JoinMix,),
    RecordingStarted: (StartRecording,),
    RecordingSilenced: (SilenceRecording,),
    RecordingFailed: (StartRecording, StopRecording, SilenceRecording, RecordName, StopName),
    RecordingEnded: (StopRecording, SilenceRecording, RecordName, StopName),
    RecordingArchived: (ArchiveRecording,),
    RecordingDropped: (DropRecording,),
    RollRead: (ReadRoll,),
    MeetingPrepared: (PrepareMeeting,),
    CalledRead: (ReadCalled,),
    MailingWritten: (WriteMailing,),
    LegTrackStopped: (StopLegTrack,),
    LegEnded: (HangUpLeg, StopLegTrack, JoinMix, LookUpCode),
}
"""Event → the orders that it answers."""

_KNOWN: Final = (*get_args(KnownEffect), StartTimer, StopTimer)

CONFERENCE = ConferenceId("cnf-00000000000000000000000001")
MIX = MixId("mix-00000000000000000000000001")
PATCH = PatchId("pat-00000000000000000000000001")
RADIO_VOICE = ParticipantId("prt-radio00000000000000000001")
TERMINAL = TerminalName("rakel-1")
SPARE = TerminalName("rakel-2")
"""Known only to stories told with it."""
GROUP = Gssi(2001)
TRUNK = TrunkName("operator")

CONNECTED_S: Final = 20.0
"""A story begins so long after Asterisk was reached: no trunk rests any more."""


class Story:
    """One node's life. `happens` steps one event; timers fire in order when time `passes`.

    Meetings are recorded as a mix alone, unless a policy says otherwise. A story that begins with nothing saved begins
    with telephony up, and nobody on the line. However it ends,
    `nobody_waits`; the unit tests of the domain look at that by themselves.
    """

    watched: ClassVar["list[Story] | None"] = None
    """Those told since somebody began to watch."""

    def __init__(
        self,
        policy: Policy | None = None,
        saved: Saved | None = None,
        terminals: tuple[TerminalName, ...] = (TERMINAL,),
        now_s: float = 1_800_000_000.0,
        counter: "itertools.count[int] | None" = None,
    ) -> None:
        self.terminals = terminals
        self.policy = policy or Policy(
            CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100),)),
            RecordingPolicy(tracks=Tracks.MIX),
        )
        self.now_s = now_s if saved is not None else now_s - CONNECTED_S
        self._counter = counter or itertools.count(1)
        self.records: list[Record] = []
        self.effects: list[Effect] = []
        self.fresh: list[Effect] = []
        self.notes: list[object] = []
        self.audited: list[object] = []
        self.timers: dict[TimerKey, float] = {}
        self.reply: Reply | None = None
        self.is_over = False
        self._have_answered: set[ChannelId] = set()
        self._ordered: set[tuple[type[DeviceEffect], str]] = set()
        if Story.watched is not None:
            Story.watched.append(self)
        result = begin(saved or Saved(), self.policy, terminals, self.now_s, self.mint)
        self.node: Node = result.node
        self._take(result)
        if saved is None:
            self.telephony_comes_up()
            self.forget_effects()
        self.now_s = now_s

    def restarted(self) -> "Story":
        """The controller died and came up again with what was committed; nothing is known of Asterisk yet."""
        self.is_over = True
        fresh = Story(self.policy, stored(self.records), self.terminals, self.now_s, self._counter)
        fresh.records[:0] = self.records
        return fresh

    def mint(self, kind: str) -> str:
        prefix = {"channel": "leg"}.get(kind, kind[:3])
        return f"{prefix}-{next(self._counter):026d}"

    def nobody_waits(self) -> None:
        """Whatever was told: nobody is left in silence, and nothing is wanted in vain."""
        found = broken(self.node, self.timers, lambda kind, subject: (kind, subject) in self._ordered, self.now_s)
        if found and not self.is_over:
            raise AssertionError(found)

    def _is_answered(self, event: Event) -> None:
        if isinstance(event, EffectFailed):
            self._ordered.discard((type(event.effect), event.effect.subject))
        names = ("channel", "recording", "roll_call", "occurrence")
        about = next((about for name in names if (about := getattr(event, name, None))), "")
        for kind in _ANSWERS.get(type(event), ()):
            self._ordered.discard((kind, about))

    def happens(self, event: Event) -> Result:
        if isinstance(event, LegAnswered | KeyTaken):
            self._have_answered.add(event.channel)
        self._is_answered(event)
        result = step(self.node, event, self.mint)
        self.node = result.node
        self._take(result)
        return result

    def _take(self, result: Result) -> None:
        self.records.extend(result.records)
        self.notes.extend(result.notes)
        self.audited.extend(result.audit)
        self.fresh = list(result.effects)
        self.effects.extend(result.effects)
        for effect in result.effects:
            if not isinstance(effect, _KNOWN):
                raise AssertionError(f"nobody can do this: {effect!r}")
            if isinstance(effect, StartTimer):
                self.timers[effect.key] = self.now_s + effect.after_s
            elif isinstance(effect, StopTimer):
                self.timers.pop(effect.key, None)
            elif isinstance(effect, DeviceEffect):
                self._ordered.add((type(effect), effect.subject))
        if result.reply is not None:
            self.reply = result.reply

    def passes(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while True:
            due = sorted((at_s, str(key), key) for key, at_s in self.timers.items() if at_s <= until_s)
            if not due:
                break
            at_s, _, key = due[0]
            self.now_s = max(self.now_s, at_s)
            del self.timers[key]
            self.happens(TimerDue(self.now_s, key))
        self.now_s = until_s

    def forget_effects(self) -> None:
        self.effects.clear()

    def done(self, kind: type[T]) -> list[T]:
        """Every effect of a kind so far."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def said_to(self, channel: str) -> list[Prompt]:
        """Everything a channel has been played or whispered."""
        said: list[Prompt] = []
        for effect in self.effects:
            if isinstance(effect, Play | Whisper) and effect.channel == channel:
                said.extend(effect.prompts)
            elif isinstance(effect, Dial) and effect.channel == channel and effect.question is not None:
                said.extend(effect.question.said if channel in self._have_answered else ())
        return said

    def fails(self, effect: DeviceEffect, fate: Fate = Fate.REFUSED, reason: str = "no", *, retry: bool = True) -> None:
        """A device did not do what it was asked to."""
        self.happens(EffectFailed(self.now_s, effect, fate, because(reason), retry))

    # --- telephony as a whole ---

    def follows(self, rule: Callable[[Step], T]) -> T:
        """One rule by itself, as if an event had led to it."""
        taken = Step(self.node, self.now_s, self.mint)
        answer = rule(taken)
        self.node = taken.node
        self._take(taken.result())
        return answer

    def telephony_comes_up(
        self,
        *live: LiveChannel,
        mixes: Iterable[MixId] = (),
        recordings: Iterable[RecordingId] = (),
        ended: Iterable[tuple[ChannelId, int]] = (),
        keyed: Iterable[tuple[ChannelId, str]] = (),
    ) -> None:
        """Connected: what Asterisk has now, and what its call records tell of those it has no more."""
        up = TelephonyUp(self.now_s, live, frozenset(mixes), frozenset(recordings), tuple(ended), tuple(keyed))
        self.happens(up)

    def telephony_goes_down(self, reason: str = "Asterisk has closed the connection") -> None:
        self.happens(TelephonyDown(self.now_s, because(reason)))

    # --- conferences and callers ---

    def asks(self, command: Command, actor: str = "test") -> Reply:
        self.reply, before, written = None, self.node, len(self.records)
        self.happens(Commanded(self.now_s, somebody(actor), command))
        if self.reply is None:
            raise AssertionError(f"{command} was not answered")
        if isinstance(self.reply, Refused) and (self.node != before or len(self.records) > written):
            raise AssertionError(f"{command} was refused, and has changed something")
        return self.reply

    def opens(
        self,
        *,
        recorded: bool = False,
        conference: ConferenceId = CONFERENCE,
        mix: MixId = MIX,
        forum: str | None = None,
        secrecy: Secrecy = Secrecy.OPEN,
    ) -> Conference:
        self.asks(
            OpenConference(conference, mix, "Övning", "+4685555555", recorded=recorded, forum=forum, secrecy=secrecy)
        )
        return self.node[CONFERENCES][conference]

    @property
    def conference(self) -> Conference:
        return self.node[CONFERENCES][CONFERENCE]

    @property
    def floor(self) -> Floor:
        return self.conference.floor

    def calls(self, channel: str, caller: str = "+46701740605") -> ChannelId:
        self.happens(CallArrived(self.now_s, ChannelId(channel), "+4685555555", caller, TRUNK))
        return ChannelId(channel)

    def keys(self, channel: ChannelId, keys: str) -> None:
        for key in keys:
            asked = self.node[QUESTIONS].get(channel)
            if asked is None or asked.phase is not QuestionPhase.ASKING:
                self.happens(DigitPressed(self.now_s, channel, key))
            elif key in "1234":  # Asterisk takes these, and asks again after any other
                self.happens(KeyTaken(self.now_s, channel, key))

    def comes_in(self, channel: ChannelId, minutes: str) -> None:
        """A called person presses 2 and keys the minutes that Asterisk asks for."""
        self.happens(LaterPressed(self.now_s, channel))
        self.happens(KeyTaken(self.now_s, channel, f"2{minutes}"))

    def code_is(self, channel: ChannelId, conference: ConferenceId | None, role: Role = Role.PARTICIPANT) -> None:
        """The answer about the code, and the while until the caller hears that it is wrong."""
        self.happens(CodeResolved(self.now_s, channel, conference, role))
        brake = TimerKey(ConferenceTimer.ENTRY_BRAKE, channel)
        if brake in self.timers:
            self.passes(self.timers[brake] - self.now_s)

    def prompt_ends(self, channel: ChannelId) -> None:
        """The last prompt started on this channel has been played to its end."""
        played = [effect for effect in self.effects if isinstance(effect, Play) and effect.channel == channel]
        self.happens(PlaybackEnded(self.now_s, played[-1].playback, channel))

    def joins(
        self, channel: str, role: Role = Role.PARTICIPANT, conference: ConferenceId = CONFERENCE
    ) -> ParticipantId:
        """The whole way in, with the right code."""
        line = self.calls(channel, caller=channel)
        self.keys(line, "12345678#")
        self.code_is(line, conference, role)
        self.prompt_ends(line)
        self.happens(MixJoined(self.now_s, line, self.who(channel).room))
        return self.who(channel).id

    def who(self, channel: str) -> Seat:
        return self.node[PARTICIPANTS][self.node[LEGS][self.node[SEATS][ChannelId(channel)]].seat]

    def line_of(self, participant: ParticipantId) -> ChannelId:
        """The channel of somebody who is on a line now."""
        channel = legs.channel_of(self.node, self.node[PARTICIPANTS][participant])
        if channel is None:
            raise AssertionError(f"{participant} is on no line")
        return channel

    def present(self) -> list[Seat]:
        return [one for one in self.node[PARTICIPANTS].values() if one.state is SeatState.PRESENT]

    def hangs_up(self, channel: str, cause: int = 16) -> None:
        self.happens(LegEnded(self.now_s, ChannelId(channel), cause))

    def is_heard(self, channel: str) -> bool:
        """What was last asked of this microphone."""
        heard: bool | None = None
        for effect in self.effects:
            if isinstance(effect, JoinMix | SetHeard) and effect.channel == channel:
                heard = effect.heard
        if heard is None:
            raise AssertionError(f"{channel} never joined")
        return heard

    def talks(self, channel: str) -> None:
        self.happens(TalkingStarted(self.now_s, ChannelId(channel)))

    def falls_silent(self, channel: str) -> None:
        self.happens(TalkingStopped(self.now_s, ChannelId(channel)))

    # --- call-out ---

    def activates(self, functions: Iterable[tuple[str, ...]], **more: object) -> ActivationId:
        """Each function is a row of its numbers."""
        targets = tuple(
            NewTarget(TargetId(f"tgt-{index:026d}"), f"TiB {index}", f"Kommun {index}", numbers)
            for index, numbers in enumerate(functions)
        )
        command = StartActivation(ActivationId("act-1"), "key-1", CONFERENCE, "Inriktande", targets)
        reply = self.asks(replace(command, **more))  # type: ignore[arg-type]
        if not isinstance(reply, Done):
            raise AssertionError(reply)
        return ActivationId(reply.subject)

    @property
    def activation(self) -> Activation:
        return next(iter(self.node[ACTIVATIONS].values()))

    def target(self, index: int) -> Target:
        return self.node[TARGETS][TargetId(f"tgt-{index:026d}")]

    def dialled(self) -> list[str]:
        return [effect.number for effect in self.done(Dial)]

    def line_to(self, number: str) -> ChannelId:
        """The latest call to a number."""
        return [effect.channel for effect in self.done(Dial) if effect.number == number][-1]

    def rings(self, number: str) -> None:
        self.happens(LegRinging(self.now_s, self.line_to(number)))

    def answers(self, number: str) -> ChannelId:
        line = self.line_to(number)
        self.happens(LegAnswered(self.now_s, line))
        return line

    def presses_nothing(self, line: ChannelId) -> None:
        """The time is up in which Asterisk waits for a key."""
        self.happens(KeyTaken(self.now_s, line, ""))

    def call_ends(self, number: str, cause: int) -> None:
        self.happens(LegEnded(self.now_s, self.line_to(number), cause))

    def live_attempts(self) -> list[AttemptId]:
        return list(self.node[ATTEMPTS])

    # --- radio ---

    def terminal_is(
        self, state: TerminalState, gssi: Gssi | None = GROUP, reason: str = "", terminal: TerminalName = TERMINAL
    ) -> None:
        issi = Issi(1001 if terminal == TERMINAL else 1002)
        why = because(reason) if reason else None
        self.happens(TerminalChanged(self.now_s, terminal, state, why, issi, gssi))

    def patches(self, **more: object) -> Patch:
        command = AddPatch(CONFERENCE, PATCH, RADIO_VOICE, TERMINAL, GROUP, "Ledning")
        reply = self.asks(replace(command, **more))  # type: ignore[arg-type]
        if not isinstance(reply, Done):
            raise AssertionError(reply)
        return self.patch

    @property
    def patch(self) -> Patch:
        return self.node[PATCHES][PATCH]

    def speech_begins(self) -> None:
        self.happens(SpeechBegan(self.now_s, PATCH))

    def speech_drains(self) -> None:
        self.happens(SpeechDrained(self.now_s, PATCH))

    def network_grants(self) -> None:
        self.happens(TransmitGranted(self.now_s, TERMINAL))

    def radio_user_talks(self, issi: int = 1234, *, emergency: bool = False) -> None:
        self.happens(RadioTalkStarted(self.now_s, TERMINAL, GROUP, Issi(issi), emergency))

    def radio_user_stops(self) -> None:
        self.happens(RadioTalkStopped(self.now_s, TERMINAL))
