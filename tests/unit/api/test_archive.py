"""The archivist finds a meeting and sees all of its parts; labels are set and removed on record."""

import io
import json
import zipfile

import httpx
import pytest

from bridge.domain.conference.records import Conference, ConferenceState, Secrecy
from bridge.domain.kernel.ids import ConferenceId
from bridge.recording.places import Places
from bridge.recording.settings import Place
from tests.unit.api.region import NOW_S, NUMBER, Region

PAST = "/archive/meetings/cnf-past"


@pytest.fixture
async def recording(region: Region) -> str:
    await region.recorded("b.flac", gssi=1)
    return await region.recorded("a.flac")


async def test_one_entry_a_meeting_with_its_parts_inside(host: httpx.AsyncClient, recording: str) -> None:
    found = (await host.get("/archive/meetings", params={"text": "LAGESMOTE"})).json()
    [one] = found["meetings"]
    assert (one["id"], one["name"], one["recordings"], one["people"]) == ("cnf-past", "Lägesmöte", 2, 1)
    assert found["next"] is None
    sheet = (await host.get(PAST)).json()
    assert {each["kind"] for each in sheet["recordings"]} == {"mix", "talkgroup"}
    assert "TiB Länsstyrelsen" in [each["name"] for each in sheet["participants"]]
    assert (sheet["decisions"], sheet["smarr"], sheet["evaluations"]) == ([], None, 0)


async def test_page_after_page(host: httpx.AsyncClient, region: Region) -> None:
    made = [
        Conference(ConferenceId(f"cnf-{one}"), f"Möte {one}", NUMBER, NOW_S + one, ConferenceState.ENDED)
        for one in range(5)
    ]
    await region.store.commit(made)
    first = (await host.get("/archive/meetings", params={"limit": 3})).json()
    assert [one["name"] for one in first["meetings"]] == ["Möte 4", "Möte 3", "Möte 2"]
    rest = (await host.get("/archive/meetings", params={"limit": 3, "after": first["next"]})).json()
    assert ([one["name"] for one in rest["meetings"]], rest["next"]) == (["Möte 1", "Möte 0"], None)


async def test_a_label_is_set_found_and_removed_on_record(
    host: httpx.AsyncClient, region: Region, recording: str
) -> None:
    put = await host.put(f"{PAST}/labels/Storm%20%C3%85ke")
    assert [one["label"] for one in put.json()] == ["Storm Åke"]
    assert (await host.get("/archive/labels")).json() == [{"label": "Storm Åke", "meetings": 1}]
    assert len((await host.get("/archive/meetings", params={"label": "storm ake"})).json()["meetings"]) == 1
    assert (await host.delete(f"{PAST}/labels/storm åke")).status_code == 204
    gone = await host.delete(f"{PAST}/labels/storm åke")
    assert (gone.status_code, gone.json()["reason"]) == (404, "no_such_label")
    assert [one.action for one in await region.audited("meeting.")] == ["meeting.labelled", "meeting.unlabelled"]


@pytest.mark.parametrize(
    "query", [{"since": "yesterday"}, {"limit": 0}, {"limit": 201}, {"text": "a" * 201}, {"exercise": "maybe"}]
)
async def test_a_bad_search_is_refused(host: httpx.AsyncClient, query: dict[str, str | int]) -> None:
    assert (await host.get("/archive/meetings", params=query)).status_code == 422


async def test_what_is_under_secrecy_is_listed_and_not_searched(
    host: httpx.AsyncClient, region: Region, recording: str
) -> None:
    secret = Conference(
        ConferenceId("cnf-past"), "Lägesmöte", NUMBER, NOW_S - 100, ConferenceState.ENDED, secrecy=Secrecy.SECRET
    )
    await region.store.commit([secret])
    other = await region.tokens.issue("kvällspasset")
    headers = {"Authorization": f"Bearer {other}"}
    shown = (await host.get("/archive/meetings", headers=headers)).json()["meetings"]
    assert [(one["people"], one["organisations"], one["labels"]) for one in shown] == [(0, [], [])]
    searched = await host.get("/archive/meetings", params={"text": "länsstyrelsen"}, headers=headers)
    assert searched.json()["meetings"] == []
    assert (await host.get(PAST, headers=headers)).status_code == 403


async def test_the_documentation_of_the_meeting_is_downloaded_on_record(
    host: httpx.AsyncClient, region: Region, recording: str
) -> None:
    answer = await host.get(f"{PAST}/package")
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["content-disposition"] == 'attachment; filename="2027-01-15_0858_lagesmote.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        told = json.loads(archive.read("2027-01-15_0858_lagesmote/manifest.json"))
    [line] = await region.audited("meeting.")
    assert (line.actor, line.action, line.object) == ("operator", "meeting.packaged", "cnf-past")
    assert told["audit_head"] == {"number": line.number, "hash": line.hash}  # its own line is the last


async def test_a_sound_that_is_gone_is_told_before_the_first_byte(
    host: httpx.AsyncClient, region: Region, recording: str
) -> None:
    region.recording_file("a.flac").unlink()
    assert (await host.get(f"{PAST}/package")).status_code == 410


async def test_the_package_for_a_public_archive_has_its_history(
    host: httpx.AsyncClient, region: Region, recording: str
) -> None:
    await host.get(f"/recordings/{recording}/audio")
    answer = await host.get(f"{PAST}/sip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        premis = archive.read("2027-01-15_0858_lagesmote_sip/metadata/preservation/premis.xml").decode()
    assert "recording.listened" in premis
    assert "meeting.packaged" in premis


@pytest.mark.slow
async def test_a_package_is_put_at_a_place_on_record(region: Region, recording: str) -> None:
    places = Places([Place(name="arkiv", folder=region.folder / "ut")], pause_s=0)
    app = region.app(parts=region.parts(places=places))
    headers = {"Authorization": f"Bearer {region.operator}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/api/v1", headers=headers) as host:
        assert (await host.get("/archive/places")).json() == ["arkiv"]
        refused = await host.post(f"{PAST}/hand-over", json={"place": "arkiv"})  # the folder is not there
        assert (refused.status_code, refused.json()["reason"]) == (503, "place_does_not_answer")
        (region.folder / "ut").mkdir()
        done = await host.post(f"{PAST}/hand-over", json={"place": "arkiv", "sip": True})
        assert (region.folder / "ut" / done.json()["file"]).stat().st_size > 1000
        unknown = await host.post(f"{PAST}/hand-over", json={"place": "annan"})
        assert (unknown.status_code, unknown.json()["reason"]) == (404, "unknown_place")
    lines = [one.action for one in await region.audited("meeting.")]
    assert lines == ["meeting.packaged", "meeting.not_handed_over", "meeting.packaged", "meeting.handed_over"]
