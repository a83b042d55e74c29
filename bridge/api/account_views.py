"""Accounts, factors, sessions and tokens as JSON. No secret is in them."""

from bridge.api.text import Output, when
from bridge.domain.access.accounts import Factor, TokenHolder
from bridge.service.accounts import ShownAccount
from bridge.service.sessions import ShownSession


class FactorOut(Output):
    """Something that a person has."""

    id: str
    """Made by us."""
    kind: str
    """`totp` (codes by time), `passkey` or `recovery` (codes on paper)."""
    name: str
    """As its owner calls it."""
    made_at: str | None
    """RFC 3339, UTC."""
    used_at: str | None
    """The last time; null: never."""
    left: int
    """Of codes on paper: so many were not used."""


class AccountOut(Output):
    """A person who may log in."""

    id: str
    """Made by us."""
    name: str
    """The name that is typed at login."""
    shown: str
    """As people read it."""
    roles: list[str]
    """The roles it has."""
    organisations: list[str] | None
    """Confined to these; null: not confined."""
    forums: list[str] | None
    """Confined to meetings of these; null with `meetings` null: not confined."""
    meetings: list[str] | None
    """Confined to these meetings."""
    break_glass: bool
    """For the day when nothing else works."""
    state: str
    """`invited` (nobody can log in yet), `active` or `disabled`."""
    by_provider: bool
    """Its person logs in by their organisation's own login."""
    made_at: str | None
    """RFC 3339, UTC."""
    made_by: str
    """The one who made it."""
    login_at: str | None
    """The latest login; null: none."""
    factors: list[FactorOut]
    """The oldest first."""


class InvitedOut(Output):
    """An account with the address of its invitation."""

    account: AccountOut
    """The account."""
    address: str
    """It works once, for 24 hours. It is shown here alone."""


class SessionOut(Output):
    """A login of a browser."""

    id: str
    """Made by us."""
    name: str
    """Of the account, or of the token that it was made by."""
    by: str
    """`totp`, `recovery`, `passkey`, `provider` or `token`."""
    made_at: str | None
    """RFC 3339, UTC."""
    seen_at: str | None
    """When its person last did something."""
    address: str
    """Where the login came from."""
    agent: str
    """As the browser calls itself."""
    own: bool
    """It is the one that asks."""


class TokenOut(Output):
    """A token, without its secret."""

    name: str
    """Of its holder."""
    permissions: list[str] | None
    """Its acts; null: an operator's."""
    owner: str | None
    """The account whose it is."""
    issued_at: str | None
    """RFC 3339, UTC."""
    expires_at: str | None
    """It stops working then; null: when it is revoked."""
    used_at: str | None
    """The last use, to a minute; null: never."""


def factor_out(factor: Factor) -> FactorOut:
    return FactorOut(
        id=factor.id,
        kind=factor.kind,
        name=factor.name,
        made_at=when(factor.made_at_s),
        used_at=when(factor.used_at_s),
        left=factor.left,
    )


def account_out(shown: ShownAccount) -> AccountOut:
    account = shown.account
    return AccountOut(
        id=account.id,
        name=account.name,
        shown=account.shown,
        roles=sorted(account.roles),
        organisations=_listed(account.organisations),
        forums=_listed(account.forums),
        meetings=_listed(account.meetings),
        break_glass=account.break_glass,
        state=account.state,
        by_provider=account.issuer is not None,
        made_at=when(account.made_at_s),
        made_by=account.made_by,
        login_at=when(account.login_at_s),
        factors=[factor_out(one) for one in shown.factors],
    )


def session_out(shown: ShownSession) -> SessionOut:
    session = shown.session
    return SessionOut(
        id=session.id,
        name=shown.name,
        by=session.by,
        made_at=when(session.made_at_s),
        seen_at=when(session.seen_at_s),
        address=session.address,
        agent=session.agent,
        own=shown.own,
    )


def token_out(token: TokenHolder) -> TokenOut:
    return TokenOut(
        name=token.name,
        permissions=_listed(token.permissions),
        owner=token.owner,
        issued_at=when(token.issued_at_s),
        expires_at=when(token.expires_at_s),
        used_at=when(token.used_at_s),
    )


def _listed(scope: frozenset[str] | None) -> list[str] | None:
    return None if scope is None else sorted(scope)
