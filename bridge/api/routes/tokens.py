"""Tokens of programs, and of people at a command line."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from bridge.api.account_views import TokenOut, token_out
from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Instant, Name, Output

router = resource("/tokens", "accounts")


class TokenIn(Input):
    """A token to issue. One of the same name stops working."""

    name: Name
    """Of its holder; the audit log shows it, unless it is a person's own."""
    permissions: list[str] | None = Field(default=None, max_length=100)
    """The acts that it is good for, such as `conference.read`; null: an operator's."""
    expires_at: Instant | None = None
    """It stops working then (RFC 3339); null: when it is revoked."""
    owner: str | None = Field(default=None, max_length=64)
    """The account whose it is, by id or name; null: the issuer's own, where they have one."""


class IssuedOut(Output):
    """A token that was just issued."""

    name: str
    """Of its holder."""
    token: str
    """It is shown here alone."""


@router.get("")
async def list_tokens(service: TheService, asker: Asker) -> list[TokenOut]:
    """All, in order of name, without their secrets."""
    return [token_out(one) for one in await service.tokens.find(asker)]


@router.post("", status_code=201)
async def issue(service: TheService, asker: Asker, given: TokenIn) -> IssuedOut:
    """Issue a token."""
    token = await service.tokens.issue(
        asker,
        given.name,
        permissions=given.permissions,
        expires_at_s=given.expires_at.timestamp() if given.expires_at is not None else None,
        owner=given.owner,
    )
    return IssuedOut(name=given.name, token=token)


@router.delete("/{name}", status_code=204)
async def revoke(
    service: TheService, asker: Asker, name: Annotated[str, Path(max_length=100, description="The name of its holder.")]
) -> None:
    """It stops working at once, and its sessions and streams end."""
    await service.tokens.revoke(asker, name)
