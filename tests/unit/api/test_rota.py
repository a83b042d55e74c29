"""Persons hold the duty of a function by turns, and little of them is kept."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bridge.domain.directory.records import Function, Organisation, Person, RotaEntry
from tests.unit.api.region import NOW_S, Region

HOUR_S = 3600.0
TABLE = (
    "Funktion;Person;Från;Till\r\n"
    "TiB;Person Ett;2027-01-15 16:00;2027-01-16 08:00\r\n"
    "tib;p2;2027-03-28 02:30;2027-03-28 08:00\r\n"
    "TiB;Person Tre;2027-01-16 08:00;2027-01-17 08:00\r\n"
    "TiB;Person Ett;2027-01-16 08:00;2027-01-16 07:00\r\n"
    "TiB;Person Ett;i morgon;2027-01-16 07:00\r\n"
).encode("cp1252")
GOOD = b"\r\n".join(TABLE.split(b"\r\n")[:3]) + b"\r\n"


@pytest.fixture
async def lst(host: httpx.AsyncClient, region: Region) -> httpx.AsyncClient:
    await region.has(
        Organisation("lst", "Länsstyrelsen"),
        Organisation("rtj", "Räddningstjänsten"),
        Function("tib", "lst", "TiB", ("+46846500401",)),
        Person("p1", "lst", "Person Ett", ("+46701740605",)),
        Person("p2", "lst", "Person Två", ("+46701740606",)),
        Person("p9", "rtj", "Person Nio", ("+46701740609",)),
    )
    return host


async def enters(host: httpx.AsyncClient, person: str, begins_h: float, ends_h: float) -> httpx.Response:
    def at(hours: float) -> str:
        return datetime.fromtimestamp(NOW_S + hours * HOUR_S, UTC).isoformat()

    body = {"function_id": "tib", "person_id": person, "begins_at": at(begins_h), "ends_at": at(ends_h)}
    return await host.post("/directory/rota", json=body)


async def test_the_person_on_duty_is_rung_first_and_the_board_and_report_say_for_whom(
    lst: httpx.AsyncClient, region: Region
) -> None:
    entered = await enters(lst, "p1", -1, 12)
    assert (entered.status_code, entered.json()["holds"]) == (201, True)
    await lst.post("/activation-lists", json={"id": "all", "name": "Alla", "function_ids": ["tib"]})
    started = (await lst.post("/activations", json={"list_id": "all"})).json()
    await region.happened()
    [target] = (await lst.get(f"/activations/{started['id']}")).json()["targets"]
    assert target["numbers"] == ["+46701740605", "+46846500401"]
    assert [(one["number"], one["person"]) for one in target["attempts"]] == [("+46701740605", "Person Ett")]
    report = (await lst.get(f"/activations/{started['id']}/report.csv")).content.decode("utf-8-sig")
    assert "Person Ett" in report


async def test_a_function_with_nobody_on_duty_is_told_before_the_start_and_on_the_board(
    lst: httpx.AsyncClient, region: Region
) -> None:
    await enters(lst, "p1", 3, 12)
    await region.has(Function("inre", "lst", "Inre", ("+46846500402",)))
    lacks = (await lst.get("/readiness")).json()
    assert [one["subject"] for one in lacks if one["reason_code"] == "lacks_duty_now"] == ["tib"]
    await lst.post("/activation-lists", json={"id": "all", "name": "Alla", "function_ids": ["tib", "inre"]})
    started = (await lst.post("/activations", json={"list_id": "all"})).json()
    found = (await lst.get(f"/activations/{started['id']}")).json()["targets"]
    assert [(one["function_id"], one["nobody_on_duty"]) for one in found] == [("tib", True), ("inre", False)]
    assert found[0]["numbers"] == ["+46846500401"]


async def test_a_later_entry_overrides_until_it_is_struck(lst: httpx.AsyncClient) -> None:
    await enters(lst, "p1", -1, 12)
    second = (await enters(lst, "p2", -1, 1)).json()
    holding = [one["person_id"] for one in (await lst.get("/directory/rota")).json() if one["holds"]]
    assert holding == ["p2"]
    assert (await lst.delete(f"/directory/rota/{second['id']}")).status_code == 204
    assert [one["person_id"] for one in (await lst.get("/directory/rota?function=tib")).json() if one["holds"]] == [
        "p1"
    ]
    assert (await lst.delete(f"/directory/rota/{second['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("person", "begins_h", "ends_h", "field"),
    [
        ("p9", 0, 1, "person_id"),
        ("nobody", 0, 1, "person_id"),
        ("p1", 2, 1, "ends_at"),
        ("p1", -3, -2, "ends_at"),
        ("p1", 0, 63 * 24, "ends_at"),
    ],
)
async def test_a_span_that_cannot_be_is_refused_with_the_member(
    lst: httpx.AsyncClient, person: str, begins_h: float, ends_h: float, field: str
) -> None:
    answer = await enters(lst, person, begins_h, ends_h)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await lst.get("/directory/rota")).json() == []


async def test_a_person_who_is_deleted_leaves_no_name_in_the_directory(lst: httpx.AsyncClient, region: Region) -> None:
    made = {"organisation_id": "lst", "name": "Person Fyra", "numbers": ["070-174 06 07"]}
    key = (await lst.post("/persons", json=made)).json()["id"]
    await lst.patch(f"/persons/{key}", json={"email": "fyra@example.org"})
    await enters(lst, key, -1, 12)
    assert (await lst.delete(f"/persons/{key}")).status_code == 204
    assert (await lst.get("/directory/rota")).json() == []
    for path in ("/persons", "/directory/export.csv", "/directory/export.vcf", "/functions"):
        assert "Person Fyra" not in (await lst.get(path)).text
    rows = await region.audited("")
    assert not [row for row in rows if "Fyra" in repr(row) or "fyra@" in repr(row)]
    assert {row.action for row in rows} >= {"person_put", "person_deleted", "rotaentry_put"}


async def test_an_organisation_with_persons_is_not_deleted(lst: httpx.AsyncClient) -> None:
    answer = await lst.delete("/organisations/rtj")
    assert (answer.status_code, answer.json()["reason"]) == (409, "entry_in_use")


async def test_a_function_goes_with_its_rota(lst: httpx.AsyncClient) -> None:
    await enters(lst, "p1", -1, 12)
    assert (await lst.delete("/functions/tib")).status_code == 204
    assert (await lst.get("/directory/rota")).json() == []


async def test_old_entries_are_removed_and_the_others_stay(lst: httpx.AsyncClient, region: Region) -> None:
    old = RotaEntry("rota-old", "tib", "p1", NOW_S - 10 * HOUR_S, NOW_S - 5 * HOUR_S)
    new = RotaEntry("rota-new", "tib", "p2", NOW_S - 5 * HOUR_S, NOW_S + 5 * HOUR_S)
    await region.directory.enter("test", [old, new])
    assert await region.directory.forget_rota("samband", NOW_S - HOUR_S) == 1
    assert [one.id for one in await region.directory.rota()] == ["rota-new"]
    assert [row.detail for row in await region.audited("rota_forgotten")] == [{"count": 1}]


# --- a table ---


async def imports(host: httpx.AsyncClient, content: bytes, **query: Any) -> dict[str, Any]:
    answer = await host.post("/directory/rota/import", content=content, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_preview_names_every_row_with_guesses_and_faults_and_writes_nothing(lst: httpx.AsyncClient) -> None:
    found = await imports(lst, TABLE)
    assert [one["outcome"] for one in found["rows"]] == ["new", "new", "refused", "refused", "refused"]
    assert found["rows"][0]["begins_at"] == "2027-01-15T15:00:00.000Z"
    [guess] = found["rows"][1]["guesses"]
    assert (guess["reason"], guess["data"]["local"]) == ("import_guess_clock_change", "2027-03-28 03:30")
    faults = [one["faults"][0]["reason"] for one in found["rows"][2:]]
    assert faults == ["import_no_such_person", "import_no_span", "import_no_local_time"]
    assert (await lst.get("/directory/rota")).json() == []


async def test_an_accepted_table_is_entered_once(lst: httpx.AsyncClient, region: Region) -> None:
    digest = (await imports(lst, GOOD))["digest"]
    assert (await imports(lst, GOOD, accept=digest))["accepted"]
    assert [one["person"] for one in (await lst.get("/directory/rota")).json()] == ["Person Ett", "Person Två"]
    again = await imports(lst, GOOD)
    assert (again["rows_new"], again["rows_same"]) == (0, 2)
    assert [row.actor for row in await region.audited("rota_imported")] == ["operator"]


async def test_a_refused_row_keeps_the_table_out_and_a_changed_directory_too(lst: httpx.AsyncClient) -> None:
    digest = (await imports(lst, TABLE))["digest"]
    refused = await lst.post("/directory/rota/import", content=TABLE, params={"accept": digest})
    assert (refused.status_code, refused.json()["reason"]) == (409, "import_rows_refused")
    await enters(lst, "p1", 0, 1)
    stale = await lst.post("/directory/rota/import", content=TABLE, params={"accept": digest, "partly": "true"})
    assert (stale.status_code, stale.json()["reason"]) == (409, "import_not_as_shown")


@pytest.mark.parametrize("content", [b"", b"a;b\n1;2\n", b'Funktion;Person;Till;Fr\xe5n\n"x', b"\x00", b"\xff\xfe\x00"])
async def test_a_file_that_is_no_rota_is_refused_in_words(lst: httpx.AsyncClient, content: bytes) -> None:
    answer = await lst.post("/directory/rota/import", content=content)
    assert (answer.status_code, answer.json()["field"]) == (422, "file")
