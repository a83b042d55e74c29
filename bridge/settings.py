"""All settings: `samband.toml`, overridden by `SAMBAND_…` variables. Each package owns its own table's model.

`SAMBAND_CONFIG` names the file (default `samband.toml` where the program is started; it may be missing),
`SAMBAND_STATE` the state directory. A single setting is overridden by its path: `SAMBAND_API__PORT=8081`.
"""

import os
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Self, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bridge.api.settings import ApiSettings
from bridge.ari.settings import AsteriskSettings, TrunkSettings, check_trunks
from bridge.domain.ids import Gssi, TrunkName
from bridge.domain.model import Language, TerminalPolicy, TrunkPolicy
from bridge.domain.policy import CalloutPolicy, EntryPolicy, MeetingPolicy, Policy, RadioPolicy, ShortDataPolicy
from bridge.media.settings import MediaSettings
from bridge.rakel.settings import TerminalSettings
from bridge.recording.settings import RecordingSettings
from bridge.storage.settings import StorageSettings

DEFAULT_FILE: Final = "samband.toml"
_PREFIX: Final = "SAMBAND_"
_NOT_SETTINGS: Final = frozenset({"SAMBAND_CONFIG"})


class SettingsError(Exception):
    """The settings are not usable. The text names the file, the table, the setting and the remedy."""


class ConferenceSettings(BaseModel):
    """The `[conference]` table: how callers get in, and how a meeting behaves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code_tries: int = Field(default=3, ge=1, le=10, description="Tries to key a code before the caller is hung up.")
    digit_pause_s: float = Field(
        default=6.0, ge=1, le=60, description="So long after the last digit a code counts as finished without #."
    )
    patience_s: float = Field(default=30.0, ge=5, le=300, description="So long without any digit costs a try.")
    brake_after: int = Field(
        default=12, ge=1, le=1000, description="Wrong codes from one caller before his answers are slowed down."
    )
    brake_window_s: float = Field(
        default=1800.0, ge=1, le=86_400, description="Wrong codes are remembered for so long."
    )
    brake_longest_s: float = Field(default=10.0, ge=0, le=60, description="The longest a braked answer is held back.")
    key_pause_s: float = Field(default=4.0, ge=1, le=30, description="A * waits so long for its second key.")
    end_after_s: float = Field(default=4.0, ge=0, le=60, description="From the spoken farewell to the hang-up.")
    empty_s: float = Field(
        default=60.0, ge=1, le=86_400, description="The recording of an empty meeting is closed after this."
    )
    tell_muted_every_s: float = Field(
        default=30.0, ge=5, le=3600, description="A muted person who talks is told so at most this often."
    )
    language: Language = Field(default=Language.SV, description="Language of callers before it is known.")


class CalloutSettings(BaseModel):
    """The `[callout]` table: call-outs. How long and how often is rung is set by each activation list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_wait_s: float = Field(
        default=30.0, ge=5, le=120, description="Answered, but no key within this: not confirmed, never bridged."
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
        default=300.0, ge=0, le=3600, description="The hosts are told this long before a patch's lease ends."
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
        description="A radio user heard within this from a start of ours on another talkgroup may be ourselves: two"
        " groups linked in the network.",
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
            raise ValueError("warn_s must be smaller than cut_s")
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


class LogSettings(BaseModel):
    """The `[log]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error."
    )
    format: str = Field(
        default="auto", pattern="^(auto|json|console)$", description="json, console, or auto: console in a terminal."
    )
    file_mb: int = Field(
        default=10,
        ge=1,
        le=10_000,
        description="A log file in the state folder that grows beyond this is put in `<name>.1`, over the former one.",
    )


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=False,
    )

    state: Path = Field(
        default=Path("var"), description="State directory: database, secrets, recordings, Asterisk's files."
    )
    asterisk: AsteriskSettings = AsteriskSettings()
    trunk: tuple[TrunkSettings, ...] = (TrunkSettings(),)
    terminal: tuple[TerminalSettings, ...] = ()
    media: MediaSettings = MediaSettings()
    api: ApiSettings = ApiSettings()
    storage: StorageSettings = StorageSettings()
    recording: RecordingSettings = RecordingSettings()
    conference: ConferenceSettings = ConferenceSettings()
    callout: CalloutSettings = CalloutSettings()
    radio: RadioSettings = RadioSettings()
    sds: ShortDataSettings = ShortDataSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _names_and_ports_differ(self) -> Self:
        check_trunks(self.trunk)
        names = [terminal.name for terminal in self.terminal]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two terminals are named {twice}: every terminal needs a name of its own")
        if self.api.port in {self.asterisk.sip_port, self.asterisk.ari_port, self.asterisk.ami_port}:
            raise ValueError(f"api.port {self.api.port} is Asterisk's too: choose another")
        return self

    @property
    def number(self) -> str:
        """Our own number, as shown to people; E.164 with plus."""
        return self.asterisk.numbers[0]

    def policy(self) -> Policy:
        """The figures the domain's rules go by."""
        conference, callout = self.conference, self.callout
        return Policy(
            entry=EntryPolicy(
                tries=conference.code_tries,
                digit_pause_s=conference.digit_pause_s,
                patience_s=conference.patience_s,
                brake_after=conference.brake_after,
                brake_window_s=conference.brake_window_s,
                brake_longest_s=conference.brake_longest_s,
            ),
            meeting=MeetingPolicy(
                key_pause_s=conference.key_pause_s,
                end_after_s=conference.end_after_s,
                empty_s=conference.empty_s,
                tell_muted_every_s=conference.tell_muted_every_s,
            ),
            callout=CalloutPolicy(**callout.model_dump()),
            radio=RadioPolicy(**self.radio.model_dump()),
            short_data=ShortDataPolicy(
                **{field.name: getattr(self.sds, field.name) for field in fields(ShortDataPolicy)}
            ),
            language=conference.language,
            terminals=tuple(
                TerminalPolicy(one.terminal, tuple(Gssi(gssi) for gssi in one.talkgroups), one.spare, one.text_octets)
                for one in self.terminal
            ),
            trunks=tuple(
                TrunkPolicy(
                    TrunkName(trunk.name),
                    trunk.calls_per_s,
                    trunk.channels,
                    trunk.prefixes,
                    trunk.caller_id or self.number,
                    trunk.premium,
                )
                for trunk in self.trunk
            ),
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


def config_file() -> Path:
    return Path(os.environ.get("SAMBAND_CONFIG", DEFAULT_FILE))


def load() -> Settings:
    """Read the file and the environment.

    Raises:
        SettingsError: In words, each fault on its line.
    """
    file = config_file()
    if "SAMBAND_CONFIG" in os.environ and not file.is_file():
        raise SettingsError(f"{file}: there is no such file. SAMBAND_CONFIG names it; correct or unset it.")
    try:
        _known_variables()
        return Settings()
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not TOML: {error}. Text values need quotes.") from error
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(file, one) for one in error.errors())) from error


