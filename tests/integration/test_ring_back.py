"""Asterisk dies in the middle of a meeting. Everybody who was in it is rung back, and is lost until they are back."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bridge.domain.telephony.numbers import parse_number
from tests.harness import wait
from tests.harness.crowd import JOINS, Answers, Crowd, crowd
from tests.harness.phones import Phones
from tests.harness.sipp import FICTION
from tests.harness.world import Meeting, World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

CALLS_PER_S = 2.0
LISTENS = Answers("1", key_s=5.0)
"""Hears out why they are rung, then presses 1."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    trunk = f"calls_per_s = {CALLS_PER_S}\nchannels = 10"
    async with samband_world(tmp_path_factory.mktemp("world"), trunk=trunk) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def region(world: World, tmp_path: Path) -> AsyncIterator[Crowd]:
    async with crowd(tmp_path / "crowd", world.trunk_port) as people:
        yield people


async def test_everybody_who_was_in_the_meeting_is_rung_back_called_out_or_dialled_in(
    world: World, region: Crowd, tmp_path: Path
) -> None:
    meeting = await world.opens_conference("Inriktande nivå")
    called_out = FICTION[:3]
    for number in called_out:
        region.behaves(number, JOINS, LISTENS)
    async with Phones(tmp_path / "phones", world.sip_port) as phones:
        host = await phones.instrument("TiB")
        host_number = parse_number(host.number)
        region.behaves(host_number, LISTENS)
        await world.joins(host, meeting, as_host=True)
        board = await calls_out(world, meeting, called_out)
        before = {one["id"]: one for one in await meeting.has(4, within_s=20)}
        killed_s = time.monotonic()
        await world.asterisk.kill()
        seen = await wait.until(
            lambda: people_in(meeting, "lost"), 30, every_s=0.1, what="the board says that people are lost"
        )
        assert {one["id"] for one in seen} <= set(before)
        back = await meeting.has(4, within_s=60)
        print(f"Asterisk killed: all are back after {time.monotonic() - killed_s:.1f} s")
        await host.is_cut_off()
    assert {one["id"]: (one["role"], one["name"]) for one in back} == {
        key: (one["role"], one["name"]) for key, one in before.items()
    }
    for number in called_out:
        assert len(region.rung(number)) == 2
    assert len(region.rung(host_number)) == 1
    again = [one for one in region.calls if one.at_s > killed_s]
    began_s = sorted(one.at_s for one in again)
    assert all(later - one >= 1.0 for one, later in zip(began_s, began_s[2:], strict=False)), "at the trunk's pace"
    for one in again:
        assert region.heard(one).spans(world.prompt("callout/ring-back")), "they are told why they are rung"
    shown = (await world.api.get(f"activations/{board['id']}")).json()
    assert [target["state"] for target in shown["targets"]] == ["joined"] * 3
    await meeting.ends()


async def people_in(meeting: Meeting, state: str) -> list[dict[str, Any]]:
    return [one for one in (await meeting.view())["participants"] if one["state"] == state]


async def calls_out(world: World, meeting: Meeting, numbers: tuple[str, ...]) -> dict[str, Any]:
    await made(world, "organisations", id="kommun", name="Kommunen")
    ids = [f"tib-{index}" for index in range(len(numbers))]
    for name, number in zip(ids, numbers, strict=True):
        await made(world, "functions", id=name, organisation_id="kommun", name=name, numbers=[number])
    await made(world, "activation-lists", id="lista", name="Lista", function_ids=ids)
    body = {"key": "kallelse", "activation_list_id": "lista", "conference_id": meeting.id}
    answer = await world.api.post("activations", json=body)
    assert answer.status_code in (200, 201), answer.text
    started: dict[str, Any] = answer.json()
    return started


async def made(world: World, kind: str, **body: Any) -> None:
    answer = await world.api.post(kind, json=body)
    assert answer.status_code == 201, answer.text
