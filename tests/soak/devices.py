"""What the engine has hands for, in memory: telephones, the media worker's paths, a store, codes, ids."""

import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, Samples
from bridge.domain.conference.records import Holder, Role
from bridge.domain.kernel.ids import (
    ID_LENGTH,
    PREFIXES,
    ChannelId,
    ConferenceId,
    MixId,
    PatchId,
    PlaybackId,
    RecordingId,
)
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.domain.kernel.records import Record
from bridge.domain.radio.events import (
    PathUp,
    SaidOnAir,
    SpeechBegan,
    SpeechDrained,
    SpeechLost,
    TransmissionCut,
    VoiceStuck,
)
from bridge.domain.recording.events import RecordingStarted
from bridge.domain.saved import Saved
from bridge.domain.telephony.events import LegEnded, MixJoined, MixLeft, PlaybackEnded
from bridge.media import path as paths
from bridge.media.path import AudioPath
from bridge.media.settings import MediaSettings
from bridge.ports import Clock, CodeOwner, Emit, PersonalCode
from tests.soak.cables import AudioCable
from tests.soak.speech import talk

CODE, HOST_CODE = "12345678", "87654321"
WHISPERS_KEPT = 1000
"""The latest."""
_NOTICE = talk(2.0, seed=99)


class CountedIds:
    """Ids of the right length that count up."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def mint(self, kind: str) -> str:
        prefix = PREFIXES[kind] + "-"
        return prefix + str(next(self._numbers)).zfill(ID_LENGTH - len(prefix))


class ForgetfulStore:
    """A database that takes everything, counts it and keeps nothing."""

    def __init__(self) -> None:
        self.commits = 0

    async def commit(self, records: Sequence[Record], notes: Sequence[Note] = (), audit: Sequence[Audit] = ()) -> None:
        self.commits += 1

    async def load(self) -> Saved:
        return Saved()

    async def probe(self) -> None:
        return


class OneCode:
    """Codes with one door."""

    def __init__(self, conference: ConferenceId) -> None:
        self._conference = conference

    async def resolve(self, digits: str) -> CodeOwner | None:
        role = {CODE: Role.PARTICIPANT, HOST_CODE: Role.HOST}.get(digits)
        return None if role is None else CodeOwner(self._conference, role)

    async def issue(self, conference: ConferenceId) -> tuple[str, str]:
        return CODE, CODE

    async def set_codes(self, conference: ConferenceId, code: str, host_code: str, actor: str = "test") -> None:
        return

    async def read(self, conference: ConferenceId) -> tuple[str, str] | None:
        return None

    async def read_many(self, conferences: Sequence[ConferenceId]) -> Mapping[ConferenceId, tuple[str, str]]:
        return {}

    async def withdraw(self, conference: ConferenceId) -> None:
        return

    async def issue_personal(
        self, conference: ConferenceId, function_id: str, owner: Holder, role: Role, actor: str
    ) -> tuple[PersonalCode, str]:
        raise NotImplementedError

    async def personal(self, conference: ConferenceId) -> Sequence[PersonalCode]:
        return ()

    async def withdraw_personal(self, conference: ConferenceId, code: str, actor: str) -> bool:
        return False


class MemoryTelephony:
    """Asterisk as far as the radio side sees it: who is in the mix, and whose microphone is open."""

    def __init__(self, clock: Clock, emit: Emit) -> None:
        self._clock = clock
        self._emit = emit
        self.heard: dict[ChannelId, bool] = {}
        self.whispered: deque[tuple[float, ChannelId, Prompt]] = deque(maxlen=WHISPERS_KEPT)

    async def play(
        self, channel: ChannelId, playback: PlaybackId, prompts: Sequence[Prompt], language: Language
    ) -> None:
        self._emit(PlaybackEnded(self._clock.now_s(), playback, channel))

    async def join_mix(self, channel: ChannelId, mix: MixId, *, heard: bool) -> None:
        self.heard[channel] = heard
        self._emit(MixJoined(self._clock.now_s(), channel, mix))

    async def leave_mix(self, channel: ChannelId, mix: MixId) -> None:
        self._emit(MixLeft(self._clock.now_s(), channel, mix))

    async def set_heard(self, channel: ChannelId, *, heard: bool) -> None:
        self.heard[channel] = heard

    async def whisper(
        self,
        channel: ChannelId,
        prompts: Sequence[Prompt],
        language: Language,
        manner: Manner,
        playback: PlaybackId | None,
    ) -> None:
        self.whispered.extend((self._clock.now_s(), channel, prompt) for prompt in prompts)

    async def hang_up(self, channel: ChannelId) -> None:
        self.heard.pop(channel, None)
        self._emit(LegEnded(self._clock.now_s(), channel, 16))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Everything else is done and leaves no trace."""

        async def done(*args: object, **options: object) -> None:
            return

        return done


