"""`samband check` while the program runs says what the program says: it alone can know."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.api.settings import ApiSettings
from bridge.main.checking import Finding, _running
from bridge.rakel.settings import TerminalSettings
from bridge.settings import Settings
from tests.harness.ports import free_port
from tests.unit.main.test_ready import answering

FAILED = "failed since 14:02: it does not answer"
PARTS = {"database": "ok", "asterisk": "no answer", "terminal rakel-1": "ok", "terminal rakel-2": FAILED}


@pytest.fixture
def port() -> Iterator[int]:
    with answering(503, {"ready": False, "parts": PARTS}) as port:
        yield port


def settings_of(tmp_path: Path, port: int, *names: str) -> Settings:
    terminals = tuple(TerminalSettings(name=name, serial=f"/dev/{name}", audio="none") for name in names)
    told = {"state": tmp_path, "api": ApiSettings(port=port), "terminal": terminals}
    return Settings().model_copy(update=told)


async def findings(settings: Settings) -> dict[str, Finding]:
    return {one.part: one for one in await _running(settings, holder=4711)}


async def test_a_terminal_that_has_failed_is_a_fault(tmp_path: Path, port: int) -> None:
    found = await findings(settings_of(tmp_path, port, "rakel-1", "rakel-2"))
    assert found["terminal rakel-2"].fault == FAILED
    assert not found["terminal rakel-1"].fault
    assert "process 4711" in found["terminal rakel-1"].says


async def test_every_other_part_that_is_not_well_is_a_fault(tmp_path: Path, port: int) -> None:
    found = await findings(settings_of(tmp_path, port))
    assert found["running: asterisk"].fault == "no answer"
    assert "running: database" not in found


async def test_a_terminal_that_the_program_does_not_know_is_a_fault(tmp_path: Path, port: int) -> None:
    found = await findings(settings_of(tmp_path, port, "rakel-3"))
    assert "its settings have changed since it started, restart it" in found["terminal rakel-3"].fault


async def test_a_program_that_gives_no_answer_is_a_fault(tmp_path: Path) -> None:
    found = await findings(settings_of(tmp_path, free_port(), "rakel-1"))
    assert "process 4711 gives no answer: it starts, or hangs" in found["running program"].fault


@pytest.mark.parametrize("body", [b"<html>", {"hello": "world"}, ["parts"]])
async def test_another_program_at_our_port_is_a_fault(tmp_path: Path, body: object) -> None:
    with answering(200, body) as port:
        assert "running program" in await findings(settings_of(tmp_path, port, "rakel-1"))
