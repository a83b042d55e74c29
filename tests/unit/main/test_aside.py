"""A part without which meetings go on takes no controller with it when it fails."""

import asyncio

import pytest

from bridge.domain.kernel.backoff import Backoff
from bridge.main import aside
from bridge.main.aside import WELL_AFTER_S, Aside
from bridge.main.reasons import PartReason
from tests.harness import wait


class Part:
    """A part that fails so many times, and then works."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.begun = 0
        self.works = asyncio.Event()

    async def run(self) -> None:
        self.begun += 1
        if self.begun <= self.failures:
            raise KeyError("a state that nobody foresaw")
        self.works.set()
        await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "RESTS", Backoff(0.001, 0.005))


async def test_one_that_fails_is_begun_again_and_told_of_until_it_has_been_well_for_a_while() -> None:
    now_s = 1000.0
    kept, part = Aside(lambda: now_s), Part(failures=5)
    keeping = asyncio.create_task(kept.keep("ami", part.run))
    await asyncio.wait_for(part.works.wait(), 5)
    assert part.begun == 6
    assert kept.health() == {"part ami": PartReason.BEGUN_AGAIN(error="KeyError")}
    now_s += WELL_AFTER_S + 1
    assert kept.health() == {}
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_the_one_beside_it_goes_on() -> None:
    kept, broken, sound = Aside(), Part(failures=1_000_000), Part(failures=0)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(kept.keep(name, part.run)) for name, part in (("a", broken), ("b", sound))]
        await wait.until(lambda: broken.begun > 3, 5, what="it fails again and again")
        assert sound.begun == 1
        assert list(kept.health()) == ["part a"]
        for task in tasks:
            task.cancel()


async def test_one_that_has_done_its_work_ends() -> None:
    async def done() -> None:
        return

    await asyncio.wait_for(Aside().keep("once", done), 5)
