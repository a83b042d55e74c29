"""People have accounts of their own. They are invited, log in by two factors, and are known by name in what they do."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from typing import Any, Literal

import httpx
import pytest
from argon2 import PasswordHasher

from bridge.api.security import COOKIE
from bridge.api.settings import ApiSettings
from bridge.domain.access import totp
from bridge.domain.access.accounts import FactorKind, principal_of_account
from bridge.domain.directory.records import ActivationList, Function, Organisation
from bridge.domain.kernel.principal import AccessRole
from bridge.domain.kernel.reasons import WELL
from bridge.identity.passwords import ArgonPasswords
from bridge.service import Refusal
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import Region
from tests.unit.api.serving import served

SAME = {"Sec-Fetch-Site": "same-origin"}
PASSWORD = "fyra gula cyklar i regn"


class Person:
    """Somebody with a telephone that shows codes, at a browser of their own."""

    def __init__(self, region: Region, app: Any = None, address: str = "10.0.0.1") -> None:
        self.region = region
        transport = httpx.ASGITransport(app or region.app(), client=(address, 1))
        self.browser = httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=SAME)
        self.secret = b""
        self.codes: list[str] = []
        self.name = ""

    def code(self) -> str:
        """The code that the telephone shows, of a later step each time."""
        self.region.clock.time_s += totp.STEP_S
        return totp.code_of(self.secret, totp.step_at(self.region.clock.time_s))

    async def accepts(self, address: str, password: str = PASSWORD) -> httpx.Response:
        """Open the invitation, type the secret into the telephone, and choose a password."""
        path = address.removeprefix(ADDRESS)
        page = await self.browser.get(path)
        shown = re.search(r'id="secret">([^<]+)<', page.text)
        assert shown is not None, page.text

        text = shown[1].replace(" ", "")
        self.secret = base64.b32decode(text + "=" * (-len(text) % 8))
        name = re.search(r'name="username" autocomplete="username" value="([^"]+)"', page.text)
        assert name is not None
        self.name = unescape(name[1])
        answer = await self.browser.post(path, data={"password": password, "again": password, "code": self.code()})
        self.codes = re.findall(r"<li>([a-z0-9-]{19})</li>", answer.text)
        return answer

    async def logs_in(self, password: str = PASSWORD, code: str | None = None) -> httpx.Response:
        first = await self.browser.post("/login", data={"name": self.name, "password": password})
        if first.status_code != 303:
            return first
        return await self.browser.post("/login/code", data={"code": code or self.code()})


async def invited(region: Region, host: httpx.AsyncClient, name: str = "anna", *roles: str, **more: Any) -> Person:
    """An account, with its person at the browser, who has accepted."""
    body = {"name": name, "shown": name.title(), "roles": list(roles or ["host"]), **more}
    made = await host.post("/accounts", json=body)
    assert made.status_code == 201, made.text
    person = Person(region)
    accepted = await person.accepts(made.json()["address"])
    assert accepted.status_code == 200, accepted.text
    return person


async def test_a_person_is_invited_chooses_password_and_factor_and_logs_in(
    region: Region, host: httpx.AsyncClient
) -> None:
    anna = await invited(region, host)
    assert len(anna.codes) == 10
    answer = await anna.logs_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    me = (await anna.browser.get("/api/v1/me")).json()
    assert (me["name"], me["roles"]) == ("anna", ["host"])
    assert (await anna.browser.post("/api/v1/conferences", json={"name": "A"})).status_code == 201
    assert [actor for actor, _ in region.asked] == ["anna"]
    assert "anna" in {row.actor for row in await region.audited("account.logged_in")}


async def test_an_invitation_works_once_and_for_a_day(region: Region, host: httpx.AsyncClient) -> None:
    made = (await host.post("/accounts", json={"name": "bo", "roles": ["host"]})).json()
    path = made["address"].removeprefix(ADDRESS)
    bo = Person(region)
    assert (await bo.accepts(made["address"])).status_code == 200
    assert (await bo.browser.get(path)).status_code == 410
    again = (await host.post("/accounts/bo/invite")).json()["address"].removeprefix(ADDRESS)
    assert (await bo.browser.get(again)).status_code == 200
    region.clock.time_s += 86_401
    assert (await bo.browser.get(again)).status_code == 410


@pytest.mark.parametrize(
    ("password", "told"),
    [("för kort", "minst 15"), ("lösenord12345678", "många använder"), ("aaaaaaaaaaaaaaaaaaaa", "många använder")],
)
async def test_a_weak_password_is_refused_with_the_reason(
    region: Region, host: httpx.AsyncClient, password: str, told: str
) -> None:
    made = (await host.post("/accounts", json={"name": "bo", "roles": ["host"]})).json()
    answer = await Person(region).accepts(made["address"], password)
    assert (answer.status_code, told in answer.text) == (422, True)


async def test_a_code_that_was_used_is_not_taken_again(region: Region, host: httpx.AsyncClient) -> None:
    anna = await invited(region, host)
    code = anna.code()
    assert (await anna.logs_in(code=code)).status_code == 303
    assert (await anna.logs_in(code=code)).status_code == 401


async def test_a_code_on_paper_works_once(region: Region, host: httpx.AsyncClient) -> None:
    anna = await invited(region, host)
    paper = anna.codes[0].upper().replace("-", " ")
    assert (await anna.logs_in(code=paper)).status_code == 303
    assert (await anna.logs_in(code=paper)).status_code == 401
    assert (await anna.logs_in(code=anna.codes[1])).status_code == 303


async def test_an_unknown_name_a_wrong_password_and_a_disabled_account_are_answered_alike(
    region: Region, host: httpx.AsyncClient
) -> None:
    anna = await invited(region, host)
    bo = await invited(region, host, "bo")
    assert (await host.post("/accounts/bo/disable")).status_code == 200
    wrong = await anna.logs_in("fel fel fel fel fel fel")
    disabled = await bo.logs_in()
    anna.name = "nobody"
    unknown = await anna.logs_in()
    pages = {re.sub(r'value="[^"]*"', "", one.text) for one in (wrong, disabled, unknown)}
    assert (len(pages), {one.status_code for one in (wrong, disabled, unknown)}) == (1, {401})


async def test_for_a_name_that_is_not_there_a_hash_is_computed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []

    class Counted(PasswordHasher):
        def verify(self, *words: str | bytes) -> Literal[True]:
            computed.append("once")
            return super().verify(*words)

    monkeypatch.setattr("bridge.identity.passwords.PasswordHasher", Counted)
    passwords = ArgonPasswords(memory_kib=64)
    assert not await passwords.fits(None, PASSWORD)
    assert not await passwords.fits(await passwords.hashed(PASSWORD), "another")
    assert len(computed) == 2


async def test_wrong_logins_brake_their_address_and_neither_the_account_nor_a_known_one(
    region: Region, host: httpx.AsyncClient
) -> None:
    app = region.app()
    anna = await invited(region, host)
    elsewhere, stranger, newcomer = (Person(region, app, one) for one in ("10.0.0.2", "10.0.0.3", "10.0.0.3"))
    for one in (elsewhere, stranger, newcomer):
        one.name, one.secret = anna.name, anna.secret
    assert (await stranger.logs_in()).status_code == 303
    for _ in range(10):
        assert (await stranger.logs_in("fel")).status_code == 401
    newcomer.name = "somebody"
    assert (await newcomer.logs_in()).status_code == 429
    assert (await elsewhere.logs_in()).status_code == 303
    assert (await stranger.logs_in()).status_code == 303, "from where a login was right before, a right one is"


async def test_behind_a_trusted_proxy_the_address_is_the_callers_and_nobody_makes_one_up(region: Region) -> None:
    app = region.app(ApiSettings(trusted_proxies=("192.0.2.0/24",)))

    async def asked(client: str, told: str) -> int:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(client, 1)), base_url=ADDRESS
        ) as browser:
            headers = {"X-Forwarded-For": told, "Authorization": "Bearer wrong"}
            return (await browser.get("/api/v1/me", headers=headers)).status_code

    for _ in range(10):
        assert await asked("192.0.2.1", "198.51.100.7, 192.0.2.9") == 401
    assert await asked("192.0.2.1", "203.0.113.5, 198.51.100.7, 192.0.2.9") == 429, "what is left of it is made up"
    assert await asked("192.0.2.1", "198.51.100.8") == 401, "another caller"
    for number in range(10):
        assert await asked("203.0.113.9", f"10.0.0.{number}") == 401
    assert await asked("203.0.113.9", "10.0.0.99") == 429, "one who is no proxy of ours tells nothing"


async def test_a_session_survives_a_restart_and_an_ended_one_is_refused_after_it_too(
    region: Region, host: httpx.AsyncClient
) -> None:
    anna = await invited(region, host)
    await anna.logs_in()
    after = Person(region)
    after.browser.cookies.set(COOKIE, anna.browser.cookies[COOKIE])
    assert (await after.browser.get("/api/v1/me")).status_code == 200
    kept = anna.browser.cookies[COOKIE]
    await anna.browser.post("/logout")
    after.browser.cookies.set(COOKIE, kept)
    assert (await after.browser.get("/api/v1/me")).status_code == 401


async def test_sessions_are_listed_and_ended_one_by_one_by_account_by_role_and_all(
    region: Region, host: httpx.AsyncClient
) -> None:
    anna, bo = await invited(region, host), await invited(region, host, "bo", "auditor")

    async def inside() -> list[bool]:
        return [(await one.browser.get("/api/v1/me")).status_code == 200 for one in (anna, bo)]

    for end in ("one", "account", "role", "all"):
        await anna.logs_in()
        await bo.logs_in()
        assert await inside() == [True, True]
        listed = (await host.get("/sessions")).json()
        assert {one["name"] for one in listed} == {"anna", "bo"}
        if end == "one":
            key = next(one["id"] for one in listed if one["name"] == "anna")
            assert (await host.delete(f"/sessions/{key}")).status_code == 204
        else:
            body = {"account": {"account": "anna"}, "role": {"role": "host"}, "all": {}}[end]
            assert (await host.post("/sessions/end", json=body)).json()["ended"] >= 1
        assert await inside() == [False, end != "all"], end


async def test_a_login_ends_without_a_person_and_at_its_longest_and_the_page_of_a_meeting_keeps_it(
    region: Region, host: httpx.AsyncClient
) -> None:
    anna = await invited(region, host)
    await anna.logs_in()
    meeting = (await anna.browser.post("/api/v1/conferences", json={"name": "A"})).json()["id"]
    for _ in range(4):
        region.clock.time_s += 1500
        assert (await anna.browser.post("/api/v1/me/beat", json={"meeting": meeting})).json() == {"goes_on": True}
    region.clock.time_s += 1801
    assert (await anna.browser.get("/api/v1/me")).status_code == 401
    await anna.logs_in()
    for _ in range(43_200 // 1500 + 1):
        region.clock.time_s += 1500
        await anna.browser.post("/api/v1/me/beat", json={"meeting": meeting})
    assert (await anna.browser.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize("by", ["session", "token"])
async def test_a_running_event_stream_ends_with_its_session_and_with_its_token(
    region: Region, host: httpx.AsyncClient, by: str
) -> None:
    anna = await invited(region, host)
    await anna.logs_in()
    token = await region.tokens.issue("skript", permissions=["events.read"])
    cookie = {"Cookie": f"{COOKIE}={anna.browser.cookies[COOKIE]}"}
    headers = cookie if by == "session" else {"Authorization": f"Bearer {token}"}
    async with (
        served(region) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as reader,
        reader.stream("GET", "/api/v1/events", headers=headers) as stream,
    ):
        lines = stream.aiter_lines()
        assert (await anext(lines)).startswith(":")
        if by == "session":
            await host.post("/sessions/end", json={"account": "anna"})
        else:
            assert (await host.delete("/tokens/skript")).status_code == 204
        async for _ in lines:
            pass  # the stream has an end
        assert (await reader.get("/api/v1/events", headers=headers)).status_code == 401


async def test_before_an_export_and_before_accounts_are_changed_a_person_shows_anew_who_they_are(
    region: Region, host: httpx.AsyncClient
) -> None:
    anna = await invited(region, host, "anna", "keeper", "coordinator", "registrar")
    await anna.logs_in()
    region.clock.time_s += 301
    for method, path, body in (
        ("GET", "/recordings/rec-1/package", None),
        ("POST", "/accounts", {"name": "bo", "roles": ["host"]}),
        ("POST", "/tokens", {"name": "x", "permissions": ["conference.read"]}),
        ("POST", "/me/codes", None),
    ):
        answer = await anna.browser.request(method, f"/api/v1{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "step_up"), path
    live = await anna.browser.post("/api/v1/activations", json={"list_id": "a"})
    assert live.json()["code"] != "step_up", "a call-out never waits for it"
    before = anna.browser.cookies[COOKIE]
    assert (await anna.browser.post("/step-up", data={"code": "000000", "to": "/accounts"})).status_code == 401
    shown = await anna.browser.post("/step-up", data={"code": anna.code(), "to": "/accounts"})
    assert (shown.status_code, shown.headers["location"]) == (303, "/accounts")
    assert (await anna.browser.post("/api/v1/me/codes")).status_code == 200
    old = Person(region)
    old.browser.cookies.set(COOKIE, before)
    assert (await old.browser.get("/api/v1/me")).status_code == 401, "the session has a new reference token"


async def test_nobody_is_led_to_a_foreign_page_after_it(region: Region, host: httpx.AsyncClient) -> None:
    anna = await invited(region, host)
    await anna.logs_in()
    for to in ("https://evil.example/", "//evil.example", "/\\evil.example", "evil"):
        answer = await anna.browser.post("/step-up", data={"code": anna.code(), "to": to})
        assert answer.headers["location"] == "/", to


async def test_a_person_approves_nothing_that_they_asked_for_by_whichever_token(
    region: Region, host: httpx.AsyncClient
) -> None:
    region.trunk = replace(region.trunk, prefixes=("+",))
    await region.restart()
    await region.has(Organisation("lst", "Länsstyrelsen"), Function("no", "lst", "Oslo", numbers=("+4721555501",)))
    await region.has(ActivationList("norge", "Norge", function_ids=("no",)))
    anna, bo = [await invited(region, host, name, "coordinator") for name in ("anna", "bo")]
    await anna.logs_in()
    started = await anna.browser.post("/api/v1/activations", json={"activation_list_id": "norge"})
    assert started.json()["awaits_approval"], started.text
    path = f"/api/v1/activations/{started.json()['id']}/approve"
    account = await region.accounts.named("anna")
    assert account is not None
    for name in ("ett", "två"):
        token = await region.tokens.issue(name, owner=account.id)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(region.app()), base_url=ADDRESS) as script:
            own = await script.post(path, headers={"Authorization": f"Bearer {token}"})
            assert (own.status_code, own.json()["reason"]) == (403, "second_person_needed")
    assert (await anna.browser.post(path)).json()["reason"] == "second_person_needed"
    await bo.logs_in()
    assert (await bo.browser.post(path)).json()["approved_by"] == "bo"


async def test_a_persons_token_works_no_longer_than_they_do(region: Region, host: httpx.AsyncClient) -> None:
    await invited(region, host)
    account = await region.accounts.named("anna")
    assert account is not None
    token = await region.tokens.issue("skript", owner=account.id)
    assert await region.tokens.who(token) == "skript"
    await host.post("/accounts/anna/disable")
    assert await region.tokens.who(token) is None


async def test_a_token_lists_permissions_and_ends_and_tells_its_last_use(
    region: Region, host: httpx.AsyncClient
) -> None:
    ends = "2027-01-16T00:00:00Z"
    body = {"name": "wis", "permissions": ["conference.read"], "expires_at": ends}
    made = await host.post("/tokens", json=body)
    token = {"Authorization": f"Bearer {made.json()['token']}"}
    (listed,) = [one for one in (await host.get("/tokens")).json() if one["name"] == "wis"]
    assert (listed["permissions"], listed["used_at"]) == (["conference.read"], None)
    assert "token" not in listed
    assert (await host.get("/conferences", headers=token)).status_code == 200
    (listed,) = [one for one in (await host.get("/tokens")).json() if one["name"] == "wis"]
    assert listed["used_at"] is not None
    region.clock.time_s += 400 * 86_400
    assert (await host.get("/conferences", headers=token)).status_code == 401
    refused = await host.post("/tokens", json={**body, "expires_at": None, "permissions": ["account.change"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "permissions")


async def test_a_keeper_gives_no_token_more_than_a_keeper_may_give(region: Region, host: httpx.AsyncClient) -> None:
    keeper = await invited(region, host, "kent", "keeper")
    await keeper.logs_in()
    for permissions in (None, ["recording.listen"]):
        answer = await keeper.browser.post("/api/v1/tokens", json={"name": "x", "permissions": permissions})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), permissions


async def test_nobody_changes_their_own_roles_and_the_last_keeper_stays(
    region: Region, host: httpx.AsyncClient
) -> None:
    kent = await invited(region, host, "kent", "keeper")
    await kent.logs_in()
    own = await kent.browser.patch("/api/v1/accounts/kent", json={"roles": ["keeper", "registrar"]})
    assert own.json()["reason"] == "own_roles"
    for last in (
        await host.patch("/accounts/kent", json={"roles": ["host"]}),
        await host.post("/accounts/kent/disable"),
        await host.delete("/accounts/kent"),
    ):
        assert last.json()["reason"] == "last_keeper"
    await invited(region, host, "kim", "keeper")
    assert (await host.post("/accounts/kent/disable")).status_code == 200
    assert (await kent.browser.get("/api/v1/me")).status_code == 401, "at once"


async def test_a_scope_is_demanded_where_a_role_is_nothing_without_it(host: httpx.AsyncClient) -> None:
    for role, field in (("listener", "forums"), ("directory_editor", "organisations")):
        answer = await host.post("/accounts", json={"name": "x1", "roles": [role]})
        assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_the_first_login_by_the_operators_token_is_offered_the_first_account(
    region: Region, stranger: httpx.AsyncClient, host: httpx.AsyncClient
) -> None:
    await stranger.post("/login", data={"token": region.operator}, headers=SAME)
    assert "Gör det första kontot" in (await stranger.get("/")).text
    await invited(region, host, "kent", "keeper")
    assert "Gör det första kontot" not in (await stranger.get("/")).text


async def test_the_break_glass_account_works_by_itself_and_its_use_is_an_alarm(
    region: Region, host: httpx.AsyncClient
) -> None:
    glass = await invited(region, host, "nod", "keeper", break_glass=True)
    assert region.glass.health() == {"break glass": WELL}
    app = region.app()
    glass.browser = Person(region, app).browser
    await glass.logs_in()
    parts = (await glass.browser.get("/readyz")).json()
    assert "nod" in parts["parts"]["break glass"]
    assert "break_glass.used" in {row.action for row in await region.audited("break_glass.")}
    assert 'samband_part_ready{part="break glass"} 0.0' in (await glass.browser.get("/metrics")).text


async def test_my_settings_keep_factors_and_the_last_one_stays(region: Region, host: httpx.AsyncClient) -> None:
    anna = await invited(region, host)
    await anna.logs_in()
    begun = (await anna.browser.post("/api/v1/me/totp")).json()

    text = begun["secret"].replace(" ", "")
    second = base64.b32decode(text + "=" * (-len(text) % 8))
    code = totp.code_of(second, totp.step_at(region.clock.time_s))
    body = {"key": begun["key"], "code": code, "name": "plattan"}
    assert (await anna.browser.post("/api/v1/me/totp/confirm", json=body)).status_code == 201
    factors = [one for one in (await anna.browser.get("/api/v1/me")).json()["factors"] if one["kind"] == "totp"]
    assert len(factors) == 2
    first, last = (f"/api/v1/me/factors/{one['id']}" for one in factors)
    assert (await anna.browser.delete(first)).status_code == 204
    assert (await anna.browser.delete(last)).json()["reason"] == "last_factor"


async def test_no_secret_stands_in_the_database_or_the_audit_log(region: Region, host: httpx.AsyncClient) -> None:
    anna = await invited(region, host)
    await anna.logs_in()
    with database_of(region) as content:
        for secret in (PASSWORD, anna.codes[1], anna.secret.hex(), anna.browser.cookies[COOKIE]):
            assert secret.encode() not in content
        assert anna.secret not in content


@contextmanager
def database_of(region: Region) -> Iterator[bytes]:
    yield b"".join(
        one.read_bytes() for one in sorted(region.folder.rglob("*")) if one.is_file() and "key" not in one.name
    )


async def test_another_copy_of_a_passkey_is_refused(region: Region, host: httpx.AsyncClient) -> None:
    await invited(region, host)
    account = await region.accounts.named("anna")
    assert account is not None
    await region.accounts.add_factor("anna", account, FactorKind.PASSKEY, "nyckel", step=5, passkey=("cred", "key"))
    key = await region.accounts.passkey("cred")
    assert key is not None
    assert await region.accounts.use_passkey(key, 6)
    assert not await region.accounts.use_passkey(key, 6)


async def test_a_person_whose_roles_are_gone_does_nothing(region: Region, host: httpx.AsyncClient) -> None:
    await invited(region, host)
    account = await region.accounts.named("anna")
    assert account is not None
    assert account.roles == {AccessRole.HOST}
    with pytest.raises(Refusal, match="not_permitted"):
        await region.parts().service.accounts.find(principal_of_account(account))
