"""The accounts of people: made, invited, given roles, disabled and removed by a keeper."""

from typing import Annotated

from fastapi import Path, Request
from pydantic import Field

from bridge.api.account_views import AccountOut, InvitedOut, account_out
from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.security import Asker, origin_of
from bridge.api.text import Input, Key, Name
from bridge.domain.kernel.principal import AccessRole
from bridge.service.accounts import NewAccount

router = resource("/accounts", "accounts")
INVITATION: str = "/invitation/"
"""Of the page of an invitation."""
AccountKey = Annotated[str, Path(max_length=64, description="Id or name.")]
Scope = Annotated[list[Key], Field(max_length=100)]


class AccountIn(Input):
    """An account to make."""

    name: str = Field(max_length=64)
    """The name that is typed at login: 2 to 64 of a–ö, digits, and `._@-`."""
    shown: Name | None = None
    """As people read it; null: as the name."""
    roles: list[AccessRole] = Field(max_length=10)
    """`keeper`, `coordinator`, `host`, `directory_editor`, `registrar`, `auditor`, `listener`, `secrecy`."""
    organisations: Scope | None = None
    """Confined to the directory's entries of these; a `directory_editor` needs one."""
    forums: Scope | None = None
    """Confined to meetings of these; a `listener` needs one, or a meeting."""
    meetings: Scope | None = None
    """Confined to these meetings, beside those of `forums`."""
    break_glass: bool = False
    """For the day when nothing else works. Its use is an alarm."""


class AccountChange(Input):
    """A member that is left out stays. A scope that is null confines to nothing."""

    shown: Name | None = None
    """As people read it."""
    roles: list[AccessRole] | None = Field(default=None, max_length=10)
    """All of them."""
    organisations: Scope | None = None
    """With `forums` and `meetings`: the three are given together."""
    forums: Scope | None = None
    """As `organisations`."""
    meetings: Scope | None = None
    """As `organisations`."""


def _scope(given: list[str] | None) -> frozenset[str] | None:
    return None if given is None else frozenset(given)


@router.get("")
async def list_accounts(service: TheService, asker: Asker) -> list[AccountOut]:
    """All, in order of name."""
    return [account_out(one) for one in await service.accounts.find(asker)]


@router.post("", status_code=201)
async def make(service: TheService, asker: Asker, request: Request, given: AccountIn) -> InvitedOut:
    """Make an account. The answer alone has the address of its invitation, which works once, for 24 hours."""
    new = NewAccount(
        name=given.name,
        shown=given.shown or "",
        roles=frozenset(given.roles),
        organisations=_scope(given.organisations),
        forums=_scope(given.forums),
        meetings=_scope(given.meetings),
        break_glass=given.break_glass,
    )
    made, secret = await service.accounts.make(asker, new)
    return InvitedOut(account=account_out(made), address=f"{origin_of(request)}{INVITATION}{secret}")


@router.get("/{account}")
async def read(service: TheService, asker: Asker, account: AccountKey) -> AccountOut:
    """One account."""
    return account_out(await service.accounts.read(asker, account))


@router.patch("/{account}")
async def change(service: TheService, asker: Asker, account: AccountKey, given: AccountChange) -> AccountOut:
    """Change its roles or scope, which ends its sessions. Nobody changes their own roles."""
    changed = await service.accounts.change(
        asker,
        account,
        shown=given.shown,
        roles=frozenset(given.roles) if given.roles is not None else None,
        organisations=_scope(given.organisations),
        forums=_scope(given.forums),
        meetings=_scope(given.meetings),
        scoped=not given.model_fields_set.isdisjoint({"organisations", "forums", "meetings"}),
    )
    return account_out(changed)


@router.delete("/{account}", status_code=204)
async def remove(service: TheService, asker: Asker, account: AccountKey) -> None:
    """Remove it with its sessions and tokens. The audit log keeps its name."""
    await service.accounts.remove(asker, account)


@router.post("/{account}/disable")
async def disable(service: TheService, asker: Asker, account: AccountKey) -> AccountOut:
    """Let nobody in by it, and end its sessions."""
    return account_out(await service.accounts.disable(asker, account, disabled=True))


@router.post("/{account}/enable")
async def enable(service: TheService, asker: Asker, account: AccountKey) -> AccountOut:
    """Let its owner in again."""
    return account_out(await service.accounts.disable(asker, account, disabled=False))


@router.post("/{account}/invite")
async def invite(service: TheService, asker: Asker, request: Request, account: AccountKey) -> InvitedOut:
    """A new invitation, as after a lost telephone. Password and factors stay until it is used."""
    found, secret = await service.accounts.invite(asker, account)
    return InvitedOut(account=account_out(found), address=f"{origin_of(request)}{INVITATION}{secret}")
