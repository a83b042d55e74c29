"""Organisations keep their own contact data."""

import httpx
import pytest

from bridge.domain.directory.records import DirectoryEntry, Organisation
from bridge.storage import SqlDirectory
from tests.unit.api.region import Region


@pytest.fixture
async def lst(host: httpx.AsyncClient) -> httpx.AsyncClient:
    assert (await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})).status_code == 201
    return host


async def test_a_function_is_made_read_changed_and_deleted(lst: httpx.AsyncClient, region: Region) -> None:
    body = {"organisation_id": "lst", "name": "TiB", "numbers": ["08-465 004 01", "+46701740605"], "issis": [7654321]}
    made = await lst.post("/functions", json=body)
    assert made.status_code == 201
    key = made.json()["id"]
    assert made.headers["location"] == f"/api/v1/functions/{key}"
    assert made.json()["numbers"] == ["+46846500401", "+46701740605"]
    changed = await lst.patch(f"/functions/{key}", json={"numbers": ["0980-319 201"]})
    assert changed.json() == {**made.json(), "numbers": ["+46980319201"]}
    replaced = await lst.put(f"/functions/{key}", json={"organisation_id": "lst", "name": "TiB natt"})
    assert (replaced.json()["numbers"], replaced.json()["name"]) == ([], "TiB natt")
    assert (await lst.get("/functions")).json() == [replaced.json()]
    assert (await lst.delete(f"/functions/{key}")).status_code == 204
    assert (await lst.get(f"/functions/{key}")).status_code == 404
    assert [(row.actor, row.action) for row in await region.audited("function_")] == [
        ("operator", f"function_{verb}") for verb in ("put", "put", "put", "deleted")
    ]


@pytest.mark.parametrize(
    "number",
    [
        "0846500401&PJSIP/1",
        "08/465",
        "08-465x",
        "PJSIP/08@host",
        "٠٨٤٦٥",
        "",
        "12",
        "0" * 60,
        "+4684650\n0401",
        "${EXTEN}",
    ],
)
async def test_only_telephone_numbers_are_taken_and_the_bad_one_is_named(lst: httpx.AsyncClient, number: str) -> None:
    body = {"organisation_id": "lst", "name": "TiB", "numbers": ["08-465 004 01", number]}
    if number == "+4684650\n0401":
        body["numbers"] = ["08-465 004 01", "+4684650\n0401;x"]
    answer = await lst.post("/functions", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "numbers[1]")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "a" * 101),
        ("name", "TiB\r\nforged"),
        ("name", "\u202eBiT"),
        ("name", "a\x00b"),
        ("name", 7),
        ("language", "de"),
        ("email", "a@b>\r\nBcc: x"),
        ("issis", [0]),
        ("issis", [16_777_216]),
        ("id", "../../etc"),
        ("id", "a" * 65),
        ("surprise", 1),
        ("organisation_id", "unknown"),
    ],
)
async def test_hostile_or_wrong_input_is_refused_by_field(lst: httpx.AsyncClient, member: str, value: object) -> None:
    answer = await lst.post("/functions", json={"organisation_id": "lst", "name": "TiB", member: value})
    assert answer.status_code == 422
    assert answer.json()["field"].startswith(member)
    assert (await lst.get("/functions")).json() == []


async def test_markup_is_kept_as_text(lst: httpx.AsyncClient) -> None:
    name = "<script>alert(1)</script>'; DROP TABLE x;--"
    assert (await lst.post("/organisations", json={"name": name})).json()["name"] == name


async def test_a_list_keeps_its_order_and_knows_its_functions(lst: httpx.AsyncClient) -> None:
    for key in ("a", "b"):
        await lst.post("/functions", json={"id": key, "organisation_id": "lst", "name": key})
    made = await lst.post("/activation-lists", json={"id": "l", "name": "Regional", "function_ids": ["b", "a"]})
    assert made.json()["function_ids"] == ["b", "a"]
    unknown = await lst.patch("/activation-lists/l", json={"function_ids": ["b", "nope"]})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "function_ids[1]")
    twice = await lst.patch("/activation-lists/l", json={"function_ids": ["b", "b"]})
    assert twice.json()["field"] == "function_ids[1]"
    wrong = await lst.patch("/activation-lists/l", json={"ring_s": 1})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "ring_s")


@pytest.mark.slow
async def test_what_is_used_cannot_be_deleted(lst: httpx.AsyncClient) -> None:
    await lst.post("/functions", json={"id": "a", "organisation_id": "lst", "name": "TiB"})
    await lst.post("/activation-lists", json={"id": "l", "name": "Regional", "function_ids": ["a"]})
    await lst.post("/talkgroups", json={"gssi": 1234567, "name": "RAPS"})
    await lst.post("/forums", json={"id": "f", "name": "ISF", "activation_list_id": "l", "talkgroup": 1234567})
    for path in ("/organisations/lst", "/functions/a", "/activation-lists/l", "/talkgroups/1234567"):
        answer = await lst.delete(path)
        assert answer.status_code == 409, path
        assert "uses it" in answer.json()["detail"]
    for path in ("/forums/f", "/activation-lists/l", "/functions/a", "/organisations/lst", "/talkgroups/1234567"):
        assert (await lst.delete(path)).status_code == 204


async def test_a_forum_must_point_at_what_is_there(lst: httpx.AsyncClient) -> None:
    for member, value in (("activation_list_id", "x"), ("talkgroup", 9)):
        answer = await lst.post("/forums", json={"name": "ISF", member: value})
        assert (answer.status_code, answer.json()["field"]) == (422, member)


