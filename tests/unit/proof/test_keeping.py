"""Recordings are kept, and destroyed only by a decision of two persons that leaves a protocol."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bridge.api.app import create_app
from bridge.api.settings import ApiSettings
from bridge.recording.disposer import Disposer
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
