"""All settings: `samband.toml`, overridden by `SAMBAND_…` variables. Each package owns its own table's model.

`SAMBAND_CONFIG` names the file (default `samband.toml` where the program is started; it may be missing),
`SAMBAND_STATE` the state directory. A single setting is overridden by its path: `SAMBAND_API__PORT=8081`.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Self, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bridge.api.settings import ApiSettings
from bridge.ari.settings import AsteriskSettings, Port, TrunkSettings, check_reach, check_trunks
from bridge.bearers.settings import LinkSettings, MailSettings, SmsSettings
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.conference.policy import ConferencePolicy, EntryPolicy, Passes
from bridge.domain.directory.policy import DirectoryPolicy
from bridge.domain.guessing.policy import GuessingPolicy
from bridge.domain.headroom.policy import HeadroomPolicy
from bridge.domain.kernel.ids import Gssi, TrunkName
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.linewatch.policy import Isolates, LinePolicy
from bridge.domain.mailings.policy import MailingPolicy
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.recording.policy import RecordingPolicy, Tracks
from bridge.domain.rollcall.policy import RollCallPolicy
from bridge.domain.rollcall.records import SummaryTo
from bridge.domain.schedule.policy import SchedulePolicy
from bridge.domain.shortdata.policy import ShortDataPolicy
from bridge.domain.siderooms.policy import SideRoomPolicy
from bridge.domain.speaking.policy import SpeakingPolicy
from bridge.domain.speaking.records import TurnEnds
from bridge.domain.waiting.policy import WaitingPolicy
from bridge.identity.settings import AccountSettings
from bridge.media.settings import MediaSettings
from bridge.media.terminal_audio import parse_audio
from bridge.ports import PortError
from bridge.proof.settings import ProofSettings
from bridge.rakel.settings import TerminalSettings
from bridge.recording.settings import CopySettings, RecordingSettings
from bridge.settings.reasons import SettingReason
from bridge.storage.settings import StorageSettings

DEFAULT_FILE: Final = "samband.toml"
PREFIX: Final = "SAMBAND_"
PORTS_OF_A_BLOCK: Final = 1000
EXAMPLE_TRUNK: Final = "127.0.0.1:5080"
"""Where calls go when no trunk is set. A telephone of one's own may listen there; it goes before the simulated ones."""
TELEPHONES_PORT: Final = 5090
_COUNTED: Final = (
    ("api", "port", 0),
    ("asterisk", "sip_port", 1),
    ("asterisk", "ari_port", 2),
    ("asterisk", "ami_port", 3),
    ("simulator", "telephones_port", 4),
    ("simulator", "control_port", 5),
    ("simulator", "audio_port", 6),
    ("simulator", "telephones_control_port", 7),
    ("asterisk", "sip_tls_port", 8),
    ("asterisk", "rtp_first_port", 100),
    ("asterisk", "rtp_last_port", 799),
    ("simulator", "rtp_first_port", 800),
    ("simulator", "rtp_last_port", 999),
)
"""Table, setting, and where in the block of `ports_from` its port lies."""


