"""What stands around a node: Asterisk's lines and mixes, the codes, the archive, the radio.

An order waits in its lane until it is carried out or fails. What follows from it is news, in order, until the node
hears it. Both may take as long as they like. The connection to Asterisk may go with all that was on its way.
"""

from collections import Counter, deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, cast

from bridge.domain.conference.commands import OpenConference
from bridge.domain.conference.effects import LookUpCode, WithdrawCodes
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.records import Holder, Role
from bridge.domain.effects import KnownEffect
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.events import EffectFailed, Event, Fate
from bridge.domain.kernel.ids import (
    ChannelId,
    ConferenceId,
    Gssi,
    Issi,
    MessageId,
    MixId,
    OutboxId,
    PatchId,
    RecordingId,
    TerminalName,
    TrunkName,
)
from bridge.domain.mailings.effects import WriteMailing
from bridge.domain.mailings.events import MailingWritten, Written
from bridge.domain.mailings.records import Mailing
from bridge.domain.outbox.commands import NewMessage
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.events import MessageSent
from bridge.domain.outbox.records import Bearer
from bridge.domain.radio.effects import (
    CeaseTransmit,
    ClosePath,
    DemandTransmit,
    MediaEffect,
    OpenPath,
    RadioEffect,
    SayOnAir,
    SelectTalkgroup,
    StartTrack,
    StopTrack,
)
from bridge.domain.radio.events import PathDown, PathUp, SaidOnAir, TerminalChanged, TerminalState, TransmitEnded
from bridge.domain.recording.effects import (
    ArchiveRecording,
    DropRecording,
    RecordName,
    SilenceRecording,
    StartLegTrack,
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
    RecordingSilenced,
    RecordingStarted,
)
from bridge.domain.rollcall.commands import Expected, Roll
from bridge.domain.rollcall.effects import ReadRoll
from bridge.domain.rollcall.events import RollRead
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.schedule.events import Called, CalledList, CalledRead, MeetingPrepared
from bridge.domain.shortdata.effects import SdsEffect, SubmitSds, SubmitStatus
from bridge.domain.shortdata.events import SdsProgress, SdsStage
from bridge.domain.shortdata.sdstext import numbered
from bridge.domain.telephony.effects import (
    Announce,
    Answer,
    CreateMix,
    DestroyMix,
    Dial,
    HangUpLeg,
    JoinMix,
    LeaveMix,
    Play,
    SetHeard,
    StopPlaying,
    TelephonyEffect,
    Whisper,
)
from bridge.domain.telephony.events import (
    CallArrived,
    KeyTaken,
    LaterPressed,
    LegAnswered,
    LegEnded,
    LegRinging,
    LiveChannel,
    MixJoined,
    MixLeft,
    PlaybackEnded,
    TelephonyUp,
)
from tests.harness.reasons import because

ARCHIVED_S = 12.0
CALLED = CalledList("list", "Lista", (Called("TiB", "K", ("+46846500401",), function_id="tib"),))
ROLL = Roll((Expected("TiB", "K", ("+46846500401",)), Expected("Stab", "K", ("+46846500402",))))
"""The functions that each forum expects."""
_OF_ASTERISK = ("asterisk", "sounds")


def _done(effect: SendMessage | ReadRoll) -> Event:
    """The news that follows at once."""
    if isinstance(effect, SendMessage):
        return MessageSent(0.0, effect.message, "s1")
    return RollRead(0.0, effect.roll_call, ROLL)


def written(mailing: Mailing) -> Written:
    """One e-mail, with the same id whenever it is written."""
    name = OutboxId(f"out-{mailing.id}")
    return Written((NewMessage(name, Bearer.MAIL, "tib@example.se", "Text", mailing=mailing.id),))


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
    key: str = ""
    """What Asterisk took from a person who was called."""
    asks_minutes: bool = False
    """Asterisk asks them in how many minutes they come."""
    is_ours: bool = False
    """A called one whom Asterisk has handed over."""
    mix: MixId | None = None
    heard: bool = False


