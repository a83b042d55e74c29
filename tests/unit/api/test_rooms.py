"""A host opens side rooms, sends people there, and calls them back."""

from typing import Any

import httpx
import pytest

from bridge.domain.conference.records import PARTICIPANTS, Role
from bridge.domain.kernel.ids import ParticipantId
from tests.harness.wait import until
from tests.unit.api.region import WAIT_S, Region
from tests.unit.api.test_conferences import opened


async def open_side_room(host: httpx.AsyncClient, conference: object, **body: object) -> dict[str, Any]:
    answer = await host.post(f"/conferences/{conference}/rooms", json={"name": "Media", **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def rooms_of(host: httpx.AsyncClient, conference: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await host.get(f"/conferences/{conference}/rooms")).json()
    return found


async def test_a_new_side_room_has_a_name_and_a_key(host: httpx.AsyncClient) -> None:
    conference = (await opened(host))["id"]
    made = await open_side_room(host, conference, parallel=True)
    shown = {name: made[name] for name in ("kind", "name", "number", "parallel", "private", "participants")}
    assert shown == {
        **{"kind": "side", "name": "Media", "number": 1},
        **{"parallel": True, "private": False, "participants": []},
    }
    assert [one["kind"] for one in await rooms_of(host, conference)] == ["main", "side"]


async def test_people_are_sent_to_a_side_room_and_called_back(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    await region.joins(str(conference), "+46701740601", Role.HOST)
    anna = await region.joins(str(conference), "+46701740602")
    room = (await open_side_room(host, conference))["id"]
    sent = await host.post(f"/conferences/{conference}/rooms/{room}/send", json={"participants": [anna]})
    assert sent.json()["participants"] == [anna]
    assert (await host.get(f"/conferences/{conference}/participants/{anna}")).json()["room"] == room
    warned = (await host.post(f"/conferences/{conference}/rooms/recall", json={"warning_s": 60})).json()
    assert [bool(one["recall_at"]) for one in warned] == [False, True]
    back = (await host.post(f"/conferences/{conference}/rooms/recall", json={"warning_s": 0})).json()
    assert anna in back[0]["participants"]
    assert back[1]["participants"] == []


async def test_closing_a_side_room_brings_its_people_back(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    anna = await region.joins(str(conference), "+46701740602")
    room = (await open_side_room(host, conference))["id"]
    await host.post(f"/conferences/{conference}/rooms/{room}/send", json={"participants": [anna]})
    closed = (await host.post(f"/conferences/{conference}/rooms/{room}/close")).json()
    assert closed["closed_at"] is not None
    assert [one["participants"] for one in await rooms_of(host, conference)] == [[anna]]


async def test_two_talk_in_private_until_one_hangs_up(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    anna = await region.joins(str(conference), "+46701740601")
    bo = await region.joins(str(conference), "+46701740602")
    answer = await host.post(f"/conferences/{conference}/consultations", json={"participants": [anna, bo]})
    assert answer.status_code == 201, answer.text
    private = answer.json()
    assert (private["private"], private["number"], private["participants"]) == (True, None, [anna, bo])
    assert private["recorded"] is False
    await host.post(f"/conferences/{conference}/participants/{anna}/remove")
    main = (await rooms_of(host, conference))[0]["id"]
    await until(lambda: region.node()[PARTICIPANTS][ParticipantId(bo)].room == main, WAIT_S)


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("rooms/mix-none/send", {"participants": ["prt-none"]}, 404, "no_such_room"),
        ("rooms/mix-none/close", None, 404, "no_such_room"),
        ("consultations", {"participants": ["prt-a", "prt-a"]}, 422, "consultation_is_for_two"),
        ("consultations", {"participants": ["prt-a"]}, 422, None),
        ("rooms/recall", {"warning_s": -1}, 422, None),
        ("rooms", {"name": ""}, 422, None),
    ],
)
async def test_what_cannot_be_done_is_refused(
    host: httpx.AsyncClient, path: str, body: dict[str, object] | None, status: int, code: str | None
) -> None:
    conference = (await opened(host))["id"]
    answer = await host.post(f"/conferences/{conference}/{path}", json=body)
    assert answer.status_code == status, answer.text
    if code is not None:
        assert answer.json()["reason"] == code, answer.text


async def test_no_rooms_are_opened_in_a_conference_that_is_over(host: httpx.AsyncClient) -> None:
    conference = (await opened(host))["id"]
    await host.post(f"/conferences/{conference}/end")
    answer = await host.post(f"/conferences/{conference}/rooms", json={"name": "Media"})
    assert answer.status_code == 409, answer.text
