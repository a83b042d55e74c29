"""The schedule by the API: prepared conferences, their dates, their invitations, and the reports to them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest
import vobject  # type: ignore[import-untyped]

from bridge.domain.conference.records import CONFERENCES
from bridge.domain.schedule.records import OCCURRENCES
from tests.harness.wait import until
from tests.unit.api.region import Region

TIB, VB = "+46846500401", "+46846500402"
ZONE = "Europe/Stockholm"


@pytest.fixture
async def forum(host: httpx.AsyncClient) -> httpx.AsyncClient:
    """A forum with two functions of two organisations; one has a mail address."""
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    await host.post("/organisations", json={"id": "rtj", "name": "Räddningstjänsten"})
    await host.post("/organisations", json={"id": "elb", "name": "Elbolaget"})
    await host.post("/talkgroups", json={"gssi": 2401, "name": "RAPS 1"})
    for key, owner, number, email in (("tib", "lst", TIB, "tib@exempel.example"), ("vb", "rtj", VB, None)):
        body = {"id": key, "organisation_id": owner, "name": key.upper(), "numbers": [number], "email": email}
        assert (await host.post("/functions", json=body)).status_code == 201
    await host.post("/activation-lists", json={"id": "list", "name": "Lista", "function_ids": ["tib", "vb"]})
    told = {"id": "forum", "name": "Samordnande", "activation_list_id": "list", "talkgroup": 2401, "recorded": False}
    assert (await host.post("/forums", json=told)).status_code == 201
    return host


def thursdays(**more: Any) -> dict[str, Any]:
    rule = {"first_on": "2027-01-07", "time": "16:00", "weekdays": ["TH"], **more.pop("rule", {})}
    smarr = {
        "purpose": "Gemensam lägesbild",
        "goal": "Alla vet läget; åtgärder, ansvar\nklart",
        "agenda": ["Läge", "Behov"],
    }
    return {"name": "Veckomöte", "forum": "forum", "rule": rule, "invitation": smarr, **more}


async def added(host: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await host.post("/schedules", json=thursdays(**more))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def open_one(region: Region) -> str:
    """The conference that the schedule has opened."""
    await until(lambda: any(True for _ in region.engine.node()[CONFERENCES]), within_s=5)
    return str(next(iter(region.engine.node()[CONFERENCES])))


# --- the schedule ---


async def test_a_weekly_meeting_is_prepared_listed_and_shows_its_next_date(forum: httpx.AsyncClient) -> None:
    made = await added(forum, rings=True)
    assert (made["sequence"], made["rings"], made["created_by"]) == (0, True, "operator")
    [listed] = (await forum.get("/schedules")).json()
    assert listed == made == (await forum.get(f"/schedules/{made['id']}")).json()
    assert datetime.fromisoformat(made["next"]["starts_at"]).strftime("%a") == "Thu"
    dates = (await forum.get(f"/schedules/{made['id']}/dates?count=60")).json()
    assert len(dates) == 60
    assert {one["local"][-5:] for one in dates} == {"16:00"}
    assert {one["starts_at"][11:16] for one in dates} == {"14:00", "15:00"}


@pytest.mark.slow
async def test_a_rule_is_tried_without_being_kept_and_the_nights_of_clock_changes_are_marked(
    forum: httpx.AsyncClient,
) -> None:
    rule = {"first_on": "2027-03-27", "time": "02:30", "weekdays": ["SA", "SU"], "last_on": "2027-03-29"}
    found = (await forum.post("/schedules/preview?count=5", json=rule)).json()
    assert [(one["local"], one["clock"]) for one in found] == [
        ("2027-03-27T02:30", "none"),
        ("2027-03-28T03:30", "skipped"),
    ]
    assert (await forum.get("/schedules")).json() == []


async def test_one_date_is_skipped_another_moved_and_the_sequence_tells_of_each_change(
    forum: httpx.AsyncClient,
) -> None:
    made = await added(forum)
    first, second = [one["on"] for one in (await forum.get(f"/schedules/{made['id']}/dates?count=2")).json()]
    skipped = (await forum.post(f"/schedules/{made['id']}/dates/{first}/skip")).json()
    assert (skipped["sequence"], skipped["rule"]["skipped"], skipped["next"]["on"]) == (1, [first], second)
    moved_to = {"to_on": second, "to_time": "09:00"}
    moved = (await forum.post(f"/schedules/{made['id']}/dates/{second}/move", json=moved_to)).json()
    assert (moved["sequence"], moved["next"]["local"], moved["next"]["moved"]) == (2, f"{second}T09:00", True)
    wrong = await forum.post(f"/schedules/{made['id']}/dates/2027-01-08/skip")
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "not_a_date_of_the_schedule")


async def test_a_change_names_the_one_that_it_was_made_on(forum: httpx.AsyncClient) -> None:
    made = await added(forum)
    path = f"/schedules/{made['id']}"
    changed = await forum.put(path, json={**thursdays(name="Nytt"), "sequence": 0})
    assert (changed.status_code, changed.json()["name"], changed.json()["sequence"]) == (200, "Nytt", 1)
    late = await forum.put(path, json={**thursdays(name="Annat"), "sequence": 0})
    assert (late.status_code, late.json()["field"]) == (409, "sequence")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"forum": "away"}, "forum"),
        ({"activation_list_id": "away"}, "activation_list_id"),
        ({"direct_number": "+4685550000"}, "direct_number"),
        ({"secrecy": "national"}, "secrecy"),
        ({"rule": {"time": "25:00"}}, "time"),
        ({"rule": {"zone": "Europe/Atlantis"}}, "zone"),
        ({"rule": {"weekdays": [], "first_on": "2020-01-01"}}, "first_on"),
        ({"forum": None, "rings": True}, "rings"),
    ],
)
async def test_a_schedule_that_cannot_be_held_is_refused_with_its_field(
    forum: httpx.AsyncClient, wrong: dict[str, Any], field: str
) -> None:
    answer = await forum.post("/schedules", json=thursdays(**wrong))
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await forum.get("/schedules")).json() == []


async def test_a_meeting_that_is_started_now_is_open_with_codes_and_its_functions_are_rung(
    forum: httpx.AsyncClient, region: Region
) -> None:
    made = await added(forum, rings=True)
    answer = await forum.post(f"/schedules/{made['id']}/start")
    assert answer.status_code == 200, answer.text
    conference = await open_one(region)
    shown = (await forum.get(f"/conferences/{conference}")).json()
    assert (shown["name"], shown["forum"]) == ("Veckomöte", "forum")
    assert shown["recording"]["wanted"] is False
    assert len(shown["code"]) == 8
    await until(lambda: any(one.ringing == "rung" for one in region.engine.node()[OCCURRENCES].values()), within_s=5)
    [board] = (await forum.get("/activations")).json()
    assert board["conference_id"] == conference
    again = (await forum.post(f"/schedules/{made['id']}/start")).json()
    assert again["conference_id"] == conference
    [held] = (await forum.get(f"/schedules/{made['id']}/occurrences")).json()
    assert (held["state"], held["late_s"], held["ringing"]) == ("opened", 0, "rung")


async def test_a_schedule_that_was_removed_is_gone_and_its_invitation_is_a_cancellation(
    forum: httpx.AsyncClient,
) -> None:
    made = await added(forum)
    path = f"/schedules/{made['id']}"
    assert (await forum.delete(path)).status_code == 204
    assert (await forum.get(path)).status_code == 404
    cancelled = (await forum.get(f"{path}/invitation")).json()
    assert (cancelled["method"], cancelled["uid"], cancelled["sequence"]) == ("CANCEL", made["id"], 1)
    assert cancelled["subject"].startswith("Inställt: Veckomöte")


# --- invitations ---


@pytest.mark.slow
async def test_the_invitation_has_the_smarr_form_with_number_talkgroup_and_whether_one_is_rung(
    forum: httpx.AsyncClient,
) -> None:
    made = await added(forum, rings=True)
    found = (await forum.get(f"/schedules/{made['id']}/invitations")).json()
    assert [one["to"] for one in found] == ["tib@exempel.example", None]
    text = found[0]["text"]
    heads = [
        line for line in text.splitlines() if line in ("SYFTE", "MÅL", "AGENDA", "RESURSER", "REGLER", "LÄGESBILD")
    ]
    assert heads == ["SYFTE", "MÅL", "AGENDA", "RESURSER", "REGLER", "LÄGESBILD"]
    for said in (
        "Till: Länsstyrelsen TIB",
        "Du blir uppringd",
        "RAPS 1 (2401)",
        "Gemensam lägesbild",
        "1. Läge",
        "torsdagar",
    ):
        assert said in text
    nobody = (await forum.get(f"/schedules/{made['id']}/invitation")).json()
    assert "Ring själv" in nobody["text"]


async def test_no_code_of_the_conference_stands_in_any_invitation(forum: httpx.AsyncClient, region: Region) -> None:
    made = await added(forum)
    await forum.post(f"/schedules/{made['id']}/start")
    shown = (await forum.get(f"/conferences/{await open_one(region)}")).json()
    sent = (await forum.get(f"/schedules/{made['id']}/invitations")).text
    assert shown["code"] not in sent
    assert shown["host_code"] not in sent


Take = Callable[..., Awaitable[str]]


@pytest.fixture
def take(forum: httpx.AsyncClient) -> Take:
    """The calendar file as it is sent."""

    async def taken(schedule: str, **query: str) -> str:
        answer = await forum.get(f"/schedules/{schedule}/invitation.ics", params=query)
        assert answer.status_code == 200, answer.text
        file = answer.content.decode()
        method = icalendar.Calendar.from_ical(file)["method"]
        assert answer.headers["content-type"] == f"text/calendar; method={method}; charset=utf-8"
        return file

    return taken


def lines_of(file: str) -> list[str]:
    assert all(len(line.encode()) <= 75 for line in file.split("\r\n"))
    assert "\n" not in file.replace("\r\n", "")
    return file.replace("\r\n ", "").split("\r\n")


async def test_the_calendar_file_is_one_request_with_one_event_and_its_zone_and_two_libraries_read_it(
    forum: httpx.AsyncClient, take: Take
) -> None:
    made = await added(
        forum, rule={"first_on": "2027-03-22", "time": "08:15", "weekdays": ["MO"], "last_on": "2027-04-05"}
    )
    file = await take(made["id"], function_id="tib")
    lines = lines_of(file)
    assert [line for line in lines if line.startswith("METHOD")] == ["METHOD:REQUEST"]
    assert [lines.count(f"BEGIN:{what}") for what in ("VEVENT", "VTIMEZONE", "DAYLIGHT", "STANDARD")] == [1, 1, 1, 1]
    assert f"DTSTART;TZID={ZONE}:20270322T081500" in lines
    yearly = [set(line.removeprefix("RRULE:").split(";")) for line in lines if line.startswith("RRULE:FREQ=YEARLY")]
    assert yearly == [{"FREQ=YEARLY", f"BYMONTH={month}", "BYDAY=-1SU"} for month in (3, 10)]
    assert any(line.startswith("ATTENDEE") and line.endswith("mailto:tib@exempel.example") for line in lines)
    read = vobject.readOne(file).vevent
    instants = [one.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ") for one in read.getrruleset(addRDate=True)]
    assert instants == ["2027-03-22T07:15Z", "2027-03-29T06:15Z", "2027-04-05T06:15Z"]
    ours = [one["starts_at"][:16] + "Z" for one in (await forum.get(f"/schedules/{made['id']}/dates")).json()]
    assert ours == instants
    assert (
        read.description.value
        == (await forum.get(f"/schedules/{made['id']}/invitation?function_id=tib")).json()["text"]
    )
    assert (read.summary.value, str(read.uid.value)) == ("Veckomöte", made["id"])


async def test_the_zone_in_the_file_gives_the_right_instants_by_its_own_rules(
    forum: httpx.AsyncClient, take: Take
) -> None:
    made = await added(forum)
    zone = vobject.readOne(await take(made["id"])).vtimezone.gettzinfo()
    for local, offset_h in (("2027-03-28T01:59", 1), ("2027-03-28T03:00", 2), ("2027-10-31T04:00", 1)):
        assert datetime.fromisoformat(local).replace(tzinfo=zone).utcoffset() == timedelta(hours=offset_h)


@pytest.mark.slow
async def test_a_moved_date_is_sent_as_one_of_its_series_and_a_skipped_one_is_cancelled(
    forum: httpx.AsyncClient, take: Take
) -> None:
    made = await added(forum)
    first, second = [one["on"] for one in (await forum.get(f"/schedules/{made['id']}/dates?count=2")).json()]
    await forum.post(f"/schedules/{made['id']}/dates/{first}/move", json={"to_on": first, "to_time": "17:00"})
    await forum.post(f"/schedules/{made['id']}/dates/{second}/skip")
    moved = lines_of(await take(made["id"], on=first))
    compact = first.replace("-", "")
    assert f"RECURRENCE-ID;TZID={ZONE}:{compact}T160000" in moved
    assert f"DTSTART;TZID={ZONE}:{compact}T170000" in moved
    assert {"METHOD:REQUEST", "SEQUENCE:2", f"UID:{made['id']}", "STATUS:CONFIRMED"} <= set(moved)
    skipped = lines_of(await take(made["id"], on=second))
    assert {"METHOD:CANCEL", "SEQUENCE:2", f"UID:{made['id']}", "STATUS:CANCELLED"} <= set(skipped)
    series = lines_of(await take(made["id"]))
    assert f"EXDATE;TZID={ZONE}:{second.replace('-', '')}T160000" in series


async def test_hostile_words_stay_inside_their_property(forum: httpx.AsyncClient, take: Take) -> None:
    evil = 'Möte; "x", \\ å🌉 BEGIN:VEVENT ' + "ö" * 60
    made = await added(forum, name=evil)
    file = await take(made["id"], function_id="tib")
    assert lines_of(file).count("BEGIN:VEVENT") == 1
    assert vobject.readOne(file).vevent.summary.value == evil
    forged = await forum.post("/schedules", json=thursdays(name="Möte\r\nATTACH:x"))
    assert forged.status_code == 422


# --- situation reports ---


async def test_before_the_meeting_the_host_sees_who_has_sent_a_report_and_who_has_not(
    forum: httpx.AsyncClient,
) -> None:
    made = await added(forum)
    meeting = f"{made['id']}.{made['next']['on']}"
    sent = await forum.put(f"/situation-reports/{meeting}/rtj", json={"text": "Två vägar avstängda", "needs": "En båt"})
    assert sent.status_code == 200, sent.text
    found = (await forum.get(f"/situation-reports/{meeting}")).json()
    assert [(one["organisation"], one["expected"], one["sent"], one["needs"]) for one in found] == [
        ("Länsstyrelsen", True, False, None),
        ("Räddningstjänsten", True, True, "En båt"),
    ]
    await forum.put(f"/situation-reports/{meeting}/elb", json={"text": "Strömlöst"})
    await forum.put(f"/situation-reports/{meeting}/rtj", json={"text": "Tre vägar"})
    found = (await forum.get(f"/situation-reports/{meeting}")).json()
    assert [(one["organisation"], one["text"]) for one in found[1:]] == [
        ("Räddningstjänsten", "Tre vägar"),
        ("Elbolaget", "Strömlöst"),
    ]


async def test_a_report_that_came_before_is_there_in_the_meeting_and_one_more_is_taken_until_it_ends(
    forum: httpx.AsyncClient, region: Region
) -> None:
    made = await added(forum)
    started = (await forum.post(f"/schedules/{made['id']}/start")).json()
    await forum.put(f"/situation-reports/{started['id']}/lst", json={"text": "Lugnt"})
    conference = await open_one(region)
    await forum.put(f"/situation-reports/{conference}/rtj", json={"needs": "En båt"})
    by_conference = (await forum.get(f"/situation-reports/{conference}")).json()
    assert by_conference == (await forum.get(f"/situation-reports/{started['id']}")).json()
    assert [one["sent"] for one in by_conference] == [True, True]
    await forum.post(f"/conferences/{conference}/end")
    late = await forum.put(f"/situation-reports/{conference}/lst", json={"text": "För sent"})
    assert (late.status_code, late.json()["code"]) == (409, "ended")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("sch-away.2027-01-07/lst", {"text": "x"}, 404),
        ("cnf-away/lst", {"text": "x"}, 404),
        ("{ahead}/away", {"text": "x"}, 404),
        ("{ahead}/lst", {"text": "x" * 2001}, 422),
        ("{ahead}/lst", {"text": " "}, 422),
        ("{ahead}/lst", {"text": "x\u202e"}, 422),
    ],
)
async def test_a_report_to_no_meeting_of_no_organisation_or_without_words_is_refused(
    forum: httpx.AsyncClient, path: str, body: dict[str, str], status: int
) -> None:
    made = await added(forum)
    ahead = f"{made['id']}.{made['next']['on']}"
    answer = await forum.put(f"/situation-reports/{path.replace('{ahead}', ahead)}", json=body)
    assert answer.status_code == status, answer.text
