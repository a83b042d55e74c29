"""What of the region is simulated: whatever is not set as one's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.ari.install import AsteriskTree
from bridge.main.simulated import (
    Simulated,
    check_telephones,
    telephones_command,
    with_simulated_terminal,
    with_simulated_trunk,
)
from bridge.main.state_paths import StatePaths
from bridge.ports import PortError
from bridge.settings import Settings, load

OWN_TRUNK = '[[trunk]]\ndial = "sip.example.net"\n'
OWN_TERMINAL = '[[terminal]]\nname = "rakel-1"\nserial = "/dev/ttyUSB0"\naudio = "alsa:default"\n'
WITH_TREE = AsteriskTree(Path("/x/asterisk"), Path("/x/modules"), Path("/x/data"), None)

Write = Callable[[str], Settings]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    def written(text: str) -> Settings:
        path = tmp_path / "samband.toml"
        path.write_text(text)
        monkeypatch.setenv("SAMBAND_CONFIG", str(path))
        return load()

    return written


@pytest.mark.parametrize(
    ("text", "radio", "telephones"),
    [
        ("", True, True),
        (OWN_TRUNK, True, False),
        (OWN_TERMINAL, False, True),
        (OWN_TRUNK + OWN_TERMINAL, False, False),
        ('[[trunk]]\ndial = "127.0.0.1:5090"\n', True, True),
        ('[[trunk]]\ndial = "127.0.0.1:5080"\n', True, False),
        ("ports_from = 31000\n", True, True),
    ],
)
def test_a_trunk_or_a_terminal_of_ones_own_is_not_simulated(
    write: Write, text: str, radio: bool, telephones: bool
) -> None:
    settings = write(text)
    assert Simulated.of(settings, with_simulator=True) == Simulated(radio, telephones)
    assert Simulated.of(settings, with_simulator=False) == Simulated(radio=False, telephones=False)


def test_without_a_trunk_calls_go_to_the_simulated_telephones_wherever_they_are(write: Write) -> None:
    assert with_simulated_trunk(write("")).trunk[0].dial == "127.0.0.1:5090"
    assert with_simulated_trunk(write("[simulator]\ntelephones_port = 6090\n")).trunk[0].dial == "127.0.0.1:6090"
    assert with_simulated_trunk(write("ports_from = 31000\n")).trunk[0].dial == "127.0.0.1:31004"
    assert with_simulated_trunk(write(OWN_TRUNK)).trunk[0].dial == "sip.example.net:5060"


def test_the_simulated_trunk_is_still_simulated_when_the_settings_hold_it(write: Write, tmp_path: Path) -> None:
    settings = write("")
    filled = with_simulated_trunk(with_simulated_terminal(settings, StatePaths(tmp_path)))
    assert filled.is_simulated(filled.trunk[0])


def test_a_program_at_the_usual_address_goes_before_unless_the_telephones_were_moved(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    engine = tmp_path / "espeak-ng"
    engine.touch(mode=0o755)

    def command(text: str) -> list[str]:
        return telephones_command(write(text), StatePaths(tmp_path), WITH_TREE, tmp_path / "sounds", 7)

    assert "--own=127.0.0.1:5080" in command("")
    assert not any(word.startswith("--own") for word in command("ports_from = 31000\n"))
    assert f'--speak=["{engine}"]' in command("")
    assert "--system=127.0.0.1:31001" in command("ports_from = 31000\n")


@pytest.mark.slow
def test_a_fault_in_ones_own_telephones_is_told_before_anything_starts(write: Write, tmp_path: Path) -> None:
    own = tmp_path / "telefoner.toml"
    own.write_text('[[telephone]]\nnumber = "08-465 004 00"\nmanner = "shy"\n')
    with pytest.raises(PortError, match=r"telefoner\.toml, line 3: manner: .*`answers`, `rings_out`, `busy`"):
        check_telephones(write(f'[simulator]\ntelephones = "{own}"\n'))
    own.write_text('[[telephone]]\nnumber = "08-465 004 00"\nmanner = "busy"\n')
    check_telephones(write(f'[simulator]\ntelephones = "{own}"\n'))
