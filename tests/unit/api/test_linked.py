"""Links in messages: to open one does nothing, and to send by it does one thing."""

import html
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from bridge.bearers import ConfiguredBearers, LinkSecrets, MailSettings, SmsSettings
from bridge.domain.mailings.policy import MailingPolicy
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer
from tests.harness.wait import until
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import NOW_S, WAIT_S, Region
from tests.unit.bearers.servers import Gateway, Post, a_gateway, a_mail_server

MOBILE, EMAIL = "+46701740605", "tib@example.se"


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with a_mail_server() as made:
        yield made


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with a_gateway() as made:
        yield made


@pytest.fixture
async def sends(region: Region, post: Post, gateway: Gateway) -> Region:
    """Both bearers, and links that lead here."""
    sms = SmsSettings(url=gateway.url, sender="+46766860000", within_s=5)
    mail = MailSettings(host="127.0.0.1", port=post.port, security="none", sender="samband@example.se", within_s=5)
    region.bearers = ConfiguredBearers(mail, sms, "h" * 43, links=region.link_secrets)
    region.sending = OutboxPolicy(tuple(BearerPolicy(one, 0, 4) for one in Bearer), retry_s=0.05)
    region.link_url = ADDRESS
    region.mailing = MailingPolicy(can_link=True)
    await region.restart()
    return region


@pytest.fixture
async def api(sends: Region, host: httpx.AsyncClient) -> httpx.AsyncClient:
    """Two organisations on the list of a forum."""
    for key, name in (("lst", "Länsstyrelsen"), ("rtj", "Räddningstjänsten")):
        await host.post("/organisations", json={"id": key, "name": name})
    own = {"organisation_id": "lst", "name": "TiB", "numbers": ["08-465 004 01", MOBILE], "email": EMAIL}
    (await host.post("/functions", json={"id": "tib", **own})).raise_for_status()
    other = {"organisation_id": "rtj", "name": "VB", "numbers": ["08-465 004 02"], "email": "vb@example.se"}
    (await host.post("/functions", json={"id": "vb", **other, "language": "en"})).raise_for_status()
    await host.post("/activation-lists", json={"id": "list", "name": "Lista", "function_ids": ["tib", "vb"]})
    await host.post("/forums", json={"id": "forum", "name": "F", "activation_list_id": "list", "recorded": False})
    return host


def link_in(text: str) -> str:
    """The path of the link."""
    found = re.search(re.escape(ADDRESS) + r"(/l/[A-Za-z0-9_-]{32})(?![A-Za-z0-9_-])", text)
    assert found is not None, text
    return found[1]


def code_in(text: str) -> str:
    found = re.search(r"(?:koden|code) (\d{4})\.", text)
    assert found is not None, text
    return found[1]


async def mail_to(post: Post, address: str, about: str) -> str:
    def come() -> list[str]:
        return [str(one.get_content()) for one in post.mails if one["To"] == address and about in one["Subject"]]

    await until(come, WAIT_S, what=f"a mail about {about} to {address}")
    return come()[-1]


