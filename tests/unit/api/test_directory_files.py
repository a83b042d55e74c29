"""The keeper sees what a file would do, brings it in, and takes the directory out again."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from bridge.domain.directory.records import DirectoryEntry, Function, Organisation
from bridge.domain.kernel.ids import Issi
from bridge.domain.kernel.language import Language
from bridge.ports import PortError
from bridge.storage import SqlDirectory
from bridge.storage.reasons import StorageReason
from tests.unit.api.region import Region

LIST = (
    "Organisation;Funktion;Telefon;ISSI\r\n"
    "Länsstyrelsen;TiB;070-174 06 05;1401001\r\n"
    "Räddningstjänsten;Vakthavande befäl;701740606;\r\n"
    "Räddningstjänsten;Ledningsoperatör;4,67017E+10;\r\n"
).encode("cp1252")
GOOD = LIST.rpartition(b"R\xe4ddningstj\xe4nsten")[0]
COUNTY = Organisation("lst", "Länsstyrelsen")
TIB = Function("tib", "lst", "TiB", ("+46701740605",), (Issi(1401001),), Language.SV, "tib@example.org")


async def preview(host: httpx.AsyncClient, content: bytes, **query: Any) -> dict[str, Any]:
    answer = await host.post("/directory/import", content=content, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def names(host: httpx.AsyncClient) -> list[str]:
    return [one["name"] for one in (await host.get("/functions")).json()]


async def test_a_preview_names_every_row_with_what_is_guessed_and_why_it_is_refused_and_writes_nothing(
    host: httpx.AsyncClient, region: Region
) -> None:
    found = await preview(host, LIST)
    assert (found["accepted"], found["form"], found["encoding"], found["delimiter"]) == (False, "csv", "cp1252", ";")
    assert [one["member"] for one in found["columns"]] == ["organisation", "function", "numbers", "issis"]
    assert [(one["line"], one["outcome"]) for one in found["rows"]] == [(2, "new"), (3, "new"), (4, "refused")]
    (guess,) = found["rows"][1]["guesses"]
    assert (guess["member"], guess["data"]["number"]) == ("numbers", "+46701740606")
    (fault,) = found["rows"][2]["faults"]
    assert (fault["reason"], fault["member"]) == ("import_power_of_ten", "numbers")
    assert fault["remedy"]
    assert (found["rows_new"], found["rows_refused"]) == (2, 1)
    assert await names(host) == []
    assert await region.audited("function_") == []


async def test_an_accepted_file_is_written_and_audited_and_changes_nothing_the_second_time(
    host: httpx.AsyncClient, region: Region
) -> None:
    digest = (await preview(host, GOOD))["digest"]
    assert (await preview(host, GOOD, accept=digest))["accepted"]
    assert await names(host) == ["TiB", "Vakthavande befäl"]
    audited = [(row.actor, row.action) for row in await region.audited("")]
    assert audited.count(("operator", "directory_imported")) == 1
    assert audited.count(("operator", "function_put")) == 2
    again = await preview(host, GOOD)
    assert (again["rows_same"], again["rows_new"], again["rows_changed"]) == (2, 0, 0)
    before = len(await region.audited(""))
    assert (await preview(host, GOOD, accept=again["digest"]))["accepted"]
    assert len(await region.audited("")) == before


async def test_one_row_that_is_refused_keeps_the_whole_file_out_unless_it_may_be_left_out(
    host: httpx.AsyncClient,
) -> None:
    digest = (await preview(host, LIST))["digest"]
    answer = await host.post("/directory/import", content=LIST, params={"accept": digest})
    assert (answer.status_code, answer.json()["reason"], answer.json()["field"]) == (
        409,
        "import_rows_refused",
        "partly",
    )
    assert await names(host) == []
    await preview(host, LIST, accept=digest, partly=True)
    assert await names(host) == ["TiB", "Vakthavande befäl"]


async def test_what_was_changed_since_the_preview_is_not_written_over(host: httpx.AsyncClient, region: Region) -> None:
    digest = (await preview(host, GOOD))["digest"]
    await region.directory.put("operator", COUNTY)
    answer = await host.post("/directory/import", content=GOOD, params={"accept": digest})
    assert (answer.status_code, answer.json()["reason"]) == (409, "import_not_as_shown")
    other = await host.post("/directory/import", content=GOOD + b"\r\n", params={"accept": digest})
    assert other.json()["reason"] == "import_not_as_shown"
    assert await names(host) == []


async def test_a_change_in_the_very_moment_of_the_import_is_not_written_over(
    host: httpx.AsyncClient, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = (await preview(host, GOOD))["digest"]
    write = SqlDirectory.put_all

    async def after_somebody_else(
        self: SqlDirectory, actor: str, entries: Sequence[DirectoryEntry], **more: Any
    ) -> None:
        await write(self, "somebody else", [COUNTY])
        await write(self, actor, entries, **more)

    monkeypatch.setattr(SqlDirectory, "put_all", after_somebody_else)
    answer = await host.post("/directory/import", content=GOOD, params={"accept": digest})
    assert (answer.status_code, answer.json()["reason"]) == (409, "changed_meanwhile")
    assert await names(host) == []
    assert [row.actor for row in await region.audited("organisation_")] == ["somebody else"]


@pytest.mark.slow
async def test_rows_without_an_organisation_get_the_one_that_is_chosen(host: httpx.AsyncClient, region: Region) -> None:
    await region.directory.put("operator", COUNTY)
    content = b"Funktion;Telefon\nTiB;070-174 06 05\n"
    assert (await preview(host, content))["rows_refused"] == 1
    chosen = await preview(host, content, organisation="lst")
    assert (chosen["rows_new"], chosen["rows"][0]["organisation"]) == (1, "Länsstyrelsen")
    answer = await host.post("/directory/import", content=content, params={"organisation": "nobody"})
    assert (answer.status_code, answer.json()["field"]) == (422, "organisation")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "import_file_empty"),
        (b"Namn;Adress\nx;y\n", "import_no_headings"),
        (b"Organisation;Funktion\nLst;\x00\n", "import_file_nul"),
        (b'Organisation;Funktion\nLst;"TiB\n', "import_quotes_open"),
        (b"Organisation;Funktion\nLst;\x81\x8d\n", "import_unknown_encoding"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_in_words(
    host: httpx.AsyncClient, content: bytes, reason: str
) -> None:
    answer = await host.post("/directory/import", content=content)
    assert (answer.status_code, answer.json()["reason"], answer.json()["field"]) == (422, reason, "file")


@pytest.mark.slow
async def test_a_file_of_ten_megabytes_is_taken_and_a_larger_one_is_not(host: httpx.AsyncClient) -> None:
    """The API's other requests are much smaller."""
    head = b"Organisation;Funktion;Telefon\nLst;TiB;070-174 06 05\n"
    answer = await host.post("/directory/import", content=head + b"\n" * (2_000_000 - len(head)))
    assert answer.status_code == 200
    assert (await host.post("/directory/import", content=head + b"\n" * 10_000_000)).status_code == 413


