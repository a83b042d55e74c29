"""The units, as systemd itself reads them: right, shut in, and started again for ever."""

import configparser
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from bridge.main.pair import TRIAL_S

FOLDER: Final = Path(__file__).parents[3] / "asterisk-config" / "systemd"
UNITS: Final = sorted(FOLDER.glob("*.service"))
INSTALLED: Final = "/opt/samband"
MOST_EXPOSED: Final = 25
"""Of systemd's own marks, 0…100: above 40 it says "exposed"."""
ANALYSE: Final = shutil.which("systemd-analyze")


def names(units: list[Path]) -> list[str]:
    return [unit.name for unit in units]


def as_installed(folder: Path, **changes: str) -> list[Path]:
    """The units with the program in a place that is there. `changes`: lines of the units by their key."""
    program = folder / "opt"
    for name in ("python", "samband"):
        file = program / ".venv" / "bin" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
    copies = []
    for unit in UNITS:
        lines = unit.read_text().replace(INSTALLED, str(program)).splitlines()
        changed = [changes.get(line.partition("=")[0], line) for line in lines]
        copies.append(folder / unit.name)
        copies[-1].write_text("\n".join(changed) + "\n")
    return copies


def analysed(*arguments: str) -> tuple[int, str]:
    assert ANALYSE is not None, "systemd-analyze is missing: python -m tests.prepare"
    done = subprocess.run([ANALYSE, *arguments], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def complaints(units: list[Path]) -> list[str]:
    """What systemd says of our units; of others on this machine it may say what it likes."""
    _, said = analysed("verify", "--man=no", *map(str, units))
    return [line for line in said.splitlines() if any(unit.name in line for unit in units)]


def of(unit: Path, section: str) -> dict[str, str]:
    """One section; of a key that stands twice the latter."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)
    return dict(parser[section])


@pytest.mark.slow
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    assert complaints(as_installed(tmp_path)) == []


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["Restart=alway", "ExecStart=/nowhere/samband", "RestartSec=soon"])
def test_what_is_wrong_with_a_unit_would_be_seen(tmp_path: Path, wrong: str) -> None:
    assert complaints(as_installed(tmp_path, **{wrong.partition("=")[0]: wrong})) != []


@pytest.mark.slow
@pytest.mark.parametrize("unit", names(UNITS))
def test_a_unit_is_shut_in_by_systemds_own_marks(tmp_path: Path, unit: str) -> None:
    [copy] = [one for one in as_installed(tmp_path) if one.name == unit]
    status, said = analysed("security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSED}", str(copy))
    assert status == 0, said


@pytest.mark.slow
@pytest.mark.parametrize("unit", names(UNITS))
def test_a_unit_that_may_do_more_would_be_seen(tmp_path: Path, unit: str) -> None:
    loosened = {"CapabilityBoundingSet": "", "SystemCallFilter": "", "ProtectSystem": "", "User": ""}
    [copy] = [one for one in as_installed(tmp_path, **loosened) if one.name == unit]
    status, _ = analysed("security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSED}", str(copy))
    assert status != 0


@pytest.mark.parametrize("unit", UNITS, ids=names(UNITS))
def test_a_unit_is_started_again_for_ever(unit: Path) -> None:
    assert of(unit, "Service")["Restart"] == "always"
    assert of(unit, "Unit")["StartLimitIntervalSec"] == "0"


def test_a_reload_puts_the_new_version_in_control_or_fails_with_its_words() -> None:
    service = of(FOLDER / "samband.service", "Service")
    assert service["ExecReload"] == "/opt/samband/.venv/bin/samband upgrade", "of the folder that the units name"
    assert int(service["TimeoutStartSec"]) >= TRIAL_S, "a reload has so long too"


def test_a_controller_that_hangs_is_ended_after_five_seconds_and_goes_on_without_asterisk() -> None:
    unit = FOLDER / "samband.service"
    service = of(unit, "Service")
    assert (service["Type"], service["WatchdogSec"], service["WatchdogSignal"]) == ("notify", "5", "SIGKILL")
    assert not {"Requires", "BindsTo", "PartOf"} & set(of(unit, "Unit")), "Asterisk down is no reason to end"