class ConferenceSettings(BaseModel):
    """The `[conference]` table: how callers get in, and how a meeting behaves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code_tries: int = Field(default=3, ge=1, le=10, description="Tries to key a code before the caller is hung up.")
    digit_pause_s: float = Field(
        default=6.0, ge=1, le=60, description="So long after the last digit a code counts as finished without #."
    )
    patience_s: float = Field(default=30.0, ge=5, le=300, description="So long without any digit costs a try.")
    key_pause_s: float = Field(default=4.0, ge=1, le=30, description="A * waits so long for its second key.")
    end_after_s: float = Field(default=4.0, ge=0, le=60, description="From the spoken farewell to the hang-up.")
    seat_kept_s: float = Field(
        default=600.0,
        ge=0,
        le=86_400,
        description="The place of a person who loses the line is kept so long.",
    )
    empty_s: float = Field(
        default=60.0, ge=1, le=86_400, description="The recording of an empty meeting is closed after this."
    )
    tell_muted_every_s: float = Field(
        default=30.0, ge=5, le=3600, description="A muted person who talks is told so at most this often."
    )
    waiting_passes: tuple[Passes, ...] = Field(
        default=tuple(Passes),
        description="They pass a waiting room: called out, or known as a function by a code. Hosts always do.",
    )
    secrecy_needs_encryption: bool = Field(
        default=False,
        description="Where secrecy applies, refuse every line that is not encrypted (`srtp` of its trunk), in and out."
        " Off: such callers come in, and hear that their line is not encrypted. People are called over one only where"
        " no trunk has `srtp`. On, with no such trunk: no conference under secrecy is opened.",
    )
    tell_hosts_every_s: float = Field(
        default=20.0, ge=5, le=3600, description="Hosts hear at most this often that somebody waits to be let in."
    )
    language: Language = Field(default=Language.SV, description="Language of callers before it is known.")
    ceaseless_s: float = Field(
        default=180.0, ge=10, le=3600, description="A line that sounds so long without a pause is told to the hosts."
    )
    isolates: Isolates = Field(
        default=Isolates.NEVER,
        description="When such a line is not heard until it pauses: never, while a talkgroup is there, or always.",
    )
    turn_s: float = Field(
        default=0.0, ge=0, le=7200, description="The time limit of a turn; 0: none. A host who leads has none."
    )
    turn_ends: TurnEnds = Field(
        default=TurnEnds.TOLD,
        description="When a turn's time is up: speaker and hosts are told, or the floor is taken too.",
    )
    turn_kept_s: float = Field(
        default=20.0,
        ge=0,
        le=600,
        description="The floor is held so long for a speaker whose line is lost; 0: it goes on at once.",
    )
    roll_call_answer_s: float = Field(
        default=12.0, ge=3, le=60, description="A name that a roll call reads out waits so long for its answer."
    )
    roll_call_ring_s: float = Field(
        default=25.0, ge=5, le=120, description="Time that each number of a missing function rings at a roll call."
    )
    roll_call_summary_to: SummaryTo = Field(
        default=SummaryTo.ALL, description="The listeners to the summary of a roll call by key: all, or the hosts."
    )


class GuessingSettings(BaseModel):
    """The `[guessing]` table: how guessing of codes is braked. Decision 0034 says what the figures are worth."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wrong_s: float = Field(
        default=1.0, ge=0, le=10, description="The answer to a wrong code waits so long for each of its line lately."
    )
    wrong_longest_s: float = Field(default=10.0, ge=0, le=60, description="The longest that such an answer waits.")
    window_s: float = Field(
        default=10_800.0, ge=60, le=604_800, description="A wrong code counts against its line for so long."
    )
    line_after: int = Field(
        default=6, ge=1, le=1000, description="Wrong codes of one line before its look-ups wait, ever longer."
    )
    withheld_after: int = Field(
        default=24, ge=1, le=1000, description="The same for all of a trunk who withhold their number."
    )
    line_longest_s: float = Field(
        default=900.0, ge=1, le=3600, description="The longest that a look-up waits for its own line's wrong codes."
    )
    burst: int = Field(
        default=60, ge=1, le=10_000, description="Wrong codes of all unknown lines before they wait for each other."
    )
    trunk_s: float = Field(
        default=120.0, ge=1, le=3600, description="Then a trunk's unknown lines have one look-up in so long."
    )
    all_s: float = Field(default=90.0, ge=1, le=3600, description="The same for the unknown lines of all trunks.")
    familiar_s: float = Field(
        default=450.0, ge=1, le=3600, description="The same for lines that lately gave a right code."
    )
    familiar_for_s: float = Field(
        default=2_592_000.0, ge=0, le=31_536_000, description="So long a line is known after a right code."
    )
    alarm_after: int = Field(default=30, ge=1, le=10_000, description="So many wrong codes together are an alarm.")
    alarm_ends_s: float = Field(
        default=600.0, ge=60, le=86_400, description="The alarm ends when no wrong code has come for so long."
    )


