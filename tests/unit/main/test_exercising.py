"""Scenarios are read, played and stopped by way of the API, the player a program of its own."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from bridge.main import exercising
from bridge.main.exercising import Exercises
from bridge.main.state_paths import StatePaths
from bridge.ports import PlayState
from bridge.settings import Settings
from tests.harness.player import GOES_ON
from tests.harness.wait import until
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import Region, a_region

WITHIN_S = 30.0
WRONG = """name = "Fel"
colour = "red"
[[step]]
do = "open"
[[step]]
do = "patch"
gssi = -3
[[step]]
do = "dance"
"""


class Stage:
    """The API of a region whose player is a stand-in."""

    def __init__(self, region: Region, host: httpx.AsyncClient) -> None:
        self.region, self.host = region, host
        self.state = region.folder

    def goes_on(self) -> None:
        (self.state / GOES_ON).touch()

    async def play(self, key: str) -> dict[str, object]:
        found: dict[str, object] = (await self.host.get(f"/exercises/plays/{key}")).json()
        return found

    async def is_over(self, key: str) -> dict[str, object]:
        async def so() -> dict[str, object]:
            found = await self.play(key)
            return found if found["state"] != "playing" else {}

        return await until(so, WITHIN_S, every_s=0.1, what=f"{key} is over")


async def nothing_is_missing(_self: Exercises) -> None:
    """The simulated region would answer."""


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(exercising, "PLAYER", "tests.harness.player")
    monkeypatch.setattr(Exercises, "missing", nothing_is_missing)
    async with a_region() as region:
        region.exercises = exercises_of(region)
        headers = {"Authorization": f"Bearer {region.operator}", "Accept-Language": "sv"}
        transport = httpx.ASGITransport(region.app())
        async with httpx.AsyncClient(transport=transport, base_url=f"{ADDRESS}/api/v1", headers=headers) as host:
            yield Stage(region, host)


def exercises_of(region: Region) -> Exercises:
    settings = Settings().model_copy(update={"state": region.folder})
    return Exercises(settings, StatePaths.of(settings), region.clock)


async def test_the_scenarios_of_the_example_region_can_be_chosen_and_read(stage: Stage) -> None:
    told = (await stage.host.get("/exercises")).json()
    assert (told["available"], told["plays"]) == (True, [])
    assert [one["file"] for one in told["scenarios"]] == ["storm.toml"]
    read = (await stage.host.post("/exercises/check", json={"scenario": "storm.toml"})).json()
    assert (read["name"], read["faults"]) == ("Övning storm", [])
    assert read["steps"][1] == {"number": 2, "after_s": 0.0, "says": "konferensen öppnas"}


async def test_each_fault_of_a_text_is_named_with_its_line_and_nothing_is_played(stage: Stage) -> None:
    read = (await stage.host.post("/exercises/check", json={"text": WRONG})).json()
    assert [one["line"] for one in read["faults"]] == [2, 7, 9]
    assert "här ska stå en talgrupps identitet" in read["faults"][1]["says"]
    answer = await stage.host.post("/exercises/plays", json={"text": WRONG})
    assert (answer.status_code, answer.json()["reason"]) == (422, "scenario_has_faults")
    assert (await stage.host.get("/exercises")).json()["plays"] == []


async def test_no_file_but_those_of_the_region_is_read(stage: Stage) -> None:
    for name in ("/etc/passwd", "../storm.toml", "nowhere.toml"):
        answer = await stage.host.post("/exercises/check", json={"scenario": name})
        assert (answer.status_code, answer.json()["reason"]) == (422, "unknown_scenario"), name
    both = await stage.host.post("/exercises/check", json={"scenario": "storm.toml", "text": "x"})
    assert both.json()["reason"] == "input_scenario_or_text"


async def test_a_play_tells_its_progress_and_keeps_its_results(stage: Stage) -> None:
    made = (await stage.host.post("/exercises/plays", json={"scenario": "storm.toml"})).json()

    async def begun() -> bool:
        return (await stage.play(made["id"]))["lines"] == ["00:01  konferensen öppnas"]

    await until(begun, WITHIN_S, every_s=0.1, what="its first line is told")
    second = await stage.host.post("/exercises/plays", json={"scenario": "storm.toml"})
    assert (second.status_code, second.json()["reason"]) == (409, "another_exercise_is_played")
    stage.goes_on()
    over = await stage.is_over(made["id"])
    assert (over["state"], over["name"], over["ended_at"] is not None) == ("missed", "Övning storm", True)
    assert over["results"] == [
        {"expected": "minst 2 i mötet", "seen": "3", "met": True},
        {"expected": "Polisen: deltar", "seen": "väntar", "met": False},
    ]
    (kept,) = await exercises_of(stage.region).plays()
    assert (kept.id, kept.state, len(kept.results)) == (made["id"], PlayState.MISSED, 2), "after a restart too"
    (row,) = await stage.region.audited("exercise.play")
    assert (row.actor, row.object) == ("operator", made["id"])


async def test_a_play_is_stopped(stage: Stage) -> None:
    made = (await stage.host.post("/exercises/plays", json={"scenario": "storm.toml"})).json()
    stopped = (await stage.host.post(f"/exercises/plays/{made['id']}/stop")).json()
    assert stopped["state"] == "stopped"
    assert [row.action for row in await stage.region.audited("exercise.")] == ["exercise.play", "exercise.stop"]
    assert (await stage.host.post("/exercises/plays/ply-none/stop")).status_code == 404


async def test_a_play_of_a_program_that_is_gone_is_lost_and_not_played_for_ever(stage: Stage) -> None:
    made = (await stage.host.post("/exercises/plays", json={"scenario": "storm.toml"})).json()
    (found,) = await exercises_of(stage.region).plays()
    assert (found.id, found.state) == (made["id"], PlayState.LOST)
    stage.goes_on()
    await stage.is_over(made["id"])


async def test_where_no_region_is_simulated_the_reason_is_told_and_nothing_is_played(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    port = await _nobody_listens()
    simulator = Settings().simulator.model_copy(update={"control_port": port})
    settings = Settings().model_copy(update={"state": stage.state, "simulator": simulator})
    stage.region.exercises = Exercises(settings, StatePaths.of(settings), stage.region.clock)
    headers = dict(stage.host.headers)
    transport = httpx.ASGITransport(stage.region.app())
    async with httpx.AsyncClient(transport=transport, base_url=f"{ADDRESS}/api/v1", headers=headers) as host:
        told = (await host.get("/exercises")).json()
        assert told["available"] is False
        assert "körs inte" in told["why"]
        answer = await host.post("/exercises/plays", json={"scenario": "storm.toml"})
    assert (answer.status_code, answer.json()["reason"]) == (503, "simulators_silent")


async def _nobody_listens() -> int:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port
