"""The console behind a real nginx, by the text of our own page. People notice nothing, and nobody gains by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bridge.api.routes.events import BEAT_S
from bridge.api.security import COOKIE
from bridge.api.settings import ApiSettings
from tests.harness import wait
from tests.harness.proxy import NAME, Proxy, proxied
from tests.harness.witness import Witness
from tests.unit.api.devices import AUDIO
from tests.unit.api.region import Region
from tests.unit.api.serving import served
from tests.unit.api.test_accounts import Person

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

SETTINGS = ApiSettings(hosts=(NAME,), secure_cookie=True, trusted_proxies=("127.0.0.1", "::1"), wrong_tokens=3)
MARGIN_S = 2.0


@pytest_asyncio.fixture(loop_scope="session", params=["nginx", "caddy"])
async def proxy(region: Region, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Proxy]:
    async with served(region, SETTINGS) as port, proxied(request.param, tmp_path / "proxy", port) as running:
        yield running


def operator(proxy: Proxy, region: Region) -> httpx.AsyncClient:
    caller = proxy.caller()
    caller.headers["Authorization"] = f"Bearer {region.operator}"
    return caller


async def anna(proxy: Proxy, region: Region) -> tuple[Person, httpx.Response]:
    """A person who has logged in by password and code, and the answer to it."""
    async with operator(proxy, region) as host:
        made = await host.post("/api/v1/accounts", json={"name": "anna", "shown": "Anna", "roles": ["host"]})
    invitation = str(made.json()["address"])
    assert invitation.startswith(f"https://{NAME}/"), "the address that people open"
    person = Person(region)
    await person.browser.aclose()
    person.browser = proxy.caller()
    assert (await person.accepts(invitation.removeprefix(f"https://{NAME}"))).status_code == 200
    return person, await person.logs_in()


async def test_a_person_logs_in_by_password_and_code_and_their_cookie_goes_over_tls_alone(
    proxy: Proxy, region: Region
) -> None:
    person, answer = await anna(proxy, region)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    [cookie] = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}=")]
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert (await person.browser.get("/api/v1/me")).json()["name"] == "anna"
    assert (await person.browser.post("/api/v1/conferences", json={"name": "Värmebölja"})).status_code == 201
    foreign = await person.browser.post(
        "/api/v1/conferences", json={"name": "Fel"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status_code == 403
    [session] = (await person.browser.get("/api/v1/me/sessions")).json()
    assert session["address"] == "127.0.0.2", "their own, and not the proxy's"
    await person.browser.aclose()


async def test_an_origin_without_fetch_metadata_is_known_behind_the_proxy_too(proxy: Proxy, region: Region) -> None:
    async with proxy.caller() as browser:
        del browser.headers["Sec-Fetch-Site"]
        for origin, status in ((f"https://{NAME}", 303), ("https://elsewhere.example", 403)):
            answer = await browser.post("/login", data={"token": region.operator}, headers={"Origin": origin})
            assert answer.status_code == status


async def test_wrong_logins_brake_the_one_who_tries_whatever_address_they_claim(proxy: Proxy, region: Region) -> None:
    async def tries(caller: httpx.AsyncClient, claims: str) -> int:
        headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": claims, "Forwarded": f"for={claims}"}
        return (await caller.get("/api/v1/conferences", headers=headers)).status_code

    async with proxy.caller("127.0.0.2") as guesser, proxy.caller("127.0.0.3") as other:
        first = [await tries(guesser, f"10.0.0.{number}") for number in range(SETTINGS.wrong_tokens)]
        assert first == [401] * SETTINGS.wrong_tokens
        assert [await tries(guesser, claim) for claim in ("10.0.0.99", "127.0.0.1", "127.0.0.3", "")] == [429] * 4
        assert await tries(other, "127.0.0.2") == 401, "nobody is braked for another, even where they claim to be it"
        right = {"Authorization": f"Bearer {region.operator}"}
        assert (await guesser.get("/api/v1/conferences", headers=right)).status_code == 200


async def test_events_and_beats_come_as_they_happen(proxy: Proxy, region: Region, witness: Witness) -> None:
    loop = asyncio.get_running_loop()
    async with operator(proxy, region) as reader, operator(proxy, region) as host:
        began_s = loop.time()
        async with asyncio.timeout(30), reader.stream("GET", "/api/v1/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.aiter_lines()
            await host.post("/api/v1/conferences", json={"name": "Värmebölja"})
            names = [await _next(lines)]
            assert names != ["beat"], "a change comes before the first beat, and waits for nothing"
            while names[-1] != "beat":
                names.append(await _next(lines))
            stood_s = witness.longest_s(began_s, loop.time())
            assert loop.time() - began_s <= BEAT_S + MARGIN_S + stood_s


async def test_readers_who_go_away_leave_no_stream_open_behind_them(proxy: Proxy, region: Region) -> None:
    """A console is closed and opened all night: streams that nobody reads would fill the machine."""
    for _ in range(3):
        async with operator(proxy, region) as reader, reader.stream("GET", "/api/v1/events") as stream:
            assert stream.status_code == 200
            assert proxy.streams() >= 1
    await wait.until(lambda: proxy.streams() == 0, 15, what="no connection is left", seen=proxy.streams)


async def _next(lines: AsyncIterator[str]) -> str:
    """The name of the next event."""
    async for line in lines:
        if line.startswith("event: "):
            return line.removeprefix("event: ")
    raise AssertionError("the stream has ended")


async def test_any_part_of_a_recording_is_fetched(proxy: Proxy, region: Region) -> None:
    recording = await region.recorded("lage.flac")
    async with operator(proxy, region) as host:
        path = f"/api/v1/recordings/{recording}/audio"
        whole = await host.get(path)
        assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, AUDIO, "bytes")
        part = await host.get(path, headers={"Range": "bytes=3-6"})
        assert (part.status_code, part.content) == (206, AUDIO[3:7])
        assert part.headers["content-range"] == f"bytes 3-6/{len(AUDIO)}"
        end = await host.get(path, headers={"Range": "bytes=-4"})
        assert (end.status_code, end.content) == (206, AUDIO[-4:])
        beyond = await host.get(path, headers={"Range": f"bytes={len(AUDIO)}-"})
        assert beyond.status_code == 416


async def test_a_body_is_refused_in_our_own_words_and_only_beyond_them_in_the_proxys(
    proxy: Proxy, region: Region
) -> None:
    async with operator(proxy, region) as host:
        large = b'{"name": "' + b"x" * (SETTINGS.largest_body_bytes + 1) + b'"}'
        answer = await host.post("/api/v1/conferences", content=large, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        table = b"a;b\n" * 1_250_000
        answer = await host.post("/api/v1/directory/import", content=table)
        assert answer.headers["content-type"].startswith("application/"), "five megabytes reach us"
        with suppress(httpx.TransportError):  # a proxy may end the line while we send
            answer = await host.post("/api/v1/directory/import", content=b"x" * 13_000_000)
            assert answer.status_code == 413


async def test_plain_http_leads_to_tls_and_nobody_outside_reads_our_figures(proxy: Proxy, region: Region) -> None:
    async with httpx.AsyncClient(headers={"Host": NAME}) as plain:
        answer = await plain.get(f"http://127.0.0.1:{proxy.plain_port}/activations?x=1")
    assert answer.status_code in (301, 308)
    assert answer.headers["location"] == f"https://{NAME}/activations?x=1"
    async with proxy.caller() as caller:
        page = await caller.get("/login")
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert (await caller.get("/metrics")).status_code == 404
    async with proxy.caller(host="elsewhere.example") as stranger:
        refused = await stranger.get("/login")
        assert refused.status_code == 421 or not refused.content, "a name that is not ours shows nothing of ours"
