"""The archivist finds a recording, listens from any point, and every listening is on record."""

import io
import zipfile
from dataclasses import replace
from hashlib import sha256

import httpx
import pytest
from sqlalchemy import update

from bridge.ari.reasons import AsteriskReason
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.kernel.ids import ConferenceId, ParticipantId, RecordingId
from bridge.domain.kernel.journal import Note
from bridge.domain.radio.notes import RadioNote
from bridge.domain.recording.records import ArchiveState
from bridge.media.reasons import MediaReason
from bridge.storage.tables import audit
from tests.unit.api.devices import AUDIO
from tests.unit.api.region import NOW_S, Region


@pytest.fixture
async def recording(region: Region) -> str:
    return await region.recorded("a.flac")


async def test_recordings_are_found_by_text_and_time(host: httpx.AsyncClient, recording: str) -> None:
    for query, count in (
        ({}, 1),
        ({"text": "läges"}, 1),
        ({"text": "annat"}, 0),
        ({"since": "2027-01-15T07:00:00Z"}, 1),
        ({"until": "2027-01-15T07:00:00Z"}, 0),
    ):
        assert len((await host.get("/recordings", params=query)).json()) == count
    shown = (await host.get(f"/recordings/{recording}")).json()
    assert (shown["conference"], shown["state"], shown["duration_s"]) == ("Lägesmöte", "archived", 60.0)
    assert shown["audio"] == f"/api/v1/recordings/{recording}/audio"


@pytest.mark.parametrize(
    "query", [{"since": "yesterday"}, {"since": "2027-01-15T07:00:00"}, {"limit": 0}, {"text": "a" * 101}]
)
async def test_a_bad_search_is_refused(host: httpx.AsyncClient, query: dict[str, object]) -> None:
    assert (await host.get("/recordings", params=query)).status_code == 422  # type: ignore[arg-type]


async def test_the_whole_audio_is_heard_and_the_listening_is_audited(
    host: httpx.AsyncClient, region: Region, recording: str
) -> None:
    answer = await host.get(f"/recordings/{recording}/audio")
    assert (answer.status_code, answer.content) == (200, AUDIO)
    assert (answer.headers["content-type"], answer.headers["accept-ranges"]) == ("audio/flac", "bytes")
    assert answer.headers["etag"] == f'"{sha256(AUDIO).hexdigest()}"'
    (line,) = await region.audited("recording.")
    assert (line.actor, line.action, line.object) == ("operator", "recording.listened", recording)
    assert (await host.get("/audit")).json()[-1]["action"] == "recording.listened"


@pytest.mark.parametrize(
    ("asked", "span", "content"),
    [
        ("bytes=0-0", "0-0", AUDIO[:1]),
        ("bytes=0-1", "0-1", AUDIO[:2]),  # the first that Safari asks
        ("bytes=10-19", "10-19", AUDIO[10:20]),
        ("bytes=2000-", "2000-2047", AUDIO[2000:]),
        ("bytes=-100", "1948-2047", AUDIO[-100:]),
        ("bytes=2040-9999", "2040-2047", AUDIO[2040:]),
        ("bytes=-9999", "0-2047", AUDIO),
    ],
)
async def test_a_part_of_the_audio(
    host: httpx.AsyncClient, recording: str, asked: str, span: str, content: bytes
) -> None:
    answer = await host.get(f"/recordings/{recording}/audio", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, content)
    assert answer.headers["content-range"] == f"bytes {span}/2048"
    assert answer.headers["content-length"] == str(len(content))


