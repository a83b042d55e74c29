"""After the death of Asterisk: how soon the first is rung back, and all are in their seats."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.bench.figures import Figure, Scale
from tests.harness import wait
from tests.harness.crowd import Answers, crowd
from tests.harness.sipp import FICTION
from tests.harness.world import Meeting, World, samband_world

CALLS_PER_S: Final = 5.0
IN_S: Final = 120.0
LISTENS: Final = Answers("1", key_s=1.0, again_s=6.0)
"""Presses 1 when they have heard whose call it is, and again where that was too early."""


async def ring_back(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Forty are called out into a meeting, and Asterisk is killed under them."""
    count = scale.of(40, 8)
    (folder / "world").mkdir(parents=True)
    trunk = f"calls_per_s = {CALLS_PER_S:g}\nchannels = {count + 5}"
    async with (
        samband_world(folder / "world", trunk=trunk) as world,
        crowd(folder / "crowd", world.trunk_port) as region,
    ):
        numbers = FICTION[:count]
        for number in numbers:
            region.behaves(number, LISTENS)
        meeting = await world.opens_conference("Bench", recorded=False)
        await _calls_out(world, meeting, numbers)
        await meeting.has(count, IN_S)
        before = {(one["id"], one["role"], one["name"]) for one in await meeting.participants()}
        killed_s = time.monotonic()
        await world.asterisk.kill()

        def rung_s() -> float:
            return min((one.at_s for one in region.calls if one.at_s > killed_s), default=0.0)

        first_s = await wait.until(rung_s, 30, every_s=0.02, what="somebody is rung back")
        await wait.until(lambda: _nobody_is_in(meeting), 30, every_s=0.2, what="the board says that they are lost")
        back = await meeting.has(count, IN_S)
        all_s = time.monotonic() - killed_s
        astray = before - {(one["id"], one["role"], one["name"]) for one in back}
    pace_s = (count - 1) / CALLS_PER_S
    how = "from SIGKILL to the INVITE at the far end of the trunk, which a telephone rings at"
    return (
        Figure("Asterisk killed → first person rung back", first_s - killed_s, "s", 5, how=how),
        Figure(
            f"Asterisk killed → all {count} in their seats", all_s, "s", 60, peer_name=f"{CALLS_PER_S:g} calls/s alone",
            peer=pace_s, samples=count, wanting=f"{len(astray)} are not who they were" if astray else "",
            how="each rings 0.3 s, listens a second, presses 1; role, name and seat as before",
        ),
    )  # fmt: skip


async def _nobody_is_in(meeting: Meeting) -> bool:
    return any(one["state"] == "lost" for one in (await meeting.view())["participants"])


async def _calls_out(world: World, meeting: Meeting, numbers: Sequence[str]) -> None:
    await _made(world, "organisations", id="kommun", name="Kommunen")
    ids = [f"tib-{index}" for index in range(len(numbers))]
    for name, number in zip(ids, numbers, strict=True):
        await _made(world, "functions", id=name, organisation_id="kommun", name=name, numbers=[number])
    await _made(world, "activation-lists", id="lista", name="Lista", function_ids=ids)
    await _made(world, "activations", key="kallelse", activation_list_id="lista", conference_id=meeting.id)


async def _made(world: World, kind: str, **body: Any) -> None:
    (await world.api.post(kind, json=body)).raise_for_status()
