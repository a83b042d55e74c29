"""A leader acts on one function of a call-out, and looks at a call-out before it is started."""

import asyncio
import json

import httpx
import pytest

from bridge.domain.callout.records import ACTIVATIONS
from bridge.domain.conference.records import CONFERENCES, Secrecy
from tests.unit.api.region import Region
from tests.unit.api.serving import served

TIB = ("+46846500401", "+46846500402")
BUSY = 17


@pytest.fixture
async def listed(host: httpx.AsyncClient) -> httpx.AsyncClient:
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    for key, numbers in (("dep", ["08-465 004 03"]), ("rkk", [])):
        body = {"id": key, "organisation_id": "lst", "name": key.upper(), "numbers": numbers}
        await host.post("/functions", json=body)
    own = {"id": "tib", "organisation_id": "lst", "name": "TIB", "numbers": list(TIB), "deputy_ids": ["dep"]}
    await host.post("/functions", json=own)
    await host.post("/activation-lists", json={"id": "regional", "name": "Regional", "function_ids": ["tib", "rkk"]})
    return host


async def started(host: httpx.AsyncClient) -> tuple[str, str]:
    """The addresses of the call-out and of its first function."""
    made = (await host.post("/activations", json={"list_id": "regional"})).json()
    return f"/activations/{made['id']}", f"/activations/{made['id']}/targets/{made['targets'][0]['id']}"


async def test_a_function_is_rung_at_its_next_number_and_then_its_deputy(
    listed: httpx.AsyncClient, region: Region
) -> None:
    _, target = await started(listed)
    await region.is_rung(TIB[0])
    answer = await listed.post(f"{target}/next-number")
    assert (answer.status_code, answer.json()["targets"][0]["reason"]) == (
        200,
        "the next number, asked for by operator",
    )
    await region.is_rung(TIB[1])
    assert [one["deputy_left"] for one in answer.json()["targets"]] == [True, False]
    board = (await listed.post(f"{target}/deputy")).json()
    assert [(one["function"], one["state"]) for one in board["targets"][:1]] == [("TIB", "cannot")]
    await region.is_rung("+46846500403")
    assert not any(one["deputy_left"] for one in board["targets"])


async def test_who_was_given_up_is_rung_now_and_who_was_reached_is_marked_with_how(
    listed: httpx.AsyncClient, region: Region
) -> None:
    board, target = await started(listed)
    await region.is_rung(TIB[0])
    answer = await listed.post(f"{target}/reached", json={"note": "i Rakel av RKK"})
    shown = answer.json()["targets"][0]
    assert (shown["state"], shown["reason"]) == ("reached", "reached in another way: i Rakel av RKK (operator)")
    assert (await listed.get(board)).json()["counters"]["reached"] == 1
    again = (await listed.post(f"{target}/ring")).json()
    assert (again["state"], again["targets"][0]["state"]) == ("open", "calling")
    told = [row.action for row in await region.audited("activation.")]
    assert told[-2:] == ["activation.reached", "activation.ring"]


async def test_how_somebody_was_reached_must_be_said(listed: httpx.AsyncClient) -> None:
    _, target = await started(listed)
    for body in ({}, {"note": " "}, {"note": "x" * 101}):
        assert (await listed.post(f"{target}/reached", json=body)).status_code == 422


async def test_a_function_that_is_not_there_is_not_found(listed: httpx.AsyncClient) -> None:
    board, _ = await started(listed)
    assert (await listed.post(f"{board}/targets/tgt-none/ring")).status_code == 404
    assert (await listed.post("/activations/act-none/targets/tgt-none/ring")).status_code == 404


async def test_a_list_is_looked_at_before_anybody_is_rung(listed: httpx.AsyncClient, region: Region) -> None:
    found = (await listed.get("/activations/review/regional")).json()
    assert (found["conference_name"], found["numbers"], len(found["functions"])) == ("Regional", 2, 2)
    assert [one["function"] for one in found["without_number"]] == ["RKK"]
    assert [one["function"] for one in found["without_deputy"]] == ["RKK"]
    assert (found["forecast"]["called"], found["forecast"]["left"]) == (0, 1)
    assert found["forecast"]["all_called_at"] is not None
    assert not region.node()[ACTIVATIONS]
    assert (await listed.get("/activations/review/none")).status_code == 422


async def test_a_new_meeting_of_a_call_out_may_be_secret(listed: httpx.AsyncClient, region: Region) -> None:
    made = (await listed.post("/activations", json={"list_id": "regional", "secrecy": "secret"})).json()
    assert region.node()[CONFERENCES][made["conference_id"]].secrecy is Secrecy.SECRET


async def test_talk_is_told_with_those_who_talk_and_nothing_is_to_be_read_for_it(
    host: httpx.AsyncClient, region: Region
) -> None:
    conference = (await host.post("/conferences", json={"name": "Möte"})).json()["id"]
    anna = await region.joins(conference, "Anna")
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with (
        served(region) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers) as client,
        client.stream("GET", f"/events?conference={conference}") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == ": connected"
        await region.talks(anna)
        async with asyncio.timeout(30):
            await anext(line async for line in lines if line == "event: talk")
            data = json.loads((await anext(line async for line in lines if line.startswith("data:")))[5:])
    assert (data["conference_id"], data["talking"]) == (conference, [anna])
