"""What the product is measured beside: the same Asterisk doing the same without it.

ConfBridge with no controller, a bare ARI application that does no more than answer and bridge, call files.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.harness import wait
from tests.harness.asterisk import AsteriskWorld, running_asterisk

ROOM: Final = "9001"
"""Dialled for ConfBridge."""
APPLICATION: Final = "9002"
"""Dialled for the bare ARI application."""
APP: Final = "bench"


@asynccontextmanager
async def bare_asterisk(folder: Path, **options: Any) -> AsyncIterator[AsteriskWorld]:
    """Asterisk with our configuration and no controller; two numbers more in its dialplan."""
    async with running_asterisk(folder, **options) as world:
        plan = {
            ROOM: ("Answer()", "Set(CONFBRIDGE(user\\,quiet)=yes)", "ConfBridge(bench)"),
            APPLICATION: (f"Stasis({APP})", "Hangup()"),
        }
        for number, steps in plan.items():
            for priority, step in enumerate(steps, 1):
                said = await world.process.rx(f"dialplan add extension {number},{priority},{step} into samband-in")
                if "added" not in said.lower():
                    raise RuntimeError(f"the dialplan did not take {number},{priority},{step}: {said}")
        yield world


class Ari:
    """Requests and events of Asterisk's REST interface, as plain JSON."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.events: list[dict[str, Any]] = []

    async def do(self, method: str, path: str, **query: str) -> Any:
        async with self._session.request(method, f"{self._url}/{path}", params=query) as answer:
            answer.raise_for_status()
            return await answer.json() if answer.content_type == "application/json" and answer.status == 200 else None

    def events_of(self, channel: str) -> list[dict[str, Any]]:
        """Those of one channel, its playbacks' included, in their order."""
        return [
            one
            for one in self.events
            if one.get("channel", {}).get("id") == channel
            or one.get("playback", {}).get("target_uri") == f"channel:{channel}"
        ]

    async def read(self, socket: aiohttp.ClientWebSocketResponse, then: Any = None) -> None:
        async for message in socket:
            event = json.loads(message.data)
            self.events.append(event)
            if then is not None:
                then(event)


@asynccontextmanager
async def ari(
    world_url: str, login: tuple[str, str], *, app: str, everything: bool, then: Any = None
) -> AsyncIterator[Ari]:
    """An application on its own; with `everything` it sees all events of all others too."""
    async with AsyncExitStack() as stack:
        auth = aiohttp.BasicAuth(*login)
        session = await stack.enter_async_context(aiohttp.ClientSession(auth=auth))
        made = Ari(session, world_url)
        query = {"app": app, "subscribeAll": "true" if everything else "false"}
        socket = await stack.enter_async_context(session.ws_connect(f"{world_url}/events", params=query))
        reading = asyncio.create_task(made.read(socket, None if then is None else lambda event: then(made, event)))
        try:
            yield made
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading


@asynccontextmanager
async def answering_application(world: AsteriskWorld, mix: str = "bench-mix") -> AsyncIterator[Ari]:
    """The least a conference program can do: answer, and put the caller into the mixing bridge."""
    tasks: set[asyncio.Task[None]] = set()

    def then(made: Ari, event: dict[str, Any]) -> None:
        if event["type"] == "StasisStart" and not event["channel"]["name"].startswith("UnicastRTP"):
            task = asyncio.create_task(_takes_in(made, event["channel"]["id"], mix))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async with ari(world.ari_url, world.ari_login, app=APP, everything=True, then=then) as made:
        await made.do("POST", f"bridges/{mix}", type="mixing")
        yield made


async def _takes_in(made: Ari, channel: str, mix: str) -> None:
    await made.do("POST", f"channels/{channel}/answer")
    await made.do("POST", f"bridges/{mix}/addChannel", channel=channel)


async def hang_up_all(asterisk: Ari) -> None:
    """Every telephone's line, and wait until they are gone."""

    async def lines() -> list[str]:
        channels = await asterisk.do("GET", "channels")
        return [one["id"] for one in channels if one["name"].startswith("PJSIP/")]

    async def gone() -> bool:
        for channel in await lines():
            with suppress(aiohttp.ClientResponseError):  # it went meanwhile
                await asterisk.do("DELETE", f"channels/{channel}")
        return not await lines()

    await wait.until(gone, 20, every_s=0.5, what="every line is hung up")


class Manager:
    """Asterisk's manager interface, one action at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count(1)

    async def action(self, name: str, **fields: str) -> str:
        number = str(next(self._numbers))
        lines = [f"Action: {name}", f"ActionID: {number}", *(f"{key}: {value}" for key, value in fields.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            answer = (await self._reader.readuntil(b"\r\n\r\n")).decode()
            if f"ActionID: {number}" in answer and "Response:" in answer:
                return answer


@asynccontextmanager
async def manager(world: AsteriskWorld) -> AsyncIterator[Manager]:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.settings.ami_port)
    await reader.readline()
    made = Manager(reader, writer)
    try:
        said = await made.action(
            "Login", Username=world.secrets.ami_user, Secret=world.secrets.ami_password, Events="off"
        )
        if "Success" not in said:
            raise RuntimeError(f"the manager interface refused: {said}")
        yield made
    finally:
        writer.close()
