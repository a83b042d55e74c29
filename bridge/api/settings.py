"""The `[api]` table."""

import ipaddress
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bridge.domain.kernel.reasons import ReasonCode, Unusable

REFUSED_BY_BROWSERS: Final = frozenset(
    {1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110}
    | {111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531}
    | {532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060}
    | {5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}
)
"""No browser opens a page at these ports (the Fetch standard's port blocking): the console would be out of reach."""


class ApiSettingReason(ReasonCode):
    """A setting of the API that cannot be used."""

    PORT_OF_NO_BROWSER = "setting_port_of_no_browser", "port"
    NO_NETWORK = "setting_bad_network", "value"


class ApiSettings(BaseModel):
    """Where the API and the console listen, and what they take from strangers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on. Anything but loopback needs a TLS proxy in front.",
    )
    port: int = Field(default=8080, ge=1, le=65535, description="TCP port of the API and the console.")
    hosts: tuple[str, ...] = Field(
        default=(),
        description="Host names the console is reached by, besides localhost and plain addresses. A request that names "
        "another host is refused. So a foreign web page cannot reach a console on loopback (DNS rebinding).",
    )
    secure_cookie: bool = Field(
        default=False, description="Send the session cookie over HTTPS only: true behind a TLS proxy."
    )
    session_h: float = Field(default=12.0, gt=0, le=48, description="A console login lasts at most this long.")
    largest_body_bytes: int = Field(
        default=1_000_000, ge=10_000, le=50_000_000, description="A larger request body is refused."
    )
    wrong_tokens: int = Field(
        default=10, ge=1, le=1000, description="Wrong tokens from one address within a minute before it is braked."
    )

    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="Addresses or networks of our own proxies. From them alone `X-Forwarded-For` is believed. The "
        "address that counts is the rightmost that is none of theirs.",
    )
    secrecy_readers: tuple[str, ...] = Field(
        default=("operator",),
        description="Names of tokens whose holders may read recordings, decisions and roll calls of conferences"
        " under secrecy.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for one in proxies:
            try:
                ipaddress.ip_network(one)
            except ValueError:
                raise Unusable(ApiSettingReason.NO_NETWORK(value=one)) from None
        return proxies

    @field_validator("port")
    @classmethod
    def _browsers_open_it(cls, port: int) -> int:
        if port in REFUSED_BY_BROWSERS:
            raise Unusable(ApiSettingReason.PORT_OF_NO_BROWSER(port=port))
        return port
