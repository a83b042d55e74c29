"""The `[api]` table."""

from pydantic import BaseModel, ConfigDict, Field


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
        "another host is refused, so that a foreign web page cannot reach a console on loopback (DNS rebinding).",
    )
    secure_cookie: bool = Field(
        default=False, description="Send the session cookie over HTTPS only: true behind a TLS proxy."
    )
    session_h: float = Field(default=12.0, gt=0, le=48, description="A console login lasts this long.")
    largest_body_bytes: int = Field(
        default=1_000_000, ge=10_000, le=50_000_000, description="A larger request body is refused."
    )
    wrong_tokens: int = Field(
        default=10, ge=1, le=1000, description="Wrong tokens from one address within a minute before it is braked."
    )
