"""What the `[asterisk]` and `[[trunk]]` tables take, and what they refuse before it reaches a configuration file."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.ari.settings import AsteriskSettings, TrunkSettings, check_reach, check_trunks


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = AsteriskSettings()
    assert (settings.sip_host, settings.sip_port) == ("127.0.0.1", 5060)
    assert (settings.ari_port, settings.ami_port) == (8088, 5038)
    assert (settings.rtp_first_port, settings.rtp_last_port) == (20000, 29999)
    trunk = TrunkSettings(dial="127.0.0.1:5080")
    assert trunk.accept_from == ("127.0.0.1",)


def test_our_numbers_may_be_written_as_people_write_them() -> None:
    assert AsteriskSettings(numbers=("08-555 55 55", "+46 8 465 004 00")).numbers == ("+4685555555", "+46846500400")


@pytest.mark.parametrize(
    "wrong",
    [
        {"numbers": ("call me",)},
        {"numbers": ()},
        {"numbers": ("085555555\nexten => _X.,1,Hangup()",)},
        {"sip_host": "localhost; bindaddr=0.0.0.0"},
        {"sip_port": 0},
        {"sip_port": 8088},
        {"rtp_first_port": 30000, "rtp_last_port": 20000},
        {"codecs": ("alaw", "opus\n")},
        {"codecs": ()},
        {"public_host": "a b"},
        {"public_host": "x\nbind=0.0.0.0"},
        {"language": "de"},
        {"sip_host6": "192.0.2.1"},
        {"sip_host": "2001:db8::1", "sip_host6": "2001:db8::2"},
        {"sip_tls_port": 5060},
        {"tls_certificate": "c"},
        {"tls_key": "k"},
        {"unknown": 1},
    ],
)
def test_a_setting_that_asterisk_cannot_hold_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AsteriskSettings(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Main trunk"},
        {"name": "a]\n[evil"},
        {"name": "main\n"},
        {"name": ""},
        {"dial": "127.0.0.1:99999"},
        {"dial": "sip:127.0.0.1"},
        {"dial": "host;transport=tls"},
        {"dial": "host:5060\nmatch=0.0.0.0/0"},
        {"dial": "-host:5060"},
        {"accept_from": ("0.0.0.0/0",)},
        {"accept_from": ("::/0",)},
        {"accept_from": ("sip.example.net",)},
        {"accept_from": ("127.0.0.1\n",)},
        {"transport": "wss"},
        {"srtp": True},
        {"srtp": True, "transport": "tcp"},
        {"dtmf": "tones"},
        {"codecs": ("g729",)},
        {"calls_in": 0},
        {"then_dial": ("127.0.0.1:5080",)},
        {"then_dial": ("192.0.2.1", "192.0.2.1:5060")},
        {"then_dial": ("[2001:db8::1]",)},
        {"then_dial": ("host;transport=tls",)},
        {"srv": True},
        {"srv": True, "dial": "192.0.2.1"},
        {"srv": True, "dial": "example.net:5060"},
        {"srv": True, "dial": "example.net", "then_dial": ("192.0.2.1",)},
        {"calls_per_s": 0},
        {"channels": 0},
        {"prefixes": ()},
        {"prefixes": ("46",)},
        {"prefixes": ("+46&PJSIP",)},
        {"prefixes": ("+460",)},
        {"prefixes": ("+46 (0)8",)},
        {"prefixes": ("+999",)},
        {"prefixes": ("+",)},
        {"prefixes": ("+46846500400123456",)},
        {"prefixes": ("112",)},
        {"caller_id": "Kansliet"},
        {"username": "a;b", "password_file": "x"},
        {"username": "samband"},
        {"password_file": "x"},
        {"register_at_operator": True},
        {"secret": "x"},
    ],
)
def test_a_trunk_that_asterisk_cannot_hold_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrunkSettings(**{"dial": "127.0.0.1:5080", **wrong})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sip.example.net", "sip.example.net:5060"),
        ("192.0.2.7:5080", "192.0.2.7:5080"),
        ("[2001:db8::1]:5062", "[2001:db8::1]:5062"),
        ("[2001:db8::1]", "[2001:db8::1]:5060"),
    ],
)
def test_a_trunk_is_dialled_at_host_and_port(written: str, meant: str) -> None:
    assert TrunkSettings(dial=written).dial == meant


def test_over_tls_the_usual_port_is_that_of_tls() -> None:
    trunk = TrunkSettings(dial="sip.example.net", then_dial=("192.0.2.9",), transport="tls")
    assert trunk.dials == ("sip.example.net:5061", "192.0.2.9:5061")


def test_a_name_whose_records_name_the_servers_is_dialled_without_a_port() -> None:
    assert TrunkSettings(dial="example.net", srv=True).dials == ("example.net",)


@pytest.mark.parametrize(
    ("trunk", "words"),
    [
        ({"dial": "192.0.2.1", "transport": "tls"}, "setting_no_certificate_for"),
        ({"dial": "[2001:db8::1]"}, "setting_no_ipv6_for"),
    ],
)
def test_a_trunk_that_this_machine_cannot_reach_is_refused_with_what_is_missing(
    trunk: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        check_reach(AsteriskSettings(), [TrunkSettings(**trunk)])


def test_a_trunk_that_this_machine_can_reach_is_taken() -> None:
    ours = AsteriskSettings(tls_certificate=Path("c"), tls_key=Path("k"), sip_host6="2001:db8::2")
    check_reach(ours, [TrunkSettings(dial="[2001:db8::1]", transport="tls", srtp=True)])
    check_reach(AsteriskSettings(sip_host="::1"), [TrunkSettings(dial="[2001:db8::1]")])


def test_a_trunks_prefixes_may_be_written_as_people_write_numbers() -> None:
    written = ("+46", "0", "08", "070-174", "0047", "+4 6", "tel:+46-8", "+1")
    assert TrunkSettings(dial="192.0.2.7", prefixes=written).prefixes == (
        "+46",
        "+46",
        "+468",
        "+4670174",
        "+47",
        "+46",
        "+468",
        "+1",
    )


def test_a_network_may_be_written_by_any_of_its_addresses() -> None:
    assert TrunkSettings(dial="127.0.0.1:5080", accept_from=("192.0.2.77/28", "192.0.2.9/32")).accept_from == (
        "192.0.2.64/28",
        "192.0.2.9",
    )


def test_an_operator_with_login_is_taken() -> None:
    trunk = TrunkSettings(
        dial="127.0.0.1:5080", username="samband", password_file=Path("secret"), register_at_operator=True
    )
    assert trunk.register_at_operator


def test_two_trunks_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="setting_trunk_twice"):
        check_trunks([TrunkSettings(dial="127.0.0.1:5080"), TrunkSettings(dial="127.0.0.1:5081")])


def test_no_trunk_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="setting_no_trunk"):
        check_trunks([])
