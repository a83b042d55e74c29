"""Decisions by the API: marked, answered for an organisation, read long after the meeting."""

import io
import zipfile

import httpx
import numpy as np
import pytest
import soundfile

from bridge.domain.conference.records import CONFERENCES, Role
from bridge.domain.decisions.records import Decision, DecisionState
from bridge.domain.directory.records import Function, Organisation
from bridge.domain.kernel.ids import ConferenceId, DecisionId
from bridge.domain.recording.records import RECORDINGS
from bridge.domain.telephony.events import DigitPressed
from tests.unit.api.devices import flac
from tests.unit.api.region import NOW_S, Region

NUMBER = "+46846500401"


@pytest.fixture
async def conference(host: httpx.AsyncClient) -> str:
    made = await host.post("/conferences", json={"name": "Lägesmöte", "recorded": True})
    return str(made.json()["id"])


async def test_a_decision_is_begun_ended_answered_and_shown(
    host: httpx.AsyncClient, region: Region, conference: str
) -> None:
    await region.joins(conference, "+46701740605", Role.HOST)
    path = f"/conferences/{conference}/decisions"
    answer = await host.post(path, json={"title": "Stäng bron"})
    begun = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1{path}/{begun['id']}")
    assert (begun["number"], begun["title"], begun["state"]) == (1, "Stäng bron", "speaking")
    assert (begun["begun_by"], begun["ended_at"], begun["to_s"]) == ("operator", None, None)
    region.clock.time_s += 42
    ended = (await host.post(f"{path}/{begun['id']}/end")).json()
    assert (ended["state"], ended["ended_at"]) == ("settled", "2027-01-15T08:00:42.000Z")
    body = {"organisation": "Kustbevakningen", "answer": "reserved"}
    answered = (await host.post(f"{path}/{begun['id']}/answers", json=body)).json()
    assert answered["acknowledgements"] == [
        {
            "organisation": "Kustbevakningen",
            "answer": "reserved",
            "answered_at": "2027-01-15T08:00:42.000Z",
            "way": "operator",
            "by": "operator",
            "participant": None,
        }
    ]
    assert (await host.get(f"{path}/{begun['id']}")).json() == answered
    assert (await host.get(path)).json() == [answered]


async def test_its_place_in_the_recording_is_told_in_seconds(
    host: httpx.AsyncClient, region: Region, conference: str
) -> None:
    await region.joins(conference, "+46701740605", Role.HOST)
    side = region.node()[CONFERENCES][ConferenceId(conference)].recording
    assert side.recording is not None
    began_s = region.node()[RECORDINGS][side.recording].started_at_s
    region.clock.time_s = began_s + 10
    path = f"/conferences/{conference}/decisions"
    made = (await host.post(path)).json()
    region.clock.time_s += 42
    ended = (await host.post(f"{path}/{made['id']}/end")).json()
    assert (ended["recording"], ended["from_s"], ended["to_s"]) == (side.recording, 10.0, 52.0)


async def test_an_organisation_that_was_called_in_answers_by_key(
    host: httpx.AsyncClient, region: Region, conference: str
) -> None:
    await region.has(Organisation("lst", "Länsstyrelsen"), Function("tib", "lst", "TiB", (NUMBER,)))
    await host.post(f"/conferences/{conference}/participants", json={"function_id": "tib"})
    seat = await region.is_called_in(NUMBER)
    path = f"/conferences/{conference}/decisions"
    made = (await host.post(path)).json()
    ended = (await host.post(f"{path}/{made['id']}/end")).json()
    [asked] = ended["acknowledgements"]
    assert (ended["state"], asked["organisation"], asked["answer"]) == ("asking", "Länsstyrelsen", "awaited")
    line = region.line_of(seat)
    assert line is not None
    await region.happened(DigitPressed(region.clock.now_s(), line, "1"))
    [answered] = (await host.get(f"{path}/{made['id']}")).json()["acknowledgements"]
    assert (answered["answer"], answered["way"], answered["participant"]) == ("acknowledged", "key", seat)
    await region.restart()
    [kept] = (await host.get(f"{path}/{made['id']}")).json()["acknowledgements"]
    assert kept == answered


async def test_decisions_are_read_when_the_meeting_is_over_and_take_no_order_any_more(
    host: httpx.AsyncClient, region: Region, conference: str
) -> None:
    path = f"/conferences/{conference}/decisions"
    made = (await host.post(path)).json()
    await host.post(f"/conferences/{conference}/end")
    await region.happened()
    assert ConferenceId(conference) not in region.node()[CONFERENCES]
    [kept] = (await host.get(path)).json()
    assert (kept["id"], kept["state"], kept["ended_by"]) == (made["id"], "settled", None)
    refused = await host.post(f"{path}/{made['id']}/cancel")
    assert (refused.status_code, refused.json()["reason"]) == (409, "conference_ended")


