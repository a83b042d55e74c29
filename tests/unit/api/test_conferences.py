"""A host opens a conference, reads it back, and steers it."""

import json
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import update

from bridge.api.problems import Problem
from bridge.domain.callout.records import ACTIVATIONS
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Holder, Role
from bridge.domain.guessing.events import NumbersListed
from bridge.domain.kernel.ids import ChannelId, ConferenceId
from bridge.domain.kernel.language import Language
from bridge.domain.telephony.events import CallArrived
from bridge.ports import CodeOwner
from bridge.service import Refusal
from bridge.storage.tables import codes
from tests.harness.reasons import because
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
    empty = {"queue": [], "requests": [], "spoken": [], "turn_s": 0.0}
    assert read["floor"] == {"mode": "open", "holder": None, "given_at": None, **empty}
    assert read["recording"]["state"] == "off"
    assert read["created_at"] == "2027-01-15T08:00:00.000Z"


async def test_the_address_of_a_new_conference_is_told(host: httpx.AsyncClient) -> None:
    answer = await host.post("/conferences", json={"name": "Möte"})
    assert answer.headers["location"] == f"/api/v1/conferences/{answer.json()['id']}"


async def test_the_host_may_choose_the_codes(host: httpx.AsyncClient) -> None:
    conference = await opened(host, code="703158", host_code="418293")
    assert (conference["code"], conference["host_code"]) == ("703158", "418293")


async def test_a_code_in_use_is_refused_by_name_and_opens_nothing(host: httpx.AsyncClient, region: Region) -> None:
    await opened(host, code="703158", host_code="418293")
    answer = await host.post("/conferences", json={"name": "Andra", "code": "703158", "host_code": "620794"})
    assert answer.status_code == 409
    assert answer.json()["field"] == "code"
    assert len(region.node()[CONFERENCES]) == 1


@pytest.mark.parametrize(
    ("code", "said"), [("1234", "6 till 12 siffror"), ("121212", "upprepar sig"), ("870412", "ett datum")]
)
async def test_a_code_that_is_guessed_among_the_first_is_refused_with_the_remedy(
    host: httpx.AsyncClient, region: Region, code: str, said: str
) -> None:
    answer = await host.post("/conferences", json={"name": "X", "code": code}, headers={"Accept-Language": "sv"})
    assert (answer.status_code, answer.json()["field"]) == (422, "code")
    assert said in answer.json()["detail"]
    assert "utelämna koden" in answer.json()["remedy"]
    assert code not in answer.text
    assert len(region.node()[CONFERENCES]) == 0


async def test_both_codes_alike_are_refused(host: httpx.AsyncClient) -> None:
    answer = await host.post("/conferences", json={"name": "X", "code": "703158", "host_code": "703158"})
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
    waiting = {
        "wanted": True,
        "on": False,
        "state": "off",
        "id": None,
        "off_record": False,
        "off_record_state": "no",
        "off_record_since": None,
        "failure": None,
        "failure_code": None,
        "failure_data": None,
    }
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


async def test_a_host_takes_the_meeting_off_the_record_and_back(host: httpx.AsyncClient, region: Region) -> None:
    conference = await opened(host, recorded=True)
    path = f"/conferences/{conference['id']}/recording"
    await region.joins(str(conference["id"]), "TiB")
    asked = (await host.post(f"{path}/off-record")).json()
    assert asked["off_record_state"] in ("asked", "yes")
    assert asked["off_record_since"] is not None
    off = (await host.get(path)).json()
    assert (off["off_record"], off["off_record_state"], off["on"]) == (True, "yes", True)
    refused = await host.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    back = (await host.post(f"{path}/on-record")).json()
    assert (back["off_record"], back["off_record_state"]) == (True, "ending")


async def test_a_meeting_that_is_not_recorded_cannot_go_off_the_record(host: httpx.AsyncClient, region: Region) -> None:
    conference = await opened(host, recorded=False)
    await region.joins(str(conference["id"]), "TiB")
    answer = await host.post(f"/conferences/{conference['id']}/recording/off-record")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


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
        ("not_permitted", 403),
        ("gone", 410),
        ("unavailable", 503),
    ],
)
def test_every_refusal_has_its_status(code: str, status: int) -> None:
    refusal = Refusal(code, because("because"), field="locked")
    told = Problem.of_refusal(refusal).response(Language.EN)
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
    assert region.node()[PARTICIPANTS][participant].muted is False


