"""The `[asterisk]` table and the `[[trunk]]` tables."""

import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from bridge.ari.reasons import SettingReason
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.telephony.numbers import parse_number, parse_prefix

Port = Annotated[int, Field(ge=1, le=65535)]


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise Unusable(SettingReason.NO_ADDRESS()) from error


def _second_address(text: str) -> str:
    """Nothing, or an IPv6 address."""
    if text and ":" not in text:
        raise Unusable(SettingReason.NO_IPV6(value=text))
    return text and _address(text)


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise Unusable(SettingReason.NO_NETWORK()) from error
    if network.prefixlen == 0:
        raise Unusable(SettingReason.WHOLE_WORLD(value=text))
    return str(network.network_address) if network.num_addresses == 1 else str(network)


Address = Annotated[str, AfterValidator(_address)]
SecondAddress = Annotated[str, AfterValidator(_second_address)]
Network = Annotated[str, AfterValidator(_network)]
Number = Annotated[str, AfterValidator(parse_number)]
Prefix = Annotated[str, AfterValidator(parse_prefix)]
Codec = Literal["alaw", "ulaw", "g722"]

_NAME = r"(?=.*[A-Za-z])[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-fA-F:]{2,39}\])"


class AsteriskSettings(BaseModel):
    """Where Asterisk listens and which Asterisk it is. Everything is on loopback unless said otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    binary: str = Field(
        default="",
        description="An installed Asterisk (22.10.1 or later) to run, such as /usr/sbin/asterisk. Empty: a private "
        "one is unpacked into the user's cache.",
    )
    sip_host: Address = Field(
        default="127.0.0.1", description="Address for SIP (UDP and TCP) and its audio; 0.0.0.0 is every address."
    )
    sip_host6: SecondAddress = Field(
        default="",
        description="IPv6 address for SIP and its audio beside `sip_host`, for trunks that are dialled by IPv6. Empty:"
        " none.",
    )
    sip_port: Port = Field(default=5060, description="Port for SIP, UDP and TCP.")
    sip_tls_port: Port = Field(default=5061, description="Port for SIP over TLS; open only where a trunk uses TLS.")
    tls_certificate: Path | None = Field(
        default=None,
        description="PEM file with our certificate, then those between it and its issuer. A trunk over TLS needs it.",
    )
    tls_key: Path | None = Field(default=None, description="PEM file with the certificate's private key, mode 600.")
    tls_ca: Path | None = Field(
        default=None,
        description="PEM file of the issuers that a trunk's certificate may come from. Empty: those of the system.",
    )
    public_host: str = Field(
        default="",
        pattern=rf"^(?:{_HOST})?$",
        description="The address the trunk sees when this machine is behind address translation (NAT). Empty: none.",
    )
    rtp_first_port: int = Field(default=20000, ge=1024, le=65534, description="First UDP port of audio.")
    rtp_last_port: int = Field(default=29999, ge=1025, le=65535, description="Last UDP port of audio.")
    rtp_timeout_s: int = Field(
        default=14_400,
        ge=5,
        le=86_400,
        description="A call from which no audio comes for so long is hung up, even where its telephone still answers"
        " SIP. A dead telephone is found out within seconds by asking it.",
    )
    hold_timeout_s: int = Field(
        default=3600,
        ge=30,
        le=86_400,
        description="A call on hold, from which no audio comes, is hung up after this.",
    )
    hung_restart_s: float = Field(
        default=20.0,
        ge=0,
        le=3600,
        description="An Asterisk that has neither answered nor used any processor time for so long is ended and"
        " started again. Its calls are lost. Shorter stalls pass, longer ones callers do not wait out; 0: never.",
    )
    realtime_priority: int = Field(
        default=10, ge=0, le=50, description="SCHED_RR priority of Asterisk, where allowed; 0: ordinary scheduling."
    )
    ari_port: Port = Field(default=8088, description="Port of Asterisk's REST interface, on 127.0.0.1 always.")
    ami_port: Port = Field(default=5038, description="Port of Asterisk's manager interface, on 127.0.0.1 always.")
    numbers: tuple[Number, ...] = Field(
        default=("+4685555555",),
        min_length=1,
        max_length=200,
        description="Our own numbers, which callers dial. Calls to any other are refused.",
    )
    codecs: tuple[Codec, ...] = Field(
        default=("alaw", "ulaw"),
        min_length=1,
        description="Accepted codecs, the best first. Keep to one sample rate: a mixed room is resampled all the time.",
    )
    language: Literal["sv", "en"] = Field(default="sv", description="Language of callers who have chosen none.")

    @field_validator("hung_restart_s")
    @classmethod
    def _a_stall_is_no_proof(cls, seconds: float) -> float:
        if 0 < seconds < 5:
            raise Unusable(SettingReason.SHORT_STALL())
        return seconds

    @field_validator("numbers")
    @classmethod
    def _each_number_once(cls, numbers: tuple[str, ...]) -> tuple[str, ...]:
        """A number that leads straight into a conference must not be the main one too."""
        twice = next((one for at, one in enumerate(numbers) if one in numbers[:at]), None)
        if twice is not None:
            raise Unusable(SettingReason.NUMBER_TWICE(number=twice))
        return numbers

    @model_validator(mode="after")
    def _certificate_and_key_go_together(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise Unusable(SettingReason.CERTIFICATE_ALONE())
        if self.sip_host6 and ":" in self.sip_host:
            raise Unusable(SettingReason.IPV6_ALREADY(), "sip_host6")
        return self

    @model_validator(mode="after")
    def _ports_fit(self) -> Self:
        if self.rtp_last_port - self.rtp_first_port < 3:
            raise Unusable(SettingReason.FEW_AUDIO_PORTS())
        if len({self.sip_port, self.sip_tls_port, self.ari_port, self.ami_port}) < 4:
            raise Unusable(SettingReason.SAME_PORTS())
        return self


class TrunkSettings(BaseModel):
    """A `[[trunk]]` table: one SIP peer that calls come from and go to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        default="main", pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$", description="The trunk's name, unique."
    )
    transport: Literal["udp", "tcp", "tls"] = Field(
        default="udp", description="SIP towards the trunk over UDP, TCP or TLS (1.2 or later, its certificate checked)."
    )
    srv: bool = Field(
        default=False,
        description="`dial` is a name without a port whose SRV records (RFC 3263) name the operator's servers.",
    )
    dial: str = Field(description="Where calls are sent: host:port, or host for port 5060 (5061 over TLS).")
    then_dial: tuple[str, ...] = Field(
        default=(),
        max_length=8,
        description="The operator's further addresses, in order. Each is asked every 10 s whether it is there. A call"
        " goes to the first that answers.",
    )
    accept_from: tuple[Network, ...] = Field(
        default=("127.0.0.1",),
        max_length=64,
        description="Addresses or networks (10.0.0.0/28) calls are accepted from. Where two trunks name the same "
        "address, its calls count as the first one's.",
    )
    srtp: bool = Field(
        default=False,
        description="Sound is encrypted (SRTP, keys by SDES), and calls without it are refused. Only over TLS: the keys"
        " stand in the SIP.",
    )
    dtmf: Literal["auto", "rfc4733", "info", "inband"] = Field(
        default="auto",
        description="How keys come: telephone-event packets (rfc4733), SIP INFO (info), or audible tones (inband)."
        " With auto packets are taken, and tones on a call whose far end offers no packets. INFO is always taken.",
    )
    codecs: tuple[Codec, ...] = Field(
        default=(), description="Accepted codecs of this trunk, the best first. Empty: those of `asterisk.codecs`."
    )
    calls_in: int = Field(
        default=100,
        ge=1,
        le=10_000,
        description="Calls that come in at the same time at most; one more is answered 503, and the log tells it.",
    )
    calls_per_s: float = Field(
        default=5.0,
        gt=0,
        le=1000,
        description="New calls per second at most, as the operator counts them. 0.5: one in two seconds.",
    )
    channels: int = Field(default=30, ge=1, le=10_000, description="Calls at the same time at most.")
    prefixes: tuple[Prefix, ...] = Field(
        default=("+46",),
        min_length=1,
        description="Only numbers that begin with one of these are called: +46, 0047, 08.",
    )
    premium: bool = Field(
        default=False, description="Call numbers too whose caller pays for what is said: 0900, 0939, 0944 and the like."
    )
    caller_id: str = Field(
        default="", description="The number shown to those we call. Empty: the first of asterisk.numbers."
    )
    username: str = Field(default="", max_length=128, description="Name at the operator, where it asks for one.")
    password_file: Path | None = Field(default=None, description="File that holds the password and nothing else.")
    register_at_operator: bool = Field(default=False, description="Register with username and password at `dial`.")

    @field_validator("dial")
    @classmethod
    def _dial_is_host_and_port(cls, text: str, info: ValidationInfo) -> str:
        if not info.data.get("srv"):
            return _host_and_port(text, info.data.get("transport", "udp"))
        if not re.fullmatch(_NAME, text, re.ASCII):
            raise Unusable(SettingReason.SRV_NAME(value=repr(text)))
        return text

    @field_validator("then_dial")
    @classmethod
    def _further_addresses_differ(cls, texts: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if texts and info.data.get("srv"):
            raise Unusable(SettingReason.SRV_ADDRESSES())
        addresses = tuple(_host_and_port(text, info.data.get("transport", "udp")) for text in texts)
        first = info.data.get("dial", "")
        if len({first, *addresses}) <= len(addresses):
            raise Unusable(SettingReason.ADDRESS_TWICE())
        if any(address.startswith("[") != first.startswith("[") for address in addresses):
            raise Unusable(SettingReason.MIXED_ADDRESSES())
        return addresses

    @model_validator(mode="after")
    def _keys_of_srtp_are_not_sent_in_the_clear(self) -> Self:
        if self.srtp and self.transport != "tls":
            raise Unusable(SettingReason.SRTP_IN_CLEAR(), "srtp")
        return self

    @property
    def dials(self) -> tuple[str, ...]:
        """Every address that calls may be sent to, the preferred one first."""
        return (self.dial, *self.then_dial)

    @property
    def is_ipv6(self) -> bool:
        """Whether it is dialled by an IPv6 address."""
        return self.dial.startswith("[")

    @field_validator("caller_id")
    @classmethod
    def _caller_id_is_a_number(cls, text: str) -> str:
        return parse_number(text) if text else ""

    @field_validator("username")
    @classmethod
    def _username_is_plain(cls, text: str) -> str:
        if text and not re.fullmatch(r"[A-Za-z0-9._+@-]+", text, re.ASCII):
            raise Unusable(SettingReason.USERNAME())
        return text

    @model_validator(mode="after")
    def _name_and_password_go_together(self) -> Self:
        if bool(self.username) != (self.password_file is not None):
            raise Unusable(SettingReason.PASSWORD_ALONE())
        if self.register_at_operator and not self.username:
            raise Unusable(SettingReason.REGISTERS_AS_NOBODY(), "register_at_operator")
        return self


def _host_and_port(text: str, transport: str) -> str:
    found = re.fullmatch(rf"({_HOST})(?::([0-9]{{1,5}}))?", text, re.ASCII)
    if found is None or not 1 <= int(found[2] or "5060") <= 65535:
        raise Unusable(SettingReason.HOST_AND_PORT(value=repr(text)))
    return text if found[2] else f"{text}:{5061 if transport == 'tls' else 5060}"


def check_reach(settings: AsteriskSettings, trunks: Sequence[TrunkSettings]) -> None:
    """Check that what the trunks need of this machine is there.

    Raises:
        Unusable: A trunk over TLS without a certificate of ours, or one by IPv6 without an address of ours.
    """
    for at, trunk in enumerate(trunks):
        if trunk.transport == "tls" and settings.tls_certificate is None:
            raise Unusable(SettingReason.NO_CERTIFICATE_FOR(trunk=trunk.name), "trunk", at, "transport")
        if trunk.is_ipv6 and not settings.sip_host6 and ":" not in settings.sip_host:
            raise Unusable(SettingReason.NO_IPV6_FOR(trunk=trunk.name), "trunk", at, "dial")


def check_trunks(trunks: Sequence[TrunkSettings]) -> None:
    """Check the trunks against each other.

    Raises:
        Unusable: No trunk at all, or two of one name.
    """
    if not trunks:
        raise Unusable(SettingReason.NO_TRUNK(), "trunk")
    names = [trunk.name for trunk in trunks]
    twice = next((at for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise Unusable(SettingReason.TRUNK_TWICE(name=names[twice]), "trunk", twice, "name")
