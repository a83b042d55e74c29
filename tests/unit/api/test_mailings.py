"""Invitations go out by themselves, as e-mail to a real mail server. Outlook's rules are read back by vobject."""

from collections.abc import AsyncIterator
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import vobject  # type: ignore[import-untyped]

from bridge.bearers import ConfiguredBearers, MailSettings, SmsSettings
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer
from tests.harness.wait import until
from tests.unit.api.region import WAIT_S, Region
from tests.unit.bearers.servers import Gateway, Post, a_gateway, a_mail_server

SENDER = "samband@example.se"


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with a_mail_server() as made:
        yield made


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with a_gateway() as made:
        yield made


@pytest.fixture
async def api(region: Region, host: httpx.AsyncClient, post: Post) -> httpx.AsyncClient:
    """A forum whose list has a function with an address, another in English, and one without an address. A fourth
    function, in no list, chose to be told."""
    mail = MailSettings(host="127.0.0.1", port=post.port, security="none", sender=SENDER, within_s=5)
    region.bearers = ConfiguredBearers(mail, SmsSettings(), "")
    region.sending = OutboxPolicy((BearerPolicy(Bearer.MAIL, 0, 4),), retry_s=0.05)
    region.organizer = SENDER
    await region.restart()
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    for key, name, email, language in (
        ("tib", "TiB", "tib@example.se", "sv"),
        ("duty", "Duty officer", "duty@example.se", "en"),
        ("vb", "VB", None, "sv"),
    ):
        body = {"id": key, "organisation_id": "lst", "name": name, "numbers": ["+46846500401"]}
        (await host.post("/functions", json={**body, "email": email, "language": language})).raise_for_status()
    await host.post("/activation-lists", json={"id": "list", "name": "Lista", "function_ids": ["tib", "duty", "vb"]})
    chose = {"id": "info", "organisation_id": "lst", "name": "Kommunikatör", "numbers": ["070-1740605"]}
    (await host.post("/functions", json={**chose, "email": "info@example.se"})).raise_for_status()
    told = {"id": "forum", "name": "Samordnande", "activation_list_id": "list", "recorded": False}
    told |= {"informed_function_ids": ["info"]}
    (await host.post("/forums", json=told)).raise_for_status()
    return host


def meeting(**more: Any) -> dict[str, Any]:
    rule = {"first_on": "2027-02-04", "time": "16:00", "weekdays": ["TH"], **more.pop("rule", {})}
    return {
        "name": "Veckomöte",
        "forum": "forum",
        "rule": rule,
        "lasts_s": 3600,
        "invitation": {"purpose": "Gemensam lägesbild", "goal": "Alla vet läget", "agenda": ["Läge", "Behov"]},
        **more,
    }


