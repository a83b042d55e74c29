"""Gives one `AudioPath` its time, its two legs and its voice."""

import asyncio
import time
from collections.abc import Callable
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from bridge.audio.frame import FRAME_MS, FRAME_SAMPLES, RATE_HZ, Samples, ms_of_samples
from bridge.audio.two_way import Side
from bridge.media import protocol
from bridge.media.alsa import open_card as open_alsa_card
from bridge.media.card import OpenCard
from bridge.media.card_leg import CardLeg
from bridge.media.meeting_leg import MeetingLeg
from bridge.media.path import AudioPath
from bridge.media.relay import Relay
from bridge.media.running_track import Track
from bridge.media.settings import MediaSettings
from bridge.media.terminal_audio import CardAudio, TerminalAudio, parse_audio
from bridge.media.terminal_leg import TerminalLeg

log = structlog.get_logger(__name__)

_FRAME_S: Final = FRAME_MS / 1000


def _fitting(settings: MediaSettings, audio: TerminalAudio) -> MediaSettings:
    """The settings for this terminal. A card gives 20 ms at a time by its own clock. A slow one with less than its
    target would run dry in mid-word."""
    if not isinstance(audio, CardAudio):
        return settings
    return settings.model_copy(update={"radio_target_ms": max(settings.radio_target_ms, settings.card_target_ms)})


