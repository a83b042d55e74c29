"""SMS and e-mail over the API, and the gateway's own calls. The gateway and the mail server are real ones."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from aiohttp import web

from bridge.bearers import ConfiguredBearers, MailSettings, SmsSettings
from bridge.domain.callout.records import TARGETS
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer
from tests.harness.wait import until
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import NUMBER, WAIT_S, Region
from tests.unit.bearers.servers import Gateway, Post, a_gateway, a_mail_server

MOBILE, SPOKEN, MAIL = "+46701740605", "070-174 06 05", "tib@lansstyrelsen.example.se"
SECRET = "h" * 43
HOOK = f"/hooks/sms/{SECRET}"


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with a_gateway() as made:
        yield made


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with a_mail_server() as made:
        yield made


@pytest.fixture
async def sends(region: Region, gateway: Gateway, post: Post) -> Region:
    """The region has both bearers, and the gateway knows where to call it."""
    sms = SmsSettings(url=gateway.url, sender="+46766860000", callback_url=ADDRESS, within_s=2)
    mail = MailSettings(host="127.0.0.1", port=post.port, security="none", sender="samband@example.se", within_s=2)
    region.bearers = ConfiguredBearers(mail, sms, SECRET)
    region.sending = OutboxPolicy(tuple(BearerPolicy(one, 0, 4) for one in Bearer), retry_s=0.05)
    region.sms_hook = SECRET
    await region.restart()
    return region


@pytest.fixture
async def api(sends: Region, host: httpx.AsyncClient) -> httpx.AsyncClient:
    """A directory with one function on a list, and its deputy."""
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    own = {"organisation_id": "lst", "name": "TiB", "numbers": ["08-465 004 01", SPOKEN], "email": MAIL}
    (await host.post("/functions", json={"id": "tib", **own})).raise_for_status()
    await host.post("/activation-lists", json={"id": "regional", "name": "Regional", "function_ids": ["tib"]})
    return host


async def becomes(api: httpx.AsyncClient, message: str, state: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        found: dict[str, Any] = (await api.get(f"/messages/{message}")).json()
        return found if found["state"] == state else None

    found = await until(there, WAIT_S, what=f"{message} is {state}")
    assert found is not None
    return found


async def calls_us(stranger: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    """As the gateway does."""
    content = urlencode(form)
    return await stranger.post(path, content=content, headers={"Content-Type": "application/x-www-form-urlencoded"})


async def called_in(api: httpx.AsyncClient, *bearers: str, **more: object) -> dict[str, Any]:
    answer = await api.post("/activations", json={"list_id": "regional", "messages": list(bearers), **more})
    assert answer.status_code == 201
    activation: dict[str, Any] = answer.json()
    return activation


async def test_an_sms_is_sent_with_its_parts_and_followed_to_its_receipt(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, gateway: Gateway
) -> None:
    answer = await api.post("/messages", json={"bearer": "sms", "to": "tib", "text": "Samling kl 16, å ä ö €"})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["Location"] == f"/api/v1/messages/{made['id']}"
    assert (made["to"], made["coding"], made["characters"], made["parts"]) == (MOBILE, "gsm7", 23, 1)
    sent = await becomes(api, made["id"], "sent")
    assert sent["provider_id"] == f"s{1:032d}"
    receipt = gateway.forms[0]["whendelivered"].removeprefix(ADDRESS)
    assert (await calls_us(stranger, receipt, id=sent["provider_id"], status="delivered")).status_code == 204
    assert (await api.get(f"/messages/{made['id']}")).json()["delivered_at"] is not None
    listed = (await api.get("/messages?bearer=sms&state=delivered")).json()
    assert [one["id"] for one in listed] == [made["id"]]


async def test_an_email_is_sent_to_a_function(api: httpx.AsyncClient, post: Post) -> None:
    body = {"bearer": "mail", "to": "tib", "text": "Samling", "heading": "Lägesmöte"}
    made = (await api.post("/messages", json=body)).json()
    await becomes(api, made["id"], "sent")
    assert [(one["To"], one["Subject"]) for one in post.mails] == [(MAIL, "Lägesmöte")]
    assert made["id"] in post.mails[0]["Message-ID"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"bearer": "sms", "to": "112", "text": "x"}, "number_short_number"),
        ({"bearer": "mail", "to": "ingen adress", "text": "x"}, "no_mail_address"),
        ({"bearer": "mail", "to": "a@b.se\r\nBcc: c@d.se", "text": "x"}, "no_mail_address"),
        ({"bearer": "sms", "to": "stum", "text": "x"}, "function_without_address"),
        ({"bearer": "sms", "to": SPOKEN, "text": "”" * 700}, "sms_too_long"),
    ],
)
async def test_a_message_to_nobody_is_refused_with_the_reason(
    api: httpx.AsyncClient, body: dict[str, str], code: str
) -> None:
    await api.post(
        "/functions", json={"id": "stum", "organisation_id": "lst", "name": "Stum", "numbers": ["08-465 004 02"]}
    )
    answer = await api.post("/messages", json=body)
    assert answer.status_code == 422
    assert answer.json()["reason"] == code
    assert (await api.get("/messages")).json() == []


async def test_without_bearers_a_message_is_refused_and_a_call_out_goes_on(
    host: httpx.AsyncClient, region: Region
) -> None:
    answer = await host.post("/messages", json={"bearer": "sms", "to": SPOKEN, "text": "x"})
    assert (answer.status_code, answer.json()["reason"]) == (503, "bearer_off")
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    own = {"id": "tib", "organisation_id": "lst", "name": "TiB", "numbers": [SPOKEN]}
    await host.post("/functions", json=own)
    await host.post("/activation-lists", json={"id": "regional", "name": "Regional", "function_ids": ["tib"]})
    activation = await called_in(host, "sms")
    (target,) = activation["targets"]
    assert (target["state"], target["messages"][0]["reason_code"]) == ("calling", "bearer_off")


async def test_an_uncertain_message_is_sent_again_by_decision_alone(api: httpx.AsyncClient, gateway: Gateway) -> None:
    gateway.answers = lambda count: web.Response(status=500) if count == 1 else web.json_response({"id": "s2"})
    made = (await api.post("/messages", json={"bearer": "sms", "to": SPOKEN, "text": "Samling"})).json()
    shown = await becomes(api, made["id"], "uncertain")
    assert shown["reason_code"] == "bearer_no_answer"
    assert len(gateway.forms) == 1
    again = (await api.post(f"/messages/{made['id']}/again")).json()
    assert again["again_of"] == made["id"]
    await becomes(api, again["id"], "sent")
    assert len(gateway.forms) == 2
    refused = await api.post(f"/messages/{again['id']}/again")
    assert (refused.status_code, refused.json()["reason"]) == (409, "message_not_sent_again")


async def test_a_call_out_writes_to_every_function_in_its_language_and_never_a_code(
    api: httpx.AsyncClient, gateway: Gateway, post: Post, sends: Region
) -> None:
    activation = await called_in(api, "sms", "mail")
    (target,) = activation["targets"]
    assert {(one["bearer"], one["to"]) for one in target["messages"]} == {("sms", MOBILE), ("mail", MAIL)}
    for one in target["messages"]:
        await becomes(api, one["id"], "sent")
    sms, mail = gateway.forms[0]["message"], post.mails[0]
    assert sms == (
        "SKARPT LÄGE. Inkallning till samverkanskonferens: Regional. Du rings upp: tryck 1. Du kan också ringa"
        " 08-555 55 55. Svara 1 kommer nu, 2 senare (2 30: om 30 min), 3 kan inte."
    )
    assert mail["Subject"] == "SKARPT LÄGE: inkallning till samverkanskonferens"
    for code in await sends.codes_of(activation["conference_id"]):
        assert code not in sms + mail.get_content()
    assert "08-555 55 55" in mail.get_content()
    assert NUMBER == "+4685555555"


async def test_an_exercise_is_written_as_one_and_another_language_is_kept(
    api: httpx.AsyncClient, gateway: Gateway
) -> None:
    await api.patch("/functions/tib", json={"language": "en"})
    activation = await called_in(api, "sms", exercise=True)
    await becomes(api, activation["targets"][0]["messages"][0]["id"], "sent")
    assert gateway.forms[0]["message"].startswith("EXERCISE. Call-out to a collaboration conference: Regional.")


async def test_the_name_of_a_conference_under_secrecy_is_written_to_nobody(
    api: httpx.AsyncClient, gateway: Gateway
) -> None:
    meeting = (await api.post("/conferences", json={"name": "Hemlig insats", "secrecy": "secret"})).json()
    activation = await called_in(api, "sms", conference_id=meeting["id"])
    await becomes(api, activation["targets"][0]["messages"][0]["id"], "sent")
    assert "Hemlig" not in gateway.forms[0]["message"]


async def test_an_answer_by_sms_stops_the_ringing_and_is_confirmed(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, gateway: Gateway, sends: Region
) -> None:
    activation = await called_in(api, "sms")
    channel = await sends.is_rung("+46846500401")
    answer = await calls_us(
        stranger, f"{HOOK}/answers", **{"from": MOBILE, "to": "+46766860000", "message": "2 30", "id": "s9"}
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert sends.node()[TARGETS][activation["targets"][0]["id"]].state == "later"
    await until(lambda: channel in sends.phones.hung_up, 1.0, what="the ringing stops within a second")
    (target,) = (await api.get(f"/activations/{activation['id']}", headers={"Accept-Language": "sv"})).json()["targets"]
    assert (target["state"], target["reason"]) == ("later", "svarade per sms: kommer senare, om 30 min")
    await until(lambda: len(gateway.forms) == 2, WAIT_S)
    assert gateway.forms[1]["message"] == "Svaret är mottaget: du kommer om 30 min."
    (row,) = await sends.audited("activation.answer")
    assert (row.detail["number"], row.detail["answer"], row.detail["minutes"]) == (MOBILE, "2", 30)


async def test_an_answer_that_cannot_be_read_changes_nothing_and_is_asked_for_again_three_times_at_most(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, gateway: Gateway, sends: Region
) -> None:
    activation = await called_in(api, "sms")
    for _ in range(5):
        answer = await calls_us(stranger, f"{HOOK}/answers", **{"from": MOBILE, "message": "Vem är det?"})
        assert answer.status_code == 204
    assert sends.node()[TARGETS][activation["targets"][0]["id"]].state == "calling"
    await until(lambda: len(gateway.forms) == 4, WAIT_S)
    assert gateway.forms[1]["message"].startswith("Svaret gick inte att tolka.")
    assert len((await api.get("/messages?limit=100")).json()) == 4


async def test_a_cancelled_call_out_is_taken_back_by_the_text_prepared_for_that(
    api: httpx.AsyncClient, gateway: Gateway
) -> None:
    activation = await called_in(api, "sms")
    (first,) = activation["targets"][0]["messages"]
    await becomes(api, first["id"], "sent")
    cancelled = (await api.post(f"/activations/{activation['id']}/cancel")).json()
    (target,) = cancelled["targets"]
    assert [one["corrects"] for one in target["messages"]] == [None, first["id"]]
    await until(lambda: len(gateway.forms) == 2, WAIT_S)
    assert gateway.forms[1]["message"] == (
        "SKARPT LÄGE. Inkallningen till samverkanskonferens: Regional är avbruten. Du behöver inte ringa."
    )


# --- strangers at the gateway's addresses ---


@pytest.mark.parametrize("path", ["answers", "receipts/out-1"])
async def test_a_wrong_secret_is_no_page_and_guessing_is_braked(
    stranger: httpx.AsyncClient, sends: Region, path: str
) -> None:
    answers = [
        await calls_us(stranger, f"/hooks/sms/{n:043d}/{path}", **{"from": MOBILE, "message": "3"}) for n in range(30)
    ]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    right = await calls_us(stranger, f"{HOOK}/{path}", **{"from": MOBILE, "message": "3"})
    assert right.status_code in (204, 429)


async def test_without_a_gateway_there_is_no_such_page(stranger: httpx.AsyncClient, region: Region) -> None:
    for secret in ("x", "h" * 43):
        assert (await calls_us(stranger, f"/hooks/sms/{secret}/answers", message="1")).status_code == 404


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 204),
        (b"from=" + MOBILE.encode() + b"&message=3", 204),
        (b"from=%2B46701740605%0A&message=3", 204),
        (b"from=%2B46701740605&message=" + b"3" * 9000, 413),
        (b"&".join(b"a%d=1" % n for n in range(40)), 400),
        (b"\xff\xfe", 400),
        (b"from=%ff%fe&message=%00", 204),
    ],
)
async def test_hostile_forms_change_nothing(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, sends: Region, content: bytes, status: int
) -> None:
    activation = await called_in(api, "sms")
    assert (await stranger.post(f"{HOOK}/answers", content=content)).status_code == status
    assert sends.node()[TARGETS][activation["targets"][0]["id"]].state == "calling"


async def test_a_receipt_of_no_message_or_no_known_kind_changes_nothing(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, gateway: Gateway
) -> None:
    made = (await api.post("/messages", json={"bearer": "sms", "to": SPOKEN, "text": "Samling"})).json()
    await becomes(api, made["id"], "sent")
    for path, form in (
        (f"receipts/{made['id']}", {"status": "created"}),
        (f"receipts/{made['id']}", {}),
        ("receipts/out-00000000000000000000000099", {"status": "failed"}),
        ("receipts/tgt-1", {"status": "failed"}),
    ):
        assert (await calls_us(stranger, f"{HOOK}/{path}", **form)).status_code == 204
    assert (await api.get(f"/messages/{made['id']}")).json()["state"] == "sent"