class MixingSettings(BaseModel):
    """The `[mixing]` table: microphones are closed by policy before Asterisk has more open ones than it can mix."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    full_percent: float = Field(
        default=70.0,
        gt=0,
        le=100,
        description="The mixing is full when Asterisk uses more than this share of one thread's time, or of all cores."
        " Microphones are then closed.",
    )
    full_for_s: float = Field(default=4.0, ge=0, le=60, description="The mixing must have been full for so long.")
    room_percent: float = Field(
        default=40.0,
        ge=0,
        lt=100,
        description="Full mixing is brought to this share, and below it microphones open again.",
    )
    room_for_s: float = Field(default=10.0, ge=0, le=600, description="Room must have been there for so long.")
    least_open: int = Field(default=4, ge=1, le=1000, description="So many always stay open in a meeting.")

    @model_validator(mode="after")
    def _room_is_below_full(self) -> Self:
        if self.room_percent >= self.full_percent:
            raise Unusable(SettingReason.ROOM_ABOVE_FULL(), "room_percent")
        return self


class SideRoomSettings(BaseModel):
    """The `[side_rooms]` table: rooms beside a meeting."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recall_warning_s: float = Field(
        default=10.0, ge=0, le=120, description="From the spoken warning to the way back into the meeting."
    )
    empty_s: float = Field(
        default=300.0, ge=5, le=86_400, description="A side room that the last person has left is closed after this."
    )
    consultations_recorded: bool = Field(
        default=False,
        description="Two who talk in private during a recorded meeting are heard in their own tracks, and in no mix."
        " Both are told at the beginning. Off: they are not recorded, as in every side room. Needs `tracks ="
        ' "participants"` under `[recording]`.',
    )


class DirectorySettings(BaseModel):
    """The `[directory]` table: the upkeep of contact data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confirm_days: float = Field(
        default=90.0,
        ge=1,
        le=3650,
        description="Contact data that was confirmed longer ago is overdue. A reminder goes to the organisation.",
    )
    link_days: float = Field(default=30.0, ge=1, le=365, description="A link works for so long.")
    rota_kept_days: float = Field(
        default=90.0, ge=1, le=3650, description="Entries of a rota that ended longer ago are removed."
    )
    test_days: float = Field(
        default=0.0,
        ge=0,
        le=365,
        description="Each number that takes an SMS is tried again after so many days, by a short SMS with a receipt."
        " 0: none is tried by itself.",
    )
    test_gap_s: float = Field(default=300.0, ge=60, le=86_400, description="Between two such tests.")
    test_from_hour: int = Field(default=9, ge=0, le=23, description="Tests begin at this hour, Monday to Friday.")
    test_to_hour: int = Field(default=15, ge=1, le=24, description="Tests end at this hour.")

    def policy(self) -> DirectoryPolicy:
        return DirectoryPolicy(
            rota_kept_s=self.rota_kept_days * 86_400,
            confirm_s=self.confirm_days * 86_400,
            link_s=self.link_days * 86_400,
            test_days=self.test_days,
            test_gap_s=self.test_gap_s,
            test_from_hour=self.test_from_hour,
            test_to_hour=self.test_to_hour,
        )


class ScheduleSettings(BaseModel):
    """The `[schedule]` table: meetings that are opened by themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    late_s: float = Field(
        default=1800.0,
        ge=60,
        le=86_400,
        description="A meeting that came due while the program was away is opened and rung late. That is done up to so"
        " long after its time. Later it is missed, with an alarm.",
    )
    slack_s: float = Field(
        default=60.0, ge=1, le=3600, description="Later than this after it was due, it is marked late."
    )
    empty_s: float = Field(
        default=7200.0,
        ge=60,
        le=604_800,
        description="A meeting of the schedule that nobody is in ends so long after its time. Where people were in it,"
        " it ends so long after the last has left.",
    )
    organizer: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}$",
        description="The mail address that stands as the organizer in invitations. It must be the one that they are"
        " sent from, else Outlook takes no change of them. None: `sender` of `[mail]`.",
    )


