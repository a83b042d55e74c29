"""Tell the domain a story in the users' words and look at what it decides. No IO, no clock: time moves when told to."""

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, Final, TypeVar

from bridge.domain import commands as c
from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain.ids import (
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
from bridge.domain.model import (
    Activation,
    Conference,
    Floor,
    Participant,
    ParticipantState,
    Patch,
    Record,
    Role,
    Saved,
    Target,
    TrunkPolicy,
)
from bridge.domain.node import Node
from bridge.domain.policy import Policy
from bridge.domain.prompts import Prompt
from bridge.domain.step import begin, step
from bridge.domain.turn import Result
from tests.harness.promises import broken
from tests.harness.restart import stored

T = TypeVar("T")

_ANSWERS: Final[dict[type[e.Event], tuple[type[do.DeviceEffect], ...]]] = {
    e.CodeResolved: (do.LookUpCode,),
    e.MixJoined: (do.JoinMix,),
    e.RecordingStarted: (do.StartRecording,),
    e.RecordingFailed: (do.StartRecording, do.StopRecording),
    e.RecordingEnded: (do.StopRecording,),
    e.RecordingArchived: (do.ArchiveRecording,),
    e.LegEnded: (do.HangUpLeg, do.JoinMix, do.LookUpCode),
}
"""Event → the orders that it answers."""

CONFERENCE = ConferenceId("cnf-00000000000000000000000001")
MIX = MixId("mix-00000000000000000000000001")
PATCH = PatchId("pat-00000000000000000000000001")
RADIO_VOICE = ParticipantId("prt-radio00000000000000000001")
TERMINAL = TerminalName("rakel-1")
SPARE = TerminalName("rakel-2")
"""Known only to stories told with it."""
GROUP = Gssi(2001)
TRUNK = TrunkName("operator")


class Story:
    """One node's life. `happens` steps one event; timers fire in order when time `passes`.

    A story that begins with nothing saved begins with telephony up, and nobody on the line. However it ends,
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
    ) -> None:
        self.terminals = terminals
        self.policy = policy or Policy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100),))
        self.now_s = now_s
        self._counter = itertools.count(1)
        self.records: list[Record] = []
        self.effects: list[do.Effect] = []
        self.fresh: list[do.Effect] = []
        self.notes: list[object] = []
        self.audited: list[object] = []
        self.timers: dict[e.TimerKey, float] = {}
        self.reply: c.Reply | None = None
        self.is_over = False
        self._ordered: set[tuple[type[do.DeviceEffect], str]] = set()
        if Story.watched is not None:
            Story.watched.append(self)
        result = begin(saved or Saved(), self.policy, terminals, self.now_s, self.mint)
        self.node: Node = result.node
        self._take(result)
        if saved is None:
            self.telephony_comes_up()
            self.forget_effects()

    def restarted(self) -> "Story":
        """The controller died and came up again with what was committed; nothing is known of Asterisk yet."""
        self.is_over = True
        fresh = Story(self.policy, stored(self.records), self.terminals, self.now_s)
        fresh._counter = self._counter
        fresh.records[:0] = self.records
        return fresh

    def mint(self, kind: str) -> str:
        prefix = {"channel": "leg"}.get(kind, kind[:3])
        return f"{prefix}-{next(self._counter):026d}"

    def nobody_waits(self) -> None:
        """Whatever was told: nobody is left in silence, and nothing is wanted in vain."""
        found = broken(self.node, self.timers, lambda kind, subject: (kind, subject) in self._ordered)
        if found and not self.is_over:
            raise AssertionError(found)

    def _is_answered(self, event: e.Event) -> None:
        if isinstance(event, e.EffectFailed):
            self._ordered.discard((type(event.effect), do.subject_of(event.effect)))
        about = getattr(event, "channel", None) or getattr(event, "recording", None) or ""
        for kind in _ANSWERS.get(type(event), ()):
            self._ordered.discard((kind, about))

    def happens(self, event: e.Event) -> Result:
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
            if isinstance(effect, do.StartTimer):
                self.timers[effect.key] = self.now_s + effect.after_s
            elif isinstance(effect, do.StopTimer):
                self.timers.pop(effect.key, None)
            else:
                self._ordered.add((type(effect), do.subject_of(effect)))
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
            self.happens(e.TimerDue(self.now_s, key))
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
            if isinstance(effect, do.Play | do.Whisper) and effect.channel == channel:
                said.extend(effect.prompts)
        return said

    def fails(
        self, effect: do.DeviceEffect, fate: e.Fate = e.Fate.REFUSED, reason: str = "no", *, retry: bool = True
    ) -> None:
        """A device did not do what it was asked to."""
        self.happens(e.EffectFailed(self.now_s, effect, fate, reason, retry))

    # --- telephony as a whole ---

    def telephony_comes_up(
        self,
        *live: e.LiveChannel,
        mixes: Iterable[MixId] = (),
        recordings: Iterable[RecordingId] = (),
        ended: Iterable[tuple[ChannelId, int]] = (),
    ) -> None:
        """Connected: what Asterisk has now, and what its call records tell of those it has no more."""
        up = e.TelephonyUp(self.now_s, live, frozenset(mixes), frozenset(recordings), tuple(ended))
        self.happens(up)

    def telephony_goes_down(self, reason: str = "Asterisk has closed the connection") -> None:
        self.happens(e.TelephonyDown(self.now_s, reason))

    # --- conferences and callers ---

    def asks(self, command: c.Command, actor: str = "test") -> c.Reply:
        self.reply = None
        self.happens(e.Commanded(self.now_s, actor, command))
        if self.reply is None:
            raise AssertionError(f"{command} was not answered")
        return self.reply

    def opens(self, *, recorded: bool = False, conference: ConferenceId = CONFERENCE, mix: MixId = MIX) -> Conference:
        self.asks(c.OpenConference(conference, mix, "Övning", "+4685555555", recorded=recorded))
        return self.node.conferences[conference]

    @property
    def conference(self) -> Conference:
        return self.node.conferences[CONFERENCE]

    @property
    def floor(self) -> Floor:
        return self.conference.floor

    def calls(self, channel: str, caller: str = "+46701740605") -> ChannelId:
        self.happens(e.CallArrived(self.now_s, ChannelId(channel), "+4685555555", caller, TRUNK))
        return ChannelId(channel)

    def keys(self, channel: ChannelId, keys: str) -> None:
        for key in keys:
            self.happens(e.DigitPressed(self.now_s, channel, key))

    def code_is(self, channel: ChannelId, conference: ConferenceId | None, role: Role = Role.PARTICIPANT) -> None:
        self.happens(e.CodeResolved(self.now_s, channel, conference, role))

    def prompt_ends(self, channel: ChannelId) -> None:
        """The last prompt started on this channel has been played to its end."""
        played = [effect for effect in self.effects if isinstance(effect, do.Play) and effect.channel == channel]
        self.happens(e.PlaybackEnded(self.now_s, played[-1].playback, channel))

    def joins(
        self, channel: str, role: Role = Role.PARTICIPANT, conference: ConferenceId = CONFERENCE
    ) -> ParticipantId:
        """The whole way in, with the right code."""
        line = self.calls(channel, caller=channel)
        self.keys(line, "12345678#")
        self.code_is(line, conference, role)
        self.prompt_ends(line)
        self.happens(e.MixJoined(self.now_s, line, self.node.conferences[conference].mix))
        return self.who(channel).id

    def who(self, channel: str) -> Participant:
        return self.node.participants[self.node.seats[ChannelId(channel)]]

    def present(self) -> list[Participant]:
        return [one for one in self.node.participants.values() if one.state is ParticipantState.PRESENT]

    def hangs_up(self, channel: str, cause: int = 16) -> None:
        self.happens(e.LegEnded(self.now_s, ChannelId(channel), cause))

    def is_heard(self, channel: str) -> bool:
        """What was last asked of this microphone."""
        heard: bool | None = None
        for effect in self.effects:
            if isinstance(effect, do.JoinMix | do.SetHeard) and effect.channel == channel:
                heard = effect.heard
        if heard is None:
            raise AssertionError(f"{channel} never joined")
        return heard

    def talks(self, channel: str) -> None:
        self.happens(e.TalkingStarted(self.now_s, ChannelId(channel)))

    def falls_silent(self, channel: str) -> None:
        self.happens(e.TalkingStopped(self.now_s, ChannelId(channel)))

    # --- call-out ---

    def activates(self, functions: Iterable[tuple[str, ...]], **more: object) -> ActivationId:
        """Each function is a row of its numbers."""
        targets = tuple(
            c.NewTarget(TargetId(f"tgt-{index:026d}"), f"TiB {index}", f"Kommun {index}", numbers)
            for index, numbers in enumerate(functions)
        )
        command = c.StartActivation(ActivationId("act-1"), "key-1", CONFERENCE, "Inriktande", targets)
        reply = self.asks(replace(command, **more))  # type: ignore[arg-type]
        if not isinstance(reply, c.Done):
            raise AssertionError(reply)
        return ActivationId(reply.subject)

    @property
    def activation(self) -> Activation:
        return next(iter(self.node.activations.values()))

    def target(self, index: int) -> Target:
        return self.node.targets[TargetId(f"tgt-{index:026d}")]

    def dialled(self) -> list[str]:
        return [effect.number for effect in self.done(do.Dial)]

    def line_to(self, number: str) -> ChannelId:
        """The latest call to a number."""
        return [effect.channel for effect in self.done(do.Dial) if effect.number == number][-1]

    def rings(self, number: str) -> None:
        self.happens(e.LegRinging(self.now_s, self.line_to(number)))

    def answers(self, number: str) -> ChannelId:
        line = self.line_to(number)
        self.happens(e.LegAnswered(self.now_s, line))
        return line

    def call_ends(self, number: str, cause: int) -> None:
        self.happens(e.LegEnded(self.now_s, self.line_to(number), cause))

    def live_attempts(self) -> list[AttemptId]:
        return list(self.node.attempts)

    # --- radio ---

    def terminal_is(
        self, state: e.TerminalState, gssi: Gssi | None = GROUP, reason: str = "", terminal: TerminalName = TERMINAL
    ) -> None:
        issi = Issi(1001 if terminal == TERMINAL else 1002)
        self.happens(e.TerminalChanged(self.now_s, terminal, state, reason, issi, gssi))

    def patches(self, **more: object) -> Patch:
        command = c.AddPatch(CONFERENCE, PATCH, RADIO_VOICE, TERMINAL, GROUP, "Ledning")
        reply = self.asks(replace(command, **more))  # type: ignore[arg-type]
        if not isinstance(reply, c.Done):
            raise AssertionError(reply)
        return self.patch

    @property
    def patch(self) -> Patch:
        return self.node.patches[PATCH]

    def speech_begins(self) -> None:
        self.happens(e.SpeechBegan(self.now_s, PATCH))

    def speech_drains(self) -> None:
        self.happens(e.SpeechDrained(self.now_s, PATCH))

    def network_grants(self) -> None:
        self.happens(e.TransmitGranted(self.now_s, TERMINAL))

    def radio_user_talks(self, issi: int = 1234, *, emergency: bool = False) -> None:
        self.happens(e.RadioTalkStarted(self.now_s, TERMINAL, GROUP, Issi(issi), emergency))

    def radio_user_stops(self) -> None:
        self.happens(e.RadioTalkStopped(self.now_s, TERMINAL))
