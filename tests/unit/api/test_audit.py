"""Who did what is found by time, actor, act and object, page by page. The settings can be looked at."""

import httpx

from bridge.api.text import when
from bridge.domain.directory.records import Function, Organisation
from bridge.domain.kernel.journal import Audit
from bridge.ports import SettingSource, ShownSetting
from tests.unit.api.region import NOW_S, Region


async def did(region: Region, *lines: tuple[float, str, str, str]) -> None:
    for at_s, actor, action, subject in lines:
        await region.audit.append(Audit(NOW_S + at_s, actor, action, subject, (("name", "Storm"),)))


async def numbers(host: httpx.AsyncClient, **asked: str | int) -> list[str]:
    answer = await host.get("/audit/search", params=asked)
    assert answer.status_code == 200, answer.text
    return [f"{one['actor']} {one['action']}" for one in answer.json()]


async def test_the_latest_lines_come_first_and_each_filter_narrows(host: httpx.AsyncClient, region: Region) -> None:
    await did(
        region,
        (10, "Anna", "conference.open", "cnf-1"),
        (20, "Bo", "conference.end", "cnf-1"),
        (30, "anna", "recording.listened", "rec-9"),
    )
    assert (await numbers(host))[:3] == ["anna recording.listened", "Bo conference.end", "Anna conference.open"]
    assert await numbers(host, actor="ANNA") == ["anna recording.listened", "Anna conference.open"]
    assert await numbers(host, action="conference.") == ["Bo conference.end", "Anna conference.open"]
    assert await numbers(host, object="rec-") == ["anna recording.listened"]
    assert await numbers(host, since=str(when(NOW_S + 20)), until=str(when(NOW_S + 30))) == ["Bo conference.end"]
    assert await numbers(host, actor="%") == [], "a sign of the database is a sign like any other"


async def test_a_long_log_is_read_page_by_page_without_a_gap(host: httpx.AsyncClient, region: Region) -> None:
    await did(region, *((float(n), f"a{n}", "conference.lock", "cnf-1") for n in range(7)))
    seen: list[int] = []
    before: dict[str, int] = {}
    while page := (await host.get("/audit/search", params={"limit": 3, "action": "conference.lock", **before})).json():
        seen += [one["number"] for one in page]
        before = {"before": page[-1]["number"]}
    assert len(seen) == 7
    assert seen == sorted(seen, reverse=True)


async def test_the_log_is_for_those_who_may_read_it(stranger: httpx.AsyncClient) -> None:
    for path in ("/api/v1/audit/search", "/api/v1/settings"):
        assert (await stranger.get(path)).status_code == 401


async def test_who_confirmed_a_function_is_told_beside_when(host: httpx.AsyncClient, region: Region) -> None:
    await region.has(Organisation("lst", "Länsstyrelsen"), Function("tib", "lst", "TiB"), Function("kom", "lst", "Kom"))
    await host.post("/directory/functions/tib/confirm")
    told = {one["function_id"]: one["confirmed_by"] for one in (await host.get("/directory/coverage")).json()}
    assert told == {"tib": "operator", "kom": None}


async def test_the_settings_in_force_are_told_without_secrets(region: Region) -> None:
    shown = ShownSetting("storage", 0, "url", None, "", SettingSource.FILE, "text", "", "The database.")
    region.settings = (shown,)
    headers = {"Authorization": f"Bearer {region.operator}"}
    address = "http://127.0.0.1:8080/api/v1"
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app()), base_url=address, headers=headers
    ) as client:
        [told] = (await client.get("/settings")).json()
    assert (told["table"], told["name"], told["value"], told["source"]) == ("storage", "url", None, "file")


async def test_each_setting_is_explained_in_the_language_that_is_asked_for(region: Region) -> None:
    region.settings = (ShownSetting("api", 0, "port", "1", "2", SettingSource.FILE, "int", "", "The port."),)
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app()), base_url="http://127.0.0.1:8080/api/v1", headers=headers
    ) as client:
        for language, words in (("sv", "TCP-port för API och konsol."), ("en", "The port.")):
            [told] = (await client.get("/settings", headers={"Accept-Language": language})).json()
            assert told["meaning"] == words