class CalloutSettings(BaseModel):
    """The `[callout]` table: call-outs. How long and how often is rung is set by each activation list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operator_number: str = Field(
        default="",
        pattern=r"^(\+[1-9][0-9]{5,14})?$",
        description="The number that `#9` rings into a meeting, E.164 with plus. Empty: there is no operator.",
    )
    calls_per_day: int = Field(
        default=5000,
        ge=0,
        le=1_000_000,
        description="An exercise places no call beyond so many a day without a second person. A live call-out does,"
        " with an alarm. 0: any number.",
    )
    list_calls_per_day: int = Field(
        default=1000, ge=0, le=1_000_000, description="The same for the calls of one list. 0: any number."
    )
    home_range: str = Field(
        default="+46",
        pattern=r"^\+[1-9][0-9]{0,2}$",
        description="The country code whose numbers need no approval. The first call to any other, or to a number that"
        " costs the caller, waits for a second person.",
    )
    approval_wait_s: float = Field(
        default=300.0,
        ge=0,
        le=86_400,
        description="A live call-out waits so long for that approval; then the number is passed over, and the deputy"
        " is called.",
    )
    answer_statuses: tuple[Annotated[int, Field(ge=32_768, le=65_535)], ...] = Field(
        default=(),
        max_length=4,
        description="The statuses by radio that answer a call-out as the keys 1, 2, 3 and 4, in that order. Empty: none"
        " does.",
    )
    rings_back: bool = Field(
        default=True, description="A person who loses the line is rung back. Otherwise the place is only kept."
    )
    key_wait_s: float = Field(
        default=30.0, ge=5, le=120, description="Answered, but no key within this: not confirmed, never bridged."
    )
    direct_s: float = Field(
        default=900.0,
        ge=60,
        le=3600,
        description="Those who are to come directly shall have come so long after the start of the call-out.",
    )
    later_s: float = Field(
        default=1800.0,
        ge=60,
        le=7200,
        description="The one who comes later, and keys no minutes, is called after this if they have not come.",
    )
    doubt_s: float = Field(
        default=5.0, ge=0, le=300, description="Wait before calling again where a crash left no trace of a call."
    )
    congestion_s: float = Field(
        default=2.0, gt=0, le=60, description="A congested trunk rests so long, doubled each time."
    )
    congestion_longest_s: float = Field(
        default=30.0, gt=0, le=600, description="The longest rest of a congested trunk."
    )


class RadioSettings(BaseModel):
    """The `[radio]` table: Rakel's one minute and what surrounds it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warn_s: float = Field(default=50.0, gt=0, le=59, description="A warning tone this long into a transmission.")
    cut_s: float = Field(
        default=58.0, gt=0, le=60, description="A transmission is ended after this; a minute is the law."
    )
    pause_s: float = Field(
        default=2.0, ge=0.5, le=30, description="Between two transmissions, so that a radio user can break in."
    )
    grant_s: float = Field(default=4.0, gt=0, le=30, description="A demand that nobody answers ends after this.")
    queued_s: float = Field(default=15.0, gt=0, le=60, description="A demand the network has queued ends after this.")
    retry_s: float = Field(default=1.0, gt=0, le=30, description="Wait before a refused demand is made again.")
    busy_hold_s: float = Field(
        default=20.0, gt=0, le=120, description="Held speech waits at most so long for a radio talker's end."
    )
    stale_s: float = Field(
        default=10.0,
        gt=0,
        le=60,
        description="Of what was said while the talkgroup was out of reach, no more than this is sent afterwards.",
    )
    takeover_s: float = Field(
        default=5.0,
        ge=0,
        le=600,
        description="A terminal away for this long loses its talkgroup to a free spare one; 0: never.",
    )
    lease_warn_s: float = Field(
        default=300.0, ge=0, le=3600, description="The hosts are warned this long before a patch's lease ends."
    )
    closing_s: float = Field(
        default=20.0, gt=0, le=60, description="The talkgroup's farewell has this long to get on the air."
    )
    key_silent_s: float = Field(
        default=30.0,
        ge=5,
        le=600,
        description="A key (`*0`) that holds the way to the air open is let go of after this long without speech.",
    )
    kerchunk_s: float = Field(
        default=0.5, ge=0, le=3, description="A radio user's press shorter than this asks for no word."
    )
    loop_s: float = Field(
        default=1.0,
        gt=0,
        le=5,
        description="A radio user heard within this from a start of ours on another talkgroup may be ourselves."
        " Two groups are then linked in the network.",
    )
    loop_count: int = Field(
        default=3, ge=2, le=20, description="After so many of those in a row the talkgroup is not let through."
    )
    fallback_s: float = Field(
        default=10.0,
        ge=0,
        le=600,
        description="Telephony away for this long: meetings with a talkgroup go on by radio alone; 0: never.",
    )

    @model_validator(mode="after")
    def _warned_before_cut(self) -> Self:
        if self.warn_s >= self.cut_s:
            raise Unusable(SettingReason.WARNED_AFTER_CUT(), "warn_s")
        return self