async def test_a_talkgroup_is_known_by_its_gssi(lst: httpx.AsyncClient) -> None:
    made = await lst.post("/talkgroups", json={"gssi": 1234567, "name": "RAPS", "terminals": ["rakel-1"]})
    assert made.headers["location"] == "/api/v1/talkgroups/1234567"
    assert (await lst.patch("/talkgroups/1234567", json={"name": "RAPS-LED"})).json()["name"] == "RAPS-LED"
    renamed = await lst.patch("/talkgroups/1234567", json={"gssi": 7})
    assert (renamed.status_code, renamed.json()["field"]) == (422, "gssi")
    assert (await lst.get("/talkgroups/abc")).status_code == 404


async def test_an_id_in_use_is_a_conflict_and_a_missing_one_not_found(lst: httpx.AsyncClient) -> None:
    assert (await lst.post("/organisations", json={"id": "lst", "name": "Annan"})).status_code == 409
    assert (await lst.put("/organisations/none", json={"name": "X"})).status_code == 404
    assert (await lst.patch("/organisations/none", json={"name": "X"})).status_code == 404
    assert (await lst.delete("/organisations/none")).status_code == 404


async def test_what_is_not_json_or_too_large_is_a_problem_too(lst: httpx.AsyncClient) -> None:
    broken = await lst.post("/organisations", content=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["code"]) == (400, "bad_json")
    large = await lst.post("/organisations", json={"name": "a" * 2_000_000})
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert "nosniff" in large.headers["x-content-type-options"]
    method = await lst.request("TRACE", "/organisations")
    assert (method.status_code, method.headers["content-type"]) == (405, "application/problem+json")


async def test_what_two_operators_write_against_each_other_is_a_conflict_with_the_remedy(
    region: Region, lst: httpx.AsyncClient
) -> None:
    """The organisation is deleted between the look and the writing; the database is the last to say so."""

    class Overtaken(SqlDirectory):
        async def put(self, actor: str, entry: DirectoryEntry) -> None:
            await super().delete("another", Organisation, "lst")
            await super().put(actor, entry)

    overtaken = region.parts(directory=Overtaken(region.database, region.clock))
    transport = httpx.ASGITransport(region.app(parts=overtaken))
    async with httpx.AsyncClient(transport=transport, base_url=lst.base_url, headers=lst.headers) as late:
        refused = await late.post("/functions", json={"organisation_id": "lst", "name": "TiB"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:samband:problem:conflict")
    assert refused.json()["remedy"]


async def test_a_number_has_a_kind_and_hours_and_plain_texts_are_taken_as_before(lst: httpx.AsyncClient) -> None:
    body = {"organisation_id": "lst", "name": "TiB", "numbers": ["08-465 004 01", "070-174 06 05"]}
    made = (await lst.post("/functions", json=body)).json()
    assert (made["numbers"], made["number_uses"]) == (["+46846500401", "+46701740605"], [])
    week = ["FR", "MO", "TU", "WE", "TH"]
    uses = [
        {"number": "070-174 06 05", "kind": "mobile"},
        {"number": "08-465 004 01", "hours": [{"weekdays": week, "begins": "08:00", "ends": "16:30"}]},
    ]
    changed = await lst.patch(f"/functions/{made['id']}", json={"number_uses": uses})
    assert changed.json()["number_uses"] == [
        {
            "number": "+46846500401",
            "kind": "other",
            "hours": [{"weekdays": ["MO", "TU", "WE", "TH", "FR"], "begins": "08:00", "ends": "16:30"}],
        },
        {"number": "+46701740605", "kind": "mobile", "hours": []},
    ]
    assert (await lst.get(f"/functions/{made['id']}")).json() == changed.json()
    fewer = (await lst.patch(f"/functions/{made['id']}", json={"numbers": ["070-174 06 05"]})).json()
    assert [one["number"] for one in fewer["number_uses"]] == ["+46701740605"]


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ({"number": "08-465 004 09"}, "hours_of_no_number"),
        ({"number": "08-465 004 01", "hours": [{"begins": "8", "ends": "16:00"}]}, "hours_no_time"),
        ({"number": "08-465 004 01", "hours": [{"begins": "08:00", "ends": "08:00"}]}, "hours_no_stretch"),
    ],
)
async def test_hours_that_cannot_be_are_refused_with_the_member_and_the_reason(
    lst: httpx.AsyncClient, use: dict[str, object], reason: str
) -> None:
    body = {"organisation_id": "lst", "name": "TiB", "numbers": ["08-465 004 01"], "number_uses": [use]}
    answer = await lst.post("/functions", json=body)
    assert (answer.status_code, answer.json()["field"], answer.json()["reason"]) == (422, "number_uses[0]", reason)


async def test_the_board_says_which_number_was_passed_over_and_why(lst: httpx.AsyncClient, region: Region) -> None:
    """It is 09:00 in Stockholm, on a Friday."""
    uses = [{"number": "08-465 004 01", "hours": [{"begins": "18:00", "ends": "06:00"}]}]
    numbers = ["08-465 004 01", "070-174 06 05"]
    body = {"id": "tib", "organisation_id": "lst", "name": "TiB", "numbers": numbers, "number_uses": uses}
    await lst.post("/functions", json=body)
    await lst.post("/activation-lists", json={"id": "all", "name": "Alla", "function_ids": ["tib"]})
    started = (await lst.post("/activations", json={"list_id": "all"})).json()
    await region.happened()
    [target] = (await lst.get(f"/activations/{started['id']}")).json()["targets"]
    assert [one["number"] for one in target["attempts"]] == ["+46701740605"]
    [passed_over] = target["left_out"]
    assert (passed_over["number"], passed_over["reason_code"]) == ("+46846500401", "number_outside_hours")
