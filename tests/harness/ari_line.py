"""A real Asterisk with our telephony connected to it and telephones that call it over its own loopback trunk."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bridge.ari.adapter import AriTelephony
from bridge.ari.rest import AriLimits
from bridge.ari.settings import TrunkSettings
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import ChannelId, MixId
from bridge.domain.telephony.events import CallArrived, TelephonyUp
from bridge.engine.clock import RandomIds, SteadyClock
from tests.harness.ari_phone import Phone, Phones, phones
from tests.harness.asterisk import AsteriskWorld, running_asterisk
from tests.harness.ports import free_port

E = TypeVar("E", bound=Event)
OUR_NUMBER = "4685555555"
QUICK = AriLimits(first_pause_s=0.05, longest_pause_s=0.3)


async def until(fits: Callable[[], Awaitable[bool] | bool], within_s: float = 10.0) -> None:
    """Wait for what can only be asked for, not waited for."""
    async with asyncio.timeout(within_s):
        while True:
            answer = fits()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)


@dataclass
class Heard:
    """All domain events so far, and waiting for one."""

    events: list[Event] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: Event) -> None:
        self.events.append(event)
        self._more.set()

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def wait(self, kind: type[E], fits: Callable[[E], bool] = lambda _: True, *, after: int = 0) -> E:
        """The first such event, counted from event number `after`."""
        async with asyncio.timeout(10):
            while True:
                for event in self.events[after:]:
                    if isinstance(event, kind) and fits(event):
                        return event
                self._more.clear()
                await self._more.wait()


@dataclass
class Line:
    world: AsteriskWorld
    telephony: AriTelephony
    heard: Heard
    phones: Phones
    ids: RandomIds
    running: asyncio.Task[None]

    async def caller(self, number: str = "+46701740605") -> tuple[ChannelId, Phone]:
        """Somebody has called us and was answered: our channel, and his telephone."""
        mark = len(self.heard.events)
        calling = asyncio.create_task(self.phones.call(f"PJSIP/{OUR_NUMBER}@trunk-main", number))
        arrived = await self.heard.wait(CallArrived, after=mark)
        await self.telephony.answer(arrived.channel)
        return arrived.channel, await calling

    async def meeting(self, people: int) -> tuple[MixId, list[tuple[ChannelId, Phone]]]:
        """A mix with so many callers in it, all heard."""
        mix = MixId(self.ids.mint("mix"))
        await self.telephony.create_mix(mix)
        callers = [await self.caller() for _ in range(people)]
        for channel, _ in callers:
            await self.telephony.join_mix(channel, mix, heard=True)
        return mix, callers

    async def helpers(self, technology: str) -> bool:
        """Whether Asterisk has a channel of this name, such as `Snoop/`."""
        return technology in await self.world.process.rx("core show channels concise")

    async def kill(self) -> None:
        """The controller dies: no word to Asterisk, its tasks are gone."""
        self.running.cancel()
        with suppress(asyncio.CancelledError):
            await self.running

    async def restart(self) -> None:
        """Another controller takes its place."""
        self.heard = Heard()
        self.telephony, self.running = _start(self.world, self.heard, self.ids)
        await self.heard.wait(TelephonyUp)


def _start(world: AsteriskWorld, heard: Heard, ids: RandomIds) -> tuple[AriTelephony, asyncio.Task[None]]:
    telephony = AriTelephony(
        world.settings, world.secrets, world.dirs, clock=SteadyClock(), ids=ids, emit=heard.take, limits=QUICK
    )
    return telephony, asyncio.create_task(telephony.run())


async def _is_idle(world: AsteriskWorld) -> bool:
    return not (await world.process.rx("core show channels concise")).strip()


@asynccontextmanager
async def loopback_asterisk(state: Path) -> AsyncGenerator[AsteriskWorld]:
    """An Asterisk whose trunk `main` leads back to itself."""
    port = free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM)
    trunk = TrunkSettings(dial=f"127.0.0.1:{port}")
    async with running_asterisk(state, trunks=[trunk], sip_port=port) as world:
        yield world


@asynccontextmanager
async def line_to(world: AsteriskWorld) -> AsyncGenerator[Line]:
    """Our telephony on that Asterisk, up. All channels are hung up at the end."""
    heard, ids = Heard(), RandomIds(SteadyClock())
    telephony, running = _start(world, heard, ids)
    await heard.wait(TelephonyUp)
    async with phones(world.ari_url, world.ari_login) as made:
        line = Line(world, telephony, heard, made, ids, running)
        try:
            yield line
        finally:
            await world.process.rx("channel request hangup all")
            for mix in (await line.telephony.snapshot(())).mixes:
                await line.telephony.destroy_mix(mix)
            await until(lambda: _is_idle(world))
            await line.kill()
