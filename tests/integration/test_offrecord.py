"""Off the record by ear: nothing of it is in the archive, and what follows stands at its time."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import RATE_HZ, Samples, find, sound_file
from tests.harness.phones import Phone, Phones
from tests.harness.world import Meeting, World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with samband_world(tmp_path_factory.mktemp("world"), tables="[conference]\nend_after_s = 1") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with Phones(tmp_path / "phones", world.sip_port) as telephones:
        yield telephones


ROOM_S = 1.0
"""Between the timeline and the sound, on a machine so busy that Asterisk misses its time."""


def zeros_s(samples: Samples) -> list[float]:
    """Every stretch in which each sample is nought."""
    silent = np.concatenate(([False], samples == 0, [False]))
    edges = np.flatnonzero(np.diff(silent.astype(np.int8)))
    return [float(last - first) / RATE_HZ for first, last in edges.reshape(-1, 2)]


async def recording_is(meeting: Meeting, **wanted: object) -> None:
    async def so() -> bool:
        recording = (await meeting.view())["recording"]
        return all(recording[name] == value for name, value in wanted.items())

    await wait.until(so, 20, every_s=0.1, what=f"the recording is {wanted}")


async def goes_off(world: World, meeting: Meeting, host: Phone, listener: Phone) -> None:
    asked_s = time.monotonic()
    await host.keys("#6")
    await listener.hears_the_end_of(world.prompt("meeting/off-record"), within_s=10, since_s=asked_s)
    await recording_is(meeting, off_record=True)


async def comes_back(world: World, meeting: Meeting, host: Phone, listener: Phone) -> None:
    asked_s = time.monotonic()
    await host.keys("#6")
    await listener.hears_the_end_of(world.prompt("meeting/on-record"), within_s=10, since_s=asked_s)
    await recording_is(meeting, off_record_state="no")


async def archived(world: World, meeting: Meeting) -> dict[str, Any]:
    async def there() -> list[dict[str, Any]]:
        found = (await world.api.get("recordings", params={"conference": meeting.id})).json()
        return found if found and all(one["state"] == "archived" for one in found) else []

    [only] = await wait.until(there, 20, every_s=0.2, what="the recording is in the archive")
    return dict(only)


async def sound_of(world: World, recording: dict[str, Any], folder: Path) -> Samples:
    file = folder / f"{recording['id']}.flac"
    file.write_bytes((await world.api.get(f"recordings/{recording['id']}/audio")).content)
    return sound_file(file).phrase


async def test_nothing_said_off_the_record_is_in_the_archive_though_the_controller_dies_meanwhile(
    world: World, phones: Phones, tmp_path: Path
) -> None:
    meeting = await world.opens_conference("Utanför protokollet", recorded=True)
    host, guest = await phones.instrument("TiB"), await phones.instrument("Kommun A")
    await asyncio.gather(world.joins(host, meeting, as_host=True), world.joins(guest, meeting))
    await recording_is(meeting, state="on")
    assert all(one["notice_heard_at"] for one in await meeting.participants()), "each has heard that it is recorded"
    said_s = [await guest.says(guest.voice, for_s=1.5)]
    await asyncio.sleep(2)

    await goes_off(world, meeting, host, guest)
    await host.talks()
    await guest.hears(host.voice, within_s=5)
    await world.controller_dies_and_is_back()
    await recording_is(meeting, off_record=True, state="on")
    await asyncio.sleep(1)
    await host.stops_talking()
    await comes_back(world, meeting, host, guest)
    said_s.append(await guest.says(guest.voice, for_s=1.5))
    await asyncio.sleep(2)

    # Asterisk silences the same recording a second time
    await goes_off(world, meeting, host, guest)
    await host.says(host.voice, for_s=2)
    await asyncio.sleep(2.5)
    await meeting.ends()

    recording = await archived(world, meeting)
    samples = await sound_of(world, recording, tmp_path)
    assert find(samples, host.voice) == []
    timeline = (await world.api.get(f"recordings/{recording['id']}/timeline")).json()
    off = [span for span in timeline["spans"] if span["kind"] == "off_record"]
    assert len(off) == 2, timeline["spans"]
    silent_s = sorted(zeros_s(samples), reverse=True)[:2]
    lasted_s = sorted((span["end_s"] - span["start_s"] for span in off), reverse=True)
    assert all(found >= wanted - ROOM_S for found, wanted in zip(silent_s, lasted_s, strict=True)), (silent_s, lasted_s)
    spoken = [first / RATE_HZ for first, _, _ in find(samples, guest.voice)]
    before, after = spoken[0], next(one for one in spoken if one > off[0]["end_s"] - ROOM_S)
    assert before < off[0]["start_s"]
    assert after - before == pytest.approx(said_s[1] - said_s[0], abs=ROOM_S)
