"""Logging in: nobody is known yet, so that these ask no permission. The brake stands here.

One answer serves an unknown name, a wrong password and a disabled account, and takes the same time. Nobody is locked
out: wrong logins brake the address that they come from. A person who logged in from an address before passes there.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from bridge.domain.access import passwords, totp
from bridge.domain.access.accounts import PENDING_S, RECOVERY_CODES, Account, LoginBy, Session, is_live
from bridge.domain.access.reasons import AccountReason, GlassReason, LoginReason
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.rate import Rate, Rates
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.ports import AuditLog, Clock, IntegrityConflict, PasskeyRefused, PortError, ProviderLogin, TooBusy
from bridge.service.identities import by_token
from bridge.service.refusal import Refusal
from bridge.service.use_case import Identity

log = structlog.get_logger(__name__)

WINDOW_S: Final = 60.0
MOST_CODES: Final = Rate(window_s=3600.0, limit=30)
"""Wrong codes of one account, whose password was right, before only known addresses go on."""
CODE_TRIES: Final = 5
"""Wrong codes before the password is asked for again."""
MOST_KEPT: Final = 1024
"""Logins under way, addresses with wrong logins, and known addresses: the oldest are forgotten."""
GLASS_S: Final = 86_400.0
"""The use of the account for emergencies is an alarm for so long."""
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class From:
    """Where a login comes from."""

    address: str
    agent: str


@dataclass(slots=True)
class _Pending:
    """A login that was begun."""

    until_s: float
    account: str | None = None
    challenge: bytes | None = None
    provider: ProviderLogin | None = None
    tries: int = 0


class BreakGlass:
    """Implements `bridge.ports.Health`: whether the account for emergencies was used lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._name = ""
        self._at_s: float | None = None

    def used(self, name: str, at_s: float) -> None:
        """It was used; the latest use counts."""
        if self._at_s is None or at_s > self._at_s:
            self._name, self._at_s = name, at_s

    def health(self) -> Mapping[str, Reason]:
        """`break glass`."""
        is_fresh = self._at_s is not None and self._clock.now_s() - self._at_s < GLASS_S
        return {"break glass": GlassReason.USED(name=self._name) if is_fresh else WELL}