async def prepared(api: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await api.post("/schedules", json=meeting(**more))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def invitations(post: Post) -> list[EmailMessage]:
    return [one for one in post.mails if one["To"] != "info@example.se"]


async def mails(post: Post, count: int) -> list[EmailMessage]:
    """The first so many to those who are invited."""
    await until(lambda: len(invitations(post)) >= count, WAIT_S, what=f"{count} mails have come")
    return invitations(post)


async def informed(post: Post, count: int) -> list[EmailMessage]:
    """To the function that chose to be told."""
    await until(lambda: len(to(post.mails, "info@example.se")) >= count, WAIT_S, what=f"{count} have come")
    return to(post.mails, "info@example.se")


def to(found: list[EmailMessage], address: str) -> list[EmailMessage]:
    return [one for one in found if one["To"] == address]


def event(mail: EmailMessage) -> tuple[str, Any]:
    """The method that the header tells, and the one event, as another program reads it."""
    (part,) = [one for one in mail.walk() if one.get_content_type() == "text/calendar"]
    text = part.get_payload(decode=True)
    assert isinstance(text, bytes)
    calendar = vobject.readOne(text.decode("utf-8"))
    assert calendar.method.value == part.get_param("method"), "Outlook compares them"
    assert len(calendar.vevent_list) == 1, "Outlook reads no other"
    return calendar.method.value, calendar.vevent


async def test_a_prepared_meeting_is_mailed_to_its_functions_as_outlook_takes_it(
    api: httpx.AsyncClient, post: Post
) -> None:
    made = await prepared(api)
    found = await mails(post, 2)
    (mine,), (theirs,) = to(found, "tib@example.se"), to(found, "duty@example.se")
    assert mine.get_content_type() == "multipart/alternative"
    text, calendar = mine.iter_parts()
    assert (text.get_content_type(), calendar.get_content_type()) == ("text/plain", "text/calendar")
    assert calendar.get_param("charset") == "utf-8"
    for heading in (
        "SYFTE\nGemensam lägesbild",
        "MÅL\nAlla vet läget",
        "AGENDA\n1. Läge\n2. Behov",
        "RESURSER",
        "REGLER",
    ):
        assert heading in text.get_content().replace("\r\n", "\n")
    assert "PURPOSE" in next(theirs.iter_parts()).get_content(), "each in the language of its function"
    method, invited = event(mine)
    assert (method, invited.uid.value, invited.sequence.value) == ("REQUEST", made["id"], "0")
    assert invited.organizer.value == f"mailto:{SENDER}" == f"mailto:{mine['From']}"
    assert invited.attendee.value == "mailto:tib@example.se"
    assert invited.dtstart.value.strftime("%Y-%m-%d %H:%M") == "2027-02-04 16:00"


@pytest.mark.slow
async def test_a_change_is_one_mail_each_with_a_higher_sequence_and_a_removal_cancels(
    api: httpx.AsyncClient, post: Post
) -> None:
    made = await prepared(api)
    await mails(post, 2)
    path = f"/schedules/{made['id']}"
    (await api.put(path, json={**meeting(name="Lägesmöte"), "sequence": 0})).raise_for_status()
    await mails(post, 4)
    (await api.delete(path)).raise_for_status()
    found = await mails(post, 6)
    told = [event(one) for one in to(found, "tib@example.se")]
    assert [(method, one.sequence.value, one.status.value) for method, one in told] == [
        ("REQUEST", "0", "CONFIRMED"),
        ("REQUEST", "1", "CONFIRMED"),
        ("CANCEL", "2", "CANCELLED"),
    ]
    assert {one.uid.value for _, one in told} == {made["id"]}
    assert len(invitations(post)) == 6


@pytest.mark.slow
async def test_a_skipped_date_is_cancelled_and_a_moved_one_asked_for_alone(api: httpx.AsyncClient, post: Post) -> None:
    made = await prepared(api)
    path = f"/schedules/{made['id']}/dates"
    await mails(post, 2)
    await api.post(f"{path}/2027-02-11/skip")
    await mails(post, 4)
    await api.post(f"{path}/2027-02-18/move", json={"to_on": "2027-02-19", "to_time": "09:00"})
    told = [event(one) for one in to(await mails(post, 6), "tib@example.se")][1:]
    assert [(method, one.recurrence_id.value.strftime("%m-%d %H:%M")) for method, one in told] == [
        ("CANCEL", "02-11 16:00"),
        ("REQUEST", "02-18 16:00"),
    ]
    assert told[1][1].dtstart.value.strftime("%m-%d %H:%M") == "02-19 09:00"


@pytest.mark.slow
async def test_the_only_date_of_a_meeting_that_is_moved_is_told_at_its_new_time(
    api: httpx.AsyncClient, post: Post
) -> None:
    moved = [{"on": "2027-02-04", "to_on": "2027-02-05", "to_time": "09:00"}]
    await prepared(api, rule={"weekdays": [], "moved": moved})
    _, invited = event(to(await mails(post, 2), "tib@example.se")[0])
    assert invited.dtstart.value.strftime("%m-%d %H:%M") == "02-05 09:00"


@pytest.mark.slow
async def test_a_function_that_leaves_the_list_is_told_that_it_is_invited_no_more(
    api: httpx.AsyncClient, post: Post
) -> None:
    made = await prepared(api)
    await mails(post, 2)
    shorter = {"name": "Lista", "function_ids": ["tib"]}
    (await api.put("/activation-lists/list", json=shorter)).raise_for_status()
    (await api.put(f"/schedules/{made['id']}", json={**meeting(name="Nytt"), "sequence": 0})).raise_for_status()
    found = await mails(post, 4)
    assert [event(one)[0] for one in to(found, "tib@example.se")] == ["REQUEST", "REQUEST"]
    assert [event(one)[0] for one in to(found, "duty@example.se")] == ["REQUEST", "CANCEL"]


@pytest.mark.slow
async def test_who_was_sent_what_is_shown_with_its_fate_and_who_has_no_address(
    api: httpx.AsyncClient, post: Post
) -> None:
    made = await prepared(api)
    await mails(post, 2)

    async def all_sent() -> list[dict[str, Any]] | None:
        every: list[dict[str, Any]] = (await api.get(f"/mailings?schedule={made['id']}")).json()
        listed = [one for one in every if one["kind"] == "invitation"]
        return listed if listed and {one["state"] for one in listed[0]["messages"]} == {"sent"} else None

    [shown] = await until(all_sent, WAIT_S, what="both are sent") or []
    assert (shown["kind"], shown["state"], shown["sequence"], shown["on"]) == ("invitation", "queued", 0, None)
    assert [(one["function_id"], one["calendar_method"]) for one in shown["messages"]] == [
        ("duty", "REQUEST"),
        ("tib", "REQUEST"),
    ]
    assert shown["without_address"] == ["VB"]
    assert (await api.get("/mailings?schedule=sch-none")).json() == []


async def test_an_invitation_to_a_meeting_under_secrecy_names_neither_it_nor_its_purpose(
    api: httpx.AsyncClient, post: Post
) -> None:
    await prepared(api, secrecy="secret")
    for one in await mails(post, 2):
        whole = one["Subject"] + "".join(str(part.get_content()) for part in one.iter_parts())
        assert "Veckomöte" not in whole
        assert "lägesbild" not in whole.replace("LÄGESBILD", "")
        assert "Agenda" not in whole.replace("AGENDA", "")


@pytest.mark.slow
async def test_invitations_may_be_left_to_people(api: httpx.AsyncClient, post: Post) -> None:
    made = await prepared(api, invites=False)
    await prepared(api)
    await mails(post, 2)
    listed = (await api.get(f"/mailings?schedule={made['id']}")).json()
    assert {one["kind"] for one in listed} == {"meeting"}


@pytest.mark.slow
async def test_a_function_that_chose_it_is_told_of_a_meeting_and_its_end_and_need_not_answer(
    api: httpx.AsyncClient, post: Post
) -> None:
    made = await prepared(api)
    first = (await informed(post, 1))[0]
    assert (first["Subject"], first.get_content_type()) == (
        "Information: möte planerat: Veckomöte, torsdagar kl. 16:00",
        "text/plain",
    )
    assert "Du behöver inte svara" in first.get_content()
    await api.delete(f"/schedules/{made['id']}")
    last = (await informed(post, 2))[1]
    assert last["Subject"].startswith("Information: möte inställt: Veckomöte")


async def test_a_function_that_chose_it_is_told_of_a_call_out_and_of_its_end_without_a_code(
    api: httpx.AsyncClient, region: Region, post: Post
) -> None:
    started = (await api.post("/activations", json={"list_id": "list"})).json()
    first = (await informed(post, 1))[0]
    assert first["Subject"] == "SKARPT LÄGE: information om inkallning"
    codes = [one["code"] for one in (await api.get(f"/conferences/{started['conference_id']}")).json().get("codes", [])]
    assert [one for one in codes if one in first.get_content()] == []
    await api.post(f"/activations/{started['id']}/cancel")
    last = (await informed(post, 2))[1]
    assert "avbruten" in last.get_content()
    assert [one["To"] for one in invitations(post)] == [], "those who are called have the call"
    listed = (await api.get(f"/mailings?activation={started['id']}")).json()
    assert {one["kind"] for one in listed} == {"callout_cancelled", "callout_started"}


async def test_a_function_that_chose_it_for_the_forum_of_a_further_list_is_told_too_and_once(
    api: httpx.AsyncClient, post: Post
) -> None:
    own = {"id": "alone", "organisation_id": "lst", "name": "Fältchef", "numbers": ["+46846500409"]}
    (await api.post("/functions", json=own)).raise_for_status()
    body = {"id": "first", "name": "Först", "function_ids": ["alone"]}
    (await api.post("/activation-lists", json=body)).raise_for_status()
    (await api.post("/activations", json={"list_id": "first", "also": [{"list_id": "list"}]})).raise_for_status()
    told = await informed(post, 1)
    assert [one["Subject"] for one in told] == ["SKARPT LÄGE: information om inkallning"]


async def test_a_call_out_that_nobody_was_told_of_is_taken_back_from_nobody(api: httpx.AsyncClient, post: Post) -> None:
    post.at_rcpt = "550 no such user"
    started = (await api.post("/activations", json={"list_id": "list"})).json()

    async def refused() -> bool:
        listed = (await api.get(f"/mailings?activation={started['id']}")).json()
        return bool(listed) and [one["state"] for one in listed[0]["messages"]] == ["failed"]

    await until(refused, WAIT_S, what="the server has refused it")
    post.at_rcpt = ""
    await api.post(f"/activations/{started['id']}/cancel")

    async def written() -> list[dict[str, Any]] | None:
        listed: list[dict[str, Any]] = (await api.get(f"/mailings?activation={started['id']}")).json()
        return listed if [one["state"] for one in listed] == ["queued", "queued"] else None

    listed = await until(written, WAIT_S, what="the end is written")
    assert listed is not None
    assert {one["kind"]: len(one["messages"]) for one in listed} == {"callout_started": 1, "callout_cancelled": 0}


async def test_functions_are_reminded_by_mail_and_sms_with_the_number_and_no_code(
    api: httpx.AsyncClient, region: Region, post: Post, gateway: Gateway
) -> None:
    mail = MailSettings(host="127.0.0.1", port=post.port, security="none", sender=SENDER, within_s=5)
    sms = SmsSettings(url=gateway.url, sender="+46766860000", within_s=5)
    region.bearers = ConfiguredBearers(mail, sms, "h" * 43)
    region.sending = OutboxPolicy(tuple(BearerPolicy(one, 0, 4) for one in Bearer), retry_s=0.05)
    await region.restart()
    (await api.patch("/functions/tib", json={"numbers": ["070-1740605"]})).raise_for_status()
    soon = datetime.fromtimestamp(region.clock.now_s() + 7200, ZoneInfo("Europe/Stockholm"))
    rule = {"first_on": soon.strftime("%Y-%m-%d"), "time": soon.strftime("%H:%M"), "weekdays": []}
    await prepared(api, rule=rule, invites=False, remind_before_s=10_800)
    await until(lambda: any("Påminnelse" in one["Subject"] for one in post.mails), WAIT_S, what="the reminder has come")
    [text] = [one["message"] for one in gateway.forms if "Påminnelse" in one["message"]]
    assert "Ring själv 08-555 55 55" in text
