"""The audit log and the proof that nothing in it was changed."""

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import AwareDatetime

from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Limit, Output, when
from bridge.ports import AuditWish

router = resource("/audit", "audit")
LAST_ROW: Final = 2**63 - 1
"""No database counts further."""


class VerifyOut(Output):
    """The proof that nothing in the audit log was changed."""

    ok: bool
    """Every row's hash fits its content and the row before it."""
    first_bad_row: int | None
    """The number of the first row that does not fit; none: all do."""


@router.get("")
async def rows(
    service: TheService,
    asker: Asker,
    after: Annotated[int, Query(ge=0, le=LAST_ROW, description="The number of the last row that is known.")] = 0,
    limit: Limit = 100,
) -> list[dict[str, Any]]:
    """The rows in order of number, from the one after `after`."""
    return [{**asdict(row), "at": when(row.at_s)} for row in await service.audit.rows(asker, after=after, limit=limit)]


class AuditRowOut(Output):
    """One line of the audit log."""

    number: int
    """Its place in the log, from 1."""
    at: str | None
    """When it was done (RFC 3339, UTC)."""
    actor: str
    """The name of the one who did it."""
    action: str
    """The act, stable, such as `conference.open`."""
    object: str
    """The id of what it was done to."""
    detail: dict[str, Any]
    """Everything else that is known, by name."""
    hash: str
    """SHA-256 over the line and the hash before it, hexadecimal."""


Part = Annotated[str, Query(max_length=100, description="Part of it, in any case; empty: any.")]


@router.get("/search")
async def search(
    service: TheService,
    asker: Asker,
    actor: Part = "",
    action: Annotated[str, Query(max_length=100, description="The act, or its beginning; empty: any.")] = "",
    object: Part = "",
    since: Annotated[AwareDatetime | None, Query(description="Done then or later (RFC 3339).")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Done before then (RFC 3339).")] = None,
    before: Annotated[int | None, Query(ge=1, le=LAST_ROW, description="Only lower numbers: the page after.")] = None,
    limit: Limit = 100,
) -> list[AuditRowOut]:
    """The latest lines that fit, the latest first."""
    wish = AuditWish(
        actor=actor.strip(),
        action=action.strip(),
        object=object.strip(),
        since_s=since.timestamp() if since else None,
        until_s=until.timestamp() if until else None,
        before=before,
    )
    return [
        AuditRowOut(
            number=row.number,
            at=when(row.at_s),
            actor=row.actor,
            action=row.action,
            object=row.object,
            detail=dict(row.detail),
            hash=row.hash,
        )
        for row in await service.audit.search(asker, wish, limit=limit)
    ]


@router.get("/verify")
async def verify(service: TheService, asker: Asker) -> VerifyOut:
    """Recompute the whole chain of hashes. A long log takes seconds."""
    bad = await service.audit.verify(asker)
    return VerifyOut(ok=bad is None, first_bad_row=bad)
