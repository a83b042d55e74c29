"""Texts and statuses by radio, over the API and from the keeper's terminal."""

import httpx
import pytest

from bridge.domain.kernel.ids import Issi, TerminalName
from bridge.domain.radio.records import PatchState
from bridge.domain.shortdata.commands import SendSds
from bridge.domain.shortdata.events import SdsDelivery, SdsReported, StatusReceived
from bridge.domain.shortdata.records import MESSAGES
from tests.harness.wait import until
from tests.unit.api.region import NOW_S, WAIT_S, Region

COMMANDER = 1_002_001
GROUP = 2001


@pytest.fixture
async def sds(host: httpx.AsyncClient, region: Region) -> httpx.AsyncClient:
    """A region with two terminals, a talkgroup and a function with a radio."""
    await region.terminal("rakel-1", "unregistered")
    await region.terminal("rakel-2", "unregistered")
    await region.talkgroup(GROUP, "RAPS-1")
    await host.post("/organisations", json={"id": "rtj", "name": "Räddningstjänsten"})
    body = {"id": "inre", "organisation_id": "rtj", "name": "Inre befäl", "issis": [COMMANDER, 1_002_002]}
    await host.post("/functions", json=body)
    await host.post("/functions", json={"id": "stumt", "organisation_id": "rtj", "name": "Utan radio"})
    return host


def asked(region: Region) -> SendSds:
    command = region.asked[-1][1]
    assert isinstance(command, SendSds)
    return command


async def test_a_text_is_taken_on_and_its_way_can_be_followed(sds: httpx.AsyncClient, region: Region) -> None:
    answer = await sds.post("/sds", json={"to": COMMANDER, "text": "Samling kl 16 🚒"})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["state"], made["direction"], made["text"]) == ("queued", "out", "Samling kl 16 🚒")
    assert (made["receiver"], made["receiver_name"], made["group"]) == (COMMANDER, "Inre befäl", False)
    assert answer.headers["Location"] == f"/api/v1/sds/{made['id']}"
    await region.terminal("rakel-1")
    await until(lambda: [one.text for one in region.radio.sent] == ["Samling kl 16 🚒"], WAIT_S)
    await region.happened()
    shown = (await sds.get(f"/sds/{made['id']}")).json()
    assert (shown["state"], shown["terminal"], shown["parts_delivered"], shown["delivered_at"]) == (
        "sent", "rakel-1", 0, None,
    )  # fmt: skip
    report = SdsReported(NOW_S, TerminalName("rakel-1"), Issi(COMMANDER), 1, SdsDelivery.DELIVERED)
    await region.happened(report)
    shown = (await sds.get(f"/sds/{made['id']}")).json()
    assert (shown["state"], shown["parts_delivered"], shown["parts"]) == ("delivered", 1, 1)
    assert shown["delivered_at"] is not None
    assert (await sds.get("/sds/none")).status_code == 404


@pytest.mark.parametrize(
    ("to", "group", "meant"),
    [
        (COMMANDER, None, (COMMANDER, False)),
        (str(COMMANDER), None, (COMMANDER, False)),
        ("inre", None, (COMMANDER, False)),
        (GROUP, None, (GROUP, True)),
        (GROUP, False, (GROUP, False)),
        (7_000_000, None, (7_000_000, False)),
    ],
)
async def test_a_radio_a_group_or_a_function_is_meant(
    sds: httpx.AsyncClient, region: Region, to: object, group: bool | None, meant: tuple[int, bool]
) -> None:
    answer = await sds.post("/sds", json={"to": to, "text": "x", **({} if group is None else {"group": group})})
    assert answer.status_code == 201, answer.text
    assert (asked(region).receiver, asked(region).group) == meant


async def test_a_status_is_sent(sds: httpx.AsyncClient) -> None:
    answer = await sds.post("/sds", json={"to": COMMANDER, "status": 32772})
    assert (answer.status_code, answer.json()["status"], answer.json()["text"]) == (201, 32772, None)


