"""The devices of a region in a test. They are ports that write down what they are asked, and answer with the real ones'
events. They decide nothing.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import soundfile

from bridge.domain.kernel.ids import (
    ChannelId,
    Gssi,
    MessageId,
    MixId,
    PatchId,
    PlaybackId,
    RecordingId,
    TerminalName,
)
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.domain.kernel.reasons import GeneralReason, Reason
from bridge.domain.radio.events import (
    PathUp,
    SaidOnAir,
    TerminalChanged,
    TerminalState,
    TransmitEnded,
    TransmitGranted,
    TransmitRefused,
)
from bridge.domain.recording.events import RecordingArchived, RecordingEnded, RecordingStarted
from bridge.domain.shortdata.events import SdsProgress, SdsStage
from bridge.domain.shortdata.sdstext import parts_needed
from bridge.domain.telephony.effects import Dial
from bridge.domain.telephony.events import LegEnded, MixJoined, MixLeft, PlaybackEnded, TelephonyUp
from bridge.ports import Clock, Emit, PortError
from tests.harness.reasons import because

AUDIO = bytes(range(256)) * 8
"""Stands for a FLAC file: nothing here listens to it."""
SPOKEN = bytes(range(255, -1, -1))
"""Stands for a WAV file."""
RECORDED_S = 60.0


@dataclass
class Phones:
    """`Telephony`: every prompt is heard to its end, every mix is there at once."""

    emit: Emit
    clock: Clock
    spool: Path
    """Where names that are said at the door lie."""
    dialled: dict[str, ChannelId] = field(default_factory=dict)
    """Number → the latest call to it."""
    hung_up: list[ChannelId] = field(default_factory=list)
    heard: dict[ChannelId, bool] = field(default_factory=dict)
    """What was last asked of each microphone."""

    async def answer(self, channel: ChannelId) -> None:
        return None

    async def play(
        self, channel: ChannelId, playback: PlaybackId, prompts: Sequence[Prompt], language: Language
    ) -> None:
        self.emit(PlaybackEnded(self.clock.now_s(), playback, channel))

    async def stop_playing(self, channel: ChannelId, playback: PlaybackId) -> None:
        return None

    async def whisper(
        self,
        channel: ChannelId,
        prompts: Sequence[Prompt],
        language: Language,
        manner: Manner,
        playback: PlaybackId | None,
    ) -> None:
        if playback is not None:
            self.emit(PlaybackEnded(self.clock.now_s(), playback, channel))

    async def announce(self, mix: MixId, prompts: Sequence[Prompt], language: Language, manner: Manner) -> None:
        return None

    async def hang_up(self, channel: ChannelId) -> None:
        self.hung_up.append(channel)
        self.emit(LegEnded(self.clock.now_s(), channel, 16))

    async def create_mix(self, mix: MixId) -> None:
        return None

    async def destroy_mix(self, mix: MixId) -> None:
        return None

    async def join_mix(self, channel: ChannelId, mix: MixId, *, heard: bool) -> None:
        self.heard[channel] = heard
        self.emit(MixJoined(self.clock.now_s(), channel, mix))

    async def leave_mix(self, channel: ChannelId, mix: MixId) -> None:
        self.emit(MixLeft(self.clock.now_s(), channel, mix))

    async def set_heard(self, channel: ChannelId, *, heard: bool) -> None:
        self.heard[channel] = heard

    async def dial(self, call: Dial) -> None:
        self.dialled[call.number] = call.channel

    async def start_recording(self, mix: MixId, recording: RecordingId) -> None:
        self.emit(RecordingStarted(self.clock.now_s(), recording))

    async def stop_recording(self, recording: RecordingId) -> None:
        self.emit(RecordingEnded(self.clock.now_s(), recording, RECORDED_S))

    async def record_name(self, channel: ChannelId, recording: RecordingId, longest_s: float) -> None:
        (self.spool / f"{recording}.wav").write_bytes(SPOKEN)
        self.emit(RecordingStarted(self.clock.now_s(), recording))
        self.emit(RecordingEnded(self.clock.now_s(), recording, 1.0))

    async def silence_recording(self, recording: RecordingId, *, silent: bool) -> None:
        return

    async def start_leg_track(self, channel: ChannelId, recording: RecordingId) -> None:
        return

    async def stop_leg_track(self, channel: ChannelId, recording: RecordingId) -> None:
        return

    async def open_media_leg(self, channel: ChannelId, mix: MixId, host: str, port: int) -> int:
        raise PortError("asterisk", GeneralReason.LEGACY(text="no audio path here asks for a leg"), retry=False)

    async def snapshot(self, ask: Sequence[ChannelId]) -> TelephonyUp:
        return TelephonyUp(self.clock.now_s(), (), frozenset(), frozenset())


@dataclass(frozen=True)
class Sent:
    """A text or a status that a terminal was given."""

    terminal: TerminalName
    message: MessageId
    receiver: int
    text: str | None
    group: bool
    status: int | None = None


@dataclass
class Terminals:
    """`Radio`, and its `Health`: a terminal takes what it is given; the network is told by the test."""

    emit: Emit
    clock: Clock
    sent: list[Sent] = field(default_factory=list)
    busy: str = ""
    """Why the network grants nothing now."""
    told: dict[str, Reason] = field(default_factory=dict)
    """What it says of its parts, for `/readyz`."""
    _states: dict[TerminalName, TerminalChanged] = field(default_factory=dict)

    def health(self) -> Mapping[str, Reason]:
        return self.told

    def last_words(self) -> Sequence[TerminalChanged]:
        """What each has told last: a program that starts asks for it."""
        return list(self._states.values())

    def becomes(self, change: TerminalChanged) -> None:
        """The terminal tells that it is so from now on."""
        self._states[change.terminal] = change
        self.emit(change)

    async def select_talkgroup(self, terminal: TerminalName, gssi: Gssi) -> None:
        now = self._states[terminal]
        self.becomes(TerminalChanged(self.clock.now_s(), terminal, now.state, now.reason, now.issi, gssi))

    async def demand_transmit(self, terminal: TerminalName, gssi: Gssi, *, preempt: bool = False) -> None:
        now_s = self.clock.now_s()
        refused = TransmitRefused(now_s, terminal, because(self.busy))
        self.emit(refused if self.busy else TransmitGranted(now_s, terminal))

    async def cease_transmit(self, terminal: TerminalName) -> None:
        self.emit(TransmitEnded(self.clock.now_s(), terminal))

    async def send_sds(
        self,
        terminal: TerminalName,
        message: MessageId,
        receiver: int,
        text: str,
        *,
        group: bool = False,
        first_part: int = 1,
    ) -> None:
        self.sent.append(Sent(terminal, message, receiver, text, group))
        self._takes(terminal, message, parts_needed(text), None if group else 1)

    async def send_status(self, terminal: TerminalName, message: MessageId, receiver: int, status: int) -> None:
        self.sent.append(Sent(terminal, message, receiver, None, group=False, status=status))
        self._takes(terminal, message, 1, None)

    def _takes(self, terminal: TerminalName, message: MessageId, parts: int, first_reference: int | None) -> None:
        for part in range(1, parts + 1):
            reference = None if first_reference is None else first_reference + part - 1
            for stage in (SdsStage.STARTED, SdsStage.ACCEPTED):
                now_s = self.clock.now_s()
                self.emit(SdsProgress(now_s, terminal, message, stage, part, parts, reference))


@dataclass
class Paths:
    """`Media`: an audio path is up when it is asked for. Words on the air are said at once unless it is `mute`."""

    emit: Emit
    clock: Clock
    mute: bool = False
    """What is to be said waits for ever."""

    async def open_path(self, patch: PatchId, audio: str, mix: MixId) -> None:
        self.emit(PathUp(self.clock.now_s(), patch))

    async def close_path(self, patch: PatchId) -> None:
        return None

    async def set_radio_heard(self, patch: PatchId, *, heard: bool) -> None:
        return None

    async def send_voice(self, patch: PatchId) -> None:
        return None

    async def hold_voice(self, patch: PatchId, *, withdrawn: bool = False) -> None:
        return None

    async def drop_voice(self, patch: PatchId, *, older_than_s: float | None = None) -> None:
        return None

    async def arm_voice(self, patch: PatchId, *, armed: bool) -> None:
        return None

    async def say_on_air(self, patch: PatchId, prompts: Sequence[Prompt], language: Language) -> None:
        if not self.mute:
            self.emit(SaidOnAir(self.clock.now_s(), patch))

    async def start_track(self, patch: PatchId, recording: RecordingId) -> None:
        self.emit(RecordingStarted(self.clock.now_s(), recording))

    async def stop_track(self, patch: PatchId, recording: RecordingId) -> None:
        self.emit(RecordingEnded(self.clock.now_s(), recording, RECORDED_S))


@dataclass
class Shelf:
    """`Recorder`: what is closed lies in the archive at once."""

    emit: Emit
    clock: Clock
    folder: Path

    async def archive(self, recording: RecordingId) -> None:
        name = f"{recording}.flac"
        (self.folder / name).write_bytes(AUDIO)
        digest = sha256(AUDIO).hexdigest()
        manifest = json.dumps({"recording": recording, "audio": {"sha256": digest}}).encode()
        (self.folder / f"{recording}.json").write_bytes(manifest)
        told = sha256(manifest).hexdigest()
        self.emit(RecordingArchived(self.clock.now_s(), recording, name, digest, RECORDED_S, told))

    async def drop(self, recording: RecordingId) -> None:
        (self.folder / f"{recording}.wav").unlink(missing_ok=True)


def terminal_is(at_s: float, name: TerminalName, state: str, **more: object) -> TerminalChanged:
    """A terminal's word about itself."""
    return TerminalChanged(at_s, name, TerminalState(state), **more)  # type: ignore[arg-type]


def flac(samples: Any) -> bytes:
    """A sound of 16-bit samples at 8000 Hz, as the archive keeps it."""
    out = io.BytesIO()
    soundfile.write(out, samples, 8000, subtype="PCM_16", format="FLAC")
    return out.getvalue()
