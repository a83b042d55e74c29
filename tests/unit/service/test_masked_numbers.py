"""Numbers of a call-out are seen by those alone whom the table gives numbers; others see the last two digits."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from bridge.api import security
from bridge.domain.access.permissions import PERMITTED, Act
from bridge.domain.callout.records import AttemptState
from bridge.domain.directory.records import ActivationList, Function, Organisation, Person
from bridge.domain.kernel.principal import AccessRole, Principal, PrincipalKind
from bridge.domain.telephony.hours import NumberKind, NumberUse
from bridge.service.callouts import ListCall
from bridge.service.masking import masked
from tests.harness.principals import somebody
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import Region, a_region

NUMBERS = ("+46701740605", "+46701740606", "+46701740705")
KEEPER = Principal("account:k", "k", PrincipalKind.OPERATOR, frozenset({AccessRole.KEEPER}))
HIDDEN = "+•••••••••"


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        await made.has(Organisation("lst", "Länsstyrelsen"), Function("tib", "lst", "TiB", numbers=NUMBERS))
        await made.has(ActivationList("larm", "Larmlista", function_ids=("tib",)))
        yield made


def test_all_but_the_last_two_digits_of_a_number_are_hidden() -> None:
    assert masked("+46701740605") == f"{HIDDEN}05"
    assert masked("Dolt nummer 2") == "Dolt nummer 2", "of a withheld number there is nothing to see"
    assert masked("anna") == "anna"


def test_who_may_read_a_call_out_and_no_number_is_the_keeper_alone() -> None:
    assert PERMITTED[Act.ACTIVATION_READ] - PERMITTED[Act.NUMBERS_READ] == {AccessRole.KEEPER}


async def test_a_keeper_sees_the_board_with_two_digits_of_each_number_and_a_host_sees_all(region: Region) -> None:
    callouts = region.parts().service.callouts
    (started, full, _), _ = await callouts.start(somebody(), ListCall("larm"))
    assert full[0].numbers == NUMBERS
    board = await callouts.read(KEEPER, started.id)
    assert board[1][0].numbers == (f"{HIDDEN}05", f"{HIDDEN}06", f"{HIDDEN}05 (2)"), (
        "and two that look alike are told apart"
    )
    ((_, targets, _),) = await callouts.find(KEEPER)
    assert targets == board[1]
    _, _, review = await callouts.review(KEEPER, "larm")
    assert review.functions[0].numbers == board[1][0].numbers


async def test_no_number_is_in_any_answer_of_the_api_to_a_keeper(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = region.parts().service
    (started, _, _), _ = await service.callouts.start(somebody(), ListCall("larm"))
    told = await service.events.follow(KEEPER, 0)
    seen = [await anext(told) for _ in range(await service.events.number(KEEPER))]
    monkeypatch.setattr(security, "principal_of", lambda _found: KEEPER)
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app()), base_url=ADDRESS, headers=headers
    ) as client:
        answers = [str(seen)]
        for path in (
            "/activations",
            f"/activations/{started.id}",
            f"/activations/{started.id}/forecast",
            f"/activations/{started.id}/report.csv",
            "/activations/review/larm",
            f"/conferences/{started.conference}",
            f"/conferences/{started.conference}/participants",
            "/overview",
        ):
            answer = await client.get(f"/api/v1{path}")
            assert answer.status_code == 200, (path, answer.text)
            answers.append(answer.text)
    for number in NUMBERS:
        assert not any(number in text or number[3:] in text for text in answers)
    assert any(HIDDEN in text or json.dumps(HIDDEN)[1:-1] in text for text in answers)


async def test_a_call_keeps_its_person_and_its_state_where_its_number_is_hidden(region: Region) -> None:
    callouts = region.parts().service.callouts
    (started, _, _), _ = await callouts.start(somebody(), ListCall("larm"))
    full, hidden = await callouts.read(somebody(), started.id), await callouts.read(KEEPER, started.id)
    assert [(one.id, one.state) for one in hidden[2]] == [(one.id, one.state) for one in full[2]]
    assert all(one.state in AttemptState for one in hidden[2])
    assert [one.id for one in hidden[1]] == [one.id for one in full[1]]


EDITOR = replace(
    KEEPER, id="account:e", name="e", roles=frozenset({AccessRole.DIRECTORY_EDITOR}), organisations=frozenset({"lst"})
)
PROGRAM = replace(
    somebody(),
    kind=PrincipalKind.TOKEN,
    roles=frozenset({AccessRole.SERVICE}),
    permissions=frozenset({"directory.read", "directory.change", "directory.files"}),
)
"""It keeps the directory, and sees no numbers."""
SIGNS = (f"{HIDDEN}05", f"{HIDDEN}06", f"{HIDDEN}05 (2)")
USE = NumberUse(NUMBERS[0], NumberKind.MOBILE, ())


def client_of(region: Region, monkeypatch: pytest.MonkeyPatch, who: Principal) -> httpx.AsyncClient:
    monkeypatch.setattr(security, "principal_of", lambda _found: who)
    headers = {"Authorization": f"Bearer {region.operator}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(region.app()), base_url=f"{ADDRESS}/api/v1", headers=headers)


def test_the_roles_that_read_the_directory_and_no_numbers_are_the_keeper_alone() -> None:
    assert PERMITTED[Act.DIRECTORY_READ] - PERMITTED[Act.NUMBERS_READ] == {AccessRole.KEEPER}


@pytest.mark.parametrize("who", [KEEPER, PROGRAM], ids=["keeper", "program"])
async def test_no_number_of_the_directory_is_in_any_answer_to_those_who_see_none(
    region: Region, monkeypatch: pytest.MonkeyPatch, who: Principal
) -> None:
    function = Function("tib", "lst", "TiB", numbers=NUMBERS, number_uses=(USE,))
    await region.has(function, Person("anna", "lst", "Anna Exempel", numbers=(NUMBERS[0],)))
    async with client_of(region, monkeypatch, who) as client:
        paths = ["/functions", "/functions/tib", "/functions/tib/versions", "/persons", "/persons/anna"]
        paths += ["/directory/coverage", "/directory/number-tests", "/readiness"]
        paths += ["/directory/export.csv", "/directory/export.vcf"] if who is PROGRAM else []
        for path in paths:
            answer = await client.get(path)
            assert answer.status_code == 200, (path, answer.text)
            for number in NUMBERS:
                assert number[:9] not in answer.text, path
        (shown,) = (await client.get("/functions")).json()
        assert tuple(shown["numbers"]) == SIGNS
        assert shown["number_uses"][0]["number"] == SIGNS[0]


@pytest.mark.parametrize("role", [AccessRole.HOST, AccessRole.COORDINATOR], ids=str)
async def test_those_who_lead_see_the_numbers_of_the_directory(region: Region, role: AccessRole) -> None:
    found = await region.parts().service.directory.find(replace(KEEPER, roles=frozenset({role})), Function)
    assert [one.numbers for one in found if isinstance(one, Function)] == [NUMBERS]


async def test_an_editor_sees_and_keeps_the_numbers_of_their_own_entries(region: Region) -> None:
    directory = region.parts().service.directory
    (seen,) = await directory.find(EDITOR, Function)
    assert isinstance(seen, Function)
    assert seen.numbers == NUMBERS
    await directory.replace(EDITOR, "tib", replace(seen, numbers=NUMBERS[:1]))
    assert (await directory.read(EDITOR, Function, "tib")) == replace(seen, numbers=NUMBERS[:1])


async def test_an_edit_without_sight_keeps_the_numbers_and_never_writes_their_mask(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client_of(region, monkeypatch, PROGRAM) as client:
        renamed = await client.patch("/functions/tib", json={"name": "TiB Nord"})
        assert (renamed.status_code, tuple(renamed.json()["numbers"])) == (200, SIGNS)
        shown = (await client.get("/functions/tib")).json()
        for body in (
            shown,
            {"organisation_id": "lst", "name": "TiB"},
            {"organisation_id": "lst", "name": "TiB", "numbers": ["+46701740699"]},
        ):
            assert (await client.put("/functions/tib", json=body)).status_code in (403, 409, 422), body
        assert (await client.patch("/functions/tib", json={"numbers": list(SIGNS)})).status_code == 422
        assert (await client.patch("/functions/tib", json={"numbers": []})).status_code in (403, 409, 422)
    kept = await region.directory.get(Function, "tib")
    assert kept is not None
    assert (kept.name, kept.numbers) == ("TiB Nord", NUMBERS)


async def test_a_file_without_sight_shows_no_number_and_overwrites_none(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client_of(region, monkeypatch, PROGRAM) as client:
        exported = (await client.get("/directory/export.csv")).content
        previewed = (await client.post("/directory/import", content=exported)).json()
        accepted = await client.post("/directory/import", content=exported, params={"accept": previewed["digest"]})
        assert accepted.status_code != 200 or previewed["rows_changed"] == 0, accepted.text
        other = "Organisation;Funktion;Telefon\r\nLänsstyrelsen;TiB;070-174 06 99\r\n".encode("cp1252")
        preview = await client.post("/directory/import", content=other)
        assert NUMBERS[0][:9] not in preview.text
        assert HIDDEN in preview.text
        answer = await client.post("/directory/import", content=other, params={"accept": preview.json()["digest"]})
        assert answer.json()["reason"] == "numbers_unseen"
    kept = await region.directory.get(Function, "tib")
    assert kept is not None
    assert kept.numbers == NUMBERS
