"""Texts and statuses by radio, over the API and from the keeper's terminal."""

from dataclasses import replace

import httpx
import pytest

from bridge.domain import commands as c
from bridge.domain.ids import ConferenceId, Gssi, Issi, MessageId, TerminalName
from bridge.domain.model import Message, MessageDirection, MessageState, TerminalView
from tests.unit.api.region import NOW_S, Region

COMMANDER = 1_002_001
GROUP = 2001


@pytest.fixture
async def sds(host: httpx.AsyncClient, region: Region) -> httpx.AsyncClient:
    """A region with two terminals, a talkgroup and a function with a radio."""
    region.terminal("rakel-1")
    region.terminal("rakel-2")
    region.talkgroup(GROUP, "RAPS-1")
    await host.post("/organisations", json={"id": "rtj", "name": "Räddningstjänsten"})
    body = {"id": "inre", "organisation_id": "rtj", "name": "Inre befäl", "issis": [COMMANDER, 1_002_002]}
    await host.post("/functions", json=body)
    await host.post("/functions", json={"id": "stumt", "organisation_id": "rtj", "name": "Utan radio"})
    return host


def asked(region: Region) -> c.SendSds:
    command = region.engine.asked[-1][1]
    assert isinstance(command, c.SendSds)
    return command


async def test_a_text_is_taken_on_and_its_way_can_be_followed(sds: httpx.AsyncClient, region: Region) -> None:
    answer = await sds.post("/sds", json={"to": COMMANDER, "text": "Samling kl 16 🚒"})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["state"], made["direction"], made["text"]) == ("queued", "out", "Samling kl 16 🚒")
    assert (made["receiver"], made["receiver_name"], made["group"]) == (COMMANDER, "Inre befäl", False)
    assert answer.headers["Location"] == f"/api/v1/sds/{made['id']}"
    held = region.engine.state.messages[made["id"]]
    done = replace(held, state=MessageState.DELIVERED, parts=2, delivered=frozenset({1, 2}), delivered_at_s=NOW_S)
    region.engine.keep(messages={held.id: done})
    shown = (await sds.get(f"/sds/{made['id']}")).json()
    assert (shown["state"], shown["parts_delivered"], shown["parts"]) == ("delivered", 2, 2)
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
    region.talkgroup(2002, "RAPS-2", "rakel-2")
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
    assert region.engine.state.messages == {}


@pytest.mark.parametrize("body", [{"to": COMMANDER}, {"to": COMMANDER, "text": "x", "status": 32768}])
async def test_it_is_a_text_or_a_status(sds: httpx.AsyncClient, body: dict[str, object]) -> None:
    answer = await sds.post("/sds", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (422, "give either text or status")


async def test_line_breaks_and_joined_emoji_are_kept(sds: httpx.AsyncClient, region: Region) -> None:
    await sds.post("/sds", json={"to": COMMANDER, "text": "rad 1\r\nrad 2 👩‍🚒"})
    assert asked(region).text == "rad 1\nrad 2 👩‍🚒"


async def test_the_refusal_of_a_long_text_names_the_field(sds: httpx.AsyncClient, region: Region) -> None:
    region.engine.refusal = c.Refused("invalid", "the text needs 9 messages and at most 8 are sent", "text")
    answer = await sds.post("/sds", json={"to": COMMANDER, "text": "x" * 1100})
    assert (answer.status_code, answer.json()["field"]) == (422, "text")
    assert "at most 8" in answer.json()["detail"]


async def test_what_came_in_is_listed_by_function_and_unknown_ones_by_number(
    sds: httpx.AsyncClient, region: Region
) -> None:
    own = TerminalView(TerminalName("rakel-1"), "ready", issi=Issi(1001))
    region.engine.keep(terminals={own.name: own})
    known = Message(
        MessageId("sds-in"), MessageDirection.IN, MessageState.RECEIVED, NOW_S, 1001, sender=Issi(COMMANDER), text="Hej"
    )
    alarm = replace(
        known, id=MessageId("sds-alarm"), sender=Issi(9), receiver=Gssi(GROUP), group=True, text=None, status=0
    )
    meeting = replace(known, id=MessageId("sds-meeting"), conference=ConferenceId("cnf-1"))
    region.messages = {one.id: one for one in (known, alarm, meeting)}
    await sds.post("/sds", json={"to": COMMANDER, "text": "ut"})
    shown = {one["id"]: one for one in (await sds.get("/sds?direction=in")).json()}
    assert set(shown) == {"sds-in", "sds-alarm", "sds-meeting"}
    assert (shown["sds-in"]["sender_name"], shown["sds-in"]["receiver_name"]) == ("Inre befäl", "rakel-1")
    assert (shown["sds-alarm"]["sender"], shown["sds-alarm"]["sender_name"]) == (9, None)
    assert (shown["sds-alarm"]["emergency"], shown["sds-alarm"]["receiver_name"]) == (True, "RAPS-1")
    assert [one["id"] for one in (await sds.get("/sds?conference=cnf-1")).json()] == ["sds-meeting"]
    assert [one["text"] for one in (await sds.get("/sds?state=queued")).json()] == ["ut"]
    assert [one["id"] for one in (await sds.get("/sds?identity=9")).json()] == ["sds-alarm"]
    assert (await sds.get("/sds?state=lost")).status_code == 422


async def test_a_stranger_reads_and_sends_nothing(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/api/v1/sds")).status_code == 401
    assert (await stranger.post("/api/v1/sds", json={"to": 1, "text": "x"})).status_code == 401
