"""The watch of the directory forgets old duties, sends reminders, and says when it cannot."""

from collections.abc import AsyncIterator

import pytest

from bridge.domain.directory.records import Function, Organisation, Person, RotaEntry
from bridge.domain.kernel.reasons import WELL
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer
from bridge.main.directory_watch import DirectoryWatch
from bridge.ports import PortError
from bridge.service import Service
from bridge.storage import SqlDirectory
from bridge.storage.reasons import StorageReason
from tests.unit.api.region import NOW_S, Region, a_region

DAY_S = 86_400.0


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        made.sending = OutboxPolicy(bearers=(BearerPolicy(Bearer.MAIL),))
        made.link_url = "https://samband.example.org"
        await made.restart()
        await made.has(Organisation("lst", "Länsstyrelsen", "lst@example.org"), Function("tib", "lst", "TiB"))
        yield made


def watch_of(region: Region) -> DirectoryWatch:
    return DirectoryWatch(region.directory, Service.on(region.ports()).upkeep, region.clock, 90 * DAY_S)


async def test_a_look_forgets_old_duties_and_sends_what_is_due_once(region: Region) -> None:
    await region.has(Person("p1", "lst", "Person Ett"))
    spans = [(-200 * DAY_S, -91 * DAY_S), (-200 * DAY_S, -89 * DAY_S)]
    entries = [
        RotaEntry(f"rota-{place}", "tib", "p1", NOW_S + begins_s, NOW_S + ends_s)
        for place, (begins_s, ends_s) in enumerate(spans)
    ]
    await region.directory.enter("test", entries)
    watch = watch_of(region)
    await watch.look()
    await watch.look()
    assert [one.id for one in await region.directory.rota()] == ["rota-1"]
    assert len(await region.archive.outbox(bearer=Bearer.MAIL)) == 1
    assert watch.health() == {"directory": WELL}


async def test_a_directory_that_cannot_be_read_is_told_and_looked_at_again(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> int:
        raise PortError("database", StorageReason.DISK_FULL(), retry=False)

    watch = watch_of(region)
    with monkeypatch.context() as patch:
        patch.setattr(SqlDirectory, "forget_rota", full)
        await watch.look()
    assert watch.health()["directory"].code == "database_disk_full"
    await watch.look()
    assert watch.health() == {"directory": WELL}
