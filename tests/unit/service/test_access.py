"""One table says who may do what. Every use case asks it, and a refused attempt stands in the audit log."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from dataclasses import fields, replace

import httpx
import pytest

from bridge.api import security
from bridge.domain.access.permissions import PERMITTED, Act, permits
from bridge.domain.directory.records import Function, Organisation
from bridge.domain.kernel.principal import SYSTEM, AccessRole, Principal, PrincipalKind
from bridge.service import Refusal, Service
from bridge.service.conferences import NewConference
from bridge.service.use_case import DENIED
from tests.harness.principals import somebody
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import Region, a_region

STRANGER = Principal("token:stranger", "stranger", PrincipalKind.TOKEN)
RADIO_ORDERS = {
    Act.CONFERENCE_READ, Act.CONFERENCE_RECORD, Act.CONFERENCE_END, Act.PARTICIPANT_READ, Act.ACTIVATION_READ,
    Act.ACTIVATION_START, Act.DIRECTORY_READ, Act.DECISION_ANSWER, Act.CODES_READ, Act.NUMBERS_READ,
}  # fmt: skip
"""A duty officer with a radio calls a list in, asks for the status, records and ends: nothing else."""
SAMBAND_ITSELF = {
    Act.CONFERENCE_READ,
    Act.CONFERENCE_OPEN,
    Act.MESSAGE_SEND,
    Act.MESSAGE_REPORT,
    Act.DIRECTORY_READ,
    Act.UPKEEP_LINK,
    Act.CODES_READ,
    Act.NUMBERS_READ,
}
OWN_UPKEEP = {Act.UPKEEP_READ, Act.UPKEEP_CHANGE, Act.UPKEEP_CONFIRM}
"""An organisation's editor keeps its own contact data: nothing else."""
OWN = {Act.OWN_READ, Act.OWN_CHANGE, Act.OWN_FACTORS}
"""Everybody who has an account keeps it."""
LOOKS_ON = {
    Act.CONFERENCE_READ, Act.PARTICIPANT_READ, Act.FLOOR_READ, Act.ROOM_READ, Act.ROLL_CALL_READ, Act.DECISION_READ,
    Act.PATCH_READ, Act.EVENTS_READ,
}  # fmt: skip
"""The live picture, without codes and numbers."""
LEADS = {
    Act.CONFERENCE_OPEN, Act.CONFERENCE_LOCK, Act.CONFERENCE_DOOR, Act.CONFERENCE_LET_IN, Act.CONFERENCE_MUTE_ALL,
    Act.CONFERENCE_RECORD, Act.CONFERENCE_TIME, Act.CONFERENCE_PASS_ON, Act.CONFERENCE_END, Act.CONFERENCE_CODES,
    Act.CODES_READ,
    Act.NUMBERS_READ, Act.PARTICIPANT_RING, Act.PARTICIPANT_MUTE, Act.PARTICIPANT_ROLE, Act.PARTICIPANT_KEY_RADIO,
    Act.PARTICIPANT_REMOVE, Act.FLOOR_LEAD, Act.FLOOR_REQUEST, Act.ROOM_LEAD, Act.ROLL_CALL_LEAD, Act.DECISION_LEAD,
    Act.DECISION_ANSWER, Act.PATCH_ADD, Act.PATCH_CHANGE, Act.PATCH_EXTEND, Act.PATCH_REMOVE, Act.ACTIVATION_READ,
    Act.EXERCISE_READ, Act.EXERCISE_PLAY,
    Act.ACTIVATION_START, Act.ACTIVATION_CANCEL, Act.ACTIVATION_STEER, Act.SCHEDULE_READ, Act.SCHEDULE_START,
    Act.SITUATION_READ, Act.AUDIT_READ,
    Act.SITUATION_REPORT, Act.MESSAGE_READ, Act.MESSAGE_SEND, Act.RECORDING_READ, Act.RECORDING_LISTEN,
    Act.RECORDING_LABEL, Act.DIRECTORY_READ, Act.TERMINAL_READ, Act.ALARM_READ, Act.ALARM_ACKNOWLEDGE, Act.ALARM_SHELVE,
}  # fmt: skip
"""A host leads meetings, calls out, and hears what was recorded."""
PLANS = {
    Act.SCHEDULE_CHANGE, Act.DIRECTORY_CHANGE, Act.DIRECTORY_FILES, Act.UPKEEP_LINK, Act.PATCH_APPROVE,
    Act.ACTIVATION_APPROVE, Act.ORDER_CODE,
}  # fmt: skip
KEEPS = {
    Act.ACCOUNT_READ, Act.ACCOUNT_CHANGE, Act.SESSION_READ, Act.SESSION_END, Act.TOKEN_READ, Act.TOKEN_ISSUE,
    Act.TOKEN_REVOKE, Act.ARCHIVE_KEY,
}  # fmt: skip
RIGHTS = {
    AccessRole.OPERATOR: set(Act) - {Act.SECRET_READ, Act.MESSAGE_REPORT, Act.LINK_USE} - OWN_UPKEEP,
    AccessRole.HOST: LOOKS_ON | LEADS | OWN,
    AccessRole.COORDINATOR: LOOKS_ON | LEADS | PLANS | OWN,
    AccessRole.KEEPER: LOOKS_ON
    | KEEPS
    | OWN
    | {Act.ACTIVATION_READ, Act.ACTIVATION_APPROVE, Act.DIRECTORY_READ, Act.TERMINAL_READ, Act.TRUNK_TEST}
    | {Act.AUDIT_READ, Act.ALARM_READ, Act.ALARM_ACKNOWLEDGE, Act.ALARM_SHELVE, Act.SETTINGS_READ, Act.ARCHIVE_VERIFY}
    | {Act.AUDIT_VERIFY},
    AccessRole.DIRECTORY_EDITOR: {Act.NUMBERS_READ, Act.DIRECTORY_READ, Act.DIRECTORY_CHANGE, Act.AUDIT_READ} | OWN,
    AccessRole.LISTENER: LOOKS_ON | OWN,
    AccessRole.REGISTRAR: {
        Act.CONFERENCE_READ,
        Act.PARTICIPANT_READ,
        Act.NUMBERS_READ,
        Act.ROLL_CALL_READ,
        Act.DECISION_READ,
        Act.ACTIVATION_READ,
        Act.SITUATION_READ,
        Act.RECORDING_READ,
        Act.RECORDING_LISTEN,
        Act.RECORDING_PACKAGE,
        Act.PACKAGE_READ,
        Act.RECORDING_RELEASE,
        Act.RECORDING_LABEL,
        Act.ARCHIVE_VERIFY,
        Act.ARCHIVE_KEEP,
        Act.ARCHIVE_DISPOSE,
        Act.AUDIT_READ,
        Act.AUDIT_VERIFY,
        Act.EVENTS_READ,
    }
    | OWN,
    AccessRole.AUDITOR: {Act.AUDIT_READ, Act.AUDIT_VERIFY, Act.ARCHIVE_VERIFY} | OWN,
    AccessRole.SERVICE: LOOKS_ON
    | LEADS
    | (PLANS - {Act.PATCH_APPROVE, Act.ACTIVATION_APPROVE})
    | {
        Act.RECORDING_PACKAGE,
        Act.PACKAGE_READ,
        Act.RECORDING_RELEASE,
        Act.ARCHIVE_WITNESS,
        Act.ARCHIVE_VERIFY,
        Act.SETTINGS_READ,
    }
    | {Act.TRUNK_TEST, Act.AUDIT_VERIFY, Act.OWN_READ, Act.OWN_CHANGE},
    AccessRole.ORGANISATION_EDITOR: OWN_UPKEEP,
    AccessRole.SECRECY: {Act.SECRET_READ},
    AccessRole.RADIO_ORDERS: RADIO_ORDERS,
    AccessRole.PHONE_ORDERS: {Act.ACTIVATION_START},
    AccessRole.LINK: {Act.LINK_USE},
    AccessRole.SYSTEM: SAMBAND_ITSELF,
}


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        yield made


