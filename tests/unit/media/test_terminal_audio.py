"""What a terminal's `audio` may say, and what the user is told when it cannot be used."""

import pytest

from bridge.media import terminal_audio
from bridge.media.settings import MediaSettings
from bridge.media.terminal_audio import CardAudio, SocketAudio, parse_audio, usable_audio
from bridge.ports import PortError


def test_a_networked_interface_is_named_by_host_and_port() -> None:
    assert parse_audio("audiosocket://127.0.0.1:4000") == SocketAudio("127.0.0.1", 4000)
    assert parse_audio("audiosocket://[::1]:4000") == SocketAudio("::1", 4000)


def test_a_sound_card_is_named_by_its_alsa_name_or_its_usb_socket() -> None:
    assert parse_audio("alsa:plughw:CARD=Radio1,DEV=0") == CardAudio("plughw:CARD=Radio1,DEV=0")
    assert parse_audio("alsa:usb:1-1.4") == CardAudio("usb:1-1.4")


@pytest.mark.parametrize("audio", ["", "audiosocket://host", "audiosocket://:1", "audiosocket://h:99999", "jack:x"])
def test_another_address_is_refused_with_the_reason(audio: str) -> None:
    with pytest.raises(PortError, match="audiosocket://host:port or alsa:device") as refused:
        parse_audio(audio)
    assert not refused.value.retry


@pytest.mark.parametrize("audio", ["alsa:", "alsa:hw:\n1"])
def test_a_card_without_a_name_is_refused(audio: str) -> None:
    with pytest.raises(PortError, match="names no sound card"):
        parse_audio(audio)


def test_without_the_library_a_card_is_refused_with_the_package_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_audio, "LIBRARY", "no_such_library")
    with pytest.raises(PortError, match=r"pyalsaaudio.*libasound2-dev.*make soundcard") as refused:
        usable_audio("alsa:hw:CARD=Radio1")
    assert not refused.value.retry


def test_without_the_library_networked_interfaces_work_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_audio, "LIBRARY", "no_such_library")
    assert usable_audio("audiosocket://127.0.0.1:4000") == SocketAudio("127.0.0.1", 4000)


def test_each_card_has_its_own_levels() -> None:
    settings = MediaSettings.model_validate({"card": [{"device": "hw:CARD=rakel1", "transmit_gain_db": -7.5}]})
    assert settings.card_settings("hw:CARD=rakel1").transmit_gain_db == -7.5
    assert settings.card_settings("hw:CARD=rakel2").transmit_gain_db == 0


def test_two_tables_for_one_card_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="setting_card_twice"):
        MediaSettings.model_validate({"card": [{"device": "hw:CARD=rakel1"}] * 2})
