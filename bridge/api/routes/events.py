"""Changes as server-sent events (WHATWG HTML §9.2), resumable by `Last-Event-ID`.

An event says what to read again, never the new content. So a reader that is behind cannot show a state that is over.
A `beat` comes every 5 s, whatever happens. A browser shows no comment to a script, and no half-open line as broken. A
reader without a beat for 12 s knows nothing of the present.

Talk begins and ends several times a second. So it has an event of its own. It names all who talk in the conference as
it is sent, and nothing need be read for it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Annotated, Final

from fastapi import Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bridge.api.dependencies import Dependencies, TheDependencies, TheService
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import when
from bridge.domain.alarms.counts import told as alarm_counts
from bridge.domain.conference.records import TALK
from bridge.domain.kernel.principal import Principal
from bridge.ports import Change, PortError
from bridge.service.identities import still
from bridge.service.watching import HIDDEN

router = resource("/events", "events")
RETRY_MS: Final = 1000
BEAT_S: Final = 5.0


async def stream(
    service: TheService,
    parts: TheDependencies,
    asker: Asker,
    last_event_id: Annotated[str | None, Header(max_length=20, description="The number that was read last.")] = None,
    after: Annotated[int | None, Query(ge=0, description="As Last-Event-ID, for a first connection.")] = None,
    conference: Annotated[str | None, Query(max_length=64, description="Only of this conference.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Changes after the one that is known, or from now on.

    A refusal is raised here, while it can still be told as an answer of its own. `reset` comes first where some changes
    are no longer kept, or where the numbering began anew with the program. Then all must be read again.
    """
    known = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else after
    newest = await service.events.number(asker)
    # A reader of a former life of the program knows numbers that are not there yet.
    is_ahead = known is not None and known > newest
    start = newest if is_ahead else known
    told = _told(await service.events.follow(asker, start), start, conference, is_ahead=is_ahead)

    async def talking(change: Change) -> list[str]:
        return [] if change.conference is None else list(await service.events.talking(asker, change.conference))

    return with_beats(
        _as_events(told, talking), BEAT_S, Watch(parts, asker), lambda: alarm_counts(parts.control.node())
    )


class Watch:
    """Whether the reader of a stream may still read it."""

    def __init__(self, parts: Dependencies, reader: Principal) -> None:
        self._parts = parts
        self._reader = reader

    @property
    def ended(self) -> asyncio.Event:
        """Set when some session was ended by this program."""
        return self._parts.identity.sessions.ended

    async def goes_on(self) -> bool:
        """Their session or token works, and reaches as far as it did."""
        try:
            found = await still(self._parts.identity, self._parts.clock, self._reader)
        except PortError:
            return True  # a database that fails for a moment ends no stream: the next look tells
        return found is not None and (found.roles, found.forums, found.meetings, found.permissions) == (
            self._reader.roles,
            self._reader.forums,
            self._reader.meetings,
            self._reader.permissions,
        )


async def with_beats(
    events: AsyncIterator[ServerSentEvent],
    every_s: float,
    watch: Watch | None = None,
    alarms: Callable[[], Mapping[str, Mapping[str, int]]] = dict,
) -> AsyncIterator[ServerSentEvent]:
    """Events as they come, with a `beat` among them each `every_s`. It has no id: nothing is to be resumed from it.

    A beat holds the counts of the alarms by priority, so that none is missed for long. At each beat, and when a session
    was ended, the stream ends where its reader may read it no more.
    """
    clock = asyncio.get_running_loop()
    due_s = clock.time() + every_s
    waiting = asyncio.ensure_future(anext(events, None))
    ended = watch.ended if watch is not None else asyncio.Event()
    try:
        while True:
            told = asyncio.ensure_future(ended.wait())
            try:
                timeout = max(0.0, due_s - clock.time())
                await asyncio.wait({waiting, told}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            finally:
                told.cancel()
            if watch is not None and (ended.is_set() or clock.time() >= due_s):
                ended = watch.ended
                if not await watch.goes_on():
                    return
            if clock.time() >= due_s:
                due_s = clock.time() + every_s
                yield ServerSentEvent(event="beat", data={"every_s": every_s, "alarms": alarms()})
            if waiting.done():
                if (event := waiting.result()) is None:
                    return
                waiting = asyncio.ensure_future(anext(events, None))
                yield event
    finally:
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting


@router.get("", response_class=EventSourceResponse)
async def events(told: Annotated[AsyncIterator[ServerSentEvent], Depends(stream)]) -> AsyncIterator[ServerSentEvent]:
    """Changes as server-sent events.

    An event `change` names the thing to read again. `talk` names those who talk in a conference now: nothing need be
    read for it. `reset` means everything. `beat` comes every 5 s, with the counts of the alarms.
    """
    async for event in told:
        yield event


async def _told(
    changes: AsyncIterator[Change], after: int | None, conference: str | None, *, is_ahead: bool
) -> AsyncIterator[ServerSentEvent | Change]:
    yield ServerSentEvent(comment="connected", retry=RETRY_MS)
    if is_ahead:
        yield ServerSentEvent(event="reset", id=str(after), data={"read": "everything"})
    expected = None if after is None else after + 1
    async for change in changes:
        if expected is not None and change.number != expected:
            yield ServerSentEvent(event="reset", id=str(change.number - 1), data={"read": "everything"})
        expected = change.number + 1
        if change.kind != HIDDEN and (conference is None or change.conference in (None, conference)):
            yield change


async def _as_events(
    told: AsyncIterator[ServerSentEvent | Change], talking: Callable[[Change], Awaitable[list[str]]]
) -> AsyncIterator[ServerSentEvent]:
    async for one in told:
        if isinstance(one, ServerSentEvent):
            yield one
        elif one.kind == TALK:
            yield _talk(one, await talking(one))
        else:
            yield _event(one)


def _talk(change: Change, talking: list[str]) -> ServerSentEvent:
    data = {
        "number": change.number,
        "at": when(change.at_s),
        "conference_id": change.conference,
        "talking": talking,
    }
    return ServerSentEvent(event="talk", id=str(change.number), data=data)


def _event(change: Change) -> ServerSentEvent:
    data = {
        "number": change.number,
        "at": when(change.at_s),
        "kind": change.kind,
        "id": change.subject,
        "conference_id": change.conference,
    }
    return ServerSentEvent(event="change", id=str(change.number), data=data)
