"""The power is cut at twenty moments of a first start, a meeting and its archiving. Nothing that was agreed is lost.

Each moment is an image of the state folder (`tests/harness/disk_image.py`), as a reader sees it. Another one lacks what
was not forced to the disk. The real program starts from each, with an Asterisk.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from bridge import settings
from bridge.main import forks as product
from bridge.main.child import Program
from bridge.main.forks import Forked, Forks
from bridge.main.prepare import prepare_asterisk
from tests.harness import wait
from tests.harness import world as worlds
from tests.harness.disk_image import Disk, Image, follows, tracing
from tests.harness.world import World, world_at_rest

pytestmark = [pytest.mark.integration, pytest.mark.silent]

AT_START: Final = 9
"""So many of the moments belong to the first start."""
APART_S: Final = 0.08
MOMENTS: Final = 20
LAST: Final = 5
"""The end has so many: it has ended, three while it is archived, where they are caught, and the archive."""
AT_ONCE: Final = 3
GAP_S: Final = 2.1
"""So much of a recording may be lost: Asterisk's own buffer."""
SYNC_S: Final = 1.0
"""Written sound is forced to the disk each quarter of a second, and on a busy machine later."""
LENT: Final = "asterisk/data/sounds"
SERVES: Final = "from bridge.main.fork_server import main; main('tests.harness.elsewhere')"


@dataclass(frozen=True)
class Agreed:
    """What the program had said to its users by then."""

    token: str = ""
    meeting: dict[str, Any] = field(default_factory=dict)
    began_at_s: float | None = None
    """Of the recording, in seconds since 1970."""
    recorded_s: float | None = None
    """Of the whole recording, once it is in the archive."""


Moment = tuple[Image, Agreed]


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def last_words(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:] if log.exists() else ""


class Camera:
    """Takes the images of one world."""

    def __init__(self, world: World, disk: Disk, folder: Path) -> None:
        self._world = world
        self._disk = disk
        self._folder = folder
        self.agreed = Agreed()
        self.moments: list[Moment] = []

    def takes(self, what: str) -> None:
        image = self._disk.image(self._folder / f"image-{len(self.moments):02}", self._processes, what)
        self.moments.append((image, self.agreed))

    def _processes(self) -> list[int]:
        return [pid for pid, line in self._world.processes().items() if "strace" not in line]

    async def takes_what_changes(self, most: int, what: str, over: Callable[[], Awaitable[bool]]) -> None:
        """An image each time that something new is on the disk, until it is over."""
        seen: set[str] = set()

        async def is_new() -> bool:
            return self._names() != seen or await over()

        for _ in range(most):
            await wait.until(is_new, 90, every_s=0.02, what=f"something new on the disk: {what}")
            if await over():
                return
            seen = self._names()
            self.takes(what)
            await asyncio.sleep(APART_S)

    def _names(self) -> set[str]:
        return {
            path
            for folder, _, names in os.walk(self._world.state)
            if LENT not in folder
            for path in (f"{folder}/{name}" for name in names)
        }


@asynccontextmanager
async def filmed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Camera]:
    """The first start of a world, which is ready in the block; its power is cut at the end."""
    trace = made(folder) / "trace"
    monkeypatch.setattr(worlds, "UNDER", tuple(tracing(trace)))
    world = world_at_rest(folder)
    disk = Disk(world.state, trace, [LENT])
    camera = Camera(world, disk, folder)
    following = asyncio.create_task(follows(disk))
    try:
        starts = asyncio.create_task(world.program.start())

        async def has_started() -> bool:
            return starts.done()

        await camera.takes_what_changes(AT_START, "the first start", has_started)
        await starts
        async with world.phones:
            yield camera
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await world.closes()
        world.asterisk.kill_all(list(world.processes()))


async def holds_a_meeting(camera: Camera) -> None:
    """With a recording, to the archive."""
    world = camera._world
    camera.agreed = Agreed(world.token)
    camera.takes("ready")
    meeting = await world.opens_conference("Storm Åke", recorded=True)
    camera.agreed = replace(camera.agreed, meeting={"id": meeting.id, "code": meeting.code, "name": meeting.name})
    camera.takes("a conference is open")
    phone = await world.phones.new("Kommun A")
    await world.joins(phone, meeting)
    camera.takes("somebody has come")

    async def is_on() -> dict[str, Any]:
        found = (await world.api.get("recordings")).json()
        shown = (await meeting.view())["recording"]
        return found[0] if shown["state"] == "on" and found else {}

    began = datetime.fromisoformat((await wait.until(is_on, 20, every_s=0.1, what="it is recorded"))["started_at"])
    camera.agreed = replace(camera.agreed, began_at_s=began.timestamp())
    while len(camera.moments) < MOMENTS - LAST:
        camera.takes("it is recorded")
        await asyncio.sleep(0.7)
    await meeting.ends()
    camera.agreed = replace(camera.agreed, meeting={"id": meeting.id, "name": meeting.name})  # its codes are given back
    camera.takes("it has ended")

    async def archived() -> dict[str, Any]:
        [found] = (await world.api.get("recordings")).json()
        return found if found["state"] == "archived" else {}

    async def is_over() -> bool:
        return bool(await archived())

    await camera.takes_what_changes(MOMENTS - len(camera.moments) - 1, "it is archived", is_over)
    whole = await wait.until(archived, 30, every_s=0.1, what="it is in the archive")
    camera.agreed = replace(camera.agreed, recorded_s=whole["duration_s"])
    camera.takes("in the archive")