async def test_a_mistaken_mark_is_cancelled_and_stays_to_be_seen(host: httpx.AsyncClient, conference: str) -> None:
    path = f"/conferences/{conference}/decisions"
    made = (await host.post(path)).json()
    cancelled = (await host.post(f"{path}/{made['id']}/cancel")).json()
    assert (cancelled["state"], cancelled["cancelled_by"]) == ("cancelled", "operator")
    again = (await host.post(path)).json()
    assert again["number"] == 1
    assert [one["state"] for one in (await host.get(path)).json()] == ["cancelled", "speaking"]


async def test_what_cannot_be_is_refused_with_its_reason(host: httpx.AsyncClient, conference: str) -> None:
    path = f"/conferences/{conference}/decisions"
    made = (await host.post(path)).json()
    two = await host.post(path)
    assert (two.status_code, two.json()["reason"]) == (409, "decision_being_spoken")
    early = await host.post(f"{path}/{made['id']}/answers", json={"organisation": "Polisen"})
    assert (early.status_code, early.json()["reason"]) == (409, "decision_not_spoken_yet")
    other = (await host.post("/conferences", json={"name": "Annat"})).json()["id"]
    for answer in (
        await host.get(f"{path}/dec-9"),
        await host.get(f"/conferences/{other}/decisions/{made['id']}"),
        await host.post(f"/conferences/{other}/decisions/{made['id']}/end"),
        await host.get("/conferences/cnf-9/decisions"),
    ):
        assert answer.status_code == 404


@pytest.mark.parametrize("title", ["", "a" * 101, "rad\u202eom"])
async def test_a_title_that_would_forge_lines_is_refused(host: httpx.AsyncClient, conference: str, title: str) -> None:
    assert (await host.post(f"/conferences/{conference}/decisions", json={"title": title})).status_code == 422


@pytest.fixture
async def spoken(region: Region) -> str:
    """The path of a decision that was spoken from second 10 to 12.5 of an archived recording."""
    recording = await region.recorded("a.flac", sound=flac((np.arange(8000 * 60) % 3000).astype(np.int16)))
    began_s = NOW_S - 90
    made = Decision(
        DecisionId("dec-past"), ConferenceId("cnf-past"), 1, began_s + 10, "TiB", DecisionState.SETTLED,
        recording=recording, ended_at_s=began_s + 12.5,
    )  # fmt: skip
    await region.store.commit([made])
    return "/conferences/cnf-past/decisions/dec-past"


async def test_a_decision_is_heard_alone_and_the_listening_is_audited(
    host: httpx.AsyncClient, region: Region, spoken: str
) -> None:
    assert (await host.get(spoken)).json()["audio"] == f"/api/v1{spoken}/audio"
    answer = await host.get(f"{spoken}/audio")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
    samples, rate_hz = soundfile.read(io.BytesIO(answer.content), dtype="int16")
    assert (rate_hz, samples.size) == (8000, 20_000)
    assert samples.tolist() == [sample % 3000 for sample in range(80_000, 100_000)]
    (line,) = await region.audited("decision.listened")
    assert (line.actor, line.object) == ("operator", "dec-past")


async def test_the_package_has_each_decision_as_a_file_of_its_own(
    host: httpx.AsyncClient, region: Region, spoken: str
) -> None:
    recording = (await host.get(spoken)).json()["recording"]
    package = await host.get(f"/recordings/{recording}/package")
    archive = zipfile.ZipFile(io.BytesIO(package.content))
    alone = (await host.get(f"{spoken}/audio")).content
    assert archive.read("beslut-1_dec-past.flac") == alone
    assert "beslut-1_dec-past.flac" in archive.read("SHA256SUMS").decode()


async def test_a_decision_without_sound_says_why(host: httpx.AsyncClient, region: Region, conference: str) -> None:
    path = f"/conferences/{conference}/decisions"
    made = (await host.post(path)).json()
    assert made["audio"] is None
    answer = await host.get(f"{path}/{made['id']}/audio")
    assert (answer.status_code, answer.json()["reason"]) == (409, "decision_without_sound")
    await region.joins(conference, "+46701740605", Role.HOST)
    await host.post(f"{path}/{made['id']}/end")
    made = (await host.post(path)).json()
    answer = await host.get(f"{path}/{made['id']}/audio")
    assert (answer.status_code, answer.json()["reason"]) == (409, "decision_not_spoken_yet")
    await host.post(f"{path}/{made['id']}/end")
    answer = await host.get(f"{path}/{made['id']}/audio")
    assert (answer.status_code, answer.json()["reason"]) == (409, "recording_not_archived")


async def test_a_decision_is_read_back_to_the_meeting(host: httpx.AsyncClient, region: Region, conference: str) -> None:
    await region.joins(conference, "+46701740605", Role.HOST)
    path = f"/conferences/{conference}/decisions"
    made = (await host.post(path)).json()
    early = await host.post(f"{path}/{made['id']}/read-back")
    assert (early.status_code, early.json()["reason"]) == (409, "decision_not_spoken_yet")
    ended = (await host.post(f"{path}/{made['id']}/end")).json()
    assert (await host.post(f"{path}/{made['id']}/read-back")).json() == ended
    (line,) = await region.audited("decision.read_back")
    assert (line.actor, line.object) == ("operator", conference)
