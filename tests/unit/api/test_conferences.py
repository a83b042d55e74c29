"""A host opens a conference, reads it back, and steers it."""

import httpx
import pytest

from bridge.domain.commands import Refused
from bridge.domain.model import Role
from tests.unit.api.region import Region


async def opened(host: httpx.AsyncClient, **more: object) -> dict[str, object]:
    answer = await host.post("/conferences", json={"name": "Lägesmöte storm", **more})
    assert answer.status_code == 201, answer.text
    body: dict[str, object] = answer.json()
    return body


async def test_a_new_conference_reads_back_all_that_the_contract_names(host: httpx.AsyncClient) -> None:
    conference = await opened(host)
    read = (await host.get(f"/conferences/{conference['id']}")).json()
    assert read == conference
    assert read["number"] == "+4685555555"
    assert read["number_spoken"] == "08-555 55 55"
    assert (read["code"], read["host_code"]) == ("47110000", "88220000")
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
    assert len(region.engine.state.conferences) == 1


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
    region.engine.refusal = Refused("unavailable", "asterisk is not connected", retry=True)
    answer = await host.post("/conferences", json={"name": "X"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert region.codes == {}


async def test_lock_record_and_end(host: httpx.AsyncClient, region: Region) -> None:
    path = f"/conferences/{(await opened(host))['id']}"
    assert (await host.post(f"{path}/lock")).json()["locked"] is True
    assert (await host.post(f"{path}/lock", json={"locked": False})).json()["locked"] is False
    assert (await host.post(f"{path}/recording")).json()["on"] is True
    assert (await host.post(f"{path}/recording", json={"on": False})).json()["on"] is False
    await host.post(f"{path}/recording")
    assert (await host.delete(f"{path}/recording")).json()["state"] == "off"
    assert (await host.get(f"{path}/recording")).json()["state"] == "off"
    ended = (await host.post(f"{path}/end")).json()
    assert (ended["state"], ended["code"]) == ("ended", None)
    assert region.codes == {}
    assert (await host.post(f"{path}/end")).status_code == 200


async def test_an_ended_conference_takes_no_more_orders_and_leaves_the_list(host: httpx.AsyncClient) -> None:
    path = f"/conferences/{(await opened(host))['id']}"
    await host.post(f"{path}/end")
    answer = await host.post(f"{path}/lock")
    assert (answer.status_code, answer.json()["code"]) == (409, "ended")
    assert (await host.get("/conferences")).json() == []
    assert len((await host.get("/conferences", params={"ended": True})).json()) == 1


async def test_an_ended_conference_is_found_in_the_archive(host: httpx.AsyncClient, region: Region, tmp_path) -> None:  # type: ignore[no-untyped-def]
    region.recorded(tmp_path / "a.flac")
    assert (await host.get("/conferences/cnf-past")).json()["state"] == "ended"
    assert (await host.post("/conferences/cnf-past/end")).status_code == 200


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("not_found", 404),
        ("ended", 409),
        ("not_allowed", 409),
        ("conflict", 409),
        ("invalid", 422),
        ("unavailable", 503),
    ],
)
async def test_every_refusal_has_its_status(host: httpx.AsyncClient, region: Region, code: str, status: int) -> None:
    path = f"/conferences/{(await opened(host))['id']}"
    region.engine.refusal = Refused(code, "because", field="locked")
    answer = await host.post(f"{path}/lock")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["detail"], body["field"], body["status"]) == (code, "because", "locked", status)


async def test_who_asked_reaches_the_engine(host: httpx.AsyncClient, region: Region) -> None:
    await opened(host)
    assert [actor for actor, _ in region.engine.asked] == ["operator"]


async def test_a_participant_is_muted_unmuted_and_removed(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    participant = region.joins(str(conference), "Inre befäl", talking=True)
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
    participant = region.joins(str(first), "A")
    answer = await host.post(f"/conferences/{second}/participants/{participant}/mute")
    assert answer.status_code == 404
    assert region.engine.state.participants[participant].muted is False  # type: ignore[index]


async def test_mute_all_spares_the_host(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    region.joins(str(conference), "TiB", Role.HOST)
    region.joins(str(conference), "Kommun")
    shown = (await host.post(f"/conferences/{conference}/mute-all")).json()["participants"]
    assert [(one["name"], one["muted"]) for one in shown] == [("TiB", False), ("Kommun", True)]


async def test_the_floor_is_asked_for_given_in_order_and_taken(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    first, second = region.joins(str(conference), "A"), region.joins(str(conference), "B")
    path = f"/conferences/{conference}/floor"
    assert (await host.put(path, json={"mode": "queue"})).json()["mode"] == "queue"
    await host.post(f"{path}/queue", json={"participant": second})
    assert (await host.post(f"{path}/queue", json={"participant": first})).json()["queue"] == [second, first]
    assert (await host.post(f"{path}/give")).json()["holder"] == second
    assert (await host.post(f"{path}/take")).json()["holder"] is None
    given = (await host.post(f"{path}/give", json={"participant": first})).json()
    assert (given["holder"], given["queue"]) == (first, [])
    assert (await host.get(path)).json() == given
    refused = await host.post(f"{path}/give")
    assert (refused.status_code, refused.json()["detail"]) == (409, "nobody waits for the word")


async def test_the_floor_by_one_address_and_an_action(host: httpx.AsyncClient, region: Region) -> None:
    conference = (await opened(host))["id"]
    participant = region.joins(str(conference), "A")
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
    assert region.engine.state.activations == {}


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
