"""The report of a call-out over the API: in the asker's language, for a spreadsheet and for paper."""

import asyncio
import csv
import io
import threading
import zipfile
from dataclasses import replace

import httpx
import pypdf
import pytest

from bridge.domain.callout.records import ACTIVATIONS, Activation, ActivationState, Target, TargetState
from bridge.domain.kernel.ids import ActivationId, ConferenceId, TargetId
from bridge.domain.kernel.language import Language
from bridge.reports import NotWritten, Report
from bridge.service import reports
from tests.harness.wait import until
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import NOW_S, WAIT_S, Region

PAST = ConferenceId("cnf-past")
NUMBERS = ("+46846500401", "+46846500402")


@pytest.fixture
async def activation(host: httpx.AsyncClient, region: Region) -> str:
    """Of a forum that has its quorum when the first function is there. It came, and nobody knows the number of the
    other."""
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    for key, numbers in (("tib", NUMBERS), ("rkk", ())):
        body = {"id": key, "organisation_id": "lst", "name": key.upper(), "numbers": numbers}
        await host.post("/functions", json=body)
    await host.post("/activation-lists", json={"id": "all", "name": "Alla", "function_ids": ["tib", "rkk"]})
    forum = {"id": "isf", "name": "ISF", "activation_list_id": "all", "quorum_function_ids": ["tib"]}
    assert (await host.post("/forums", json=forum)).status_code == 201
    made = (await host.post("/activations", json={"list_id": "all"})).json()
    region.clock.time_s += 12
    await region.is_called_in(NUMBERS[0])
    return str(made["id"])


async def test_the_sheet_is_in_the_language_that_is_asked_for(host: httpx.AsyncClient, activation: str) -> None:
    answer = await host.get(f"/activations/{activation}/report.csv", headers={"Accept-Language": "sv"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-language"] == "sv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{activation}.csv"'
    first, second = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert (first["funktion"], first["nummer"], first["knapp"]) == ("TIB", f"'{NUMBERS[0]}", "1")
    assert (second["funktion"], second["utfall"], second["orsak"]) == ("RKK", "ej nådd", "inget nummer är känt")


async def test_the_document_tells_the_time_to_the_quorum_of_the_forum(host: httpx.AsyncClient, activation: str) -> None:
    answer = await host.get(f"/activations/{activation}/report.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    assert "Report: call-out of Alla" in text
    assert "Time to quorum 12 s (these must be there: Länsstyrelsen TIB)" in text


@pytest.mark.parametrize("form", ["csv", "pdf"])
async def test_each_reading_stands_in_the_audit_log(
    host: httpx.AsyncClient, region: Region, activation: str, form: str
) -> None:
    await host.get(f"/activations/{activation}/report.{form}")
    (line,) = await region.audited("activation.reported")
    assert (line.actor, line.object, line.detail) == ("operator", activation, {"form": form})


async def test_the_report_is_kept_when_the_conference_is_over(
    host: httpx.AsyncClient, region: Region, activation: str
) -> None:
    conference = region.node()[ACTIVATIONS][activation].conference  # type: ignore[index]
    before = (await host.get(f"/activations/{activation}/report.csv")).content
    await host.post(f"/conferences/{conference}/end")
    await until(lambda: region.node()[ACTIVATIONS] == {}, WAIT_S)
    after = (await host.get(f"/activations/{activation}/report.csv")).content
    assert before.splitlines()[:1] == after.splitlines()[:1]
    assert b";joined" in after


async def test_a_call_out_that_is_not_known_has_no_report(host: httpx.AsyncClient) -> None:
    answer = await host.get("/activations/act-nowhere/report.pdf")
    assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_activation")


async def test_a_stranger_reads_no_report(stranger: httpx.AsyncClient, activation: str) -> None:
    answer = await stranger.get(f"/api/v1/activations/{activation}/report.csv")
    assert answer.status_code == 401


async def asked_with(region: Region, path: str, write: object) -> httpx.Response:
    """The answer where documents are made so."""
    writers = replace(region.ports().reports, document=write)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(region.app(parts=region.parts(reports=writers)))
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS + "/api/v1", headers=headers) as client:
        return await client.get(path)


async def test_a_document_that_cannot_be_typeset_is_refused_with_a_remedy(region: Region, activation: str) -> None:
    def fails(report: Report, language: Language) -> bytes:
        raise NotWritten("no such letter")

    answer = await asked_with(region, f"/activations/{activation}/report.pdf", fails)
    assert (answer.status_code, answer.json()["reason"]) == (503, "report_not_typeset")
    assert "CSV" in answer.json()["remedy"]


async def test_a_document_that_takes_too_long_is_given_up(
    region: Region, activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def hangs(report: Report, language: Language) -> bytes:
        ended.wait(WAIT_S)
        return b""

    monkeypatch.setattr(reports, "WITHIN_S", 0.01)
    try:
        answer = await asked_with(region, f"/activations/{activation}/report.pdf", hangs)
    finally:
        ended.set()
    assert (answer.status_code, answer.json()["reason"]) == (503, "report_takes_too_long")


async def test_documents_are_made_one_at_a_time(region: Region, activation: str) -> None:
    at_work: list[int] = []
    seen: list[int] = []
    asked: list[int] = []
    may_end = threading.Event()

    def counts(report: Report, language: Language) -> bytes:
        at_work.append(1)
        seen.append(len(at_work))
        may_end.wait(WAIT_S)
        at_work.pop()
        return b"%PDF"

    def spoken(*_: object) -> tuple[()]:
        asked.append(1)
        return ()

    writers = replace(region.ports().reports, document=counts, spoken=spoken)
    transport = httpx.ASGITransport(region.app(parts=region.parts(reports=writers)))
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS + "/api/v1", headers=headers) as client:
        path = f"/activations/{activation}/report.pdf"
        requests = [asyncio.create_task(client.get(path)) for _ in range(4)]
        await until(lambda: len(asked) == len(requests) and bool(seen), WAIT_S)
        await client.get(f"/activations/{activation}/report.csv")
        may_end.set()
        answers = await asyncio.gather(*requests)
    assert [one.content for one in answers] == [b"%PDF"] * 4
    assert seen == [1] * 4


async def test_the_package_of_a_meeting_holds_the_reports_of_its_call_outs(
    host: httpx.AsyncClient, region: Region
) -> None:
    recording = await region.recorded("a.flac")
    key, target = ActivationId("act-past"), TargetId("tgt-past")
    await region.store.commit(
        [
            Activation(key, "k", PAST, "Alla", "TiB", NOW_S - 95, ActivationState.DONE, ended_at_s=NOW_S - 80),
            Target(target, key, 0, "TiB", "Länsstyrelsen", NUMBERS, state=TargetState.UNREACHABLE),
        ]
    )
    answer = await host.get(f"/recordings/{recording}/package")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert "Länsstyrelsen;TiB;ej nådd" in archive.read(f"call-out_{key}.csv").decode("utf-8-sig")
        assert archive.read(f"call-out_{key}.pdf").startswith(b"%PDF-1.7")
        sums, readme = archive.read("SHA256SUMS").decode(), archive.read("README.txt").decode()
    assert f"call-out_{key}.pdf" in sums
    assert f"call-out_{key}.csv/pdf" in readme