def use_cases() -> dict[str, Act | None]:
    """Every public method of every capability, with its act."""
    capabilities = [field.type for field in fields(Service)]
    return {
        f"{one.__name__}.{name}": getattr(method, "act", None)
        for one in capabilities
        if inspect.isclass(one)
        for name, method in inspect.getmembers(one, callable)
        if not name.startswith("_")
    }


def test_every_use_case_names_its_act() -> None:
    found = use_cases()
    assert len(found) > 30
    assert [name for name, act in found.items() if act is None] == []


def test_every_act_has_its_row_and_its_use_case() -> None:
    assert set(PERMITTED) == set(Act)
    beside = {Act.SECRET_READ, Act.CODES_READ, Act.NUMBERS_READ}  # asked for besides the act of the use case
    assert {act for act in use_cases().values() if act is not None} | beside == set(Act)


def test_every_use_case_takes_the_principal_first() -> None:
    for field in fields(Service):
        for name, method in inspect.getmembers(field.type, lambda one: hasattr(one, "act")):
            assert list(inspect.signature(method).parameters)[:2] == ["self", "principal"], name


def permitted(*roles: AccessRole) -> set[Act]:
    principal = replace(STRANGER, roles=frozenset(roles))
    return {act for act in Act if permits(principal, act)}


