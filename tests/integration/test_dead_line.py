"""A telephone that is gone is found out within seconds. One that only sends nothing stays in the meeting."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.harness import wait
from tests.harness.raw_phone import RawPhone, raw_phone
from tests.harness.world import Meeting, World, samband_world

pytestmark = pytest.mark.integration

NOTICED_S = 15.0
WITHHOLDS_SOUND, DIES, TALKS = "+46701740605", "+46701740606", "+46701740607"


async def dials_in(world: World, meeting: Meeting, phone: RawPhone) -> None:
    assert (await phone.calls(meeting.number)).status == 200
    await asyncio.sleep(0.5)  # keys reach only a call that Asterisk has brought to us
    for key in f"{meeting.code}#":
        await phone.presses(key)
        await asyncio.sleep(0.08)
    await wait.until(lambda: seat(meeting, phone, "present"), 15, what=f"{phone.number} is in")


async def seat(meeting: Meeting, phone: RawPhone, *states: str) -> dict[str, Any] | None:
    """The participant of this telephone, once it is in one of these states."""
    for one in await meeting.participants():
        if one["name"].replace(" ", "").replace("-", "").endswith(phone.number[-9:]) and one["state"] in states:
            return one
    return None


async def test_a_dead_telephone_is_noticed_within_15_s_and_a_silent_one_stays(tmp_path: Path) -> None:
    async with (
        samband_world(tmp_path) as world,
        raw_phone(("127.0.0.1", world.sip_port), number=WITHHOLDS_SOUND) as quiet,
        raw_phone(("127.0.0.1", world.sip_port), number=DIES) as dead,
        raw_phone(("127.0.0.1", world.sip_port), number=TALKS) as well,
    ):
        meeting = await world.opens_conference("Veckomöte")
        for phone in (quiet, dead, well):
            await dials_in(world, meeting, phone)
        quiet.talks = False
        dead.talks = dead.answers = False
        died_s = time.monotonic()

        async def shown_silent() -> bool:
            return all([(await seat(meeting, one, "present") or {}).get("silent_line") for one in (quiet, dead)])

        await wait.until(shown_silent, NOTICED_S, what="both are shown as silent")
        print(f"shown as silent after {time.monotonic() - died_s:.1f} s")
        await wait.until(lambda: seat(meeting, dead, "lost", "left"), NOTICED_S + 3, what="the dead line is lost")
        lost_after_s = time.monotonic() - died_s
        print(f"known to be lost after {lost_after_s:.1f} s")
        assert lost_after_s < NOTICED_S + 1
        lost = await seat(meeting, dead, "lost")
        assert lost is not None, "the seat is kept"
        assert not lost["silent_line"]

        assert len(quiet.asked("INVITE")) == 1, "asked, and not again and again"
        assert not well.asked("INVITE"), "nobody is asked who sends sound"
        await asyncio.sleep(max(0.0, died_s + 30 - time.monotonic()))  # twice the time after which a dead one is gone
        assert (await seat(meeting, quiet, "present") or {})["silent_line"]
        quiet.talks = True

        async def sounds() -> bool:
            return not (await seat(meeting, quiet, "present") or {"silent_line": True})["silent_line"]

        await wait.until(sounds, 10, what="the silent one sends sound again")
