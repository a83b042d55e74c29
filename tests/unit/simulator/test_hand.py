"""A radio user played by hand: `python -m hardware.simulator.hand`."""

import asyncio
import sys
from pathlib import Path

import pytest

from bridge.settings import load
from hardware.simulator.hand import control_of
from tests.harness.radio import SimulatedRadio
from tests.unit.simulator.conftest import USERS


@pytest.mark.parametrize(
    ("told", "control"),
    [
        ("", "127.0.0.1:18200"),
        ("ports_from = 12000", "127.0.0.1:12005"),
        ("ports_from = 12000\n[simulator]\ncontrol_port = 12345", "127.0.0.1:12345"),
    ],
)
def test_the_simulator_is_found_where_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, control: str
) -> None:
    (tmp_path / "samband.toml").write_text(told)
    monkeypatch.setenv("SAMBAND_CONFIG", str(tmp_path / "samband.toml"))
    assert control_of(tmp_path / "samband.toml") == control
    assert control == f"127.0.0.1:{load().simulator.control_port}", "as Samband reads them"


async def by_hand(radio: SimulatedRadio, *words: str) -> str:
    control = f"127.0.0.1:{radio.client.port}"
    command = [sys.executable, "-m", "hardware.simulator.hand", "--control", control, *words]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode().strip()


@pytest.mark.parametrize(("patience", "said"), [("20", "talks"), ("0", "is refused: somebody else talks")])
@pytest.mark.slow
async def test_while_somebody_talks_the_key_is_pressed_again_as_long_as_patience_lasts(
    radio: SimulatedRadio, patience: str, said: str
) -> None:
    first, second = USERS.values()
    await radio.client.press(first, radio.gssi)
    pressing = asyncio.create_task(
        by_hand(radio, "press", str(second), "--gssi", str(radio.gssi), "--seconds", "0.2", "--patience", patience)
    )
    if patience == "20":
        await radio.client.wait_for("refused", issi=second)
        await radio.client.release(first)
    assert await pressing == f"{second} {said}"
