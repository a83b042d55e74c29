"""Accounts of people, their factors and their sessions. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.access.reasons import AccountReason
from bridge.domain.kernel.principal import AccessRole, Principal, PrincipalKind
from bridge.domain.kernel.reasons import Reason

MOST_ACCOUNTS: Final = 1000
MOST_FACTORS: Final = 10
RECOVERY_CODES: Final = 10
INVITATION_S: Final = 86_400.0
"""An invitation is good for so long."""
PENDING_S: Final = 300.0
"""A login that was begun is finished within this."""
ROLES: Final = (
    AccessRole.KEEPER,
    AccessRole.COORDINATOR,
    AccessRole.HOST,
    AccessRole.DIRECTORY_EDITOR,
    AccessRole.REGISTRAR,
    AccessRole.AUDITOR,
    AccessRole.LISTENER,
    AccessRole.SECRECY,
)
"""Those that an account can have."""
_NAME: Final = re.compile(r"[a-z0-9åäö][a-z0-9åäö._@-]{1,63}")


class FactorKind(StrEnum):
    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY = "recovery"
    """Codes on paper, each for once."""


class AccountState(StrEnum):
    INVITED = "invited"
    """Nobody can log in by it yet."""
    ACTIVE = "active"
    DISABLED = "disabled"


class LoginBy(StrEnum):
    """How a session came to be."""

    TOKEN = "token"  # noqa: S105  a way, no secret
    TOTP = "totp"
    """A password and a code by time."""
    RECOVERY = "recovery"
    """A password and a code on paper."""
    PASSKEY = "passkey"
    PROVIDER = "provider"
    """The login of the organisation (OpenID Connect)."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may log in."""

    id: str
    name: str
    """Typed at login, in lower case. The audit log shows it."""
    shown: str
    """As people read it."""
    roles: frozenset[AccessRole]
    made_at_s: float
    made_by: str
    organisations: frozenset[str] | None = None
    """Confined to the directory's entries of these; `None`: not confined."""
    forums: frozenset[str] | None = None
    meetings: frozenset[str] | None = None
    """Confined to meetings of these forums, and to these meetings; both `None`: not confined."""
    break_glass: bool = False
    """For the day when nothing else works: its use is an alarm."""
    has_password: bool = False
    disabled_at_s: float | None = None
    login_at_s: float | None = None
    """The latest login."""
    issuer: str | None = None
    subject: str | None = None
    """The identity at the provider, with its issuer; both `None`: they do not log in by one."""
    language: str | None = None
    theme: str = "auto"
    sound: int = 70
    """Volume of the console's sounds, per cent."""

    @property
    def state(self) -> AccountState:
        """Whether somebody can log in by it."""
        if self.disabled_at_s is not None:
            return AccountState.DISABLED
        return AccountState.ACTIVE if self.has_password or self.issuer is not None else AccountState.INVITED

    @property
    def is_keeper(self) -> bool:
        return AccessRole.KEEPER in self.roles and self.disabled_at_s is None


@dataclass(frozen=True, slots=True)
class Factor:
    """Something that a person has."""

    id: str
    account: str
    kind: FactorKind
    name: str
    made_at_s: float
    used_at_s: float | None = None
    left: int = 0
    """Of codes on paper: so many were not used."""


@dataclass(frozen=True, slots=True)
class Session:
    """A login of a browser. Its reference token is kept as a hash alone."""

    id: str
    account: str | None
    token: str | None
    """The name of the token that it was made by; exactly one of the two is set."""
    by: LoginBy
    made_at_s: float
    seen_at_s: float
    """When a person last did something by it."""
    factor_at_s: float
    """When they last showed who they are."""
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """A token as it is listed."""

    name: str
    issued_at_s: float
    permissions: frozenset[str] | None = None
    """Its acts; `None`: an operator's."""
    expires_at_s: float | None = None
    used_at_s: float | None = None
    owner: str | None = None
    """The name of the person whose it is; `None`: nobody's account."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts, in seconds."""

    idle_s: float
    absolute_s: float


def is_live(session: Session, limits: Limits, now_s: float) -> bool:
    """Whether a session is neither too old nor too long without a person."""
    return now_s - session.made_at_s < limits.absolute_s and now_s - session.seen_at_s < limits.idle_s


def fault_of(
    name: str,
    roles: Iterable[AccessRole],
    organisations: Collection[str] | None,
    forums: Collection[str] | None,
    meetings: Collection[str] | None,
) -> tuple[str, Reason] | None:
    """The member at fault with its reason. An editor without organisations would keep everybody's entries. A
    listener without a forum would read every meeting. Neither is made."""
    if _NAME.fullmatch(name) is None:
        return "name", AccountReason.NAME_SHAPE()
    given = frozenset(roles)
    if not given:
        return "roles", AccountReason.NO_ROLE()
    for role in given:
        if role not in ROLES:
            return "roles", AccountReason.ROLE_UNKNOWN(role=role.value)
    if AccessRole.DIRECTORY_EDITOR in given and not organisations:
        return "organisations", AccountReason.NO_SCOPE(role=AccessRole.DIRECTORY_EDITOR.value)
    if AccessRole.LISTENER in given and not forums and not meetings:
        return "forums", AccountReason.NO_SCOPE(role=AccessRole.LISTENER.value)
    return None


def keepers_left(accounts: Iterable[Account], without: str) -> bool:
    """Whether somebody keeps the accounts when this one does not. An account for emergencies does not count."""
    return any(one.is_keeper and one.id != without and not one.break_glass for one in accounts)


def principal_of_account(account: Account, session: Session | None = None) -> Principal:
    """The person of an account."""
    return Principal(
        f"account:{account.id}",
        account.name,
        PrincipalKind.OPERATOR,
        account.roles,
        account.organisations,
        account.forums,
        account.meetings,
        account=account.id,
        session=session.id if session is not None else None,
        factor_at_s=session.factor_at_s if session is not None else None,
    )


def principal_of_token(
    token: TokenHolder, owner: Account | None, *, reads_secrets: bool, session: Session | None = None
) -> Principal:
    """The holder of a token: a program, or a person. Of a person's own token the audit log shows the person. Two tokens
    of one person are one pair of eyes."""
    if token.permissions is None:
        roles = {AccessRole.OPERATOR, AccessRole.SECRECY} if reads_secrets else {AccessRole.OPERATOR}
    else:
        roles = {AccessRole.SERVICE, AccessRole.SECRECY} if reads_secrets else {AccessRole.SERVICE}
    kind = PrincipalKind.TOKEN if session is None else PrincipalKind.OPERATOR
    return Principal(
        f"{kind}:{token.name}",
        owner.name if owner is not None else token.name,
        kind,
        frozenset(roles),
        permissions=token.permissions,
        account=owner.id if owner is not None else None,
        session=session.id if session is not None else None,
        factor_at_s=session.factor_at_s if session is not None else None,
    )


def roles_by_claims(claims: Mapping[str, object], claim: str, roles_of: Mapping[str, str]) -> frozenset[AccessRole]:
    """The roles of somebody whom a provider names, by the values of one claim. A value that the map
    does not know gives nothing, and so does a role that accounts cannot have."""
    value = claims.get(claim)
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    named = {roles_of[one] for one in values if isinstance(one, str) and one in roles_of}
    return frozenset(role for role in ROLES if role.value in named)
