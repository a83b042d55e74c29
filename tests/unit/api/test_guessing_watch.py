"""Guessing of codes, as a keeper sees it: the alarm, the metric, and whom it does not touch."""

import httpx

from bridge.domain.guessing.records import LISTED
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.reasons import WELL
from bridge.domain.telephony.events import CallArrived, DigitPressed
from bridge.main.guessing import GuessingWatch
from bridge.storage import SqlGuesses
from tests.harness.reasons import english
from tests.harness.wait import until
from tests.unit.api.region import NUMBER, TRUNK, Region


def watch(region: Region) -> GuessingWatch:
    return GuessingWatch(region, region.directory, SqlGuesses(region.database), region.clock, region.happens)


async def guesses(region: Region, count: int) -> None:
    """So many calls with a wrong code, each from another number."""
    for number in range(count):
        channel = ChannelId(f"guess-{number}")
        region.happens(CallArrived(region.clock.now_s(), channel, NUMBER, f"+4670174{number:04d}", TRUNK))
        for key in "57746016#":
            region.happens(DigitPressed(region.clock.now_s(), channel, key))


async def test_the_numbers_of_the_directory_are_known_to_the_engine(host: httpx.AsyncClient, region: Region) -> None:
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    await host.post(
        "/functions", json={"id": "tib", "organisation_id": "lst", "name": "TiB", "numbers": ["08-465 004 01"]}
    )
    await watch(region).look()
    await until(lambda: region.node()[LISTED], 10)
    assert region.node()[LISTED] == frozenset({"+46846500401"})


async def test_guessing_is_told_as_an_alarm_and_counted(
    host: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region
) -> None:
    watching = watch(region)
    assert watching.health() == {"guessing": WELL}
    await guesses(region, 31)
    await until(lambda: watching.health()["guessing"] != WELL, 10)
    assert "somebody is guessing codes" in english(watching.health()["guessing"])
    metrics = (await stranger.get("/metrics")).text
    assert any(f"samband_wrong_codes_total {count}.0" in metrics for count in (30, 31))
    assert "samband_callers_held 0.0" in metrics
    rows = (await host.get("/audit")).text
    assert "codes.guessing" in rows
    assert "57746016" not in rows
