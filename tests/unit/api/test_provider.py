"""People log in by their organisation's own login (OpenID Connect), at a provider that runs with keys of its own."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import RSAKey

from bridge.api.security import COOKIE
from bridge.domain.kernel.principal import AccessRole
from bridge.identity.provider import OpenIdProvider
from bridge.identity.settings import ProviderSettings
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import Region

CLIENT = "samband"


class MockProvider:
    """A provider on a real port that signs with RS256. Each member of `instead` is told in place of the right one."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.signs_with = self.key
        self.instead: dict[str, Any] = {}
        self.claims: dict[str, Any] = {"sub": "s-1", "name": "Anna", "groups": ["samband-host"]}
        self.asked: dict[str, str] = {}
        self.exchanged: list[dict[str, Any]] = []
        self.answers_as = ""
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._document)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/token", self._token)
        self.server = TestServer(app)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def authorizes(self, address: str) -> tuple[str, str]:
        """The person says yes there: the state and the code that come back."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return self.asked["state"], "code-1"

    async def _document(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.answers_as or self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        self.exchanged.append(form)
        proof = base64.urlsafe_b64encode(hashlib.sha256(str(form["code_verifier"]).encode()).digest())
        if proof.rstrip(b"=").decode() != self.asked["code_challenge"] or form["code"] != "code-1":
            return web.json_response({"error": "invalid_grant"}, status=400)
        now_s = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now_s,
            "exp": now_s + 300,
            "nonce": self.asked["nonce"],
            **self.claims,
            **self.instead,
        }
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signs_with)
        return web.json_response({"id_token": token, "access_token": "x", "token_type": "Bearer"})


@pytest.fixture
async def provider() -> AsyncIterator[MockProvider]:
    mock = MockProvider()
    await mock.server.start_server()
    yield mock
    await mock.server.close()


@pytest.fixture
async def browser(region: Region, provider: MockProvider) -> AsyncIterator[httpx.AsyncClient]:
    settings = ProviderSettings(
        issuer=provider.issuer,
        client_id=CLIENT,
        name="Länet",
        roles={"samband-host": "host", "samband-arkiv": "registrar"},
    )
    region.identity = replace(region.identity, provider=OpenIdProvider(settings))
    transport = httpx.ASGITransport(region.app())
    async with httpx.AsyncClient(
        transport=transport, base_url=ADDRESS, headers={"Sec-Fetch-Site": "same-origin"}
    ) as one:
        yield one


async def logged_in(browser: httpx.AsyncClient, provider: MockProvider, state: str | None = None) -> httpx.Response:
    begun = await browser.get("/login/provider")
    assert begun.status_code == 303, begun.text
    told, code = provider.authorizes(begun.headers["location"])
    return await browser.get("/login/provider/back", params={"state": state or told, "code": code})


async def test_a_person_logs_in_there_and_has_the_roles_of_their_groups(
    browser: httpx.AsyncClient, provider: MockProvider, region: Region
) -> None:
    assert "Länet" in (await browser.get("/login")).text
    answer = await logged_in(browser, provider)
    assert (answer.status_code, COOKIE in browser.cookies) == (200, True)
    assert 'http-equiv="refresh"' in answer.text, "a strict cookie is sent only where our own page asks"
    assert (provider.asked["code_challenge_method"], provider.asked["response_type"]) == ("S256", "code")
    me = (await browser.get("/api/v1/me")).json()
    assert (me["shown"], me["roles"]) == ("Anna", ["host"])
    provider.claims["groups"] = ["samband-arkiv", "okänd"]
    await logged_in(browser, provider)
    assert (await browser.get("/api/v1/me")).json()["roles"] == ["registrar"]
    (account,) = await region.accounts.find()
    assert (account.issuer, account.subject, account.roles) == (provider.issuer, "s-1", {AccessRole.REGISTRAR})


async def test_the_same_name_of_another_identity_is_another_person(
    browser: httpx.AsyncClient, provider: MockProvider, region: Region
) -> None:
    await logged_in(browser, provider)
    provider.claims["sub"] = "s-2"
    await logged_in(browser, provider)
    assert len(await region.accounts.find()) == 2


async def test_somebody_without_a_role_is_not_let_in(
    browser: httpx.AsyncClient, provider: MockProvider, region: Region
) -> None:
    provider.claims["groups"] = ["annat"]
    assert (await logged_in(browser, provider)).status_code == 401
    assert (COOKIE in browser.cookies, await region.accounts.find()) == (False, [])


async def test_a_disabled_person_is_not_let_in_whatever_the_provider_says(
    browser: httpx.AsyncClient, provider: MockProvider, host: httpx.AsyncClient, region: Region
) -> None:
    await logged_in(browser, provider)
    (account,) = await region.accounts.find()
    assert (await host.post(f"/accounts/{account.id}/disable")).status_code == 200
    assert (await logged_in(browser, provider)).status_code == 401
    assert (await browser.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    "instead",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"nonce": "of another login"},
        {"exp": 1},
        {"iat": 99_999_999_999},
        {"sub": ""},
    ],
    ids=lambda one: next(iter(one)),
)
async def test_a_token_that_is_not_for_this_login_is_refused(
    browser: httpx.AsyncClient, provider: MockProvider, instead: dict[str, Any]
) -> None:
    provider.instead = instead
    assert (await logged_in(browser, provider)).status_code == 401
    assert COOKIE not in browser.cookies


async def test_a_token_that_another_key_signed_is_refused(browser: httpx.AsyncClient, provider: MockProvider) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "1"})
    assert (await logged_in(browser, provider)).status_code == 401


async def test_a_new_key_of_the_provider_is_found(browser: httpx.AsyncClient, provider: MockProvider) -> None:
    await logged_in(browser, provider)
    provider.key = provider.signs_with = RSAKey.generate_key(2048, {"kid": "1"})
    assert (await logged_in(browser, provider)).status_code == 200


async def test_an_answer_to_another_login_is_refused(browser: httpx.AsyncClient, provider: MockProvider) -> None:
    assert (await logged_in(browser, provider, state="of another")).status_code == 401
    assert provider.exchanged == []
    await browser.get("/login/provider")
    browser.cookies.clear()
    back = await browser.get("/login/provider/back", params={"state": provider.asked.get("state", "x"), "code": "c"})
    assert back.status_code == 401, "the login was begun in another browser"


async def test_a_provider_that_calls_itself_by_another_name_is_refused(
    browser: httpx.AsyncClient, provider: MockProvider
) -> None:
    provider.answers_as = "https://evil.example"
    assert (await browser.get("/login/provider")).status_code == 503


async def test_a_provider_that_is_away_is_told_and_other_logins_work(
    browser: httpx.AsyncClient, provider: MockProvider, region: Region
) -> None:
    await provider.server.close()
    assert (await browser.get("/login/provider")).status_code == 503
    assert (await browser.post("/login", data={"token": region.operator})).status_code == 303
