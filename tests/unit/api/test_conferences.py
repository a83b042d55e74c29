"""A host opens a conference, reads it back, and steers it."""

import json

import httpx
import pytest
from sqlalchemy import update

from bridge.api.problems import Problem
from bridge.domain.commands import Refused
from bridge.domain.events import CallArrived
from bridge.domain.ids import ChannelId
from bridge.domain.model import Role
from bridge.storage.tables import codes
from tests.harness.wait import until
from tests.unit.api.region import NOW_S, NUMBER, TRUNK, WAIT_S, Region, questions


async def opened(host: httpx.AsyncClient, **more: object) -> dict[str, object]:
    answer = await host.post("/conferences", json={"name": "Lägesmöte storm", **more})
    assert answer.status_code == 201, answer.text
    body: dict[str, object] = answer.json()
    return body


async def test_a_new_conference_reads_back_all_that_the_contract_names(host: httpx.AsyncClient, region: Region) -> None:
    conference = await opened(host)
    read = (await host.get(f"/conferences/{conference['id']}")).json()
    assert read == conference
    assert read["number"] == "+4685555555"
    assert read["number_spoken"] == "08-555 55 55"
    assert (read["code"], read["host_code"]) == await region.codes_of(str(read["id"]))
    assert (len(str(read["code"])), len(str(read["host_code"]))) == (8, 8)
    assert (read["state"], read["participants"], read["patches"]) == ("open", [], [])
    assert read["floor"] == {"mode": "open", "holder": None, "queue": [], "given_at": None}
    assert read["recording"]["state"] == "off"
    assert read["created_at"] == "2027-01-15T08:00:00.000Z"


async def test_the_address_of_a_new_conference_is_told(host: httpx.AsyncClient) -> None:
    answer = await host.post("/conferences", json={"name": "Möte"})
    assert answer.headers["location"] == f"/api/v1/conferences/{answer.json()['id']}"


async def test_the_host_may_choose_the_codes(host: httpx.AsyncClient) -> None:
    conference = await opened(host, code="5555", host_code="987654")
    assert (conference["code"], conference["host_code"]) == ("5555", "987654")


async def test_a_code_in_use_is_refused_by_name_and_opens_nothing(host: httpx.AsyncClient, region: Region) -> None:
    await opened(host, code="5555", host_code="987654")
    answer = await host.post("/conferences", json={"name": "Andra", "code": "5555", "host_code": "123123"})
    assert answer.status_code == 409
    assert answer.json()["field"] == "code"
    assert len(region.node().conferences) == 1


async def test_both_codes_alike_are_refused(host: httpx.AsyncClient) -> None:
    answer = await host.post("/conferences", json={"name": "X", "code": "5555", "host_code": "5555"})
    assert (answer.status_code, answer.json()["field"]) == (422, "host_code")


async def test_what_is_left_out_comes_from_the_forum(host: httpx.AsyncClient) -> None:
    await host.post("/forums", json={"id": "isf", "name": "ISF", "recorded": False, "language": "en"})
    conference = await opened(host, forum="isf")
    assert (conference["forum"], conference["language"]) == ("isf", "en")


async def test_an_unknown_forum_is_named(host: httpx.AsyncClient) -> None:
    answer = await host.post("/conferences", json={"name": "X", "forum": "nope"})
    assert (answer.status_code, answer.json()["field"]) == (422, "forum")
    assert "nope" in answer.json()["detail"]


