"""Dialling in with number and code: two real telephones are greeted, key the code and hear each other."""

import asyncio
import json
from typing import Any

import pytest

from tests.harness import wait
from tests.harness.phones import Phones
from tests.harness.witness import Witness
from tests.harness.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

JOINED_TO_HEARD_S = 0.150
"""From the end of the last prompt to the meeting's voices."""


async def test_a_caller_is_greeted_in_swedish_and_let_in_by_the_code_however_the_number_is_dialled(
    world: World, phones: Phones
) -> None:
    async def gets_in(number: str) -> None:
        meeting = await world.opens_conference("Ledningsgruppen")
        caller = await phones.new("Kommun A")
        await caller.calls(number)
        await caller.hears(world.prompt("entry/welcome"), within_s=10, since_s=caller.answered_at_s - 0.1)
        await caller.keys(meeting.code + "#")
        await caller.hears(world.prompt("entry/joining"), within_s=10)
        await meeting.has(1)
        await caller.hears(world.prompt("meeting/alone"), within_s=10, since_s=caller.answered_at_s)

    await asyncio.gather(gets_in("085555555"), gets_in("+4685555555"))


async def test_two_phones_hear_each_other_at_once_after_the_last_prompt(
    world: World, phones: Phones, witness: Witness
) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    kommun_a, kommun_b = await phones.new("Kommun A"), await phones.instrument("Kommun B")  # its times are exact
    await world.joins(kommun_a, meeting)
    await kommun_a.talks()
    await world.joins(kommun_b, meeting)
    heard = await kommun_b.hears(kommun_a.voice, within_s=5, since_s=kommun_b.answered_at_s)
    prompt = await kommun_b.hears(world.prompt("entry/joining"), within_s=5, since_s=kommun_b.answered_at_s)
    stood_still_s = witness.longest_s(prompt.ends_s, heard.begins_s)
    assert heard.begins_s - prompt.ends_s <= JOINED_TO_HEARD_S + stood_still_s
    await kommun_a.stops_talking()
    said_s = await kommun_b.says(kommun_b.voice, for_s=1)
    assert (await kommun_a.hears(kommun_b.voice, within_s=3, since_s=said_s)).level_dbfs > -23


async def test_nobody_hears_himself(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    kommun_a, kommun_b = await phones.new("Kommun A"), await phones.new("Kommun B")
    await asyncio.gather(world.joins(kommun_a, meeting), world.joins(kommun_b, meeting))
    said_s = await kommun_a.says(kommun_a.voice, for_s=2)
    await kommun_b.hears(kommun_a.voice, within_s=3, since_s=said_s)
    assert kommun_a.heard().spans(kommun_a.voice, said_s) == []


async def test_the_hosts_code_makes_a_host(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    host, guest = await phones.new("TiB"), await phones.new("Kommun A")
    assert (await world.joins(host, meeting, as_host=True))["role"] == "host"
    assert (await world.joins(guest, meeting))["role"] == "participant"
    await host.hears(world.prompt("entry/host"), within_s=5, since_s=host.answered_at_s)


async def test_who_hangs_up_is_gone_from_the_meeting(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    kommun_a, kommun_b = await phones.new("Kommun A"), await phones.new("Kommun B")
    await asyncio.gather(world.joins(kommun_a, meeting), world.joins(kommun_b, meeting))
    await kommun_a.hangs_up()
    [left] = await meeting.has(1)
    assert left["name"] == kommun_b.number


async def test_the_log_tells_of_one_meeting_and_of_one_telephone(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Översvämning")
    kommun_a, kommun_b = await phones.new("Kommun A"), await phones.new("Kommun B")
    await asyncio.gather(world.joins(kommun_a, meeting), world.joins(kommun_b, meeting))

    async def told(*asked: str) -> list[dict[str, Any]]:
        code, said = await world.command("log", "--json", "--since", "10 min sedan", *asked)
        assert code == 0, said
        return [json.loads(line) for line in said.splitlines()]

    of_the_meeting = await told("--meeting", "översvämning")
    joined = [one["number"][-9:] for one in of_the_meeting if one["event"] == "joined"]
    assert sorted(joined) == sorted([kommun_a.number[-9:], kommun_b.number[-9:]])
    of_one = await told("--call", kommun_a.number)
    assert {one["event"] for one in of_one} >= {"call_in", "right_code", "joined"}
    assert not [one for one in of_one if kommun_b.number[-9:] in json.dumps(one)]
    assert [one["act"] for one in await told("--actor", "operator", "--meeting", meeting.id)] == ["conference.open"]


async def test_the_end_of_the_meeting_is_told_and_hangs_up_all(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    everyone = [await phones.new(name) for name in ("Kommun A", "Kommun B")]
    await asyncio.gather(*(world.joins(phone, meeting) for phone in everyone))
    await meeting.ends()
    for phone in everyone:
        await phone.is_hung_up(within_s=20)
        await phone.hears(world.prompt("meeting/ended"), within_s=1, since_s=phone.answered_at_s)


async def test_a_locked_meeting_lets_no_participant_in_but_its_host(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    guest, host = await phones.new("Kommun A"), await phones.new("TiB")
    stranger = await phones.new("Kommun B", "0701749999")  # no other test has made it known
    await world.joins(guest, meeting)
    await guest.hangs_up()
    await meeting.has(0)
    await meeting.locks()
    for phone, prompt in ((guest, "entry/locked"), (stranger, "entry/wrong")):
        await phone.calls(world.number)
        await phone.keys(meeting.code + "#")
        await phone.hears(world.prompt(prompt), within_s=10)
    await guest.is_hung_up(within_s=20)
    await world.joins(host, meeting, as_host=True)


async def test_a_line_that_dies_leaves_the_meeting_by_itself(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    kommun_a = await phones.new("Kommun A")
    await world.joins(kommun_a, meeting)
    await kommun_a.is_cut_off()

    async def lost() -> bool:
        return [one["state"] for one in await meeting.participants()] in (["lost"], [])

    await wait.until(lost, 30, every_s=0.5, what="a telephone that is dead is shown as a lost line")
