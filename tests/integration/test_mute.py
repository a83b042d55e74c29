"""Mute, by one's own keys and by the host: silence is measured in the audio of another telephone."""

import asyncio

import pytest

from tests.harness import wait
from tests.harness.phones import Phone, Phones
from tests.harness.witness import Witness
from tests.harness.world import Meeting, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

SILENT_S = 0.060
"""From the API's answer to silence in everybody's ears."""


async def two_in_a_meeting(world: World, phones: Phones) -> tuple[Meeting, Phone, Phone]:
    """The one who talks has a baresip phone, the one who listens an instrument."""
    meeting = await world.opens_conference("Ledningsgruppen")
    talker, listener = await phones.new("Kommun A"), await phones.instrument("Kommun B")
    await asyncio.gather(world.joins(talker, meeting), world.joins(listener, meeting))
    await talker.talks()
    await listener.hears(talker.voice, within_s=5)
    return meeting, talker, listener


async def muted(meeting: Meeting, phone: Phone, wanted: bool) -> None:
    async def so() -> bool:
        return (await meeting.participant(phone.number))["muted"] is wanted

    await wait.until(so, 5, every_s=0.1, what=f"{phone!r} muted={wanted}")


async def test_star_six_mutes_and_unmutes_oneself(world: World, phones: Phones) -> None:
    meeting, talker, listener = await two_in_a_meeting(world, phones)
    await talker.keys("*6")
    await talker.hears(world.prompt("mute/muted"), within_s=5)
    await muted(meeting, talker, True)
    await listener.does_not_hear(talker.voice, for_s=1)
    await talker.keys("*6")
    await listener.hears(talker.voice, within_s=5)
    await muted(meeting, talker, False)


async def test_muted_by_the_host_is_silent_for_all_within_60_ms(world: World, phones: Phones, witness: Witness) -> None:
    meeting, talker, listener = await two_in_a_meeting(world, phones)
    participant = await meeting.participant(talker.number)
    muted_s = await meeting.mutes(participant["id"])
    await asyncio.sleep(1)
    last = listener.heard().spans(talker.voice, muted_s - 2)[-1]
    assert last.ends_s - muted_s <= SILENT_S + witness.longest_s(muted_s - 0.5, muted_s + 0.5)
    await talker.hears(world.prompt("mute/by-host"), within_s=5, since_s=muted_s)
    unmuted_s = await meeting.unmutes(participant["id"])
    await listener.hears(talker.voice, within_s=3, since_s=unmuted_s - 0.1)


async def test_who_talks_while_muted_is_told_so(world: World, phones: Phones) -> None:
    meeting, talker, _ = await two_in_a_meeting(world, phones)
    await talker.stops_talking()
    await meeting.mutes((await meeting.participant(talker.number))["id"])
    await asyncio.sleep(2)
    said_s = await talker.talks()
    await talker.hears(world.prompt("mute/you-are-muted"), within_s=8, since_s=said_s)


async def test_all_are_muted_but_the_host(world: World, phones: Phones) -> None:
    meeting, talker, listener = await two_in_a_meeting(world, phones)
    host = await phones.new("TiB")
    await world.joins(host, meeting, as_host=True)
    await meeting.mutes_all()
    await muted(meeting, talker, True)
    await asyncio.sleep(0.5)
    await listener.does_not_hear(talker.voice, for_s=1)
    said_s = await host.says(host.voice, for_s=1)
    await listener.hears(host.voice, within_s=3, since_s=said_s)


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
async def test_a_line_on_hold_is_out_of_the_room_with_its_music(world: World, phones: Phones, direction: str) -> None:
    """Its music plays on: the telephone sends it while it holds, as many exchanges do."""
    meeting = await world.opens_conference("Ledningsgruppen")
    holder, listener = await phones.instrument("Kommun A"), await phones.instrument("Kommun B")
    await asyncio.gather(world.joins(holder, meeting), world.joins(listener, meeting))
    await holder.talks()
    await listener.hears(holder.voice, within_s=5)
    await holder.holds(direction)

    async def held(wanted: bool) -> bool:
        one = await meeting.participant(holder.number)
        return (one["held"], one["muted"], one["state"]) == (wanted, wanted, "present")

    await wait.until(lambda: held(True), 5, every_s=0.1, what="shown as held")
    await listener.does_not_hear(holder.voice, for_s=1)
    if direction == "sendonly":
        await world.controller_dies_and_is_back()
        await wait.until(lambda: held(True), 5, every_s=0.1, what="still held after a restart")
        await listener.does_not_hear(holder.voice, for_s=1)
    await holder.is_back()
    await wait.until(lambda: held(False), 5, every_s=0.1, what="shown as back")
    await listener.hears(holder.voice, within_s=5)


async def test_a_hold_that_ended_while_no_controller_was_there_is_over(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    holder, listener = await phones.instrument("Kommun A"), await phones.instrument("Kommun B")
    await asyncio.gather(world.joins(holder, meeting), world.joins(listener, meeting))
    await holder.talks()
    await holder.holds()

    async def held() -> bool:
        return bool((await meeting.participant(holder.number))["held"])

    await wait.until(held, 5, every_s=0.1, what="shown as held")
    old = world.controller.pid
    await world.controller.kill()
    await holder.is_back()
    await world.controller.is_back(old)
    await world.in_control()
    await listener.hears(holder.voice, within_s=5)
    assert not await held()