async def test_a_refused_opening_takes_its_codes_back(host: httpx.AsyncClient, region: Region) -> None:
    region.disk.is_full = True
    answer = await host.post("/conferences", json={"name": "X"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert await region.codes_in_use() == 0


async def test_lock_record_and_end(host: httpx.AsyncClient, region: Region) -> None:
    conference = await opened(host)
    path = f"/conferences/{conference['id']}"
    assert (await host.post(f"{path}/lock")).json()["locked"] is True
    assert (await host.post(f"{path}/lock", json={"locked": False})).json()["locked"] is False
    assert (await host.delete(f"{path}/recording")).json()["wanted"] is False
    waiting = {"wanted": True, "on": False, "state": "off", "id": None, "failure": None}
    assert (await host.post(f"{path}/recording")).json() == waiting
    await region.joins(str(conference["id"]), "TiB")
    recording = (await host.get(f"{path}/recording")).json()
    assert (recording["on"], recording["state"]) == (True, "on")
    stopped = (await host.post(f"{path}/recording", json={"on": False})).json()
    assert (stopped["wanted"], stopped["on"]) == (False, False)
    ended = (await host.post(f"{path}/end")).json()
    assert (ended["state"], ended["code"]) == ("ended", None)
    assert await region.codes_in_use() == 0
    assert (await host.post(f"{path}/end")).status_code == 200


async def test_an_ended_conference_takes_no_more_orders_and_leaves_the_list(host: httpx.AsyncClient) -> None:
    path = f"/conferences/{(await opened(host))['id']}"
    await host.post(f"{path}/end")
    for order in ("/lock", "/mute-all", "/recording", "/floor/take", "/patches", "/participants"):
        body = {"gssi": 1, "number": "08-465 004 02", "name": "A"}
        members = {"/patches": ("gssi",), "/participants": ("number", "name")}.get(order, ())
        answer = await host.post(path + order, json={name: body[name] for name in members} if members else None)
        assert (answer.status_code, answer.json()["code"]) == (409, "ended"), order
    assert (await host.get("/conferences")).json() == []
    assert len((await host.get("/conferences", params={"ended": True})).json()) == 1


async def test_an_ended_conference_is_found_in_the_archive(host: httpx.AsyncClient, region: Region) -> None:
    await region.recorded("a.flac")
    assert (await host.get("/conferences/cnf-past")).json()["state"] == "ended"
    assert (await host.post("/conferences/cnf-past/end")).status_code == 200


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("not_found", 404),
        ("ended", 409),
        ("not_allowed", 403),
        ("conflict", 409),
        ("invalid", 422),
        ("unavailable", 503),
    ],
)
def test_every_refusal_has_its_status(code: str, status: int) -> None:
    told = Problem.of_refusal(Refused(code, "because", field="locked")).response()
    body = json.loads(bytes(told.body))
    assert (told.status_code, told.media_type) == (status, "application/problem+json")
    assert (body["code"], body["detail"], body["field"], body["status"]) == (code, "because", "locked", status)


async def test_what_cannot_be_saved_is_refused_and_nothing_has_changed(host: httpx.AsyncClient, region: Region) -> None:
    path = f"/conferences/{(await opened(host))['id']}"
    region.disk.is_full = True
    answer = await host.post(f"{path}/lock")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "disk is full" in answer.json()["detail"]
    region.disk.is_full = False
    assert (await host.get(path)).json()["locked"] is False


async def test_who_asked_reaches_the_engine(host: httpx.AsyncClient, region: Region) -> None:
    await opened(host)
    assert [actor for actor, _ in region.asked] == ["operator"]


