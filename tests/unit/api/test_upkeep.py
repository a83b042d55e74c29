"""Each organisation keeps its own contact data by a link, and nothing else."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Sequence
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bridge.domain.directory.records import Function, Organisation, Person, Reminder, RotaEntry
from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer, OutboxMessage
from bridge.service import Refusal, Service
from bridge.service.upkeep import Contact, editor_of
from bridge.storage.tables import upkeep_links
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import NOW_S, Region, a_region
from tests.unit.service.test_access import body_of

DAY_S = 86_400.0
OURS = (
    Organisation("lst", "Länsstyrelsen", "lst@example.org"),
    Function("tib", "lst", "TiB", ("+46846500401",)),
    Function("ck", "lst", "Chef <i>", ("+46846500402",)),
    Person("p1", "lst", "Person Ett", ("+46701740605",)),
)
THEIRS = (
    Organisation("rtj", "Räddningstjänsten"),
    Function("inre", "rtj", "Inre befäl", ("+46846500409",)),
    Person("p9", "rtj", "Person Nio", ("+46701740609",)),
)


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        made.sending = OutboxPolicy(bearers=(BearerPolicy(Bearer.MAIL),))
        made.link_url = "https://samband.example.org"
        await made.restart()
        await made.has(*OURS, *THEIRS)
        their_rota = RotaEntry("rota-theirs", "inre", "p9", NOW_S - 1, NOW_S + DAY_S)
        await made.directory.enter("test", [their_rota])
        yield made


@pytest.fixture
async def visitor(region: Region) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that knows nothing but its link."""
    transport = httpx.ASGITransport(region.app())
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers={"Accept-Language": "en"}) as client:
        yield client


@pytest.fixture
async def keeper(region: Region) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {region.operator}", "Accept-Language": "en"}
    transport = httpx.ASGITransport(region.app())
    async with httpx.AsyncClient(transport=transport, base_url=f"{ADDRESS}/api/v1", headers=headers) as client:
        yield client


async def link_of(keeper: httpx.AsyncClient, organisation: str = "lst", **more: object) -> str:
    """The secret of a new link."""
    made = await keeper.post("/directory/links", json={"organisation_id": organisation, **more})
    assert made.status_code == 201, made.text
    return secret_in(made.json()["address"])


def secret_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["key"][0]


async def sends(visitor: httpx.AsyncClient, key: str, act: str, **fields: str) -> httpx.Response:
    return await visitor.post("/upkeep", data={"key": key, "lang": "en", "act": act, **fields})


