"""A region at work: ten talkgroups, four terminals of which one is a spare, two conferences at once, users everywhere.

The directing level meets by telephone and in two talkgroups, which are combined in its conference. The communicators
meet by telephone and in a third. What is asserted is what was said and what was heard, on both sides.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

import numpy as np
import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import RATE_HZ, Samples, voice
from tests.harness.patched import (
    LEAD_S,
    TURNAROUND_MS,
    Room,
    combined,
    hears_but_for,
    hears_nothing_of,
    hears_whole,
    int16,
    is_absent,
    phrase,
)
from tests.harness.phones import Phones
from tests.harness.world import World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TALKGROUPS: Final = {f"RAPS-{number}": 2000 + number for number in range(1, 11)}
USERS: Final = tuple(f"Insats {number}" for number in range(1, 11))
TERMINALS: Final = ("rakel-1", "rakel-2", "rakel-3", "rakel-4")
SPARE: Final = "rakel-4"
TABLES: Final = """spare = true
[radio]
takeover_s = 5
"""
HOST, A, B = "TiB", "Kommun A", "Kommun B"
RKK, REGION = "RKK", "Region"
TURN_LOSS_MS: Final = 60.0
"""What a channel that changes hands may cost: what the lost terminal was given and could not send any more."""


class Region:
    """Conference A with the talkgroups 2001 and 2002, conference B with 2003; 2004…2010 belong to others."""

    def __init__(self, world: World, first: dict[int, Room], second: dict[int, Room]) -> None:
        assert world.radio is not None
        self.world, self.radio = world, world.radio
        self.rooms = first | second
        self.command, self.field, self.press = self.rooms[2001], self.rooms[2002], self.rooms[2003]

    async def begins_anew(self) -> None:
        for number in range(1, 11):
            await self.radio.user(f"Insats {number}").releases_ptt()
        for room in self.rooms.values():
            await room.begins_anew()

    async def user_says(self, gssi: int, said: Samples, *, emergency: bool = False) -> float:
        """A user who is at home in the talkgroup presses, says it and lets go; gives when they pressed. As people do,
        they begin to speak a moment after the press."""
        pressed_s = time.monotonic()
        said = np.concatenate([np.zeros(int(LEAD_S * RATE_HZ), np.float32), said])
        user = self.radio.user(f"Insats {gssi - 2000}", gssi)
        assert await user.presses_ptt(saying=int16(said), emergency=emergency)
        return pressed_s

    async def others_are_untouched(self, *gssis: int) -> None:
        """Our terminals have put nothing on the air of any other talkgroup."""
        ours = {terminal.issi for terminal in self.radio.terminals.values()}
        for gssi in set(TALKGROUPS.values()) - set(gssis):
            assert not [one for one in await self.radio.on_air(gssi) if one.issi in ours], (
                f"we were on the air in {gssi}"
            )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def region(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Region]:
    folder = tmp_path_factory.mktemp("region")
    async with (
        samband_world(
            folder,
            radio=True,
            terminals=TERMINALS,
            each_terminal="poll_s = 1",
            tables=TABLES,
            talkgroups=TALKGROUPS,
            users=USERS,
        ) as world,
        Phones(folder / "telephones", world.sip_port) as telephones,
        combined(world, telephones, HOST, A, B, groups={2001: "rakel-1", 2002: "rakel-2"}) as first,
        combined(world, telephones, RKK, REGION, groups={2003: "rakel-3"}, name="Kommunikatörer") as second,
    ):
        yield Region(world, first, second)


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def fresh(region: Region) -> None:
    await region.begins_anew()


async def test_the_spare_is_nobodys_and_the_rest_stand_where_they_were_asked_to(region: Region) -> None:
    selected = {name: (await one.state())["talkgroup"] for name, one in region.radio.terminals.items()}
    assert selected["rakel-1"] == 2001
    assert selected["rakel-2"] == 2002
    assert selected["rakel-3"] == 2003
    assert selected[SPARE] not in (2001, 2002, 2003)


async def test_what_one_talkgroup_says_is_heard_by_the_phones_and_in_the_other_talkgroup(region: Region) -> None:
    said = phrase(3.0)
    pressed_s = await region.user_says(2001, said)
    await region.command.patch_is("receiving", talker=region.command.user("Insats 1").issi)
    await region.field.goes_on_air(said, "", pressed_s)
    for phone in region.command.phones.values():
        await hears_whole(phone, said, pressed_s)
    assert await region.command.on_air() == [], "a talkgroup never hears itself"
    for phone in region.press.phones.values():
        hears_nothing_of(phone, said, pressed_s)
    await region.others_are_untouched(2002)
    assert await region.field.wasted_voiced() == 0


async def test_the_other_talkgroup_answers_the_first(region: Region) -> None:
    asked, answered = phrase(2.0), phrase(2.0)
    pressed_s = await region.user_says(2001, asked)
    await region.field.goes_on_air(asked, "", pressed_s)
    await region.field.is_quiet()
    pressed_s = await region.user_says(2002, answered)
    aired = await region.command.goes_on_air(answered, "", pressed_s)
    assert is_absent(asked, aired)
    await region.others_are_untouched(2001, 2002)


async def test_what_a_phone_says_goes_out_whole_in_both_talkgroups_and_nowhere_else(region: Region) -> None:
    said = phrase(3.0)
    said_s = await region.command.says(A, said)
    await asyncio.gather(
        region.command.goes_on_air(said, A, said_s),
        region.field.goes_on_air(said, A, said_s),
        hears_whole(region.command.phones[HOST], said, said_s),
    )
    for phone in region.press.phones.values():
        hears_nothing_of(phone, said, said_s)
    await region.others_are_untouched(2001, 2002)
    assert await region.command.wasted_voiced() == await region.field.wasted_voiced() == 0


async def test_both_conferences_and_every_talkgroup_of_others_at_once_and_nobody_hears_what_is_not_his(
    region: Region,
) -> None:
    alien = voice(120)
    for gssi in range(2004, 2011):
        await region.user_says(gssi, alien.lasting(6.0))
    ours, theirs = phrase(2.5), phrase(2.5)
    said_s = await asyncio.gather(region.command.says(A, ours), region.press.says(REGION, theirs))
    aired = await asyncio.gather(
        region.command.goes_on_air(ours, A, said_s[0]),
        region.field.goes_on_air(ours, A, said_s[0]),
        region.press.goes_on_air(theirs, REGION, said_s[1]),
    )
    assert is_absent(theirs, aired[0])
    assert is_absent(theirs, aired[1])
    assert is_absent(ours, aired[2])
    hears_nothing_of(region.press.phones[RKK], ours, said_s[0])
    hears_nothing_of(region.command.phones[HOST], theirs, said_s[1])
    for room in (region.command, region.press):
        for phone in room.phones.values():
            assert phone.heard().spans(alien, min(said_s)) == []


async def test_an_emergency_call_in_one_talkgroup_goes_before_the_meeting_and_reaches_all_who_are_in_it(
    region: Region,
) -> None:
    await region.command.phones[A].talks()
    await region.field.patch_is("transmitting")
    cry = phrase(2.5)
    pressed_s = await region.user_says(2002, cry, emergency=True)
    shown = await region.field.patch_is("receiving", emergency=True)
    assert shown["talker"] == region.field.user("Insats 2").issi
    assert not (await region.command.patch_now())["emergency"]
    await region.command.phones[A].stops_talking()
    await hears_but_for(region.command.phones[B], cry, TURNAROUND_MS, pressed_s)
    await region.command.goes_on_air_but_for(cry, TURNAROUND_MS, within_s=20)
    await region.field.patch_is("idle", emergency=False, within_s=20)
    for phone in region.press.phones.values():
        hears_nothing_of(phone, cry, pressed_s)
    every = await region.radio.on_air(2002)
    emergency = next(one for one in every if one.issi == region.field.user("Insats 2").issi)
    assert emergency.end_s is not None
    for one in every:
        if one.issi in region.field.ours and one.end_s is not None:
            assert one.end_s <= emergency.start_s or one.start_s >= emergency.end_s, "never talked over"


async def test_a_terminal_loses_the_network_and_comes_back_and_the_rest_of_the_region_goes_on(region: Region) -> None:
    await region.press.terminal.loses_registration()
    shown = await region.press.patch_is("offline", within_s=3)
    assert "network" in shown["reason"]
    said, among_themselves = phrase(1.5), phrase(1.5)
    said_s, amid_s = await asyncio.gather(region.command.says(A, said), region.press.says(REGION, among_themselves))
    await region.press.terminal.registers()
    await region.command.goes_on_air(said, A, said_s)
    await region.field.goes_on_air(said, A, said_s)
    host = region.press.phones[
        RKK
    ]  # to whom words about the terminal are whispered meanwhile: not heard grain by grain
    await wait.until(
        lambda: not is_absent(among_themselves, host.heard().between(amid_s)),
        8,
        every_s=0.3,
        what="the meeting goes on",
    )
    await region.press.patch_is("idle", within_s=15)
    assert (await region.press.patch_now())["terminal"] == "rakel-3", "back within the time: nobody took over"
    await region.press.is_quiet()
    await region.press.says_to_the_radio(REGION, phrase(1.5))


async def test_unplugged_while_keyed_the_spare_takes_the_talkgroup_over_and_what_was_said_goes_out(
    region: Region,
) -> None:
    """The terminal without its line is let go of by its own time-out, as the hardware's guard would."""
    room = region.command
    await room.terminal.set(tot_s=4.0)
    lost = room.terminal
    said = phrase(9.0)
    said_s = await room.says(A, said)
    await room.patch_is("transmitting")
    await asyncio.sleep(1.0)
    await lost.unplug()
    await room.patch_is("offline", within_s=3)
    await room.is_taken_over_by(SPARE, within_s=20)
    await room.goes_on_air_but_for(said, TURN_LOSS_MS, within_s=25)
    await hears_whole(room.phones[B], said, said_s)  # to the host words are whispered meanwhile
    assert {one.issi for one in await room.on_air()} == room.ours, "both have carried it, one after the other"
    await region.field.goes_on_air(said, A, said_s)
    await lost.set(tot_s=60.0)
    await room.is_quiet()
    answer = phrase(2.0)
    pressed_s = await region.user_says(2001, answer)
    await region.field.goes_on_air(answer, "", pressed_s)
    await hears_whole(room.phones[B], answer, pressed_s)
    for phone in region.press.phones.values():
        hears_nothing_of(phone, answer, pressed_s)
    await lost.replug()
    await asyncio.sleep(1.0)
    assert (await room.patch_now())["terminal"] == SPARE, "what works is left alone"
    assert round(len(said) / RATE_HZ) == 9