@pytest.mark.parametrize("role", AccessRole)
def test_each_role_may_do_its_acts_and_no_other(role: AccessRole) -> None:
    assert permitted(role) == RIGHTS[role]


def test_who_has_no_role_may_do_nothing_and_who_has_two_may_do_both() -> None:
    assert permitted() == set()
    assert permitted(AccessRole.RADIO_ORDERS, AccessRole.SYSTEM) == RADIO_ORDERS | SAMBAND_ITSELF


async def test_an_organisations_own_keeper_changes_its_own_entries_and_no_others(region: Region) -> None:
    await region.has(Organisation("lst", "Länsstyrelsen"), Organisation("rtj", "Räddningstjänsten"))
    upkeep = Service.on(region.ports()).directory
    keeper = replace(somebody("rtj"), organisations=frozenset({"rtj"}))
    await upkeep.create(keeper, Function("inre", "rtj", "Inre befäl"))
    for attempt in (
        upkeep.create(keeper, Function("tib", "lst", "TiB")),
        upkeep.replace(keeper, "inre", Function("inre", "lst", "Inre befäl")),
        upkeep.replace(keeper, "lst", Organisation("lst", "Vår")),
        upkeep.delete(keeper, Organisation, "lst"),
    ):
        with pytest.raises(Refusal) as refused:
            await attempt
        assert refused.value.code == "not_permitted"
    assert [one.name for one in await region.directory.list(Function)] == ["Inre befäl"]
    assert {one.name for one in await region.directory.list(Organisation)} == {"Länsstyrelsen", "Räddningstjänsten"}


async def test_what_is_not_permitted_is_not_done_and_stands_in_the_audit_log(region: Region) -> None:
    with pytest.raises(Refusal) as refused:
        await Service.on(region.ports()).conferences.open(STRANGER, NewConference("Möte"))
    assert (refused.value.code, refused.value.retry) == ("not_permitted", False)
    assert region.asked == []
    (row,) = await region.audited("access.")
    assert (row.actor, row.action, row.object) == ("stranger", "access.denied", "conference.open")


async def test_a_flood_of_attempts_does_not_fill_the_audit_log(region: Region) -> None:
    conferences = Service.on(region.ports()).conferences
    for _ in range(DENIED.limit + 5):
        with pytest.raises(Refusal):
            await conferences.find(STRANGER)
    assert len(await region.audited("access.")) == DENIED.limit
    region.clock.time_s += DENIED.window_s + 1
    with pytest.raises(Refusal):
        await conferences.find(STRANGER)
    assert len(await region.audited("access.")) == DENIED.limit + 1


async def test_samband_itself_opens_a_conference_under_its_own_name(region: Region) -> None:
    await Service.on(region.ports()).conferences.open(SYSTEM, NewConference("Möte"))
    assert [(row.actor, row.action) for row in await region.audited("conference.")] == [("samband", "conference.open")]


