"""Server-sent events (WHATWG HTML §9.2): what has changed, resumable by `Last-Event-ID`.

An event tells what to read again, never the new content: a reader that is behind cannot show what is no longer so.
The server sends a comment every 15 s, so that a dead line is noticed.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bridge.api.parts import Parts, TheParts
from bridge.api.text import when
from bridge.ports import Change

router = APIRouter(prefix="/events", tags=["events"])
RETRY_MS: Final = 1000


@router.get("", response_class=EventSourceResponse)
async def events(
    parts: TheParts,
    last_event_id: Annotated[str | None, Header(max_length=20, description="What was read last.")] = None,
    after: Annotated[int | None, Query(ge=0, description="As Last-Event-ID, for a first connection.")] = None,
    conference: Annotated[str | None, Query(max_length=64, description="Only of this conference.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """What has changed, as server-sent events. An event `change` names what to read again; `reset` means all of it."""
    known = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else after
    async for event in stream(parts, known, conference):
        yield event


async def stream(parts: Parts, after: int | None, conference: str | None = None) -> AsyncIterator[ServerSentEvent]:
    """Changes after `after`, or from now on. `reset` comes first where some of them are no longer kept, and where the
    numbering began anew with the program: then all must be read again."""
    yield ServerSentEvent(comment="connected", retry=RETRY_MS)
    if after is not None and after > parts.control.number():
        # They read from a former life of the program, in which the numbers were others.
        after = parts.control.number()
        yield ServerSentEvent(event="reset", id=str(after), data={"read": "everything"})
    expected = None if after is None else after + 1
    async for change in parts.control.changes(after):
        if expected is not None and change.number != expected:
            yield ServerSentEvent(event="reset", id=str(change.number - 1), data={"read": "everything"})
        expected = change.number + 1
        if conference is None or change.conference in (None, conference):
            yield _event(change)


def _event(change: Change) -> ServerSentEvent:
    data = {
        "number": change.number,
        "at": when(change.at_s),
        "kind": change.kind,
        "id": change.subject,
        "conference_id": change.conference,
    }
    return ServerSentEvent(event="change", id=str(change.number), data=data)
