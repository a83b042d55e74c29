"""A waiting room over the API: the line of those who wait, letting in, turning away, and words to them."""

from typing import Any

import httpx
import pytest

from bridge.domain.conference.records import PARTICIPANTS, Role
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.telephony.events import CallArrived, LegEnded
from tests.harness import wait
from tests.unit.api.devices import SPOKEN
from tests.unit.api.region import NUMBER, TRUNK, Region

NUMBERS = ("+46846500401", "+46846500402")


async def opened(host: httpx.AsyncClient, **more: object) -> str:
    answer = await host.post("/conferences", json={"name": "Värmebölja", **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_conference_with_a_waiting_room_shows_it_and_those_who_wait_in_their_order(
    host: httpx.AsyncClient, region: Region
) -> None:
    conference = await opened(host, waiting_room=True, joins_muted=True, entry_sound="name")
    shown = (await host.get(f"/conferences/{conference}")).json()
    assert (shown["waiting_room"], shown["joins_muted"], shown["entry_sound"]) == (True, True, "name")
    region.clock.time_s += 1
    await region.waits(conference, "Anna")
    region.clock.time_s += 1
    await region.waits(conference, "Bo")
    line = (await host.get(f"/conferences/{conference}/waiting")).json()
    assert [(one["name"], one["state"]) for one in line] == [("Anna", "waiting"), ("Bo", "waiting")]
    assert line[0]["waits_since"] < line[1]["waits_since"]
    assert (await host.get(f"/conferences/{conference}")).json()["state"] == "open", "nobody is in it yet"


async def test_one_is_let_in_by_name_and_then_everybody(host: httpx.AsyncClient, region: Region) -> None:
    conference = await opened(host, waiting_room=True)
    anna, bo = await region.waits(conference, "Anna"), await region.waits(conference, "Bo")
    path = f"/conferences/{conference}/waiting"
    let = await host.post(f"{path}/{bo}/let-in")
    assert (let.status_code, let.json()["name"], let.json()["waits_since"]) == (200, "Bo", None)
    again = await host.post(f"{path}/{bo}/let-in")
    assert (again.status_code, again.json()["reason"]) == (409, "participant_does_not_wait")
    assert [one["id"] for one in (await host.post(f"{path}/let-in")).json()] == [anna]
    assert (await host.get(path)).json() == []
    assert (await host.post(f"{path}/let-in")).json() == []
    for participant in (anna, bo):
        await region.is_in(participant)


async def test_somebody_is_turned_away_from_the_waiting_room(host: httpx.AsyncClient, region: Region) -> None:
    conference = await opened(host, waiting_room=True)
    anna = await region.waits(conference, "Anna")
    assert (await host.post(f"/conferences/{conference}/participants/{anna}/remove")).status_code == 204
    assert (await host.get(f"/conferences/{conference}/waiting")).json() == []


@pytest.mark.parametrize("message", ["soon", "delayed", "busy"])
async def test_a_host_speaks_to_those_who_wait(host: httpx.AsyncClient, region: Region, message: str) -> None:
    conference = await opened(host, waiting_room=True)
    path = f"/conferences/{conference}/waiting/say"
    refused = await host.post(path, json={"message": message})
    assert (refused.status_code, refused.json()["reason"]) == (409, "nobody_waits_to_come_in")
    await region.waits(conference, "Anna")
    told = await host.post(path, json={"message": message})
    assert [one["name"] for one in told.json()] == ["Anna"]
    assert (await host.post(path, json={"message": "no such words"})).status_code == 422


async def test_the_rules_of_the_door_change_one_by_one_and_no_waiting_room_lets_everybody_in(
    host: httpx.AsyncClient, region: Region
) -> None:
    conference = await opened(host)
    path = f"/conferences/{conference}/door"
    shown = (await host.patch(path, json={"waiting_room": True})).json()
    assert (shown["waiting_room"], shown["joins_muted"], shown["entry_sound"]) == (True, False, "none")
    anna = await region.waits(conference, "Anna")
    await region.joins(conference, "TiB", Role.HOST)
    shown = (await host.patch(path, json={"joins_muted": True, "entry_sound": "tone"})).json()
    assert (shown["waiting_room"], shown["joins_muted"], shown["entry_sound"]) == (True, True, "tone")
    await host.patch(path, json={"waiting_room": False})
    assert not (await region.is_in(anna)).muted, "it was not the rule when they came"
    bo = await region.joins(conference, "Bo")
    assert region.node()[PARTICIPANTS][bo].muted


async def test_what_waits_is_not_in_an_ended_conference(host: httpx.AsyncClient, region: Region) -> None:
    conference = await opened(host, waiting_room=True)
    anna = await region.waits(conference, "Anna")
    await host.post(f"/conferences/{conference}/end")
    for path, body in (
        ("waiting/let-in", None), (f"waiting/{anna}/let-in", None), ("waiting/say", {"message": "soon"}),
    ):  # fmt: skip
        answer = await host.post(f"/conferences/{conference}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "ended"), path
    assert (await host.patch(f"/conferences/{conference}/door", json={})).status_code == 409


async def test_a_host_hears_the_name_that_somebody_said_at_the_door_and_it_is_audited(
    host: httpx.AsyncClient, region: Region
) -> None:
    forum = (await host.post("/forums", json={"name": "A", "asks_name": True, "entry_sound": "name"})).json()["id"]
    conference = await opened(host, waiting_room=True, forum=forum)
    shown = (await host.get(f"/conferences/{conference}")).json()
    assert (shown["asks_name"], shown["entry_sound"]) == (True, "name"), "as the forum says"
    anna = await region.waits(conference, "Anna")

    async def named() -> dict[str, Any] | None:
        [one] = (await host.get(f"/conferences/{conference}/waiting")).json()
        return one if one["said_name"] is not None else None

    waiting = await wait.until(named, 5, what="the name is kept")
    assert waiting is not None
    assert waiting["said_name"] == f"/api/v1/conferences/{conference}/participants/{anna}/name"
    heard = await host.get(f"/conferences/{conference}/participants/{anna}/name")
    assert (heard.status_code, heard.headers["content-type"], heard.content) == (200, "audio/wav", SPOKEN)
    assert "recording.listened" in [one["action"] for one in (await host.get("/audit")).json()]
    await host.patch(f"/conferences/{conference}/door", json={"asks_name": False})
    bo = await region.waits(conference, "Bo")
    nothing = await host.get(f"/conferences/{conference}/participants/{bo}/name")
    assert (nothing.status_code, nothing.json()["reason"]) == (404, "no_name_of")


async def test_a_host_is_sent_to_speak_to_those_who_wait_and_is_called_back(
    host: httpx.AsyncClient, region: Region
) -> None:
    conference = await opened(host, waiting_room=True)
    leader = await region.joins(conference, "Värd", Role.HOST)
    path = f"/conferences/{conference}/waiting/speak"
    refused = await host.post(path, json={"participant": leader})
    assert (refused.status_code, refused.json()["reason"]) == (409, "nobody_waits_to_come_in")
    anna = await region.waits(conference, "Anna")
    assert [one["id"] for one in (await host.post(path, json={"participant": leader})).json()] == [anna]
    rooms = (await host.get(f"/conferences/{conference}/rooms")).json()
    assert [(one["kind"], one["participants"]) for one in rooms][1:] == [("waiting", [leader])]
    await host.post(path, json={"participant": None})
    assert [one["kind"] for one in (await host.get(f"/conferences/{conference}/rooms")).json()] == ["main"]


async def test_people_out_of_the_emergency_room_are_shown_as_waiting_together_and_let_in_together(
    host: httpx.AsyncClient, region: Region
) -> None:
    conference = await opened(host)
    await region.joins(conference, "TiB", Role.HOST)
    before = await region.joins(conference, NUMBERS[0])
    gone = region.line_of(before)
    assert gone is not None
    await region.happened(LegEnded(region.clock.now_s(), gone, 16))
    lines = [ChannelId(f"rescued-{number}") for number in NUMBERS]
    for line, number in zip(lines, NUMBERS, strict=True):
        await region.happened(CallArrived(region.clock.now_s(), line, NUMBER, number, TRUNK, rescued=True))

    async def both() -> list[Any]:
        shown: list[Any] = (await host.get(f"/conferences/{conference}")).json()["waiting_together"]
        return shown if len(shown) == len(NUMBERS) else []

    waiting = await wait.until(both, 5, what="they wait together")
    [room] = {one["rescued_from"] for one in waiting}
    assert [(one["name"], one["bound_for"], one["state"]) for one in waiting] == [
        (number, conference, "present") for number in NUMBERS
    ]
    assert (await host.get(f"/conferences/{room}")).json()["emergency"] is True
    listed = (await host.get(f"/conferences/{conference}/waiting")).json()
    assert [one["id"] for one in listed] == [one["id"] for one in waiting]
    let = await host.post(f"/conferences/{conference}/waiting/{waiting[1]['id']}/let-in")
    assert (let.status_code, let.json()["name"], let.json()["rescued_from"]) == (200, NUMBERS[1], room)
    assert (await host.get(f"/conferences/{conference}/waiting")).json() == []
    inside = (await host.get(f"/conferences/{conference}")).json()["participants"]
    assert {one["name"] for one in inside} == {"TiB", *NUMBERS}
