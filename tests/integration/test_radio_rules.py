"""The rules of a patch (*sammankoppling*): who approves, what the talkgroup is told, for how long, in one meeting."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import Samples, find, voice
from tests.harness.patched import Room, add_talkgroups, patch, phrase
from tests.harness.phones import Phone, Phones
from tests.harness.world import Meeting, World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

HOST, A = "TiB", "Kommun A"
FIELD = voice(107)
FREE, GUARDED, FORBIDDEN = 2001, 2002, 2003
TALKGROUPS = {"RAPS-1": FREE, "RAPS-2": GUARDED, "POLIS-1": FORBIDDEN}
TABLES = "[radio]\nlease_warn_s = 5"
SHORTEST_S = 10
"""No lease can be set shorter. Leases and disuse of minutes are in tests/unit/soak/test_rules_of_minutes.py."""


@dataclass
class Duty:
    """The duty officer's meeting, and a colleague with a token of his own."""

    world: World
    meeting: Meeting
    phones: dict[str, Phone]
    ids: dict[str, str]
    colleague: httpx.AsyncClient

    async def asks(self, gssi: int, **wanted: object) -> httpx.Response:
        return await self.world.api.post(f"conferences/{self.meeting.id}/patches", json={"gssi": gssi, **wanted})

    async def patches(self, gssi: int, terminal: str | None = None, **wanted: object) -> Room:
        made = await patch(self.world, self.meeting, gssi, terminal, **wanted)
        room = Room(self.world, self.meeting, self.phones, made, self.ids)
        await room.patch_is("idle", within_s=15)
        return room

    async def of(self, gssi: int) -> list[dict[str, Any]]:
        return [one for one in (await self.meeting.view())["patches"] if one["gssi"] == gssi]

    async def is_gone(self, gssi: int, within_s: float) -> None:
        async def so() -> bool:
            return not await self.of(gssi)

        await wait.until(so, within_s, every_s=0.1, what=f"{gssi} is patched no more")

    async def lets_go(self) -> None:
        for one in (await self.meeting.view())["patches"]:
            path = f"conferences/{self.meeting.id}/patches/{one['id']}"
            await self.world.api.delete(path, params={"at_once": True})
        for gssi in TALKGROUPS.values():
            await self.is_gone(gssi, 25)

    async def air(self, gssi: int) -> Samples:
        """Everything that was on the air of this talkgroup."""
        assert self.world.radio is not None
        heard = await self.world.radio.air_audio(gssi)
        return np.asarray(heard.samples / 32768, np.float32)

    async def talkgroup_is_told(self, gssi: int, *prompts: str, within_s: float = 20.0) -> None:
        """These words are on the air, in this order."""

        async def so() -> bool:
            heard = await self.air(gssi)
            at = [find(heard, self.world.prompt(name)) for name in prompts]
            starts = [spans[-1][0] for spans in at if spans]  # a short word is like the beginning of others
            return len(starts) == len(prompts) and starts == sorted(starts)

        await wait.until(so, within_s, every_s=0.3, what=f"the talkgroup is told {prompts}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def duty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Duty]:
    folder: Path = tmp_path_factory.mktemp("world")
    terminals = ("rakel-1", "rakel-2")
    async with (
        samband_world(folder, radio=True, terminals=terminals, talkgroups=TALKGROUPS, tables=TABLES) as world,
        Phones(folder / "telephones", world.sip_port) as telephones,
    ):
        await add_talkgroups(world)
        for gssi, rule in ((GUARDED, "approval"), (FORBIDDEN, "forbidden")):
            changed = await world.api.patch(f"talkgroups/{gssi}", json={"rule": rule})
            assert changed.status_code == 200, changed.text
        status, printed = await world.command("token", "issue", "kollega")
        assert status == 0, printed
        meeting = await world.opens_conference("Ledningsgruppen", recorded=False)
        phones = {name: await telephones.instrument(name) for name in (HOST, A)}
        ids = {name: (await world.joins(phone, meeting, as_host=name == HOST))["id"] for name, phone in phones.items()}
        async with httpx.AsyncClient(
            base_url=f"{world.base_url}/api/v1/",
            headers={"Authorization": f"Bearer {printed.split()[-1]}"},
            limits=httpx.Limits(max_keepalive_connections=0),
        ) as colleague:
            yield Duty(world, meeting, phones, ids, colleague)
        await meeting.ends()


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def fresh(duty: Duty) -> AsyncIterator[None]:
    assert duty.world.radio is not None
    for phone in duty.phones.values():
        await phone.stops_talking()
    await duty.world.radio.client.clear()
    yield
    await duty.lets_go()


# --- approval ---


async def test_a_guarded_talkgroup_is_patched_when_a_second_person_approves(duty: Duty) -> None:
    asked_s = time.monotonic()
    answer = await duty.asks(GUARDED)
    assert answer.status_code == 201, answer.text
    asked = answer.json()
    assert (asked["state"], asked["asked_by"], asked["approved_by"]) == ("asked", "operator", None)
    await duty.phones[HOST].hears(duty.world.prompt("radio/approval"), within_s=5, since_s=asked_s)
    path = f"conferences/{duty.meeting.id}/patches/{asked['id']}/approve"
    own = await duty.world.api.post(path)
    assert (own.status_code, own.json()["code"]) == (403, "not_allowed"), own.text
    assert (await duty.of(GUARDED))[0]["state"] == "asked"
    approved = await duty.colleague.post(path)
    assert approved.status_code == 200, approved.text
    assert approved.json()["approved_by"] == "kollega"
    room = Room(duty.world, duty.meeting, duty.phones, (await duty.of(GUARDED))[0], duty.ids)
    await room.patch_is("idle", within_s=15)
    await room.says_to_the_radio(A, phrase(1.5))


async def test_what_nobody_approves_connects_nothing_and_can_be_refused(duty: Duty) -> None:
    asked = (await duty.asks(GUARDED)).json()
    await duty.phones[A].says(phrase(1.0))
    await asyncio.sleep(1.5)
    assert len(await duty.air(GUARDED)) == 0
    refused = await duty.colleague.delete(f"conferences/{duty.meeting.id}/patches/{asked['id']}")
    assert refused.status_code == 204
    assert await duty.of(GUARDED) == []


async def test_a_forbidden_talkgroup_is_never_patched(duty: Duty) -> None:
    answer = await duty.asks(FORBIDDEN)
    assert (answer.status_code, answer.json()["field"]) == (403, "gssi"), answer.text
    assert await duty.of(FORBIDDEN) == []


async def test_one_talkgroup_is_never_in_two_conferences(duty: Duty) -> None:
    await duty.patches(FREE, terminal="rakel-1")
    other = await duty.world.opens_conference("Andra mötet", recorded=False)
    try:
        for wanted in ({"gssi": FREE}, {"gssi": FREE, "terminal": "rakel-2"}):
            answer = await duty.world.api.post(f"conferences/{other.id}/patches", json=wanted)
            assert (answer.status_code, answer.json()["field"]) == (409, "gssi"), answer.text
        assert (await duty.asks(GUARDED)).status_code == 201
        answer = await duty.world.api.post(f"conferences/{other.id}/patches", json={"gssi": GUARDED})
        assert (answer.status_code, answer.json()["field"]) == (409, "gssi"), "asked for is as good as taken"
    finally:
        await other.ends()


# --- what the talkgroup is told ---


async def test_the_talkgroup_hears_that_it_is_linked_and_that_the_link_ends(duty: Duty) -> None:
    began_s = time.monotonic()
    room = await duty.patches(FREE)
    await duty.talkgroup_is_told(FREE, "air/opened")
    await duty.phones[A].hears(duty.world.prompt("radio/patched"), within_s=10, since_s=began_s)
    await room.is_quiet()
    assert find(await duty.air(FREE), duty.world.prompt("radio/patched")) == [], "that is for the telephones"
    removed_s = time.monotonic()
    path = f"conferences/{duty.meeting.id}/patches/{room.patch}"
    assert (await duty.world.api.delete(path)).status_code == 204
    await duty.talkgroup_is_told(FREE, "air/opened", "air/closed")
    await duty.is_gone(FREE, 25)
    await duty.phones[A].hears(duty.world.prompt("radio/unpatched"), within_s=5, since_s=removed_s)
    assert duty.phones[A].heard().spans(duty.world.prompt("air/closed"), removed_s) == []


async def test_keyed_by_key_the_talkgroup_is_told_apart_and_klart_slut_comes_last(duty: Duty) -> None:
    room = await duty.patches(FREE, keying="key", spoken_end=True)
    await duty.talkgroup_is_told(FREE, "air/opened")
    await room.is_quiet()
    assert (await duty.world.api.delete(f"conferences/{duty.meeting.id}/patches/{room.patch}")).status_code == 204
    await duty.talkgroup_is_told(FREE, "air/opened", "air/closed", "air/out")
    await duty.is_gone(FREE, 25)


@pytest.mark.parametrize("keying", ["voice", "key"])
async def test_without_notice_the_talkgroup_hears_nothing_of_beginning_and_end(duty: Duty, keying: str) -> None:
    began_s = time.monotonic()
    room = await duty.patches(FREE, keying=keying, notice=False)
    await duty.phones[A].hears(duty.world.prompt("radio/patched"), within_s=10, since_s=began_s)
    await room.is_quiet()
    await duty.world.api.delete(f"conferences/{duty.meeting.id}/patches/{room.patch}")
    await duty.is_gone(FREE, 5)
    assert len(await duty.air(FREE)) == 0


# --- for how long ---


async def test_a_lease_ends_with_word_to_the_host_and_to_the_talkgroup(duty: Duty) -> None:
    began_s = time.monotonic()
    room = await duty.patches(FREE, lease_s=SHORTEST_S)
    host = duty.phones[HOST]
    await host.hears(duty.world.prompt("radio/lease-soon"), within_s=12, since_s=began_s)
    assert (await room.patch_now())["lease_until"] is not None
    await host.hears(duty.world.prompt("radio/lease-over"), within_s=12, since_s=began_s)
    await duty.talkgroup_is_told(FREE, "air/closed")
    await duty.is_gone(FREE, 25)


async def test_an_extended_lease_begins_anew(duty: Duty) -> None:
    room = await duty.patches(FREE, lease_s=SHORTEST_S)
    path = f"conferences/{duty.meeting.id}/patches/{room.patch}/extend"
    answer = await duty.world.api.post(path, json={"lease_s": 3600})
    assert answer.status_code == 200, answer.text
    left_s = datetime.fromisoformat(answer.json()["lease_until"]).timestamp() - time.time()
    assert 3500 < left_s <= 3601
    answer = await duty.world.api.post(path, json={"lease_s": None})
    assert answer.json()["lease_until"] is None
