"""The documentation of a long meeting is made in the background, and nobody waits for an answer meanwhile."""

import asyncio
import io
import zipfile
from hashlib import sha256

import httpx
import pytest

from bridge.domain.handover.reasons import HandoverReason
from bridge.domain.handover.records import Form, Handover, HandoverState, Step
from bridge.domain.handover.rules import percent
from bridge.domain.kernel.ids import ConferenceId
from bridge.recording import handing
from tests.harness.wait import until
from tests.unit.api.region import Region

MEETING = ConferenceId("cnf-past")


@pytest.fixture
async def recording(region: Region) -> str:
    return await region.recorded("a.flac")


async def asked(host: httpx.AsyncClient, **more: object) -> str:
    answer = await host.post("/archive/packages", json={"conference_id": MEETING, **more})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["state"], answer.json()["done_percent"]) == ("waiting", 0)
    return str(answer.json()["id"])


async def state_of(host: httpx.AsyncClient, key: str) -> str:
    return str((await host.get(f"/archive/packages/{key}")).json()["state"])


@pytest.mark.parametrize("form", ["zip", "sip"])
async def test_a_package_is_made_in_the_background_and_fetched_on_record(
    region: Region, host: httpx.AsyncClient, recording: str, form: str
) -> None:
    key = await asked(host, form=form)
    early = await host.get(f"/archive/packages/{key}/file")
    assert (early.status_code, early.json()["reason"]) == (409, "package_not_ready")
    assert await region.packed() == 1
    [told] = (await host.get("/archive/packages", params={"conference_id": MEETING})).json()
    assert (told["id"], told["state"], told["done_percent"], told["reason"]) == (key, "ready", 100, None)
    got = await host.get(f"/archive/packages/{key}/file")
    assert told["file"] in got.headers["content-disposition"]
    assert (told["length"], told["sha256"]) == (len(got.content), sha256(got.content).hexdigest())
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        assert archive.testzip() is None
        assert any(name.endswith(".flac") for name in archive.namelist())
    lines = [(one.actor, one.action) for one in await region.audited("package.")]
    assert lines == [("operator", "package.asked"), ("samband", "package.made"), ("operator", "package.fetched")]


async def test_a_package_is_kept_for_its_time_and_then_its_file_is_gone(
    region: Region, host: httpx.AsyncClient, recording: str
) -> None:
    key = await asked(host)
    await region.packed()
    file = region.folder / "packages" / f"{key}.zip"
    assert file.exists()
    region.clock.time_s += 3601
    late = await host.get(f"/archive/packages/{key}/file")
    assert (late.status_code, late.json()["reason"]) == (410, "package_over")
    assert late.json()["remedy"]
    await region.packed()
    assert not file.exists()
    assert await state_of(host, key) == "expired"


async def test_one_that_was_begun_when_the_program_ended_is_made_after_its_start(
    region: Region, host: httpx.AsyncClient, recording: str
) -> None:
    key = await asked(host)
    assert await region.handovers.claim() is not None  # and the program is killed here
    half = region.folder / "packages" / f"{key}.partial"
    half.parent.mkdir()
    half.write_bytes(b"half")
    run = asyncio.create_task(region.packer.run())
    try:
        await until(lambda: _is(host, key, "ready"), within_s=20)
    finally:
        run.cancel()
    assert [one.name for one in half.parent.iterdir()] == [f"{key}.zip"]


async def _is(host: httpx.AsyncClient, key: str, state: str) -> bool:
    return await state_of(host, key) == state


async def test_one_that_ends_the_program_each_time_is_given_up(
    region: Region, host: httpx.AsyncClient, recording: str
) -> None:
    key = await asked(host)
    for _ in range(3):
        assert await region.handovers.claim() is not None
        await region.handovers.resume()
    told = (await host.get(f"/archive/packages/{key}")).json()
    assert (told["state"], told["reason_code"], told["reason_data"]) == ("failed", "package_gave_up", {"tries": 3})
    assert await region.packed() == 0