async def test_mute_all_spares_the_host(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    await region.joins(str(conference), "TiB", Role.HOST)
    await region.joins(str(conference), "Kommun")
    shown = (await host.post(f"/conferences/{conference}/mute-all")).json()["participants"]
    assert [(one["name"], one["muted"]) for one in shown] == [("TiB", False), ("Kommun", True)]
    shown = (await host.post(f"/conferences/{conference}/mute-all/undo")).json()["participants"]
    assert [(one["name"], one["muted"]) for one in shown] == [("TiB", False), ("Kommun", False)]


async def test_a_participant_is_given_a_role(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    participant = await region.joins(str(conference), "Kommun")
    path = f"/conferences/{conference}/participants/{participant}/role"
    for wanted in ("listener", "participant", "cohost", "host", "operator"):
        assert (await host.post(path, json={"role": wanted})).json()["role"] == wanted
    assert (await host.post(path, json={"role": "king"})).status_code == 422


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
    assert (refused.status_code, refused.json()["detail"]) == (409, "nobody waits for the floor")


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
    assert region.node()[ACTIVATIONS] == {}


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
    (person,) = (await until(lambda: region.node()[PARTICIPANTS], WAIT_S)).values()
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
    await until(lambda: region.node()[CONFERENCES] == {}, WAIT_S)
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
    region.happens(NumbersListed(region.clock.now_s(), frozenset({"+46846500401"})))
    await region.dials_in(conference, "+46846500401")
    await until(lambda: region.phones.hung_up, WAIT_S)
    assert [one["name"] for one in (await host.get(f"/conferences/{conference}/participants")).json()] == ["TiB"]


async def test_who_dials_in_again_is_a_new_participant(host: httpx.AsyncClient, region: Region) -> None:
    conference = str((await opened(host))["id"])
    first = await region.joins(conference, "+46846500401")
    channel = region.line_of(first)
    assert channel is not None
    await region.call_ends(channel, 16)
    assert await region.joins(conference, "+46846500401") != first


# --- personal codes, and numbers that lead straight in ---


async def with_function(host: httpx.AsyncClient) -> str:
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    await host.post("/functions", json={"id": "tib", "organisation_id": "lst", "name": "Tjänsteman i beredskap"})
    return str((await opened(host))["id"])


async def test_a_personal_code_is_told_when_it_is_issued_and_never_again(
    host: httpx.AsyncClient, region: Region
) -> None:
    conference = await with_function(host)
    made = await host.post(f"/conferences/{conference}/codes", json={"function_id": "tib", "role": "host"})
    assert made.status_code == 201
    issued = made.json()
    assert len(issued["code"]) == 8
    owner = await region.codes.resolve(issued["code"])
    assert owner == CodeOwner(
        ConferenceId(conference), Role.HOST, Holder("Tjänsteman i beredskap", "Länsstyrelsen"), "tib"
    )
    listed = await host.get(f"/conferences/{conference}/codes")
    assert [(one["function_id"], one["role"]) for one in listed.json()] == [("tib", "host")]
    for answer in (listed, await host.get(f"/conferences/{conference}"), await host.get("/audit")):
        assert issued["code"] not in answer.text


async def test_a_function_has_one_code_a_conference_and_a_withdrawn_one_opens_nothing(
    host: httpx.AsyncClient, region: Region
) -> None:
    conference = await with_function(host)
    path = f"/conferences/{conference}/codes"
    first, second = [(await host.post(path, json={"function_id": "tib"})).json() for _ in range(2)]
    assert await region.codes.resolve(first["code"]) is None
    assert await region.codes.resolve(second["code"]) is not None
    assert (await host.delete(f"{path}/{second['id']}")).status_code == 204
    assert await region.codes.resolve(second["code"]) is None
    gone = await host.delete(f"{path}/{second['id']}", headers={"Accept-Language": "sv"})
    assert (gone.status_code, gone.json()["reason"]) == (404, "unknown_personal_code")


async def test_a_personal_code_ends_with_its_conference_and_needs_a_function(
    host: httpx.AsyncClient, region: Region
) -> None:
    conference = await with_function(host)
    path = f"/conferences/{conference}/codes"
    nobody = await host.post(path, json={"function_id": "nope"})
    assert (nobody.status_code, nobody.json()["field"]) == (422, "function_id")
    issued = (await host.post(path, json={"function_id": "tib"})).json()
    await host.post(f"/conferences/{conference}/end")
    assert await region.codes.resolve(issued["code"]) is None
    assert (await host.post(path, json={"function_id": "tib"})).status_code == 409


async def test_a_number_of_ours_leads_straight_into_one_conference(host: httpx.AsyncClient) -> None:
    made = await opened(host, direct_number="08-555 55 56", direct_code=False)
    assert (made["number"], made["direct_number"], made["direct_code"]) == ("+4685555556", "+4685555556", False)
    taken = await host.post(
        "/conferences", json={"name": "Andra", "direct_number": "+4685555556"}, headers={"Accept-Language": "sv"}
    )
    assert (taken.status_code, taken.json()["field"]) == (409, "direct_number")
    assert "leder redan till mötet" in taken.json()["detail"]
    await host.post(f"/conferences/{made['id']}/end")
    assert (await host.post("/conferences", json={"name": "Andra", "direct_number": "+4685555556"})).status_code == 201


@pytest.mark.parametrize("number", ["+4685555555", "+46701740605"])
async def test_the_main_number_and_numbers_of_others_lead_straight_nowhere(
    host: httpx.AsyncClient, number: str
) -> None:
    answer = await host.post("/conferences", json={"name": "X", "direct_number": number})
    assert (answer.status_code, answer.json()["field"]) == (422, "direct_number")
    assert answer.json()["remedy"]


# --- secrecy ---


async def test_a_conference_where_secrecy_applies_is_shown_so_and_its_door_is_locked(host: httpx.AsyncClient) -> None:
    made = await opened(host, secrecy="secret")
    assert (made["secrecy"], made["locked"]) == ("secret", True)
    ordinary = await opened(host)
    assert (ordinary["secrecy"], ordinary["locked"]) == ("open", False)


async def test_national_security_is_refused_with_the_reason_and_the_code_is_free_again(host: httpx.AsyncClient) -> None:
    wanted = {"name": "Lägesbild", "code": "48301957"}
    answer = await host.post("/conferences", json={**wanted, "secrecy": "national"})
    assert answer.status_code == 422
    assert "national_security" in answer.text
    assert (await host.get("/conferences")).json() == []
    assert (await opened(host, code=wanted["code"]))["code"] == wanted["code"]


async def test_one_that_no_line_could_reach_is_refused_with_the_setting_and_the_remedy_in_both_languages(
    host: httpx.AsyncClient, region: Region
) -> None:
    region.conferencing = replace(region.conferencing, secrecy_needs_encryption=True)
    await region.restart()
    for language in ("sv", "en"):
        wanted = {"name": "Lägesbild", "secrecy": "secret"}
        answer = await host.post("/conferences", json=wanted, headers={"Accept-Language": language})
        told = answer.json()
        assert (answer.status_code, told["reason"], told["field"]) == (409, "no_line_for_secrecy", "secrecy")
        assert "secrecy_needs_encryption" in told["detail"]
        assert "`srtp`" in told["remedy"]
    assert (await host.get("/conferences")).json() == []


# --- its time ---


async def test_a_conference_may_be_meant_to_end_and_shows_when(host: httpx.AsyncClient) -> None:
    made = await opened(host, ends_at="2027-01-15T10:00:00+01:00")
    assert made["ends_at"] == "2027-01-15T09:00:00.000Z"
    assert (await opened(host))["ends_at"] is None


async def test_an_end_in_the_past_is_refused_and_opens_nothing(host: httpx.AsyncClient) -> None:
    answer = await host.post("/conferences", json={"name": "Möte", "ends_at": "2027-01-15T07:59:00Z"})
    assert (answer.status_code, answer.json()["reason"], answer.json()["field"]) == (422, "ends_in_the_past", "ends_at")
    assert (await host.get("/conferences")).json() == []


@pytest.mark.parametrize("wrong", ["2027-01-15T10:00:00", "i morgon", 12])
async def test_an_end_without_a_time_zone_is_refused(host: httpx.AsyncClient, wrong: object) -> None:
    answer = await host.post("/conferences", json={"name": "Möte", "ends_at": wrong})
    assert answer.status_code == 422


async def test_the_end_is_set_extended_and_taken_away(host: httpx.AsyncClient) -> None:
    path = f"/conferences/{(await opened(host))['id']}"
    set_to = (await host.put(f"{path}/end-time", json={"ends_at": "2027-01-15T09:00:00Z"})).json()
    assert set_to["ends_at"] == "2027-01-15T09:00:00.000Z"
    assert (await host.post(f"{path}/extend")).json()["ends_at"] == "2027-01-15T09:30:00.000Z"
    longer = await host.post(f"{path}/extend", json={"minutes": 90})
    assert longer.json()["ends_at"] == "2027-01-15T11:00:00.000Z"
    assert (await host.get(path)).json()["ends_at"] == "2027-01-15T11:00:00.000Z"
    assert (await host.put(f"{path}/end-time", json={"ends_at": None})).json()["ends_at"] is None
    assert (await host.post(f"{path}/extend")).json()["ends_at"] == "2027-01-15T08:30:00.000Z"


async def test_no_more_than_a_day_is_added_and_an_ended_conference_has_no_time(host: httpx.AsyncClient) -> None:
    path = f"/conferences/{(await opened(host))['id']}"
    assert (await host.post(f"{path}/extend", json={"minutes": 1441})).status_code == 422
    await host.post(f"{path}/end")
    assert (await host.post(f"{path}/extend")).status_code == 409


async def test_a_participant_shows_whether_the_line_is_encrypted(host: httpx.AsyncClient, region: Region) -> None:
    made = await opened(host)
    await region.joins(str(made["id"]), "+46701740605")
    (one,) = (await host.get(f"/conferences/{made['id']}")).json()["participants"]
    assert one["encrypted"] is False
