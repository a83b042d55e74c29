"""A roll call by the API: the forum's functions, each with how it was seen."""

import httpx
import pytest

from bridge.domain.rollcall.records import ROLL_CALLS
from tests.unit.api.region import Region

TIB, RKK, DEPUTY = "+46846500401", "+46846500402", "+46846500403"


@pytest.fixture
async def forum(host: httpx.AsyncClient) -> httpx.AsyncClient:
    """A forum that expects three functions; one has a deputy, and one must be there."""
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    for key, number, deputies in (("reserv", DEPUTY, []), ("tib", TIB, []), ("rkk", RKK, ["reserv"]), ("msb", "", [])):
        body = {"id": key, "organisation_id": "lst", "name": key.upper(), "numbers": [number] if number else []}
        assert (await host.post("/functions", json={**body, "deputy_ids": deputies})).status_code == 201
    await host.post("/activation-lists", json={"id": "list", "name": "Lista", "function_ids": ["tib", "rkk", "msb"]})
    inriktande: dict[str, object] = {
        "id": "inriktande",
        "name": "Inriktande",
        "activation_list_id": "list",
        "quorum": 2,
    }
    assert (await host.post("/forums", json={**inriktande, "quorum_function_ids": ["tib"]})).status_code == 201
    return host


async def opened(host: httpx.AsyncClient, **more: object) -> str:
    return str((await host.post("/conferences", json={"name": "Möte", **more})).json()["id"])


async def test_the_functions_of_the_forum_are_expected_with_their_deputies_and_the_quorum(
    forum: httpx.AsyncClient,
) -> None:
    conference = await opened(forum, forum="inriktande")
    answer = await forum.post(f"/conferences/{conference}/roll-call", json={"summary_to": "hosts"})
    assert answer.status_code == 201
    begun = answer.json()
    assert (begun["state"], begun["started_by"], begun["summary_to"]) == ("calling", "operator", "hosts")
    assert (begun["expected"], begun["here"], begun["quorum"], begun["quorum_holds"]) == (3, 0, 2, False)
    entries = [
        (one["function"], one["required"], [each["function"] for each in one["deputies"]]) for one in begun["entries"]
    ]
    assert entries == [("TIB", True, []), ("RKK", False, ["RESERV"]), ("MSB", False, [])]
    again = await forum.post(f"/conferences/{conference}/roll-call")
    assert (again.status_code, again.json()["id"]) == (200, begun["id"])


async def test_what_is_ticked_stands_in_the_document_when_the_roll_call_is_over(
    forum: httpx.AsyncClient, region: Region
) -> None:
    conference = await opened(forum, forum="inriktande")
    begun = (await forum.post(f"/conferences/{conference}/roll-call")).json()
    tib, rkk, _ = (one["id"] for one in begun["entries"])
    path = f"/conferences/{conference}/roll-call"
    await forum.post(f"{path}/entries/{tib}/tick")
    ticked = (await forum.post(f"{path}/entries/{rkk}/tick", json={"present": False})).json()
    assert [one["state"] for one in ticked["entries"]] == ["ticked", "missing", "expected"]
    ended = (await forum.post(f"{path}/end")).json()
    assert region.node()[ROLL_CALLS] == {}
    assert (ended["state"], ended["here"], ended["quorum_holds"]) == ("ended", 1, False)
    assert [(one["state"], one["ticked_by"]) for one in ended["entries"]] == [
        ("ticked", "operator"), ("missing", "operator"), ("missing", None),
    ]  # fmt: skip
    assert (await forum.get(path)).json() == ended
    assert (await forum.get(f"/conferences/{conference}/roll-calls")).json() == [ended]


async def test_a_restart_loses_nothing_of_it(forum: httpx.AsyncClient, region: Region) -> None:
    conference = await opened(forum, forum="inriktande")
    begun = (await forum.post(f"/conferences/{conference}/roll-call")).json()
    ticked = await forum.post(f"/conferences/{conference}/roll-call/entries/{begun['entries'][0]['id']}/tick")
    await region.restart()
    after = (await forum.get(f"/conferences/{conference}/roll-call")).json()
    assert after["entries"][0] == ticked.json()["entries"][0]
    assert after["state"] == "calling"


@pytest.mark.parametrize("by_forum", [True, False])
async def test_a_meeting_that_expects_nobody_has_no_roll_call(host: httpx.AsyncClient, by_forum: bool) -> None:
    await host.post("/forums", json={"id": "bar", "name": "Utan lista"})
    conference = await opened(host, **({"forum": "bar"} if by_forum else {}))
    refused = await host.post(f"/conferences/{conference}/roll-call")
    assert (refused.status_code, refused.json()["reason"]) == (409, "roll_call_expects_nobody")
    assert (await host.get(f"/conferences/{conference}/roll-call")).status_code == 404
    assert (await host.get(f"/conferences/{conference}/roll-calls")).json() == []


async def test_without_a_roll_call_there_is_nothing_to_tick_or_end(forum: httpx.AsyncClient) -> None:
    conference = await opened(forum, forum="inriktande")
    for path in ("end", "entries/ren-1/tick"):
        refused = await forum.post(f"/conferences/{conference}/roll-call/{path}")
        assert (refused.status_code, refused.json()["reason"]) == (409, "no_roll_call")


async def test_a_conference_that_nobody_knows_has_none(host: httpx.AsyncClient) -> None:
    for answer in (
        await host.get("/conferences/cnf-9/roll-call"),
        await host.get("/conferences/cnf-9/roll-calls"),
        await host.post("/conferences/cnf-9/roll-call"),
    ):
        assert answer.status_code == 404


async def test_a_deputy_or_a_member_of_the_quorum_that_nobody_knows_is_refused(host: httpx.AsyncClient) -> None:
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    body = {"id": "tib", "organisation_id": "lst", "name": "TiB", "deputy_ids": ["nobody"]}
    refused = await host.post("/functions", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, "deputy_ids[0]")
    refused = await host.post("/forums", json={"id": "f", "name": "F", "quorum_function_ids": ["nobody"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "quorum_function_ids[0]")