class ShortDataSettings(BaseModel):
    """The `[sds]` table: texts and statuses by radio, and orders given by them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expires_s: float = Field(
        default=600.0,
        ge=10,
        le=86_400,
        description="A message that no terminal could take within this is given up; a report is awaited as long.",
    )
    tries: int = Field(default=5, ge=1, le=100, description="How often a message that was refused is tried in all.")
    retry_s: float = Field(
        default=5.0, gt=0, le=600, description="Wait after a refusal that may pass; doubled each time."
    )
    retry_longest_s: float = Field(default=60.0, gt=0, le=3600, description="The longest such wait.")
    look_again_s: float = Field(
        default=2.0, gt=0, le=60, description="While a message waits, the terminals are looked at this often."
    )
    most_waiting: int = Field(
        default=200, ge=1, le=10_000, description="With so many unsent messages another one is refused."
    )
    emergency_again_s: float = Field(
        default=30.0, ge=0, le=3600, description="A repeated emergency alarm is told to the hosts again after this."
    )
    orders: bool = Field(
        default=True,
        description="Take orders by text from functions that the directory allows it (`radio_orders`).",
    )
    orders_confirm_s: float = Field(
        default=120.0, ge=30, le=600, description="How long the code of an order may be used to confirm it."
    )
    orders_per_minute: int = Field(
        default=6, ge=1, le=60, description="Orders that one radio may give in a minute; more are not answered."
    )
    orders_tell_code: bool = Field(
        default=False,
        description="Answer a confirmed call-out with the conference's code too: radio texts are read by others.",
    )


class OutboxSettings(BaseModel):
    """The `[outbox]` table: messages by SMS and e-mail, until they are sent and their receipts have come."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expires_s: float = Field(
        default=1800.0, ge=10, le=86_400, description="A message that could not be sent within this is given up."
    )
    tries: int = Field(default=12, ge=1, le=100, description="How often a message that was refused is tried in all.")
    retry_s: float = Field(
        default=2.0, gt=0, le=600, description="Wait after a refusal that may pass; doubled each time."
    )
    retry_longest_s: float = Field(default=120.0, gt=0, le=3600, description="The longest such wait.")
    receipt_s: float = Field(
        default=21_600.0, ge=10, le=604_800, description="The receipt of an SMS is waited for as long."
    )
    most_waiting: int = Field(
        default=1000,
        ge=1,
        le=10_000,
        description="With so many unsent messages another one is refused. One of a call-out has then failed.",
    )