async def test_an_export_comes_back_unchanged(host: httpx.AsyncClient, region: Region) -> None:
    await region.directory.put_all("operator", [COUNTY, TIB, Function("calc", "lst", "=1+1", deputy_ids=("tib",))])
    for path in ("/directory/export.csv", "/directory/export.vcf"):
        exported = await host.get(path)
        assert exported.status_code == 200
        assert "attachment" in exported.headers["content-disposition"]
        found = await preview(host, exported.content)
        assert [one["outcome"] for one in found["rows"]] == ["same", "same"]


async def test_the_headings_are_in_the_language_asked_for(host: httpx.AsyncClient) -> None:
    for language, heading in (("sv", "Funktion"), ("en", "Function")):
        answer = await host.get("/directory/export.csv", headers={"Accept-Language": language})
        assert answer.content.startswith(b"\xef\xbb\xbf")
        assert heading in answer.content.decode("utf-8-sig").split(";")


async def test_coverage_shows_what_is_missing_and_a_confirmation_is_kept_when_the_function_changes(
    host: httpx.AsyncClient, region: Region
) -> None:
    await region.directory.put_all("operator", [COUNTY, TIB])
    (found,) = (await host.get("/directory/coverage")).json()
    assert (found["function_id"], found["lacks_number"], found["lacks_second_number"], found["lacks_deputy"]) == (
        "tib",
        False,
        True,
        True,
    )
    assert (found["confirmed_at"], found["test_call_at"]) == (None, None)
    assert (await host.post("/directory/functions/tib/confirm")).status_code == 204
    await host.patch("/functions/tib", json={"numbers": ["08-465 004 01", "070-174 06 05"], "deputy_ids": ["tib"]})
    (found,) = (await host.get("/directory/coverage")).json()
    assert found["confirmed_at"] == "2027-01-15T08:00:00.000Z"
    assert (found["lacks_second_number"], found["lacks_deputy"]) == (False, False)
    assert (await host.post("/directory/functions/nobody/confirm")).status_code == 404
    assert [row.actor for row in await region.audited("function_confirmed")] == ["operator"]


async def test_coverage_shows_the_latest_call_of_an_exercise(host: httpx.AsyncClient, region: Region) -> None:
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    body = {"id": "tib", "organisation_id": "lst", "name": "TiB", "numbers": ["08-465 004 01"]}
    await host.post("/functions", json=body)
    await host.post("/activation-lists", json={"id": "all", "name": "Alla", "function_ids": ["tib"]})
    started = await host.post("/activations", json={"list_id": "all", "exercise": True})
    assert started.status_code in (201, 202), started.text
    await region.is_called_in("+46846500401")
    await region.happened()
    (found,) = (await host.get("/directory/coverage")).json()
    assert (found["test_call_result"], found["test_call_at"]) == ("joined", "2027-01-15T08:00:00.000Z")


async def test_nothing_is_imported_where_the_disk_is_full(
    host: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = (await preview(host, GOOD))["digest"]

    async def full(*_: object, **__: object) -> None:
        raise PortError("database", StorageReason.DISK_FULL(), retry=False)

    monkeypatch.setattr(SqlDirectory, "put_all", full)
    answer = await host.post("/directory/import", content=GOOD, params={"accept": digest})
    assert answer.status_code == 503
    assert json.loads(answer.content)["reason"] == "database_disk_full"
    assert await names(host) == []


async def test_a_stranger_reads_and_writes_nothing(stranger: httpx.AsyncClient) -> None:
    for method, path in (("POST", "import"), ("GET", "export.csv"), ("GET", "export.vcf"), ("GET", "coverage")):
        assert (await stranger.request(method, f"/api/v1/directory/{path}")).status_code == 401
