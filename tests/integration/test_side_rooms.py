"""Side rooms by ear: two in private, another group by key, called back; who hears whom, and who does not."""

import asyncio
import itertools
import time
from typing import Any

import pytest

from tests.harness import wait
from tests.harness.functions import is_heard_only_by, made, told_only
from tests.harness.phones import Phone, Phones
from tests.harness.world import Meeting, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

CUT_S = 0.3
"""Speech that stands still longer than this was cut, also on a busy machine."""


class People:
    """A meeting of four."""

    def __init__(self, world: World, meeting: Meeting, phones: list[Phone], ids: dict[str, str]) -> None:
        self.world, self.meeting, self._ids = world, meeting, ids
        self.host, self.anna, self.bo, self.cia = phones

    def ids(self, *phones: Phone) -> list[str]:
        return [self._ids[phone.number] for phone in phones]

    async def consult(self, *phones: Phone) -> dict[str, Any]:
        return await made(self.world, f"conferences/{self.meeting.id}/consultations", participants=self.ids(*phones))

    async def opens(self, name: str, *, parallel: bool = False) -> dict[str, Any]:
        return await made(self.world, f"conferences/{self.meeting.id}/rooms", name=name, parallel=parallel)

    async def are_in(self, room: str, *phones: Phone) -> None:
        """By the record, which tells where each belongs."""
        wanted = sorted(self.ids(*phones))

        async def so() -> bool:
            people = await self.meeting.participants()
            return sorted(one["id"] for one in people if one["room"] == room) == wanted

        await wait.until(so, 10, every_s=0.1, what=f"{[one.name for one in phones]} are in {room}")


async def people_of(world: World, phones: Phones) -> People:
    meeting = await world.opens_conference("Ledningsgruppen", recorded=False)
    four = [await phones.instrument(name) for name in ("TiB", "Anna", "Bo", "Cia")]
    came = await asyncio.gather(*(world.joins(one, meeting, as_host=one is four[0]) for one in four))
    return People(world, meeting, four, {phone.number: one["id"] for phone, one in zip(four, came, strict=True)})


async def test_two_in_private_hear_each_other_and_nobody_else_until_either_goes(world: World, phones: Phones) -> None:
    meet = await people_of(world, phones)
    asked_s = time.monotonic()
    await meet.consult(meet.anna, meet.bo)
    await told_only(world, "side/private", (meet.anna, meet.bo), (meet.host, meet.cia), asked_s)
    await is_heard_only_by(meet.anna, (meet.bo,), (meet.host, meet.cia))
    await is_heard_only_by(meet.cia, (meet.host,), (meet.anna, meet.bo))
    gone_s = time.monotonic()
    await meet.anna.keys("#7")
    await told_only(world, "side/key-back", (meet.anna,), (meet.bo, meet.host, meet.cia), gone_s)
    await meet.anna.keys("0")
    await told_only(world, "side/back", (meet.anna, meet.bo), (meet.host, meet.cia), gone_s)
    await is_heard_only_by(meet.bo, (meet.host, meet.anna, meet.cia), ())
    await meet.meeting.ends()


async def test_another_group_meets_beside_the_meeting_by_key_and_all_are_called_back(
    world: World, phones: Phones
) -> None:
    meet = await people_of(world, phones)
    await meet.opens("RKK", parallel=True)
    asked_s = time.monotonic()
    await asyncio.gather(meet.bo.keys("#7"), meet.cia.keys("#7"))
    await told_only(world, "side/key-for", (meet.bo, meet.cia), (meet.host, meet.anna), asked_s)
    await asyncio.gather(meet.bo.keys("1"), meet.cia.keys("1"))
    await told_only(world, "side/entered", (meet.bo, meet.cia), (meet.host, meet.anna), asked_s)
    await told_only(world, "side/way-back", (meet.bo, meet.cia), (meet.host, meet.anna), asked_s)
    await is_heard_only_by(meet.cia, (meet.bo,), (meet.host, meet.anna))
    await is_heard_only_by(meet.host, (meet.anna,), (meet.bo, meet.cia))
    called_s = time.monotonic()
    recalled = await world.api.post(f"conferences/{meet.meeting.id}/rooms/recall", json={"warning_s": 8})
    assert recalled.status_code == 200, recalled.text
    warned_s = await told_only(world, "side/recall-in", (meet.bo, meet.cia), (meet.host, meet.anna), called_s)
    back_s = await told_only(world, "side/back", (meet.bo, meet.cia), (meet.host, meet.anna), called_s)
    assert warned_s < back_s
    assert back_s - called_s >= 8, "they had the time that they were told"
    await is_heard_only_by(meet.cia, (meet.host, meet.anna, meet.bo), ())
    await meet.meeting.ends()


async def test_a_controller_that_dies_cuts_no_word_of_a_side_room_and_leads_it_on(world: World, phones: Phones) -> None:
    meet = await people_of(world, phones)
    side = await meet.opens("Media")
    sent = await world.api.post(
        f"conferences/{meet.meeting.id}/rooms/{side['id']}/send", json={"participants": meet.ids(meet.anna, meet.bo)}
    )
    assert sent.status_code == 200, sent.text
    await told_only(world, "side/way-back", (meet.anna, meet.bo), (meet.host, meet.cia), meet.host.answered_at_s)
    said_s = await meet.anna.talks()
    await meet.bo.hears(meet.anna.voice, since_s=said_s)
    await world.controller_dies_and_is_back()
    await meet.are_in(side["id"], meet.anna, meet.bo)
    over_s = await meet.anna.stops_talking()
    heard = [one for one in meet.bo.heard().spans(meet.anna.voice, said_s) if one.begins_s < over_s - CUT_S]
    silent_s = [later.begins_s - one.ends_s for one, later in itertools.pairwise(heard)]
    assert max(silent_s, default=0.0) <= CUT_S, heard
    assert all(not one.heard().spans(meet.anna.voice, said_s) for one in (meet.host, meet.cia))
    away_s = time.monotonic()
    await meet.bo.keys("#7")
    await told_only(world, "side/key-back", (meet.bo,), (meet.anna, meet.host, meet.cia), away_s)
    await meet.bo.keys("0")
    await told_only(world, "side/back", (meet.bo,), (meet.anna, meet.host, meet.cia), away_s)
    await is_heard_only_by(meet.bo, (meet.host, meet.cia), (meet.anna,))
    await meet.meeting.ends()
