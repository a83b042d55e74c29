"""Tokens of programs, and of people at a command line."""

from collections.abc import Collection, Sequence
from typing import Final

from bridge.domain.access.accounts import TokenHolder
from bridge.domain.access.permissions import PERMITTED, Act, permits
from bridge.domain.access.reasons import AccountReason
from bridge.domain.kernel.principal import AccessRole, Principal
from bridge.service.reasons import AccessReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import UseCases, use_case

LISTED: Final = frozenset(act.value for act, roles in PERMITTED.items() if AccessRole.SERVICE in roles)
"""The permissions that a token can list."""
SPEECH: Final = frozenset({Act.RECORDING_LISTEN, Act.RECORDING_PACKAGE})
"""Given only by somebody who has them."""


class TokenKeeping(UseCases):
    @use_case(Act.TOKEN_READ)
    async def find(self, principal: Principal) -> Sequence[TokenHolder]:
        """All, in order of name, without their secrets."""
        return await self._ports.identity.tokens.find()

    @use_case(Act.TOKEN_ISSUE)
    async def issue(
        self,
        principal: Principal,
        name: str,
        *,
        permissions: Collection[str] | None = None,
        expires_at_s: float | None = None,
        owner: str | None = None,
    ) -> str:
        """The token, which is told here alone. One of the same name stops working. It is its issuer's own, where they
        have an account and name no other owner.

        Raises:
            Refusal: A permission is none, or one that the issuer may not give. Or the name is an account's, the
                owner is not there, or the end has passed.
        """
        identity = self._ports.identity
        if await identity.accounts.named(name) is not None:
            raise Refusal("conflict", AccountReason.TOKEN_NAME_TAKEN(name=name), field="name")
        if permissions is None and AccessRole.OPERATOR not in principal.roles:
            act = Act.TOKEN_ISSUE.value
            raise Refusal(
                "not_permitted", AccessReason.NOT_PERMITTED(principal=principal.name, act=act), field="permissions"
            )
        for one in permissions or ():
            if one not in LISTED:
                raise Refusal("invalid", AccountReason.PERMISSION_UNKNOWN(name=one), field="permissions")
            if Act(one) in SPEECH and not permits(principal, Act(one)):
                reason = AccessReason.NOT_PERMITTED(principal=principal.name, act=one)
                raise Refusal("not_permitted", reason, field="permissions")
        if expires_at_s is not None and expires_at_s <= self._ports.clock.now_s():
            raise Refusal("invalid", AccountReason.EXPIRES_IN_THE_PAST(), field="expires_at")
        key = principal.account
        if owner is not None:
            found = await identity.accounts.get(owner) or await identity.accounts.named(owner)
            if found is None:
                raise Refusal.unknown(UnknownReason.ACCOUNT, owner, "owner")
            key = found.id
        token = await identity.tokens.issue(
            name, principal.name, permissions=permissions, expires_at_s=expires_at_s, owner=key
        )
        identity.sessions.tell()
        return token

    @use_case(Act.TOKEN_REVOKE)
    async def revoke(self, principal: Principal, name: str) -> None:
        """It stops working at once, and its sessions and streams end.

        Raises:
            Refusal: There is none.
        """
        if not await self._ports.identity.tokens.revoke(name, principal.name):
            raise Refusal.not_found(UnknownReason.TOKEN, name)
        self._ports.identity.sessions.tell()