@dataclass
class OnePath:
    """A path with its terminal, and what it has told."""

    path: AudioPath
    audio: AudioCable
    began: int = 0
    cuts_by_itself: int = 0
    lost_ms: int = 0
    longest_delay_ms: int = 0
    heard_voiced: int = 0
    """Frames of the radio that the meeting could hear, with something in them."""
    said: list[Samples] = field(default_factory=list)
    """What the meeting said, frame by frame, while `keeping`."""
    keeping: bool = False


class MemoryMedia:
    """The media worker's paths without sockets. `step` moves all of them by 20 ms."""

    def __init__(
        self, clock: Clock, emit: Emit, audio_of: Callable[[str], AudioCable], settings: MediaSettings
    ) -> None:
        self._settings = settings
        self.paths: dict[PatchId, OnePath] = {}
        self._mixes: dict[PatchId, MixId] = {}
        self._clock = clock
        self._emit = emit
        self._audio_of = audio_of

    def step(self, meeting: Callable[[MixId], Samples]) -> None:
        for patch, one in list(self.paths.items()):
            frame = meeting(self._mixes[patch])
            if one.keeping:
                one.said.append(frame)
            output = one.path.step(frame, FRAME_SAMPLES)
            one.longest_delay_ms = max(one.longest_delay_ms, one.path.hold.delay_ms)
            if output.to_radio is not None:
                one.audio.take(output.to_radio)
            if output.to_meeting is not None and np.any(output.to_meeting):
                one.heard_voiced += 1
            for event in output.events:
                self._tell(patch, one, event)

    def _tell(self, patch: PatchId, one: OnePath, event: paths.PathEvent) -> None:
        at_s = self._clock.now_s()
        match event:
            case paths.Began():
                one.began += 1
                self._emit(SpeechBegan(at_s, patch))
            case paths.Drained():
                self._emit(SpeechDrained(at_s, patch))
            case paths.Lost():
                one.lost_ms += event.lost_ms
                self._emit(SpeechLost(at_s, patch, event.lost_ms))
            case paths.Cut():
                one.cuts_by_itself += 1
                self._emit(TransmissionCut(at_s, patch))
            case paths.Said():
                self._emit(SaidOnAir(at_s, patch))
            case paths.Stuck():
                self._emit(VoiceStuck(at_s, patch, event.stuck))

    # --- bridge.ports.Media ---

    async def open_path(self, patch: PatchId, audio: str, mix: MixId) -> None:
        cable = self._audio_of(audio)
        made = OnePath(AudioPath(self._settings), cable)
        self.paths[patch], self._mixes[patch] = made, mix
        cable.hear = made.path.from_radio
        self._emit(PathUp(self._clock.now_s(), patch))

    async def close_path(self, patch: PatchId) -> None:
        one = self.paths.pop(patch, None)
        if one is not None:
            one.audio.hear = None

    async def set_radio_heard(self, patch: PatchId, *, heard: bool) -> None:
        if patch in self.paths:
            self.paths[patch].path.radio.heard = heard

    async def send_voice(self, patch: PatchId) -> None:
        one = self.paths.get(patch)
        first = one.path.send_voice() if one is not None else None
        if one is not None and first is not None:
            one.audio.take(first)

    async def hold_voice(self, patch: PatchId, *, withdrawn: bool = False) -> None:
        if patch in self.paths:
            self.paths[patch].path.hold_voice(withdrawn=withdrawn)

    async def drop_voice(self, patch: PatchId, *, older_than_s: float | None = None) -> None:
        if patch in self.paths:
            older_than_ms = None if older_than_s is None else round(older_than_s * 1000)
            self.paths[patch].path.drop_voice(older_than_ms)

    async def arm_voice(self, patch: PatchId, *, armed: bool) -> None:
        if patch in self.paths:
            self.paths[patch].path.arm(armed)

    async def say_on_air(self, patch: PatchId, prompts: Sequence[Prompt], language: Language) -> None:
        if patch in self.paths:
            self.paths[patch].path.say(_NOTICE)
        else:
            self._emit(SaidOnAir(self._clock.now_s(), patch))

    async def start_track(self, patch: PatchId, recording: RecordingId) -> None:
        self._emit(RecordingStarted(self._clock.now_s(), recording))

    async def stop_track(self, patch: PatchId, recording: RecordingId) -> None:
        return
