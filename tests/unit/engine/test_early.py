"""A press of mute waits for no disk. A microphone moves while its commit is under way, and back when that fails."""

import asyncio
from pathlib import Path
from typing import cast

from bridge.domain.conference.commands import SetMuted
from bridge.domain.conference.passing import HEARD
from bridge.domain.kernel.ids import ChannelId, MixId, ParticipantId, PatchId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.radio.effects import SetRadioHeard
from bridge.domain.radio.passing import RADIO_HEARD
from bridge.domain.telephony.effects import Answer, JoinMix, SetHeard
from bridge.domain.telephony.events import MixJoined, PlaybackEnded
from bridge.engine.early import Early, early_ones, undone
from tests.harness.principals import somebody
from tests.unit.engine.test_engine import CONFERENCE, MIX, World, arrives, running

A = ChannelId("in-1")


async def is_present(world: World, channel: str) -> ParticipantId:
    """Somebody has dialled in and is heard; gives the participant's id."""
    await world.opens()
    await arrives(world, channel)
    node = world.engine.node
    await world.until(lambda: any(name == "play" for name, _ in world.devices.asked))
    while (person := world.person(channel)) is not None and ChannelId(channel) not in node()[HEARD]:
        for name, args in list(world.devices.asked):
            if name == "play":
                world.happens(PlaybackEnded(world.clock.now_s(), args[1], ChannelId(channel)))
        world.happens(MixJoined(world.clock.now_s(), ChannelId(channel), MIX))
        await asyncio.sleep(0.01)
    assert person is not None
    world.devices.asked.clear()
    return person.id


def moved(world: World) -> list[bool]:
    """How the microphone was moved, in order."""
    return [cast("bool", args[-1]) for name, args in world.devices.asked if name == "set_heard"]


async def test_a_muted_microphone_is_closed_before_the_disk_has_taken_it_and_answered_after(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        person = await is_present(world, A)
        world.store.gate.clear()
        asked = asyncio.create_task(world.engine.ask(somebody("host"), SetMuted(CONFERENCE, person, True)))
        await world.until(lambda: moved(world) == [False])
        assert not asked.done()
        world.store.gate.set()
        assert await asked == Done(person)
        assert moved(world) == [False], "once"


async def test_a_mute_that_cannot_be_saved_is_refused_and_the_microphone_is_opened_again(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        person = await is_present(world, A)
        world.store.is_full = True
        assert isinstance(await world.engine.ask(somebody("host"), SetMuted(CONFERENCE, person, True)), Refused)
        await world.until(lambda: moved(world) == [False, True])
        assert isinstance(await world.engine.ask(somebody("host"), SetMuted(CONFERENCE, person, True)), Refused)
        assert moved(world) == [False, True], "not tried while it is known that nothing can be written"


async def test_a_mute_that_the_database_will_never_take_moves_the_microphone_back(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        person = await is_present(world, A)
        world.store.poison.add(person)
        assert isinstance(await world.engine.ask(somebody("host"), SetMuted(CONFERENCE, person, True)), Refused)
        await world.until(lambda: len(moved(world)) >= 2 and moved(world)[-1])


def test_nothing_is_overtaken_that_was_asked_for_earlier_about_the_same_channel() -> None:
    close, gate = SetHeard(A, False), SetRadioHeard(PatchId("pat-1"), True)
    assert early_ones([Answer(ChannelId("in-2")), close, gate]) == [close, gate]
    assert early_ones([JoinMix(A, MixId("mix-1"), True), close]) == []
    assert early_ones([close, SetHeard(A, True)]) == [close]


def test_only_what_did_not_come_true_is_undone_and_nothing_that_is_not_known() -> None:
    node = Node(tables={HEARD: {A: True}, RADIO_HEARD: {PatchId("pat-1"): True}})
    given: list[Early] = [
        SetHeard(A, False),
        SetHeard(ChannelId("gone"), False),
        SetRadioHeard(PatchId("pat-1"), True),
    ]
    assert undone(given, node) == [SetHeard(A, True)]
