"""The tables of terminal models: every value has its reason, and what only hardware can settle can be set."""

from dataclasses import fields

import pytest
from pydantic import ValidationError

from bridge.rakel.pei import sds
from bridge.rakel.pei.indications import TransmissionGrant, TransmissionInterrupted
from bridge.rakel.pei.results import parse_result
from bridge.rakel.profiles import LENIENCIES, MTM5400, PROFILES, LineSpeed, TerminalProfile
from bridge.rakel.settings import TerminalSettings

LEAST: dict[str, object] = {"name": "rakel-1", "serial": "/dev/serial/by-id/x", "audio": "alsa:hw:1"}


def settings(**more: object) -> TerminalSettings:
    return TerminalSettings.model_validate(LEAST | more)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_value_of_every_model_has_its_reason(profile: TerminalProfile) -> None:
    values = {one.name for one in fields(TerminalProfile)} - {"name", "description", "why", "notes"}
    assert set(profile.why) == values
    assert all(profile.why.values())


@pytest.mark.parametrize("name", ["mtm5400", "mtm800e", "sepura-srg", "sepura-scg"])
def test_a_model_can_be_chosen_by_name(name: str) -> None:
    assert settings(profile=name).model.name == name


def test_the_sepuras_say_that_nothing_of_them_was_seen() -> None:
    for name in ("sepura-srg", "sepura-scg"):
        assert "Nothing here was seen on this model" in " ".join(PROFILES[name].notes)
        assert PROFILES[name].bauds[0] == 38400


def test_all_speeds_are_tried_without_flow_control_before_any_with_it() -> None:
    assert [str(one) for one in settings().speeds] == [
        "38400 baud",
        "9600 baud",
        "115200 baud",
        "38400 baud + RTS/CTS",
        "9600 baud + RTS/CTS",
        "115200 baud + RTS/CTS",
    ]


def test_what_the_settings_name_is_not_tried_otherwise() -> None:
    assert settings(baud=19200).speeds == (LineSpeed(19200, False), LineSpeed(19200, True))
    assert settings(baud=19200, rtscts=True).speeds == (LineSpeed(19200, True),)
    assert {one.rtscts for one in settings(rtscts=False).speeds} == {False}


def test_behind_a_raw_socket_the_speed_is_not_ours_to_try() -> None:
    assert len(settings(serial="socket://127.0.0.1:4001").speeds) == 1
    assert len(settings(serial="rfc2217://127.0.0.1:4001").speeds) == 6


def test_what_only_hardware_can_settle_can_be_set() -> None:
    own = settings(
        gap_s=0.4, routes=[[1, 0, 0], [2, 2, 20]], call_parameters="0,0,0,0,1,0,1,1,1,0", emergency_priority=12
    )
    assert (own.pause_s, own.emergency_from) == (0.4, 12)
    assert own.service_routes == ((1, 0, 0), (2, 2, 20))
    assert own.group_call == "0,0,0,0,1,0,1,1,1,0"
    assert settings().group_call == MTM5400.call_parameters


def test_encryption_from_end_to_end_is_one_field_of_the_call() -> None:
    assert settings(end_to_end=True).group_call == "0,0,0,1,1,1,1,1,0,0"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"routes": [[2, 0, 0], [1, 3, 224]]}, "setting_route_from_air"),
        ({"routes": [[2, 0, 0], [1, 3, 25]]}, "setting_route_from_air"),
        ({"routes": [[2, 2, 20]]}, "setting_route_not_voice"),
        ({"routes": []}, "at least 1"),
        ({"call_parameters": "0;ATZ"}, "pattern"),
        ({"emergency_priority": 16}, "less than or equal to 15"),
    ],
)
def test_what_would_harm_cannot(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**wrong)


def test_the_leniencies_are_what_the_reader_does() -> None:
    assert len({one.name for one in LENIENCIES}) == len(LENIENCIES)
    assert sds.user_data("82040801476A6174616A6", 84) == bytes.fromhex("82040801476A6174616A60"), "sds_odd_nibble"
    assert sds.user_data("82040801476A6174616A61", 84) == bytes.fromhex("82040801476A6174616A61"), "sds_length"
    assert isinstance(parse_result("+CTXG:0,3,0,0"), TransmissionGrant), "no_blank, no_talker"
    assert isinstance(parse_result("+CTXI: 1"), TransmissionInterrupted), "interrupt"
