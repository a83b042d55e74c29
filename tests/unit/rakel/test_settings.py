"""A `[[terminal]]` table says what is wrong with it."""

import pytest
from pydantic import ValidationError

from bridge.domain.kernel.ids import Gssi
from bridge.rakel.pei.codes import TxDemandPriority
from bridge.rakel.profiles import PROFILES, TerminalProfile
from bridge.rakel.radio import RakelRadio
from bridge.rakel.settings import TerminalSettings
from tests.unit.rakel.peer import RealClock, terminal_settings

LEAST = {"name": "rakel-1", "serial": "/dev/serial/by-id/x", "audio": "alsa:hw:1"}


def test_three_values_are_enough() -> None:
    settings = TerminalSettings.model_validate(LEAST)
    assert settings.model is PROFILES["mtm5400"]
    assert settings.priority is TxDemandPriority.LOW
    assert settings.may_use(Gssi(1234567))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "Rakel 1"}, "pattern"),
        ({"serial": "ftp://x"}, "setting_no_kind_of_line"),
        ({"serial": "rfc2217://server"}, "setting_line_without_port"),
        ({"serial": "socket://server:port"}, "setting_line_without_port"),
        ({"serial": "spy:///dev/ttyUSB0"}, "setting_line_spies"),
        ({"serial": "alt:///dev/ttyUSB0"}, "setting_line_blocks"),
        ({"serial": "cp2110://"}, "setting_line_without_library"),
        ({"profile": "walkie-talkie"}, "setting_no_profile"),
        ({"talkgroups": [0]}, "greater than or equal to 1"),
        ({"talkgroups": [1], "talkgroup": 2}, "setting_talkgroup_not_allowed"),
        ({"demand_priority": 3}, "less than or equal to 2"),
        ({"transmit_limit_s": 61}, "less than or equal to 60"),
        ({"speed": 9600}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        TerminalSettings.model_validate(LEAST | wrong)


@pytest.mark.parametrize(
    "url",
    [
        "/dev/ttyS0",
        "socket://10.0.0.2:4001",
        "rfc2217://10.0.0.2:4001?ign_set_control",
        "hwgrep://0403:6001",
        "loop://",
    ],
)
def test_every_kind_of_serial_line_is_taken(url: str) -> None:
    assert TerminalSettings.model_validate(LEAST | {"serial": url}).serial == url


def test_every_setting_is_described() -> None:
    assert [name for name, field in TerminalSettings.model_fields.items() if not field.description] == []


def test_an_emergency_priority_cannot_be_configured() -> None:
    with pytest.raises(ValidationError):
        TerminalSettings.model_validate(LEAST | {"demand_priority": TxDemandPriority.EMERGENCY.value})


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_no_profile_takes_remote_commands_from_the_air(profile: TerminalProfile) -> None:
    routes = profile.routes
    assert routes[0] == (2, 0, 0), "voice calls come first: without them a terminal is useless"
    assert all(route[1:] != (3, 224) for route in routes)


def test_two_terminals_of_one_name_are_a_mistake() -> None:
    same = terminal_settings("/dev/null")
    with pytest.raises(ValueError, match="same name"):
        RakelRadio([same, same], RealClock(), lambda event: None)
