"""A conference where secrecy applies: who may read what was said there, and that each reading is on record."""

from collections.abc import AsyncIterator

import httpx
import numpy as np
import pytest

from bridge.domain.callout.records import Activation, ActivationState
from bridge.domain.conference.records import Conference, ConferenceState, Secrecy
from bridge.domain.decisions.records import Decision, DecisionState
from bridge.domain.kernel.ids import ActivationId, ConferenceId, DecisionId, RollCallId
from bridge.domain.rollcall.records import RollCall, RollCallState
from tests.unit.api.devices import flac
from tests.unit.api.region import NOW_S, NUMBER, Region

PAST = ConferenceId("cnf-past")


@pytest.fixture
async def recording(region: Region) -> str:
    """An archived recording of a conference that was under secrecy, with a decision and a roll call."""
    made = await region.recorded("a.flac", sound=flac(np.zeros(8000 * 60, np.int16)))
    secret = Conference(PAST, "Lägesmöte", NUMBER, NOW_S - 100, ConferenceState.ENDED, secrecy=Secrecy.SECRET)
    began_s = NOW_S - 80
    decision = Decision(
        DecisionId("dec-past"), PAST, 1, began_s, "TiB", DecisionState.SETTLED, recording=made, ended_at_s=began_s + 5
    )
    roll_call = RollCall(RollCallId("rol-past"), PAST, "TiB", began_s, RollCallState.ENDED, ended_at_s=began_s + 5)
    activation = Activation(
        ActivationId("act-past"), "k", PAST, "Alla", "TiB", began_s, ActivationState.DONE, ended_at_s=began_s + 5
    )
    await region.store.commit([secret, decision, roll_call, activation])
    return made


@pytest.fixture
async def other(region: Region) -> AsyncIterator[httpx.AsyncClient]:
    """An operator who is not among those who may read what is under secrecy."""
    token = await region.tokens.issue("kvällspasset")
    transport = httpx.ASGITransport(region.app())
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1", headers=headers) as client:
        yield client


READ = [
    "/recordings/{recording}", "/recordings/{recording}/audio", "/recordings/{recording}/timeline",
    "/recordings/{recording}/package", "/conferences/cnf-past/decisions", "/conferences/cnf-past/decisions/dec-past",
    "/conferences/cnf-past/decisions/dec-past/audio", "/conferences/cnf-past/roll-call",
    "/conferences/cnf-past/roll-calls", "/activations/act-past/report.csv", "/activations/act-past/report.pdf",
]  # fmt: skip


@pytest.mark.parametrize("path", READ)
async def test_whoever_may_not_read_it_is_told_why_and_the_attempt_is_on_record(
    other: httpx.AsyncClient, region: Region, recording: str, path: str
) -> None:
    answer = await other.get(path.format(recording=recording))
    assert (answer.status_code, answer.json()["reason"]) == (403, "read_under_secrecy")
    assert answer.json()["remedy"]
    (line,) = await region.audited("access.")
    assert (line.actor, line.action, line.object) == ("kvällspasset", "access.denied", "secrecy.read")


@pytest.mark.parametrize("path", READ)
async def test_each_reading_by_those_who_may_is_on_record(
    host: httpx.AsyncClient, region: Region, recording: str, path: str
) -> None:
    assert (await host.get(path.format(recording=recording))).status_code == 200
    (line,) = await region.audited("secrecy.read")
    assert line.actor == "operator"


async def test_it_is_marked_in_the_list_which_tells_others_nobodys_name(
    host: httpx.AsyncClient, other: httpx.AsyncClient, recording: str
) -> None:
    (full,), (covered,) = [(await one.get("/recordings")).json() for one in (host, other)]
    assert full["secrecy"] == covered["secrecy"] == "secret"
    assert [one["name"] for one in full["participants"]] == ["TiB Länsstyrelsen"]
    assert (covered["participants"], covered["audio"]) == ([], None)
    assert full["audio"] == f"/api/v1/recordings/{recording}/audio"


async def test_what_is_open_is_read_by_every_operator(other: httpx.AsyncClient, region: Region) -> None:
    recording = await region.recorded("a.flac")
    assert (await other.get(f"/recordings/{recording}")).json()["secrecy"] == "open"
    assert await region.audited("secrecy.read") == []


async def test_to_lead_a_roll_call_over_the_api_is_to_read_it(
    host: httpx.AsyncClient, other: httpx.AsyncClient, region: Region
) -> None:
    made = (await host.post("/conferences", json={"name": "Lägesmöte", "secrecy": "secret"})).json()
    path = f"/conferences/{made['id']}/roll-call"
    for one in (path, f"{path}/end", f"{path}/entries/ren-1/tick"):
        answer = await other.post(one)
        assert (answer.status_code, answer.json()["reason"]) == (403, "read_under_secrecy")
    assert (await host.post(path)).status_code != 403
    assert [one.actor for one in await region.audited("secrecy.read")] == ["operator"]
