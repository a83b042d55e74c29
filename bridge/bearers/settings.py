"""The settings of the bearers. All are off by default."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bridge.bearers.reasons import BearerSettingReason
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.outbox.addresses import mail_address

_SENDER: Final = re.compile(r"\+[1-9][0-9]{5,14}|(?=.*[A-Za-z])[A-Za-z0-9]{1,11}")
"""A number, or a name of at most eleven letters and digits, which cannot be answered."""


class MailSettings(BaseModel):
    """The `[mail]` table: e-mail by SMTP. Off while `host` is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9.:-]{0,253}$",
        description="The mail server that takes our e-mail. Empty: no e-mail is sent.",
    )
    port: int = Field(default=587, ge=1, le=65535, description="Its port: 587 for STARTTLS, 465 for TLS.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="starttls or tls: the server must show a trusted certificate. none: only to a"
        " server on this machine.",
    )
    sender: str = Field(default="", description="The address that our e-mail comes from.")
    user: str = Field(default="", max_length=128, description="Name at the server, where it asks for one.")
    password_file: Path | None = Field(
        default=None, description="File that holds the password and nothing else, closed to others."
    )
    certificates: Path | None = Field(
        default=None,
        description="File of the authorities that the server's certificate is tried by. None: the system's.",
    )
    within_s: float = Field(default=20.0, gt=0, le=120, description="The server has so long for each answer.")
    messages_per_s: float = Field(default=5.0, gt=0, le=1000, description="So many messages a second at most.")
    at_once: int = Field(default=4, ge=1, le=50, description="So many are handed over at the same time at most.")

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if bool(self.user) != (self.password_file is not None):
            raise Unusable(BearerSettingReason.PASSWORD_ALONE(), "password_file")
        if not self.host:
            return self
        if mail_address(self.sender) != self.sender:
            raise Unusable(BearerSettingReason.MAIL_FROM(value=repr(self.sender)), "sender")
        if self.security == "none" and not is_here(self.host):
            raise Unusable(BearerSettingReason.MAIL_IN_CLEAR(host=self.host), "security")
        return self


class SmppSettings(BaseModel):
    """The `[sms.smpp]` table: SMS over an operator's line by SMPP 3.4. Off while `host` is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9.:-]{0,253}$",
        description="The operator's server (SMSC). Empty: no SMS goes over such a line.",
    )
    port: int = Field(default=2775, ge=1, le=65535, description="Its port.")
    security: Literal["tls", "none"] = Field(
        default="tls",
        description="tls: the server must show a trusted certificate. none: only where a VPN or"
        " the like protects the line.",
    )
    certificates: Path | None = Field(
        default=None,
        description="File of the authorities that the server's certificate is tried by. None: the system's.",
    )
    system_id: str = Field(default="", pattern=r"^[!-~]{0,15}$", description="Our name at the server.")
    password_file: Path | None = Field(
        default=None, description="File that holds the password and nothing else, closed to others."
    )
    system_type: str = Field(default="", pattern=r"^[!-~]{0,12}$", description="Only where the operator asks for one.")
    long: Literal["header", "sar", "payload"] = Field(
        default="header",
        description="How a text of several parts goes. header: joined in the text. sar: joined by parameters. payload:"
        " whole.",
    )
    coding: Literal["auto", "ucs2"] = Field(
        default="auto",
        description="auto: the default alphabet (GSM-7) where it holds the text, else UCS-2. ucs2: always UCS-2.",
    )
    receipts: bool = Field(default=True, description="Ask for a receipt of each part.")
    receipt_ids: Literal["as_given", "decimal"] = Field(
        default="as_given",
        description="decimal: the server gives ids in hexadecimal, and names them in decimal in its receipts.",
    )
    enquire_s: float = Field(
        default=30.0, ge=1, le=600, description="After so long a silence the server is asked whether it is there."
    )
    within_s: float = Field(default=20.0, gt=0, le=120, description="The server has so long for each answer.")

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if self.host and not self.system_id:
            raise Unusable(BearerSettingReason.SMPP_WITHOUT_LOGIN(), "system_id")
        return self


class ModemSettings(BaseModel):
    """The `[sms.modem]` table: SMS by a modem on this machine, which needs no internet. Off while `device` is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str = Field(
        default="",
        pattern=r"^(/[!-~]{1,200}|socket://[!-~]{1,200})?$",
        description="Its serial line, such as `/dev/serial/by-id/…`. Empty: there is none.",
    )
    baud: int = Field(default=115_200, ge=1200, le=921_600, description="The speed of the line, in bit/s.")
    pin_file: Path | None = Field(
        default=None,
        description="File that holds the PIN of the SIM and nothing else, closed to others. It is given once.",
    )
    service_centre: str = Field(
        default="",
        pattern=r"^(\+[1-9][0-9]{5,14})?$",
        description="Number of the network's service centre, E.164 with plus. Empty: the one on the SIM.",
    )
    within_s: float = Field(default=60.0, gt=0, le=180, description="The network has so long to take a text.")