async def test_a_participant_is_muted_unmuted_and_removed(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    participant = await region.joins(str(conference), "Inre befäl")
    await region.talks(participant)
    path = f"/conferences/{conference}/participants"
    shown = (await host.get(path)).json()
    assert [(one["name"], one["kind"], one["talking"]) for one in shown] == [("Inre befäl", "phone", True)]
    assert (await host.post(f"{path}/{participant}/mute")).json()["muted"] is True
    assert (await host.post(f"{path}/{participant}/unmute")).json()["muted"] is False
    assert (await host.post(f"{path}/{participant}/remove")).status_code == 204
    assert (await host.get(path)).json() == []
    assert (await host.get(path, params={"left": True})).json()[0]["state"] == "left"
    assert (await host.get(f"{path}/{participant}")).json()["state"] == "left"


async def test_a_participant_of_another_conference_is_not_found_here(host: httpx.AsyncClient, region: Region) -> None:
    first, second = (await opened(host))["id"], (await opened(host))["id"]
    participant = await region.joins(str(first), "A")
    answer = await host.post(f"/conferences/{second}/participants/{participant}/mute")
    assert answer.status_code == 404
    assert region.node().participants[participant].muted is False


async def test_mute_all_spares_the_host(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    await region.joins(str(conference), "TiB", Role.HOST)
    await region.joins(str(conference), "Kommun")
    shown = (await host.post(f"/conferences/{conference}/mute-all")).json()["participants"]
    assert [(one["name"], one["muted"]) for one in shown] == [("TiB", False), ("Kommun", True)]


async def test_the_floor_is_asked_for_given_in_order_and_taken(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    first, second, third = [await region.joins(str(conference), name) for name in ("A", "B", "C")]
    path = f"/conferences/{conference}/floor"
    assert (await host.put(path, json={"mode": "queue"})).json()["mode"] == "queue"
    assert (await host.post(f"{path}/queue", json={"participant": second})).json()["holder"] == second
    for waiting, queue in ((third, [third]), (first, [third, first])):
        assert (await host.post(f"{path}/queue", json={"participant": waiting})).json()["queue"] == queue
    assert (await host.post(f"{path}/give")).json()["holder"] == third
    taken = (await host.post(f"{path}/take")).json()
    assert (taken["holder"], taken["queue"]) == (first, []), "in this mode the next one has it at once"
    given = (await host.post(f"{path}/give", json={"participant": second})).json()
    assert (given["holder"], given["queue"]) == (second, [])
    assert (await host.get(path)).json() == given
    refused = await host.post(f"{path}/give")
    assert (refused.status_code, refused.json()["detail"]) == (409, "nobody waits for the word")


async def test_the_floor_by_one_address_and_an_action(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    participant = await region.joins(str(conference), "A")
    path = f"/conferences/{conference}/floor"
    for action, expected in (
        ({"action": "mode", "mode": "lecture"}, ("lecture", None, [])),
        ({"action": "request", "participant": participant}, ("lecture", None, [participant])),
        ({"action": "withdraw", "participant": participant}, ("lecture", None, [])),
        ({"action": "give", "participant": participant}, ("lecture", participant, [])),
        ({"action": "take"}, ("lecture", None, [])),
    ):
        floor = (await host.post(path, json=action)).json()
        assert (floor["mode"], floor["holder"], floor["queue"]) == expected


@pytest.mark.parametrize("body", [{"action": "mode"}, {"action": "request"}, {"action": "dance"}, {}])
async def test_an_incomplete_floor_action_is_refused(host: httpx.AsyncClient, body: dict[str, str]) -> None:
    conference = (await opened(host))["id"]
    assert (await host.post(f"/conferences/{conference}/floor", json=body)).status_code == 422


async def test_a_function_of_the_directory_is_rung_into_the_conference(host: httpx.AsyncClient) -> None:
    conference = (await opened(host, exercise=True))["id"]
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    function = {"id": "tib", "organisation_id": "lst", "name": "TiB", "numbers": ["08-465 004 01"]}
    await host.post("/functions", json=function)
    answer = await host.post(f"/conferences/{conference}/participants", json={"function_id": "tib"})
    assert answer.status_code == 202
    activation = answer.json()
    assert (activation["conference_id"], activation["exercise"]) == (conference, True)
    (target,) = activation["targets"]
    assert (target["function"], target["organisation"], target["numbers"]) == (
        "TiB",
        "Länsstyrelsen",
        ["+46846500401"],
    )


async def test_a_number_with_a_name_is_rung(host: httpx.AsyncClient) -> None:
    conference = (await opened(host))["id"]
    body = {"number": "+46 8 465 004 02", "name": "Sakkunnig"}
    (target,) = (await host.post(f"/conferences/{conference}/participants", json=body)).json()["targets"]
    assert (target["function"], target["numbers"]) == ("Sakkunnig", ["+46846500402"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"number": "08-465 004 02"},
        {"number": "08-465 004 02", "name": "A", "function_id": "tib"},
        {"function_id": "unknown"},
        {"number": "0846500402&SIP/evil", "name": "A"},
        {"number": "PJSIP/1234@evil", "name": "A"},
    ],
)
async def test_nobody_is_rung_on_a_bad_request(host: httpx.AsyncClient, region: Region, body: dict[str, str]) -> None:
    conference = (await opened(host))["id"]
    assert (await host.post(f"/conferences/{conference}/participants", json=body)).status_code == 422
    assert region.node().activations == {}


async def test_a_function_without_number_cannot_be_rung(host: httpx.AsyncClient) -> None:
    conference = (await opened(host))["id"]
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    await host.post("/functions", json={"id": "tib", "organisation_id": "lst", "name": "TiB"})
    answer = await host.post(f"/conferences/{conference}/participants", json={"function_id": "tib"})
    assert (answer.status_code, answer.json()["field"]) == (422, "function_id")


async def test_nobody_is_rung_to_an_ended_conference(host: httpx.AsyncClient) -> None:
    conference = (await opened(host))["id"]
    await host.post(f"/conferences/{conference}/end")
    body = {"number": "08-465 004 02", "name": "A"}
    assert (await host.post(f"/conferences/{conference}/participants", json=body)).status_code == 409


async def test_two_functions_of_one_name_are_both_rung(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    for town, number in (("Falun", "08-465 004 01"), ("Borlänge", "08-465 004 02")):
        await host.post("/organisations", json={"id": town[:3], "name": town})
        body = {"id": f"tib-{town[:3]}", "organisation_id": town[:3], "name": "TiB", "numbers": [number]}
        await host.post("/functions", json=body)
        board = await host.post(f"/conferences/{conference}/participants", json={"function_id": f"tib-{town[:3]}"})
        assert [one["organisation"] for one in board.json()["targets"]] == [town]
    await region.is_rung("+46846500401")
    await region.is_rung("+46846500402")


async def test_the_same_person_on_another_number_is_rung_there(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    for number in ("08-465 004 01", "08-465 004 02"):
        await host.post(f"/conferences/{conference}/participants", json={"number": number, "name": "Sakkunnig"})
    await region.is_rung("+46846500401")
    await region.is_rung("+46846500402")


async def test_a_second_press_for_the_same_function_or_number_rings_nobody_twice(host: httpx.AsyncClient) -> None:
    conference = (await opened(host))["id"]
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    await host.post("/functions", json={"id": "t", "organisation_id": "lst", "name": "T", "numbers": ["08-46500401"]})
    for body in ({"function_id": "t"}, {"number": "08-465 004 02", "name": "Sakkunnig"}):
        pressed = [await host.post(f"/conferences/{conference}/participants", json=body) for _ in range(2)]
        assert pressed[0].json()["id"] == pressed[1].json()["id"]


async def test_a_conference_for_rescued_callers_is_marked_so(host: httpx.AsyncClient, region: Region) -> None:
    marked = await opened(host, emergency=True)
    assert marked["emergency"] is True
    assert (await opened(host))["emergency"] is False
    await region.happened(CallArrived(NOW_S, ChannelId("in-1"), NUMBER, "+46846500401", TRUNK, rescued=True))
    (person,) = (await until(lambda: region.node().participants, WAIT_S)).values()
    assert person.conference == marked["id"]


async def test_a_room_opened_for_rescued_callers_has_no_codes(host: httpx.AsyncClient, region: Region) -> None:
    await region.happened(CallArrived(NOW_S, ChannelId("in-1"), NUMBER, "+46846500401", TRUNK, rescued=True))
    (room,) = (await host.get("/conferences")).json()
    assert (room["emergency"], room["code"], room["host_code"], room["codes_fault"]) == (True, None, None, None)


async def test_one_unreadable_code_spoils_no_list(host: httpx.AsyncClient, region: Region) -> None:
    broken, whole = (await opened(host))["id"], (await opened(host))["id"]
    async with region.database.transaction() as connection:
        await connection.execute(update(codes).where(codes.c.conference == broken).values(sealed=b"x" * 40))
    shown = {one["id"]: one for one in (await host.get("/conferences")).json()}
    assert (shown[broken]["code"], shown[whole]["codes_fault"]) == (None, None)
    assert "key that is lost" in shown[broken]["codes_fault"]
    assert len(shown[whole]["code"]) == 8


async def test_a_list_of_conferences_is_read_in_a_few_questions(host: httpx.AsyncClient) -> None:
    counts = []
    for _ in range(2):
        await opened(host)
        with questions() as asked:
            await host.get("/conferences")
        counts.append(len(asked))
    assert counts[0] == counts[1]


async def test_who_has_left_is_listed_also_when_the_conference_is_over(host: httpx.AsyncClient, region: Region) -> None:
    path = f"/conferences/{(await opened(host, recorded=False))['id']}"
    person = await region.joins(path.rsplit("/", 1)[1], "Inre befäl")
    await host.post(f"{path}/end")
    await until(lambda: region.node().conferences == {}, WAIT_S)
    shown = (await host.get(f"{path}/participants", params={"left": True})).json()
    assert [(one["id"], one["state"]) for one in shown] == [(person, "left")]
    assert (await host.get(f"{path}/participants/{person}")).json()["name"] == "Inre befäl"
    assert (await host.get(f"{path}/participants")).json() == []


async def test_what_the_api_says_of_a_talker_who_is_muted_is_true(host: httpx.AsyncClient, region: Region) -> None:
    path = f"/conferences/{(await opened(host))['id']}/participants"
    person = await region.joins(path.split("/")[2], "Kommun")
    await region.talks(person)
    assert (await host.get(f"{path}/{person}")).json()["talking"] is True
    assert (await host.post(f"{path}/{person}/mute")).json()["talking"] is False
    await region.talks(person)
    assert (await host.get(f"{path}/{person}")).json()["talking"] is False


async def test_what_the_api_says_of_a_changed_floor_is_true(host: httpx.AsyncClient, region: Region) -> None:
    conference = str((await opened(host))["id"])
    chair = await region.joins(conference, "TiB", Role.HOST)
    first, second = [await region.joins(conference, name) for name in ("A", "B")]
    path = f"/conferences/{conference}/floor"
    await host.post(f"{path}/queue", json={"participant": second})
    await host.post(f"{path}/give", json={"participant": first})
    lecture = (await host.put(path, json={"mode": "lecture"})).json()
    assert (lecture["holder"], lecture["queue"]) == (chair, [second]), "the holder loses it, requests stay"
    microphones = {person: region.heard(person) for person in (chair, first, second)}
    assert microphones == {chair: True, first: False, second: False}
    await host.post(f"{path}/give", json={"participant": first})
    assert (await host.post(f"{path}/take")).json()["holder"] == chair
    assert (await host.put(path, json={"mode": "queue"})).json()["holder"] == second


async def test_a_locked_conference_lets_the_hosts_code_in_and_nobody_else(
    host: httpx.AsyncClient, region: Region
) -> None:
    conference = str((await opened(host))["id"])
    await host.post(f"/conferences/{conference}/lock")
    await region.joins(conference, "TiB", Role.HOST)
    await region.dials_in(conference, "Kommun")
    await until(lambda: region.phones.hung_up, WAIT_S)
    assert [one["name"] for one in (await host.get(f"/conferences/{conference}/participants")).json()] == ["TiB"]


async def test_who_dials_in_again_is_a_new_participant(host: httpx.AsyncClient, region: Region) -> None:
    conference = str((await opened(host))["id"])
    first = await region.joins(conference, "+46846500401")
    channel = region.node().participants[first].channel
    assert channel is not None
    await region.call_ends(channel, 16)
    assert await region.joins(conference, "+46846500401") != first
