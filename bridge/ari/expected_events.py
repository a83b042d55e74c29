"""Waiting for one event of one object, begun before the request that causes it: events overtake replies."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.ari import model
from bridge.ari.errors import AriUnavailable

_Key = tuple[type[model.AriEvent], str]


class ExpectedEvents:
    """The waiters and their events. `note` every event; `fail` all when events were lost."""

    def __init__(self) -> None:
        self._waiting: dict[_Key, asyncio.Future[None]] = {}

    @contextmanager
    def expect(self, kind: type[model.AriEvent], name: str) -> Iterator[asyncio.Future[None]]:
        """A future that is done when the event comes; one waiter for each kind and name.

        The future raises `AriUnavailable` when the event socket is lost meanwhile.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[kind, name] = future
        try:
            yield future
        finally:
            if self._waiting.get((kind, name)) is future:
                del self._waiting[kind, name]
            if future.done() and not future.cancelled():
                future.exception()

    def note(self, event: model.KnownEvent) -> None:
        """Wake the waiter for this event."""
        name = ""
        if isinstance(event, model.StasisStart | model.StasisEnd):
            name = event.channel.id
        elif isinstance(event, model.PlaybackFinished):
            name = event.playback.id
        future = self._waiting.get((type(event), name))
        if future is not None and not future.done():
            future.set_result(None)

    def fail(self, reason: str) -> None:
        """Fail every waiter: its event was lost."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(AriUnavailable("event socket", 0, reason))
