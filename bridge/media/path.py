"""One path's decisions, 20 ms at a time. The meeting's sound is kept or sent, and the radio is heard or not. Pure.

From the meeting to the radio the path is *holding* (as at the start) or *sending*::

    holding ── send_voice ──▶ sending ── hold_voice, or max_transmission (→ Cut) ──▶ holding

- *Holding*: speech is kept, from the pre-roll on. The first speech in a holding period is reported once, as `Began`.
  That happens at its onset, or in the next step if speech is held already when the period begins. A holding period
  begins when the path is made, when sending stops, and at `announce_again`.
- *Sending*: held speech goes out from its first sample, a frame for every 20 ms. Speech that comes in meanwhile follows
  it, unchanged. Longer pauses are shortened until there is no delay. `Drained` is reported each time all speech is out
  and nobody has talked for the hang time.
- A sample that has been given out is never given out again. One that has not been given out stays held, whatever the
  commands.
- *Notices* (words for the air alone) count as held speech and go out first. Meanwhile the meeting's speech is held, so
  that the two are never mixed. Each notice ends with `Said`, its last sample being out; a hold in its middle, and
  `drop_voice`, cost it nothing.
- *Disarmed*: the meeting's speech is not taken for the air at all, only remembered for the pre-roll. When the path is
  armed anew, the pre-roll gives the beginning of the speech of that moment.

- A steady noise that was taken for speech is reported as `Stuck`. It is silence from there on (`bridge.audio.speech`).

Speech is brought to one level before it is held; see `bridge.audio.autolevel`. For the way from the radio to the
meeting see `radio_side`.

`Pacer` paces both ways. After a stall the backlog is not poured out, but sent in step and caught up in pauses.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from bridge.audio.autolevel import AutoLevel
from bridge.audio.frame import FRAME_SAMPLES, Samples, ms_of_samples, samples_of_ms, to_samples, to_wave
from bridge.audio.hold import HoldConfig, VoiceHold
from bridge.audio.levels import Meter
from bridge.audio.speech import SpeechConfig, SpeechDetector
from bridge.media.notices import NoticeQueue
from bridge.media.radio_side import RadioSide
from bridge.media.settings import MediaSettings

_LOST_REPORT_MS: Final = 5000
"""A loss is reported at once, further losses in portions of this, and the rest when sending begins or ends."""


class Happened(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A fact of a path. The worker's channel carries it as it is (`protocol.PathHappened`)."""


class Began(Happened, frozen=True):
    """See `bridge.domain.radio.events.SpeechBegan`."""


class Drained(Happened, frozen=True):
    """See `bridge.domain.radio.events.SpeechDrained`."""


class Lost(Happened, frozen=True):
    """See `bridge.domain.radio.events.SpeechLost`."""

    lost_ms: int


class Cut(Happened, frozen=True):
    """See `bridge.domain.radio.events.TransmissionCut`."""


class Said(Happened, frozen=True):
    """See `bridge.domain.radio.events.SaidOnAir`."""


class Stuck(Happened, frozen=True):
    """See `bridge.domain.radio.events.VoiceStuck`."""

    stuck: bool


PathEvent = Began | Drained | Lost | Cut | Said | Stuck


@dataclass(frozen=True, slots=True)
class Output:
    """The result of one step: frames of 160 samples to send now, and the facts, in order."""

    to_meeting: Samples | None
    to_radio: Samples | None
    events: tuple[PathEvent, ...] = ()


class Pacer:
    """Real time as an allowance of frames: on the average one for every 20 ms, two at once at most.

    The second one spares a wait to a frame that comes early, or just after a late one.
    """

    _CAPACITY: Final = 2 * FRAME_SAMPLES
    _EARLY: Final = 16
    """Samples (2 ms) by which a frame may be early without waiting for the next step."""

    def __init__(self) -> None:
        self._credit = self._CAPACITY

    def due(self, elapsed_samples: int) -> bool:
        """Whether a frame may go now; if so it is counted as gone."""
        self._credit = min(self._CAPACITY, self._credit + elapsed_samples)
        if self._credit < FRAME_SAMPLES - self._EARLY:
            return False
        self._credit -= FRAME_SAMPLES
        return True


