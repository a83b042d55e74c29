"""The recording, from the spoken notice to the file in the archive; and what a full disk does to it."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import RATE_HZ, Samples, Signal, find, sound_file
from tests.harness.phones import Phones
from tests.harness.small_disk import fill, small_disk
from tests.harness.world import Meeting, World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

SPOOL_BYTES = 1_000_000
"""A minute of recording at 8 kHz."""
Found = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Its recordings lie on a very small disk of their own until they are archived."""
    folder = tmp_path_factory.mktemp("world")
    spool = folder / "var/asterisk/spool/recording"
    spool.parent.mkdir(parents=True)
    with small_disk(spool, SPOOL_BYTES):
        async with samband_world(folder, tables="[conference]\nend_after_s = 1") as running:
            yield running


@pytest_asyncio.fixture(loop_scope="module")
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with Phones(tmp_path / "phones", world.sip_port) as telephones:
        yield telephones


def spool_of(world: World) -> Path:
    return world.state / "asterisk/spool/recording"


async def recordings(world: World, meeting: Meeting) -> list[Found]:
    """Of this meeting, oldest first."""
    found: list[Found] = (await world.api.get("recordings")).json()
    return sorted((one for one in found if one["conference_id"] == meeting.id), key=lambda one: str(one["started_at"]))


async def archived(world: World, meeting: Meeting, count: int = 1) -> list[Found]:
    async def there() -> list[Found]:
        done = [one for one in await recordings(world, meeting) if one["state"] == "archived"]
        return done if len(done) == count else []

    return await wait.until(there, 20, every_s=0.2, what=f"{count} recordings in the archive")


async def is_recorded(meeting: Meeting, state: str = "on", within_s: float = 10) -> Found:
    async def so() -> Found:
        recording: Found = (await meeting.view())["recording"]
        return recording if recording["state"] == state else {}

    return await wait.until(so, within_s, every_s=0.1, what=f"the recording is {state}")


async def sound_of(world: World, recording: Found, folder: Path) -> tuple[bytes, Samples]:
    answer = await world.api.get(f"recordings/{recording['id']}/audio")
    assert answer.headers["content-type"] == "audio/flac"
    file = folder / f"{recording['id']}.flac"
    file.write_bytes(answer.content)
    return answer.content, sound_file(file).phrase


def said_at_s(samples: Samples, signal: Signal) -> float:
    """When it begins in the recording."""
    spans = find(samples, signal)
    assert spans, f"{signal.name} is not in the recording"
    return spans[0][0] / RATE_HZ


async def cli(world: World, *words: str) -> str:
    status, said = await world.command(*words)
    assert status == 0, said
    return said