SmsBearer = Literal["gateway", "smpp", "modem"]


class SmsSettings(BaseModel):
    """The `[sms]` table: SMS, and the HTTP gateway in the form of 46elks. The gateway is off while `url` is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        default="",
        max_length=500,
        description="Where messages are posted: `https://api.46elks.com/a1/sms`. Empty: none goes by a gateway.",
    )
    sender: str = Field(
        default="",
        description="The number that messages come from, E.164 with plus, so that they can be answered. Or a name of at"
        " most eleven letters and digits.",
    )
    user: str = Field(default="", max_length=128, description="Name at the gateway.")
    password_file: Path | None = Field(
        default=None, description="File that holds the password and nothing else, closed to others."
    )
    callback_url: str = Field(
        default="",
        max_length=300,
        description="Our address as the gateway reaches it, such as `https://samband.example.se`. Receipts and answers"
        " come there. Empty: none come.",
    )
    within_s: float = Field(default=20.0, gt=0, le=120, description="The gateway has so long for its answer.")
    messages_per_s: float = Field(default=5.0, gt=0, le=1000, description="So many messages a second at most.")
    at_once: int = Field(default=4, ge=1, le=50, description="So many are handed over at the same time at most.")
    order: tuple[SmsBearer, ...] = Field(
        default=(),
        max_length=3,
        description="The ways that an SMS goes, the first one first: gateway, smpp, modem. The next one is used where"
        " one is down. Empty: those that are set up, in this order.",
    )
    smpp: SmppSettings = Field(default=SmppSettings(), description="The operator's line.")
    modem: ModemSettings = Field(default=ModemSettings(), description="The modem.")

    @field_validator("callback_url")
    @classmethod
    def _callback_is_an_address(cls, text: str) -> str:
        if text and not _is_safe(text):
            raise Unusable(BearerSettingReason.CALLBACK_URL(value=repr(text)))
        return text.rstrip("/")

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if bool(self.user) != (self.password_file is not None):
            raise Unusable(BearerSettingReason.PASSWORD_ALONE(), "password_file")
        set_up = self._set_up
        if twice := next((one for at, one in enumerate(self.order) if one in self.order[:at]), None):
            raise Unusable(BearerSettingReason.ORDER_TWICE(name=twice), "order")
        if absent := next((one for one in self.order if one not in set_up), None):
            raise Unusable(BearerSettingReason.ORDER_NOT_SET_UP(name=absent), "order")
        if self.url and not _is_safe(self.url):
            raise Unusable(BearerSettingReason.SMS_URL(value=repr(self.url)), "url")
        if (self.url or self.smpp.host) and not _SENDER.fullmatch(self.sender):
            raise Unusable(BearerSettingReason.SMS_FROM(value=repr(self.sender)), "sender")
        return self

    @property
    def _set_up(self) -> tuple[SmsBearer, ...]:
        found: tuple[tuple[SmsBearer, str], ...] = (
            ("gateway", self.url),
            ("smpp", self.smpp.host),
            ("modem", self.modem.device),
        )
        return tuple(name for name, on in found if on)

    @property
    def ways(self) -> tuple[SmsBearer, ...]:
        """Those that an SMS goes by, in their order. None: no SMS is sent."""
        return self.order or self._set_up

    @property
    def can_be_answered(self) -> bool:
        """Whichever way an SMS went. A name cannot, and neither can a number whose answers come nowhere. A modem's
        number is its SIM's."""
        can = {
            "gateway": bool(self.callback_url) and self.sender.startswith("+"),
            "smpp": self.sender.startswith("+"),
            "modem": True,
        }
        return bool(self.ways) and all(can[way] for way in self.ways)


class LinkSettings(BaseModel):
    """The `[links]` table: links in messages, by which reports and answers come back. Off while `url` is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        default="",
        max_length=100,
        description="Our address as readers of messages reach it, such as `https://samband.example.se`. Its host"
        " belongs in `hosts` of `[api]`. Empty: no link is sent.",
    )
    report_before_s: float = Field(
        default=86_400.0,
        ge=600,
        le=604_800,
        description="Each organisation is asked for its situation report so long before a meeting that asks for them.",
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, text: str) -> str:
        if text and not _is_safe(text):
            raise Unusable(BearerSettingReason.CALLBACK_URL(value=repr(text)))
        return text.rstrip("/")


def is_here(host: str) -> bool:
    """Whether it is this machine: what goes there crosses no network."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _is_safe(url: str) -> bool:
    """HTTPS without a password in it; HTTP to this machine alone."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and " " not in url and parts.username is None and not parts.fragment
    return is_plain and bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_here(host)))