class AudioPath:
    """The machine. Commands give no events of their own: the next `step` reports their consequences."""

    def __init__(self, settings: MediaSettings) -> None:
        self.radio = RadioSide(settings)
        self._detector = SpeechDetector(
            SpeechConfig(
                speech_min_dbfs=settings.speech_min_dbfs,
                speech_above_noise_db=settings.speech_above_noise_db,
                noise_max_dbfs=settings.noise_max_dbfs,
                hang_ms=settings.hang_ms,
                speech_min_ms=settings.speech_min_ms,
                stuck_s=settings.stuck_s,
            )
        )
        self.hold = VoiceHold(
            HoldConfig(
                preroll_ms=settings.preroll_ms,
                kept_pause_ms=settings.kept_pause_ms,
                bound_s=settings.hold_bound_s,
                resend_ms=settings.resend_ms,
            )
        )
        self._auto = AutoLevel(settings.levelling) if settings.levelling is not None else None
        self._pacer = Pacer()
        self._limit_samples = samples_of_ms(settings.max_transmission_s * 1000)
        self.notices = NoticeQueue()
        self._sending = False
        self._sent_samples = 0
        self._deaf = False
        self._aged = False
        self._armed = True
        self._began_told = False
        self._drained_told = False
        self._lost_told = 0
        self._losing = False
        self._stuck_told = False
        self.meter = Meter()
        """As it comes from the meeting, before any gain."""
        self.air_meter = Meter()
        """As it goes to the radio."""

    @property
    def sending(self) -> bool:
        return self._sending

    @property
    def armed(self) -> bool:
        return self._armed

    @property
    def stuck(self) -> bool:
        """A steady noise is kept off the air."""
        return self._detector.stuck

    @property
    def noise_dbfs(self) -> float:
        """The meeting's noise floor as learned."""
        return self._detector.noise_dbfs

    @property
    def gain_db(self) -> float:
        """The gain that the automatic level gives the meeting's speech now."""
        return self._auto.gain_db if self._auto is not None else 0.0

    # --- commands ---

    def send_voice(self, *, terminal_ready: bool = True) -> Samples | None:
        """Let the held speech go out. While sending, it changes nothing.

        Gives the first frame, to be sent at once: waiting for the next step would cost up to 20 ms.
        """
        if self._sending:
            return None
        self._sending = True
        self._deaf = False
        self._sent_samples = 0
        self._drained_told = False
        self._losing = False
        first = self._next_frame() if terminal_ready else None
        if first is not None:
            self._sent_samples = first.size
        return first

    def hold_voice(self, *, withdrawn: bool = False) -> None:
        """Send nothing more; begin a holding period. While holding, it changes nothing.

        `withdrawn`: the channel was taken from us, and we learn of it after the fact. The sound given out in the last
        `resend_ms` is held again.
        """
        if not self._sending:
            return
        self._sending = False
        if withdrawn:
            self.hold.take_back()
        self.hold.rest()
        self.announce_again()

    def drop_voice(self, older_than_ms: int | None = None) -> None:
        """Forget the held speech. While holding, the rest of the present speech is forgotten too. That ends when nobody
        has talked for the hang time, or with a command to send. Then `Drained` is reported if `Began` was.

        `older_than_ms`: forget only older sound, and report it as `Lost`; the present speech is kept.
        """
        if older_than_ms is not None:
            lost_before = self.hold.lost_samples
            self.hold.forget_older(older_than_ms)
            self._aged = self._aged or self.hold.lost_samples > lost_before
            return
        self.hold.forget()
        self._deaf = not self._sending

    def arm(self, armed: bool) -> None:
        """Take the meeting's speech for the air, or take nothing new: earlier speech still goes out. Armed anew, the
        present speech is held from the pre-roll on. Arming or disarming twice changes nothing."""
        if armed == self._armed:
            return
        self._armed = armed
        self._deaf = False
        if armed:
            self.announce_again()
        else:
            self.hold.close()

    def say(self, notice: Samples) -> None:
        """Words for the air alone, whole frames. See `NoticeQueue` for what happens when too many wait."""
        self.notices.add(notice)

    def announce_again(self) -> None:
        """Begin a holding period: if speech is held, or goes on, `Began` is reported once more."""
        self._began_told = False
        self._losing = False

    def renew_radio(self, settings: MediaSettings) -> None:
        """Change to another terminal, maybe of another kind. Its ear begins anew, with the gate closed; held speech
        stays."""
        self.radio = RadioSide(settings)

    # --- frames ---

    def from_radio(self, samples: Samples) -> None:
        """Sound from the terminal, any number of samples, whenever it comes."""
        self.radio.push(samples)

    def step(self, meeting: Samples | None, elapsed_samples: int, *, terminal_ready: bool = True) -> Output:
        """One frame from the meeting, or none when one is overdue.

        Args:
            meeting: 160 samples.
            elapsed_samples: Real time since the last step, in units of 1/8000 s.
            terminal_ready: Whether the terminal takes a frame now; if not, speech stays held.
        """
        events: list[PathEvent] = []
        self._hear(meeting)
        self._tell_stuck(events)
        self._guard(elapsed_samples, events)
        self._tell_held(events)
        due = self._pacer.due(elapsed_samples)
        to_radio = self._next_frame() if due and self._sending and terminal_ready else None
        events += [Said()] * self.notices.take_ended()
        self._tell_drained(events)
        return Output(self.radio.pop(sending=self._sending) if due else None, to_radio, tuple(events))

    def _next_frame(self) -> Samples | None:
        frame = self.notices.take() if self.notices.waiting else self.hold.take()
        if frame is not None:
            self.air_meter.add(frame)
        return frame

    def _hear(self, meeting: Samples | None) -> None:
        if meeting is None:
            self._detector.pass_time()
            self.hold.pass_time()
            if self.hold.has_voice and not self._detector.talking:
                self.hold.fill()  # no silence comes after it that would complete its last frame
            return
        self.meter.add(meeting)
        heard = self._detector.process(meeting)
        if self._auto is not None:
            voiced = heard.talking and any(heard.voicing)
            wave = to_wave(meeting)
            levelled = self._auto.process(wave, voiced=voiced)
            meeting = meeting if levelled is wave else to_samples(levelled)
        if not self._armed:
            self.hold.listen(meeting, heard.voicing)
        elif self._sending and not self.notices.waiting:
            self.hold.keep_sending(meeting, heard.voicing, talking=heard.talking)
        elif heard.talking and not self._deaf:
            self.hold.keep(meeting, heard.voicing)
        elif not self._deaf:
            self.hold.listen(meeting, heard.voicing)

    def _guard(self, elapsed_samples: int, events: list[PathEvent]) -> None:
        """The transmission's length is counted in samples of time, whether sound went out in them or not."""
        if not self._sending:
            return
        self._sent_samples += elapsed_samples
        if self._sent_samples > self._limit_samples:
            self.hold_voice()
            events.append(Cut())

    def _tell_stuck(self, events: list[PathEvent]) -> None:
        if self._detector.stuck is not self._stuck_told:
            self._stuck_told = self._detector.stuck
            events.append(Stuck(self._stuck_told))

    def _tell_held(self, events: list[PathEvent]) -> None:
        if not self._sending and not self._began_told and self._has_words:
            self._began_told = True
            events.append(Began())
        untold_ms = ms_of_samples(self.hold.lost_samples - self._lost_told)
        if untold_ms >= _LOST_REPORT_MS or (untold_ms and not self._losing):
            self._losing = True
            self._lost_told = self.hold.lost_samples
            events.append(Lost(untold_ms))

    @property
    def _has_words(self) -> bool:
        return self.hold.has_voice or self.notices.waiting

    def _tell_drained(self, events: list[PathEvent]) -> None:
        talking = self._detector.talking and self._armed
        if self._sending:
            if talking or self._has_words:
                self._drained_told = False
            elif not self._drained_told:
                self._drained_told = True
                events.append(Drained())
        elif ((self._deaf or self._aged) and not talking) or not self._armed:
            self._deaf = self._aged = False
            if self._began_told and not self._has_words:
                self._began_told = False
                events.append(Drained())
