"""A withheld number, in the forms that trunks write it: told to nobody, and in no call record."""

import asyncio
from pathlib import Path

import pytest

from tests.harness import wait
from tests.harness.asterisk import running_asterisk
from tests.harness.raw_phone import raw_phone
from tests.integration.test_asterisk_calls import controlled

pytestmark = pytest.mark.integration

OURS = "+4685555555"
WITHHELD = "+46701740605"
SHOWN = "+46701740606"
IDENTITY = ("P-Asserted-Identity", f"<sip:{WITHHELD}@127.0.0.1>")


async def test_a_withheld_number_is_shown_nowhere(tmp_path: Path) -> None:
    ways = (
        [IDENTITY, ("Privacy", "id")],
        [IDENTITY, ("Privacy", "id;critical")],
        [IDENTITY, ("Privacy", "user;id")],
        [("Remote-Party-ID", f"<sip:{WITHHELD}@127.0.0.1>;party=calling;privacy=full")],
    )
    async with running_asterisk(tmp_path / "state") as world, controlled(world) as controller:
        shown = (SHOWN, [("P-Asserted-Identity", f"<sip:{SHOWN}@127.0.0.1>")])
        for number, headers in (shown, *(("anonymous", way) for way in ways)):
            controller.events.clear()
            async with raw_phone(("127.0.0.1", world.sip_port), number=number) as phone:
                calling = asyncio.create_task(phone.calls(OURS, headers=headers))
                channel = await controller.started("inbound")
                assert (channel["caller"]["number"] == SHOWN) is (number == SHOWN)
                assert WITHHELD not in repr(controller.events)
                await controller.request("DELETE", f"channels/{channel['id']}")
                calling.cancel()

        def records() -> str:
            return "".join(file.read_text() for file in (tmp_path / "state").rglob("Master.csv"))

        await wait.until(lambda: records().count("\n") == 1 + len(ways), 10, what="the call records", seen=records)
        assert SHOWN in records()
        assert WITHHELD not in records()
