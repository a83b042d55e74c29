"""Whatever keeps a command from doing its work is said in words, by the command as its user types it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.ports import free_port

pytestmark = pytest.mark.realtime


def starts(folder: Path, module: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SAMBAND_STATE": str(folder / "var"), **variables}
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("bridge.cli", ["run"]),
        ("bridge.cli", ["check"]),
        ("bridge.cli", ["asterisk", "start"]),
        ("bridge.cli", ["token", "issue", "somebody"]),
        ("bridge.cli", ["conferences", "list"]),
        ("bridge.main", []),
    ],
)
def test_a_state_directory_that_is_a_file(tmp_path: Path, module: str, words: list[str]) -> None:
    (tmp_path / "var").write_text("")
    ended = starts(tmp_path, module, *words)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    assert str(tmp_path / "var") in ended.stderr


@pytest.mark.parametrize(("module", "words"), [("bridge.cli", ["run"]), ("bridge.main", [])])
def test_a_setting_that_is_none(tmp_path: Path, module: str, words: list[str]) -> None:
    ended = starts(tmp_path, module, *words, SAMBAND_ASTERISK__HUNG_RESTART_S="soon")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "hung_restart_s" in ended.stderr


def test_a_controller_whose_port_is_taken(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        ended = starts(tmp_path, "bridge.main", SAMBAND_API__PORT=str(port))
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    assert f"port {port} on 127.0.0.1 is in use: stop what uses it, or set another as [api] port" in ended.stderr


def test_a_controller_without_asterisk_names_the_command_that_installs_it(tmp_path: Path) -> None:
    ended = starts(tmp_path, "bridge.main", SAMBAND_API__PORT=str(free_port()), XDG_CACHE_HOME=str(tmp_path / "none"))
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "samband asterisk install" in ended.stderr


def test_memory_is_collected_while_the_controller_runs() -> None:
    """The start does without: most of what is imported stays."""
    told = (
        "import gc\nfrom bridge.main import process\ngc.disable()\ntry:\n    process.main(['--help'])\nfinally:\n    "
    )
    told += "print('kept', gc.get_freeze_count() > 100_000, 'collects', gc.isenabled())"
    said = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
    assert "kept True collects True" in said