async def test_only_terminals_that_may_use_the_group_send_to_it(sds: httpx.AsyncClient, region: Region) -> None:
    await region.talkgroup(2002, "RAPS-2", "rakel-2")
    await sds.post("/sds", json={"to": 2002, "text": "x"})
    assert asked(region).terminals == (TerminalName("rakel-2"),)
    await sds.post("/sds", json={"to": COMMANDER, "text": "x", "terminal": "rakel-1"})
    assert asked(region).terminals == (TerminalName("rakel-1"),)
    await sds.post("/sds", json={"to": COMMANDER, "text": "x"})
    assert asked(region).terminals == ()
    refused = await sds.post("/sds", json={"to": 2002, "text": "x", "terminal": "rakel-1"})
    assert (refused.status_code, refused.json()["field"]) == (422, "terminal")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to": 0, "text": "x"}, "to"),
        ({"to": "okänd", "text": "x"}, "to"),
        ({"to": "stumt", "text": "x"}, "to"),
        ({"to": "inre", "text": "x", "group": True}, "group"),
        ({"to": 999, "text": "x", "group": True}, "to"),
        ({"to": COMMANDER, "text": "  "}, "text"),
        ({"to": COMMANDER, "text": "rad\x1b[2J"}, "text"),
        ({"to": COMMANDER, "text": "bak\u202elänges"}, "text"),
        ({"to": COMMANDER, "text": "x" * 4001}, "text"),
        ({"to": COMMANDER, "text": "x", "terminal": "rakel-9"}, "terminal"),
        ({"to": COMMANDER, "text": "x", "colour": "red"}, "colour"),
    ],
)
async def test_what_cannot_be_sent_is_refused_by_field(
    sds: httpx.AsyncClient, region: Region, body: dict[str, object], field: str
) -> None:
    answer = await sds.post("/sds", json=body)
    assert (answer.status_code, answer.json()["field"].partition(".")[0]) == (422, field)
    assert region.node()[MESSAGES] == {}


@pytest.mark.parametrize("body", [{"to": COMMANDER}, {"to": COMMANDER, "text": "x", "status": 32768}])
async def test_it_is_a_text_or_a_status(sds: httpx.AsyncClient, body: dict[str, object]) -> None:
    answer = await sds.post("/sds", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (422, "give either text or status")


async def test_line_breaks_and_joined_emoji_are_kept(sds: httpx.AsyncClient, region: Region) -> None:
    await sds.post("/sds", json={"to": COMMANDER, "text": "rad 1\r\nrad 2 👩‍🚒"})
    assert asked(region).text == "rad 1\nrad 2 👩‍🚒"


async def test_the_refusal_of_a_long_text_names_the_field(sds: httpx.AsyncClient) -> None:
    answer = await sds.post("/sds", json={"to": COMMANDER, "text": "x" * 4000})
    assert (answer.status_code, answer.json()["field"]) == (422, "text")
    assert "at most 8" in answer.json()["detail"]


async def test_a_text_of_a_conference_that_is_not_open_is_not_sent(sds: httpx.AsyncClient, region: Region) -> None:
    answer = await sds.post("/sds", json={"to": COMMANDER, "text": "x", "conference_id": "cnf-9"})
    assert (answer.status_code, answer.json()["field"]) == (404, "conference_id")
    assert region.node()[MESSAGES] == {}


async def test_an_emergency_alarm_is_not_sent_from_here(sds: httpx.AsyncClient) -> None:
    answer = await sds.post("/sds", json={"to": COMMANDER, "status": 0})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (403, "not_allowed", "status")


async def test_what_came_in_is_listed_by_function_and_unknown_ones_by_number(
    sds: httpx.AsyncClient, region: Region
) -> None:
    meeting = (await sds.post("/conferences", json={"name": "Möte"})).json()["id"]
    await region.text_comes("Hej", COMMANDER, receiver=1001)
    await region.happened(StatusReceived(NOW_S, TerminalName("rakel-1"), Issi(9), 0, GROUP, group=True))
    await region.terminal("rakel-1")
    patch = (await sds.post(f"/conferences/{meeting}/patches", json={"gssi": GROUP, "terminal": "rakel-1"})).json()
    await region.patch_is(patch["id"], PatchState.IDLE)
    await region.text_comes("Till mötet", COMMANDER, receiver=1001)
    await region.terminal("rakel-1", "unregistered")
    await sds.post("/sds", json={"to": COMMANDER, "text": "ut"})
    came = (await sds.get("/sds?direction=in")).json()
    assert {one["text"] for one in came} == {"Hej", "Till mötet", None}
    text, alarm = (next(one for one in came if one["text"] == said) for said in ("Hej", None))
    assert (text["sender_name"], text["receiver_name"]) == ("Inre befäl", "rakel-1")
    assert (alarm["sender"], alarm["sender_name"]) == (9, None)
    assert (alarm["emergency"], alarm["receiver_name"]) == (True, "RAPS-1")
    assert [one["text"] for one in (await sds.get(f"/sds?conference={meeting}")).json()] == ["Till mötet"]
    assert [one["text"] for one in (await sds.get("/sds?state=queued")).json()] == ["ut"]
    assert [one["id"] for one in (await sds.get("/sds?identity=9")).json()] == [alarm["id"]]
    assert (await sds.get("/sds?state=lost")).status_code == 422


async def test_a_stranger_reads_and_sends_nothing(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/api/v1/sds")).status_code == 401
    assert (await stranger.post("/api/v1/sds", json={"to": 1, "text": "x"})).status_code == 401
