"""My settings: one's own sessions, factors, and how the console looks and sounds."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from bridge.domain.access import passwords, totp
from bridge.domain.access.accounts import MOST_FACTORS, PENDING_S, Account, Factor, FactorKind
from bridge.domain.access.permissions import Act
from bridge.domain.access.reasons import AccountReason, LoginReason
from bridge.domain.conference.records import CONFERENCES, ConferenceState
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.ports import IntegrityConflict, PasskeyRefused, TooBusy
from bridge.service.logins import as_paper_code, paper_codes
from bridge.service.reasons import UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.sessions import ShownSession, shown_sessions
from bridge.service.use_case import Ports, UseCases, use_case

log = structlog.get_logger(__name__)

THEMES: Final = ("auto", "dark", "light")
MOST_BEGUN: Final = 256
"""Factors that are being added; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Own:
    """The one who asks."""

    name: str
    roles: frozenset[str]
    account: Account | None
    """None where they came by a token that is nobody's."""
    factors: Sequence[Factor]


class OwnAccount(UseCases):
    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self._begun: dict[str, tuple[str, float, bytes]] = {}
        """Key → account, until when, secret or challenge."""

    @use_case(Act.OWN_READ, sifts=True)
    async def read(self, principal: Principal) -> Own:
        """Oneself."""
        account = await self._account(principal)
        factors = await self._ports.identity.accounts.factors(account.id) if account is not None else []
        return Own(principal.name, frozenset(one.value for one in principal.roles), account, factors)

    @use_case(Act.OWN_READ, sifts=True)
    async def sessions(self, principal: Principal) -> Sequence[ShownSession]:
        """One's own, the newest first. Of a token that is nobody's it is the one that asks."""
        if principal.account is not None:
            return await shown_sessions(self._ports, principal, principal.account)
        return [one for one in await shown_sessions(self._ports, principal) if one.own]

    @use_case(Act.OWN_CHANGE, sifts=True)
    async def end_session(self, principal: Principal, key: str) -> None:
        """One of one's own.

        Raises:
            Refusal: One has none such.
        """
        found = await self._ports.identity.sessions.get(key)
        is_own = found is not None and (
            found.id == principal.session or (found.account is not None and found.account == principal.account)
        )
        if found is None or not is_own:
            raise Refusal.not_found(UnknownReason.SESSION, key)
        await self._ports.identity.sessions.end(principal.name, [found], why="own")

    @use_case(Act.OWN_CHANGE, sifts=True)
    async def end_others(self, principal: Principal) -> int:
        """All of one's own but the one that asks; so many were ended."""
        if principal.account is None:
            return 0
        found = await shown_sessions(self._ports, principal, principal.account)
        others = [one.session for one in found if not one.own]
        return await self._ports.identity.sessions.end(principal.name, others, why="own")

    @use_case(Act.OWN_CHANGE, sifts=True)
    async def prefer(self, principal: Principal, *, language: Language | None, theme: str, sound: int) -> None:
        """How the console looks and sounds, in every browser.

        Raises:
            Refusal: One has no account.
        """
        account = await self._must_have(principal)
        await self._ports.identity.accounts.prefer(account.id, language=language, theme=theme, sound=sound)

    @use_case(Act.OWN_CHANGE, sifts=True)
    async def beat(self, principal: Principal, meeting: str) -> bool:
        """The page of a meeting is open. Its session does not end for want of a person while the meeting goes on.
        Whether it does."""
        found = self._ports.control.node()[CONFERENCES].get(ConferenceId(meeting))
        goes_on = found is not None and found.state is not ConferenceState.ENDED
        if goes_on:
            await self._must_see(principal, Act.CONFERENCE_READ, ConferenceId(meeting))
        if goes_on and principal.session is not None:
            await self._ports.identity.sessions.touch(principal.session)
        return goes_on

    @use_case(Act.OWN_FACTORS, sifts=True)
    async def set_password(self, principal: Principal, password: str) -> None:
        """A new one, after one has shown who one is. One's other sessions end.

        Raises:
            Refusal: It cannot be taken.
        """
        account = await self._must_have(principal)
        fault = passwords.fault_of(password, account.name, self._ports.identity.passwords.common())
        if fault is not None:
            raise Refusal("invalid", fault, field="password")
        try:
            hashed = await self._ports.identity.passwords.hashed(password)
        except TooBusy:
            raise Refusal("unavailable", LoginReason.BUSY(), retry=True) from None
        await self._ports.identity.accounts.set_password(
            principal.name, account, hashed, action="account.password_changed"
        )
        others = [one.session for one in await shown_sessions(self._ports, principal, account.id) if not one.own]
        await self._ports.identity.sessions.end(principal.name, others, why="password")

    @use_case(Act.OWN_FACTORS, sifts=True)
    async def begin_totp(self, principal: Principal) -> tuple[str, str, str]:
        """A key, the secret as people type it, and the address that an app opens."""
        account = await self._room_for_one(principal)
        secret = secrets.token_bytes(totp.SECRET_BYTES)
        return self._begin(account, secret), totp.shown(secret), totp.address(secret, account.name)

    @use_case(Act.OWN_FACTORS, sifts=True)
    async def add_totp(self, principal: Principal, key: str, code: str, name: str) -> Factor:
        """Keep it: the telephone shows the right code.

        Raises:
            Refusal: It does not, or too long ago was begun.
        """
        account, secret = await self._of_begun(principal, key)
        step = totp.accepted(secret, code, self._ports.clock.now_s(), -1)
        if step is None:
            raise Refusal("invalid", AccountReason.WRONG_CODE(), field="code")
        del self._begun[key]
        sealed = self._ports.identity.sealed.seal(secret)
        return await self._ports.identity.accounts.add_factor(
            principal.name, account, FactorKind.TOTP, name, sealed=sealed, step=step
        )

    @use_case(Act.OWN_FACTORS, sifts=True)
    async def begin_passkey(self, principal: Principal, host: str) -> tuple[str, str]:
        """A key, and the options for the browser as JSON. `host`: the name that it is made for; empty: there is none.

        Raises:
            Refusal: The page was opened by no name, or one has no account.
        """
        if not host:
            raise Refusal("conflict", AccountReason.NO_HOST())
        account = await self._room_for_one(principal)
        known = await self._ports.identity.accounts.passkeys(account.id)
        options, challenge = self._ports.identity.passkeys.registration(host, account, known)
        return self._begin(account, challenge), options

    @use_case(Act.OWN_FACTORS, sifts=True)
    async def add_passkey(
        self, principal: Principal, key: str, answer: str, name: str, *, host: str, origin: str
    ) -> Factor:
        """Keep it: the browser's answer is right.

        Raises:
            Refusal: It is not, or too long ago was begun.
        """
        account, challenge = await self._of_begun(principal, key)
        del self._begun[key]
        try:
            credential, public, count = self._ports.identity.passkeys.registered(host, origin, challenge, answer)
            return await self._ports.identity.accounts.add_factor(
                principal.name, account, FactorKind.PASSKEY, name, passkey=(credential, public), step=count
            )
        except (PasskeyRefused, IntegrityConflict) as refused:
            log.warning("passkey_not_added", reason=str(refused))
            raise Refusal("invalid", AccountReason.PASSKEY_REFUSED()) from refused

    @use_case(Act.OWN_FACTORS, sifts=True)
    async def fresh_codes(self, principal: Principal) -> list[str]:
        """New codes on paper in the place of the former; they are told here alone."""
        account = await self._must_have(principal)
        codes = paper_codes()
        kept = [as_paper_code(one) for one in codes]
        await self._ports.identity.accounts.add_factor(principal.name, account, FactorKind.RECOVERY, "", codes=kept)
        return codes

    @use_case(Act.OWN_FACTORS, sifts=True)
    async def remove_factor(self, principal: Principal, key: str) -> None:
        """One of one's own.

        Raises:
            Refusal: One has none such, or it is the last but for codes on paper.
        """
        account = await self._must_have(principal)
        factors = await self._ports.identity.accounts.factors(account.id)
        found = next((one for one in factors if one.id == key), None)
        if found is None:
            raise Refusal.not_found(UnknownReason.FACTOR, key)
        left = [one for one in factors if one.kind is not FactorKind.RECOVERY and one.id != key]
        if not left:
            raise Refusal("conflict", AccountReason.LAST_FACTOR())
        await self._ports.identity.accounts.remove_factor(principal.name, account, found)

    # --- inside ---

    async def _account(self, principal: Principal) -> Account | None:
        return await self._ports.identity.accounts.get(principal.account) if principal.account else None

    async def _must_have(self, principal: Principal) -> Account:
        account = await self._account(principal)
        if account is None:
            raise Refusal("conflict", AccountReason.NO_ACCOUNT())
        return account

    async def _room_for_one(self, principal: Principal) -> Account:
        account = await self._must_have(principal)
        if len(await self._ports.identity.accounts.factors(account.id)) >= MOST_FACTORS:
            raise Refusal("conflict", AccountReason.TOO_MANY_FACTORS(most=MOST_FACTORS))
        return account

    def _begin(self, account: Account, what: bytes) -> str:
        if len(self._begun) >= MOST_BEGUN:
            del self._begun[next(iter(self._begun))]
        key = secrets.token_urlsafe(24)
        self._begun[key] = (account.id, self._ports.clock.now_s() + PENDING_S, what)
        return key

    async def _of_begun(self, principal: Principal, key: str) -> tuple[Account, bytes]:
        account = await self._must_have(principal)
        owner, until_s, what = self._begun.get(key, ("", 0.0, b""))
        if owner != account.id or until_s < self._ports.clock.now_s():
            raise Refusal("conflict", LoginReason.OVER())
        return account, what