def _known_variables() -> None:
    """pydantic-settings passes over variables it does not know; a misspelt one must not be passed over."""
    tables = {name: field.annotation for name, field in Settings.model_fields.items()}
    for variable in sorted(os.environ):
        if not variable.startswith(_PREFIX) or variable in _NOT_SETTINGS:
            continue
        table, _, name = variable.removeprefix(_PREFIX).lower().partition("__")
        model = tables.get(table)
        known = table in tables and (not name or name.partition("__")[0] in getattr(model, "model_fields", {}))
        if not known:
            raise SettingsError(f"the variable {variable} names no setting. Correct its spelling or unset it.")


def is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _explain(file: Path, error: Any) -> str:
    where = _where(error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{file}: {where} is no setting. Correct its spelling or take it out; see the settings reference."
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{file}: {where}: {message}." if where else f"{file}: {message}."


def _where(location: Sequence[str | int]) -> str:
    """`("trunk", 1, "dial")` → `[[trunk]] number 2, dial`."""
    match list(location):
        case []:
            return ""
        case [str(table), int(index), *rest]:
            return f"[[{table}]] number {index + 1}" + "".join(f", {part}" for part in rest)
        case [table]:
            field = Settings.model_fields.get(str(table))
            return f"[{table}]" if field is not None and is_model(field.annotation) else str(table)
        case [table, *rest]:
            return f"[{table}] {'.'.join(str(part) for part in rest)}"
    return ""


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of the settings reference. `unit` is read from the name's ending."""

    table: str
    name: str
    type: str
    default: str
    unit: str
    description: str


_UNITS: Final = {
    "_s": "seconds",
    "_ms": "milliseconds",
    "_h": "hours",
    "_dbfs": "dBFS",
    "_db": "dB",
    "_dbm": "dBm",
    "_hz": "hertz",
    "_bytes": "bytes",
    "_days": "days",
    "_percent": "percent",
    "_per_s": "per second",
}


def reference() -> Iterator[SettingRow]:
    """Every setting there is, in the order of the file."""
    for name, field in Settings.model_fields.items():
        annotation = field.annotation
        if get_origin(annotation) is tuple and is_model(get_args(annotation)[0]):
            yield from _rows(f"[[{name}]]", get_args(annotation)[0])
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _rows(f"[{name}]", annotation)
        else:
            yield _row("", name, field)


def _rows(table: str, model: type[BaseModel]) -> Iterator[SettingRow]:
    """Those of a table, then those of the tables inside it: `[media]`, `[[media.card]]`."""
    inner: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        yield _row(table, name, field)
        annotation = field.annotation
        path = f"{table.strip('[]')}.{name}"
        if get_origin(annotation) is tuple and is_model(get_args(annotation)[0]):
            inner.append((f"[[{path}]]", get_args(annotation)[0]))
        elif annotation is not None and is_model(annotation):
            inner.append((f"[{path}]", annotation))
    for path, of_it in inner:
        yield from _rows(path, of_it)


def _row(table: str, name: str, field: FieldInfo) -> SettingRow:
    ending = max((one for one in _UNITS if name.endswith(one)), key=len, default="")
    return SettingRow(
        table, name, _type_name(field.annotation), _default(field), _UNITS.get(ending, ""), field.description or ""
    )


def _type_name(annotation: Any) -> str:
    """A type in words: `tuple[Annotated[int, …], ...]` → `list of int`."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type_name(inner[0])
    if origin is Literal:
        return " | ".join(str(value) for value in inner)
    if origin is tuple:
        return "list of tables" if is_model(inner[0]) else f"list of {_type_name(inner[0])}"
    if origin in (Union, UnionType):
        return " | ".join(_type_name(one) for one in inner if one is not NoneType)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " | ".join(annotation)
    name: str = annotation.__name__
    return {"str": "text", "SecretStr": "text", "Path": "path"}.get(name, name)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    if value is None or value == () or value == "":
        return "none"
    return ", ".join(str(one) for one in value) if isinstance(value, tuple) else str(value)


def reference_markdown() -> str:
    """The settings reference as a document, one table of settings for each table of the file."""
    lines = ["# Settings", "", __doc__ or ""]
    table = None
    for row in reference():
        if row.table != table:
            table = row.table
            lines += ["", f"## `{table}`" if table else "## Top level", ""]
            lines += ["| setting | type | default | unit | meaning |", "|---|---|---|---|---|"]
        cells = (f"`{row.name}`", row.type, f"`{row.default}`", row.unit, row.description)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
