"""Logins of people, and ending them."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.access.accounts import Session, is_live
from bridge.domain.access.permissions import Act
from bridge.domain.kernel.principal import AccessRole, Principal
from bridge.service.reasons import UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A session with the name of its person, or of its token."""

    session: Session
    name: str
    own: bool
    """It is the one that asks."""


class SessionKeeping(UseCases):
    @use_case(Act.SESSION_READ)
    async def find(self, principal: Principal) -> Sequence[ShownSession]:
        """Those that go on, the newest first."""
        return await shown_sessions(self._ports, principal)

    @use_case(Act.SESSION_END)
    async def end(self, principal: Principal, key: str) -> None:
        """One. It is refused at once, and its event stream ends.

        Raises:
            Refusal: There is none.
        """
        found = await self._ports.identity.sessions.get(key)
        if found is None:
            raise Refusal.not_found(UnknownReason.SESSION, key)
        await self._ports.identity.sessions.end(principal.name, [found], why="keeper")

    @use_case(Act.SESSION_END)
    async def end_many(
        self, principal: Principal, *, account: str | None = None, role: AccessRole | None = None
    ) -> int:
        """Of one account (id or name), of all who have a role, or all; so many were ended. The session that asks goes
        on where all are ended.

        Raises:
            Refusal: There is no such account.
        """
        wanted = await shown_sessions(self._ports, principal)
        if account is not None:
            accounts = self._ports.identity.accounts
            one = await accounts.get(account) or await accounts.named(account)
            if one is None:
                raise Refusal.not_found(UnknownReason.ACCOUNT, account)
            wanted = [each for each in wanted if each.session.account == one.id]
        if role is not None:
            having = {one.id for one in await self._ports.identity.accounts.find() if role in one.roles}
            wanted = [each for each in wanted if each.session.account in having]
        if account is None and role is None:
            wanted = [each for each in wanted if not each.own]
        return await self._ports.identity.sessions.end(principal.name, [each.session for each in wanted], why="keeper")


async def shown_sessions(ports: Ports, principal: Principal, account: str | None = None) -> list[ShownSession]:
    """Those that go on; of one account, or all."""
    identity, now_s = ports.identity, ports.clock.now_s()
    names = {one.id: one.name for one in await identity.accounts.find()}
    return [
        ShownSession(one, names.get(one.account or "", one.token or ""), one.id == principal.session)
        for one in await identity.sessions.find(account=account)
        if is_live(one, identity.limits, now_s)
    ]
