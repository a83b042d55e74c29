"""Each look at sound, people, codes and texts stands in the audit log, in a line or few."""

import httpx
import pytest

from bridge.domain.access.looking import MOST_LOOKS, Looks
from tests.harness.principals import somebody
from tests.unit.api.region import Region


async def test_one_listening_of_many_ranges_is_one_line(host: httpx.AsyncClient, region: Region) -> None:
    recording = await region.recorded("a.flac")
    for first in range(0, 2000, 100):
        answer = await host.get(f"/recordings/{recording}/audio", headers={"Range": f"bytes={first}-{first + 99}"})
        assert answer.status_code == 206
    (line,) = await region.audited("recording.listened")
    assert (line.actor, line.object, line.detail) == ("operator", recording, {"range": "bytes=0-99"})
    region.clock.time_s += 601
    await host.get(f"/recordings/{recording}/audio")
    assert len(await region.audited("recording.listened")) == 2


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/recordings/{recording}/timeline", "recording.read"),
        ("/recordings/{recording}", "recording.read"),
        ("/recordings", "recording.read"),
        ("/conferences", "codes.read"),
        ("/conferences/{conference}", "codes.read"),
        ("/conferences/{conference}/participants", "participants.read"),
        ("/sds", "messages.read"),
        ("/messages", "messages.read"),
        ("/audit", "audit.read"),
    ],
)
async def test_each_look_is_audited_and_a_page_that_reads_again_and_again_is_one_line(
    host: httpx.AsyncClient, region: Region, path: str, action: str
) -> None:
    recording = await region.recorded("a.flac")
    opened = (await host.post("/conferences", json={"name": "Möte"})).json()["id"]
    subject = next((one for name, one in (("{recording}", recording), ("{conference}", opened)) if name in path), "")
    address = path.format(recording=recording, conference=opened)
    for _ in range(3):
        assert (await host.get(address)).status_code == 200
    lines = [(line.actor, line.object) for line in await region.audited(action)]
    assert lines == [("operator", subject)]


@pytest.mark.parametrize("path", ["/recordings", "/recordings/{recording}/timeline"])
async def test_nobody_looks_into_the_archive_when_it_cannot_be_audited(
    host: httpx.AsyncClient, region: Region, path: str
) -> None:
    recording = await region.recorded("a.flac")
    region.audit_disk.is_full = True
    answer = await host.get(path.format(recording=recording))
    assert answer.status_code == 503
    assert "Lägesmöte" not in answer.text


async def test_a_meeting_is_led_even_when_the_look_at_it_cannot_be_audited(
    host: httpx.AsyncClient, region: Region
) -> None:
    await host.post("/conferences", json={"name": "Möte"})
    region.audit_disk.is_full = True
    assert (await host.get("/conferences")).status_code == 200


def test_the_looks_that_are_remembered_are_bounded() -> None:
    looks, host = Looks(), somebody("host")
    for number in range(MOST_LOOKS + 10):
        looks.written(host, "recording.read", f"rec-{number}", 0.0)
    assert looks.is_new(host, "recording.read", "rec-0", 1.0, 600.0)
    assert not looks.is_new(host, "recording.read", f"rec-{MOST_LOOKS + 9}", 1.0, 600.0)
    assert looks.is_new(host, "recording.read", f"rec-{MOST_LOOKS + 9}", -1.0, 600.0), "after a clock that went back"
