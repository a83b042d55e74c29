"""Classes of requests, the speaking list and the limit of turns, over the API."""

import httpx
import pytest

from bridge.domain.kernel.ids import ParticipantId
from tests.unit.api.region import Region


async def led_meeting(host: httpx.AsyncClient, region: Region, *names: str) -> tuple[str, list[ParticipantId]]:
    """A meeting in lecture mode. Gives its address and the participants."""
    conference = (await host.post("/conferences", json={"name": "Möte"})).json()["id"]
    people = [await region.joins(conference, name) for name in names]
    await host.put(f"/conferences/{conference}/floor", json={"mode": "lecture"})
    return f"/conferences/{conference}", people


async def test_requests_stand_by_class_each_with_its_time_and_place(host: httpx.AsyncClient, region: Region) -> None:
    path, (anna, bo, carl) = await led_meeting(host, region, "A", "B", "C")
    await host.post(f"{path}/floor/request", json={"participant": anna})
    await host.post(f"{path}/floor/request", json={"participant": bo, "class": "reply"})
    floor = (await host.post(f"{path}/floor/request", json={"participant": carl, "class": "urgent"})).json()
    assert floor["queue"] == [carl, bo, anna]
    assert [(one["participant"], one["class"], one["place"]) for one in floor["requests"]] == [
        (carl, "urgent", 1),
        (bo, "reply", 2),
        (anna, "ordinary", 3),
    ]
    assert all(one["since"] == "2027-01-15T08:00:00.000Z" for one in floor["requests"])
    again = (await host.post(f"{path}/floor/request", json={"participant": anna, "class": "urgent"})).json()
    assert again["queue"] == [carl, anna, bo]


@pytest.mark.parametrize("given", ["returning", "listed", "loud", 1])
async def test_a_class_that_nobody_can_ask_for_is_refused(
    host: httpx.AsyncClient, region: Region, given: object
) -> None:
    path, (anna,) = await led_meeting(host, region, "A")
    answer = await host.post(f"{path}/floor/request", json={"participant": anna, "class": given})
    assert (answer.status_code, answer.json()["field"]) == (422, "class")


async def test_the_speaking_list_is_read_back_applied_and_ticked_off(host: httpx.AsyncClient, region: Region) -> None:
    path, (anna, bo) = await led_meeting(host, region, "A", "B")
    await host.post(f"{path}/floor/request", json={"participant": anna})
    items = [{"function": "TiB", "minutes": 3, "title": "Lägesbild"}, {"participant": bo}]
    made = (await host.put(f"{path}/speaking-list", json=items)).json()
    assert made["items"][0] == {
        "participant": None,
        "function": "TiB",
        "organisation": None,
        "minutes": 3.0,
        "title": "Lägesbild",
        "done": False,
    }
    floor = (await host.get(f"{path}/floor")).json()
    assert [(one["participant"], one["class"]) for one in floor["requests"]] == [(bo, "listed"), (anna, "ordinary")]
    assert floor["queue"] == [anna], "those who ask for themselves"
    assert (await host.post(f"{path}/floor/give")).json()["holder"] == bo
    assert [one["done"] for one in (await host.get(f"{path}/speaking-list")).json()["items"]] == [False, True]
    assert (await host.put(f"{path}/speaking-list", json=[])).json()["items"] == []


async def test_an_item_that_names_nobody_is_refused_in_words(host: httpx.AsyncClient, region: Region) -> None:
    path, _ = await led_meeting(host, region)
    answer = await host.put(f"{path}/speaking-list", json=[{"title": "Övrigt"}])
    assert (answer.status_code, answer.json()["reason"]) == (422, "input_names_nobody")


async def test_an_item_that_names_a_stranger_is_refused(host: httpx.AsyncClient, region: Region) -> None:
    path, _ = await led_meeting(host, region)
    answer = await host.put(f"{path}/speaking-list", json=[{"participant": "prt-nobody"}])
    assert (answer.status_code, answer.json()["field"]) == (404, "participant")


async def test_a_limit_holds_for_the_next_turn_and_the_time_is_counted(host: httpx.AsyncClient, region: Region) -> None:
    path, (anna, bo) = await led_meeting(host, region, "A", "B")
    limit = (await host.put(f"{path}/speaking-list/limit", json={"turn_s": 180, "turn_ends": "taken"})).json()
    assert (limit["turn_s"], limit["turn_ends"]) == (180.0, "taken")
    assert (await host.post(f"{path}/floor/give", json={"participant": anna})).json()["turn_s"] == 180.0
    floor = (await host.post(f"{path}/floor/give", json={"participant": bo})).json()
    assert [one["spoken_s"] for one in floor["spoken"]] == [0.0]
    assert [row.action for row in await region.audited("speaking.")] == ["speaking.turn_limit"]


async def test_an_ended_meeting_takes_no_list(host: httpx.AsyncClient, region: Region) -> None:
    path, _ = await led_meeting(host, region)
    await host.post(f"{path}/end")
    assert (await host.put(f"{path}/speaking-list", json=[])).status_code == 409
    assert (await host.get(f"{path}/speaking-list")).json()["items"] == []