def digest_in(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


async def confirmations(region: Region) -> set[str]:
    return set(await region.directory.confirmations())


# --- the link ---


async def test_the_secret_has_128_bits_of_a_key_is_told_once_and_kept_as_a_hash(
    keeper: httpx.AsyncClient, region: Region
) -> None:
    secret = await link_of(keeper)
    assert len(secret.removeprefix("upkeep_")) == 32
    listed = await keeper.get("/directory/links")
    assert secret not in listed.text
    async with region.database.reading() as connection:
        rows = (await connection.execute(upkeep_links.select())).all()
    assert secret not in repr(rows)
    assert not [row for row in await region.audited("") if secret in repr(row)]


async def test_a_link_that_is_revoked_or_expired_opens_nothing(
    keeper: httpx.AsyncClient, visitor: httpx.AsyncClient, region: Region
) -> None:
    first = await link_of(keeper)
    [listed] = (await keeper.get("/directory/links")).json()
    second = await link_of(keeper, lasts_s=2 * DAY_S)
    assert (await keeper.delete(f"/directory/links/{listed['id']}")).status_code == 204
    assert (await keeper.delete(f"/directory/links/{listed['id']}")).status_code == 404
    opened = [(await visitor.get("/upkeep", params={"key": one})).status_code for one in (first, second)]
    assert opened == [404, 200]
    region.clock.time_s += 2 * DAY_S + 1
    for one in (first, second, "upkeep_" + "x" * 43, "", "x" * 5000):
        answer = await visitor.get("/upkeep", params={"key": one})
        assert answer.status_code == 404
        assert "TiB" not in answer.text


async def test_guessing_of_links_is_braked(visitor: httpx.AsyncClient) -> None:
    statuses = [(await visitor.get("/upkeep", params={"key": f"upkeep_{one}"})).status_code for one in range(12)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


async def test_the_address_and_the_secret_reach_no_other_site(
    keeper: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    answer = await visitor.get("/upkeep", params={"key": await link_of(keeper)})
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text


# --- the page ---


async def test_the_page_shows_the_organisations_own_data_in_the_readers_language_and_nothing_of_others(
    keeper: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    key = await link_of(keeper)
    page = await visitor.get("/upkeep", params={"key": key, "lang": "sv"})
    assert page.status_code == 200
    assert "Allt stämmer" in page.text
    assert "08-465 004 01" in page.text
    assert "Chef &lt;i&gt;" in page.text
    for foreign in ("Inre befäl", "Person Nio", "08-465 004 09", "rota-theirs", "Räddningstjänsten"):
        assert foreign not in page.text
    assert "All of it is right" in (await visitor.get("/upkeep", params={"key": key})).text


async def test_reading_confirms_nothing_and_only_the_form_does(
    keeper: httpx.AsyncClient, visitor: httpx.AsyncClient, region: Region
) -> None:
    key = await link_of(keeper)
    page = await visitor.get("/upkeep", params={"key": key})
    for query in ({"key": key, "act": "confirm"}, {"key": key, "done": "confirmed"}):
        assert (await visitor.get("/upkeep", params=query)).status_code == 200
    await visitor.head("/upkeep", params={"key": key})
    assert await confirmations(region) == set()
    done = await sends(visitor, key, "confirm", digest=digest_in(page.text))
    assert done.status_code == 303
    assert await confirmations(region) == {"tib", "ck"}
    [actor] = {row.actor for row in await region.audited("function_confirmed")}
    assert actor.startswith("organisation_editor:link-")
    assert "your contact data is confirmed" in (await visitor.get(done.headers["location"])).text


async def test_a_confirmation_is_of_what_was_seen(
    keeper: httpx.AsyncClient, visitor: httpx.AsyncClient, region: Region
) -> None:
    key = await link_of(keeper)
    seen = digest_in((await visitor.get("/upkeep", params={"key": key})).text)
    await sends(visitor, key, "function", subject="tib", numbers="08-465 004 03")
    stale = await sends(visitor, key, "confirm", digest=seen)
    assert stale.status_code == 409
    assert "has changed since the page was shown" in stale.text
    assert await confirmations(region) == set()


async def test_numbers_are_corrected_with_kind_and_hours_and_the_rest_of_the_function_stays(
    keeper: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    before = (await keeper.patch("/functions/tib", json={"issis": [1401001], "radio_orders": True})).json()
    key = await link_of(keeper)
    numbers = "070-174 06 05 mobil mån-fre 08:00-16:30\r\n08-465 004 01\r\n"
    answer = await sends(visitor, key, "function", subject="tib", numbers=numbers, email="tib@example.org")
    assert answer.status_code == 303
    after = (await keeper.get("/functions/tib")).json()
    assert after["numbers"] == ["+46701740605", "+46846500401"]
    assert [(one["number"], one["kind"]) for one in after["number_uses"]] == [("+46701740605", "mobile")]
    assert after["email"] == "tib@example.org"
    kept = ("name", "issis", "radio_orders", "deputy_ids", "organisation_id", "language")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    page = html.unescape((await visitor.get("/upkeep", params={"key": key})).text)
    assert "070-174 06 05 mobile mon-fri 08:00-16:30" in page


async def test_persons_and_the_rota_are_kept_too(keeper: httpx.AsyncClient, visitor: httpx.AsyncClient) -> None:
    key = await link_of(keeper)
    await sends(visitor, key, "add_person", name="Person Två", numbers="070-174 06 06")
    persons = {one["name"]: one["id"] for one in (await keeper.get("/persons")).json()}
    await sends(visitor, key, "person", subject="p1", name="Person Ett", numbers="070-174 06 07")
    span = {"begins": "2027-01-15 08:00", "ends": "2027-01-16 08:00"}
    assert (await sends(visitor, key, "enter", subject="tib", person=persons["Person Två"], **span)).status_code == 303
    [mine] = (await keeper.get("/directory/rota?function=tib")).json()
    assert (mine["person"], mine["holds"]) == ("Person Två", True)
    await sends(visitor, key, "strike", subject=mine["id"])
    assert (await keeper.get("/directory/rota?function=tib")).json() == []
    await sends(visitor, key, "delete_person", subject=persons["Person Två"])
    assert {one["id"]: one["numbers"] for one in (await keeper.get("/persons")).json()} == {
        "p1": ["+46701740607"],
        "p9": ["+46701740609"],
    }


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("function", {"subject": "tib", "numbers": "112"}),
        ("function", {"subject": "tib", "numbers": "08-465 004 01 mobil 25:00-26:00"}),
        ("function", {"subject": "tib", "numbers": "${EXTEN}"}),
        ("function", {"subject": "tib", "numbers": "08-465 004 01\n" * 11}),
        ("function", {"subject": "tib", "numbers": "", "email": "x@example.org\r\nBcc: y@example.org"}),
        ("person", {"subject": "p1", "name": "\u202e", "numbers": ""}),
        ("person", {"subject": "p1", "name": "", "numbers": ""}),
        ("add_person", {"name": "x" * 101, "numbers": ""}),
        ("enter", {"subject": "tib", "person": "p1", "begins": "now", "ends": "2027-01-16 08:00"}),
        ("enter", {"subject": "tib", "person": "p1", "begins": "2027-01-16 08:00", "ends": "2027-01-15 08:00"}),
        ("drop", {}),
        ("", {}),
    ],
)
async def test_a_form_that_cannot_be_read_changes_nothing_and_says_why(
    keeper: httpx.AsyncClient, visitor: httpx.AsyncClient, region: Region, act: str, fields: dict[str, str]
) -> None:
    key = await link_of(keeper)
    before = len(await region.audited(""))
    answer = await sends(visitor, key, act, **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert len(await region.audited("")) == before


@pytest.mark.parametrize("content", [b"", b"\xff", b"key=x&" * 50, b"key=" + b"x" * 40_000, b"{}"])
async def test_a_body_that_is_no_form_is_refused(visitor: httpx.AsyncClient, content: bytes) -> None:
    answer = await visitor.post("/upkeep", content=content)
    assert answer.status_code in (400, 404)


# --- nothing else ---


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("function", {"subject": "inre", "numbers": "08-465 004 03"}),
        ("person", {"subject": "p9", "name": "Annan", "numbers": "08-465 004 03"}),
        ("delete_person", {"subject": "p9"}),
        ("enter", {"subject": "inre", "person": "p9", "begins": "2027-01-15 08:00", "ends": "2027-01-16 08:00"}),
        ("enter", {"subject": "tib", "person": "p9", "begins": "2027-01-15 08:00", "ends": "2027-01-16 08:00"}),
        ("strike", {"subject": "rota-theirs"}),
    ],
)
async def test_nothing_of_another_organisation_is_changed_or_told_to_be_there(
    keeper: httpx.AsyncClient, visitor: httpx.AsyncClient, region: Region, act: str, fields: dict[str, str]
) -> None:
    key = await link_of(keeper)
    before = len(await region.audited(""))
    theirs = await sends(visitor, key, act, **fields)
    absent = await sends(visitor, key, act, **{**fields, "subject": "nobody"})
    assert theirs.status_code in (404, 422)
    if fields["subject"] != "tib":
        assert (theirs.status_code, absent.status_code) == (404, 404)
        assert theirs.text.replace(key, "").replace(fields["subject"], "nobody") == absent.text.replace(key, "")
    assert len(await region.audited("")) == before
    assert (await keeper.get("/functions/inre")).json()["numbers"] == ["+46846500409"]


@pytest.mark.slow
async def test_a_link_opens_no_request_of_the_api(keeper: httpx.AsyncClient, region: Region) -> None:
    secret = await link_of(keeper)
    app = region.app()
    asked, audited = len(region.asked), len(await region.audited(""))
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS, headers=headers) as client:
        for path, methods in app.openapi()["paths"].items():
            for method in methods if path.startswith("/api/v1") else ():
                address = path.replace("{gssi}", "1").replace("{", "").replace("}", "")
                async with asyncio.timeout(10):
                    answer = await client.request(method, address, json=body_of(method.upper(), path))
                assert answer.status_code in (401, 429), (method, path, answer.text)
    assert (len(region.asked), len(await region.audited(""))) == (asked, audited)


async def test_the_rights_of_a_link_are_those_of_the_table_and_of_one_organisation(region: Region) -> None:
    link, _ = await region.links.make("test", "lst", DAY_S)
    editor, service = editor_of(link), Service.on(region.ports())
    for attempt in (
        service.directory.find(editor, Function),
        service.directory.replace(editor, "tib", Function("tib", "lst", "Ny")),
        service.files.coverage(editor),
        service.rota.find(editor),
        service.upkeep.links(editor),
        service.upkeep.make(editor, "lst"),
    ):
        with pytest.raises(Refusal) as refused:
            await attempt
        assert refused.value.code == "not_permitted"
    with pytest.raises(Refusal) as refused:
        await service.upkeep.set_function(editor, "inre", Contact((), (), None))
    assert refused.value.code == "not_found"
    own = await service.upkeep.read(editor)
    assert {one.id for one in own.functions} == {"tib", "ck"}


# --- by mail ---


async def mails(region: Region) -> Sequence[OutboxMessage]:
    return await region.archive.outbox(bearer=Bearer.MAIL)


async def test_the_secret_of_a_link_by_mail_is_in_no_table_and_is_put_in_as_the_mail_leaves(
    keeper: httpx.AsyncClient, visitor: httpx.AsyncClient, region: Region
) -> None:
    made = await keeper.post("/directory/links", json={"organisation_id": "lst", "mail": True})
    assert (made.status_code, made.json()["address"]) == (201, None)
    [message] = await mails(region)
    assert message.to == "lst@example.org"
    lying = re.search(r"https://samband\.example\.org\S+", message.text)
    assert lying is not None
    assert (await visitor.get("/upkeep", params={"key": secret_in(lying[0])})).status_code != 200
    order = SendMessage(message.id, message.bearer, message.to, "", message.text, 0.0, links=message.links)
    found = re.search(r"https://samband\.example\.org\S+", region.link_secrets.filled(order).text)
    assert found is not None
    assert (await visitor.get("/upkeep", params={"key": secret_in(found[0])})).status_code == 200


async def test_a_link_is_not_mailed_to_an_organisation_without_an_address(keeper: httpx.AsyncClient) -> None:
    answer = await keeper.post("/directory/links", json={"organisation_id": "rtj", "mail": True})
    assert (answer.status_code, answer.json()["reason"]) == (422, "organisation_without_mail")
    assert (await keeper.get("/directory/links")).json() == []


async def test_after_ninety_days_one_reminder_goes_with_a_link_and_never_a_second(region: Region) -> None:
    upkeep = Service.on(region.ports()).upkeep
    for key in ("tib", "ck"):
        await region.directory.confirm("test", key)
    region.clock.time_s = NOW_S + 89 * DAY_S
    assert (await upkeep.remind(SYSTEM), await mails(region)) == (0, [])
    region.clock.time_s = NOW_S + 90 * DAY_S + 60
    assert await upkeep.remind(SYSTEM) == 1
    assert [await upkeep.remind(SYSTEM) for _ in range(2)] == [0, 0]
    assert await Service.on(region.ports()).upkeep.remind(SYSTEM) == 0
    [message] = await mails(region)
    assert message.to == "lst@example.org"
    [row] = await region.audited("upkeep_reminded")
    assert row.detail["late_s"] == 0
    region.clock.time_s += 30 * DAY_S
    assert await upkeep.remind(SYSTEM) == 0
    for key in ("tib", "ck"):
        await region.directory.confirm("test", key)
    region.clock.time_s += 90 * DAY_S + 60
    assert await upkeep.remind(SYSTEM) == 1


async def test_a_reminder_that_is_done_late_is_marked_late(keeper: httpx.AsyncClient, region: Region) -> None:
    for key in ("tib", "ck"):
        await region.directory.confirm("test", key)
    region.clock.time_s = NOW_S + 100 * DAY_S
    assert await Service.on(region.ports()).upkeep.remind(SYSTEM) == 1
    found = {one["function_id"]: one for one in (await keeper.get("/directory/coverage")).json()}
    assert found["tib"]["reminder_late_s"] == 10 * DAY_S
    assert found["inre"]["reminded_at"] is None


async def test_a_reminder_that_a_crash_took_before_it_was_sent_is_sent_once(region: Region) -> None:
    await region.links.claim(Reminder("lst", 0.0, NOW_S, 0.0))
    upkeep = Service.on(region.ports()).upkeep
    assert await upkeep.remind(SYSTEM) == 0
    region.clock.time_s += 3601
    assert [await upkeep.remind(SYSTEM) for _ in range(3)] == [1, 0, 0]
    assert len(await mails(region)) == 1


# --- coverage ---


async def test_coverage_says_never_overdue_and_confirmed(keeper: httpx.AsyncClient, region: Region) -> None:
    await region.directory.confirm("test", "tib")
    region.clock.time_s += 80 * DAY_S
    await region.directory.confirm("test", "ck")
    region.clock.time_s += 11 * DAY_S
    found = {one["function_id"]: one["confirmation"] for one in (await keeper.get("/directory/coverage")).json()}
    assert found == {"tib": "overdue", "ck": "confirmed", "inre": "never"}


async def test_coverage_names_hours_without_a_number_and_a_week_without_anybody_on_duty(
    keeper: httpx.AsyncClient, region: Region
) -> None:
    by_day = {"number": "08-465 004 01", "hours": [{"begins": "08:00", "ends": "16:00"}]}
    await keeper.patch("/functions/tib", json={"number_uses": [by_day]})
    later = RotaEntry("rota-later", "tib", "p1", NOW_S + 8 * DAY_S, NOW_S + 9 * DAY_S)
    await region.directory.enter("test", [later])
    found = {one["function_id"]: one for one in (await keeper.get("/directory/coverage")).json()}
    assert [found[key]["lacks_number_at_times"] for key in ("tib", "ck", "inre")] == [True, False, False]
    assert [found[key]["lacks_duty"] for key in ("tib", "ck", "inre")] == [True, False, False]
    assert found["inre"]["off_duty_from"] == "2027-01-16T08:00:00.000Z"
    night = {"number": "08-465 004 01", "hours": [*by_day["hours"], {"begins": "16:00", "ends": "08:00"}]}
    await keeper.patch("/functions/tib", json={"number_uses": [night]})
    found = {one["function_id"]: one for one in (await keeper.get("/directory/coverage")).json()}
    assert found["tib"]["lacks_number_at_times"] is False
