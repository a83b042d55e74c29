"""The floor: one open microphone at a time, in order, found by ear alone."""

import asyncio

import pytest

from tests.harness import wait
from tests.harness.phones import Phone, Phones
from tests.harness.world import Meeting, World

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Room:
    """A host who listens, and two participants who talk all the time."""

    def __init__(self, meeting: Meeting, host: Phone, first: Phone, second: Phone, ids: dict[str, str]) -> None:
        self.meeting, self.host, self.first, self.second, self._ids = meeting, host, first, second, ids

    def id_of(self, phone: Phone) -> str:
        return self._ids[phone.number]

    async def is_heard(self, *talking: Phone) -> None:
        """The host hears exactly these."""

        async def so() -> bool:
            since_s = asyncio.get_running_loop().time()
            await asyncio.sleep(0.8)
            heard = self.host.heard()
            return {p.name for p in (self.first, self.second) if heard.spans(p.voice, since_s)} == {
                p.name for p in talking
            }

        await wait.until(so, 6, what=f"only {[phone.name for phone in talking]} heard")

    async def queue_is(self, *phones: Phone) -> None:
        wanted = [self.id_of(phone) for phone in phones]

        async def so() -> bool:
            return bool((await self.meeting.floor())["queue"] == wanted)

        await wait.until(so, 5, every_s=0.1, what=f"the queue is {[phone.name for phone in phones]}")


async def room_of(world: World, phones: Phones) -> Room:
    meeting = await world.opens_conference("Ledningsgruppen")
    host = await phones.instrument("TiB")
    first, second = await phones.new("Kommun A"), await phones.new("Kommun B")
    came = await asyncio.gather(
        world.joins(host, meeting, as_host=True), world.joins(first, meeting), world.joins(second, meeting)
    )
    await asyncio.gather(first.talks(), second.talks())
    ids = {phone.number: one["id"] for phone, one in zip((host, first, second), came, strict=True)}
    return Room(meeting, host, first, second, ids)


async def test_in_an_open_meeting_all_are_heard(world: World, phones: Phones) -> None:
    room = await room_of(world, phones)
    await room.is_heard(room.first, room.second)


async def test_in_lecture_mode_only_the_host_is_heard(world: World, phones: Phones) -> None:
    room = await room_of(world, phones)
    await room.meeting.sets_floor("lecture")
    await room.is_heard()
    said_s = await room.host.says(room.host.voice, for_s=1)
    await room.first.hears(room.host.voice, within_s=3, since_s=said_s)


async def test_star_five_asks_for_the_word_and_takes_it_back(world: World, phones: Phones) -> None:
    room = await room_of(world, phones)
    await room.meeting.sets_floor("lecture")
    await room.second.keys("*5")
    await room.queue_is(room.second)
    await room.first.keys("*5")
    await room.queue_is(room.second, room.first)
    await room.second.keys("*5")
    await room.queue_is(room.first)


async def test_the_word_goes_round_in_the_order_it_was_asked_for(world: World, phones: Phones) -> None:
    room = await room_of(world, phones)
    await room.meeting.sets_floor("queue")
    await room.is_heard()
    await room.second.keys("*5")
    await room.is_heard(room.second)
    await room.second.hears(world.prompt("floor/yours"), within_s=8, since_s=room.second.answered_at_s)
    await room.first.keys("*5")
    await room.queue_is(room.first)
    await room.is_heard(room.second)
    await room.second.keys("*5")
    await room.is_heard(room.first)
    await room.meeting.takes_floor()
    await room.is_heard()


async def test_the_host_gives_the_word_to_whom_he_wants(world: World, phones: Phones) -> None:
    room = await room_of(world, phones)
    await room.meeting.sets_floor("lecture")
    await room.meeting.gives_floor(room.id_of(room.first))
    await room.is_heard(room.first)
    assert (await room.meeting.floor())["holder"] == room.id_of(room.first)


async def test_open_mode_opens_all_microphones_again(world: World, phones: Phones) -> None:
    room = await room_of(world, phones)
    await room.meeting.sets_floor("lecture")
    await room.is_heard()
    await room.meeting.sets_floor("open")
    await room.is_heard(room.first, room.second)


async def test_the_list_is_called_by_key_and_a_turn_ends_by_itself(world: World, phones: Phones) -> None:
    room = await room_of(world, phones)
    await room.meeting.sets_floor("lecture")
    await room.meeting.lists_speakers(room.id_of(room.second), room.id_of(room.first), turn_s=8)
    await room.is_heard()
    await room.host.keys("*1")
    await room.is_heard(room.second)
    await room.second.hears(world.prompt("speaking/over"), within_s=12, since_s=room.second.answered_at_s)
    await room.is_heard()
    await room.host.keys("*1")
    await room.is_heard(room.first)