async def test_one_that_waits_is_cancelled_and_one_that_is_ready_is_removed(
    region: Region, host: httpx.AsyncClient, recording: str
) -> None:
    ready = await asked(host)
    await region.packed()
    waits = await asked(host)
    assert (await host.delete(f"/archive/packages/{waits}")).json()["state"] == "cancelled"
    assert (await host.delete(f"/archive/packages/{ready}")).json()["state"] == "expired"
    assert await region.packed() == 0
    assert list((region.folder / "packages").iterdir()) == []
    assert (await host.get(f"/archive/packages/{ready}/file")).status_code == 410
    assert (await host.delete("/archive/packages/pkg-none")).json()["reason"] == "unknown_package"


async def test_one_is_cancelled_while_it_is_made(
    region: Region, host: httpx.AsyncClient, recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing, "BEAT_S", 0.01)
    begun, goes_on = asyncio.Event(), asyncio.Event()
    make = region._package_of

    async def slow(*args: object) -> object:
        begun.set()
        await goes_on.wait()
        return await make(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(region.packer, "_make", slow)
    key = await asked(host)
    work = asyncio.create_task(region.packed())
    await begun.wait()
    assert (await host.delete(f"/archive/packages/{key}")).json()["state"] == "cancelled"
    await asyncio.sleep(0)
    goes_on.set()
    await work
    assert await state_of(host, key) == "cancelled"
    assert [one.action for one in await region.audited("package.")] == ["package.asked", "package.cancelled"]
    folder = region.folder / "packages"
    assert not folder.exists() or list(folder.iterdir()) == []


async def test_a_disk_without_room_is_told_with_its_remedy(
    region: Region, host: httpx.AsyncClient, recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing, "SPARE_BYTES", 1 << 60)
    key = await asked(host)
    await region.packed()
    told = (await host.get(f"/archive/packages/{key}")).json()
    assert (told["state"], told["reason_code"]) == ("failed", "package_no_room")


async def test_a_sound_that_was_changed_meanwhile_is_told(
    region: Region, host: httpx.AsyncClient, recording: str
) -> None:
    key = await asked(host)
    region.recording_file("a.flac").write_bytes(b"changed")
    await region.packed()
    told = (await host.get(f"/archive/packages/{key}")).json()
    assert (told["state"], told["reason_code"]) == ("failed", "recording_not_proved")


async def test_what_is_disposed_of_lies_in_no_package(region: Region, host: httpx.AsyncClient, recording: str) -> None:
    await asked(host)
    await region.packed()
    body = {"recordings": [recording], "ground": "RA-FS", "decision": "dnr 1"}
    disposal = (await host.post("/archive/disposals", json=body)).json()["id"]
    other = {"Authorization": f"Bearer {await region.tokens.issue('registrator')}"}
    region.clock.time_s += 1
    assert (await host.post(f"/archive/disposals/{disposal}/decide", headers=other)).status_code == 200
    await region.packed()
    assert list((region.folder / "packages").iterdir()) == []


async def test_only_so_many_wait(host: httpx.AsyncClient, recording: str) -> None:
    for _ in range(20):
        await asked(host)
    refused = await host.post("/archive/packages", json={"conference_id": MEETING})
    assert (refused.status_code, refused.json()["reason"]) == (409, "too_many_packages_wait")


async def test_what_is_not_there_is_refused_at_once(region: Region, host: httpx.AsyncClient, recording: str) -> None:
    unknown = await host.post("/archive/packages", json={"conference_id": "cnf-none"})
    assert unknown.status_code == 404
    nowhere = await host.post("/archive/packages", json={"conference_id": MEETING, "place": "arkiv"})
    assert nowhere.json()["reason"] == "unknown_place"
    region.recording_file("a.flac").unlink()
    assert (await host.post("/archive/packages", json={"conference_id": MEETING})).status_code == 410


def test_progress_never_goes_back() -> None:
    job = Handover("pkg-1", MEETING, Form.ZIP, "a", 0.0, "n", state=HandoverState.MAKING)
    steps = [(step, done) for step in Step for done in (0, 5, 10)]
    shown = [percent(_at(job, step, done)) for step, done in steps]
    assert shown == sorted(shown)
    assert (shown[0], shown[-1]) == (0, 99)
    assert HandoverReason.OVER().code == "package_over"


def _at(job: Handover, step: Step, done: int) -> Handover:
    return Handover(
        job.id, job.conference, job.form, job.asked_by, 0.0, "n", state=job.state, step=step, done=done, of=10
    )
