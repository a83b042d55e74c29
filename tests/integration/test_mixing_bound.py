"""More open microphones than can be mixed: some are closed, told why, and opened by a host all the same."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.harness import wait
from tests.harness.phones import Phone
from tests.harness.world import samband_world

pytestmark = pytest.mark.integration

TINY = "[mixing]\nfull_percent = 0.02\nroom_percent = 0.01\nfull_for_s = 0\nleast_open = 2\n"
"""Any mix at all is full by these figures, so that three telephones do what three hundred would."""


@pytest.mark.timeout(120)
async def test_one_microphone_too_many_is_closed_with_its_reason_and_a_host_opens_it(tmp_path: Path) -> None:
    async with samband_world(tmp_path, tables=TINY) as world:
        await world.in_control()
        meeting = await world.opens_conference("Stormmöte")
        host = await world.phones.instrument("TiB")
        first, last = await world.phones.new("Kommun A"), await world.phones.new("Kommun B")
        await world.joins(host, meeting, as_host=True)
        await world.joins(first, meeting)
        await first.talks()
        await world.joins(last, meeting)

        async def closed() -> dict[str, Any]:
            one = await meeting.participant(last.number)
            return one if one["muted_by"] == ["mixing"] else {}

        shut = await wait.until(closed, 20, what="the last to come is closed by policy")
        await last.hears(world.prompt("mixing/crowded-out"), within_s=10, since_s=last.answered_at_s)
        assert not (await meeting.participant(first.number))["muted"]
        health = (await world.health())["parts"]["mixing"]
        assert health.startswith("more microphones of a meeting were open than can be mixed"), health
        assert "1 is closed" in health

        async def is_heard(phone: Phone) -> bool:
            since_s = asyncio.get_running_loop().time()
            await asyncio.sleep(0.8)
            return bool(host.heard().spans(phone.voice, since_s))

        await last.talks()
        assert await is_heard(first)
        assert not await is_heard(last)
        await meeting.unmutes(shut["id"])
        await wait.until(lambda: is_heard(last), 15, what="the host has opened it")
        assert not (await meeting.participant(last.number))["muted"]