class LogSettings(BaseModel):
    """The `[log]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least of what is written: debug, info, warning or error."
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="json, console, or auto: console in a terminal."
    )
    file_mb: int = Field(
        default=10,
        ge=1,
        le=10_000,
        description="A log file in the state folder that grows beyond this is put in `<name>.1`, over the former one.",
    )


class SimulatorSettings(BaseModel):
    """The `[simulator]` table: where the simulated radio network and the simulated telephones of `make run` listen, on
    127.0.0.1 always. Nothing is simulated where terminals or trunks of one's own are set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    control_port: Port = Field(default=18200, description="TCP port by which the simulated radio users are played.")
    audio_port: Port = Field(default=18201, description="TCP port of the simulated terminal's audio.")
    telephones_port: Port = Field(
        default=TELEPHONES_PORT, description="UDP port of the simulated telephones' SIP: the trunk, where none is set."
    )
    telephones_control_port: Port = Field(
        default=18202, description="TCP port by which the simulated telephones are played."
    )
    telephones: Path | None = Field(
        default=None, description="TOML file of the telephones' numbers and manners. None: those of the example region."
    )
    rtp_first_port: int = Field(
        default=30000, ge=1024, le=65534, description="First UDP port of the simulated telephones' audio."
    )
    rtp_last_port: int = Field(
        default=30999, ge=1025, le=65535, description="Last UDP port of the simulated telephones' audio."
    )


