"""Each participant in a track of their own: at its time, without what the meeting did not hear."""

import asyncio
import io
import time
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from tests.harness import wait
from tests.harness.audio import RATE_HZ, Samples, Signal, find
from tests.harness.phones import Phone, Phones
from tests.harness.witness import Witness
from tests.harness.world import Meeting, World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

EXACT_S: Final = 0.020
"""On the wall clock."""
TABLES: Final = '[conference]\nend_after_s = 1\n[recording]\ntracks = "participants"'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with samband_world(tmp_path_factory.mktemp("world"), tables=TABLES) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with Phones(tmp_path / "phones", world.sip_port) as telephones:
        yield telephones


async def shown(meeting: Meeting, **wanted: object) -> None:
    async def so() -> bool:
        recording = (await meeting.view())["recording"]
        return all(recording[name] == value for name, value in wanted.items())

    await wait.until(so, 25, every_s=0.1, what=f"the recording is {wanted}")


async def code_of(world: World, meeting: Meeting, organisation: str, function: str) -> str:
    """A personal code: whoever comes with it again has the same seat."""
    made = (await world.api.post("organisations", json={"name": organisation})).json()
    body = {"organisation_id": made["id"], "name": function}
    duty = (await world.api.post("functions", json=body)).json()
    answer = await world.api.post(f"conferences/{meeting.id}/codes", json={"function_id": duty["id"]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


async def comes_by(world: World, phone: Phone, code: str, host: Phone) -> None:
    """With a personal code, until they hear the host in the room."""
    await phone.calls(world.number)
    await phone.keys(code + "#")
    await host.talks()
    await phone.hears(host.voice, within_s=25)
    await host.stops_talking()
    await asyncio.sleep(1)


async def says(phone: Phone, by: Signal | None = None) -> float:
    """A second of their voice, to its end. When its first sample left, on the wall clock."""
    said_s = await phone.says(by or phone.voice, for_s=1.0)
    await asyncio.sleep(1.8)
    return said_s + time.time() - time.monotonic()


async def tracks(world: World, meeting: Meeting) -> dict[str, dict[str, Any]]:
    """By participant, all archived."""

    async def there() -> list[dict[str, Any]]:
        wanted = {"conference": meeting.id, "kind": "all"}
        found = (await world.api.get("recordings", params=wanted)).json()
        return found if found and all(one["state"] == "archived" for one in found) else []

    found = await wait.until(there, 40, every_s=0.3, what="all is in the archive")
    ours = [one for one in found if one["kind"] == "participant"]
    assert len({one["participant_id"] for one in ours}) == len(ours), "one track each"
    return {one["participant"]: one for one in ours}


async def spoken_s(world: World, track: dict[str, Any], voice: Signal) -> tuple[list[float], Samples]:
    """Where this voice begins in the track, on the wall clock; and the whole track."""
    answer = await world.api.get(f"recordings/{track['id']}/audio")
    columns, rate_hz = soundfile.read(io.BytesIO(answer.content), dtype="float32", always_2d=True)
    samples = np.asarray(columns[:, 0], np.float32)
    assert rate_hz == RATE_HZ
    began_s = datetime.fromisoformat(track["started_at"]).timestamp()
    return [began_s + first / RATE_HZ for first, _, _ in find(samples, voice)], samples


@pytest.mark.timeout(240)
async def test_each_voice_is_in_its_own_track_at_its_time_as_far_as_the_meeting_heard_it(
    world: World, phones: Phones, witness: Witness
) -> None:
    meeting = await world.opens_conference("Spår för spår", recorded=True)
    host, guest, other = [await phones.instrument(name) for name in ("TiB", "Kommun A", "Kommun B")]
    personal = await code_of(world, meeting, "Kommun B", "Säkerhetschef")
    await asyncio.gather(world.joins(host, meeting, as_host=True), world.joins(guest, meeting))
    await comes_by(world, other, personal, host)
    await shown(meeting, state="on")
    began_s = time.monotonic()
    names = {guest.number: (await meeting.participant(guest.number))["name"], other.number: "Säkerhetschef"}
    said: dict[str, list[float]] = {guest.number: [], other.number: []}
    for phone in (guest, other, guest):  # in turn
        said[phone.number].append(await says(phone))

    muted = (await meeting.participant(guest.number))["id"]
    await meeting.mutes(muted)
    await says(guest)
    await meeting.unmutes(muted)
    await asyncio.sleep(0.5)
    said[guest.number].append(await says(guest))

    await host.keys("#6")
    await shown(meeting, off_record=True)
    await says(guest)
    await host.keys("#6")
    await shown(meeting, off_record_state="no")
    said[guest.number].append(await says(guest))

    again = await phones.instrument("Kommun B igen")
    await other.is_cut_off()
    await comes_by(world, again, personal, host)
    said_again = await says(again)
    lasted_s = witness.longest_s(began_s, time.monotonic())
    await meeting.ends()

    of = await tracks(world, meeting)
    room_s = EXACT_S + lasted_s
    for phone in (guest, other):
        heard, samples = await spoken_s(world, of[names[phone.number]], phone.voice)
        assert heard == [pytest.approx(one, abs=room_s) for one in said[phone.number]], phone.name
        for stranger in {guest, other, host} - {phone}:
            assert find(samples, stranger.voice) == [], f"{stranger.name} in the track of {phone.name}"
    back, _ = await spoken_s(world, of[names[other.number]], again.voice)
    assert back == [pytest.approx(said_again, abs=room_s)], "the same track goes on"

    mix = next(
        one
        for one in (await world.api.get("recordings", params={"conference": meeting.id})).json()
        if one["kind"] == "mix"
    )
    assert all(one["started_at"] == mix["started_at"] for one in of.values())
    spans = (await world.api.get(f"recordings/{of[names[guest.number]]['id']}/timeline")).json()["spans"]
    assert [one["kind"] for one in spans].count("off_record") == 1
    package = await world.api.get(f"recordings/{mix['id']}/package")
    inside = zipfile.ZipFile(io.BytesIO(package.content)).namelist()
    assert sum(name.endswith(".flac") for name in inside) == 1 + len(of)
    assert sum(name.startswith("timeline_") for name in inside) == len(of)
