"""The audit log and the proof that nothing in it was changed."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from bridge.api.parts import TheParts
from bridge.api.text import Limit, Output, when

router = APIRouter(prefix="/audit", tags=["audit"])


class VerifyOut(Output):
    """Whether the audit log's chain is whole."""

    ok: bool
    """Every row's hash fits its content and the row before it."""
    first_bad_row: int | None
    """The number of the first row that does not fit; none: all do."""


@router.get("")
async def rows(
    parts: TheParts,
    after: Annotated[int, Query(ge=0, description="The number of the last row that is known.")] = 0,
    limit: Limit = 100,
) -> list[dict[str, Any]]:
    """In order of number, from the one after `after`."""
    return [{**asdict(row), "at": when(row.at_s)} for row in await parts.audit.rows(after, limit)]


@router.get("/verify")
async def verify(parts: TheParts) -> VerifyOut:
    """Recompute the whole chain of hashes. A long log takes seconds."""
    bad = await parts.audit.verify()
    return VerifyOut(ok=bad is None, first_bad_row=bad)
