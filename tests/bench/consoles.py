"""The console's pages over the wire and on the screen, and fifty of them on a meeting of a hundred."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
from playwright.async_api import Browser, Page, Request

from tests.bench.figures import Figure, Scale, percentile
from tests.bench.pages import PAUSE_S, SHOWN_S, shows, watching
from tests.bench.processes import cpu_s
from tests.harness.browser import Chromium, visitor
from tests.harness.sipp import LISTENS, talkers
from tests.harness.wait import until
from tests.harness.world import Meeting, World, samband_world

CONSOLES: Final = 50
CROWD: Final = 100
JOINING: Final = 40
PER_S: Final = 8
"""Forty in five seconds."""
EVENT_MS: Final = 200.0
SHARE_PERCENT: Final = 10.0
JOINS_KB: Final = 200.0
PAGE_KB: Final = 100.0
PAINT_MS: Final = 300.0
INTERACTIVE_MS: Final = 1000.0
ARRIVE_S: Final = 60.0
SETTLE_S: Final = 6.0
AT_MOST_EVERY_S: Final = 0.2
"""A page reads again five times a second at most."""
ADDRESSES: Final = ("/", "/conferences/{id}", "/call-in", "/directory", "/archive", "/health")
PLAIN: Final = "<!doctype html><title>plain</title><p>plain</p>"
_TIMES: Final = """async () => {
  const up = () => document.querySelector("#line.up");
  while (!up()) await new Promise((done) => setTimeout(done, 5));
  const now = performance.now();
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [paint ? paint.startTime : now, now];
}"""
_PAINT: Final = """async () => {
  const of = () => performance.getEntriesByName("first-contentful-paint")[0];
  while (!of()) await new Promise((done) => setTimeout(done, 5));
  return of().startTime;
}"""


async def drawn(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Each page at its first visit by a browser that has nothing of it, beside a page of one line."""
    turns = scale.of(8, 1)
    folder.mkdir(parents=True, exist_ok=True)
    async with console(folder) as (world, browser):
        meeting = await world.opens_conference("Bench", recorded=False)
        sizes_kb: dict[str, float] = {}
        paints_ms, interactive_ms, plain_ms = [], [], []
        for _ in range(turns):
            for address in ADDRESSES:
                visit = await _first_visit(browser, world, address.format(id=meeting.id))
                sizes_kb[address] = max(sizes_kb.get(address, 0.0), visit.wire_kb)
                paints_ms.append(visit.paint_ms)
                interactive_ms.append(visit.interactive_ms)
                plain_ms.append(await _plain(browser, world))
    largest = max(sizes_kb, key=lambda one: sizes_kb[one])
    how = "a new visitor each time, with an empty cache, who is logged in; by the browser's own clock"
    count, peer = len(paints_ms), percentile(plain_ms, 95)
    return [
        Figure(f"the largest page over the wire ({largest})", sizes_kb[largest], "kB", PAGE_KB, samples=len(sizes_kb),
               least=len(ADDRESSES), spread=(min(sizes_kb.values()), sizes_kb[largest]), peer_name="a page of one line",
               peer=len(PLAIN) / 1000, how=f"all that comes for it, encoded; {how}", raw={"kb": sizes_kb}),
        Figure("first paint of a page, p95", percentile(paints_ms, 95), "ms", PAINT_MS, samples=count, least=count,
               spread=(min(paints_ms), max(paints_ms)), peer_name="a page of one line", peer=peer, how=how,
               raw={"paint_ms": paints_ms, "plain_ms": plain_ms}),
        Figure("a page until it shows the present, p95", percentile(interactive_ms, 95), "ms", INTERACTIVE_MS,
               samples=count, least=count, spread=(min(interactive_ms), max(interactive_ms)),
               peer_name="first paint of a page of one line", peer=peer, how=f"until its line says so; {how}",
               raw={"interactive_ms": interactive_ms}),
    ]  # fmt: skip


