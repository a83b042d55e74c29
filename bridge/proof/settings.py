"""How the archive is proved, and where its proof is put outside."""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.domain.kernel.reasons import Unusable
from bridge.domain.proof.reasons import ProofSettingReason


class ProofSettings(BaseModel):
    """The `[proof]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sign_every_s: float = Field(
        default=3600.0, ge=10, le=86_400, description="How often the head of the audit log is signed."
    )
    verify_every_s: float = Field(
        default=86_400.0,
        ge=0,
        le=31_536_000,
        description="The whole archive is verified so often, while no meeting goes on; 0: only when asked for.",
    )
    anchor_file: Path | None = Field(
        default=None,
        description="Each signed head is added to this file, best on another machine's disk; none: it is not.",
    )
    anchor_mail: str = Field(
        default="",
        max_length=254,
        description="The newest signed head is mailed here (needs `[mail]`); empty: it is not.",
    )
    anchor_mail_every_s: float = Field(
        default=86_400.0, ge=60, le=31_536_000, description="Such a mail is sent at most so often."
    )
    anchor_node_url: str = Field(
        default="",
        max_length=2000,
        pattern=r"^$|^https?://[^@]*$",
        description="Another Samband that keeps each signed head as our witness: its address, over TLS; empty: none"
        " does.",
    )
    anchor_node_token_file: Path | None = Field(
        default=None, description="File that holds a token of that Samband and nothing else, closed to others."
    )
    tsa_url: str = Field(
        default="",
        max_length=2000,
        pattern=r"^$|^https?://",
        description="A time stamping authority (RFC 3161) that stamps signed heads; empty: none does.",
    )
    tsa_root: Path | None = Field(
        default=None,
        description="The authority's root certificate (PEM). A stamp that it does not vouch for is refused.",
    )
    tsa_every_s: float = Field(default=3600.0, ge=10, le=31_536_000, description="It is asked at most so often.")
    drill_every_days: float = Field(
        default=0.0,
        ge=0,
        le=3650,
        description="The health report warns when no `samband backup drill` went well for so many days; 0: never.",
    )
    tsa_within_s: float = Field(default=15.0, gt=0, le=120, description="It has so long to answer.")

    @model_validator(mode="after")
    def _stamps_can_be_checked(self) -> Self:
        parts = urlsplit(self.anchor_node_url)
        is_safe = parts.scheme != "http" or parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if bool(self.anchor_node_url) != (self.anchor_node_token_file is not None) or not is_safe:
            raise Unusable(ProofSettingReason.NODE_SHAPE(), "anchor_node_url")
        if self.tsa_url and self.tsa_root is None:
            raise Unusable(ProofSettingReason.NO_TSA_ROOT(), "tsa_root")
        return self