BODIES = {
    "/pass-on": {"to": "anna"},
    "/check": {"scenario": "storm.toml"},
    "/plays": {"scenario": "storm.toml"},
    "/packages": {"conference_id": "x"},
    "/mails": {"to": "x"},
    "/foreign-heads": {"line": "x", "public": "00"},
    "/acknowledge": {"priority": "P1"},
    "/shelve": {"for_s": 60, "reason": "x"},
    "/number-tests": {"number": "+46701740605"},
    "/releases": {"conference_id": "x", "ground": "OSL"},
    "/hand-over": {"place": "arkiv"},
    "/rooms": {"name": "Media"},
    "/codes": {"function_id": "a"},
    "/speak": {"participant": None},
    "/send": {"participants": ["prt-1"]},
    "/consultations": {"participants": ["prt-1", "prt-2"]},
    "/conferences": {"name": "A"},
    "/activations": {"list_id": "a"},
    "/sds": {"to": 1, "text": "x"},
    "/messages": {"bearer": "sms", "to": "tib", "text": "x"},
    "/organisations": {"name": "A"},
    "/functions": {"name": "A", "organisation_id": "a"},
    "/activation-lists": {"name": "A"},
    "/persons": {"name": "A", "organisation_id": "a"},
    "/rota": {
        "function_id": "a",
        "person_id": "a",
        "begins_at": "2027-01-07T15:00:00Z",
        "ends_at": "2027-01-08T15:00:00Z",
    },
    "/links": {"organisation_id": "a"},
    "/forums": {"name": "A"},
    "/talkgroups": {"gssi": 1, "name": "A"},
    "/participants": {"function_id": "a"},
    "/patches": {"gssi": 1},
    "/queue": {"participant": "a"},
    "/request": {"participant": "a"},
    "/speaking-list": [],
    "/limit": {},
    "/floor": {"action": "take"},
    "/role": {"role": "cohost"},
    "/say": {"message": "soon"},
    "/answers": {"organisation": "A"},
    "/end-time": {"ends_at": None},
    "/schedules": {"name": "A", "rule": {"first_on": "2027-01-07", "time": "16:00"}},
    "/preview": {"first_on": "2027-01-07", "time": "16:00"},
    "/{schedule}": {"name": "A", "rule": {"first_on": "2027-01-07", "time": "16:00"}, "sequence": 0},
    "/holds": {"conference_id": "a", "ground": "a"},
    "/disposals": {"recordings": ["a"], "ground": "a", "decision": "a"},
    "/{recording}": {"label": "a"},
    "/move": {"to_on": "2027-01-07", "to_time": "16:00"},
    "/{organisation}": {"text": "x"},
    "/accounts": {"name": "anna", "roles": ["host"]},
    "/tokens": {"name": "a", "permissions": ["conference.read"]},
    "/end": {},
    "/beat": {"meeting": "a"},
    "/password": {"password": "a"},
    "/totp/confirm": {"key": "a", "code": "1", "name": "A"},
    "/passkeys/confirm": {"key": "a", "answer": {}, "name": "A"},
    "/reached": {"note": "x"},
}
"""What a right request holds, by how its address ends."""


def body_of(method: str, path: str) -> object:
    if method == "PATCH" and not path.endswith("/floor"):
        return {}
    if path.endswith("/floor") and method != "POST":
        return {"mode": "open"}
    if path.endswith("/confirm") and "/me/" in path:
        return BODIES["/" + "/".join(path.rsplit("/", 2)[1:])]
    ending = path.rsplit("/", 2)[1] if path.endswith("{key}") else path.rsplit("/", 1)[1]
    return BODIES.get(f"/{ending}")


async def test_every_request_of_somebody_without_a_role_is_answered_403(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No way past the table: neither by reading nor by changing."""
    monkeypatch.setattr(security, "principal_of", lambda _found: STRANGER)
    app = region.app()
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS, headers=headers) as client:
        for path, methods in app.openapi()["paths"].items():
            for method in methods if path.startswith("/api/v1") else ():
                named = path.replace("{gssi}", "1").replace("{number}", "1")
                address = named.replace("{", "").replace("}", "")
                async with asyncio.timeout(10):
                    answer = await client.request(method, address, json=body_of(method.upper(), path))
                assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), (
                    method,
                    path,
                    answer.text,
                )
    assert region.asked == []
