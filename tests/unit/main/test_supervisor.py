"""What `samband run` keeps up, and that one part's trouble is no other's."""

import asyncio

import pytest

from bridge.ari.process import AsteriskProcess, Status
from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.reasons import GeneralReason
from bridge.main import supervisor
from bridge.main.failures import in_words
from bridge.main.pair import until
from bridge.main.supervisor import keep_asterisk
from bridge.ports import PortError
from tests.harness import wait


class Reluctant(AsteriskProcess):
    """An Asterisk that ends, and comes up at the third try only."""

    def __init__(self) -> None:
        self.runs = False
        self.tries = self.stops = 0

    def pid(self) -> int | None:
        return 4711 if self.runs else None

    async def ensure_running(self) -> Status:
        self.tries += 1
        if self.tries < 3:
            raise PortError("asterisk", GeneralReason.LEGACY(text="it ended while starting"), retry=False)
        self.runs = True
        return Status(pid=4711, answers=True, stale=False)

    async def stop(self, *, wait_for_calls_s: float = 0.0) -> None:
        self.stops += 1
        raise PortError("asterisk", GeneralReason.LEGACY(text="process 4711 does not end"), retry=False)


async def test_an_asterisk_that_does_not_come_up_is_ended_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LOOK_S", 0.001)
    monkeypatch.setattr(supervisor, "ASTERISK_RESTS", Backoff(0.001, 0.001))
    asterisk = Reluctant()
    keeping = asyncio.create_task(keep_asterisk(asterisk))
    await wait.until(lambda: asterisk.runs, 5, what="it runs in the end")
    assert (asterisk.tries, asterisk.stops) == (3, 2)
    asterisk.runs = False
    await wait.until(lambda: asterisk.tries == 4, 5, what="it is started again when it ends once more")
    assert not keeping.done()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_the_first_failure_is_told_in_its_own_words_and_ends_the_rest() -> None:
    ended = asyncio.Event()

    async def works() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fails() -> None:
        raise PortError("the controller", GeneralReason.LEGACY(text="did not start"), retry=False)

    with pytest.raises(PortError, match="the controller: did not start"), in_words("samband run"):
        await until(asyncio.Event(), [works(), fails()])
    assert ended.is_set()


async def test_asked_to_stop_all_work_is_ended_and_nothing_is_told() -> None:
    async def works() -> None:
        await asyncio.Event().wait()

    stop = asyncio.Event()
    asyncio.get_running_loop().call_soon(stop.set)
    await until(stop, [works() for _ in range(3)])
