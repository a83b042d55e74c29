"""The audit log and the proof that nothing in it was changed."""

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from bridge.api.dependencies import TheService
from bridge.api.security import Asker
from bridge.api.text import Limit, Output, when

router = APIRouter(prefix="/audit", tags=["audit"])
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


@router.get("/verify")
async def verify(service: TheService, asker: Asker) -> VerifyOut:
    """Recompute the whole chain of hashes. A long log takes seconds."""
    bad = await service.audit.verify(asker)
    return VerifyOut(ok=bad is None, first_bad_row=bad)
