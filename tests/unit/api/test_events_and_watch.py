"""Those who look on: live events, health, metrics, and the pages."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import httpx
import pytest
from fastapi.sse import ServerSentEvent

from bridge.api.routes.events import with_beats
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import WELL
from bridge.domain.kernel.replies import Reply
from bridge.domain.telephony.events import TelephonyDown
from bridge.ports import Change
from bridge.rakel.reasons import LineReason, TerminalReason
from tests.harness.reasons import because
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import NOW_S, Region
from tests.unit.api.serving import served


def changed(*numbers: int, conference: str = "cnf-1") -> list[Change]:
    return [Change(number, NOW_S, "participant", f"prt-{number}", ConferenceId(conference)) for number in numbers]


def told(text: str) -> list[tuple[str, str, object]]:
    events = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            events.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return events


@dataclass
class Log:
    """`Control` of a program that has told so much, and is silent then."""

    told: Sequence[Change]

    async def ask(self, actor: Principal, command: Command) -> Reply:
        raise AssertionError(command)

    def node(self) -> Node:
        return Node()

    async def changes(self, after: int | None = None) -> AsyncIterator[Change]:
        for change in self.told:
            if after is None or change.number > after:
                yield change

    def number(self) -> int:
        return self.told[-1].number


async def read(
    region: Region, told_so_far: Sequence[Change], query: str = "", last: str | None = None
) -> httpx.Response:
    parts = region.parts(control=Log(told_so_far))
    headers = {b"Authorization": f"Bearer {region.operator}".encode()}
    if last is not None:
        headers[b"Last-Event-ID"] = last.encode()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(region.app(parts=parts)), base_url=ADDRESS) as client:
        return await client.get(f"/api/v1/events{query}", headers=headers)


async def test_what_changes_is_told_as_it_happens(region: Region) -> None:
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with (
        served(region) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers) as client,
        client.stream("GET", "/events") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == ": connected"
        made = (await client.post("/conferences", json={"name": "Möte"})).json()["id"]
        data = json.loads((await anext(line async for line in lines if line.startswith("data:")))[5:])
    assert (data["kind"], data["id"], data["conference_id"]) == ("conference", made, made)


async def test_a_beat_comes_while_nothing_happens_and_changes_come_in_order_among_them() -> None:
    go_on = asyncio.Event()

    async def changes() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(event="change", id="1", data={})
        await go_on.wait()
        yield ServerSentEvent(event="change", id="2", data={})

    events = with_beats(changes(), 0.01)
    told = [await anext(events) for _ in range(4)]
    go_on.set()
    told += [event async for event in events]
    assert [event.id for event in told if event.event == "change"] == ["1", "2"]
    assert [event.id for event in told if event.event == "beat"][:3] == [None] * 3


async def test_a_reader_goes_on_where_they_were(region: Region) -> None:
    answer = await read(region, changed(1, 2, 3), last="1")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = told(answer.text)
    assert [(kind, number) for kind, number, _ in events] == [("change", "2"), ("change", "3")]
    assert events[0][2] == {
        "number": 2,
        "at": "2027-01-15T08:00:00.000Z",
        "kind": "participant",
        "id": "prt-2",
        "conference_id": "cnf-1",
    }


async def test_a_reader_who_was_away_too_long_must_read_all_again(region: Region) -> None:
    events = told((await read(region, changed(500, 501), last="3")).text)
    assert [(kind, number) for kind, number, _ in events] == [("reset", "499"), ("change", "500"), ("change", "501")]


async def test_after_a_restart_the_reader_is_told_at_once_to_read_all_again(region: Region) -> None:
    events = told((await read(region, changed(1), last="9000")).text)
    assert [(kind, number) for kind, number, _ in events] == [("reset", "1")]


@pytest.mark.parametrize("last", ["abc", "-1", "١"])
async def test_a_strange_last_event_id_is_none(region: Region, last: str) -> None:
    assert [one[0] for one in told((await read(region, changed(1), last=last)).text)] == ["change"]


async def test_a_reader_of_one_conference_hears_of_no_other(region: Region) -> None:
    log = [*changed(1), *changed(2, conference="cnf-2"), *changed(3)]
    events = told((await read(region, log, "?conference=cnf-1&after=0")).text)
    assert [number for _, number, _ in events] == ["1", "3"]


async def test_healthy_ready_and_not(stranger: httpx.AsyncClient, region: Region) -> None:
    assert (await stranger.get("/healthz")).status_code == 200
    ready = await stranger.get("/readyz")
    parts = {"asterisk": "ok", "break glass": "ok", "codes": "ok", "database": "ok", "engine": "ok"}
    none = {priority: {"active": 0, "unacknowledged": 0} for priority in ("P1", "P2", "P3")}
    assert (ready.status_code, ready.json()) == (
        200,
        {"ready": True, "degraded": [], "parts": parts, "alarms": none, "reasons": {}},
    )
    await region.happened(TelephonyDown(NOW_S, because("does not answer: samband asterisk start")))
    ready = await stranger.get("/readyz")
    assert (ready.status_code, ready.json()["parts"]["asterisk"]) == (503, "does not answer: samband asterisk start")


async def test_an_unplugged_terminal_is_named_and_meetings_go_on(stranger: httpx.AsyncClient, region: Region) -> None:
    absent = LineReason.NOT_THERE(url="/dev/ttyUSB0", evidence="lines of this machine: /dev/ttyS0")
    region.radio.told["terminal rakel-1"] = TerminalReason.NOT_READY(state="absent", cause=absent)
    ready = await stranger.get("/readyz")
    assert (ready.status_code, ready.json()["degraded"]) == (200, ["terminal rakel-1"])
    why = ready.json()["reasons"]["terminal rakel-1"]
    assert (why["code"], why["data"]["state"], why["data"]["cause"]["code"]) == (
        "terminal_is",
        "absent",
        "line_not_there",
    )
    assert "this machine" not in ready.text, "what a device says is for those who hold a token"


async def test_of_two_who_tell_of_one_part_neither_hides_the_others_trouble(
    stranger: httpx.AsyncClient, region: Region
) -> None:
    absent = LineReason.NOT_THERE(url="/dev/ttyUSB0", evidence="")
    region.radio.told["asterisk"] = WELL
    await region.happened(TelephonyDown(NOW_S, because("does not answer")))
    assert (await stranger.get("/readyz")).json()["degraded"] == ["asterisk"]
    region.radio.told["database"] = absent
    assert sorted((await stranger.get("/readyz")).json()["degraded"]) == ["asterisk", "database"]


async def test_metrics_count_what_goes_on_and_name_nobody(host: httpx.AsyncClient, region: Region) -> None:
    await region.terminal("rakel-1")
    conference = (await host.post("/conferences", json={"name": "Hemligt namn"})).json()
    await region.joins(conference["id"], "Inre befäl")
    text = (await host.get(f"{ADDRESS}/metrics")).text
    for line in (
        'samband_conferences{state="active"} 1.0',
        'samband_participants{kind="phone"} 1.0',
        'samband_terminal_info{state="ready",terminal="rakel-1"} 1.0',
        "samband_telephony_up 1.0",
        "samband_words_missing_total ",
        'samband_part_ready{part="asterisk"} 1.0',
        'samband_http_request_seconds_count{method="POST",route="/api/v1/conferences",status="201"} 1.0',
    ):
        assert line in text
    for secret in ("Hemligt namn", "Inre befäl", conference["code"], conference["id"]):
        assert secret not in text


async def test_strange_addresses_make_no_new_metric(host: httpx.AsyncClient) -> None:
    for path in ("/x1", "/x2", "/x3"):
        assert (await host.get(ADDRESS + path)).status_code == 404
    text = (await host.get(f"{ADDRESS}/metrics")).text
    assert "/x1" not in text
    assert 'method="none",route="none",status="404"} 3.0' in text


@pytest.mark.slow
async def test_the_interface_describes_itself(stranger: httpx.AsyncClient) -> None:
    schema = (await stranger.get("/openapi.json")).json()
    assert {"/api/v1/conferences/{conference}/floor", "/api/v1/events", "/api/v1/functions/{key}"} <= set(
        schema["paths"]
    )
    assert (await stranger.get("/docs")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/recordings"])
async def test_a_page_is_shown_to_those_who_are_logged_in(
    stranger: httpx.AsyncClient, region: Region, path: str
) -> None:
    assert (await stranger.get(path)).headers["location"] == "/login"
    await stranger.post("/login", data={"token": region.operator}, headers={"Sec-Fetch-Site": "same-origin"})
    page = await stranger.get(path)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "<script>" not in page.text
    assert " style=" not in page.text


async def test_the_page_speaks_the_users_language(stranger: httpx.AsyncClient) -> None:
    assert "Logga in" in (await stranger.get("/login")).text
    assert "Log in" in (await stranger.get("/login", headers={"Accept-Language": "en-GB,sv;q=0.5"})).text
    assert "Log in" in (await stranger.get("/login", params={"lang": "en"})).text
    assert "Log in" in (await stranger.get("/login")).text, "the choice is remembered"


async def test_a_subject_in_the_address_is_only_text(stranger: httpx.AsyncClient, region: Region) -> None:
    await stranger.post("/login", data={"token": region.operator}, headers={"Sec-Fetch-Site": "same-origin"})
    page = await stranger.get("/recordings", params={"text": '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text
