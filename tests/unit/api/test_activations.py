"""A list is called in, once, and every target is seen."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest

from bridge.domain.callout.records import ACTIVATIONS, TargetState
from bridge.domain.conference.records import CONFERENCES
from tests.harness.wait import until
from tests.unit.api.region import WAIT_S, Region, questions


@pytest.fixture
async def listed(host: httpx.AsyncClient) -> httpx.AsyncClient:
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    for key, numbers in (("tib", ["08-465 004 01", "08-465 004 02"]), ("rkk", [])):
        body = {"id": key, "organisation_id": "lst", "name": key.upper(), "numbers": numbers}
        await host.post("/functions", json=body)
    times = {"ring_s": 20, "rounds": 2}
    body = {"id": "regional", "name": "Regional samverkan", "function_ids": ["tib", "rkk"]}
    await host.post("/activation-lists", json={**body, **times})
    return host


async def test_a_list_is_called_to_a_new_conference(listed: httpx.AsyncClient, region: Region) -> None:
    answer = await listed.post("/activations", json={"activation_list_id": "regional"})
    assert answer.status_code == 201
    activation = answer.json()
    assert answer.headers["location"] == f"/api/v1/activations/{activation['id']}"
    conference = (await listed.get(f"/conferences/{activation['conference_id']}")).json()
    assert (conference["name"], len(conference["code"])) == ("Regional samverkan", 8)
    assert (activation["state"], activation["started_by"]) == ("open", "operator")
    assert [(one["function"], one["state"], one["reason"]) for one in activation["targets"]] == [
        ("TIB", "calling", None),
        ("RKK", "unreachable", "no number is known"),
    ]
    assert activation["counters"] == {
        **dict.fromkeys((state.value for state in TargetState if state is not TargetState.STANDBY), 0),
        "calling": 1,
        "unreachable": 1,
        "done": 1,
        "total": 2,
    }
    held = region.node()[ACTIVATIONS][activation["id"]]
    assert (held.ring_s, held.rounds, held.round_pause_s) == (20, 2, 90)


async def test_a_deputy_is_on_the_board_once_the_function_itself_does_not_come(
    listed: httpx.AsyncClient, region: Region
) -> None:
    deputy = {"id": "dep", "organisation_id": "lst", "name": "Ersättare", "numbers": ["08-465 004 03"]}
    await listed.post("/functions", json=deputy)
    own = {"organisation_id": "lst", "name": "TIB", "numbers": ["08-465 004 01"], "deputy_ids": ["dep", "rkk"]}
    (await listed.put("/functions/tib", json=own)).raise_for_status()
    activation = (await listed.post("/activations", json={"activation_list_id": "regional"})).json()
    assert [one["function_id"] for one in activation["targets"]] == ["tib", "rkk"]
    await region.answers("+46846500401", "3")
    await region.is_rung("+46846500403")
    board = (await listed.get(f"/activations/{activation['id']}")).json()
    assert [(one["function"], one["state"], one["deputy_for"]) for one in board["targets"]] == [
        ("TIB", "cannot", None),
        ("RKK", "unreachable", None),
        ("Ersättare", "calling", activation["targets"][0]["id"]),
    ]
    assert board["counters"]["total"] == 3


async def test_the_same_key_gives_the_same_activation_and_no_second_conference(
    listed: httpx.AsyncClient, region: Region
) -> None:
    first = await listed.post("/activations", json={"list_id": "regional", "key": "storm-1"})
    again = await listed.post("/activations", json={"list_id": "regional", "key": "storm-1"})
    header = await listed.post("/activations", json={"list_id": "regional"}, headers={"Idempotency-Key": "storm-1"})
    assert [one.status_code for one in (first, again, header)] == [201, 200, 200]
    assert first.json() == again.json() == header.json()
    assert len(region.node()[CONFERENCES]) == len(region.node()[ACTIVATIONS]) == 1


async def test_ten_at_once_with_one_key_are_one(listed: httpx.AsyncClient, region: Region) -> None:
    body = {"list_id": "regional", "key": "storm-1"}
    answers = await asyncio.gather(*(listed.post("/activations", json=body) for _ in range(10)))
    assert sorted(one.status_code for one in answers) == [200] * 9 + [201]
    assert len(region.node()[CONFERENCES]) == 1


async def test_a_key_of_a_finished_activation_starts_nothing(listed: httpx.AsyncClient, region: Region) -> None:
    made = (await listed.post("/activations", json={"list_id": "regional", "key": "storm-1"})).json()
    await region.is_called_in("+46846500401")
    await listed.post(f"/conferences/{made['conference_id']}/end")
    await until(lambda: region.node()[ACTIVATIONS] == {}, WAIT_S)
    again = await listed.post("/activations", json={"list_id": "regional", "key": "storm-1"})
    assert (again.status_code, again.json()["state"], len(again.json()["targets"])) == (200, "done", 2)
    assert len((await listed.get("/activations")).json()) == 1
    assert (await listed.get("/conferences")).json() == []


async def test_a_list_is_called_to_an_open_conference(listed: httpx.AsyncClient) -> None:
    conference = (await listed.post("/conferences", json={"name": "Möte", "exercise": True})).json()["id"]
    body = {"list_id": "regional", "conference_id": conference, "ring_s": 45}
    activation = (await listed.post("/activations", json=body)).json()
    assert (activation["conference_id"], activation["exercise"]) == (conference, True)
    shown = (await listed.get("/activations", params={"conference": conference})).json()
    assert [one["id"] for one in shown] == [activation["id"]]
    assert (await listed.get("/activations", params={"conference": "other"})).json() == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "activation_list_id"),
        ({"list_id": "none"}, 422, "activation_list_id"),
        ({"list_id": "regional", "conference_id": "none"}, 404, None),
        ({"list_id": "regional", "ring_s": 4}, 422, "ring_s"),
        ({"list_id": "regional", "rounds": 99}, 422, "rounds"),
        ({"list_id": "regional", "key": "a b"}, 422, "key"),
        ({"list_id": "regional", "numbers": ["08"]}, 422, "numbers"),
    ],
)
async def test_nothing_starts_on_a_bad_request(
    listed: httpx.AsyncClient, region: Region, body: dict[str, object], status: int, field: str | None
) -> None:
    answer = await listed.post("/activations", json=body)
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert region.asked == []


async def test_an_empty_list_and_an_ended_conference_are_refused(listed: httpx.AsyncClient) -> None:
    await listed.post("/activation-lists", json={"id": "empty", "name": "Tom"})
    assert (await listed.post("/activations", json={"list_id": "empty"})).status_code == 422
    conference = (await listed.post("/conferences", json={"name": "Möte"})).json()["id"]
    await listed.post(f"/conferences/{conference}/end")
    answer = await listed.post("/activations", json={"list_id": "regional", "conference_id": conference})
    assert (answer.status_code, answer.json()["code"]) == (409, "ended")


async def test_a_refused_start_leaves_no_empty_conference_behind(listed: httpx.AsyncClient, region: Region) -> None:
    region.disk.is_full = True
    answer = await listed.post("/activations", json={"list_id": "regional"})
    assert answer.status_code == 503
    region.disk.is_full = False
    assert await region.codes_in_use() == 0
    assert (await listed.get("/conferences")).json() == []


async def test_the_board_shows_who_is_called_and_why_not(listed: httpx.AsyncClient, region: Region) -> None:
    activation = (await listed.post("/activations", json={"list_id": "regional"})).json()
    await region.call_ends(await region.is_rung("+46846500401"), cause=17)
    await region.is_rung("+46846500402")
    shown = (await listed.get(f"/activations/{activation['id']}")).json()["targets"][0]
    assert (shown["state"], shown["calling"], shown["reason"]) == ("calling", "+46846500402", "busy")
    assert [(one["number"], one["state"], one["result"], one["cause"]) for one in shown["attempts"]] == [
        ("+46846500401", "ended", "busy", 17),
        ("+46846500402", "ringing", None, None),
    ]


async def test_who_presses_one_is_in_the_conference_as_the_function(listed: httpx.AsyncClient, region: Region) -> None:
    activation = (await listed.post("/activations", json={"list_id": "regional"})).json()
    participant = await region.is_called_in("+46846500401")
    (shown,) = (await listed.get(f"/conferences/{activation['conference_id']}/participants")).json()
    assert (shown["id"], shown["function"], shown["organisation"], shown["state"]) == (
        participant, "TIB", "Länsstyrelsen", "present",
    )  # fmt: skip
    board = (await listed.get(f"/activations/{activation['id']}")).json()
    assert (board["state"], board["targets"][0]["state"], board["counters"]["joined"]) == ("done", "joined", 1)


async def test_two_lists_of_one_name_are_two_call_outs(listed: httpx.AsyncClient, region: Region) -> None:
    await listed.post("/functions", json={"id": "b", "organisation_id": "lst", "name": "B", "numbers": ["08-46500403"]})
    body = {"id": "another", "name": "Regional samverkan", "function_ids": ["b"]}
    await listed.post("/activation-lists", json=body)
    conference = (await listed.post("/conferences", json={"name": "Möte"})).json()["id"]
    boards = [
        (await listed.post("/activations", json={"list_id": key, "conference_id": conference})).json()
        for key in ("regional", "another")
    ]
    assert [[one["function"] for one in board["targets"]] for board in boards] == [["TIB", "RKK"], ["B"]]
    await region.is_rung("+46846500401")
    await region.is_rung("+46846500403")


async def test_the_same_list_again_to_the_same_conference_is_the_call_out_that_runs(listed: httpx.AsyncClient) -> None:
    conference = (await listed.post("/conferences", json={"name": "Möte"})).json()["id"]
    body = {"list_id": "regional", "conference_id": conference}
    first, again = [await listed.post("/activations", json=body) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    await listed.post(f"/activations/{first.json()['id']}/cancel")
    assert (await listed.post("/activations", json=body)).status_code == 201


async def test_a_new_conference_has_the_defaults_of_the_lists_forum(listed: httpx.AsyncClient) -> None:
    body = {"id": "isf", "name": "ISF", "activation_list_id": "regional", "recorded": False, "language": "en"}
    await listed.post("/forums", json=body)
    for named, name in (({}, "ISF"), ({"name": "Storm"}, "Storm")):
        made = (await listed.post("/activations", json={"list_id": "regional", **named})).json()
        conference = (await listed.get(f"/conferences/{made['conference_id']}")).json()
        assert (conference["name"], conference["forum"], conference["language"]) == (name, "isf", "en")
        assert (conference["recording"]["wanted"], made["list_name"]) == (False, "Regional samverkan")


async def test_a_crash_leaves_both_conference_and_call_out_or_neither(
    listed: httpx.AsyncClient, region: Region
) -> None:
    """The one wish is one commit: the program dies right after it, before anybody is answered."""
    await listed.post("/activations", json={"list_id": "regional", "key": "storm-1"})
    (conference,) = region.node()[CONFERENCES]
    await region.restart()
    assert list(region.node()[CONFERENCES]) == [conference]
    again = await listed.post("/activations", json={"list_id": "regional", "key": "storm-1"})
    assert (again.status_code, again.json()["conference_id"]) == (200, conference)
    assert await region.codes_in_use() == 2
    commits = [row.action for row in await region.audited() if row.action in ("conference.open", "activation.start")]
    assert commits == ["conference.open", "activation.start"]


async def test_what_is_not_decided_in_time_keeps_its_codes(
    listed: httpx.AsyncClient, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may still be carried out: a conference without codes would let nobody in."""
    monkeypatch.setattr("bridge.service.use_case.ANSWER_S", 0.05)
    region.hangs = True
    answer = await listed.post("/conferences", json={"name": "Möte"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert await region.codes_in_use() == 2


async def test_a_page_of_call_outs_is_read_in_a_few_questions(listed: httpx.AsyncClient) -> None:
    for number in range(6):
        await listed.post("/activations", json={"list_id": "regional", "key": f"key-{number}"})
    counts = []
    for limit in (1, 6):
        with questions() as asked:
            assert len((await listed.get("/activations", params={"limit": limit})).json()) == limit
        counts.append(len(asked))
    assert counts[0] == counts[1]


async def test_an_activation_is_cancelled(listed: httpx.AsyncClient) -> None:
    activation = (await listed.post("/activations", json={"list_id": "regional"})).json()["id"]
    assert (await listed.post(f"/activations/{activation}/cancel")).json()["state"] == "cancelled"
    assert (await listed.post("/activations/none/cancel")).status_code == 404
    assert (await listed.get("/activations/none")).status_code == 404


async def test_the_forecast_tells_how_many_are_called_by_when_and_what_is_narrowest(
    listed: httpx.AsyncClient, region: Region
) -> None:
    activation = (await listed.post("/activations", json={"activation_list_id": "regional"})).json()
    found = (await listed.get(f"/activations/{activation['id']}/forecast")).json()
    assert (found["called"], found["left"], found["limit"]) == (1, 0, "nothing")
    assert [one["in_s"] for one in found["points"]] == [60, 300, 900, 3600]
    assert found["reason"] == "every function has been called"
    assert (await listed.get("/activations/nobody/forecast")).status_code == 404


async def test_a_call_out_has_the_deadline_and_the_quorum_of_its_list_or_its_own(
    listed: httpx.AsyncClient, region: Region
) -> None:
    list_ = (await listed.get("/activation-lists/regional")).json()
    changed = {**list_, "level": "60_min", "quorum": 1, "stops_at_quorum": True}
    (await listed.put("/activation-lists/regional", json=changed)).raise_for_status()
    shown = (await listed.post("/activations", json={"list_id": "regional"})).json()
    assert {name: shown[name] for name in ("level", "quorum", "stops_at_quorum", "quorum_at", "late")} == {
        "level": "60_min",
        "quorum": 1,
        "stops_at_quorum": True,
        "quorum_at": None,
        "late": False,
    }
    assert datetime.fromisoformat(shown["due_at"]) - datetime.fromisoformat(shown["started_at"]) == timedelta(hours=1)
    await region.answers("+46846500401", "1")

    async def is_done() -> bool:
        return bool((await listed.get(f"/activations/{shown['id']}")).json()["quorum_at"])

    await until(is_done, WAIT_S)
    own = {"list_id": "regional", "level": "2_h", "quorum": 2, "stops_at_quorum": False}
    other = (await listed.post("/activations", json=own)).json()
    assert (other["level"], other["quorum"], other["stops_at_quorum"]) == ("2_h", 2, False)
    assert (await listed.post("/activations", json={"list_id": "regional", "level": "soon"})).status_code == 422


async def test_lists_of_several_levels_are_one_call_out_in_which_each_level_is_judged_by_itself(
    listed: httpx.AsyncClient, region: Region
) -> None:
    """A function on both lists is rung once, at the more urgent level."""
    list_ = (await listed.get("/activation-lists/regional")).json()
    for name, number in (("kbi", "+46846500403"), ("press", "+46846500404")):
        made = {"id": name, "organisation_id": "lst", "name": name, "numbers": [number]}
        (await listed.post("/functions", json=made)).raise_for_status()
    direct = {"id": "direkt", "name": "Direkt", "function_ids": ["kbi", "tib"], "level": "direct", "quorum": 1}
    (await listed.post("/activation-lists", json=direct)).raise_for_status()
    changed = {**list_, "function_ids": ["tib", "press"], "level": "2_h"}
    (await listed.put("/activation-lists/regional", json=changed)).raise_for_status()
    looked = (await listed.get("/activations/review/regional", params={"also": "direkt"})).json()
    assert [one["level"] for one in looked["functions"]] == ["direct", "direct", "2_h"]
    assert [(one["level"], one["left"]) for one in looked["forecast"]["levels"]] == [("direct", 2), ("2_h", 1)]

    asked = {"list_id": "regional", "also": [{"list_id": "direkt"}], "key": "storm"}
    answer = await listed.post("/activations", json=asked)
    shown = answer.json()
    assert (answer.status_code, shown["list_name"], shown["level"]) == (201, f"{list_['name']} + Direkt", None)
    assert [(one["level"], one["needed"], one["total"]) for one in shown["levels"]] == [("direct", 1, 2), ("2_h", 1, 1)]
    assert [(one["function_id"], one["level"]) for one in shown["targets"]] == [
        ("kbi", "direct"),
        ("tib", "direct"),
        ("press", "2_h"),
    ]
    began, due = (datetime.fromisoformat(shown[name]) for name in ("started_at", "due_at"))
    assert due - began == timedelta(hours=2)
    assert shown["targets"][2]["due_at"] == shown["due_at"] == shown["levels"][1]["due_at"]
    await region.answers("+46846500403", "1")

    async def has_its_quorum() -> bool:
        return bool((await listed.get(f"/activations/{shown['id']}")).json()["levels"][0]["quorum_at"])

    await until(has_its_quorum, WAIT_S)
    found = (await listed.get(f"/activations/{shown['id']}/forecast")).json()["levels"]
    assert [(one["level"], one["came"], one["quorum"]) for one in found] == [
        ("direct", 1, "reached"),
        ("2_h", 0, "none"),
    ]
    for again in (asked, {"list_id": "direkt", "conference_id": shown["conference_id"]}):
        answer = await listed.post("/activations", json=again)
        assert (answer.status_code, answer.json()["id"]) == (200, shown["id"]), "it is called out already"
    unknown = await listed.post("/activations", json={**asked, "key": "x", "also": [{"list_id": "no"}]})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "also")
    sheet = (await listed.get(f"/activations/{shown['id']}/report.csv")).text
    assert "within 2 hours" in sheet
    paper = await listed.get(f"/activations/{shown['id']}/report.pdf")
    assert (paper.status_code, paper.content[:4]) == (200, b"%PDF")
    before = (await listed.get(f"/activations/{shown['id']}")).json()["levels"]
    await region.restart()
    assert (await listed.get(f"/activations/{shown['id']}")).json()["levels"] == before, "they are on disk"


async def test_a_list_that_is_not_called_out_yet_is_called_out_though_another_of_the_order_is(
    listed: httpx.AsyncClient,
) -> None:
    first = (await listed.post("/activations", json={"list_id": "regional"})).json()
    await listed.post(
        "/functions",
        json={"id": "kbi", "organisation_id": "lst", "name": "KBI", "numbers": ["+46846500403"]},
    )
    (await listed.post("/activation-lists", json={"id": "b", "name": "B", "function_ids": ["kbi"]})).raise_for_status()
    both = {"list_id": "regional", "also": [{"list_id": "b"}], "conference_id": first["conference_id"]}
    answer = await listed.post("/activations", json=both)
    assert (answer.status_code, answer.json()["counters"]["total"]) == (201, 3)
    assert (await listed.get(f"/activations/{first['id']}")).json()["state"] == "open"


async def test_a_second_person_approves_what_waits_and_the_starter_is_told_and_cannot(
    host: httpx.AsyncClient, region: Region
) -> None:
    region.trunk = replace(region.trunk, prefixes=("+",))
    await region.restart()
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    await host.post(
        "/functions", json={"id": "no", "organisation_id": "lst", "name": "Oslo", "numbers": ["+4721555501"]}
    )
    await host.post("/activation-lists", json={"id": "norge", "name": "Norge", "function_ids": ["no"]})
    started = (await host.post("/activations", json={"activation_list_id": "norge"})).json()
    assert (started["awaits_approval"], started["approved_by"]) == (True, None)
    [target] = started["targets"]
    assert (target["state"], target["reason_code"]) == ("waiting", "new_range_needs_approval")
    path = f"/activations/{started['id']}/approve"
    refused = await host.post(path)
    assert (refused.status_code, refused.json()["reason"]) == (403, "second_person_needed")
    token = await region.tokens.issue("anna")
    approved = await host.post(path, headers={"Authorization": f"Bearer {token}"})
    assert approved.status_code == 200
    shown = approved.json()
    assert (shown["awaits_approval"], shown["approved_by"]) == (False, "anna")
    assert [one["state"] for one in shown["targets"]] == ["calling"]
    assert (await host.post("/activations/act-unknown/approve")).status_code == 404
