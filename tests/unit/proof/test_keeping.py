"""Recordings are kept, and destroyed only by a decision of two persons that leaves a protocol."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bridge.api.app import create_app
from bridge.api.settings import ApiSettings
from bridge.recording.disposer import Disposer
from bridge.recording.removal import CopyRemovals, Remains, StoreError
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import Region

GROUND = {"ground": "RA-FS 2021:6, of little value", "decision": "dnr 123-2027"}


@pytest.fixture
async def second(region: Region) -> AsyncIterator[httpx.AsyncClient]:
    """Another person."""
    headers = {"Authorization": f"Bearer {await region.tokens.issue('registrator')}"}
    transport = httpx.ASGITransport(create_app(region.parts(), ApiSettings()))
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS + "/api/v1", headers=headers) as client:
        yield client


async def proposed(host: httpx.AsyncClient, *recordings: str) -> str:
    answer = await host.post("/archive/disposals", json={"recordings": list(recordings), **GROUND})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def disposed(region: Region) -> None:
    await Disposer(region.keeping, region.archive_folder).look()


async def test_two_persons_dispose_of_a_recording_and_the_protocol_stays(
    region: Region, host: httpx.AsyncClient, second: httpx.AsyncClient
) -> None:
    recording, other = await region.recorded("a.flac"), await region.recorded("b.flac")
    before = (await host.get(f"/recordings/{recording}")).json()
    key = await proposed(host, recording)
    assert region.recording_file("a.flac").exists()
    assert (await second.post(f"/archive/disposals/{key}/decide")).json()["state"] == "decided"
    await disposed(region)
    protocol = (await host.get(f"/archive/disposals/{key}")).json()
    assert (protocol["state"], protocol["proposed_by"], protocol["decided_by"]) == (
        "carried_out",
        "operator",
        "registrator",
    )
    assert (protocol["ground"], protocol["decision"], protocol["recordings"]) == (*GROUND.values(), [recording])
    assert not region.recording_file("a.flac").exists()
    assert not region.recording_file("a.json").exists()
    after = (await host.get(f"/recordings/{recording}")).json()
    assert (after["state"], after["sha256"], after["audio"]) == ("disposed", before["sha256"], None)
    assert region.recording_file("b.flac").exists()
    assert (await host.get(f"/recordings/{other}")).json()["state"] == "archived"
    (line,) = await region.audited("recording.disposed")
    assert (line.actor, line.object, line.detail["disposal"]) == ("registrator", recording, key)
    assert line.detail["sha256"] == before["sha256"]
    assert (await region.proof.verification.verify()).findings == ()


async def test_nobody_decides_alone(region: Region, host: httpx.AsyncClient) -> None:
    key = await proposed(host, await region.recorded("a.flac"))
    answer = await host.post(f"/archive/disposals/{key}/decide")
    assert (answer.status_code, answer.json()["reason"]) == (409, "disposal_same_person")
    await disposed(region)
    assert region.recording_file("a.flac").exists()


@pytest.mark.parametrize("late", [False, True], ids=["before it is proposed", "before it is decided"])
async def test_a_legal_hold_keeps_everything_of_its_conference(
    region: Region, host: httpx.AsyncClient, second: httpx.AsyncClient, *, late: bool
) -> None:
    recording = await region.recorded("a.flac")
    key = await proposed(host, recording) if late else None
    hold = (await host.post("/archive/holds", json={"conference_id": "cnf-past", "ground": "case 7"})).json()["id"]
    path, body = ("/archive/disposals", {"recordings": [recording], **GROUND})
    answer = await second.post(f"{path}/{key}/decide") if late else await second.post(path, json=body)
    assert (answer.status_code, answer.json()["reason"]) == (409, "recording_held")
    assert (await host.delete(f"/archive/holds/{hold}")).json()["lifted_by"] == "operator"
    assert (await host.get("/archive/holds?in_force=true")).json() == []
    key = key or await proposed(host, recording)
    assert (await second.post(f"{path}/{key}/decide")).status_code == 200


async def test_a_proposal_is_given_up_and_then_made_anew(
    region: Region, host: httpx.AsyncClient, second: httpx.AsyncClient
) -> None:
    recording = await region.recorded("a.flac")
    key = await proposed(host, recording)
    twice = await host.post("/archive/disposals", json={"recordings": [recording], **GROUND})
    assert (twice.status_code, twice.json()["reason"]) == (409, "recording_in_another_disposal")
    assert (await host.delete(f"/archive/disposals/{key}")).json()["state"] == "withdrawn"
    settled = await second.post(f"/archive/disposals/{key}/decide")
    assert (settled.status_code, settled.json()["reason"]) == (409, "disposal_settled")
    await proposed(host, recording)


@pytest.mark.parametrize("recordings", [["rec-nobody"], []])
async def test_only_what_is_in_the_archive_is_disposed_of(host: httpx.AsyncClient, recordings: list[str]) -> None:
    answer = await host.post("/archive/disposals", json={"recordings": recordings, **GROUND})
    assert answer.status_code in (409, 422)


async def test_a_file_that_is_there_again_is_found(
    region: Region, host: httpx.AsyncClient, second: httpx.AsyncClient
) -> None:
    recording = await region.recorded("a.flac")
    content = region.recording_file("a.flac").read_bytes()
    await second.post(f"/archive/disposals/{await proposed(host, recording)}/decide")
    await disposed(region)
    region.recording_file("a.flac").write_bytes(content)
    first = (await region.proof.verification.verify()).first
    assert first is not None
    assert (first.code, first.get("recording")) == ("proof_file_not_disposed", recording)


async def test_a_labelled_recording_is_for_those_who_may_read_secrecy(
    region: Region, host: httpx.AsyncClient, second: httpx.AsyncClient
) -> None:
    recording = await region.recorded("a.flac")
    label = {"label": "sekretess 18:13"}
    assert (await second.put(f"/archive/restrictions/{recording}", json=label)).status_code == 204
    for path in ("", "/audio", "/timeline", "/package"):
        answer = await second.get(f"/recordings/{recording}{path}")
        assert (answer.status_code, answer.json()["reason"]) == (403, "read_under_secrecy")
        assert (await host.get(f"/recordings/{recording}{path}")).status_code == 200
    [covered] = (await second.get("/recordings")).json()
    assert (covered["participants"], covered["audio"]) == ([], None)
    assert (await second.delete(f"/archive/restrictions/{recording}")).status_code == 403
    assert [one["label"] for one in (await second.get("/archive/restrictions")).json()] == [label["label"]]
    assert (await host.delete(f"/archive/restrictions/{recording}")).status_code == 204
    assert (await second.get(f"/recordings/{recording}")).status_code == 200


# --- copies in the object store ---


class Shop:
    """An object store: what lies there, and until when it is locked."""

    def __init__(self) -> None:
        self.locked_until_s: float | None = None
        self.is_away = False
        self.asked: list[str] = []

    def remove(self, name: str) -> Remains:
        self.asked.append(name)
        if self.is_away:
            raise StoreError("no answer")
        return Remains(0) if self.locked_until_s is None else Remains(1, self.locked_until_s)


async def copied_and_disposed(region: Region, host: httpx.AsyncClient, second: httpx.AsyncClient) -> str:
    recording = await region.recorded("a.flac")
    await region.copies.uploaded(recording, None)
    key = await proposed(host, recording)
    await second.post(f"/archive/disposals/{key}/decide")
    await disposed(region)
    return key


async def test_a_locked_copy_is_outstanding_in_the_protocol_until_it_is_gone(
    region: Region, host: httpx.AsyncClient, second: httpx.AsyncClient
) -> None:
    key = await copied_and_disposed(region, host, second)
    shop = Shop()
    shop.locked_until_s = region.clock.now_s() + 86_400
    removals = CopyRemovals(region.keeping, shop, region.clock.now_s)
    await removals.look()
    assert shop.asked == ["a.flac", "a.json"]
    protocol = (await host.get(f"/archive/disposals/{key}")).json()
    [copy] = protocol["copies"]
    assert protocol["state"] == "carried_out"
    assert (copy["locked_until"], copy["gone_at"]) == ("2027-01-16T08:00:00.000Z", None)
    shop.locked_until_s = None
    await removals.look()
    assert len(shop.asked) == 2, "it is not due yet"
    region.clock.time_s += 86_401
    await removals.look()
    [copy] = (await host.get(f"/archive/disposals/{key}")).json()["copies"]
    assert copy["gone_at"] is not None
    await removals.look()
    assert len(shop.asked) == 4, "what is gone is not asked for again"
    lines = [one.action for one in await region.audited("recording.copy")]
    assert lines == ["recording.copy_locked", "recording.copy_removed"]
    assert (await region.proof.verification.verify()).findings == ()


async def test_a_store_that_does_not_answer_is_told_and_tried_again(
    region: Region, host: httpx.AsyncClient, second: httpx.AsyncClient
) -> None:
    key = await copied_and_disposed(region, host, second)
    shop = Shop()
    shop.is_away = True
    removals = CopyRemovals(region.keeping, shop, region.clock.now_s)
    await removals.look()
    assert removals.health()["disposed copies"].code == "archive_copies_not_removed"
    [copy] = (await host.get(f"/archive/disposals/{key}")).json()["copies"]
    assert (copy["gone_at"], copy["fault"]) == (None, "no answer")
    shop.is_away = False
    region.clock.time_s += 3601
    await removals.look()
    [copy] = (await host.get(f"/archive/disposals/{key}")).json()["copies"]
    assert (copy["gone_at"] is not None, copy["fault"]) == (True, None)


async def test_a_recording_without_a_copy_leaves_none_outstanding(
    region: Region, host: httpx.AsyncClient, second: httpx.AsyncClient
) -> None:
    key = await proposed(host, await region.recorded("a.flac"))
    await second.post(f"/archive/disposals/{key}/decide")
    await disposed(region)
    assert (await host.get(f"/archive/disposals/{key}")).json()["copies"] == []