@pytest.mark.parametrize("asked", ["bytes=2048-", "bytes=9999-10000"])
async def test_a_part_beyond_the_end(host: httpx.AsyncClient, recording: str, asked: str) -> None:
    answer = await host.get(f"/recordings/{recording}/audio", headers={"Range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */2048")


async def test_head_and_an_unchanged_copy_send_no_audio_and_are_no_listening(
    host: httpx.AsyncClient, region: Region, recording: str
) -> None:
    head = await host.head(f"/recordings/{recording}/audio")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "2048")
    same = await host.get(f"/recordings/{recording}/audio", headers={"If-None-Match": head.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    changed = {"Range": "bytes=0-9", "If-Range": '"another"'}
    assert (await host.get(f"/recordings/{recording}/audio", headers=changed)).status_code == 200
    assert len(await region.audited("recording.listened")) == 1


async def test_nobody_listens_when_it_cannot_be_audited(
    host: httpx.AsyncClient, region: Region, recording: str
) -> None:
    region.audit_disk.is_full = True
    answer = await host.get(f"/recordings/{recording}/audio")
    assert answer.status_code == 503
    assert AUDIO not in answer.content


async def test_the_timeline_tells_who_spoke_when(host: httpx.AsyncClient, region: Region, recording: str) -> None:
    start_s, speaker = NOW_S - 90, ParticipantId("prt-past")
    for at_s, kind in ((5, ConferenceNote.TALK_STARTED), (15, ConferenceNote.TALK_STOPPED)):
        await region.noted(Note(ConferenceId("cnf-past"), start_s + at_s, kind, speaker))
    timeline = (await host.get(f"/recordings/{recording}/timeline")).json()
    assert [(one["offset_s"], one["kind"], one["name"]) for one in timeline["notes"]] == [
        (5.0, "talk_started", "TiB Länsstyrelsen"),
        (15.0, "talk_stopped", "TiB Länsstyrelsen"),
    ]
    (span,) = timeline["spans"]
    assert (span["kind"], span["start_s"], span["end_s"], span["name"]) == ("talk", 5.0, 15.0, "TiB Länsstyrelsen")


async def test_the_package_is_a_zip_with_the_audio(host: httpx.AsyncClient, region: Region, recording: str) -> None:
    answer = await host.get(f"/recordings/{recording}/package")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert any(archive.read(name) == AUDIO for name in archive.namelist())
    assert [line.action for line in await region.audited("recording.")] == ["recording.packaged"]


@pytest.mark.parametrize("path", ["", "/audio", "/timeline", "/package"])
@pytest.mark.parametrize("key", ["none", "..%2f..%2fetc%2fpasswd", "a" * 65])
async def test_an_unknown_recording_gives_nothing(host: httpx.AsyncClient, path: str, key: str) -> None:
    assert (await host.get(f"/recordings/{key}{path}")).status_code in {404, 422}


async def test_the_chain_is_verified(host: httpx.AsyncClient, region: Region) -> None:
    assert (await host.get("/audit/verify")).json() == {"ok": True, "first_bad_row": None}
    (row,) = await region.audited("token_issued")
    async with region.database.transaction() as connection:
        await connection.execute(update(audit).where(audit.c.number == row.number).values(actor="somebody else"))
    assert (await host.get("/audit/verify")).json() == {"ok": False, "first_bad_row": row.number}


@pytest.fixture
async def track(region: Region, recording: str) -> str:
    return await region.recorded("b.flac", gssi=1234567)


async def test_a_talkgroups_track_is_listed_beside_its_mix(host: httpx.AsyncClient, recording: str, track: str) -> None:
    shown = (await host.get(f"/recordings/{track}")).json()
    assert {name: shown[name] for name in ("kind", "gssi", "talkgroup", "terminal", "together")} == {
        "kind": "talkgroup", "gssi": 1234567, "talkgroup": "RAPS-LED-1", "terminal": "rakel-1", "together": [recording],
    }  # fmt: skip
    mix = (await host.get(f"/recordings/{recording}")).json()
    assert (mix["kind"], mix["gssi"], mix["together"]) == ("mix", None, [track])
    for query, found in (
        ("kind=mix", [recording]),
        ("kind=talkgroup", [track]),
        (f"conference={shown['conference_id']}", [recording, track]),
        ("conference=other", []),
    ):
        assert sorted(one["id"] for one in (await host.get(f"/recordings?{query}")).json()) == found


async def test_participants_tracks_hide_no_meeting_and_are_listed_when_asked_for(
    host: httpx.AsyncClient, region: Region, recording: str
) -> None:
    alone = await region.recorded("c.flac", alone=True)
    for query, found in (("", [recording]), ("?kind=participant", [alone]), ("?kind=all", [recording, alone])):
        assert sorted(one["id"] for one in (await host.get(f"/recordings{query}")).json()) == found


async def test_the_timeline_of_a_track_is_that_of_its_talkgroup(
    host: httpx.AsyncClient, region: Region, recording: str, track: str
) -> None:
    await host.post("/organisations", json={"id": "rtj", "name": "Räddningstjänsten"})
    await host.post("/functions", json={"organisation_id": "rtj", "name": "Inre befäl", "issis": [7654321]})
    conference, voice = ConferenceId("cnf-past"), ParticipantId("prt-radio")
    await region.noted(
        Note(conference, NOW_S - 85, ConferenceNote.TALK_STARTED, ParticipantId("prt-past")),
        Note(conference, NOW_S - 80, RadioNote.RADIO_TALK_STARTED, voice, (("issi", 7654321),)),
        Note(conference, NOW_S - 70, RadioNote.RADIO_TALK_STARTED, voice, (("issi", 7000000),)),
        Note(conference, NOW_S - 60, RadioNote.RADIO_TALK_STOPPED, voice),
    )
    spans = (await host.get(f"/recordings/{track}/timeline")).json()["spans"]
    assert [(one["name"], one["start_s"], one["end_s"]) for one in spans] == [
        ("Inre befäl", 10.0, 20.0),
        ("7000000", 20.0, 30.0),
    ]
    assert len((await host.get(f"/recordings/{recording}/timeline")).json()["spans"]) == 3


async def test_a_meetings_package_holds_its_tracks_and_a_track_goes_alone(
    host: httpx.AsyncClient, recording: str, track: str
) -> None:
    for key, sounds in ((recording, ["a.flac", "b.flac"]), (track, ["b.flac"])):
        answer = await host.get(f"/recordings/{key}/package")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            assert [name for name in packed.namelist() if name.endswith(".flac")] == sounds
    answer = await host.get(f"/recordings/{track}/audio", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, AUDIO[:4])


@pytest.mark.parametrize("part", ["audio", "package"])
async def test_a_file_that_is_gone_is_told_before_the_first_byte(
    host: httpx.AsyncClient, region: Region, recording: str, part: str
) -> None:
    region.recording_file("a.flac").unlink()
    gone = await host.get(f"/recordings/{recording}/{part}")
    assert (gone.status_code, gone.headers["content-type"]) == (410, "application/problem+json")
    assert recording in gone.json()["detail"]
    assert "a.flac" in gone.json()["remedy"]
    assert await region.audited("recording.") == []


async def test_a_package_is_whole_or_says_which_sound_is_gone(
    host: httpx.AsyncClient, region: Region, recording: str, track: str
) -> None:
    region.recording_file("b.flac").unlink()
    gone = await host.get(f"/recordings/{recording}/package")
    assert (gone.status_code, track in gone.json()["detail"]) == (410, True)
    assert (await host.get(f"/recordings/{recording}/audio")).status_code == 200


@pytest.mark.parametrize("part", ["audio", "package"])
async def test_a_file_that_cannot_be_read_is_told_as_the_disks_fault(
    host: httpx.AsyncClient, region: Region, recording: str, part: str
) -> None:
    region.recording_file("a.flac").unlink()
    region.recording_file("a.flac").mkdir()
    answer = await host.get(f"/recordings/{recording}/{part}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_a_recording_is_found_among_all_there_are(host: httpx.AsyncClient, region: Region, track: str) -> None:
    """Newer ones of other kinds and conferences do not push it out of the answer."""
    for number in range(3):
        await region.recorded(f"{number}.flac")
    assert [one["id"] for one in (await host.get("/recordings?kind=talkgroup&limit=1")).json()] == [track]
    assert len((await host.get("/recordings?conference=cnf-past&limit=2")).json()) == 2


# --- tracks that are missing ---


async def with_faults(region: Region, mix: str) -> None:
    """Beside this mix one participant's track is cut short, and the talkgroup's failed."""
    alone = await region.archive.get(await region.recorded("b.flac", alone=True))
    group = await region.archive.get(await region.recorded("c.flac", gssi=2001))
    assert alone is not None
    assert group is not None
    reason = AsteriskReason.RECORDING_FAILED()
    cut = replace(alone.recording, beside=RecordingId(mix), cut_short=reason)
    lost = replace(group.recording, state=ArchiveState.FAILED, file=None, failure=MediaReason.TRACK_FAILED())
    await region.store.commit([cut, lost])


async def test_a_recording_names_each_track_beside_it_that_failed_or_is_cut_short_with_the_reason(
    host: httpx.AsyncClient, region: Region, recording: str
) -> None:
    assert (await host.get(f"/recordings/{recording}")).json()["faults"] == []
    await with_faults(region, recording)
    told = {}
    for language in ("sv", "en"):
        listed = (await host.get("/recordings", params={"kind": "mix"}, headers={"Accept-Language": language})).json()
        ((cut, lost),) = [one["faults"] for one in listed]
        assert (cut["kind"], cut["participant"], cut["state"]) == ("participant", "TiB Länsstyrelsen", "cut_short")
        assert cut["reason_code"] == "asterisk_recording_failed"
        assert (lost["kind"], lost["talkgroup"], lost["gssi"]) == ("talkgroup", "RAPS-LED-1", 2001)
        assert (lost["state"], lost["reason_code"]) == ("failed", "track_failed")
        told[language] = (cut["reason"], lost["reason"])
    assert told["sv"] == ("Asterisk har avbrutit inspelningen", "talgruppens inspelning gick inte att skriva")
    assert told["en"] == ("Asterisk has stopped the recording", "the talkgroup's recording could not be written")
    alone = (await host.get("/recordings", params={"kind": "participant"})).json()
    assert [[each["recording"] for each in one["faults"]] for one in alone] == [[alone[0]["id"]]]
