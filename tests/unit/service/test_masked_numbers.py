"""Numbers of a call-out are seen by those alone whom the table gives numbers; others see the last two digits."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from bridge.api import security
from bridge.domain.access.permissions import PERMITTED, Act
from bridge.domain.callout.records import AttemptState
from bridge.domain.directory.records import ActivationList, Function, Organisation
from bridge.domain.kernel.principal import AccessRole, Principal, PrincipalKind
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
