"""Where recordings go and when the disk is too full."""

from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bridge.domain.kernel.reasons import Unusable
from bridge.domain.recording.policy import RecordingPolicy, Tracks
from bridge.recording.reasons import SettingReason

_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Place(BaseModel):
    """One `[[recording.place]]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="By which it is chosen.")
    folder: Path | None = Field(default=None, description="A folder that another system takes packages from.")
    url: str = Field(default="", description="A folder of a WebDAV server; https, but to this machine.")
    user: str = Field(default="", max_length=128, description="Name at the server, where it asks for one.")
    password_file: Path | None = Field(
        default=None, description="File that holds the password and nothing else, closed to others."
    )
    certificates: Path | None = Field(
        default=None, description="File of the authorities that its certificate is tried by. None: the system's."
    )

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        parts = urlsplit(self.url)
        is_web = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        if bool(self.url) == (self.folder is not None) or (self.url and not (is_web and parts.hostname)):
            raise Unusable(SettingReason.PLACE_SHAPE(name=self.name))
        if bool(self.user) != (self.password_file is not None):
            raise Unusable(SettingReason.PLACE_PASSWORD_ALONE(name=self.name), "password_file")
        return self


class RecordingSettings(BaseModel):
    """The `[recording]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spool: Path | None = Field(
        default=None,
        description="Where Asterisk writes recordings (`<id>.wav`); none: its recording folder in the state.",
    )
    archive: Path | None = Field(
        default=None, description="The root of the archive; none: `archive` in the state folder."
    )
    timezone: str = Field(default="Europe/Stockholm", description="The zone of the dates in names and documents.")
    sync_interval_s: float = Field(
        default=0.5, gt=0, le=60, description="How often what Asterisk has written is forced to the disk."
    )
    warn_free_percent: float = Field(
        default=20.0, gt=0, lt=100, description="Below this much free space the health report warns."
    )
    stop_free_percent: float = Field(
        default=5.0, ge=0, lt=100, description="Below this much free space no new recording is begun; calls go on."
    )
    tracks: Tracks = Field(
        default=RecordingPolicy().tracks,
        description="Beside a meeting's mix: `participants` records each telephone's voice alone too; `mix` does not.",
    )
    authority: str = Field(
        default="", max_length=200, description="The authority whose archive it is, in packages for a public archive."
    )
    authority_code: str = Field(default="", max_length=40, description="Its number of organisation, there too.")
    place: tuple[Place, ...] = Field(
        default=(), max_length=20, description="Places that packages are handed over to: folders and WebDAV servers."
    )
    package_kept_h: float = Field(
        default=72.0, gt=0, le=8760, description="A package that was made in the background is kept so long, in hours."
    )
    mail_mb: float = Field(
        default=10.0,
        ge=0,
        le=50,
        description="A package up to this size is attached to an e-mail. A larger one, and any under secrecy, is"
        " sent as a link that needs a login. 0: always a link.",
    )
    queue_limit: int = Field(default=1000, ge=1, description="Recordings that may wait to be archived at once.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError, LookupError) as error:
            raise Unusable(SettingReason.NO_TIME_ZONE(name=repr(name))) from error
        return name

    @field_validator("place")
    @classmethod
    def _once(cls, places: tuple[Place, ...]) -> tuple[Place, ...]:
        names = [one.name for one in places]
        if twice := next((one for one in names if names.count(one) > 1), None):
            raise Unusable(SettingReason.PLACE_TWICE(name=twice))
        return places

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.stop_free_percent >= self.warn_free_percent:
            raise Unusable(SettingReason.STOPS_BEFORE_WARNING(), "stop_free_percent")
        return self


class CopySettings(BaseModel):
    """The `[archive_copy]` table: a copy of the archive in an object store (S3)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        default="",
        max_length=2000,
        pattern=r"^$|^https?://[^@]*$",
        description="The store's address; empty: no copy is made. Its bucket should have object lock, with a default"
        " retention.",
    )
    bucket: str = Field(default="", max_length=63, description="The bucket.")
    prefix: str = Field(default="", max_length=200, description="Before each name in the bucket.")
    region: str = Field(default="us-east-1", max_length=63, description="The store's region.")
    user: str = Field(default="", max_length=200, description="The access key.")
    password_file: Path | None = Field(
        default=None, description="File that holds the secret key and nothing else, closed to others."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.url and not (self.bucket and self.user and self.password_file):
            raise Unusable(SettingReason.COPY_WITHOUT_BUCKET(), "bucket")
        return self
