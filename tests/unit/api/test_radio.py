"""A talkgroup is patched into a conference through a terminal that may and can."""

from dataclasses import replace

import httpx
import pytest

from bridge.domain.ids import Issi
from bridge.domain.model import PatchState
from tests.unit.api.region import Region


@pytest.fixture
async def meeting(host: httpx.AsyncClient, region: Region) -> str:
    region.talkgroup(1234567, "RAPS-LED-1")
    region.talkgroup(1234568, "RAPS-LED-2", "rakel-2")
    return f"/conferences/{(await host.post('/conferences', json={'name': 'Möte'})).json()['id']}"


async def test_a_ready_terminal_is_chosen_before_one_that_is_not(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    region.terminal("rakel-1", "unregistered")
    region.terminal("rakel-2")
    answer = await host.post(f"{meeting}/patches", json={"gssi": 1234567})
    assert answer.status_code == 201
    patch = answer.json()
    assert (patch["gssi"], patch["name"], patch["terminal"], patch["talker"]) == (
        1234567,
        "RAPS-LED-1",
        "rakel-2",
        None,
    )
    assert (await host.get(meeting)).json()["patches"] == [patch]
    assert (await host.get(f"{meeting}/patches")).json() == [patch]
    terminals = (await host.get("/terminals")).json()
    assert [(one["name"], one["conference_id"] is not None) for one in terminals] == [
        ("rakel-1", False),
        ("rakel-2", True),
    ]
    assert (await host.get("/terminals/rakel-1")).json()["state"] == "unregistered"
    assert (await host.get("/terminals/none")).status_code == 404


async def test_who_talks_is_shown_by_issi_and_by_function(
    host: httpx.AsyncClient, region: Region, meeting: str
) -> None:
    region.terminal("rakel-1")
    await host.post("/organisations", json={"id": "rtj", "name": "Räddningstjänsten"})
    await host.post("/functions", json={"organisation_id": "rtj", "name": "Inre befäl", "issis": [7654321]})
    key = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()["id"]
    for issi, name in ((7654321, "Inre befäl"), (7000000, None)):
        held = region.engine.state.patches[key]
        region.engine.keep(patches={key: replace(held, state=PatchState.RECEIVING, talker=Issi(issi))})
        shown = (await host.get(meeting)).json()["patches"][0]
        assert (shown["state"], shown["talker"], shown["talker_name"]) == ("receiving", issi, name)


async def test_a_patch_is_removed(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    region.terminal("rakel-1")
    key = (await host.post(f"{meeting}/patches", json={"gssi": 1234567})).json()["id"]
    assert (await host.delete(f"{meeting}/patches/{key}")).status_code == 204
    assert (await host.get(f"{meeting}/patches/{key}")).status_code == 404
    assert (await host.delete(f"{meeting}/patches/{key}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"gssi": 999}, 422, "gssi"),
        ({"gssi": 0}, 422, "gssi"),
        ({"gssi": "1234567; AT"}, 422, "gssi"),
        ({"gssi": 1234567, "terminal": "none"}, 422, "terminal"),
        ({"gssi": 1234568, "terminal": "rakel-1"}, 422, "terminal"),
        ({"gssi": 1234568}, 409, "terminal"),
    ],
)
async def test_what_cannot_be_patched_is_refused_by_field(
    host: httpx.AsyncClient, region: Region, meeting: str, body: dict[str, object], status: int, field: str
) -> None:
    region.terminal("rakel-1")
    answer = await host.post(f"{meeting}/patches", json=body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert region.engine.state.patches == {}


async def test_a_terminal_in_use_is_not_chosen_again(host: httpx.AsyncClient, region: Region, meeting: str) -> None:
    region.terminal("rakel-1")
    await host.post(f"{meeting}/patches", json={"gssi": 1234567})
    answer = await host.post(f"{meeting}/patches", json={"gssi": 1234567})
    assert (answer.status_code, answer.json()["remedy"]) == (409, "remove a patch, or add a terminal")
