"""Which role may ask for what. Each request of the API has its row here, and one without a row fails.

Letters: K keeper, H host, C coordinator, E directory editor, L listener, R registrar, A auditor. A token without a list
of permissions may ask for all of it; a program's token for what it lists.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import httpx
import pytest

from bridge.api import security
from bridge.domain.conference.records import Secrecy
from bridge.domain.directory.records import (
    ActivationList,
    AuditRow,
    Forum,
    Function,
    Organisation,
    Person,
    Talkgroup,
)
from bridge.domain.kernel.ids import Gssi
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import AccessRole, Principal, PrincipalKind
from bridge.ports import AuditWish
from bridge.service import Refusal
from bridge.service.callouts import ListCall
from bridge.service.conferences import NewConference
from tests.harness.principals import somebody
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import Region, a_region
from tests.unit.service.test_access import body_of

LETTERS = {
    "K": AccessRole.KEEPER,
    "H": AccessRole.HOST,
    "C": AccessRole.COORDINATOR,
    "E": AccessRole.DIRECTORY_EDITOR,
    "L": AccessRole.LISTENER,
    "R": AccessRole.REGISTRAR,
    "A": AccessRole.AUDITOR,
}
TABLE = """
KRA     GET /archive/witnessed
K       GET /accounts
K       POST /accounts
K       DELETE /accounts/{account}
K       GET /accounts/{account}
K       PATCH /accounts/{account}
K       POST /accounts/{account}/disable
K       POST /accounts/{account}/enable
K       POST /accounts/{account}/invite
KHCE    GET /activation-lists
CE      POST /activation-lists
CE      DELETE /activation-lists/{key}
KHCE    GET /activation-lists/{key}
CE      PATCH /activation-lists/{key}
CE      PUT /activation-lists/{key}
HC      GET /exercises
HC      POST /exercises/check
HC      POST /exercises/plays
HC      GET /exercises/plays/{play}
HC      POST /exercises/plays/{play}/stop
KHCR    GET /activations
HC      POST /activations
KHCR    GET /activations/review/{list}
KHCR    GET /activations/{activation}
KC      POST /activations/{activation}/approve
HC      POST /activations/{activation}/cancel
KHCR    GET /activations/{activation}/forecast
KHCR    GET /activations/{activation}/report.csv
KHCR    GET /activations/{activation}/report.pdf
HC      POST /activations/{activation}/targets/{target}/deputy
HC      POST /activations/{activation}/targets/{target}/next-number
HC      POST /activations/{activation}/targets/{target}/reached
HC      POST /activations/{activation}/targets/{target}/ring
KHC     GET /alarms
KHC     POST /alarms/acknowledge
KHC     GET /alarms/figures
KHC     GET /alarms/history
KHC     POST /alarms/{alarm}/shelve
KHC     POST /alarms/{alarm}/unshelve
R       GET /archive/disposals
R       POST /archive/disposals
R       DELETE /archive/disposals/{disposal}
R       GET /archive/disposals/{disposal}
R       POST /archive/disposals/{disposal}/decide
KRA     GET /archive/foreign-heads
-       POST /archive/foreign-heads
-       GET /archive/foreign-heads/mine
KRA     GET /archive/head
R       GET /archive/holds
R       POST /archive/holds
R       DELETE /archive/holds/{hold}
HCR     GET /archive/labels
HCR     GET /archive/meetings
HCR     GET /archive/meetings/{conference}
R       POST /archive/meetings/{conference}/hand-over
HCR     DELETE /archive/meetings/{conference}/labels/{label}
HCR     PUT /archive/meetings/{conference}/labels/{label}
R       GET /archive/meetings/{conference}/package
R       GET /archive/meetings/{conference}/sip
R       GET /archive/packages
R       POST /archive/packages
R       DELETE /archive/packages/{package}
R       POST /archive/packages/releases
R       GET /archive/packages/{package}
R       GET /archive/packages/{package}/file
R       GET /archive/packages/{package}/mails
R       POST /archive/packages/{package}/mails
R       GET /archive/places
R       GET /archive/restrictions
R       DELETE /archive/restrictions/{recording}
R       PUT /archive/restrictions/{recording}
K       POST /archive/signing-key
KRA     GET /archive/verifier
KHCERA  GET /audit
KHCERA  GET /audit/search
KRA     GET /audit/verify
KHCLR   GET /conferences
HC      POST /conferences
KHCLR   GET /conferences/{conference}
HC      GET /conferences/{conference}/codes
HC      POST /conferences/{conference}/codes
HC      DELETE /conferences/{conference}/codes/{code}
HC      POST /conferences/{conference}/consultations
KHCLR   GET /conferences/{conference}/decisions
HC      POST /conferences/{conference}/decisions
KHCLR   GET /conferences/{conference}/decisions/{decision}
HC      POST /conferences/{conference}/decisions/{decision}/answers
HCR     GET /conferences/{conference}/decisions/{decision}/audio
HC      POST /conferences/{conference}/decisions/{decision}/cancel
HC      POST /conferences/{conference}/decisions/{decision}/end
HC      POST /conferences/{conference}/decisions/{decision}/read-back
HC      PATCH /conferences/{conference}/door
HC      POST /conferences/{conference}/end
HC      PUT /conferences/{conference}/end-time
HCR     GET /conferences/{conference}/evaluations
HC      POST /conferences/{conference}/extend
KHCL    GET /conferences/{conference}/floor
HC      PATCH /conferences/{conference}/floor
HC      POST /conferences/{conference}/floor
HC      PUT /conferences/{conference}/floor
HC      POST /conferences/{conference}/floor/give
HC      POST /conferences/{conference}/floor/queue
HC      POST /conferences/{conference}/floor/request
HC      POST /conferences/{conference}/floor/take
HC      GET /conferences/{conference}/hosts
HC      POST /conferences/{conference}/lock
HC      POST /conferences/{conference}/pass-on
HC      POST /conferences/{conference}/mute-all
HC      POST /conferences/{conference}/mute-all/undo
KHCLR   GET /conferences/{conference}/participants
HC      POST /conferences/{conference}/participants
KHCLR   GET /conferences/{conference}/participants/{participant}
HC      POST /conferences/{conference}/participants/{participant}/key-radio
HC      POST /conferences/{conference}/participants/{participant}/mute
HCR     GET /conferences/{conference}/participants/{participant}/name
HC      POST /conferences/{conference}/participants/{participant}/remove
HC      POST /conferences/{conference}/participants/{participant}/role
HC      POST /conferences/{conference}/participants/{participant}/unkey-radio
HC      POST /conferences/{conference}/participants/{participant}/unmute
KHCL    GET /conferences/{conference}/patches
HC      POST /conferences/{conference}/patches
HC      DELETE /conferences/{conference}/patches/{patch}
KHCL    GET /conferences/{conference}/patches/{patch}
HC      PATCH /conferences/{conference}/patches/{patch}
C       POST /conferences/{conference}/patches/{patch}/approve
HC      POST /conferences/{conference}/patches/{patch}/extend
HC      DELETE /conferences/{conference}/recording
KHCLR   GET /conferences/{conference}/recording
HC      POST /conferences/{conference}/recording
HC      POST /conferences/{conference}/recording/off-record
HC      POST /conferences/{conference}/recording/on-record
KHCLR   GET /conferences/{conference}/roll-call
HC      POST /conferences/{conference}/roll-call
HC      POST /conferences/{conference}/roll-call/end
HC      POST /conferences/{conference}/roll-call/entries/{entry}/tick
KHCLR   GET /conferences/{conference}/roll-calls
KHCL    GET /conferences/{conference}/rooms
HC      POST /conferences/{conference}/rooms
HC      POST /conferences/{conference}/rooms/recall
HC      POST /conferences/{conference}/rooms/{room}/close
HC      POST /conferences/{conference}/rooms/{room}/send
KHCL    GET /conferences/{conference}/speaking-list
HC      PUT /conferences/{conference}/speaking-list
HC      PUT /conferences/{conference}/speaking-list/limit
KHCLR   GET /conferences/{conference}/waiting
HC      POST /conferences/{conference}/waiting/let-in
HC      POST /conferences/{conference}/waiting/say
HC      POST /conferences/{conference}/waiting/speak
HC      POST /conferences/{conference}/waiting/{participant}/let-in
KHCE    GET /directory/coverage
C       GET /directory/export.csv
C       GET /directory/export.vcf
CE      POST /directory/functions/{key}/confirm
C       DELETE /directory/functions/{key}/order-code
C       POST /directory/functions/{key}/order-code
C       POST /directory/import
C       GET /directory/links
C       POST /directory/links
C       DELETE /directory/links/{key}
KHCE    GET /directory/number-tests
HC      POST /directory/number-tests
KHCE    GET /directory/rota
CE      POST /directory/rota
C       POST /directory/rota/import
CE      DELETE /directory/rota/{key}
KHCLR   GET /events
KHCE    GET /forums
CE      POST /forums
CE      DELETE /forums/{key}
KHCE    GET /forums/{key}
CE      PATCH /forums/{key}
CE      PUT /forums/{key}
KHCE    GET /functions
CE      POST /functions
CE      DELETE /functions/{key}
KHCE    GET /functions/{key}
CE      PATCH /functions/{key}
CE      PUT /functions/{key}
KHCE    GET /functions/{key}/versions
CE      POST /functions/{key}/versions/{number}/undo
HC      GET /mailings
KHCELRA GET /me
KHCELRA PATCH /me
KHCELRA POST /me/beat
KHCELRA POST /me/codes
KHCELRA DELETE /me/factors/{factor}
KHCELRA POST /me/passkeys
KHCELRA POST /me/passkeys/confirm
KHCELRA POST /me/password
KHCELRA GET /me/sessions
KHCELRA POST /me/sessions/end-others
KHCELRA DELETE /me/sessions/{session}
KHCELRA POST /me/totp
KHCELRA POST /me/totp/confirm
HC      GET /messages
HC      POST /messages
HC      GET /messages/{message}
HC      POST /messages/{message}/again
HC      POST /messages/{message}/withdraw
KHCE    GET /organisations
CE      POST /organisations
CE      DELETE /organisations/{key}
KHCE    GET /organisations/{key}
CE      PATCH /organisations/{key}
CE      PUT /organisations/{key}
KHCE    GET /organisations/{key}/versions
CE      POST /organisations/{key}/versions/{number}/undo
KHCLR   GET /overview
KHCE    GET /persons
CE      POST /persons
CE      DELETE /persons/{key}
KHCE    GET /persons/{key}
CE      PATCH /persons/{key}
CE      PUT /persons/{key}
KHCE    GET /readiness
HCR     GET /recordings
KRA     GET /recordings/verification
KRA     POST /recordings/verification
HCR     GET /recordings/{recording}
HCR     GET /recordings/{recording}/audio
HCR     GET /recordings/{recording}/loudness
R       GET /recordings/{recording}/package
HCR     GET /recordings/{recording}/peaks
HCR     GET /recordings/{recording}/timeline
HCR     GET /recordings/{recording}/web-audio
HC      GET /schedules
C       POST /schedules
HC      POST /schedules/preview
C       DELETE /schedules/{schedule}
HC      GET /schedules/{schedule}
C       PUT /schedules/{schedule}
HC      GET /schedules/{schedule}/dates
C       POST /schedules/{schedule}/dates/{on}/move
C       POST /schedules/{schedule}/dates/{on}/skip
HC      GET /schedules/{schedule}/invitation
HC      GET /schedules/{schedule}/invitation.ics
HC      GET /schedules/{schedule}/invitations
HC      GET /schedules/{schedule}/occurrences
HC      POST /schedules/{schedule}/start
HC      GET /sds
HC      POST /sds
HC      GET /sds/{message}
K       GET /sessions
K       POST /sessions/end
K       DELETE /sessions/{session}
K       GET /settings
HCR     GET /situation-reports/{meeting}
HC      PUT /situation-reports/{meeting}/{organisation}
KHCE    GET /talkgroups
CE      POST /talkgroups
CE      DELETE /talkgroups/{key}
KHCE    GET /talkgroups/{key}
CE      PATCH /talkgroups/{key}
CE      PUT /talkgroups/{key}
KHC     GET /terminals
KHC     GET /terminals/{name}
KHC     GET /terminals/{name}/levels
K       GET /tokens
K       POST /tokens
K       DELETE /tokens/{name}
K       GET /trunks
K       POST /trunks/{name}/test
"""
ROUTES = {" ".join(line.split()[1:]): line.split()[0] for line in TABLE.strip().splitlines()}
ROW = {route: frozenset(LETTERS[one] for one in letters.replace("-", "")) for route, letters in ROUTES.items()}


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        yield made


_requests: list[tuple[str, str]] = []
"""Read once: to describe the whole API takes longer than a hundred requests."""


def requests_of(region: Region) -> list[tuple[str, str]]:
    if not _requests:
        _requests.extend(
            (method.upper(), path.removeprefix("/api/v1"))
            for path, methods in region.app().openapi()["paths"].items()
            if path.startswith("/api/v1")
            for method in methods
        )
    return _requests


def person(*roles: AccessRole) -> Principal:
    return Principal("account:x", "x", PrincipalKind.OPERATOR, frozenset(roles))


def test_every_request_has_its_row_and_no_row_is_of_none(region: Region) -> None:
    every = {f"{method} {path}" for method, path in requests_of(region)}
    assert sorted(every - set(ROUTES)) == [], "say here which roles may ask for it"
    assert sorted(set(ROUTES) - every) == [], "there is no such request"


@pytest.mark.parametrize("role", LETTERS.values(), ids=str)
async def test_a_role_may_ask_for_what_its_rows_say_and_for_nothing_else(
    region: Region, monkeypatch: pytest.MonkeyPatch, role: AccessRole
) -> None:
    await region.has(Organisation("key", "A"), Talkgroup(Gssi(1), "A"), Forum("key", "A"), ActivationList("key", "A"))
    await region.has(Function("key", "key", "A"), Person("key", "key", "A"))
    monkeypatch.setattr(security, "principal_of", lambda _found: person(role))
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app(), raise_app_exceptions=False), base_url=ADDRESS, headers=headers
    ) as client:
        for method, path in requests_of(region):
            if path == "/events" and role in ROW[f"{method} {path}"]:
                continue  # a stream has no end; who may read it is asked before its first byte
            named = path.replace("talkgroups/{key}", "talkgroups/1").replace("{number}", "1")
            address = "/api/v1" + named.replace("{", "").replace("}", "")
            async with asyncio.timeout(20):
                answer = await client.request(method, address, json=body_of(method, "/api/v1" + path))
            may = answer.status_code != 403
            assert may is (role in ROW[f"{method} {path}"]), (role, method, path, answer.status_code, answer.text[:200])


async def test_an_editor_reads_and_keeps_the_entries_of_their_own_organisation_alone(region: Region) -> None:
    await region.has(Organisation("lst", "Länsstyrelsen"), Organisation("rtj", "Räddningstjänsten"))
    await region.has(Function("tib", "lst", "TiB"), Function("inre", "rtj", "Inre befäl"))
    directory = region.parts().service.directory
    editor = replace(person(AccessRole.DIRECTORY_EDITOR), organisations=frozenset({"rtj"}))
    assert [one.name for one in await directory.find(editor, Function)] == ["Inre befäl"]
    assert [one.name for one in await directory.find(editor, Organisation)] == ["Räddningstjänsten"]
    await directory.replace(editor, "inre", Function("inre", "rtj", "Inre befäl i beredskap"))
    for attempt in (
        directory.read(editor, Function, "tib"),
        directory.replace(editor, "tib", Function("tib", "lst", "x")),
        directory.create(editor, Forum("f", "Forum")),
    ):
        with pytest.raises(Refusal, match="not_permitted"):
            await attempt


async def test_a_listener_sees_the_meetings_of_their_forum_without_codes_and_no_other_meeting(region: Region) -> None:
    await region.has(Forum("inriktande", "Inriktande nivå"))
    service = region.parts().service
    own = await service.conferences.open(somebody(), NewConference("Lägesbild", forum="inriktande"))
    other = await service.conferences.open(somebody(), NewConference("Enskilt"))
    listener = replace(person(AccessRole.LISTENER), forums=frozenset({"inriktande"}))
    (seen,) = await service.conferences.find(listener)
    assert (seen.conference.name, seen.codes) == ("Lägesbild", None)
    assert own.codes is not None
    assert await service.participants.find(listener, own.conference.id) == []
    for attempt in (
        service.conferences.read(listener, other.conference.id),
        service.participants.find(listener, other.conference.id),
        service.floor.read(listener, other.conference.id),
        service.decisions.find(listener, other.conference.id),
    ):
        with pytest.raises(Refusal, match="not_found"):
            await attempt
    with pytest.raises(Refusal, match="not_permitted"):
        await service.conferences.end(listener, own.conference.id)


async def test_one_who_listens_to_one_meeting_sees_that_one(region: Region) -> None:
    service = region.parts().service
    one = await service.conferences.open(somebody(), NewConference("Ett"))
    await service.conferences.open(somebody(), NewConference("Två"))
    listener = replace(person(AccessRole.LISTENER), meetings=frozenset({one.conference.id}))
    assert [found.conference.name for found in await service.conferences.find(listener)] == ["Ett"]


async def test_a_listener_of_nothing_is_told_of_no_change(region: Region) -> None:
    service = region.parts().service
    listener = replace(person(AccessRole.LISTENER), forums=frozenset({"inriktande"}))
    told = await service.events.follow(listener, await service.events.number(listener))
    await service.conferences.open(somebody(), NewConference("Enskilt"))
    async with asyncio.timeout(20):
        change = await anext(told)
    assert (change.kind, change.subject, change.conference) == ("hidden", "", None)


async def test_under_secrecy_a_role_is_not_enough_and_the_permission_is(region: Region) -> None:
    service = region.parts().service
    made = await service.conferences.open(person(AccessRole.HOST), NewConference("Hemligt", secrecy=Secrecy.SECRET))
    for role in (AccessRole.REGISTRAR, AccessRole.HOST):
        with pytest.raises(Refusal, match="not_permitted"):
            await service.decisions.find(person(role), made.conference.id)
        assert await service.decisions.find(person(role, AccessRole.SECRECY), made.conference.id) == []


async def test_a_programs_token_does_what_it_lists_and_nothing_else(region: Region) -> None:
    token = await region.tokens.issue("wis", permissions=["conference.read"])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app()), base_url=ADDRESS, headers={"Authorization": f"Bearer {token}"}
    ) as wis:
        assert (await wis.get("/api/v1/conferences")).status_code == 200
        for path in ("/audit", "/recordings", "/accounts", "/tokens"):
            assert (await wis.get(f"/api/v1{path}")).status_code == 403, path
        assert (await wis.post("/api/v1/conferences", json={"name": "A"})).status_code == 403


def host(name: str = "anna", forums: frozenset[str] | None = None) -> Principal:
    return replace(person(AccessRole.HOST), id=f"account:{name}", name=name, forums=forums)


async def test_a_host_sees_and_leads_the_meetings_that_they_opened_and_is_told_of_no_other(region: Region) -> None:
    service = region.parts().service
    own = await service.conferences.open(host("anna"), NewConference("Annas"))
    other = await service.conferences.open(host("bo"), NewConference("Bos"))
    assert [one.conference.name for one in await service.conferences.find(host("anna"), ended=True)] == ["Annas"]
    assert (await service.conferences.read(host("anna"), own.conference.id)).codes is not None
    meetings, *_ = await service.overview.read(host("anna"))
    assert [one.conference.name for one in meetings] == ["Annas"]
    await service.conferences.lock(host("anna"), own.conference.id, locked=True)
    for attempt in (
        service.conferences.read(host("anna"), other.conference.id),
        service.conferences.lock(host("anna"), other.conference.id, locked=True),
        service.conferences.end(host("anna"), other.conference.id),
        service.participants.find(host("anna"), other.conference.id),
        service.recordings.find(host("anna"), conference=other.conference.id),
        service.situation.find(host("anna"), other.conference.id),
    ):
        with pytest.raises(Refusal, match="not_found"):
            await attempt
    coordinator = person(AccessRole.COORDINATOR)
    assert len(await service.conferences.find(coordinator)) == 2


async def test_a_host_sees_the_meetings_of_the_forums_that_their_account_names(region: Region) -> None:
    await region.has(Forum("inriktande", "Inriktande nivå"))
    service = region.parts().service
    await service.conferences.open(host("bo"), NewConference("Lägesbild", forum="inriktande"))
    await service.conferences.open(host("bo"), NewConference("Bos"))
    named = host("anna", forums=frozenset({"inriktande"}))
    assert [one.conference.name for one in await service.conferences.find(named)] == ["Lägesbild"]
    await service.conferences.open(named, NewConference("Annas"))
    assert {one.conference.name for one in await service.conferences.find(named)} == {"Lägesbild", "Annas"}


async def test_a_host_sees_the_call_outs_to_their_meetings_and_those_that_they_started(region: Region) -> None:
    await region.has(Organisation("lst", "Länsstyrelsen"), Function("tib", "lst", "TiB", numbers=("+46701740605",)))
    await region.has(ActivationList("larm", "Larmlista", function_ids=("tib",)))
    service = region.parts().service
    board, _ = await service.callouts.start(host("bo"), ListCall("larm"))
    started = board[0].id
    assert [one[0].id for one in await service.callouts.find(host("bo"))] == [started]
    assert await service.callouts.find(host("anna")) == []
    for attempt in (
        service.callouts.read(host("anna"), started),
        service.callouts.cancel(host("anna"), started),
        service.reports.sheet(host("anna"), started, Language.SV),
        service.callouts.start(host("anna"), ListCall("larm", conference=board[0].conference)),
    ):
        with pytest.raises(Refusal, match="not_found"):
            await attempt
    await service.callouts.cancel(host("bo"), started)


async def test_the_event_stream_of_a_host_tells_of_their_meetings_and_of_the_house(region: Region) -> None:
    service = region.parts().service
    told = await service.events.follow(host("anna"), await service.events.number(host("anna")))
    await service.conferences.open(host("bo"), NewConference("Bos"))
    own = await service.conferences.open(host("anna"), NewConference("Annas"))
    seen = []
    async with asyncio.timeout(20):
        async for change in told:
            seen.append((change.kind, change.conference))
            if change.conference == own.conference.id:
                break
    assert [kind for kind, _ in seen[:-1]] == ["hidden"] * (len(seen) - 1)
    assert seen[-1][1] == own.conference.id


async def test_a_host_is_refused_in_words_through_the_api(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    other = await region.parts().service.conferences.open(host("bo"), NewConference("Bos"))
    monkeypatch.setattr(security, "principal_of", lambda _found: host("anna"))
    headers = {"Authorization": f"Bearer {region.operator}", "Accept-Language": "sv"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app()), base_url=ADDRESS, headers=headers
    ) as client:
        assert (await client.get("/api/v1/conferences")).json() == []
        answer = await client.post(f"/api/v1/conferences/{other.conference.id}/lock", json={"locked": True})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "Bos" not in answer.text


async def test_somebody_reads_their_own_acts_and_an_auditor_reads_all(region: Region) -> None:
    service = region.parts().service
    await service.conferences.open(host("anna"), NewConference("Annas"))
    await service.conferences.open(host("bo"), NewConference("Bos"))

    def actors(rows: Sequence[AuditRow]) -> set[str]:
        return {one.actor for one in rows}

    auditor = person(AccessRole.AUDITOR)
    for role in (AccessRole.HOST, AccessRole.COORDINATOR, AccessRole.DIRECTORY_EDITOR):
        reader = replace(host("anna"), roles=frozenset({role}))
        assert actors(await service.audit.rows(reader)) == {"anna"}
        assert actors(await service.audit.search(reader, AuditWish(actor="bo"))) <= {"anna"}
        with pytest.raises(Refusal, match="not_permitted"):
            await service.audit.verify(reader)
    assert {"anna", "bo"} <= actors(await service.audit.rows(auditor))
    assert await service.audit.verify(auditor) is None
    with pytest.raises(Refusal, match="not_permitted"):
        await service.conferences.find(auditor)
