"""Settings of one radio terminal: a `[[terminal]]` table."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bridge.domain.kernel.ids import Gssi, TerminalName
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.shortdata.sdstext import ONE_OCTETS
from bridge.rakel.call_values import CallTimes
from bridge.rakel.health import AlarmLimits
from bridge.rakel.pei.codes import TxDemandPriority
from bridge.rakel.pei.identity import MAX_SSI
from bridge.rakel.port import has_speed, why_refused
from bridge.rakel.profiles import PROFILES, LineSpeed, Route, TerminalProfile
from bridge.rakel.reasons import SettingReason

_Route = Annotated[tuple[Annotated[int, Field(ge=0, le=255)], ...], Field(min_length=2, max_length=3)]
_Group = Annotated[int, Field(ge=1, le=MAX_SSI)]


class TerminalSettings(BaseModel):
    """One terminal. Only `name`, `serial` and `audio` have no default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="Name of the terminal in the API, the console and logs."
        ),
    ]
    serial: Annotated[
        str,
        Field(
            min_length=1,
            description="Serial line: a device (`/dev/serial/by-id/…`, so that it keeps its name), a pty, or a serial"
            " server. Over `rfc2217://host:port` speed and flow control are set from here, for `socket://host:port`"
            " at the server. pyserial's `hwgrep://` is taken too.",
        ),
    ]
    audio: Annotated[
        str, Field(min_length=1, description="Audio of the terminal: `alsa:<device>` or `audiosocket://host:port`.")
    ]
    profile: Annotated[str, Field(description="Model of the terminal, which sets what differs between makers.")] = (
        "mtm5400"
    )
    baud: Annotated[
        int | None,
        Field(ge=1200, le=921600, description="Baud rate of the codeplug; none tries those of the profile in turn."),
    ] = None
    rtscts: Annotated[
        bool | None,
        Field(
            description="Hardware flow control as in the codeplug; none tries without, then with, as the profile says."
        ),
    ] = None
    gap_s: Annotated[
        float | None,
        Field(ge=0, le=2, description="Pause between a result and the next command; none takes the profile's."),
    ] = None
    routes: Annotated[
        tuple[_Route, ...] | None,
        Field(
            min_length=1,
            description="Rows of `AT+CTSP`, profile and layers, voice first; none takes the profile's. Never one for"
            " SDS identifier 224: it carries commands from the air.",
        ),
    ] = None
    call_parameters: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9]{1,3}(,[0-9]{0,3}){5,11}$",
            description="What follows `AT+CTSDC=` for speech to a group; none takes the profile's. The coding of hook,"
            " simplex and who talks first is inferred. A terminal that refuses its own can be told another.",
        ),
    ] = None
    end_to_end: Annotated[
        bool,
        Field(
            description="Ask the terminal to encrypt end to end, calls and short data; only where its owner says so."
        ),
    ] = False
    emergency_priority: Annotated[
        int | None,
        Field(ge=1, le=15, description="Call priority from which a call is an emergency; none takes the profile's."),
    ] = None
    talkgroups: Annotated[
        tuple[_Group, ...], Field(description="GSSIs this terminal may be set to; empty allows every one.")
    ] = ()
    talkgroup: Annotated[
        _Group | None, Field(description="GSSI to stand on from the start, before a patch asks for one.")
    ] = None
    spare: Annotated[
        bool, Field(description="Kept free to take over the talkgroup of a terminal that fails; patched only last.")
    ] = False
    issi: Annotated[
        _Group | None,
        Field(description="The terminal's own ISSI; when set, a terminal that says another one is not used."),
    ] = None
    demand_priority: Annotated[
        int, Field(ge=0, le=2, description="Priority of a demand to transmit: 0 low, 1 high, 2 pre-emptive.")
    ] = 0
    grant_s: Annotated[
        float,
        Field(
            gt=0, le=60, description="A demand that nobody answers is given up after this, behind the meeting's own."
        ),
    ] = 6.0
    queued_s: Annotated[
        float, Field(gt=0, le=120, description="A demand the network has queued is given up after this.")
    ] = 20.0
    transmit_limit_s: Annotated[
        float, Field(gt=0, le=60, description="A transmission is ended after this, behind the meeting's own limit.")
    ] = 60.0
    talk_watchdog_s: Annotated[
        float,
        Field(
            ge=10,
            le=600,
            description="A radio talker of whom no end is heard is taken as silent after this: nobody talks longer.",
        ),
    ] = 65.0
    heartbeat_s: Annotated[
        float, Field(ge=1, le=300, description="After this long without a word the terminal is asked whether it lives.")
    ] = 10.0
    reopen_first_s: Annotated[
        float, Field(gt=0, le=60, description="Wait before a lost line is opened again; doubled at each failure.")
    ] = 0.5
    reopen_longest_s: Annotated[
        float, Field(gt=0, le=300, description="The longest wait before a lost line is tried again.")
    ] = 5.0
    groups_s: Annotated[
        float,
        Field(
            ge=0,
            le=86400,
            description="How often the terminal's lists of talkgroups are read; 0 never reads them.",
        ),
    ] = 900.0
    weak_signal_dbm: Annotated[
        int, Field(ge=-120, le=-30, description="A signal below this raises the alarm `weak_signal`.")
    ] = -93
    low_battery_percent: Annotated[
        int, Field(ge=0, le=100, description="A battery below this raises the alarm `low_battery`.")
    ] = 20
    errors_per_minute: Annotated[
        int,
        Field(ge=1, le=1000, description="As many refused or unanswered commands raise the alarm `many_errors`."),
    ] = 10
    unknown_lines_per_minute: Annotated[
        int,
        Field(ge=1, le=1000, description="As many lines that mean nothing raise the alarm `many_unknown_lines`."),
    ] = 20
    restarts_per_hour: Annotated[
        int,
        Field(ge=1, le=1000, description="As many losses of the terminal raise the alarm `repeated_restarts`."),
    ] = 3
    poll_s: Annotated[
        float, Field(ge=1, le=600, description="How often registration and signal strength are read.")
    ] = 30.0

    sds_bits: Annotated[
        int | None,
        Field(
            ge=160,
            le=1184,
            description="The largest short data that the terminal is given to send, in bits; none takes the profile's."
            " Longer texts go in parts.",
        ),
    ] = None
    sds_series: Annotated[
        bool | None,
        Field(
            description="Send longer texts with headers by which receivers put them together, not with `1/3` in clear;"
            " none takes the profile's."
        ),
    ] = None
    sds_read_reports: Annotated[
        bool, Field(description="Ask receivers to tell also when a text has been read, not only when it has come.")
    ] = False

    @field_validator("profile")
    @classmethod
    def _known_profile(cls, name: str) -> str:
        if name not in PROFILES:
            raise Unusable(SettingReason.NO_PROFILE(known=", ".join(PROFILES)))
        return name

    @field_validator("routes")
    @classmethod
    def _safe_routes(cls, routes: tuple[Route, ...] | None) -> tuple[Route, ...] | None:
        if any(route[1:] in ((3, 24), (3, 25), (3, 224)) for route in routes or ()):
            raise Unusable(SettingReason.ROUTE_FROM_AIR())
        if routes and routes[0][1:] != (0, 0):
            raise Unusable(SettingReason.ROUTE_NOT_VOICE())
        return routes

    @field_validator("serial")
    @classmethod
    def _supported_line(cls, url: str) -> str:
        refused = why_refused(url)
        if refused is not None:
            raise Unusable(refused)
        return url

    @model_validator(mode="after")
    def _start_is_allowed(self) -> Self:
        if self.talkgroup is not None and not self.may_use(Gssi(self.talkgroup)):
            raise Unusable(SettingReason.TALKGROUP_NOT_ALLOWED(), "talkgroup")
        return self

    @property
    def terminal(self) -> TerminalName:
        return TerminalName(self.name)

    @property
    def model(self) -> TerminalProfile:
        return PROFILES[self.profile]

    @property
    def speeds(self) -> tuple[LineSpeed, ...]:
        """How the line may be set, in the order tried; one where the speed is not ours to set."""
        speeds = self.model.speeds(self.baud, self.rtscts)
        return speeds if has_speed(self.serial) else speeds[:1]

    @property
    def pause_s(self) -> float:
        return self.model.gap_s if self.gap_s is None else self.gap_s

    @property
    def service_routes(self) -> tuple[Route, ...]:
        return self.model.routes if self.routes is None else self.routes

    @property
    def group_call(self) -> str:
        """The parameters of a call to a group; the sixth is end-to-end encryption."""
        fields = (self.call_parameters or self.model.call_parameters).split(",")
        return ",".join([*fields[:5], "1", *fields[6:]]) if self.end_to_end else ",".join(fields)

    @property
    def emergency_from(self) -> int:
        return self.model.emergency_priority if self.emergency_priority is None else self.emergency_priority

    @property
    def alarm_limits(self) -> AlarmLimits:
        return AlarmLimits(
            weak_signal_dbm=self.weak_signal_dbm,
            low_battery_percent=self.low_battery_percent,
            errors_per_minute=self.errors_per_minute,
            unknown_lines_per_minute=self.unknown_lines_per_minute,
            restarts_per_hour=self.restarts_per_hour,
        )

    @property
    def text_octets(self) -> int:
        """Of text in one message: what four octets of header leave."""
        bits = self.model.sds_bits if self.sds_bits is None else self.sds_bits
        return min(ONE_OCTETS, bits // 8 - 4)

    @property
    def text_series(self) -> bool:
        return self.model.sds_series if self.sds_series is None else self.sds_series

    @property
    def priority(self) -> TxDemandPriority:
        return TxDemandPriority(self.demand_priority)

    @property
    def call_times(self) -> CallTimes:
        return CallTimes(
            grant_s=self.grant_s,
            queued_s=self.queued_s,
            transmit_limit_s=self.transmit_limit_s,
            talk_watchdog_s=self.talk_watchdog_s,
        )

    def may_use(self, gssi: Gssi) -> bool:
        return not self.talkgroups or gssi in self.talkgroups
