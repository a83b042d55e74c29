"""Logins of people, and ending them: one by one, by account, by role, or all."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from bridge.api.account_views import SessionOut, session_out
from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Output
from bridge.domain.kernel.principal import AccessRole

router = resource("/sessions", "accounts")


class EndIn(Input):
    """The sessions that are to end. With neither they are all but the one that asks."""

    account: str | None = Field(default=None, max_length=64)
    """Of this account, by id or name."""
    role: AccessRole | None = None
    """Of all who have this role."""


class EndedOut(Output):
    """How many were ended."""

    ended: int
    """They are refused at once, and their event streams end."""


@router.get("")
async def list_sessions(service: TheService, asker: Asker) -> list[SessionOut]:
    """Those that go on, the newest first."""
    return [session_out(one) for one in await service.sessions.find(asker)]


@router.post("/end")
async def end_many(service: TheService, asker: Asker, given: EndIn) -> EndedOut:
    """End many at once."""
    return EndedOut(ended=await service.sessions.end_many(asker, account=given.account, role=given.role))


@router.delete("/{session}", status_code=204)
async def end(
    service: TheService, asker: Asker, session: Annotated[str, Path(max_length=64, description="The id of the login.")]
) -> None:
    """End one."""
    await service.sessions.end(asker, session)
