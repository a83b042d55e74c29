"""What stands around a node: Asterisk's lines and mixes, the codes, the archive, the radio.

An order waits in its lane until it is carried out or fails. What follows from it is news, in order, until the node
hears it. Both may take as long as they like, and the connection to Asterisk may go with all that was on its way.
"""

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain.ids import ChannelId, ConferenceId, Gssi, Issi, MixId, PatchId, RecordingId, TerminalName, TrunkName
from bridge.domain.model import Role
from bridge.engine.performer import lane_of

ARCHIVED_S = 12.0
_OF_ASTERISK = ("asterisk", "sounds")


class Outcome(StrEnum):
    """What a device makes of an order."""

    DONE = "done"
    REFUSED = "refused"
    NO_ANSWER = "no answer, and not done"
    DONE_WITHOUT_ANSWER = "done, and no answer"
    GONE = "what it was about went at that moment"


@dataclass
class Line:
    """One telephone leg in Asterisk."""

    channel: ChannelId
    number: str
    called: bool = False
    answered: bool = False
    mix: MixId | None = None


class County:
    """Devices that do what they are asked, and remember."""

    def __init__(self, terminals: Iterable[TerminalName]) -> None:
        self.connected = True
        self.lines: dict[ChannelId, Line] = {}
        self.records: dict[ChannelId, int] = {}
        """Call records: how a line ended."""
        self.mixes: set[MixId] = set()
        self.recordings: set[RecordingId] = set()
        self.codes: dict[str, tuple[ConferenceId, Role]] = {}
        self.paths: set[PatchId] = set()
        self.tracks: dict[RecordingId, PatchId] = {}
        absent = (e.TerminalState.ABSENT, None)
        self.terminals: dict[TerminalName, tuple[e.TerminalState, Gssi | None]] = dict.fromkeys(terminals, absent)
        self.lanes: dict[Hashable, deque[do.DeviceEffect]] = {}
        self.news: dict[str, deque[e.Event]] = {source: deque() for source in ("asterisk", "sounds", "codes", "radio")}
        self.dialled: dict[ChannelId, int] = {}
        """How often a call was really placed."""

    # --- orders ---

    def order(self, effect: do.DeviceEffect) -> None:
        self.lanes.setdefault(lane_of(effect), deque()).append(effect)

    def waiting(self) -> list[Hashable]:
        """The lanes in which something waits, always in the same order."""
        return sorted((lane for lane, orders in self.lanes.items() if orders), key=str)

    def ordered(self) -> Iterable[do.DeviceEffect]:
        for orders in self.lanes.values():
            yield from orders

    def next_in(self, lane: Hashable, outcome: Outcome) -> e.EffectFailed | None:
        """Carry out the first order of a lane; what the node is told at once if it fails."""
        effect = self.lanes[lane].popleft()
        if not self.lanes[lane]:
            del self.lanes[lane]
        fate = self.carry_out(effect, outcome)
        return None if fate is None else e.EffectFailed(0.0, effect, fate, "as it happens", retry=True)

    def carry_out(self, effect: do.DeviceEffect, outcome: Outcome) -> e.Fate | None:
        if isinstance(effect, do.TelephonyEffect) and not self.connected:
            return e.Fate.REFUSED if outcome in (Outcome.DONE, Outcome.REFUSED) else e.Fate.UNKNOWN
        match outcome:
            case Outcome.DONE:
                return self._do(effect)
            case Outcome.REFUSED:
                return e.Fate.REFUSED
            case Outcome.NO_ANSWER:
                return e.Fate.UNKNOWN
            case Outcome.DONE_WITHOUT_ANSWER:
                self._do(effect)
                return e.Fate.UNKNOWN
            case Outcome.GONE:
                self._vanish(effect)
                return e.Fate.GONE

    def _do(self, effect: do.DeviceEffect) -> e.Fate | None:
        match effect:
            case do.LookUpCode():
                conference, role = self.codes.get(effect.digits, (None, Role.PARTICIPANT))
                self._tell("codes", e.CodeResolved(0.0, effect.channel, conference, role))
            case do.WithdrawCodes():
                self.codes = {code: owner for code, owner in self.codes.items() if owner[0] != effect.conference}
            case do.ArchiveRecording():
                self._tell("codes", e.RecordingArchived(0.0, effect.recording, "file", "sum", ARCHIVED_S))
            case do.CreateMix() | do.DestroyMix() | do.Announce() | do.StartRecording() | do.StopRecording():
                return self._mix(effect)
            case do.SelectTalkgroup() | do.DemandTransmit() | do.CeaseTransmit() | do.SendSds() | do.SendStatus():
                self._radio(effect)
            case do.Dial():
                self._place(effect)
            case (
                do.Answer()
                | do.Play()
                | do.StopPlaying()
                | do.Whisper()
                | do.HangUpLeg()
                | do.JoinMix()
                | do.SetHeard()
            ):
                return self._leg(effect)
            case _:
                return self._path(effect)
        return None

    def _place(self, effect: do.Dial) -> None:
        """Its end is heard within the second after which an order is given again: no such call is placed anew here."""
        if effect.channel not in self.lines and not self._end_is_news(effect.channel):
            self.dialled[effect.channel] = self.dialled.get(effect.channel, 0) + 1
            self.lines[effect.channel] = Line(effect.channel, effect.number, called=True)

    def _end_is_news(self, channel: ChannelId) -> bool:
        return any(isinstance(one, e.LegEnded) and one.channel == channel for one in self.news["asterisk"])

    def _leg(
        self, effect: do.Answer | do.Play | do.StopPlaying | do.Whisper | do.HangUpLeg | do.JoinMix | do.SetHeard
    ) -> e.Fate | None:
        line = self.lines.get(effect.channel)
        if isinstance(effect, do.HangUpLeg):
            self.line_ends(effect.channel, 16)
            return None
        if line is None:
            return e.Fate.GONE
        match effect:
            case do.Answer():
                line.answered = True
            case do.Play() | do.StopPlaying():
                self._tell("sounds", e.PlaybackEnded(0.0, effect.playback, effect.channel))
            case do.JoinMix():
                if effect.mix not in self.mixes:
                    return e.Fate.REFUSED
                line.mix = effect.mix
                self._tell("asterisk", e.MixJoined(0.0, effect.channel, effect.mix))
            case do.Whisper() | do.SetHeard():
                pass
        return None

    def _mix(
        self, effect: do.CreateMix | do.DestroyMix | do.Announce | do.StartRecording | do.StopRecording
    ) -> e.Fate | None:
        match effect:
            case do.CreateMix():
                self.mixes.add(effect.mix)
            case do.DestroyMix():
                self.mixes.discard(effect.mix)
                for line in self.lines.values():
                    line.mix = None if line.mix == effect.mix else line.mix
            case do.Announce():
                return None if effect.mix in self.mixes else e.Fate.GONE
            case do.StartRecording():
                if effect.mix not in self.mixes:
                    return e.Fate.GONE
                self.recordings.add(effect.recording)
                self._tell("asterisk", e.RecordingStarted(0.0, effect.recording))
            case do.StopRecording():
                self._recording_ends(effect.recording)
        return None

    def _recording_ends(self, recording: RecordingId) -> None:
        """One that does not run is stopped without a word, as the adapter does."""
        if recording in self.recordings:
            self.recordings.remove(recording)
            self._tell("asterisk", e.RecordingEnded(0.0, recording, ARCHIVED_S))

    def _radio(self, effect: do.RadioEffect) -> None:
        match effect:
            case do.SelectTalkgroup():
                self.terminal_is(effect.terminal, self.terminals[effect.terminal][0], effect.gssi)
            case do.CeaseTransmit():
                self._tell("radio", e.TransmitEnded(0.0, effect.terminal))
            case do.SendSds() | do.SendStatus():
                for stage in (e.SdsStage.STARTED, e.SdsStage.ACCEPTED):
                    self._tell("radio", e.SdsProgress(0.0, effect.terminal, effect.message, stage))
            case do.DemandTransmit():
                return

    def _path(self, effect: do.MediaEffect) -> e.Fate | None:
        if isinstance(effect, do.OpenPath):
            self.paths.add(effect.patch)
            self._tell("radio", e.PathUp(0.0, effect.patch))
        elif isinstance(effect, do.ClosePath):
            self._path_ends(effect.patch)
        elif effect.patch not in self.paths:
            return e.Fate.GONE
        elif isinstance(effect, do.StartTrack):
            self.tracks[effect.recording] = effect.patch
            self._tell("radio", e.RecordingStarted(0.0, effect.recording))
        elif isinstance(effect, do.StopTrack):
            self._track_ends(effect.recording)
        elif isinstance(effect, do.SayOnAir):
            self._tell("radio", e.SaidOnAir(0.0, effect.patch))
        return None

    def _path_ends(self, patch: PatchId) -> None:
        self.paths.discard(patch)
        for recording in [one for one, owner in self.tracks.items() if owner == patch]:
            self._track_ends(recording)

    def _track_ends(self, recording: RecordingId) -> None:
        if self.tracks.pop(recording, None) is not None:
            self._tell("radio", e.RecordingEnded(0.0, recording, ARCHIVED_S))

    def _vanish(self, effect: do.DeviceEffect) -> None:
        """What the order was about goes, so that the device tells the truth."""
        match effect:
            case do.StopRecording():
                self.recordings.discard(effect.recording)
            case do.DestroyMix():
                self._do(effect)
            case (
                do.Answer()
                | do.Play()
                | do.StopPlaying()
                | do.Whisper()
                | do.HangUpLeg()
                | do.JoinMix()
                | do.SetHeard()
            ):
                self.line_ends(effect.channel, 0)
            case _ if isinstance(effect, do.MediaEffect) and not isinstance(effect, do.OpenPath):
                self._path_ends(effect.patch)
            case _:
                return

    # --- what happens by itself ---

    def _tell(self, source: str, event: e.Event) -> None:
        if source not in _OF_ASTERISK or self.connected:
            self.news[source].append(event)

    def hear(self, source: str) -> e.Event:
        return self.news[source].popleft()

    def line_ends(self, channel: ChannelId, cause: int) -> None:
        """Somebody hangs up, or is hung up. There is a call record of it."""
        if self.lines.pop(channel, None) is not None:
            self.records[channel] = cause
            self._tell("asterisk", e.LegEnded(0.0, channel, cause))

    def caller_comes(self, channel: ChannelId, caller: str, trunk: TrunkName, *, rescued: bool) -> None:
        self.lines[channel] = Line(channel, caller)
        self._tell("asterisk", e.CallArrived(0.0, channel, "+4685555555", caller, trunk, rescued))

    def called_one_rings(self, channel: ChannelId) -> None:
        self._tell("asterisk", e.LegRinging(0.0, channel))

    def called_one_answers(self, channel: ChannelId) -> None:
        line = self.lines[channel]
        if not line.answered:
            line.answered = True
            self._tell("asterisk", e.LegAnswered(0.0, channel))

    def terminal_is(self, terminal: TerminalName, state: e.TerminalState, gssi: Gssi | None) -> None:
        self.terminals[terminal] = (state, gssi)
        self._tell("radio", e.TerminalChanged(0.0, terminal, state, "", Issi(1001), gssi))

    def disconnects(self) -> None:
        """The connection to Asterisk is lost, with all that was on its way."""
        self.connected = False
        for source in _OF_ASTERISK:
            self.news[source].clear()

    def asterisk_dies(self) -> None:
        """Nothing of it is left, and no call record is written."""
        self.disconnects()
        self.lines.clear()
        self.mixes.clear()
        self.recordings.clear()

    def connects(self, now_s: float, asked_for: Iterable[ChannelId]) -> e.TelephonyUp:
        self.connected = True
        live = tuple(
            e.LiveChannel(one.channel, one.answered or not one.called, one.mix, one.number, "+4685555555", None)
            for one in self.lines.values()
        )
        ended = tuple((one, self.records[one]) for one in asked_for if one in self.records and one not in self.lines)
        return e.TelephonyUp(now_s, live, frozenset(self.mixes), frozenset(self.recordings), ended)

    def controller_dies(self) -> None:
        """With its media worker and all that was under way. Asterisk goes on; nobody listens to it."""
        self.disconnects()
        self.lanes.clear()
        self.paths.clear()
        self.tracks.clear()
        for queue in self.news.values():
            queue.clear()
        for name in self.terminals:
            self.terminals[name] = (e.TerminalState.ABSENT, None)


def at(event: e.Event, now_s: float) -> e.Event:
    """The event as it is heard now."""
    return replace(event, at_s=now_s)
