"""How sound is treated between the meeting and the radio."""

from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.reasons import Unusable
from bridge.media.reasons import SettingReason

if TYPE_CHECKING:
    from bridge.audio.autolevel import AutoLevelConfig


class CardSettings(BaseModel):
    """The levels of one sound card, as its calibration gave them: a `[[media.card]]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str = Field(min_length=1, description="As after `alsa:` in the terminal's `audio`.")
    receive_gain_db: float = Field(
        default=0.0, ge=-40, le=40, description="Added to what the card hears, before anything else is done with it."
    )
    transmit_gain_db: float = Field(default=0.0, ge=-40, le=40, description="Added to what the card plays.")
    transmit_ceiling_dbfs: float = Field(
        default=-6.0, ge=-40, le=0, description="What the card plays is limited to this peak, after the gain."
    )


class MediaSettings(BaseModel):
    """The `[media]` table. Levels are dBFS: 0 is the loudest sound a telephone line can carry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speech_min_dbfs: float = Field(
        default=-50.0, ge=-70, le=-20, description="What is quieter than this is never taken for speech."
    )
    speech_above_noise_db: float = Field(
        default=9.0, ge=3, le=30, description="Speech begins this far above the noise on the line."
    )
    noise_max_dbfs: float = Field(
        default=-40.0, ge=-60, le=-20, description="A steady sound louder than this is never learned as noise."
    )
    speech_min_ms: int = Field(
        default=30,
        ge=30,
        le=200,
        description="A sound shorter than this keys no radio: a cough, a knock. More costs as much delay at the start.",
    )
    stuck_s: float = Field(
        default=180.0,
        ge=0,
        le=600,
        description="A sound without syllables (noise, hum, a tone, a howl) is speech no more after this. The"
        " default is three transmissions, so that a siren held to the telephone is heard; 0: it stays.",
    )
    auto_level: bool = Field(
        default=True,
        description="Bring quiet and loud talkers to one level, slowly, both ways of phone and radio.",
    )
    auto_level_target_dbfs: float = Field(
        default=-20.0, ge=-40, le=-10, description="The level of speech, pauses not counted, that is aimed at."
    )
    auto_level_range_db: float = Field(
        default=12.0, ge=0, le=20, description="The automatic level never gives or takes more than this."
    )
    hang_ms: int = Field(
        default=400, ge=100, le=5000, description="Nobody talks any more when it has been quiet for this long."
    )
    preroll_ms: int = Field(
        default=300, ge=40, le=1000, description="How far back the beginning of speech is looked for."
    )
    kept_pause_ms: int = Field(
        default=120, ge=20, le=1000, description="What is left of a longer pause while catching up."
    )
    resend_ms: int = Field(
        default=120,
        ge=0,
        le=500,
        description="A channel that is taken from us is known late: so much of what went out last is said again.",
    )
    hold_bound_s: float = Field(
        default=60.0, ge=5, le=600, description="At most this much speech waits for the radio; then the oldest goes."
    )
    max_transmission_s: float = Field(
        default=59.5,
        gt=0,
        le=60,
        description="The worker stops a transmission by itself after this: the last guard of the one-minute rule.",
    )
    radio_gain_db: float = Field(
        default=0.0, ge=-30, le=30, description="Added to the terminal's sound on its way to the meeting."
    )
    radio_ceiling_dbfs: float = Field(
        default=-3.0, ge=-30, le=0, description="The terminal's sound is limited to this peak."
    )
    radio_gate_dbfs: float = Field(
        default=-60.0, ge=-90, le=-20, description="Sound from the terminal quieter than this is shut out."
    )
    turnaround_ms: int = Field(
        default=40,
        ge=0,
        le=500,
        description="So long after our own transmission the terminal is not listened to: it may still give it back.",
    )
    radio_target_ms: int = Field(
        default=30, ge=20, le=200, description="Gathered from the terminal before it is heard; evens out its clock."
    )
    radio_bound_ms: int = Field(
        default=1000, ge=200, le=5000, description="At most this much of the terminal's sound waits after a stall."
    )
    meeting_late_ms: int = Field(
        default=60, ge=30, le=200, description="After this long without a frame from Asterisk our own clock paces."
    )
    meeting_silent_ms: int = Field(
        default=500, ge=100, le=10_000, description="After this long without a frame from Asterisk the path is down."
    )
    relay_without_asterisk: bool = Field(
        default=True, description="While Asterisk is away, the talkgroups of one meeting hear each other all the same."
    )
    open_grace_s: float = Field(
        default=2.0, ge=0, le=30, description="A new path that is not up after this long is reported as down."
    )
    connect_timeout_s: float = Field(
        default=3.0, gt=0, le=30, description="How long the terminal's audio may take to accept a connection."
    )
    reconnect_first_s: float = Field(
        default=0.25, gt=0, le=10, description="Pause before the terminal's audio is tried again; doubles each time."
    )
    reconnect_max_s: float = Field(default=5.0, gt=0, le=60, description="The longest such pause.")
    card: tuple[CardSettings, ...] = Field(
        default=(),
        description="A `[[media.card]]` table for each sound card. It has `device` as after `alsa:` in the terminal's"
        " `audio`, `receive_gain_db`, `transmit_gain_db` and `transmit_ceiling_dbfs` (peak it plays at most).",
    )
    card_target_ms: int = Field(
        default=40, ge=20, le=80, description="Gathered for a sound card before it plays; evens out the two clocks."
    )
    terminal_stuck_ms: int = Field(
        default=1000,
        ge=100,
        le=10_000,
        description="The terminal's audio that takes, or a card that gives, nothing for this long is cut.",
    )
    sounds: Path | None = Field(
        default=None,
        description="The prompts' sounds, `<language>/samband/<prompt>.wav` below it; none: those made for Asterisk.",
    )
    tracks: Path | None = Field(
        default=None, description="Where talkgroups' tracks are written; none: `tracks` in the state folder."
    )
    reply_timeout_s: float = Field(default=3.0, gt=0, le=30, description="How long the worker may take to answer.")
    worker_silent_s: float = Field(
        default=4.0, ge=2, le=60, description="A worker that says nothing for this long is killed and started anew."
    )
    worker_start_s: float = Field(
        default=20.0, ge=2, le=120, description="So long a new worker may take to say its first word on a busy machine."
    )
    restart_first_s: float = Field(
        default=0.1, gt=0, le=10, description="Pause before a dead worker or leg is built anew; doubles each time."
    )
    restart_max_s: float = Field(default=10.0, gt=0, le=60, description="The longest such pause.")
    realtime_priority: int = Field(
        default=10, ge=0, le=50, description="SCHED_RR priority of the worker, where allowed; 0: ordinary scheduling."
    )

    @property
    def reconnecting(self) -> Backoff:
        """The pauses before the terminal's audio is tried again."""
        return Backoff(self.reconnect_first_s, self.reconnect_max_s)

    @property
    def rebuilding(self) -> Backoff:
        """The pauses before a dead worker or leg is built anew."""
        return Backoff(self.restart_first_s, self.restart_max_s)

    @property
    def levelling(self) -> "AutoLevelConfig | None":
        """The automatic level, where it is on."""
        if not self.auto_level:
            return None
        from bridge.audio.autolevel import AutoLevelConfig  # numpy, which no command line needs

        return AutoLevelConfig(target_dbfs=self.auto_level_target_dbfs, range_db=self.auto_level_range_db)

    @model_validator(mode="after")
    def _beginning_is_kept(self) -> Self:
        if self.speech_min_ms > 30 and self.preroll_ms < self.speech_min_ms + 40:
            raise Unusable(SettingReason.SHORT_PREROLL(least_ms=self.speech_min_ms + 40), "preroll_ms")
        return self

    @field_validator("card")
    @classmethod
    def _one_table_each(cls, cards: tuple[CardSettings, ...]) -> tuple[CardSettings, ...]:
        devices = [card.device for card in cards]
        twice = sorted({device for device in devices if devices.count(device) > 1})
        if twice:
            raise Unusable(SettingReason.CARD_TWICE(device=", ".join(twice)))
        return cards

    def in_folders(self, *, sounds: Path, tracks: Path) -> Self:
        """With these folders where none is set."""
        return self.model_copy(update={"sounds": self.sounds or sounds, "tracks": self.tracks or tracks})

    def card_settings(self, device: str) -> CardSettings:
        """Those of this card, or the defaults."""
        return next((card for card in self.card if card.device == device), CardSettings(device=device))