async def fifty(folder: Path, scale: Scale) -> Sequence[Figure]:
    """A page among fifty consoles on a meeting of a hundred, and the controller without and with them."""
    consoles, crowd = scale.of(CONSOLES, 10), scale.of(CROWD, 20)
    times, seconds, takes = scale.of(100, 6), scale.of(20, 5), scale.of(3, 1)
    folder.mkdir(parents=True, exist_ok=True)
    async with console(folder) as (world, browser), AsyncExitStack() as stack:
        meeting = await world.opens_conference("Bench", recorded=False)
        visited = await stack.enter_async_context(visitor(browser, world.api_port, token=world.token))
        page = await watching(await visited.new_page(), meeting.id)
        wire = await Wire.of(page)
        joined_kb = await _forty_join(world, meeting, wire, scale.of(JOINING, 10))
        code = meeting.code
        await stack.enter_async_context(
            talkers(folder / "sipp", world.sip_port, world.number, code, crowd, then=LISTENS)
        )
        await until(lambda: _here(meeting, crowd), ARRIVE_S, every_s=0.5, what=f"{crowd} in the meeting")
        reads = await _reads_of(page, meeting)
        alone, beside = [], []
        told: list[float] = []
        for _ in range(takes):
            alone.append(await _share(world, meeting, seconds))
            async with open_consoles(world, meeting, reads, consoles):
                beside.append(await _share(world, meeting, seconds))
        async with open_consoles(world, meeting, reads, consoles, told):
            page_ms, stream_ms = [], []
            for turn in range(times):
                await asyncio.sleep(PAUSE_S)
                known, began_s = len(told), time.time()
                await meeting.locks(turn % 2 == 0)
                page_ms.append(await shows(page, turn % 2 == 0, began_s * 1000))
                await until(lambda known=known: len(told) > known, SHOWN_S, what="the stream tells")  # type: ignore[misc]
                stream_ms.append((told[known] - began_s) * 1000)
    what = f"{consoles} consoles on a meeting of {crowd}"
    return [
        Figure(f"act → page among {what}, p95", percentile(page_ms, 95), "ms", EVENT_MS, samples=len(page_ms),
               least=times, spread=(min(page_ms), max(page_ms)), peer_name="the event stream of one of them",
               peer=percentile(stream_ms, 95), how="from before the request that locks or unlocks the meeting; one is "
               "a page in Chromium, the others read as it does: its stream, and at each change its requests",
               raw={"page_ms": page_ms, "stream_ms": stream_ms}),
        Figure(f"controller with {what}", percentile(beside, 50), "% of a core", SHARE_PERCENT, samples=len(beside),
               least=takes, spread=(min(beside), max(beside)), peer_name="the same meeting and acts with one console",
               peer=percentile(alone, 50), how="the controller's own processor time, the median; a lock or unlock each "
               "5 s; the telephones listen", raw={"alone": alone, "beside": beside}),
        Figure(f"{scale.of(JOINING, 10)} join in 5 s: what a console takes for it", joined_kb, "kB", JOINS_KB,
               how="all that comes to a page on the meeting, encoded, from before the first call until all are in"),
    ]  # fmt: skip


@asynccontextmanager
async def console(folder: Path) -> AsyncIterator[tuple[World, Browser]]:
    chromium = Chromium()
    try:
        async with samband_world(folder) as world:
            yield world, await chromium.get()
    finally:
        await chromium.end()


@dataclass
class Wire:
    """Bytes that came to a page, as they came: encoded, with what its open stream has brought."""

    bytes: int = 0
    _parts: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def of(cls, page: Page) -> "Wire":
        wire, line = cls(), await page.context.new_cdp_session(page)
        line.on("Network.dataReceived", lambda told: wire._came(told["requestId"], told["encodedDataLength"]))
        line.on("Network.loadingFinished", lambda told: wire._ended(told["requestId"], told["encodedDataLength"]))
        await line.send("Network.enable")
        return wire

    def _came(self, request: str, size: int) -> None:
        self._parts[request] = self._parts.get(request, 0) + size
        self.bytes += size

    def _ended(self, request: str, size: int) -> None:
        """The sum with the headers is known at the end."""
        self.bytes += max(0, size - self._parts.pop(request, 0))


@dataclass(frozen=True)
class _Visit:
    wire_kb: float
    paint_ms: float
    interactive_ms: float