async def asked_for_reports(api: httpx.AsyncClient, region: Region, **more: Any) -> dict[str, Any]:
    """A meeting in two hours."""
    soon = datetime.fromtimestamp(region.clock.now_s() + 7200, ZoneInfo("Europe/Stockholm"))
    rule = {"first_on": soon.strftime("%Y-%m-%d"), "time": soon.strftime("%H:%M")}
    answer = await api.post("/schedules", json={"name": "Lägesmöte", "forum": "forum", "rule": rule, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return {**made, "meeting": f"{made['id']}.{rule['first_on']}"}


async def reports(api: httpx.AsyncClient, meeting: str) -> dict[str, tuple[bool, str | None]]:
    found = (await api.get(f"/situation-reports/{meeting}")).json()
    return {one["organisation_id"]: (one["sent"], one["text"]) for one in found}


# --- situation reports ---


@pytest.mark.slow
async def test_each_organisation_sends_its_report_by_its_own_link_and_corrects_it(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post
) -> None:
    made = await asked_for_reports(api, region)
    mine = link_in(await mail_to(post, EMAIL, "Lägesbild till"))
    theirs = link_in(await mail_to(post, "vb@example.se", "Situation report to"))
    assert mine != theirs
    page = await stranger.get(mine)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Länsstyrelsen" in page.text
    assert "Situation" in (await stranger.get(theirs)).text, "each in its own language"
    assert await reports(api, made["meeting"]) == {"lst": (False, None), "rtj": (False, None)}, (
        "to open it does nothing"
    )
    sent = await stranger.post(mine, data={"text": "Två vägar avstängda\r\nE4 öppen", "needs": "En båt"})
    assert sent.status_code == 200
    assert "Lägesbilden är mottagen" in sent.text
    assert await reports(api, made["meeting"]) == {"lst": (True, "Två vägar avstängda\nE4 öppen"), "rtj": (False, None)}
    assert "Två vägar avstängda" in (await stranger.get(mine)).text, "it can be corrected"
    await stranger.post(mine, data={"text": "En väg avstängd"})
    assert (await reports(api, made["meeting"]))["lst"] == (True, "En väg avstängd")


@pytest.mark.slow
async def test_a_report_after_the_meeting_has_ended_is_refused_and_nothing_is_kept(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post
) -> None:
    made = await asked_for_reports(api, region)
    mine = link_in(await mail_to(post, EMAIL, "Lägesbild till"))
    await api.post(f"/schedules/{made['id']}/start")

    async def opened() -> str | None:
        held = (await api.get(f"/schedules/{made['id']}")).json()["held"]
        return held[0]["conference_id"] if held else None

    conference = await until(opened, WAIT_S, what="the meeting is open")
    assert (await stranger.post(mine, data={"text": "I mötet"})).status_code == 200
    (await api.post(f"/conferences/{conference}/end")).raise_for_status()
    assert (await stranger.post(mine, data={"text": "Efteråt"})).status_code == 410
    assert (await stranger.get(mine)).status_code == 410
    assert (await reports(api, made["meeting"]))["lst"] == (True, "I mötet")


@pytest.mark.parametrize(
    ("form", "status"),
    [({"text": ""}, 422), ({"text": "x" * 2001}, 422), ({"text": "ö" * 60_000}, 413), ({}, 422)],
)
async def test_an_empty_or_endless_report_is_refused(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post, form: dict[str, str], status: int
) -> None:
    made = await asked_for_reports(api, region)
    mine = link_in(await mail_to(post, EMAIL, "Lägesbild till"))
    assert (await stranger.post(mine, data=form)).status_code == status
    assert (await reports(api, made["meeting"]))["lst"] == (False, None)


async def test_hostile_text_stands_on_the_page_as_text(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post
) -> None:
    await asked_for_reports(api, region)
    mine = link_in(await mail_to(post, EMAIL, "Lägesbild till"))
    hostile = "</textarea><script>alert(1)</script>\x00\x1b[2J{{ 7*7 }}"
    await stranger.post(mine, data={"text": hostile})
    page = (await stranger.get(mine)).text
    assert "<script>" not in page
    assert html.escape("<script>", quote=False) in page
    assert "\x1b" not in page
    assert "{{ 7*7 }}" in page


async def test_a_meeting_under_secrecy_shows_no_report_by_the_link(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post
) -> None:
    made = await asked_for_reports(api, region, secrecy="secret")
    text = await mail_to(post, EMAIL, "Lägesbild till")
    assert "Lägesmöte" not in text
    mine = link_in(text)
    await stranger.post(mine, data={"text": "Hemligt läge"})
    assert (await reports(api, made["meeting"]))["lst"] == (True, "Hemligt läge")
    page = (await stranger.get(mine)).text
    assert "Hemligt" not in page
    assert "Lägesmöte" not in page


async def test_an_address_that_was_never_ours_is_no_page_and_guessing_is_braked(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post
) -> None:
    await asked_for_reports(api, region)
    mine = link_in(await mail_to(post, EMAIL, "Lägesbild till"))
    forged = mine[:-1] + ("A" if mine[-1] != "A" else "B")
    assert (await stranger.get(forged)).status_code == 404
    statuses = [(await stranger.get("/l/" + "a" * 32)).status_code for _ in range(12)]
    assert statuses[-1] == 429
    assert LinkSecrets(b"x" * 32).opened(mine.removeprefix("/l/")) is None, "another key opens nothing"


async def test_no_table_and_no_answer_of_the_api_holds_the_secret(
    api: httpx.AsyncClient, region: Region, post: Post
) -> None:
    await asked_for_reports(api, region)
    secret = link_in(await mail_to(post, EMAIL, "Lägesbild till"))[-22:]
    listed = (await api.get("/messages")).text
    assert "/l/" in listed
    assert secret not in listed
    kept = (await api.get("/audit")).text
    assert secret not in kept


async def test_a_link_that_has_expired_is_good_for_nothing(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post
) -> None:
    await asked_for_reports(api, region)
    mine = link_in(await mail_to(post, EMAIL, "Lägesbild till"))
    region.clock.time_s = NOW_S + 2 * 86_400
    assert (await stranger.get(mine)).status_code == 410
    assert (await stranger.post(mine, data={"text": "För sent"})).status_code == 410


# --- answers to a call-out ---


async def called_out(api: httpx.AsyncClient, *bearers: str) -> dict[str, Any]:
    answer = await api.post("/activations", json={"list_id": "list", "messages": list(bearers)})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def target(api: httpx.AsyncClient, activation: dict[str, Any], function: str = "TiB") -> dict[str, Any]:
    board = (await api.get(f"/activations/{activation['id']}")).json()
    found: dict[str, Any] = next(one for one in board["targets"] if one["function"] == function)
    return found


async def test_a_call_out_is_answered_by_the_link_in_its_mail_with_the_code_that_stands_there(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post
) -> None:
    activation = await called_out(api, "mail")
    text = await mail_to(post, EMAIL, "inkallning")
    link, code = link_in(text), code_in(text)
    page = await stranger.get(link)
    assert "TiB" in page.text
    assert "SKARPT LÄGE" in page.text
    assert code not in page.text, "a scanner that opens the link does not learn it"
    assert (await target(api, activation))["state"] == "calling", "to open it answers nothing"
    sent = await stranger.post(link, data={"answer": "2", "minutes": "30", "code": code})
    assert sent.status_code == 200
    answered = await target(api, activation)
    assert (answered["state"], answered["reason_code"]) == ("later", "answered_by_link_later")
    assert answered["comes_at"] is not None
    await stranger.post(link, data={"answer": "3", "code": code})
    assert (await target(api, activation))["state"] == "cannot", "the last word counts"
    await stranger.post(link, data={"answer": "4", "code": code})
    assert (await target(api, activation))["reason_code"] == "answered_by_link_deputy"


async def test_an_answer_by_link_stops_the_ringing_and_withdraws_what_was_not_sent(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post, gateway: Gateway
) -> None:
    region.sending = OutboxPolicy((BearerPolicy(Bearer.MAIL, 0, 4), BearerPolicy(Bearer.SMS, 0.001, 1)), retry_s=0.05)
    await region.restart()
    (await api.patch("/functions/tib", json={"numbers": [MOBILE, "070-1740606"]})).raise_for_status()
    activation = await called_out(api, "mail", "sms")
    text = await mail_to(post, EMAIL, "inkallning")
    await stranger.post(link_in(text), data={"answer": "1", "code": code_in(text)})
    answered = await target(api, activation)
    assert answered["state"] == "later"
    assert "withdrawn" in {one["state"] for one in answered["messages"]}


async def test_the_sms_holds_the_same_link_and_its_parts_are_counted_as_they_are_sent(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, post: Post, gateway: Gateway
) -> None:
    activation = await called_out(api, "mail", "sms")
    mail = await mail_to(post, EMAIL, "inkallning")
    await until(lambda: gateway.forms, WAIT_S, what="the SMS has come")
    sms = gateway.forms[0]["message"]
    assert (link_in(sms), code_in(sms)) == (link_in(mail), code_in(mail))
    [shown] = [one for one in (await target(api, activation))["messages"] if one["bearer"] == "sms"]
    assert shown["characters"] == len(sms)


async def test_five_wrong_codes_lock_the_link_and_the_right_one_comes_too_late(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, post: Post
) -> None:
    activation = await called_out(api, "mail")
    text = await mail_to(post, EMAIL, "inkallning")
    link, code = link_in(text), code_in(text)
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    statuses = [(await stranger.post(link, data={"answer": "1", "code": wrong})).status_code for _ in range(5)]
    assert statuses == [422] * 5
    assert (await stranger.post(link, data={"answer": "1", "code": code})).status_code == 429
    assert (await target(api, activation))["state"] == "calling", "the telephone rings all the same"


@pytest.mark.parametrize("form", [{"answer": "5"}, {}, {"answer": "1\n"}])
async def test_without_a_choice_nothing_is_answered(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, post: Post, form: dict[str, str]
) -> None:
    activation = await called_out(api, "mail")
    text = await mail_to(post, EMAIL, "inkallning")
    assert (await stranger.post(link_in(text), data={**form, "code": code_in(text)})).status_code == 422
    assert (await target(api, activation))["state"] == "calling"


async def test_a_cancelled_call_out_is_answered_no_more(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, post: Post
) -> None:
    activation = await called_out(api, "mail")
    text = await mail_to(post, EMAIL, "inkallning")
    await api.post(f"/activations/{activation['id']}/cancel")
    assert (await stranger.get(link_in(text))).status_code == 410
    assert (await stranger.post(link_in(text), data={"answer": "1", "code": code_in(text)})).status_code == 410


async def test_marks_in_a_text_of_a_person_are_text(api: httpx.AsyncClient, post: Post) -> None:
    """Else one who may send a message could mail themselves the link of another."""
    await called_out(api, "mail")
    await mail_to(post, EMAIL, "inkallning")
    listed = (await api.get("/messages")).json()
    theirs = next(one["text"] for one in listed if one["to"] == "vb@example.se")
    await api.post("/messages", json={"bearer": "mail", "to": "a@example.se", "text": theirs, "heading": "Kopia"})
    assert re.search(r"/l/<[a-z2-7]{10}\.{20}>", await mail_to(post, "a@example.se", "Kopia"))


# --- evaluations ---

QUESTIONS = ["Hur var ljudet?", "Hur var <b>tiden</b>?"]


async def ended(api: httpx.AsyncClient, region: Region) -> str:
    """TiB was called in and took part; VB never answered."""
    (await api.patch("/forums/forum", json={"evaluation_questions": QUESTIONS})).raise_for_status()
    conference = str((await called_out(api))["conference_id"])
    await region.is_called_in("+46846500401")
    (await api.post(f"/conferences/{conference}/end")).raise_for_status()
    return conference


async def test_those_who_took_part_evaluate_the_conference_by_a_link_when_it_has_ended(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post
) -> None:
    conference = await ended(api, region)
    link = link_in(await mail_to(post, EMAIL, "Utvärdering"))
    assert [one["To"] for one in post.mails if "valuation" in one["Subject"]] == [], "VB did not take part"
    page = (await stranger.get(link)).text
    assert "Hur var ljudet?" in page
    assert "<b>" not in page
    assert (await api.get(f"/conferences/{conference}/evaluations")).json() == []
    sent = await stranger.post(link, data={"q0": "5", "q1": "7", "text": "Bra möte"})
    assert (sent.status_code, "mottagen" in sent.text) == (200, True)
    [shown] = (await api.get(f"/conferences/{conference}/evaluations")).json()
    assert (shown["function"], shown["text"]) == ("TiB", "Bra möte")
    assert [one["score"] for one in shown["ratings"]] == [5, None]
    await stranger.post(link, data={"q0": "1", "q1": "2"})
    [changed] = (await api.get(f"/conferences/{conference}/evaluations")).json()
    assert [one["score"] for one in changed["ratings"]] == [1, 2], "a later one takes its place"


async def test_an_evaluation_with_nothing_in_it_is_refused(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, region: Region, post: Post
) -> None:
    conference = await ended(api, region)
    link = link_in(await mail_to(post, EMAIL, "Utvärdering"))
    for form in ({}, {"q0": "9"}, {"text": "x" * 2001}):
        assert (await stranger.post(link, data=form)).status_code == 422
    assert (await api.get(f"/conferences/{conference}/evaluations")).json() == []


async def test_a_forum_without_questions_asks_nobody(api: httpx.AsyncClient, region: Region, post: Post) -> None:
    conference = str((await called_out(api))["conference_id"])
    await region.is_called_in("+46846500401")
    (await api.post(f"/conferences/{conference}/end")).raise_for_status()

    async def settled() -> bool:
        listed = (await api.get(f"/mailings?conference={conference}")).json()
        return any(one["kind"] == "evaluation" and one["state"] == "queued" for one in listed)

    await until(settled, WAIT_S, what="the mailing is settled")
    assert [one for one in post.mails if "Utvärdering" in one["Subject"]] == []
