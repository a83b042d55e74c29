"""`bridge.ports.Media`: a worker process that is kept alive, and audio paths that are built anew by themselves."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import assert_never

import structlog

from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, MixId, PatchId, RecordingId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.radio.events import (
    MediaEvent,
    PathDown,
    PathUp,
    SpeechBegan,
    SpeechDrained,
    SpeechLost,
    TransmissionCut,
    VoiceStuck,
)
from bridge.media import path as paths
from bridge.media import protocol
from bridge.media.meeting_leg import LOOPBACK
from bridge.media.process import DEVICE, WorkerProcess
from bridge.media.protocol import PathStats
from bridge.media.reasons import MediaReason
from bridge.media.sayings import Sayings
from bridge.media.settings import MediaSettings
from bridge.media.terminal_audio import usable_audio
from bridge.media.track_keeper import TrackKeeper
from bridge.ports import Clock, Emit, Ids, PortError, Telephony

log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class _Path:
    """The path that is wanted, and its present state."""

    patch: PatchId
    audio: str
    mix: MixId
    channel: ChannelId | None = None
    """The media leg in Asterisk."""
    trouble: Reason | None = field(default_factory=MediaReason.PATH_BEING_BUILT)
    deaf: bool = True
    stats: PathStats | None = None
    armed: bool = True
    building: asyncio.Lock = field(default_factory=asyncio.Lock)
    rebuilding: asyncio.Task[None] | None = None


def _speech_event(
    happened: paths.Began | paths.Drained | paths.Lost | paths.Cut | paths.Stuck, patch: PatchId, now_s: float
) -> MediaEvent:
    """A fact of a path's speech from the worker, as the domain's event."""
    match happened:
        case paths.Began():
            return SpeechBegan(now_s, patch)
        case paths.Drained():
            return SpeechDrained(now_s, patch)
        case paths.Lost():
            return SpeechLost(now_s, patch, happened.lost_ms)
        case paths.Cut():
            return TransmissionCut(now_s, patch)
        case paths.Stuck():
            return VoiceStuck(now_s, patch, happened.stuck)
        case _ as never:
            assert_never(never)


class MediaWorker:
    """Give it to the engine as `Media`, and keep `run` running.

    A path that fails to open is reported by `PortError`, and is built again with growing pauses until `close_path`. So
    is a path whose worker died or whose leg Asterisk closed. A rebuilt path holds, its gate closed, and reports
    `PathUp`. It is armed as before, its track goes on in another part, and its notices count as said.

    The terminal's side is there before Asterisk's, and without it. Notices, tracks and the relay between talkgroups of
    one meeting need the worker and the terminal only.

    Args:
        emit: Gets `MediaEvent`s; never blocks.
    """

    def __init__(self, telephony: Telephony, ids: Ids, clock: Clock, emit: Emit, settings: MediaSettings) -> None:
        self._telephony = telephony
        self._ids = ids
        self._clock = clock
        self._emit = emit
        self._settings = settings
        self._paths: dict[PatchId, _Path] = {}
        self._worker: WorkerProcess | None = None
        self._working = asyncio.Event()
        self._cpu_s = 0.0
        self._tracks = TrackKeeper(settings.tracks, clock, emit)
        self._sayings = Sayings(settings.sounds, clock, emit)

    # --- the worker's life ---

    async def run(self) -> None:
        """Keep a worker alive until cancelled; then it ends, and all sending with it."""
        failures = 0
        try:
            while True:
                started_at_s = self._clock.now_s()
                await self._live_once()
                worked = self._clock.now_s() - started_at_s > self._settings.restart_max_s
                failures = 1 if worked else failures + 1
                await asyncio.sleep(self._settings.rebuilding.after(failures))
        finally:
            for path in self._paths.values():
                self._stop_rebuilding(path)

    async def _live_once(self) -> None:
        try:
            worker = await WorkerProcess.start(self._settings)
        except OSError as error:
            log.error("worker_not_started", reason=str(error))
            return
        log.info("worker_started", pid=worker.pid)
        self._worker = worker
        self._working.set()
        reason = "the media worker was ended"
        patience_s = max(self._settings.worker_start_s, self._settings.worker_silent_s)
        try:
            for path in self._paths.values():
                self._rebuild(path)
            while True:
                self._notice(await worker.read(patience_s))
                patience_s = self._settings.worker_silent_s
        except protocol.ChannelClosed as closed:
            reason = f"the media worker died: {closed}"
        except TimeoutError:
            reason = f"the media worker hung for {patience_s:g} s"
        finally:
            self._worker = None
            self._working.clear()
            exit_code = await worker.end()
            log.warning("worker_ended", pid=worker.pid, reason=reason, exit_code=exit_code)
            for path in self._paths.values():
                self._down(path, MediaReason.WORKER_LOST(evidence=reason), deaf=True)
                self._sayings.gone(path.patch)
            self._tracks.worker_gone()

    def _notice(self, notice: protocol.Notice) -> None:
        if isinstance(notice, protocol.Report):
            self._cpu_s = notice.cpu_s
            for stats in notice.paths:
                if reported := self._paths.get(PatchId(stats.patch)):
                    reported.stats = stats
        elif isinstance(notice, protocol.TrackStarted | protocol.TrackEnded | protocol.TrackFailed):
            self._tracks.notice(notice)
        elif not isinstance(notice, protocol.Opened | protocol.OpenFailed):
            path = self._paths.get(PatchId(notice.patch))
            if path is not None:
                self._path_notice(path, notice)

    def _path_notice(self, path: _Path, notice: protocol.VoiceNotice) -> None:
        match notice:
            case protocol.Up():
                path.trouble, path.deaf = None, False
                self._emit(PathUp(self._clock.now_s(), path.patch))
            case protocol.Down():
                lost = MediaReason.TERMINAL_SOUND_LOST if notice.deaf else MediaReason.MEETING_SOUND_LOST
                self._down(path, lost(evidence=notice.reason), deaf=notice.deaf)
                if notice.leg_gone:
                    self._rebuild(path)
            case protocol.PathHappened():
                self._happened(path, notice.event)
            case _ as never:
                assert_never(never)

    def _happened(self, path: _Path, event: paths.PathEvent) -> None:
        if isinstance(event, paths.Said):
            self._sayings.said(path.patch)
        else:
            self._emit(_speech_event(event, path.patch, self._clock.now_s()))

    def _down(self, path: _Path, reason: Reason, *, deaf: bool) -> None:
        path.trouble, path.deaf = reason, deaf
        self._emit(PathDown(self._clock.now_s(), path.patch, reason))

    # --- building ---

    async def _build(self, path: _Path) -> None:
        """Worker first, then Asterisk, so that nothing Asterisk sends finds a closed port."""
        async with path.building:
            if self._paths.get(path.patch) is not path:
                return
            worker = await self._wait_for_worker()
            port = await worker.open(path.patch, path.audio, path.mix, self._settings.reply_timeout_s)
            await self._restore(worker, path)
            await self._hang_up_leg(path)
            path.channel = ChannelId(self._ids.mint("channel"))
            asterisk_port = await self._telephony.open_media_leg(path.channel, path.mix, LOOPBACK, port)
            if worker is not self._worker:
                raise PortError(DEVICE, MediaReason.WORKER_LOST(), retry=True, fate=Fate.UNKNOWN)
            worker.send(protocol.Meet(path.patch, asterisk_port))

    async def _restore(self, worker: WorkerProcess, path: _Path) -> None:
        """Tell a worker that may be new what it must know of this path."""
        worker.send(protocol.ArmVoice(path.patch, path.armed))
        await self._tracks.resume(path.patch, worker)

    async def _wait_for_worker(self) -> WorkerProcess:
        try:
            async with asyncio.timeout(self._settings.reply_timeout_s):
                await self._working.wait()
        except TimeoutError as error:
            raise PortError(DEVICE, MediaReason.WORKER_STARTING(), retry=True) from error
        return self._running()

    def _running(self) -> WorkerProcess:
        if self._worker is None:
            raise PortError(DEVICE, MediaReason.WORKER_STARTING(), retry=True)
        return self._worker

    async def _hang_up_leg(self, path: _Path) -> None:
        channel, path.channel = path.channel, None
        if channel is None:
            return
        try:
            await self._telephony.hang_up(channel)
        except PortError as error:
            log.warning("leg_not_hung_up", patch=path.patch, channel=channel, reason=str(error))

    def _rebuild(self, path: _Path) -> None:
        """A build under way either ends well or is followed by this one."""
        if not path.building.locked() and (path.rebuilding is None or path.rebuilding.done()):
            path.rebuilding = asyncio.get_running_loop().create_task(self._build_until_done(path))

    async def _build_until_done(self, path: _Path) -> None:
        for failures in count(1):
            try:
                await self._build(path)
            except PortError as error:
                pause_s = self._settings.rebuilding.after(failures)
                log.warning("path_not_built", patch=path.patch, reason=str(error), pause_s=pause_s)
            else:
                return
            await asyncio.sleep(pause_s)

    def _stop_rebuilding(self, path: _Path) -> None:
        if path.rebuilding is not None:
            path.rebuilding.cancel()

    # --- bridge.ports.Media ---

    async def open_path(self, patch: PatchId, audio: str, mix: MixId) -> None:
        path = self._paths.get(patch)
        if path is not None and (path.audio, path.mix) == (audio, mix):
            return
        usable_audio(audio)
        if path is not None and path.mix == mix:
            try:
                await self._move(path, audio)
            except PortError as error:
                path.trouble = error.reason
                self._rebuild(path)
                raise
            return
        if path is not None:
            await self.close_path(patch)
        path = self._paths[patch] = _Path(patch, audio, mix)
        try:
            await self._build(path)
        except PortError as error:
            path.trouble = error.reason
            self._rebuild(path)
            raise

    async def _move(self, path: _Path, audio: str) -> None:
        """To another terminal. As with a new path its gate is closed and it is armed; but what is held stays held."""
        path.audio, path.armed = audio, True
        if self._worker is not None:
            async with path.building:
                worker = self._running()
                await worker.open(path.patch, audio, path.mix, self._settings.reply_timeout_s)
                worker.send(protocol.ArmVoice(path.patch, path.armed))

    async def close_path(self, patch: PatchId) -> None:
        path = self._paths.pop(patch, None)
        if path is None:
            return
        self._stop_rebuilding(path)
        await self._tracks.stop_all(patch, self._worker)
        if self._worker is not None:
            self._worker.send(protocol.Close(patch))
        self._sayings.gone(patch)
        async with path.building:
            await self._hang_up_leg(path)

    async def set_radio_heard(self, patch: PatchId, *, heard: bool) -> None:
        self._path(patch)
        self._running().send(protocol.SetRadioHeard(patch, heard))

    async def send_voice(self, patch: PatchId) -> None:
        path = self._path(patch)
        if path.deaf:
            trouble = path.trouble or MediaReason.TERMINAL_SOUND_LOST()
            raise PortError(f"audio path {patch}", trouble, retry=True)
        self._running().send(protocol.SendVoice(patch))

    async def hold_voice(self, patch: PatchId, *, withdrawn: bool = False) -> None:
        """Without a worker nothing is being sent: then there is nothing to do."""
        self._path(patch)
        if self._worker is not None:
            self._worker.send(protocol.HoldVoice(patch, withdrawn))

    async def drop_voice(self, patch: PatchId, *, older_than_s: float | None = None) -> None:
        """Without a worker nothing is held: then there is nothing to do."""
        self._path(patch)
        if self._worker is not None:
            older_than_ms = None if older_than_s is None else round(older_than_s * 1000)
            self._worker.send(protocol.DropVoice(patch, older_than_ms))

    async def arm_voice(self, patch: PatchId, *, armed: bool) -> None:
        """Kept over the worker's death."""
        path = self._path(patch)
        path.armed = armed
        if self._worker is not None:
            self._worker.send(protocol.ArmVoice(patch, armed))

    async def say_on_air(self, patch: PatchId, prompts: Sequence[Prompt], language: Language) -> None:
        """Say a notice. One that cannot be said is reported as said, so that nobody waits for it. It is logged, and
        counted in `unsaid`."""
        path = self._path(patch)
        sound = await self._sayings.read(patch, prompts, language)
        if sound is None or self._worker is None or self._paths.get(patch) is not path:
            self._sayings.not_said(patch)
            return
        self._sayings.given(patch)
        self._worker.send(protocol.Say(patch, sound.astype("<i2").tobytes()))

    async def start_track(self, patch: PatchId, recording: RecordingId) -> None:
        self._path(patch)
        await self._tracks.start(patch, recording, self._worker)

    async def stop_track(self, patch: PatchId, recording: RecordingId) -> None:
        await self._tracks.stop(patch, recording, self._worker)

    def _path(self, patch: PatchId) -> _Path:
        path = self._paths.get(patch)
        if path is None:
            raise PortError(DEVICE, MediaReason.NO_SUCH_PATH(), retry=False, evidence=patch, fate=Fate.GONE)
        return path

    # --- bridge.ports.Health, figures ---

    def health(self) -> Mapping[str, Reason]:
        """`media worker`, and one `audio path …` for each patch. A path that waits for somebody to talk to is well:
        Asterisk sends nothing into an empty meeting."""
        worker = WELL if self._worker is not None else MediaReason.WORKER_STARTING()
        paths = {path.patch: path.trouble if path.deaf and path.trouble else WELL for path in self._paths.values()}
        return {DEVICE: worker} | {f"audio path {patch}": state for patch, state in paths.items()}

    def stats(self, patch: PatchId) -> PathStats | None:
        """As of the last second; nothing before the first report, or for a patch that is not there."""
        path = self._paths.get(patch)
        return path.stats if path is not None else None

    @property
    def worker_pid(self) -> int | None:
        return self._worker.pid if self._worker is not None else None

    @property
    def cpu_s(self) -> float:
        """Processor time of the worker that runs now."""
        return self._cpu_s

    @property
    def unsaid(self) -> int:
        """Notices that could not be said, ever."""
        return self._sayings.unsaid