async def test_from_the_notice_to_the_archive(world: World, phones: Phones, tmp_path: Path) -> None:
    meeting = await world.opens_conference("Skogsbrand Älvdalen", recorded=True)
    first, late = await phones.instrument("Kommun A"), await phones.instrument("Kommun B")
    await world.joins(first, meeting)
    await first.hears(world.prompt("entry/recorded"), within_s=3, since_s=first.answered_at_s)
    await is_recorded(meeting)
    first_said_s = await first.says(first.voice, for_s=2)
    await world.joins(late, meeting)
    await late.hears(world.prompt("entry/recorded"), within_s=3, since_s=late.answered_at_s)
    late_said_s = await late.says(late.voice, for_s=2)
    await asyncio.sleep(2.5)
    await meeting.ends()
    [recording] = await archived(world, meeting)

    # what the archive tells
    assert recording["conference"] == "Skogsbrand Älvdalen"
    assert {one["name"] for one in recording["participants"]} == {first.number, late.number}
    content, samples = await sound_of(world, recording, tmp_path)
    assert recording["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(samples) / RATE_HZ == pytest.approx(recording["duration_s"], abs=0.01)

    # what is heard in it
    began_s = datetime.fromisoformat(recording["started_at"]).timestamp() - (time.time() - time.monotonic())
    assert said_at_s(samples, first.voice) == pytest.approx(first_said_s - began_s, abs=0.5)
    between_s = said_at_s(samples, late.voice) - said_at_s(samples, first.voice)
    assert between_s == pytest.approx(late_said_s - first_said_s, abs=0.1)

    # who spoke when
    timeline = (await world.api.get(f"recordings/{recording['id']}/timeline")).json()
    kinds = [note["kind"] for note in timeline["notes"]]
    assert {"joined", "recording_started", "talk_started", "ended"} <= set(kinds), kinds
    [spoken, *_] = [note for note in timeline["notes"] if note["kind"] == "talk_started"]
    assert spoken["name"] == first.number
    assert spoken["offset_s"] == pytest.approx(said_at_s(samples, first.voice), abs=1.0)
    assert timeline["spans"]

    # found and fetched
    for text in ("älvdalen", late.number):
        found = (await world.api.get("recordings", params={"text": text})).json()
        assert [one["id"] for one in found] == [recording["id"]], text
    assert (await world.api.get("recordings", params={"text": "finns inte"})).json() == []
    await ranges(world, recording["id"], content)
    listed = await cli(world, "recordings", "list")
    assert recording["id"] in listed
    copy = tmp_path / "copy.flac"
    await cli(world, "recordings", "get", recording["id"], str(copy))
    assert copy.read_bytes() == content
    assert "ok" in await cli(world, "recordings", "verify", recording["id"])
    assert list(spool_of(world).glob("*.wav")) == [], "the spool is empty again"


async def ranges(world: World, recording: str, content: bytes) -> None:
    """RFC 9110 §14: a part from the middle, the last bytes, and what is not there."""
    url, size = f"recordings/{recording}/audio", len(content)
    part = await world.api.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{size}"
    last = await world.api.get(url, headers={"Range": "bytes=-50"})
    assert (last.status_code, last.content) == (206, content[-50:])
    beyond = await world.api.get(url, headers={"Range": f"bytes={size}-"})
    assert beyond.status_code == 416


async def test_off_and_on_again_gives_two_recordings_and_all_are_told(
    world: World, phones: Phones, tmp_path: Path
) -> None:
    meeting = await world.opens_conference("Två inspelningar", recorded=True)
    phone, listener = await phones.instrument("Kommun A"), await phones.instrument("Kommun B")
    await asyncio.gather(world.joins(phone, meeting), world.joins(listener, meeting))
    first = await is_recorded(meeting)
    off_s = time.monotonic()
    await meeting.records(False)
    await is_recorded(meeting, "off")
    await phone.hears(world.prompt("meeting/recording-stopped"), within_s=8, since_s=off_s)
    await listener.says(listener.voice, for_s=1.5)
    await asyncio.sleep(2)
    on_s = time.monotonic()
    await meeting.records(True)
    second = await is_recorded(meeting)
    assert second["id"] != first["id"]
    await phone.hears(world.prompt("meeting/recording-started"), within_s=8, since_s=on_s)
    await listener.hears(world.prompt("meeting/recording-started"), within_s=8, since_s=on_s)
    await phone.says(phone.voice, for_s=1.5)
    await asyncio.sleep(2)
    await meeting.ends()
    both = await archived(world, meeting, count=2)
    assert [one["id"] for one in both] == [first["id"], second["id"]]
    sounds = [(await sound_of(world, one, tmp_path))[1] for one in both]
    assert said_at_s(sounds[1], phone.voice) > 0
    assert all(find(one, listener.voice) == [] for one in sounds), "what is said off the record is in none"


async def test_a_full_disk_at_the_start_the_meeting_goes_on_and_its_host_is_told(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Full disk", recorded=False)
    host, guest = await phones.instrument("TiB"), await phones.instrument("Kommun A")
    await asyncio.gather(world.joins(host, meeting, as_host=True), world.joins(guest, meeting))
    ballast = fill(spool_of(world))
    await wait.until(lambda: disk_is_told_full(world), 10, every_s=0.2, what="/readyz names the disk")
    asked_s = time.monotonic()
    await meeting.records(True)
    failed = await is_recorded(meeting, "failed")
    assert "disk" in failed["failure"], failed
    await host.hears(world.prompt("meeting/recording-failed"), within_s=15, since_s=asked_s)
    await host.talks()
    await guest.hears(host.voice, within_s=5)
    [record] = await recordings(world, meeting)
    assert record["state"] == "failed"
    assert "disk" in record["failure"]
    # there is room again
    ballast.unlink()
    await wait.until(lambda: disk_is_told_well(world), 10, every_s=0.2, what="the disk has room")
    await meeting.records(True)
    await is_recorded(meeting)
    await asyncio.sleep(2)
    await meeting.ends()
    await archived(world, meeting)


async def disk_is_told_full(world: World) -> bool:
    return "free" in str((await world.health())["parts"]["spool disk"])


async def disk_is_told_well(world: World) -> bool:
    return "no new recording" not in str((await world.health())["parts"]["spool disk"])


async def test_a_disk_that_fills_in_the_middle_keeps_what_it_has_and_the_host_is_told(
    world: World, phones: Phones, tmp_path: Path
) -> None:
    meeting = await world.opens_conference("Fylls", recorded=True)
    host, guest = await phones.instrument("TiB"), await phones.instrument("Kommun A")
    await asyncio.gather(world.joins(host, meeting, as_host=True), world.joins(guest, meeting))
    await is_recorded(meeting)
    await host.talks()
    await asyncio.sleep(5)
    await host.stops_talking()
    filled_s = time.monotonic()
    ballast = fill(spool_of(world))
    failed = await is_recorded(meeting, "failed", within_s=15)
    print(f"disk full in the middle: told after {time.monotonic() - filled_s:.1f} s")
    assert "disk" in failed["failure"], failed
    await guest.hears(world.prompt("meeting/recording-failed"), within_s=15, since_s=filled_s)
    await host.says(host.voice, for_s=1)
    await guest.hears(host.voice, within_s=5)
    [kept] = await archived(world, meeting)
    _, samples = await sound_of(world, kept, tmp_path)
    assert sum(last - first for first, last, _ in find(samples, host.voice)) / RATE_HZ >= 2.5
    ballast.unlink()
    await wait.until(lambda: disk_is_told_well(world), 10, every_s=0.2, what="the disk has room")
    await meeting.records(True)
    await is_recorded(meeting)
    await meeting.ends()