@asynccontextmanager
async def forking(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Forks]:
    """Loads a controller once for all starts."""
    command = [sys.executable, "-c", SERVES]
    monkeypatch.setattr(product, "FORK_S", 60.0)  # nobody waits for it here but the test
    forks = Forks(lambda _: Program("fork server", command, folder / "forks.log", {"OPENBLAS_NUM_THREADS": "1"}))
    keeping = asyncio.create_task(forks.keep())
    try:
        await wait.until(lambda: forks.loaded, 60, what="the fork server has loaded")
        yield forks
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@asynccontextmanager
async def started(forks: Forks, turn: asyncio.Lock, image: Image, folder: Path, *, lost: bool) -> AsyncIterator[World]:
    """The program at work on one image, as it comes back with the power. The fork server is asked by one at a time."""
    world = World(folder, worlds._write_settings(made(folder), None, "", ""), None)
    await asyncio.to_thread(image.put, world.state, lost=lost)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SAMBAND_CONFIG", str(folder / "samband.toml"))
        loaded = settings.load()
    controller = Forked(forks, [str(folder / "samband.toml"), "--supervised"], folder / "controller.log")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(world.closes)
        prepared = await asyncio.to_thread(prepare_asterisk, loaded)
        stack.push_async_callback(prepared.process.stop)
        await prepared.process.ensure_running()
        async with turn:
            await controller.start()
        stack.push_async_callback(controller.stop)

        async def is_settled() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return not controller.running or bool((await world.health())["ready"])
            return False

        await wait.until(is_settled, 60, every_s=0.1, what=f"/readyz of {folder.name} ({image.what})")
        assert controller.running, last_words(folder / "controller.log")
        yield world


async def keeps_what_was_agreed(world: World, image: Image, agreed: Agreed, *, lost: bool) -> float:
    """Gives the seconds of sound that are lost."""
    assert (await world.api.get("audit/verify")).json()["ok"]
    if agreed.token:
        assert world.token == agreed.token, "the keeper's token is another one"
    if agreed.meeting:
        shown = (await world.api.get(f"conferences/{agreed.meeting['id']}")).json()
        assert {name: shown[name] for name in agreed.meeting} == agreed.meeting, "codes are sealed by a key"
    if agreed.began_at_s is None:
        return 0.0

    async def all_archived() -> list[dict[str, Any]]:
        """Of one whose first sound never left Asterisk's buffer the reason is told."""
        found = (await world.api.get("recordings?kind=all")).json()
        return found if found and all(one["state"] == "archived" or one["failure_code"] for one in found) else []

    found = await wait.until(all_archived, 40, every_s=0.2, what=f"the recording is archived ({image.what})")
    mixes, tracks = (
        [one["duration_s"] or 0.0 for one in found if (one["kind"] == "mix") is is_mix] for is_mix in (True, False)
    )
    assert max(tracks, default=0.0) <= sum(mixes) + GAP_S, f"a track goes on where its mix has ended: {found}"
    kept_s = sum(mixes)
    wanted_s = agreed.recorded_s if agreed.recorded_s is not None else image.at_s - agreed.began_at_s
    return max(0.0, wanted_s - kept_s)


async def is_proved(world: World) -> None:
    """As `samband archive verify` does it."""
    (await world.api.post("recordings/verification")).raise_for_status()

    async def done() -> dict[str, Any]:
        told: dict[str, Any] = (await world.api.get("recordings/verification")).json()
        return told if told["state"] not in {"running", "never"} else {}

    told = await wait.until(done, 30, every_s=0.1, what="the archive is verified")
    assert (told["state"], told["ok"]) == ("done", True), json.dumps(told["findings"], ensure_ascii=False)


@pytest.mark.timeout(400)
async def test_from_the_disk_of_any_moment_the_program_starts_and_has_all_that_was_agreed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began_s = time.monotonic()
    async with filmed(tmp_path / "first", monkeypatch) as camera:
        await holds_a_meeting(camera)
    moments = camera.moments
    print(f"{len(moments)} moments in {time.monotonic() - began_s:.0f} s")
    assert MOMENTS - 3 <= len(moments) <= MOMENTS
    few, turn = asyncio.Semaphore(AT_ONCE), asyncio.Lock()
    told: list[str] = []

    async def tried(number: int, image: Image, agreed: Agreed, *, lost: bool) -> None:
        folder = tmp_path / f"copy-{number:02}-{'lost' if lost else 'seen'}"
        async with few, started(forks, turn, image, folder, lost=lost) as world:
            lost_s = await keeps_what_was_agreed(world, image, agreed, lost=lost)
            await is_proved(world)
            told.append(f"{folder.name}: {image.what}, lost {lost_s:.2f} s")
            print(told[-1], f"{time.monotonic() - began_s:.0f} s", flush=True)
            assert lost_s <= GAP_S + (SYNC_S if lost else 0.0), told[-1]

    async with forking(tmp_path, monkeypatch) as forks:
        tries = [
            asyncio.create_task(tried(number, image, agreed, lost=lost))
            for number, (image, agreed) in enumerate(moments)
            for lost in (False, True)
        ]
        failed = [repr(one) for one in await asyncio.gather(*tries, return_exceptions=True) if one is not None]
    print(f"{time.monotonic() - began_s:.0f} s in all")
    assert failed == [], "\n".join(failed)
