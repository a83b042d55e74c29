"""How long an act takes until two browsers show it, beside the API's own event stream."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import httpx
from playwright.async_api import Page

from tests.bench.figures import Figure, Scale, percentile
from tests.harness.browser import Chromium, visitor
from tests.harness.wait import until
from tests.harness.world import World, samband_world

LIMIT_MS: Final = 300.0
PAUSE_S: Final = 0.5
"""Longer than a page takes between two reads: an act at night comes alone."""
SHOWN_S: Final = 20.0
_WATCHES: Final = """() => {
  window.shown = [];
  const button = document.getElementById("lock");
  const saw = () => window.shown.push([button.getAttribute("aria-pressed") === "true", Date.now()]);
  new MutationObserver(saw).observe(button, { attributes: true, attributeFilter: ["aria-pressed"] });
}"""


async def seen_in_two(folder: Path, scale: Scale) -> Sequence[Figure]:
    """A meeting is locked and unlocked by the API, and two browsers of different people show it."""
    times = scale.of(100, 6)
    (folder / "ours").mkdir(parents=True)
    chromium = Chromium()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(chromium.end)
        world = await stack.enter_async_context(samband_world(folder / "ours"))
        meeting = await world.opens_conference("Bench", recorded=False)
        browser = await chromium.get()
        pages = [
            await watching(
                await (await stack.enter_async_context(visitor(browser, world.api_port, token=world.token))).new_page(),
                meeting.id,
            )
            for _ in range(2)
        ]
        told: list[float] = []
        reading = asyncio.create_task(_reads(world, meeting.id, told))
        stack.callback(reading.cancel)
        await until(lambda: bool(told) or reading.done(), SHOWN_S, what="the stream is open")
        later_ms, first_ms, stream_ms = [], [], []
        for turn in range(times):
            await asyncio.sleep(PAUSE_S)
            known = len(told)
            began_s = time.time()
            await meeting.locks(turn % 2 == 0)
            ends_ms = [await shows(page, turn % 2 == 0, began_s * 1000) for page in pages]
            await _more_than(known, told)
            later_ms.append(max(ends_ms))
            first_ms.append(min(ends_ms))
            stream_ms.append((told[known] - began_s) * 1000)
    return [
        Figure(
            name="act → both of two browsers show it, p95",
            value=percentile(later_ms, 95),
            unit="ms",
            limit=LIMIT_MS,
            peer_name="the API's own event stream",
            peer=percentile(stream_ms, 95),
            samples=len(later_ms),
            least=times,
            spread=(min(later_ms), max(later_ms)),
            how="from before the request that locks or unlocks a meeting to the changed button of the later page; two"
            " sessions with nothing in common in one Chromium; the peer reads the change from the same request on",
            raw={"later_ms": later_ms, "first_ms": first_ms, "stream_ms": stream_ms},
        )
    ]


async def watching(page: Page, conference: str) -> Page:
    """The page of a meeting, which notes when its lock changes."""
    await page.goto(f"/conferences/{conference}")
    await page.wait_for_selector("#line.up")
    await page.evaluate(_WATCHES)
    return page


async def shows(page: Page, locked: bool, since_ms: float) -> float:
    """Milliseconds until it did."""
    asked = "(now) => window.shown.find(([locked, at]) => locked === now[0] && at >= now[1] - 1)?.[1]"
    shown = await page.wait_for_function(asked, arg=[locked, since_ms], timeout=SHOWN_S * 1000)
    return float(await shown.json_value()) - since_ms


async def _more_than(known: int, told: list[float]) -> None:
    await until(lambda: len(told) > known, SHOWN_S, what="the stream tells")


async def _reads(world: World, conference: str, told: list[float]) -> None:
    """When the stream was opened, and when it told a change of the conference, by the clock of the day."""
    headers = {"Authorization": f"Bearer {world.token}"}
    address = f"{world.base_url}/api/v1/events"
    async with (
        httpx.AsyncClient(headers=headers, timeout=httpx.Timeout(SHOWN_S, read=None)) as client,
        client.stream("GET", address, params={"conference": conference}) as answer,
    ):
        told.append(time.time())
        kind = ""
        async for line in answer.aiter_lines():
            if line.startswith("event:"):
                kind = line.partition(":")[2].strip()
            elif line.startswith("data:") and kind == "change" and _conference_of(line) == conference:
                told.append(time.time())


def _conference_of(line: str) -> str | None:
    named: str | None = json.loads(line.partition(":")[2])["conference_id"]
    return named
