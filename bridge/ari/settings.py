"""The `[asterisk]` table and the `[[trunk]]` tables."""

import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from bridge.domain.numbers import parse_number

Port = Annotated[int, Field(ge=1, le=65535)]


def _address(text: str) -> str:
    return str(ipaddress.ip_address(text))


def _network(text: str) -> str:
    network = ipaddress.ip_network(text, strict=False)
    if network.prefixlen == 0:
        raise ValueError(f"{text} lets the whole world in: name the trunk's own addresses")
    return str(network.network_address) if network.num_addresses == 1 else str(network)


Address = Annotated[str, AfterValidator(_address)]
Network = Annotated[str, AfterValidator(_network)]
Number = Annotated[str, AfterValidator(parse_number)]

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
    sip_port: Port = Field(default=5060, description="Port for SIP, UDP and TCP.")
    public_host: str = Field(
        default="",
        pattern=rf"^(?:{_HOST})?$",
        description="The address the trunk sees when this machine is behind address translation (NAT). Empty: none.",
    )
    rtp_first_port: int = Field(default=20000, ge=1024, le=65534, description="First UDP port of audio.")
    rtp_last_port: int = Field(default=29999, ge=1025, le=65535, description="Last UDP port of audio.")
    rtp_timeout_s: int = Field(
        default=45,
        ge=5,
        le=3600,
        description="A call from which no audio comes for so long has lost its line: hung up.",
    )
    hung_restart_s: float = Field(
        default=20.0,
        ge=0,
        le=3600,
        description="An Asterisk that has neither answered nor used any processor time for so long is ended and"
        " started again; its calls are lost. Shorter stalls pass, longer ones callers do not wait out; 0: never.",
    )
    ari_port: Port = Field(default=8088, description="Port of Asterisk's REST interface, on 127.0.0.1 always.")
    ami_port: Port = Field(default=5038, description="Port of Asterisk's manager interface, on 127.0.0.1 always.")
    numbers: tuple[Number, ...] = Field(
        default=("+4685555555",),
        min_length=1,
        max_length=200,
        description="Our own numbers, which callers dial. Calls to any other are refused.",
    )
    codecs: tuple[Literal["alaw", "ulaw", "g722"], ...] = Field(
        default=("alaw", "ulaw"),
        min_length=1,
        description="Accepted codecs, the best first. Keep to one sample rate: a mixed room is resampled all the time.",
    )
    language: Literal["sv", "en"] = Field(default="sv", description="Language of callers who have chosen none.")

    @field_validator("hung_restart_s")
    @classmethod
    def _a_stall_is_no_proof(cls, seconds: float) -> float:
        if 0 < seconds < 5:
            raise ValueError("a stall shorter than 5 s passes by itself: set 5 or more, or 0 for never")
        return seconds

    @model_validator(mode="after")
    def _ports_fit(self) -> Self:
        if self.rtp_last_port - self.rtp_first_port < 3:
            raise ValueError("rtp_first_port…rtp_last_port must hold at least four ports, two for each call")
        if len({self.sip_port, self.ari_port, self.ami_port}) < 3:
            raise ValueError("sip_port, ari_port and ami_port must be three different ports")
        return self


class TrunkSettings(BaseModel):
    """A `[[trunk]]` table: one SIP peer that calls come from and go to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        default="main", pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$", description="The trunk's name, unique."
    )
    dial: str = Field(default="127.0.0.1:5080", description="Where calls are sent: host:port, or host for port 5060.")
    accept_from: tuple[Network, ...] = Field(
        default=("127.0.0.1",),
        max_length=64,
        description="Addresses or networks (10.0.0.0/28) calls are accepted from. Where two trunks name the same "
        "address, its calls count as the first one's.",
    )
    transport: Literal["udp", "tcp"] = Field(default="udp", description="SIP over UDP or TCP, towards the trunk.")
    calls_per_s: float = Field(
        default=5.0,
        gt=0,
        le=1000,
        description="New calls per second at most, as the operator counts them. 0.5: one in two seconds.",
    )
    channels: int = Field(default=30, ge=1, le=10_000, description="Calls at the same time at most.")
    prefixes: tuple[str, ...] = Field(
        default=("+46",), min_length=1, description="Only numbers that begin with one of these are called."
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
    def _dial_is_host_and_port(cls, text: str) -> str:
        found = re.fullmatch(rf"({_HOST})(?::([0-9]{{1,5}}))?", text, re.ASCII)
        if found is None or not 1 <= int(found[2] or "5060") <= 65535:
            raise ValueError(f"dial is host:port, such as sip.example.net:5060, not {text!r}")
        return text if found[2] else f"{text}:5060"

    @field_validator("prefixes")
    @classmethod
    def _prefixes_are_e164(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [text for text in texts if not re.fullmatch(r"\+[1-9][0-9]{0,14}", text, re.ASCII)]
        if wrong:
            raise ValueError(f"a prefix is + and digits, such as +46, not {wrong[0]!r}")
        return texts

    @field_validator("caller_id")
    @classmethod
    def _caller_id_is_a_number(cls, text: str) -> str:
        return parse_number(text) if text else ""

    @field_validator("username")
    @classmethod
    def _username_is_plain(cls, text: str) -> str:
        if text and not re.fullmatch(r"[A-Za-z0-9._+@-]+", text, re.ASCII):
            raise ValueError("username holds letters, digits and . _ + @ - only")
        return text

    @model_validator(mode="after")
    def _name_and_password_go_together(self) -> Self:
        if bool(self.username) != (self.password_file is not None):
            raise ValueError(f"trunk {self.name}: username and password_file are given together, or neither")
        if self.register_at_operator and not self.username:
            raise ValueError(f"trunk {self.name}: register_at_operator needs username and password_file")
        return self


def check_trunks(trunks: Sequence[TrunkSettings]) -> None:
    """What no table can see alone.

    Raises:
        ValueError: No trunk at all, or two of one name.
    """
    if not trunks:
        raise ValueError("at least one [[trunk]] is needed")
    names = [trunk.name for trunk in trunks]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two trunks are named {twice}")
