"""Who gets in, and who does not."""

import httpx
import pytest

from bridge.api.security import COOKIE
from bridge.api.settings import ApiSettings
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import Region

SAME = {"Sec-Fetch-Site": "same-origin"}


def paths(region: Region) -> list[tuple[str, str]]:
    schema = region.app().openapi()["paths"]
    return [(method, path) for path, methods in schema.items() if path.startswith("/api/v1") for method in methods]


@pytest.mark.slow
async def test_nothing_under_the_api_answers_without_a_token(stranger: httpx.AsyncClient, region: Region) -> None:
    every = paths(region)
    assert len(every) > 50
    for method, path in every:
        answer = await stranger.request(method, path.replace("{", "").replace("}", ""), json={})
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    assert region.asked == []


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer ", "Basic b3BlcmF0b3ItdG9rZW4=", "operator-token", "Bearer " + "x" * 5000]
)
async def test_a_wrong_token_is_refused(stranger: httpx.AsyncClient, header: str) -> None:
    answer = await stranger.get("/api/v1/conferences", headers={"Authorization": header})
    assert answer.status_code == 401
    assert "operator.token" in answer.json()["remedy"]


async def test_a_revoked_token_is_out_at_once(host: httpx.AsyncClient, region: Region) -> None:
    assert (await host.get("/conferences")).status_code == 200
    await region.tokens.revoke("operator")
    assert (await host.get("/conferences")).status_code == 401


async def test_guessing_is_braked_and_a_right_token_works_whatever_was_guessed_before(
    stranger: httpx.AsyncClient, region: Region
) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    for _ in range(10):
        assert (await stranger.get("/api/v1/conferences", headers=wrong)).status_code == 401
    braked = await stranger.get("/api/v1/conferences", headers=wrong)
    assert (braked.status_code, int(braked.headers["retry-after"])) == (429, 60)
    never_used = {"Authorization": f"Bearer {await region.tokens.issue('second')}"}
    assert (await stranger.get("/api/v1/conferences", headers=never_used)).status_code == 200
    await logged_in(stranger, await region.tokens.issue("third"))
    region.clock.time_s += 61
    assert (await stranger.get("/api/v1/conferences", headers=wrong)).status_code == 401


async def logged_in(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.post("/login", data={"token": token}, headers=SAME)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert token not in cookie


async def test_a_login_gives_a_session_that_reads_and_writes(stranger: httpx.AsyncClient, region: Region) -> None:
    await logged_in(stranger, region.operator)
    assert (await stranger.get("/api/v1/conferences")).status_code == 200
    made = await stranger.post("/api/v1/conferences", json={"name": "A"}, headers=SAME)
    assert made.status_code == 201
    assert [actor for actor, _ in region.asked] == ["operator"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_another_site_cannot_write_by_the_hosts_cookie(
    stranger: httpx.AsyncClient, region: Region, headers: dict[str, str]
) -> None:
    await logged_in(stranger, region.operator)
    answer = await stranger.post("/api/v1/conferences", json={"name": "A"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert region.asked == []


async def test_an_old_browser_is_known_by_its_origin(stranger: httpx.AsyncClient, region: Region) -> None:
    await logged_in(stranger, region.operator)
    answer = await stranger.post("/api/v1/conferences", json={"name": "A"}, headers={"Origin": ADDRESS})
    assert answer.status_code == 201


async def test_a_login_from_another_site_is_refused(stranger: httpx.AsyncClient, region: Region) -> None:
    assert (await stranger.post("/login", data={"token": region.operator})).status_code == 403


async def test_a_wrong_token_at_login_is_told_and_then_braked(stranger: httpx.AsyncClient) -> None:
    for _ in range(10):
        answer = await stranger.post("/login", data={"token": "fel"}, headers=SAME)
        assert answer.status_code == 401
        assert "Nyckeln stämmer inte" in answer.text
    assert (await stranger.post("/login", data={"token": "fel"}, headers=SAME)).status_code == 429


async def test_a_logged_out_cookie_opens_nothing(stranger: httpx.AsyncClient, region: Region) -> None:
    await logged_in(stranger, region.operator)
    cookie = stranger.cookies[COOKIE]
    await stranger.post("/logout", headers=SAME)
    stranger.cookies.set(COOKIE, cookie)
    assert (await stranger.get("/api/v1/conferences")).status_code == 401


async def test_a_revoked_token_ends_its_sessions(stranger: httpx.AsyncClient, region: Region) -> None:
    await logged_in(stranger, region.operator)
    await region.tokens.revoke("operator")
    assert (await stranger.get("/api/v1/conferences")).status_code == 401
    assert (await stranger.get("/")).headers["location"] == "/login"


@pytest.mark.parametrize("cookie", ["forged", "a" * 5000, "gAAAAABl" + "A" * 80])
async def test_a_forged_cookie_opens_nothing(stranger: httpx.AsyncClient, cookie: str) -> None:
    stranger.cookies.set(COOKIE, cookie)
    assert (await stranger.get("/api/v1/conferences")).status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost:8080", 200),
        ("[::1]:8080", 200),
        ("samband.example.net", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("[", 421),
        ("", 421),
    ],
)
async def test_a_foreign_name_for_our_address_is_refused(region: Region, host: str, status: int) -> None:
    app = region.app(ApiSettings(hosts=("samband.example.net",)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as client:
        assert (await client.get("/healthz", headers={"Host": host})).status_code == status


async def test_every_answer_carries_the_security_headers(stranger: httpx.AsyncClient) -> None:
    for path in ("/login", "/api/v1/conferences", "/healthz", "/nowhere", "/static/console.js"):
        headers = (await stranger.get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")
