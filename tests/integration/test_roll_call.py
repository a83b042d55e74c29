"""The roll call by ear: who hears which name and question, who is rung, and what stands in the document."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.crowd import Answers, crowd
from tests.harness.functions import FORUM, comes_as, expects, is_heard_only_by, told_only
from tests.harness.phones import Phone, Phones
from tests.harness.sipp import FICTION
from tests.harness.world import Meeting, World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TOWN, POLICE, COAST = "Kommun A", "Polisen", "Kustbevakningen"
POLICE_NUMBER = FICTION[0]
MURMUR = voice(200, level_dbfs=-36.0)
"""So quiet that what is whispered over it is known."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The police have a telephone on the trunk; the coast guard has none."""
    async with samband_world(tmp_path_factory.mktemp("world")) as running:
        await expects(running, {TOWN: (), POLICE: (POLICE_NUMBER,), COAST: ()}, quorum=3)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with Phones(tmp_path / "phones", world.sip_port) as telephones:
        yield telephones


async def meeting_of(world: World, phones: Phones) -> tuple[Meeting, Phone, Phone, Phone]:
    """A host and a guest whose telephones are no function's, and the town's."""
    meeting = await world.opens_conference("Upprop", forum=FORUM, recorded=False)
    host, guest, town = [await phones.instrument(name) for name in ("TiB", "Gäst", TOWN)]
    await asyncio.gather(
        world.joins(host, meeting, as_host=True), world.joins(guest, meeting), comes_as(world, town, meeting, TOWN)
    )
    return meeting, host, guest, town


async def document(world: World, meeting: Meeting) -> dict[str, Any]:
    answer = await world.api.get(f"conferences/{meeting.id}/roll-call")
    return dict(answer.json()) if answer.status_code == 200 else {}


async def seen(world: World, meeting: Meeting, **states: str) -> dict[str, Any]:
    """Wait until these functions stand so in the document."""
    wanted = {{"town": TOWN, "police": POLICE, "coast": COAST}[name]: state for name, state in states.items()}

    async def so() -> dict[str, Any]:
        found = await document(world, meeting)
        now = {one["organisation"]: one["state"] for one in found.get("entries", [])}
        return found if wanted.items() <= now.items() else {}

    return await wait.until(so, 30, every_s=0.2, what=f"the roll says {wanted}")


async def test_each_answers_by_key_or_voice_and_the_missing_one_is_rung_while_the_meeting_goes_on(
    world: World, phones: Phones, tmp_path: Path
) -> None:
    meeting, host, guest, town = await meeting_of(world, phones)
    async with crowd(tmp_path / "crowd", world.trunk_port) as region:
        region.behaves(POLICE_NUMBER, Answers("1", talks=True))
        began_s = time.monotonic()
        await host.keys("#4")
        await told_only(world, "roll-call/begins", (host, guest, town), (), began_s)

        # The town's own question is in nobody else's ear, and does not stop those who talk.
        await told_only(world, "roll-call/answer", (town,), (host, guest), began_s)
        await is_heard_only_by(guest, (host, town), ())
        pressed_s = time.monotonic()
        await town.keys("1")
        await told_only(world, "roll-call/noted", (town,), (host, guest), pressed_s)

        # Nobody here is the police: the host is asked, and says so by key.
        await told_only(world, "roll-call/tick", (host,), (guest, town), pressed_s)
        missed_s = time.monotonic()
        await host.keys("2")
        await told_only(world, "roll-call/noted", (host,), (guest, town), missed_s)

        # The coast guard sits beside the guest and answers by voice.
        await told_only(world, "roll-call/tick", (host,), (guest, town), missed_s + 1)
        await is_heard_only_by(guest, (host, town), ())
        ticked_s = time.monotonic()
        await host.keys("1")
        await told_only(world, "roll-call/ringing", (host, guest, town), (), ticked_s)
        await told_only(world, "roll-call/nobody-missing", (host, guest, town), (), ticked_s)
        roll = await seen(world, meeting, town="answered", police="present", coast="ticked")
        assert (roll["state"], roll["here"], roll["quorum_holds"]) == ("ended", 3, True)
        assert len(region.rung(POLICE_NUMBER)) == 1
    await meeting.ends()


async def test_a_controller_that_dies_over_a_name_reads_it_again_and_forgets_no_answer(
    world: World, phones: Phones
) -> None:
    meeting, host, guest, town = await meeting_of(world, phones)
    await host.keys("#4")
    await town.hears(world.prompt("roll-call/answer"), 15)
    await guest.says(MURMUR, for_s=60)
    await host.hears(MURMUR)
    killed_s = time.monotonic()
    await world.controller_dies_and_is_back()
    await told_only(world, "roll-call/answer", (town,), (host, guest), killed_s)
    heard = host.heard().spans(MURMUR, killed_s)
    assert heard[0].begins_s < killed_s + 1, "the meeting goes on without a controller"
    assert heard[-1].ends_s > time.monotonic() - 2
    await town.keys("1")
    await seen(world, meeting, town="answered")
    pressed_s = time.monotonic()
    await host.keys("#4")
    await guest.stops_talking()
    await told_only(world, "roll-call/ended", (host, guest, town), (), pressed_s)
    roll = await seen(world, meeting, town="answered", police="missing", coast="missing")
    assert (roll["state"], roll["here"]) == ("ended", 1)
    await meeting.ends()