class Logins:
    """Made once by `bridge.main`."""

    def __init__(self, identity: Identity, clock: Clock, audit: AuditLog, glass: BreakGlass) -> None:
        self._identity = identity
        self._clock = clock
        self._audit = audit
        self._glass = glass
        self._fresh = Rate(WINDOW_S, identity.wrong_logins)
        self._wrong: Rates[str] = Rates(MOST_KEPT)
        self._codes: Rates[str] = Rates(MOST_KEPT)
        self._good: dict[tuple[str, str], None] = {}
        self._pending: dict[str, _Pending] = {}

    # --- by a token ---

    async def by_token(self, token: str, where: From) -> str:
        """The reference token of a new session. A right token works whatever was tried before."""
        principal = await by_token(self._identity, token)
        if principal is None:
            raise await self._refused(where, "")
        name = principal.id.partition(":")[2]
        secret = await self._identity.sessions.begin(
            token=name, by=LoginBy.TOKEN, address=where.address, agent=where.agent
        )
        await self._audit.append(Audit(self._clock.now_s(), principal.name, "token.logged_in", name))
        return secret

    # --- by password and code ---

    async def password(self, name: str, password: str, where: From) -> str:
        """The key of a login that asks for a code now."""
        typed = name.strip().casefold()
        account = await self._identity.accounts.named(typed)
        self._brake(where, account)
        hashed = await self._identity.accounts.password_of(account.id) if account is not None else None
        fits = await self._fits(hashed, password)
        if not fits or account is None or account.disabled_at_s is not None:
            raise await self._refused(where, account.name if account is not None else "")
        return self._begun(account=account.id)

    async def code(self, key: str, typed: str, where: From) -> str:
        """The reference token of a new session. The password was right, and so is the code by time or on paper."""
        pending = self._found(key)
        account = await self._identity.accounts.get(pending.account or "")
        if account is None or account.disabled_at_s is not None:
            raise Refusal("login", LoginReason.OVER())
        way = await self._shown(account, typed, where)
        if way is None:
            pending.tries += 1
            if pending.tries >= CODE_TRIES:
                self._pending.pop(key, None)
            raise Refusal("login", AccountReason.WRONG_CODE(), field="code")
        self._pending.pop(key, None)
        return await self._in(account, way, where)

    # --- by a passkey ---

    def passkey_options(self, host: str) -> tuple[str, str]:
        """The key of a login, and the options for the browser as JSON."""
        options, challenge = self._identity.passkeys.login(host)
        return self._begun(challenge=challenge), options

    async def passkey(self, key: str, answer: str, host: str, origin: str, where: From) -> str:
        """The reference token of a new session."""
        pending = self._found(key)
        self._pending.pop(key, None)
        account = await self._by_passkey(pending, answer, host, origin)
        if account is None:
            raise await self._refused(where, "")
        return await self._in(account, LoginBy.PASSKEY, where)

    # --- by the organisation's own login ---

    @property
    def provider(self) -> str | None:
        """The name on its button; empty: a general one; `None`: there is none."""
        return self._identity.provider.name if self._identity.provider is not None else None

    async def provider_begin(self, back: str) -> tuple[str, str]:
        """The key of a login, and the address that the browser is sent to."""
        if self._identity.provider is None:
            raise Refusal("not_found", LoginReason.NO_PROVIDER())
        try:
            begun = await self._identity.provider.begin(back)
        except PortError as error:
            raise Refusal("unavailable", error.reason, retry=True) from error
        return self._begun(provider=begun), begun.address

    async def provider_finish(self, key: str, state: str, code: str, where: From) -> str:
        """The reference token of a new session. Somebody who is new has an account from now on. The roles follow
        the claims at each login."""
        pending = self._found(key)
        self._pending.pop(key, None)
        provider, begun = self._identity.provider, pending.provider
        if provider is None or begun is None or not secrets.compare_digest(begun.state.encode(), state.encode()):
            raise Refusal("login", LoginReason.OVER())
        try:
            claims = await provider.finish(begun, code)
        except PortError as error:
            raise Refusal("login", error.reason) from error
        account = await self._known_by(claims, provider.roles(claims))
        return await self._in(account, LoginBy.PROVIDER, where)

    # --- by an invitation ---

    async def invited(self, secret: str) -> tuple[Account, bytes] | None:
        """The account, and the secret of its codes by time. It is the same each time that the page is opened."""
        account = await self._identity.accounts.invited(secret)
        if account is None or account.disabled_at_s is not None:
            return None
        return account, self._identity.sealed.derived("totp", secret)[: totp.SECRET_BYTES]

    async def accept(self, secret: str, password: str, code: str) -> list[str]:
        """Set the password, codes by time, and codes on paper, which are told here alone.

        Raises:
            Refusal: The invitation is good for nothing, or password or code cannot be taken; it can be used again then.
        """
        found = await self.invited(secret)
        if found is None:
            raise Refusal("gone", AccountReason.INVITATION_DEAD())
        account, shared = found
        fault = passwords.fault_of(password, account.name, self._identity.passwords.common())
        if fault is not None:
            raise Refusal("invalid", fault, field="password")
        step = totp.accepted(shared, code, self._clock.now_s(), -1)
        if step is None:
            raise Refusal("invalid", AccountReason.WRONG_CODE(), field="code")
        hashed = await self._hashed(password)
        codes = paper_codes()
        kept = [as_paper_code(one) for one in codes]
        sealed = self._identity.sealed.seal(shared)
        if not await self._identity.accounts.accept(secret, account, hashed, sealed=sealed, step=step, codes=kept):
            raise Refusal("gone", AccountReason.INVITATION_DEAD())
        self._identity.sessions.tell()
        return codes

    # --- again, in a session ---

    async def again_by_token(self, session: Session, token: str, where: From) -> str:
        """The session under a new reference token: its own token was shown again."""
        principal = await by_token(self._identity, token)
        if principal is None or principal.id.partition(":")[2] != session.token:
            raise await self._refused(where, "")
        return await self._again(session)

    async def again_by_code(self, session: Session, typed: str, where: From) -> str:
        """As `again_by_token`, by a code by time or on paper."""
        account = await self._identity.accounts.get(session.account or "")
        if account is None or await self._shown(account, typed, where) is None:
            raise Refusal("login", AccountReason.WRONG_CODE(), field="code")
        return await self._again(session)

    async def again_by_passkey(
        self, session: Session, key: str, answer: str, host: str, origin: str, where: From
    ) -> str:
        """As `again_by_token`, by a passkey of the same account."""
        pending = self._found(key)
        self._pending.pop(key, None)
        account = await self._by_passkey(pending, answer, host, origin)
        if account is None or account.id != session.account:
            raise await self._refused(where, "")
        return await self._again(session)

    async def session(self, secret: str) -> Session | None:
        """The session of a reference token, where it goes on."""
        found = await self._identity.sessions.who(secret)
        return found if found is not None and is_live(found, self._identity.limits, self._clock.now_s()) else None

    async def logout(self, secret: str, principal: Principal | None) -> None:
        """End it, for good."""
        found = await self._identity.sessions.who(secret)
        if found is not None:
            await self._identity.sessions.end(principal.name if principal else "", [found], why="logged_out")

    async def is_without_accounts(self) -> bool:
        """Whether there is none yet."""
        return not await self._identity.accounts.find()

    # --- inside ---

    def _begun(self, **what: Any) -> str:
        now_s = self._clock.now_s()
        for key in [key for key, one in self._pending.items() if one.until_s < now_s]:
            del self._pending[key]
        if len(self._pending) >= MOST_KEPT:
            del self._pending[next(iter(self._pending))]
        key = secrets.token_urlsafe(32)
        self._pending[key] = _Pending(now_s + PENDING_S, **what)
        return key

    def _found(self, key: str) -> _Pending:
        found = self._pending.get(key)
        if found is None or found.until_s < self._clock.now_s():
            raise Refusal("login", LoginReason.OVER())
        return found

    def _brake(self, where: From, account: Account | None) -> None:
        wait_s = self._wrong.of(where.address, self._fresh).wait_s(self._clock.now_s())
        if wait_s > 0 and (account is None or (account.id, where.address) not in self._good):
            raise Refusal("braked", LoginReason.BRAKED(wait_s=max(1, round(wait_s))), retry=True)

    async def _refused(self, where: From, name: str) -> Refusal:
        """The refusal: not right, or no more than how long to wait."""
        now_s = self._clock.now_s()
        wait_s = self._wrong.of(where.address, self._fresh).wait_s(now_s)
        if wait_s > 0:
            return Refusal("braked", LoginReason.BRAKED(wait_s=max(1, round(wait_s))), retry=True)
        self._wrong = self._wrong.happened(where.address, now_s, self._fresh)
        log.warning("login_refused", address=where.address)
        if name:
            await self._audit.append(Audit(now_s, name, "login.refused", where.address))
        return Refusal("login", LoginReason.WRONG())

    async def _fits(self, hashed: str | None, password: str) -> bool:
        try:
            return await self._identity.passwords.fits(hashed, password[: passwords.MOST + 1])
        except TooBusy:
            raise Refusal("unavailable", LoginReason.BUSY(), retry=True) from None

    async def _hashed(self, password: str) -> str:
        try:
            return await self._identity.passwords.hashed(password)
        except TooBusy:
            raise Refusal("unavailable", LoginReason.BUSY(), retry=True) from None

    async def _shown(self, account: Account, typed: str, where: From) -> LoginBy | None:
        """The way by which a code is right; wrong ones are counted."""
        now_s = self._clock.now_s()
        is_known = (account.id, where.address) in self._good
        wait_s = self._codes.of(account.id, MOST_CODES).wait_s(now_s)
        if wait_s > 0 and not is_known:
            raise Refusal("braked", LoginReason.BRAKED(wait_s=max(1, round(wait_s))), retry=True)
        if await fits_totp(self._identity, account, typed, now_s):
            return LoginBy.TOTP
        plain = as_paper_code(typed)
        if len(plain) == len(as_paper_code(paper_codes()[0])) and await self._identity.accounts.use_recovery(
            account.id, plain
        ):
            return LoginBy.RECOVERY
        self._codes = self._codes.happened(account.id, now_s, MOST_CODES)
        self._wrong = self._wrong.happened(where.address, now_s, self._fresh)
        await self._audit.append(Audit(now_s, account.name, "login.wrong_code", where.address))
        return None

    async def _by_passkey(self, pending: _Pending, answer: str, host: str, origin: str) -> Account | None:
        credential = self._identity.passkeys.credential_of(answer)
        key = await self._identity.accounts.passkey(credential) if credential else None
        if key is None or pending.challenge is None:
            return None
        try:
            count = self._identity.passkeys.verified(host, origin, pending.challenge, answer, key)
        except PasskeyRefused as refused:
            log.warning("passkey_refused", reason=str(refused))
            return None
        account = await self._identity.accounts.get(key.account)
        if account is None or account.disabled_at_s is not None:
            return None
        return account if await self._identity.accounts.use_passkey(key, count) else None

    async def _known_by(self, claims: Mapping[str, Any], roles: frozenset[Any]) -> Account:
        issuer, subject = str(claims["iss"]), str(claims["sub"])
        accounts, now_s = self._identity.accounts, self._clock.now_s()
        account = await accounts.of_provider(issuer, subject)
        if account is not None and account.disabled_at_s is not None:
            raise Refusal("login", LoginReason.WRONG())
        if not roles:
            raise Refusal("login", LoginReason.PROVIDER_UNKNOWN())
        shown = str(claims.get("name") or claims.get("preferred_username") or subject)[:100]
        if account is None:
            account = Account(
                id=f"acc-{secrets.token_hex(8)}",
                name=f"p-{secrets.token_hex(4)}",
                shown=shown,
                roles=roles,
                made_at_s=now_s,
                made_by="provider",
                issuer=issuer,
                subject=subject,
            )
            try:
                await accounts.make("provider", account)
            except IntegrityConflict:  # at the same time in another window
                account = await accounts.of_provider(issuer, subject)
                if account is None:
                    raise Refusal("login", LoginReason.OVER()) from None
        elif account.roles != roles:
            account = replace(account, roles=roles)
            await accounts.change("provider", account)
        return account

    async def _in(self, account: Account, way: LoginBy, where: From) -> str:
        await self._identity.accounts.logged_in(account, way.value)
        if account.break_glass:
            log.error("break_glass_used", account=account.name)
            self._glass.used(account.name, self._clock.now_s())
        self._good[account.id, where.address] = None
        if len(self._good) > MOST_KEPT:
            del self._good[next(iter(self._good))]
        return await self._identity.sessions.begin(account=account.id, by=way, address=where.address, agent=where.agent)

    async def _again(self, session: Session) -> str:
        return await self._identity.sessions.begin(
            account=session.account,
            token=session.token,
            by=session.by,
            address=session.address,
            agent=session.agent,
            made_at_s=session.made_at_s,
            instead_of=session.id,
        )


async def fits_totp(identity: Identity, account: Account, typed: str, now_s: float) -> bool:
    """Whether it is a code by time of one of their telephones. Its step is used by that."""
    for factor, sealed, last in await identity.accounts.totp(account.id):
        shared = identity.sealed.opened(sealed)
        step = totp.accepted(shared, typed, now_s, last) if shared is not None else None
        if step is not None and await identity.accounts.use_step(factor, step):
            return True
    return False


def paper_codes() -> list[str]:
    """Fresh codes on paper, of 80 random bits or more each (17 letters of 31), in groups."""
    return ["-".join(_group(size) for size in (6, 6, 5)) for _ in range(RECOVERY_CODES)]


def as_paper_code(typed: str) -> str:
    """As it is kept, however it was typed."""
    return "".join(one for one in typed.casefold() if one in _LETTERS)


def _group(size: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(size))