async def _first_visit(browser: Browser, world: World, address: str) -> _Visit:
    async with visitor(browser, world.api_port, token=world.token) as one:
        page = await one.new_page()
        wire = await Wire.of(page)
        await page.goto(address, wait_until="commit")
        paint_ms, interactive_ms = await page.evaluate(_TIMES)
        return _Visit(wire.bytes / 1000, paint_ms, interactive_ms)


async def _plain(browser: Browser, world: World) -> float:
    """First paint of a page of one line, which comes from no server."""
    async with visitor(browser, world.api_port) as one:
        page = await one.new_page()
        await page.route("**/plain", lambda route: route.fulfill(body=PLAIN, content_type="text/html"))
        await page.goto("/plain", wait_until="commit")
        return float(await page.evaluate(_PAINT))


async def _forty_join(world: World, meeting: Meeting, wire: Wire, count: int) -> float:
    before = wire.bytes
    async with talkers(
        world.folder / "joining", world.sip_port, world.number, meeting.code, count, per_s=PER_S, then=LISTENS
    ):
        await until(lambda: _here(meeting, count), ARRIVE_S, every_s=0.5, what=f"{count} have joined")
        await asyncio.sleep(1)  # what was gathered is read
        taken = (wire.bytes - before) / 1000
    await until(lambda: _here(meeting, 0), ARRIVE_S, every_s=0.5, what="all have left")
    return taken


async def _here(meeting: Meeting, count: int) -> bool:
    present = [one for one in (await meeting.view())["participants"] if one["state"] == "present"]
    return len(present) == 0 if count == 0 else len(present) >= count


async def _reads_of(page: Page, meeting: Meeting) -> list[str]:
    """The requests by which the page reads again after a change."""
    seen: list[str] = []

    def asked(request: Request) -> None:
        if request.method == "GET" and "/api/v1/" in request.url and "/events" not in request.url:
            seen.append(request.url)

    page.on("request", asked)
    await meeting.locks(True)
    await until(lambda: bool(seen), SHOWN_S, what="the page reads again")
    await asyncio.sleep(1)
    await meeting.locks(False)
    await asyncio.sleep(1)
    page.remove_listener("request", asked)
    return list(dict.fromkeys(seen))


@asynccontextmanager
async def open_consoles(
    world: World, meeting: Meeting, reads: Sequence[str], count: int, told: list[float] | None = None
) -> AsyncIterator[None]:
    """So many that follow the meeting as its page does. The first one notes when its stream told a change."""
    opened: list[int] = []
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    headers = {"Authorization": f"Bearer {world.token}", "Accept-Encoding": "gzip"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=httpx.Timeout(SHOWN_S, read=None), limits=limits) as client,
        asyncio.TaskGroup() as group,
    ):
        tasks = [
            group.create_task(_follows(client, world, meeting, reads, opened, told if at == 0 else None))
            for at in range(count)
        ]
        await until(lambda: len(opened) == count, ARRIVE_S, what=f"{count} streams are open")
        await asyncio.sleep(SETTLE_S)
        yield
        for task in tasks:
            task.cancel()


async def _follows(
    client: httpx.AsyncClient,
    world: World,
    meeting: Meeting,
    reads: Sequence[str],
    opened: list[int],
    told: list[float] | None,
) -> None:
    changed = asyncio.Event()

    async def reads_again() -> None:
        while True:
            await changed.wait()
            changed.clear()
            for address in reads:
                (await client.get(address)).raise_for_status()
            await asyncio.sleep(AT_MOST_EVERY_S)

    reading = asyncio.create_task(reads_again())
    try:
        address = f"{world.base_url}/api/v1/events"
        async with client.stream("GET", address, params={"conference": meeting.id}) as answer:
            opened.append(answer.status_code)
            async for line in answer.aiter_lines():
                if line == "event: change":
                    changed.set()
                    if told is not None:
                        told.append(time.time())
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _share(world: World, meeting: Meeting, seconds: int) -> float:
    """The controller's part of a core while the meeting is locked or unlocked each 5 s."""
    pid = world.controller.pid
    used_s, began_s = cpu_s(pid), time.monotonic()
    locked = True
    while time.monotonic() - began_s < seconds:
        await meeting.locks(locked)
        locked = not locked
        await asyncio.sleep(5)
    return 100 * (cpu_s(pid) - used_s) / (time.monotonic() - began_s)