class County:
    """Devices that do what they are asked, and remember."""

    def __init__(self, terminals: Iterable[TerminalName]) -> None:
        self.connected = True
        self.lines: dict[ChannelId, Line] = {}
        self.records: dict[ChannelId, int] = {}
        """Call records: how a line ended."""
        self.keyed: dict[ChannelId, str] = {}
        """Call records: the key that was taken."""
        self.mixes: set[MixId] = set()
        self.recordings: set[RecordingId] = set()
        self.silent: set[RecordingId] = set()
        self.taped: dict[ChannelId, RecordingId] = {}
        """Recordings into which only silence goes."""
        self.codes: dict[str, tuple[ConferenceId, Role]] = {}
        self.holders: dict[str, Holder] = {}
        """The functions whose personal codes some of them are."""
        self.paths: set[PatchId] = set()
        self.tracks: dict[RecordingId, PatchId] = {}
        self.names: dict[RecordingId, ChannelId] = {}
        """Names that are being said."""
        absent = (TerminalState.ABSENT, None)
        self.terminals: dict[TerminalName, tuple[TerminalState, Gssi | None]] = dict.fromkeys(terminals, absent)
        self.lanes: dict[Hashable, deque[DeviceEffect]] = {}
        self.news: dict[str, deque[Event]] = {source: deque() for source in ("asterisk", "sounds", "codes", "radio")}
        self.dialled: dict[ChannelId, int] = {}
        """How often a call was really placed."""
        self.sent: Counter[tuple[MessageId, int]] = Counter()
        """How often a terminal has really taken a part of a text."""

    # --- orders ---

    def order(self, effect: DeviceEffect) -> None:
        self.lanes.setdefault(effect.lane, deque()).append(effect)

    def waiting(self) -> list[Hashable]:
        """The lanes in which something waits, always in the same order."""
        return sorted((lane for lane, orders in self.lanes.items() if orders), key=str)

    def ordered(self) -> Iterable[DeviceEffect]:
        for orders in self.lanes.values():
            yield from orders

    def next_in(self, lane: Hashable, outcome: Outcome) -> EffectFailed | None:
        """Carry out the first order of a lane; what the node is told at once if it fails."""
        effect = self.lanes[lane].popleft()
        if not self.lanes[lane]:
            del self.lanes[lane]
        fate = self.carry_out(effect, outcome)
        return None if fate is None else EffectFailed(0.0, effect, fate, because("as it happens"), retry=True)

    def carry_out(self, effect: DeviceEffect, outcome: Outcome) -> Fate | None:
        if isinstance(effect, TelephonyEffect) and not self.connected:
            return Fate.REFUSED if outcome in (Outcome.DONE, Outcome.REFUSED) else Fate.UNKNOWN
        match outcome:
            case Outcome.DONE:
                return self._do(cast(KnownEffect, effect))
            case Outcome.REFUSED:
                return Fate.REFUSED
            case Outcome.NO_ANSWER:
                return Fate.UNKNOWN
            case Outcome.DONE_WITHOUT_ANSWER:
                self._do(cast(KnownEffect, effect))
                return Fate.UNKNOWN
            case Outcome.GONE:
                self._vanish(effect)
                return Fate.GONE

    def _answer_at_once(self, effect: ReadRoll | PrepareMeeting | ReadCalled | WriteMailing | SendMessage) -> None:
        match effect:
            case ReadRoll():
                self._tell("codes", RollRead(0.0, effect.roll_call, ROLL))
            case PrepareMeeting():
                one = effect.occurrence
                opening = OpenConference(one.conference, one.mix, effect.schedule.name, "+4685555555")
                self._tell("codes", MeetingPrepared(0.0, one.id, opening))
            case ReadCalled():
                self._tell("codes", CalledRead(0.0, effect.occurrence, CALLED))
            case WriteMailing():
                self._tell("codes", MailingWritten(0.0, effect.mailing.id, written(effect.mailing)))
            case SendMessage():
                self._tell("codes", _done(effect))

    def _do(self, effect: KnownEffect) -> Fate | None:
        match effect:
            case LookUpCode():
                conference, role = self.codes.get(effect.digits, (None, Role.PARTICIPANT))
                holder = self.holders.get(effect.digits) if conference is not None else None
                self._tell("codes", CodeResolved(0.0, effect.channel, conference, role, holder))
            case WithdrawCodes():
                self.codes = {code: owner for code, owner in self.codes.items() if owner[0] != effect.conference}
            case ReadRoll() | PrepareMeeting() | ReadCalled() | WriteMailing() | SendMessage():
                self._answer_at_once(effect)
            case ArchiveRecording():
                self._tell("codes", RecordingArchived(0.0, effect.recording, "file", "sum", ARCHIVED_S))
            case DropRecording():
                self._tell("codes", RecordingDropped(0.0, effect.recording))
            case RecordName() | StopName():
                return self._name(effect)
            case StartLegTrack() | StopLegTrack() | SilenceRecording():
                return self._tape(effect)
            case CreateMix() | DestroyMix() | Announce() | StartRecording() | StopRecording():
                return self._mix(effect)
            case SelectTalkgroup() | DemandTransmit() | CeaseTransmit() | SubmitSds() | SubmitStatus():
                self._radio(effect)
            case Dial():
                self._place(effect)
            case Answer() | Play() | StopPlaying() | Whisper() | HangUpLeg() | JoinMix() | LeaveMix() | SetHeard():
                return self._leg(effect)
            case _:
                return self._path(effect)
        return None

    def _place(self, effect: Dial) -> None:
        """Its end is heard within the second after which an order is given again. No such call is placed anew here."""
        if effect.channel not in self.lines and not self._end_is_news(effect.channel):
            self.dialled[effect.channel] = self.dialled.get(effect.channel, 0) + 1
            self.lines[effect.channel] = Line(effect.channel, effect.number, called=True)

    def _end_is_news(self, channel: ChannelId) -> bool:
        return any(isinstance(one, LegEnded) and one.channel == channel for one in self.news["asterisk"])

    def _leg(
        self, effect: Answer | Play | StopPlaying | Whisper | HangUpLeg | JoinMix | LeaveMix | SetHeard
    ) -> Fate | None:
        line = self.lines.get(effect.channel)
        if isinstance(effect, HangUpLeg):
            self.line_ends(effect.channel, 16)
            return None
        if line is None:
            return Fate.GONE
        match effect:
            case Answer():
                line.answered = True
            case Play() | StopPlaying():
                line.is_ours = True
                self._tell("sounds", PlaybackEnded(0.0, effect.playback, effect.channel))
            case JoinMix():
                if effect.mix not in self.mixes or (line.called and not line.is_ours):
                    return Fate.REFUSED
                line.mix, line.heard = effect.mix, effect.heard
                self._tell("asterisk", MixJoined(0.0, effect.channel, effect.mix))
            case LeaveMix():
                if line.mix == effect.mix:
                    self._leaves_mix(line)
            case Whisper():
                if effect.playback is not None:
                    self._tell("sounds", PlaybackEnded(0.0, effect.playback, effect.channel))
            case SetHeard():
                line.heard = effect.heard
        return None

    def _mix(self, effect: CreateMix | DestroyMix | Announce | StartRecording | StopRecording) -> Fate | None:
        match effect:
            case CreateMix():
                self.mixes.add(effect.mix)
            case DestroyMix():
                self.mixes.discard(effect.mix)
                for line in [one for one in self.lines.values() if one.mix == effect.mix]:
                    self._leaves_mix(line)
            case Announce():
                return None if effect.mix in self.mixes else Fate.GONE
            case StartRecording():
                if effect.mix not in self.mixes:
                    return Fate.GONE
                self.recordings.add(effect.recording)
                self._tell("asterisk", RecordingStarted(0.0, effect.recording))
            case StopRecording():
                return self._recording_ends(effect.recording)
        return None

    def _silence(self, effect: SilenceRecording) -> Fate | None:
        if not self.connected:
            return Fate.REFUSED
        if effect.recording not in self.recordings:
            return Fate.GONE
        (self.silent.add if effect.silent else self.silent.discard)(effect.recording)
        self._tell("codes", RecordingSilenced(0.0, effect.recording, effect.silent, effect.since_s))
        return None

    def _name(self, effect: RecordName | StopName) -> Fate | None:
        """It is told when a name begins. Its end comes by itself, or by the order to stop."""
        if isinstance(effect, StopName):
            return self._recording_ends(effect.recording)
        if effect.channel not in self.lines or not self.connected:
            return Fate.GONE
        self.recordings.add(effect.recording)
        self.names[effect.recording] = effect.channel
        self._tell("asterisk", RecordingStarted(0.0, effect.recording))
        return None

    def name_ends(self, recording: RecordingId) -> None:
        del self.names[recording]
        self._recording_ends(recording)

    def _tape(self, effect: StartLegTrack | StopLegTrack | SilenceRecording) -> Fate | None:
        if isinstance(effect, SilenceRecording):
            return self._silence(effect)
        if not self.connected:
            return Fate.REFUSED
        if effect.channel not in self.lines:
            return Fate.GONE
        if isinstance(effect, StartLegTrack):
            self.taped[effect.channel] = effect.recording
            return None
        self.taped.pop(effect.channel, None)
        self._tell("codes", LegTrackStopped(0.0, effect.channel, effect.recording))
        return None

    def _recording_ends(self, recording: RecordingId) -> Fate | None:
        if recording not in self.recordings:
            return Fate.GONE
        self.recordings.remove(recording)
        self._tell("asterisk", RecordingEnded(0.0, recording, ARCHIVED_S))
        return None

    def _radio(self, effect: RadioEffect | SdsEffect) -> None:
        match effect:
            case SelectTalkgroup():
                self.terminal_is(effect.terminal, self.terminals[effect.terminal][0], effect.gssi)
            case CeaseTransmit():
                self._tell("radio", TransmitEnded(0.0, effect.terminal))
            case SubmitSds():
                parts = len(numbered(effect.text))
                for part in range(effect.first_part, parts + 1):
                    self._takes(effect, part, parts, None if effect.group else sum(self.sent.values()) % 255 + 1)
            case SubmitStatus():
                self._takes(effect, 1, 1, None)
            case DemandTransmit():
                return

    def _takes(self, effect: SdsEffect, part: int, parts: int, reference: int | None) -> None:
        self.sent[effect.message, part] += 1
        for stage in (SdsStage.STARTED, SdsStage.ACCEPTED):
            self._tell("radio", SdsProgress(0.0, effect.terminal, effect.message, stage, part, parts, reference))

    def _path(self, effect: MediaEffect) -> Fate | None:
        if isinstance(effect, OpenPath):
            self.paths.add(effect.patch)
            self._tell("radio", PathUp(0.0, effect.patch))
        elif isinstance(effect, ClosePath):
            self._path_ends(effect.patch)
        elif effect.patch not in self.paths:
            return Fate.GONE
        elif isinstance(effect, StartTrack):
            self.tracks[effect.recording] = effect.patch
            self._tell("radio", RecordingStarted(0.0, effect.recording))
        elif isinstance(effect, StopTrack):
            self._track_ends(effect.recording)
        elif isinstance(effect, SayOnAir):
            self._tell("radio", SaidOnAir(0.0, effect.patch))
        return None

    def _path_ends(self, patch: PatchId) -> None:
        self.paths.discard(patch)
        for recording in [one for one, owner in self.tracks.items() if owner == patch]:
            self._track_ends(recording)

    def _track_ends(self, recording: RecordingId) -> None:
        if self.tracks.pop(recording, None) is not None:
            self._tell("radio", RecordingEnded(0.0, recording, ARCHIVED_S))

    def _vanish(self, effect: DeviceEffect) -> None:
        """What the order was about goes, so that the device tells the truth."""
        match effect:
            case StopRecording() | SilenceRecording() | StopName():
                self.recordings.discard(effect.recording)
                self.names.pop(effect.recording, None)
            case RecordName():
                self.line_ends(effect.channel, 0)
            case DestroyMix():
                self._do(cast(KnownEffect, effect))
            case Answer() | Play() | StopPlaying() | Whisper() | HangUpLeg() | JoinMix() | LeaveMix() | SetHeard():
                self.line_ends(effect.channel, 0)
            case StartLegTrack() | StopLegTrack():
                self.line_ends(effect.channel, 0)
            case _ if isinstance(effect, MediaEffect) and not isinstance(effect, OpenPath):
                self._path_ends(effect.patch)
            case _:
                return

    # --- what happens by itself ---

    def _tell(self, source: str, event: Event) -> None:
        if source not in _OF_ASTERISK or self.connected:
            self.news[source].append(event)

    def hear(self, source: str) -> Event:
        return self.news[source].popleft()

    def line_ends(self, channel: ChannelId, cause: int) -> None:
        """Somebody hangs up, or is hung up. There is a call record of it; the channel leaves its mix first."""
        line = self.lines.pop(channel, None)
        if line is not None:
            self.records[channel] = cause
            if line.key:
                self.keyed[channel] = line.key
            self.taped.pop(channel, None)
            self._leaves_mix(line)
            for name in [one for one, owner in self.names.items() if owner == channel]:
                self.name_ends(name)
            self._tell("asterisk", LegEnded(0.0, channel, cause))

    def falls_out(self, channel: ChannelId) -> None:
        """The line is up, and Asterisk has let it out of its mix."""
        self._leaves_mix(self.lines[channel])

    def _leaves_mix(self, line: Line) -> None:
        if line.mix is not None:
            self._tell("asterisk", MixLeft(0.0, line.channel, line.mix))
            line.mix = None

    def caller_comes(self, channel: ChannelId, caller: str, trunk: TrunkName, *, rescued: bool) -> None:
        self.lines[channel] = Line(channel, caller)
        self._tell("asterisk", CallArrived(0.0, channel, "+4685555555", caller, trunk, rescued))

    def called_one_rings(self, channel: ChannelId) -> None:
        self._tell("asterisk", LegRinging(0.0, channel))

    def called_one_answers(self, channel: ChannelId) -> None:
        line = self.lines[channel]
        if not line.answered:
            line.answered = True
            self._tell("asterisk", LegAnswered(0.0, channel))

    def called_one_presses(self, channel: ChannelId, key: str) -> None:
        """Asterisk takes the first key that it asks for, whether anybody listens or not."""
        line = self.lines[channel]
        if line.answered and not line.is_ours and not line.key and key in "1234":
            line.key = key
            line.asks_minutes = key == "2"
            if not line.asks_minutes:
                self._hand_over(line)
            elif self.connected:
                self._tell("asterisk", LaterPressed(0.0, channel))

    def called_one_keys_minutes(self, channel: ChannelId, minutes: str) -> None:
        """Or lets the time pass."""
        line = self.lines[channel]
        if line.asks_minutes and not line.is_ours:
            line.asks_minutes = False
            line.key += minutes
            self._hand_over(line)

    def nobody_presses(self, channel: ChannelId) -> None:
        """The time is up, and Asterisk hands the line over without a key."""
        line = self.lines[channel]
        if line.answered and not line.is_ours and not line.key:
            self._hand_over(line)
            if not line.is_ours:
                self.line_ends(channel, 16)

    def _hand_over(self, line: Line) -> None:
        if self.connected:
            line.is_ours = True
            self._tell("asterisk", KeyTaken(0.0, line.channel, line.key))

    def terminal_is(self, terminal: TerminalName, state: TerminalState, gssi: Gssi | None) -> None:
        self.terminals[terminal] = (state, gssi)
        self._tell("radio", TerminalChanged(0.0, terminal, state, None, Issi(1001), gssi))

    def worker_dies(self) -> None:
        """The process that carries the sound: every path is gone with what it recorded, and is built anew by itself."""
        for patch in sorted(self.paths):
            self._path_ends(patch)
            self._tell("radio", PathDown(0.0, patch, because("the media worker is gone")))
            self.paths.add(patch)
            self._tell("radio", PathUp(0.0, patch))

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
        self.names.clear()
        self.taped.clear()

    def connects(self, now_s: float, asked_for: Iterable[ChannelId]) -> TelephonyUp:
        self.connected = True
        for line in self.lines.values():
            line.is_ours = line.is_ours or (bool(line.key) and not line.asks_minutes)
        live = tuple(
            LiveChannel(
                one.channel,
                one.is_ours or not one.called,
                one.mix,
                one.number,
                "+4685555555",
                asked=one.called and one.answered and not one.is_ours,
                key=one.key if one.is_ours else "",
            )
            for one in self.lines.values()
        )
        ended = tuple((one, self.records[one]) for one in asked_for if one in self.records and one not in self.lines)
        keyed = tuple((one, self.keyed[one]) for one, _ in ended if one in self.keyed)
        return TelephonyUp(now_s, live, frozenset(self.mixes), frozenset(self.recordings), ended, keyed)

    def controller_dies(self) -> None:
        """With its media worker and all that was under way. Asterisk goes on; nobody listens to it."""
        self.disconnects()
        self.lanes.clear()
        self.paths.clear()
        self.tracks.clear()
        for queue in self.news.values():
            queue.clear()
        for name in self.terminals:
            self.terminals[name] = (TerminalState.ABSENT, None)


def at(event: Event, now_s: float) -> Event:
    """The event as it is heard now."""
    return cast("Event", replace(cast(Any, event), at_s=now_s))
