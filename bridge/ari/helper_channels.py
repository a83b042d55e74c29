"""The channels that are tools of ours: announcers, whispers and media legs, with the tasks that work them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Self

import structlog

from bridge.ari import names
from bridge.ari.client import AriClient
from bridge.ari.ears import Ears
from bridge.ari.expected_events import ExpectedEvents
from bridge.ari.speech import Announcer, Speech, Voice, Whisperer
from bridge.domain.kernel.ids import ChannelId, MixId
from bridge.ports import Ids

log = structlog.get_logger(__name__)

REST_S: Final = 1.0
"""A helper whose work has failed goes on after this. The phrase in hand is lost; those that wait behind it are not."""


class HelperChannels:
    """Owns the helpers' tasks; none outlives the context, and none ends unseen while something waits for it."""

    def __init__(
        self,
        client: AriClient,
        waits: ExpectedEvents,
        ids: Ids,
        where: Callable[[ChannelId], MixId | None] = lambda _: None,
    ) -> None:
        self._voice = Voice(client, waits, ids, Ears(where))
        self._announcers: dict[MixId, tuple[Announcer, asyncio.Task[None]]] = {}
        self._whisperers: dict[ChannelId, tuple[Whisperer, asyncio.Task[None]]] = {}
        self._dropped = 0
        self.failed = 0
        """How often a helper's work ended in a way that its own code does not foresee."""
        self.media_legs: set[ChannelId] = set()

    @property
    def dropped(self) -> int:
        """Speeches that were never said because too many waited."""
        announcers = sum(announcer.dropped for announcer, _ in self._announcers.values())
        return self._dropped + announcers + sum(whisperer.dropped for whisperer, _ in self._whisperers.values())

    def in_use(self) -> frozenset[str]:
        """Ids of helper channels that this controller works with."""
        return frozenset(self.media_legs) | {whisperer.snoop for whisperer, _ in self._whisperers.values()}

    def announcer(self, mix: MixId) -> Announcer:
        """The mix's announcer, set to work if it is not."""
        if mix not in self._announcers:
            announcer = Announcer(self._voice, mix)
            self._announcers[mix] = announcer, self._start(announcer.run, names.announcer_mouth(mix))
        return self._announcers[mix][0]

    async def stop_announcer(self, mix: MixId) -> None:
        """With its leg. A mix that this controller did not make can have one too."""
        announcer, task = self._announcers.pop(mix, (Announcer(self._voice, mix), None))
        self._dropped += announcer.dropped
        await _end(task)
        await announcer.forget()
        await announcer.hang_up()

    def whisper(self, channel: ChannelId, speech: Speech) -> None:
        """One without words ends what is read out, and says nothing."""
        working = self._whisperers.get(channel)
        if working is not None and not working[1].done():
            working[0].put(speech)
            return
        if not speech.prompts:
            return
        whisperer = Whisperer(self._voice, channel)
        whisperer.put(speech)
        task = self._start(whisperer.run, f"whisper-{channel}")
        self._whisperers[channel] = whisperer, task
        task.add_done_callback(lambda _: self._whispered(channel, whisperer))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the tasks and leave the channels: the next controller goes on with them, or hangs them up."""
        working = [task for _, task in self._announcers.values()] + [task for _, task in self._whisperers.values()]
        for task in working:
            await _end(task)
        self._announcers.clear()
        self.media_legs.clear()

    def _start(self, work: Callable[[], Awaitable[None]], name: str) -> asyncio.Task[None]:
        return asyncio.create_task(self._kept(work, name), name=f"ari-{name}")

    async def _kept(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        """Do it to its end, again after a failure. Without that the queue would be filled for ever and never said."""
        while True:
            try:
                return await work()
            except Exception:  # any failure of one speech, so that those behind it are heard
                self.failed += 1
                log.exception("helper_failed", helper=name, again_in_s=REST_S)
                await asyncio.sleep(REST_S)

    def _whispered(self, channel: ChannelId, whisperer: Whisperer) -> None:
        self._dropped += whisperer.dropped
        if self._whisperers[channel][0] is whisperer:
            del self._whisperers[channel]


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