class PathRunner:
    """Steps the path with each frame from Asterisk; when one is overdue, by absolute deadlines 20 ms apart.

    Make it inside the event loop; `close` it when done.

    Args:
        say: Takes every notice for the program; never blocks.
        mix: The meeting's; other paths of it are heard through `relay` while Asterisk is away.
    """

    def __init__(
        self,
        patch: str,
        audio: str,
        settings: MediaSettings,
        say: Callable[[protocol.Notice], None],
        open_card: OpenCard = open_alsa_card,
        *,
        mix: str = "",
        relay: Relay | None = None,
    ) -> None:
        self.audio = audio
        self._patch = patch
        self._settings = settings
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._open_card = open_card
        where = parse_audio(audio)
        self._path = AudioPath(_fitting(settings, where))
        self._meeting = MeetingLeg(self._heard_from_meeting)
        self._radio = self._terminal_leg(where)
        self._connecting = self._loop.create_task(self._radio.run())
        now_s = self._loop.time()
        self._stepped_at = int(now_s * RATE_HZ)
        self._heard_at_s = now_s
        self._heard_ever = False
        self._deadline_s = now_s + settings.meeting_late_ms / 1000
        self._timer = self._loop.call_at(self._deadline_s, self._overdue)
        self._told: protocol.Up | protocol.Down | None = None
        self._grace_until_s = now_s + settings.open_grace_s
        self._overdue_count = 0
        self._relay = relay if relay is not None and settings.relay_without_asterisk else Relay()
        self._relay.join(patch, mix)
        self._relayed = 0
        self._late_frames = 0
        self._cpu_ns = 0
        self._track: Track | None = None

    @property
    def port(self) -> int:
        """Where Asterisk shall send."""
        return self._meeting.port

    def close(self, wait_s: float = 0.0) -> None:
        """A track under way is closed too; waits so long for its disk at most."""
        if self._track is not None:
            self._track.stop(wait_s)
        self._relay.leave(self._patch)
        self._timer.cancel()
        self._connecting.cancel()
        self._meeting.close()

    def move(self, audio: str) -> None:
        """To another terminal, of whatever kind: the meeting's side, what is held of it, and the track go on."""
        self._path.hold_voice(withdrawn=True)
        self._connecting.cancel()
        self.audio = audio
        where = parse_audio(audio)
        self._path.renew_radio(_fitting(self._settings, where))
        self._radio = self._terminal_leg(where)
        self._connecting = self._loop.create_task(self._radio.run())
        self._check()

    def _terminal_leg(self, audio: TerminalAudio) -> TerminalLeg | CardLeg:
        hear = self._path.from_radio
        if isinstance(audio, CardAudio):
            return CardLeg(audio.device, self._settings, self._open_card, hear, self._check_soon)
        uuid = uuid5(NAMESPACE_URL, self._patch)
        return TerminalLeg(audio.host, audio.port, uuid, self._settings, hear, self._check_soon)

    # --- commands ---

    def meet(self, port: int) -> None:
        self._meeting.meet(port)

    def set_radio_heard(self, heard: bool) -> None:
        self._path.radio.heard = heard

    def send_voice(self) -> None:
        first = self._path.send_voice(terminal_ready=self._radio.is_ready())
        if first is not None:
            self._transmit(first)

    def hold_voice(self, *, withdrawn: bool) -> None:
        self._path.hold_voice(withdrawn=withdrawn)

    def drop_voice(self, older_than_ms: int | None) -> None:
        self._path.drop_voice(older_than_ms)

    def arm_voice(self, armed: bool) -> None:
        self._path.arm(armed)

    def say(self, notice: Samples) -> None:
        dropped_before = self._path.notices.dropped
        self._path.say(notice)
        if self._path.notices.dropped > dropped_before:
            log.warning("notice_dropped", patch=self._patch, reason="too many wait", dropped=dropped_before + 1)

    def start_track(self, recording: str, file: str) -> None:
        """One at a time: another recording's track ends by it."""
        if self._track is not None:
            self._track.stop()
        self._track = Track(self._patch, recording, file, self._say)

    def stop_track(self, recording: str) -> None:
        track = self._track
        if track is None or track.recording != recording or track.over:
            self._say(protocol.TrackEnded(self._patch, recording))
            return
        self._track = None
        track.stop()

    # --- time ---

    def _heard_from_meeting(self, samples: Samples) -> None:
        self._heard_at_s = self._loop.time()
        self._heard_ever = True
        if not isinstance(self._told, protocol.Up):
            self._check()
        self._deadline_s = self._heard_at_s + self._settings.meeting_late_ms / 1000
        self._step(samples)

    def _overdue(self) -> None:
        """The timer. While frames come it only follows them, since moving it costs more than letting it run.

        When it is late itself, this process stood still: then nobody is blamed before what came meanwhile is read.
        """
        behind_s = self._loop.time() - self._deadline_s
        if behind_s > self._settings.meeting_late_ms / 1000:
            self._heard_at_s += behind_s
            self._deadline_s += behind_s + _FRAME_S
        elif behind_s >= 0:
            self._overdue_count += 1
            relayed = self._relay.take(self._patch)
            self._relayed += relayed is not None
            self._step(relayed)
            self._check()
            self._deadline_s += _FRAME_S
        self._timer = self._loop.call_at(self._deadline_s, self._overdue)

    def _step(self, samples: Samples | None) -> None:
        began_ns = time.thread_time_ns()
        now = int(self._loop.time() * RATE_HZ)
        elapsed_samples, self._stepped_at = now - self._stepped_at, now
        self._late_frames += elapsed_samples > 2 * FRAME_SAMPLES
        output = self._path.step(samples, elapsed_samples, terminal_ready=self._radio.is_ready())
        if output.to_radio is not None:
            self._transmit(output.to_radio)
        if output.to_meeting is not None:
            self._meeting.send(output.to_meeting)
            if output.to_meeting.any():
                self._relay.put(self._patch, output.to_meeting)
            if self._track is not None:
                self._track.put(Side.FROM_RADIO, output.to_meeting)
        if self._track is not None:
            self._track.tick()
        for event in output.events:
            self._say(protocol.PathHappened(self._patch, event))
        self._cpu_ns += time.thread_time_ns() - began_ns

    def _transmit(self, frame: Samples) -> None:
        self._radio.send(frame)
        if self._track is not None:
            self._track.put(Side.TO_RADIO, frame)

    # --- health ---

    def _check_soon(self) -> None:
        self._loop.call_soon(self._check)

    def _check(self) -> None:
        """Report when the path comes up, goes down, or is down for another reason. A path that comes up knows of no
        command."""
        self._relay.set_away(self._patch, away=self._asterisk_trouble() is not None)
        trouble = self._trouble()
        if trouble == self._told or self._meeting.closed:
            return
        if isinstance(trouble, protocol.Down):
            if self._told is None and self._loop.time() < self._grace_until_s:
                return
            self._path.hold_voice(withdrawn=self._radio.trouble is not None)
        else:
            self._path.radio.heard = False
            self._path.announce_again()
        self._told = trouble
        self._say(trouble)

    def _trouble(self) -> protocol.Up | protocol.Down:
        reasons = [reason for reason in (self._radio.trouble, self._asterisk_trouble()) if reason]
        if not reasons:
            return protocol.Up(self._patch)
        return protocol.Down(
            self._patch, "; ".join(reasons), leg_gone=self._meeting.refused, deaf=self._radio.trouble is not None
        )

    def _asterisk_trouble(self) -> str | None:
        silent_ms = self._settings.meeting_silent_ms
        if self._meeting.refused:
            return "Asterisk has closed the media leg"
        if not self._heard_ever:
            return "Asterisk has not sent any audio yet"
        if (self._loop.time() - self._heard_at_s) * 1000 > silent_ms:
            return f"Asterisk has sent no audio for {silent_ms} ms"
        return None

    def stats(self) -> protocol.PathStats:
        """The levels begin anew with each reading."""
        path, jitter, reception = self._path, self._path.radio.jitter, self._meeting.reception
        meeting, radio, air = path.meter.read(), path.radio.meter.read(), path.air_meter.read()
        return protocol.PathStats(
            patch=self._patch,
            sending=path.sending,
            meeting_dbfs=round(meeting.loudest_dbfs, 1),
            meeting_peak_dbfs=round(meeting.peak_dbfs, 1),
            meeting_rms_dbfs=round(meeting.rms_dbfs, 1),
            meeting_gain_db=round(path.gain_db, 1),
            meeting_noise_dbfs=round(path.noise_dbfs, 1),
            radio_dbfs=round(radio.loudest_dbfs, 1),
            radio_peak_dbfs=round(radio.peak_dbfs, 1),
            radio_rms_dbfs=round(radio.rms_dbfs, 1),
            radio_gain_db=round(path.radio.gain_db, 1),
            air_dbfs=round(air.loudest_dbfs, 1),
            air_peak_dbfs=round(air.peak_dbfs, 1),
            air_rms_dbfs=round(air.rms_dbfs, 1),
            armed=path.armed,
            stuck=path.stuck,
            notices_waiting=path.notices.count,
            recording=self._track is not None and not self._track.over,
            delay_ms=path.hold.delay_ms,
            held_ms=path.hold.held_ms,
            lost_ms=ms_of_samples(path.hold.lost_samples),
            radio_delay_ms=jitter.delay_ms,
            radio_lost_ms=ms_of_samples(jitter.lost_samples) + FRAME_MS * self._radio.lost_frames,
            radio_left_out=jitter.left_out,
            radio_repeated=jitter.repeated,
            frames_from_meeting=self._meeting.received,
            frames_to_meeting=self._meeting.sent,
            frames_from_radio=self._radio.received,
            frames_to_radio=self._radio.sent,
            card_delay_ms=self._radio.delay_ms,
            xruns=self._radio.xruns,
            packets_lost=reception.lost,
            packets_late=reception.late,
            malformed=self._meeting.malformed + self._radio.malformed,
            jitter_ms=round(reception.jitter_ms, 2),
            overdue=self._overdue_count,
            relayed_frames=self._relayed,
            late_frames=self._late_frames,
            slow_frames=self._meeting.slow,
            cpu_ms=self._cpu_ns // 1_000_000,
        )
