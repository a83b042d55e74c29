"""A region with something of everything that the pages of upkeep show."""

import time
from dataclasses import replace

import httpx

from bridge.domain.callout.records import AnswerLevel
from bridge.domain.conference.records import CONFERENCES, ForumLevel
from bridge.domain.directory.records import (
    ActivationList,
    Forum,
    Function,
    Organisation,
    PatchRule,
    Person,
    RotaEntry,
)
from bridge.domain.evaluation.records import Evaluation
from bridge.domain.kernel.ids import ConferenceId, EvaluationId, Gssi, Issi
from bridge.domain.kernel.week import Weekday
from bridge.domain.radio.records import PATCHES, PatchState
from bridge.domain.telephony.hours import Hours, NumberKind, NumberUse
from bridge.ports import SettingSource, ShownSetting
from tests.harness.wait import until
from tests.unit.api.region import NOW_S, WAIT_S, Region

DAY_S = 86_400.0
ADDRESS = "http://127.0.0.1:8080"
HOSTILE = (
    "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>",
    '=HYPERLINK("http://evil.example";"tryck")',
    "Å" * 100,
    "{name} [x] {count|a|b} ${1+1} {{7*7}}",
)
"""Names that the directory takes: markup, a formula, the longest, and what looks like a hole of the catalogue."""
SETTINGS = (
    ShownSetting("", 0, "state", "var", "var", SettingSource.DEFAULT, "path", "", "State directory."),
    ShownSetting("api", 0, "port", "8099", "8080", SettingSource.ENVIRONMENT, "int", "", "Of the API and the console."),
    ShownSetting("trunk", 1, "name", "telia", "", SettingSource.FILE, "text", "", "As it is shown."),
    ShownSetting("storage", 0, "url", None, "", SettingSource.FILE, "text", "", "The database."),
    ShownSetting("callout", 0, "ring_s", "30.0", "30.0", SettingSource.DEFAULT, "float", "seconds", "Of ringing."),
)


async def directory(region: Region) -> None:
    now_s = region.clock.now_s()
    office = NumberUse("+46846500403", NumberKind.FIXED, (Hours((Weekday.MO, Weekday.FR), "08:00", "16:30"),))
    await region.has(
        Organisation("rtj", "Räddningstjänsten", "rtj@example.se"),
        Organisation("lst", "Länsstyrelsen"),
        Function("ib", "rtj", "Inre befäl", numbers=("+46846500401", "+46846500403"), number_uses=(office,)),
        Function("tib", "lst", "TiB", numbers=("+46846500402",), issis=(Issi(1401001),), deputy_ids=("ib",)),
        Function("kom", "lst", "Kommunikatör"),
        Person("anna", "lst", "Anna Exempel", numbers=("+46846500404",)),
        ActivationList("alla", "Inriktande nivå", ("ib", "tib"), level=AnswerLevel.HOUR, quorum=1),
    )
    await region.talkgroup(2001, "RAPS-1", lease_s=3600.0)
    await region.talkgroup(2002, "RAPS-2", rule=PatchRule.APPROVAL)
    forum = Forum("storm", "Storm", ForumLevel.DIRECTING, "alla", Gssi(2001), host_function_ids=("tib", "ib"))
    await region.has(replace(forum, evaluation_questions=("Hur gick det?",)))
    await region.directory.confirm("operator", "ib")
    entry = RotaEntry("duty-1", "tib", "anna", now_s - DAY_S, now_s + DAY_S)
    await region.directory.enter("operator", [entry])


async def radio(region: Region, conference: str) -> None:
    """One talkgroup is talked in, another waits for approval; a terminal has no network."""
    await region.terminal("rakel-1", gssi=Gssi(2001), signal_dbm=-71, model="Exempel 9")
    await region.terminal("rakel-2", "unregistered", signal_dbm=-112)
    await asked(region, f"/conferences/{conference}/patches", {"gssi": 2001})
    (patch,) = region.node()[PATCHES].values()
    await region.patch_is(patch.id, PatchState.IDLE)
    await region.radio_user_talks("rakel-1", 2001, 1401001)
    await asked(region, f"/conferences/{conference}/patches", {"gssi": 2002})
    await region.text_comes("Träd över vägen", 1401001)


async def asked(region: Region, path: str, body: object) -> dict[str, str]:
    """One request by the operator."""
    headers = {"Authorization": f"Bearer {region.operator}"}
    transport = httpx.ASGITransport(region.app())
    async with httpx.AsyncClient(transport=transport, base_url=f"{ADDRESS}/api/v1", headers=headers) as client:
        answer = await client.post(path, json=body)
    assert answer.status_code < 300, answer.text
    told: dict[str, str] = answer.json() if answer.content else {}
    return told


async def schedule(region: Region) -> None:
    """A weekly meeting with one date that is cancelled, and one that happens once."""
    today = time.strftime("%Y-%m-%d", time.localtime(region.clock.now_s()))
    smarr = {"purpose": "Gemensam lägesbild", "agenda": ["Läge", "Behov"]}
    rule = {"first_on": today, "time": "23:59", "weekdays": ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]}
    body = {"name": "Veckomöte", "forum": "storm", "rule": rule, "invitation": smarr, "rings": True}
    made = await asked(region, "/schedules", body)
    tomorrow = time.strftime("%Y-%m-%d", time.localtime(region.clock.now_s() + DAY_S))
    await asked(region, f"/schedules/{made['id']}/dates/{tomorrow}/skip", {})
    await asked(
        region, "/schedules", {"name": "Övning", "rule": {"first_on": tomorrow, "time": "10:00"}, "exercise": True}
    )


async def exercises(region: Region) -> None:
    """One that runs, and one that is over with its evaluation."""
    await asked(region, "/conferences", {"name": "Övning storm", "exercise": True})
    over = ConferenceId((await asked(region, "/conferences", {"name": "Övning vinter", "exercise": True}))["id"])
    await asked(region, "/activations", {"list_id": "alla", "conference_id": over, "exercise": True})
    await region.call_ends(await region.is_rung("+46846500401"), 17)
    await asked(region, f"/conferences/{over}/end", {})
    await until(lambda: over not in region.node()[CONFERENCES], WAIT_S)
    given = Evaluation(EvaluationId("evl-1"), over, "Länsstyrelsen", "TiB", ("Hur gick det?",), (4,), "Bra övat", NOW_S)
    await region.store.commit([given])


async def furnish(region: Region) -> str:
    """Everything; gives the meeting."""
    region.clock.time_s = time.time()
    region.settings = SETTINGS
    await directory(region)
    await exercises(region)
    await schedule(region)
    await region.terminal("rakel-1", gssi=Gssi(2001))
    meeting = (await asked(region, "/conferences", {"name": "Lägesmöte", "forum": "storm"}))["id"]
    await radio(region, meeting)
    await region.joins(meeting, "Inre befäl")
    return meeting