def _figures(kind: type[Any], table: BaseModel, **more: object) -> object:
    """A room's figures from the settings of the same names; `more` are those of another name or form."""
    same = {one.name: getattr(table, one.name) for one in fields(kind) if one.name in type(table).model_fields}
    return kind(**same | more)


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=False,
    )

    state: Path = Field(
        default=Path("var"), description="State directory: database, secrets, recordings, Asterisk's files."
    )
    language: Language | None = Field(
        default=None,
        description="Language of the command line. None: that of the environment (`LC_ALL`, `LC_MESSAGES`, `LANG`),"
        " Swedish or else English. `--language` goes before it.",
    )
    ports_from: int = Field(
        default=0,
        ge=0,
        le=65536 - PORTS_OF_A_BLOCK,
        description="For a second Samband on one machine. Every port that is not set itself lies in the block of 1000"
        " from here. 0: the usual ports.",
    )
    asterisk: AsteriskSettings = AsteriskSettings()
    trunk: tuple[TrunkSettings, ...] = (TrunkSettings(dial=EXAMPLE_TRUNK),)
    terminal: tuple[TerminalSettings, ...] = ()
    media: MediaSettings = MediaSettings()
    api: ApiSettings = ApiSettings()
    accounts: AccountSettings = AccountSettings()
    storage: StorageSettings = StorageSettings()
    recording: RecordingSettings = RecordingSettings()
    proof: ProofSettings = ProofSettings()
    archive_copy: CopySettings = CopySettings()
    conference: ConferenceSettings = ConferenceSettings()
    guessing: GuessingSettings = GuessingSettings()
    mixing: MixingSettings = MixingSettings()
    side_rooms: SideRoomSettings = SideRoomSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    directory: DirectorySettings = DirectorySettings()
    callout: CalloutSettings = CalloutSettings()
    radio: RadioSettings = RadioSettings()
    sds: ShortDataSettings = ShortDataSettings()
    sms: SmsSettings = SmsSettings()
    mail: MailSettings = MailSettings()
    links: LinkSettings = LinkSettings()
    outbox: OutboxSettings = OutboxSettings()
    log: LogSettings = LogSettings()
    simulator: SimulatorSettings = SimulatorSettings()

    @model_validator(mode="before")
    @classmethod
    def _values_can_be_used(cls, told: Any) -> Any:
        """Check every path, name, address and number here: each part would fail on a wrong one in its own way."""
        if (fault := _unusable(told, cls)) is not None:
            raise fault
        return told

    @model_validator(mode="after")
    def _consultations_have_tracks(self) -> Self:
        if self.side_rooms.consultations_recorded and self.recording.tracks is not Tracks.PARTICIPANTS:
            raise Unusable(SettingReason.NO_TRACKS_FOR_CONSULTATIONS(), "side_rooms", "consultations_recorded")
        return self

    @model_validator(mode="before")
    @classmethod
    def _ports_lie_in_the_block(cls, told: Any) -> Any:
        return _counted(told) if isinstance(told, dict) else told

    @field_validator("ports_from")
    @classmethod
    def _block_is_for_everybody(cls, first: int) -> int:
        if 0 < first < 1024:
            raise Unusable(SettingReason.LOW_BLOCK())
        return first

    @model_validator(mode="after")
    def _names_and_ports_differ(self) -> Self:
        check_trunks(self.trunk)
        check_reach(self.asterisk, self.trunk)
        names = [terminal.name for terminal in self.terminal]
        if twice := next((at for at, name in enumerate(names) if name in names[:at]), None):
            raise Unusable(SettingReason.TERMINAL_TWICE(name=names[twice]), "terminal", twice, "name")
        for at, terminal in enumerate(self.terminal):
            _sound_can_be_found(at, terminal.audio)
        self._ports_differ()
        return self

    def _ports_differ(self) -> None:
        asterisk, simulator = self.asterisk, self.simulator
        tcp = {
            "asterisk.sip_port": asterisk.sip_port,
            "asterisk.sip_tls_port": asterisk.sip_tls_port,
            "asterisk.ari_port": asterisk.ari_port,
            "asterisk.ami_port": asterisk.ami_port,
            "simulator.control_port": simulator.control_port,
            "simulator.audio_port": simulator.audio_port,
            "simulator.telephones_control_port": simulator.telephones_control_port,
            "api.port": self.api.port,
        }
        seen: dict[int, str] = {}
        for name, port in tcp.items():
            if port in seen:
                raise Unusable(SettingReason.PORT_TWICE(port=port, other=seen[port]), *name.split("."))
            seen[port] = name
        if asterisk.rtp_first_port <= asterisk.sip_port <= asterisk.rtp_last_port:
            raise Unusable(SettingReason.PORT_OF_AUDIO(port=asterisk.sip_port), "asterisk", "sip_port")

    @property
    def number(self) -> str:
        """Our own number, as shown to people; E.164 with plus."""
        return self.asterisk.numbers[0]

    def policy(self) -> Policy:
        """The figures the domain's rules go by."""
        conference = self.conference
        return Policy(
            _figures(EntryPolicy, conference, tries=conference.code_tries),
            _figures(
                ConferencePolicy,
                conference,
                waiting_passes=frozenset(conference.waiting_passes),
                encrypted_trunks=frozenset(TrunkName(trunk.name) for trunk in self.trunk if trunk.srtp),
            ),
            _figures(RecordingPolicy, self.recording),
            _figures(SideRoomPolicy, self.side_rooms),
            _figures(SchedulePolicy, self.schedule),
            _figures(WaitingPolicy, conference),
            _figures(SpeakingPolicy, conference),
            _figures(LinePolicy, conference),
            _figures(HeadroomPolicy, self.mixing),
            _figures(GuessingPolicy, self.guessing),
            RollCallPolicy(
                answer_s=conference.roll_call_answer_s,
                ring_s=conference.roll_call_ring_s,
                summary_to=conference.roll_call_summary_to,
            ),
            _figures(CalloutPolicy, self.callout, trunks=self._trunk_policies()),
            _figures(RadioPolicy, self.radio, terminals=self._terminal_policies()),
            _figures(ShortDataPolicy, self.sds),
            _figures(MailingPolicy, self.links, can_link=bool(self.links.url)),
            _figures(OutboxPolicy, self.outbox, bearers=self._bearer_policies()),
        )

    def _bearer_policies(self) -> tuple[BearerPolicy, ...]:
        """Those that are set up."""
        both = ((Bearer.SMS, self.sms, self.sms.ways), (Bearer.MAIL, self.mail, self.mail.host))
        return tuple(BearerPolicy(bearer, table.messages_per_s, table.at_once) for bearer, table, on in both if on)

    def _terminal_policies(self) -> tuple[TerminalPolicy, ...]:
        return tuple(
            TerminalPolicy(one.terminal, tuple(Gssi(gssi) for gssi in one.talkgroups), one.spare, one.text_octets)
            for one in self.terminal
        )

    def _trunk_policies(self) -> tuple[TrunkPolicy, ...]:
        return tuple(
            TrunkPolicy(
                TrunkName(trunk.name),
                trunk.calls_per_s,
                trunk.channels,
                trunk.prefixes,
                trunk.caller_id or self.number,
                trunk.premium,
            )
            for trunk in self.trunk
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file()))

    def is_simulated(self, trunk: TrunkSettings) -> bool:
        """It leads to the simulated telephones. Where a trunk of one's own leads, nobody plays a part."""
        return "trunk" not in self.model_fields_set or trunk.dial == f"127.0.0.1:{self.simulator.telephones_port}"


