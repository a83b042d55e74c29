"""Keeping the accounts of people. A keeper never sets a password: an invitation lets its owner do it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.domain.access.accounts import (
    INVITATION_S,
    MOST_ACCOUNTS,
    Account,
    Factor,
    fault_of,
    keepers_left,
)
from bridge.domain.access.permissions import Act
from bridge.domain.access.reasons import AccountReason
from bridge.domain.kernel.principal import AccessRole, Principal
from bridge.ports import IntegrityConflict
from bridge.service.reasons import UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import UseCases, use_case


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to make."""

    name: str
    shown: str
    roles: frozenset[AccessRole]
    organisations: frozenset[str] | None = None
    forums: frozenset[str] | None = None
    meetings: frozenset[str] | None = None
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """An account with its factors."""

    account: Account
    factors: Sequence[Factor]


class AccountKeeping(UseCases):
    @use_case(Act.ACCOUNT_READ)
    async def find(self, principal: Principal) -> Sequence[ShownAccount]:
        """All, in order of name."""
        found = await self._ports.identity.accounts.find()
        return [await self._shown(one) for one in found]

    @use_case(Act.ACCOUNT_READ)
    async def read(self, principal: Principal, key: str) -> ShownAccount:
        """One, by id or name."""
        return await self._shown(await self._get(key))

    @use_case(Act.ACCOUNT_CHANGE)
    async def make(self, principal: Principal, new: NewAccount) -> tuple[ShownAccount, str]:
        """An account, and the secret of its invitation, which is told here alone. A token's holder who makes the first
        account makes a keeper.

        Raises:
            Refusal: The name is no name or is taken, also by a token; or the roles need a scope.
        """
        accounts = self._ports.identity.accounts
        name = new.name.strip().casefold()
        self._check(name, new.roles, new.organisations, new.forums, new.meetings)
        if len(await accounts.find()) >= MOST_ACCOUNTS:
            raise Refusal("conflict", AccountReason.TOO_MANY(most=MOST_ACCOUNTS))
        if any(one.name.casefold() == name for one in await self._ports.identity.tokens.find()):
            raise Refusal("conflict", AccountReason.NAME_TAKEN(name=name), field="name")
        account = Account(
            id=f"acc-{secrets.token_hex(8)}",
            name=name,
            shown=new.shown.strip() or name,
            roles=new.roles,
            made_at_s=self._ports.clock.now_s(),
            made_by=principal.name,
            organisations=new.organisations,
            forums=new.forums,
            meetings=new.meetings,
            break_glass=new.break_glass,
        )
        try:
            await accounts.make(principal.name, account)
        except IntegrityConflict:
            raise Refusal("conflict", AccountReason.NAME_TAKEN(name=name), field="name") from None
        return await self._shown(account), await accounts.invite(principal.name, account, INVITATION_S)

    @use_case(Act.ACCOUNT_CHANGE)
    async def change(
        self,
        principal: Principal,
        key: str,
        *,
        shown: str | None = None,
        roles: frozenset[AccessRole] | None = None,
        organisations: frozenset[str] | None = None,
        forums: frozenset[str] | None = None,
        meetings: frozenset[str] | None = None,
        scoped: bool = False,
    ) -> ShownAccount:
        """A member that is `None` stays, and so do the scopes without `scoped`. With other roles or scopes its sessions
        end.

        Raises:
            Refusal: It is one's own roles, the last keeper's, or the roles need a scope.
        """
        account = await self._get(key)
        changed = replace(account, shown=(shown or account.shown).strip(), roles=roles or account.roles)
        if scoped:
            changed = replace(changed, organisations=organisations, forums=forums, meetings=meetings)
        if changed.roles != account.roles:
            if account.id == principal.account:
                raise Refusal("not_allowed", AccountReason.OWN_ROLES(), field="roles")
            if AccessRole.KEEPER not in changed.roles:
                await self._must_leave_a_keeper(account)
        self._check(changed.name, changed.roles, changed.organisations, changed.forums, changed.meetings)
        await self._ports.identity.accounts.change(principal.name, changed)
        self._ports.identity.sessions.tell()
        return await self._shown(changed)

    @use_case(Act.ACCOUNT_CHANGE)
    async def disable(self, principal: Principal, key: str, *, disabled: bool) -> ShownAccount:
        """Let nobody in by it, and end its sessions; or let them in again.

        Raises:
            Refusal: It is the last keeper's.
        """
        account = await self._get(key)
        if disabled:
            await self._must_leave_a_keeper(account)
        changed = replace(account, disabled_at_s=self._ports.clock.now_s() if disabled else None)
        action = "account.disabled" if disabled else "account.enabled"
        await self._ports.identity.accounts.change(principal.name, changed, action=action)
        self._ports.identity.sessions.tell()
        return await self._shown(changed)

    @use_case(Act.ACCOUNT_CHANGE)
    async def invite(self, principal: Principal, key: str) -> tuple[ShownAccount, str]:
        """The secret of a new invitation, which is told here alone. Password and factors stay until it is used."""
        account = await self._get(key)
        return await self._shown(account), await self._ports.identity.accounts.invite(
            principal.name, account, INVITATION_S
        )

    @use_case(Act.ACCOUNT_CHANGE)
    async def remove(self, principal: Principal, key: str) -> None:
        """With its sessions and tokens. The audit log keeps its name.

        Raises:
            Refusal: It is the last keeper's.
        """
        account = await self._get(key)
        await self._must_leave_a_keeper(account)
        await self._ports.identity.accounts.remove(principal.name, account)
        self._ports.identity.sessions.tell()

    # --- inside ---

    async def _get(self, key: str) -> Account:
        accounts = self._ports.identity.accounts
        found = await accounts.get(key) or await accounts.named(key)
        if found is None:
            raise Refusal.not_found(UnknownReason.ACCOUNT, key)
        return found

    async def _shown(self, account: Account) -> ShownAccount:
        return ShownAccount(account, await self._ports.identity.accounts.factors(account.id))

    async def _must_leave_a_keeper(self, account: Account) -> None:
        if account.is_keeper and not keepers_left(await self._ports.identity.accounts.find(), account.id):
            raise Refusal("conflict", AccountReason.LAST_KEEPER())

    def _check(
        self,
        name: str,
        roles: frozenset[AccessRole],
        organisations: frozenset[str] | None,
        forums: frozenset[str] | None,
        meetings: frozenset[str] | None,
    ) -> None:
        fault = fault_of(name, roles, organisations, forums, meetings)
        if fault is not None:
            raise Refusal("invalid", fault[1], field=fault[0])
