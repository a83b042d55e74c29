"""The alarms over the API: one truth for the list, the metrics, the beat, the command and the telephone."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge.ari.reasons import AsteriskReason
from bridge.domain.alarms.counts import told, unacknowledged
from bridge.domain.alarms.kinds import AlarmKind
from bridge.domain.alarms.records import ALARMS, AlarmState
from bridge.domain.directory.records import ActivationList, Function, Organisation
from bridge.domain.kernel.ids import AlarmId, Issi, TerminalName
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import WELL
from bridge.domain.shortdata.events import StatusReceived
from bridge.domain.telephony.events import TelephonyDown
from bridge.rakel.reasons import LineReason
from bridge.words import section
from tests.harness.reasons import because
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import Region, a_region
from tests.unit.api.serving import served
from tests.unit.api.test_cli import Terminal

DOWN = AsteriskReason.TRUNK_UNUSABLE(state="offline")


def trunks(region: Region, **down: bool) -> None:
    region.radio.told |= {f"trunk {name}": DOWN if is_down else WELL for name, is_down in down.items()}


@pytest.fixture
async def api(region: Region, host: httpx.AsyncClient) -> httpx.AsyncClient:
    """One of two trunks is down, a new terminal is away, and the clock was set."""
    trunks(region, main=True, other=False)
    region.radio.told["clock"] = LineReason.NOT_THERE(url="clock")
    region.radio.told["terminal rakel-9"] = LineReason.NOT_THERE(url="/dev/ttyUSB0")
    await region.looks(10.0)
    return host


async def listed(api: httpx.AsyncClient, language: str = "sv") -> list[dict[str, Any]]:
    answer = await api.get("/alarms", headers={"Accept-Language": language})
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["alarms"]
    return found


async def test_the_list_tells_what_is_wrong_what_follows_and_what_to_do(api: httpx.AsyncClient) -> None:
    found = await listed(api)
    assert [one["priority"] for one in found] == ["P2", "P2", "P3"]
    trunk = next(one for one in found if one["key"] == "trunk main")
    assert (trunk["name"], trunk["source"]) == ("En teleanslutning fungerar inte", "teleanslutning main")
    assert trunk["consequence"].startswith("Färre kan ringas")
    assert trunk["act"].startswith("Pröva anslutningen")
    assert trunk["runbook"] == "/runbook#trunk"
    assert trunk["cause_code"] == DOWN.code
    assert trunk["since"] == "2027-01-15T08:00:00.000Z"
    english = next(one for one in await listed(api, "en") if one["key"] == "trunk main")
    assert english["name"] == "A trunk does not work"


async def test_one_several_and_all_of_a_priority_are_acknowledged_with_one_reason(
    api: httpx.AsyncClient, region: Region
) -> None:
    found = await listed(api)
    one = await api.post("/alarms/acknowledge", json={"alarms": [found[0]["id"]], "reason": "felanmäld"})
    assert one.json()["counts"]["P2"] == {"active": 2, "unacknowledged": 1}
    first = next(each for each in one.json()["alarms"] if each["id"] == found[0]["id"])
    assert (first["state"], first["acknowledged_by"], first["acknowledged_reason"]) == (
        "acknowledged",
        "operator",
        "felanmäld",
    )
    every = await api.post("/alarms/acknowledge", json={"priority": "P2", "alarms": [found[2]["id"]]})
    assert {each["state"] for each in every.json()["alarms"]} == {"acknowledged"}
    audited = [row.action for row in await region.audit.rows() if row.action.startswith("alarm.")]
    assert audited == ["alarm.acknowledge"] * 3


async def test_an_acknowledgement_outlives_a_restart(api: httpx.AsyncClient, region: Region) -> None:
    before = (await api.post("/alarms/acknowledge", json={"priority": "P2", "reason": "sedd"})).json()["alarms"]
    await region.restart()
    again = (await api.get("/alarms")).json()["alarms"]
    assert [(one["id"], one["state"], one["acknowledged_by"]) for one in again] == [
        (one["id"], one["state"], one["acknowledged_by"]) for one in before
    ]


async def test_an_alarm_is_parked_with_a_reason_and_taken_back(api: httpx.AsyncClient) -> None:
    alarm = (await listed(api))[0]["id"]
    empty = await api.post(f"/alarms/{alarm}/shelve", json={"for_s": 3600, "reason": " "})
    assert (empty.status_code, empty.json()["reason"]) == (422, "alarm_reason_missing")
    long = await api.post(f"/alarms/{alarm}/shelve", json={"for_s": 30_000, "reason": "delar väntas"})
    assert long.json()["reason"] == "alarm_shelve_time"
    assert (await api.post(f"/alarms/{alarm}/shelve", json={"for_s": 3600, "reason": "delar väntas"})).is_success
    shelved = next(one for one in await listed(api) if one["id"] == alarm)
    assert (shelved["state"], shelved["shelved_by"], shelved["shelved_reason"]) == (
        "shelved",
        "operator",
        "delar väntas",
    )
    assert shelved["shelved_until"] == "2027-01-15T09:00:10.000Z"
    assert (await api.post(f"/alarms/{alarm}/unshelve")).is_success
    assert (await api.post(f"/alarms/{alarm}/unshelve")).status_code == 409


async def test_a_critical_alarm_is_not_parked(host: httpx.AsyncClient, region: Region) -> None:
    trunks(region, main=True)
    await region.looks(10.0)
    [alarm] = await listed(host)
    assert alarm["priority"] == "P1"
    answer = await host.post(f"/alarms/{alarm['id']}/shelve", json={"for_s": 3600, "reason": "tyst"})
    assert answer.json()["reason"] == "alarm_never_shelved"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/alarms/acknowledge", {"alarms": ["alm-none"]}),
        ("/alarms/alm-none/shelve", {"for_s": 3600, "reason": "x"}),
        ("/alarms/alm-none/unshelve", None),
    ],
)
async def test_an_alarm_that_is_not_there_is_told_so(host: httpx.AsyncClient, path: str, body: Any) -> None:
    answer = await host.post(path, json=body)
    assert (answer.status_code, answer.json()["reason"]) == (404, "no_such_alarm")


async def test_the_history_has_those_that_are_over(api: httpx.AsyncClient, region: Region) -> None:
    await api.post("/alarms/acknowledge", json={"priority": "P2"})
    trunks(region, main=False)
    await region.looks(30.0)
    over = next(one for one in (await api.get("/alarms/history")).json() if one["key"] == "trunk main")
    assert (over["state"], over["standing"]) == ("ended", False)
    assert "trunk main" not in {one["key"] for one in await listed(api)}


async def test_the_figures_count_what_came_and_name_the_noisiest(api: httpx.AsyncClient) -> None:
    found = (await api.get("/alarms/figures?hours=1", headers={"Accept-Language": "sv"})).json()
    assert (found["total"], found["latest"], found["per_10_min"]) == (3, 3, 0.5)
    assert found["shares"] == {"P1": 0.0, "P2": 66.7, "P3": 33.3}
    assert {one["name"] for one in found["noisiest"]} >= {"En teleanslutning fungerar inte teleanslutning main"}


async def counts_everywhere(api: httpx.AsyncClient, region: Region) -> list[dict[str, tuple[int, int]]]:
    """By the list, `/readyz`, `/metrics`, the beat and the rules."""
    listing = await api.get("/alarms")
    ready = (await api.get(f"{ADDRESS}/readyz")).json()["alarms"]
    text = (await api.get(f"{ADDRESS}/metrics")).text
    metrics = {
        priority: {
            "active": int(float(re.findall(rf'samband_alarms{{priority="{priority}"}} (\S+)', text)[0])),
            "unacknowledged": int(
                float(re.findall(rf'samband_alarms_unacknowledged{{priority="{priority}"}} (\S+)', text)[0])
            ),
        }
        for priority in ("P1", "P2", "P3")
    }
    beat = told(region.node())
    every = [listing.json()["counts"], ready, metrics, beat]
    rows = [one for one in listing.json()["alarms"] if one["state"] != "shelved"]
    shown = {
        priority: {
            "active": sum(one["priority"] == priority for one in rows),
            "unacknowledged": sum(one["priority"] == priority and one["state"] in ("new", "returned") for one in rows),
        }
        for priority in ("P1", "P2", "P3")
    }
    assert sum(one["unacknowledged"] for one in shown.values()) == unacknowledged(region.node()), "as the host hears"
    return [{key: tuple(one.values()) for key, one in found.items()} for found in [shown, *every]]


async def test_list_readiness_metrics_beat_and_telephone_agree_whatever_happens(
    api: httpx.AsyncClient, region: Region
) -> None:
    async def agree() -> dict[str, tuple[int, int]]:
        found = await counts_everywhere(api, region)
        assert all(one == found[0] for one in found), found
        return found[0]

    assert await agree() == {"P1": (0, 0), "P2": (2, 2), "P3": (1, 1)}
    alarms = await listed(api)
    await api.post("/alarms/acknowledge", json={"alarms": [alarms[0]["id"]]})
    assert await agree() == {"P1": (0, 0), "P2": (2, 1), "P3": (1, 1)}
    await api.post(f"/alarms/{alarms[2]['id']}/shelve", json={"for_s": 3600, "reason": "delar väntas"})
    assert await agree() == {"P1": (0, 0), "P2": (2, 1), "P3": (0, 0)}
    await region.happened(TelephonyDown(region.clock.now_s(), because("does not answer")))
    await region.looks(10.0)
    assert await agree() == {"P1": (1, 1), "P2": (1, 1 if alarms[0]["key"] == "trunk main" else 0), "P3": (0, 0)}


async def test_a_change_and_the_beat_tell_a_browser_of_an_alarm(region: Region) -> None:
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with (
        served(region) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers) as client,
        client.stream("GET", "/events", timeout=30.0) as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == ": connected"
        trunks(region, main=True)
        await region.looks(10.0)
        kinds, beat = await _until_beat(lines)
    assert "alarm" in kinds
    assert beat["alarms"]["P1"] == {"active": 1, "unacknowledged": 1}


async def _until_beat(lines: AsyncIterator[str]) -> tuple[set[str], dict[str, Any]]:
    kinds: set[str] = set()
    async with asyncio.timeout(30.0):
        async for line in lines:
            data = json.loads(line[5:]) if line.startswith("data:") else {}
            kinds |= {data["kind"]} if "kind" in data else set()
            if "alarms" in data:
                return kinds, data
    raise AssertionError("the stream has ended")


async def test_the_alarms_stand_while_the_database_refuses(host: httpx.AsyncClient, region: Region) -> None:
    region.disk.is_full = True
    trunks(region, main=True)
    await region.looks(10.0)
    assert [one["kind"] for one in await listed(host)] == [AlarmKind.NO_TRUNK.value]
    region.disk.is_full = False
    await region.happened()


async def test_every_kind_has_its_words_and_its_place_in_the_runbook(host: httpx.AsyncClient) -> None:
    kinds = {one.value for one in AlarmKind}
    for language in Language:
        for name in ("alarm_kind", "alarm_consequence", "alarm_act"):
            assert set(section(language, name)) == kinds, (language, name)


async def test_each_look_writes_nothing_while_nothing_changes(region: Region) -> None:
    trunks(region, main=True)
    await region.looks(10.0)
    number = region.number()
    for _ in range(5):
        await region.looks(1.0)
    assert region.number() == number
    assert len(region.node()[ALARMS]) == 1
    assert AlarmId(next(iter(region.node()[ALARMS]))).startswith("alm-")


async def test_a_fresh_region_has_no_alarm() -> None:
    async with a_region() as region:
        await region.looks(60.0)
        assert region.node()[ALARMS] == {}


async def test_the_console_has_a_page_of_what_to_do_with_a_place_for_every_alarm(
    stranger: httpx.AsyncClient, region: Region
) -> None:
    assert (await stranger.get("/runbook")).headers["location"] == "/login"
    await stranger.post("/login", data={"token": region.operator}, headers={"Sec-Fetch-Site": "same-origin"})
    for language in Language:
        page = (await stranger.get(f"/runbook?lang={language.value}")).text
        for kind in AlarmKind:
            assert f'<section class="card" id="{kind.value}"' in page
            assert section(language, "alarm_act")[kind.value].split("'")[0] in page


async def test_an_emergency_tells_whose_radio_it_is_and_comes_first(host: httpx.AsyncClient, region: Region) -> None:
    await region.has(
        Organisation("rtj", "Räddningstjänsten"),
        Function("ib", "rtj", "Inre befäl", numbers=("+46846500401",), issis=(Issi(4711),)),
    )
    trunks(region, main=True)
    await region.looks(10.0)
    await region.happened(StatusReceived(region.clock.now_s(), TerminalName("rakel-1"), Issi(4711), 0))
    first, _ = await listed(host)
    assert (first["kind"], first["emergency"]) == ("emergency_alarm", True)
    assert first["radio_user"] == "Räddningstjänsten Inre befäl"


async def test_the_strip_is_told_what_goes_on_in_a_few_words(host: httpx.AsyncClient, region: Region) -> None:
    await region.has(
        Organisation("rtj", "Räddningstjänsten"),
        Function("ib", "rtj", "Inre befäl", numbers=("+46846500401",)),
        Function("tib", "rtj", "TiB", numbers=("+46846500402",)),
        ActivationList("alla", "Inriktande", ("ib", "tib")),
    )
    conference = (await host.post("/conferences", json={"name": "Möte", "exercise": True})).json()["id"]
    person = await region.joins(conference, "Vakthavande")
    await region.talks(person)
    body = {"list_id": "alla", "conference_id": conference}
    (await host.post("/activations", json=body)).raise_for_status()
    await region.is_called_in("+46846500401")
    told = (await host.get("/overview")).json()
    [meeting] = told["meetings"]
    assert (meeting["name"], meeting["present"], meeting["talking"], meeting["exercise"]) == ("Möte", 2, True, True)
    [call_out] = told["call_outs"]
    assert (call_out["name"], call_out["came"], call_out["total"]) == ("Inriktande", 1, 2)


# --- by the command ---


@pytest.fixture
async def shell(region: Region, tmp_path: Path) -> AsyncIterator[Terminal]:
    (tmp_path / "operator.token").write_text(region.operator + "\n")
    async with served(region) as port:
        yield Terminal(tmp_path, port)


async def test_the_keeper_lists_acknowledges_parks_and_counts_alarms_in_a_shell(
    region: Region, shell: Terminal
) -> None:
    out, _ = await shell.types("alarms", "list", LC_ALL="sv_SE.UTF-8")
    assert "inga larm" in out
    trunks(region, main=True, other=False)
    await region.looks(10.0)
    out, _ = await shell.types("alarms", "list", LC_ALL="sv_SE.UTF-8")
    assert "En teleanslutning fungerar inte teleanslutning main" in out
    assert "Pröva anslutningen" in out
    [alarm] = region.node()[ALARMS].values()
    out, _ = await shell.types("alarms", "ack", alarm.id, "--reason", "reported", LC_ALL="sv_SE.UTF-8")
    assert "0 larm kvar okvitterade" in out
    assert region.node()[ALARMS][alarm.id].acknowledged_reason == "reported"
    _, err = await shell.types("alarms", "ack", status=1, LC_ALL="sv_SE.UTF-8")
    assert "--priority" in err
    await shell.types("alarms", "shelve", alarm.id, "--hours", "2", "--reason", "parts are awaited")
    assert region.node()[ALARMS][alarm.id].state is AlarmState.SHELVED
    await shell.types("alarms", "unshelve", alarm.id)
    assert region.node()[ALARMS][alarm.id].state is AlarmState.NEW
    out, _ = await shell.types("alarms", "figures", "--hours", "1", LC_ALL="en_GB.UTF-8")
    assert "in the last 10 min" in out
    out, _ = await shell.types("alarms", "history", "--json")
    assert [one["key"] for one in json.loads(out)] == ["trunk main"]
