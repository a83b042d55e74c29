"""A whole region by one command: a green trunk, twenty who answer, the floor going round, a scenario with results."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bridge.main import region
from hardware.simulator.telephones.client import TelephonesClient
from hardware.simulator.telephones.manners import REGION, Answers, read_telephones
from hardware.simulator.telephones.voices import Voices
from tests.harness import wait
from tests.harness.audio import sound_file
from tests.harness.phones import Phones
from tests.harness.world import World, samband_world

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

TABLES = "[callout]\nkey_wait_s = 8\n[radio]\npause_s = 1\n[conference]\nempty_s = 5\n"
"""A voicemail is given up sooner than in life."""
FIRST = {
    "Exempelvatten": "busy",
    "Granstads kommun": "no_answer",
    "Kvarnbergs kommun": "no_key",
    "Norrtorps kommun": "rejected",
    "Sjölunda kommun": "no_key",
    "Västanå kommun": "no_answer",
}
"""What the first call to a function came to, where it was not the last."""
OTHERS = {"Exempeltrafiken": "later", "Radio Exempel": "cannot"}
"""Those who answer with another key than 1."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with samband_world(tmp_path_factory.mktemp("region"), region=True, tables=TABLES) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def phones(here: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with Phones(tmp_path / "phones", here.sip_port) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def telephones(here: World) -> AsyncIterator[TelephonesClient]:
    async with TelephonesClient("127.0.0.1", here.ports["telephones"]) as client:
        yield client
        await client.reset()


async def called_in(world: World, conference: str, **more: Any) -> str:
    body = {"list_id": region.LIST, "conference_id": conference, "exercise": True, **more}
    answer = await world.api.post("activations", json=body)
    answer.raise_for_status()
    return str(answer.json()["id"])


async def board(world: World, activation: str) -> dict[str, dict[str, Any]]:
    """Organisation → target."""
    found = (await world.api.get(f"activations/{activation}")).json()
    return {one["organisation"]: one for one in found["targets"]}


async def settled(world: World, activation: str, within_s: float) -> dict[str, dict[str, Any]]:
    async def done() -> dict[str, Any]:
        found: dict[str, Any] = (await world.api.get(f"activations/{activation}")).json()
        return found if found["counters"]["done"] == found["counters"]["total"] else {}

    await wait.until(done, within_s, every_s=0.5, what="everybody is settled")
    return await board(world, activation)


async def test_all_parts_the_trunk_among_them_are_well_after_the_start(here: World) -> None:
    async def well() -> bool:
        return set((await here.health())["parts"].values()) == {"ok"}

    await wait.until(well, 15, every_s=0.2, what="all parts are well", seen=here.health)
    parts = (await here.health())["parts"]
    assert "trunk main" in parts
    assert "terminal rakel-1" in parts


async def test_a_call_in_is_answered_by_twenty_each_in_their_manner(here: World, telephones: TelephonesClient) -> None:
    await telephones.speed(3)
    meeting = await here.opens_conference("Inkallning")
    activation = await called_in(here, meeting.id, ring_s=8)
    targets = await settled(here, activation, 120)
    assert len(targets) == 20
    assert {name: one["state"] for name, one in targets.items()} == {
        name: OTHERS.get(name, "joined") for name in targets
    }
    first = {name: one["attempts"][0]["result"] for name, one in targets.items() if len(one["attempts"]) > 1}
    assert first == FIRST
    assert len(await meeting.has(18, 15)) == 18
    await meeting.ends()


async def test_a_number_of_no_telephone_does_not_exist(here: World) -> None:
    meeting = await here.opens_conference("Felringd")
    answer = await here.api.post(
        f"conferences/{meeting.id}/participants", json={"number": "08-465 004 99", "name": "Fel"}
    )
    answer.raise_for_status()
    targets = await settled(here, answer.json()["id"], 20)
    [only] = targets.values()
    assert only["state"] == "unreachable"
    assert [(one["result"], one["cause"]) for one in only["attempts"]] == [("invalid", 1)]
    await meeting.ends()


async def test_the_word_goes_round_by_star_five_and_each_is_heard_in_their_own_voice(
    here: World, phones: Phones, telephones: TelephonesClient
) -> None:
    known = read_telephones(REGION)
    meeting = await here.opens_conference("Lägesrapporter")
    listener = await phones.instrument("TiB", "0701740690")
    await here.joins(listener, meeting)  # no host: into a host's ear it is whispered who asks, over the one who speaks
    spoken = {"Polisen": "+46846500402", "Räddningstjänsten Exempel": "+46846500403"}
    try:
        await called_in(here, meeting.id, ring_s=8, rounds=1)
        await wait.until(lambda: _are_in(meeting, set(spoken)), 40, every_s=0.2, what="they are in")
        since_s = listener.answered_at_s
        await meeting.sets_floor("queue")
        for organisation, number in spoken.items():
            manner = known[number]
            assert isinstance(manner, Answers)
            kept = Voices(folder=here.state / "voices").file_of(manner.says, number)
            assert kept is not None
            await wait.until(kept.is_file, 30, every_s=0.2, what=f"{organisation} speaks")
            await listener.hears_most_of(sound_file(kept, organisation), within_s=60, since_s=since_s)

        async def nobody_waits() -> bool:
            floor = await meeting.floor()
            return floor["holder"] is None and not floor["queue"]

        await wait.until(nobody_waits, 120, every_s=0.5, what="the floor has gone round")
    finally:  # else twenty telephones stay busy for the tests that follow
        await meeting.ends()


async def _are_in(meeting: Any, organisations: set[str]) -> bool:
    present = {one["organisation"] for one in await meeting.participants() if one["state"] == "present"}
    return organisations <= present


async def test_the_shipped_storm_is_played_with_results(here: World) -> None:
    status, printed = await here.command(
        "exercise", "play", "storm.toml", "--speed", "4", "--language", "sv", within_s=380
    )
    assert status == 0, printed
    assert "18 deltar" in printed
    assert "Allt blev som väntat" in printed
    conferences = (await here.api.get("conferences", params={"ended": "true"})).json()
    assert any(one["name"] == "Övning storm" and one["exercise"] for one in conferences)


async def test_what_a_scenario_expects_in_vain_is_told_and_ends_with_status_1(here: World, tmp_path: Path) -> None:
    scenario = tmp_path / "own.toml"
    scenario.write_text(
        'name = "Kort övning"\n'
        '[[step]]\ndo = "open"\n'
        '[[step]]\ndo = "dial_in"\nnumber = "070-174 06 40"\n'
        '[[step]]\ndo = "expect"\nwhat = "present"\nat_least = 1\n'
        '[[step]]\ndo = "expect"\nwhat = "present"\nat_least = 2\nwithin_s = 1\n'
        '[[step]]\ndo = "hang_up"\nnumber = "070-174 06 40"\n'
        '[[step]]\ndo = "hang_up"\nnumber = "070-174 06 41"\n'
        '[[step]]\ndo = "end"\n'
    )
    status, printed = await here.command("exercise", "play", str(scenario), "--language", "sv")
    assert status == 1, printed
    assert "uppfyllt       minst 1 i mötet" in printed
    assert "INTE UPPFYLLT  minst 2 i mötet inom 1 s – blev 1" in printed
    assert "INTE UPPFYLLT  steg 6 (hang_up)" in printed
    assert "har inget samtal" in printed
    assert "2 av 3 blev inte som väntat" in printed
    left = (await here.api.get("conferences")).json()
    assert not any(one["name"] == "Kort övning" for one in left)