def _sound_can_be_found(at: int, audio: str) -> None:
    try:
        parse_audio(audio)
    except PortError as error:
        raise Unusable(SettingReason.NO_AUDIO(value=repr(audio)), "terminal", at, "audio") from error


def config_file() -> Path:
    """The file that is read, whether it is there or not."""
    return Path(os.environ.get("SAMBAND_CONFIG", DEFAULT_FILE))


def is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def table_of(*path: str) -> type[BaseModel] | None:
    """The model of a table: `("media", "card")` → that of `[[media.card]]`. Nothing where no table has that name."""
    model: type[BaseModel] = Settings
    for name in path:
        field = model.model_fields.get(name)
        annotation = None if field is None else field.annotation
        found = annotation if is_model(annotation) else inner_of(annotation)
        if not is_model(found):
            return None
        model = found
    return model


def _unusable(told: object, annotation: Any, *at: str | int) -> Unusable | None:
    """The fault of a value, whatever setting it is for, with its place."""
    if isinstance(told, str) and "\0" in told:
        return Unusable(SettingReason.HOLDS_NUL(), *at)
    if (
        isinstance(told, bool)
        and not _holds(annotation, bool)
        and (_holds(annotation, int) or _holds(annotation, float))
    ):
        return Unusable(SettingReason.NO_NUMBER(value=str(told).lower()), *at)
    inside: Iterable[tuple[Any, Any]] = ()
    if isinstance(told, Mapping):
        known = annotation.model_fields if is_model(annotation) else {}
        inside = ((name, known[name].annotation if name in known else None) for name in told)
    elif isinstance(told, list):
        inside = ((at, inner_of(annotation)) for at in range(len(told)))
    for name, of_it in inside:
        if (fault := _unusable(told[name], of_it, *at, name)) is not None:  # type: ignore[index]
            return fault
    return None


def inner_of(annotation: Any) -> Any:
    """`tuple[X, ...]`, also where it may be missing, → X; `Annotated[X, …]` → X."""
    if get_origin(annotation) is Annotated:
        return inner_of(get_args(annotation)[0]) if get_origin(get_args(annotation)[0]) else get_args(annotation)[0]
    if get_origin(annotation) is tuple:
        inner = get_args(annotation)[0]
        return get_args(inner)[0] if get_origin(inner) is Annotated else inner
    if get_origin(annotation) in (Union, UnionType):
        return next((inner_of(one) for one in get_args(annotation) if one is not NoneType), None)
    return None


def _holds(annotation: Any, kind: type) -> bool:
    return annotation is kind or any(_holds(one, kind) for one in get_args(annotation))


def _counted(told: dict[str, Any]) -> dict[str, Any]:
    """With the ports of the block where none are set, and with the example's trunk where none is. A value that is no
    table is left for the table's own validation."""
    filled = dict(told)
    first = _first_of_block(told.get("ports_from"))
    for table, name, place in _COUNTED if first else ():
        given = filled.get(table, {})
        if isinstance(given, Mapping):
            filled[table] = {name: first + place, **given}
    simulator = filled.get("simulator")
    if isinstance(simulator, Mapping) and "telephones_port" in simulator:
        filled.setdefault("trunk", [{"dial": f"127.0.0.1:{simulator['telephones_port']}"}])
    return filled


def _first_of_block(given: object) -> int:
    """Nothing where it is no number: its own validation tells so."""
    try:
        return int(str(given or 0))
    except ValueError:
        return 0
