"""The principal of a token or a session, and what they may do now."""

from bridge.domain.access.accounts import (
    Account,
    Session,
    TokenHolder,
    is_live,
    principal_of_account,
    principal_of_token,
)
from bridge.domain.kernel.principal import Principal
from bridge.ports import Clock
from bridge.service.use_case import Identity

LONGEST_SECRET = 200
SEEN_EVERY_S = 30.0
"""That a person did something is written at most so often."""


async def by_token(identity: Identity, secret: str) -> Principal | None:
    """The holder of a token that works."""
    found = await identity.tokens.holder(secret) if 0 < len(secret) <= LONGEST_SECRET else None
    return None if found is None else await _of_token(identity, found)


async def by_session(identity: Identity, clock: Clock, secret: str, *, acts: bool) -> Principal | None:
    """The owner of a session, where it goes on. `acts`: a person does something now, which keeps it."""
    session = await identity.sessions.who(secret) if 0 < len(secret) <= LONGEST_SECRET else None
    if session is None:
        return None
    principal = await of_session(identity, clock, session)
    if principal is not None and acts and clock.now_s() - session.seen_at_s > SEEN_EVERY_S:
        await identity.sessions.touch(session.id)
    return principal


async def of_session(identity: Identity, clock: Clock, session: Session) -> Principal | None:
    """Its person as of now; none where it is over, or they are disabled."""
    if not is_live(session, identity.limits, clock.now_s()):
        return None
    if session.account is not None:
        account = await identity.accounts.get(session.account)
        is_in = account is not None and account.disabled_at_s is None
        return principal_of_account(account, session) if is_in and account is not None else None
    holder = await identity.tokens.named(session.token or "")
    return None if holder is None else await _of_token(identity, holder, session)


async def still(identity: Identity, clock: Clock, principal: Principal) -> Principal | None:
    """The same principal as of now; none where their session was ended or their token revoked."""
    if principal.session is not None:
        session = await identity.sessions.get(principal.session)
        return None if session is None else await of_session(identity, clock, session)
    name = principal.id.partition(":")[2]
    holder = await identity.tokens.named(name)
    return None if holder is None else await _of_token(identity, holder)


async def _of_token(identity: Identity, holder: TokenHolder, session: Session | None = None) -> Principal:
    owner: Account | None = None
    if holder.owner is not None:
        owner = await identity.accounts.named(holder.owner)
    reads_secrets = holder.name in identity.secrecy_readers and holder.owner is None
    return principal_of_token(holder, owner, reads_secrets=reads_secrets, session=session)
