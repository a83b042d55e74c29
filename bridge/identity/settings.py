"""The `[accounts]` table."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from bridge.domain.access.accounts import ROLES, Limits
from bridge.domain.kernel.reasons import ReasonCode, Unusable

_ROLES: Final = frozenset(one.value for one in ROLES)


class AccountSettingReason(ReasonCode):
    """A setting of accounts that cannot be used."""

    ROLE = "setting_role_unknown", "role"
    ISSUER = "setting_issuer_not_https"


class ProviderSettings(BaseModel):
    """The `[accounts.provider]` table: people log in by their organisation's own login (OpenID Connect)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(
        default="",
        description="Address of the provider, exactly as its tokens name it. Empty: nobody logs in by a provider.",
    )
    client_id: str = Field(default="", max_length=200, description="Our name at the provider.")
    client_secret: SecretStr = Field(default=SecretStr(""), description="Our secret there; empty: it needs none.")
    name: str = Field(default="", max_length=40, description="Its name on the login page; empty: a general one.")
    scopes: tuple[str, ...] = Field(default=("openid", "profile"), description="What is asked for; `openid` is needed.")
    roles_claim: str = Field(default="groups", description="The claim whose values give roles.")
    roles: dict[str, str] = Field(
        default_factory=dict,
        description="Value of that claim → role: `keeper`, `coordinator`, `host`, `registrar`, `auditor`, `secrecy`. "
        "Somebody with no such value is not let in.",
    )
    acr: tuple[str, ...] = Field(
        default=(), description="Strengths of login that are enough (`acr`); empty: the provider decides."
    )

    @field_validator("issuer")
    @classmethod
    def _is_private(cls, issuer: str) -> str:
        """Plain HTTP is for a provider on this machine alone, as in a trial."""
        plain = issuer.startswith(("http://127.0.0.1:", "http://localhost:"))
        if issuer and not plain and not issuer.startswith("https://"):
            raise Unusable(AccountSettingReason.ISSUER())
        return issuer

    @field_validator("roles")
    @classmethod
    def _are_roles(cls, roles: dict[str, str]) -> dict[str, str]:
        for role in roles.values():
            if role not in _ROLES - {"directory_editor", "listener"}:
                raise Unusable(AccountSettingReason.ROLE(role=role))
        return roles


class AccountSettings(BaseModel):
    """Accounts of people, and how long they stay logged in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    idle_min: float = Field(
        default=30.0,
        ge=1,
        le=2880,
        description="A login without a person for so long ends. The page of a meeting that goes on keeps it.",
    )
    passkey_host: str = Field(
        default="",
        description="The host name that passkeys are made for (RP ID). Empty: the name that the page was opened by. "
        "Passkeys work by a name and HTTPS, or on localhost; never by a plain address.",
    )
    wrong_logins: int = Field(
        default=10, ge=3, le=1000, description="Wrong logins from one address within a minute before it is braked."
    )
    provider: ProviderSettings = Field(
        default_factory=ProviderSettings, description="The organisation's own login (OpenID Connect)."
    )

    def limits(self, session_h: float) -> Limits:
        """`session_h`: the longest, of the `[api]` table."""
        return Limits(idle_s=self.idle_min * 60, absolute_s=session_h * 3600)
