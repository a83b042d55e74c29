"""Lines as operators have them: a raw telephone at the other end of a real Asterisk."""

import asyncio
import base64
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from bridge.ari import names
from bridge.ari.keys import KeysOfLeg
from bridge.ari.model import ChannelDtmfReceived
from bridge.ari.settings import TrunkSettings
from hardware.simulator.g711 import encode_alaw
from tests.harness import wait
from tests.harness.asterisk import running_asterisk
from tests.harness.certificates import make_certificate
from tests.harness.ports import free_port
from tests.harness.raw_phone import SILENCE, RawPhone, raw_phone
from tests.integration.test_asterisk_calls import Controller, controlled

pytestmark = pytest.mark.integration

NUMBER = "+4685555555"
TONE = bytes([0x34, 0x21, 0x2A, 0x39, 0xB4, 0xA1, 0xAA, 0xB9]) * 2000
"""Two seconds of 1 kHz in A-law."""


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(30)).decode()


async def put_together(controller: Controller, *channels: str) -> None:
    await controller.request("POST", "bridges/mix-test", type="mixing")
    for channel in channels:
        await controller.request("POST", f"channels/{channel}/answer")
        await controller.request("POST", "bridges/mix-test/addChannel", channel=channel)


async def hear_each_other(phones: Sequence[RawPhone]) -> None:
    """One talks at a time; every other hears the tone, which no silence looks like."""
    for talker in phones:
        for other in phones:
            other.heard.clear()
        await talker.says(TONE)
        for other in phones:
            if other is not talker:
                loud = [payload for payload in other.heard if payload != SILENCE and len(set(payload)) > 4]
                assert len(loud) > 40, f"{other.transport} hears {len(loud)} packets of {talker.transport}"


async def test_a_call_over_tls_and_srtp_is_heard_both_ways(tmp_path: Path) -> None:
    ours = make_certificate(tmp_path / "tls")
    trunks = [
        TrunkSettings(name="secret", dial="127.0.0.1:5099", transport="tls", srtp=True, accept_from=("127.0.0.1",)),
        TrunkSettings(name="plain", dial="127.0.0.2:5098", accept_from=("127.0.0.2",)),
    ]
    tls_port = free_port()
    async with (
        running_asterisk(
            tmp_path / "state",
            trunks=trunks,
            sip_tls_port=tls_port,
            tls_certificate=ours.file,
            tls_key=ours.key,
            tls_ca=ours.file,
        ) as world,
        controlled(world) as controller,
        raw_phone(
            ("127.0.0.1", tls_port), transport="tls", tls=ssl.create_default_context(cafile=str(ours.file))
        ) as secret,
        raw_phone(("127.0.0.1", world.sip_port), host="127.0.0.2") as plain,
    ):
        secret.srtp_key = new_key()
        calls = [asyncio.create_task(phone.calls(NUMBER)) for phone in (secret, plain)]
        started: dict[str, str] = {}

        def both() -> bool:
            for event in controller.events:
                if event["type"] == "StasisStart":
                    started[event["args"][2]] = event["channel"]["id"]
            return len(started) == 2

        await wait.until(both, 10, what="both calls", seen=lambda: controller.events)
        await put_together(controller, *started.values())
        answers = await asyncio.gather(*calls)
        assert "RTP/SAVP" in answers[0].body
        assert "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" in answers[0].body
        assert "RTP/SAVP" not in answers[1].body
        await hear_each_other([secret, plain])
        assert secret.refused == 0


async def test_a_call_without_encryption_is_refused_by_a_trunk_that_asks_for_it(tmp_path: Path) -> None:
    ours = make_certificate(tmp_path / "tls")
    tls_port = free_port()
    trunk = TrunkSettings(dial="127.0.0.1:5099", transport="tls", srtp=True)
    files: dict[str, Any] = {
        "tls_certificate": ours.file,
        "tls_key": ours.key,
        "tls_ca": ours.file,
        "sip_tls_port": tls_port,
    }
    async with (
        running_asterisk(tmp_path / "state", trunks=[trunk], **files) as world,
        raw_phone(("127.0.0.1", world.sip_port)) as phone,
    ):
        assert (await phone.calls(NUMBER)).status == 488


async def test_every_kind_of_trunk_is_taken_by_asterisk(tmp_path: Path) -> None:
    ours = make_certificate(tmp_path / "tls")
    password = tmp_path / "password"
    password.write_text("secret")
    login: dict[str, Any] = {"username": "samband", "password_file": password, "register_at_operator": True}
    trunks = [
        TrunkSettings(name="fixed", dial="127.0.0.1:5099", then_dial=("127.0.0.9:5099",), dtmf="rfc4733"),
        TrunkSettings(name="register", dial="127.0.0.2:5099", accept_from=("127.0.0.2",), dtmf="info", **login),
        TrunkSettings(name="tcp", dial="127.0.0.3:5099", accept_from=("127.0.0.3",), transport="tcp", dtmf="inband"),
        TrunkSettings(name="tls", dial="127.0.0.4", accept_from=("127.0.0.4",), transport="tls", srtp=True, **login),
        TrunkSettings(name="six", dial="[::1]:5099", accept_from=("::1",), codecs=("g722", "alaw")),
        TrunkSettings(name="records", dial="sip.example.invalid", srv=True, accept_from=("127.0.0.6",)),
    ]
    files: dict[str, Any] = {
        "tls_certificate": ours.file,
        "tls_key": ours.key,
        "tls_ca": ours.file,
        "sip_tls_port": free_port(),
    }
    async with running_asterisk(tmp_path / "state", trunks=trunks, sip_host6="::1", **files) as world:
        transports = await world.process.rx("pjsip show transports")
        for name in ("udp", "tcp", "tls", "udp6", "tcp6", "tls6"):
            assert f"transport-{name} " in transports, transports
        for trunk in trunks:
            shown = await world.process.rx(f"pjsip show endpoint trunk-{trunk.name}")
            assert "Unable to find" not in shown
            assert f"transport-{trunk.transport}{'6' if trunk.is_ipv6 else ''}" in shown
        registrations = await world.process.rx("pjsip show registrations")
        assert "registration-register/sip:127.0.0.2:5099" in registrations
        assert "registration-tls/sip:127.0.0.4:5061\\;transport=tls" in registrations.replace(";", "\\;")
        said = "".join(path.read_text() for path in world.dirs.log.glob("*.log"))
        errors = [line for line in said.splitlines() if "ERROR" in line]
        assert not [line for line in errors if "sending OPTIONS" not in line], said  # nobody is there to answer them


async def test_a_call_by_ipv6_is_answered_with_sound_by_ipv6(tmp_path: Path) -> None:
    trunk = TrunkSettings(dial="[::1]:5099", accept_from=("::1",))
    async with (
        running_asterisk(tmp_path, trunks=[trunk], sip_host6="::1") as world,
        raw_phone(("::1", world.sip_port), host="::1") as phone,
    ):
        answer = await phone.calls(NUMBER)  # with no controller: the words that ask to wait
        assert answer.status == 200
        assert "c=IN IP6 ::1" in answer.body
        await wait.until(lambda: len(set(b"".join(phone.heard))) > 20, 10, what="words by IPv6")


async def test_a_call_goes_to_the_first_address_of_the_operator_that_answers(tmp_path: Path) -> None:
    dead, second = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    trunk = TrunkSettings(dial=f"127.0.0.1:{dead}", then_dial=(f"127.0.0.1:{second}",))
    async with (
        raw_phone(("127.0.0.1", 1), port=second) as phone,
        running_asterisk(tmp_path, trunks=[trunk]) as world,
        controlled(world) as controller,
    ):
        phone.reply_to("127.0.0.1", world.sip_port)

        async def one_is_away_and_one_is_there() -> bool:
            contacts = await world.process.rx("pjsip show contacts")
            states = {line.split()[1].partition("/")[0]: line for line in contacts.splitlines() if "watch-" in line}
            return "Unavail" in states["watch-main_1"] and "Avail" in states["watch-main_2"].replace("Unavail", "")

        await wait.until(one_is_away_and_one_is_there, 20)
        await controller.request("POST", "channels", endpoint="PJSIP/+46701740605@trunk-main", app="samband")
        invite = await phone.is_called()
        assert invite.user == "+46701740605"


async def test_more_calls_than_the_trunk_may_have_are_answered_that_there_is_no_room(tmp_path: Path) -> None:
    trunk = TrunkSettings(dial="127.0.0.1:5099", calls_in=2)
    async with running_asterisk(tmp_path, trunks=[trunk]) as world, controlled(world, of_all=True) as controller:
        calls = [raw_phone(("127.0.0.1", world.sip_port), number=f"+4670174060{one}") for one in range(3)]
        async with calls[0] as first, calls[1] as second, calls[2] as third:
            waiting = [asyncio.create_task(phone.calls(NUMBER)) for phone in (first, second)]
            await wait.until(lambda: len(_started(controller)) == 2, 10)
            assert (await third.calls(NUMBER)).status == 503
            told = [event["eventname"] for event in controller.events if event["type"] == "ChannelUserevent"]
            assert told == [names.FULL]
            assert len(_started(controller)) == 2
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


def _started(controller: Controller) -> list[str]:
    return [event["channel"]["id"] for event in controller.events if event["type"] == "StasisStart"]


# --- keys ---


@asynccontextmanager
async def answered_line(state: Path, formats: str = "8 101") -> AsyncIterator[tuple[RawPhone, Controller]]:
    """A telephone in an answered call."""
    async with (
        running_asterisk(state) as world,
        controlled(world) as controller,
        raw_phone(("127.0.0.1", world.sip_port)) as phone,
    ):
        phone.formats = formats
        call = asyncio.create_task(phone.calls(NUMBER))
        channel = await controller.started("inbound")
        await controller.request("POST", f"channels/{channel['id']}/answer")
        await call
        await asyncio.sleep(0.3)  # Asterisk learns where the sound comes from
        yield phone, controller


def counted(controller: Controller) -> str:
    """The keys that Samband counts of Asterisk's reports."""
    leg = KeysOfLeg()
    events = [
        msgspec.convert(event, ChannelDtmfReceived, strict=False)
        for event in controller.events
        if event["type"] == "ChannelDtmfReceived"
    ]
    return "".join(event.digit for event in events if leg.is_new(event))


BROKEN: dict[str, dict[str, Any]] = {
    "as it should be": {},
    "no end": {"ends": 0},
    "an end 0.4 s late": {"end_after_s": 0.4},
    "ten ends": {"ends": 10, "between_ends_s": 0.02},
    "ends 150 ms apart": {"between_ends_s": 0.15},
    "every packet re-stamped": {"restamped": True},
    "ends re-stamped": {"restamped_ends": True, "between_ends_s": 0.02},
    "held for 0.9 s while sound goes on": {"steps": 45, "sound_goes_on": True},
}


@pytest.mark.parametrize("form", BROKEN.values(), ids=list(BROKEN))
async def test_one_press_is_one_press_in_every_broken_form(tmp_path: Path, form: dict[str, Any]) -> None:
    async with answered_line(tmp_path) as (phone, controller):
        for key in "159":
            await phone.presses(key, **form)
            await asyncio.sleep(0.9)
        await wait.until(lambda: "9" in counted(controller), 5, seen=lambda: controller.events)
        await asyncio.sleep(0.6)  # what Asterisk plays out of a key comes again until then
        assert counted(controller) == "159"


@pytest.mark.parametrize("ways", ["pressed", "let go", "INFO alone", "tones", "tones and INFO"])
async def test_one_press_by_two_ways_is_one_press(tmp_path: Path, ways: str) -> None:
    async with answered_line(tmp_path, "8" if "tones" in ways else "8 101") as (phone, controller):
        for key in "159":
            if ways in ("pressed", "INFO alone"):
                phone.info(key)
            if "tones" in ways:
                await phone.says(tones(key, 100))
            elif ways != "INFO alone":
                await phone.presses(key)
            if ways in ("let go", "tones and INFO"):
                phone.info(key, lasted_ms=100)
            await asyncio.sleep(0.4)
        await wait.until(lambda: "9" in counted(controller), 5, seen=lambda: controller.events)
        await asyncio.sleep(0.6)
        assert counted(controller) == "159"


@pytest.mark.parametrize(("formats", "heard"), [("8", "1595"), ("8 101", "5")])
async def test_tones_are_listened_for_where_the_line_offers_no_packets_and_nowhere_else(
    tmp_path: Path, formats: str, heard: str
) -> None:
    """Who listens may take speech for a key, and take it out of the sound."""
    async with answered_line(tmp_path, formats) as (phone, controller):
        for key in "159":
            await phone.says(tones(key, 120) + SILENCE * 6)
        phone.info("5")
        await wait.until(lambda: counted(controller) == heard, 5, seen=lambda: controller.events)


def tones(key: str, lasted_ms: int) -> bytes:
    """The audible tones of a key (ITU-T Q.23) in A-law, −8 dBm0 each."""
    low, high = {"1": (697, 1209), "5": (770, 1336), "9": (852, 1477)}[key]
    at_s = np.arange(lasted_ms * 8) / 8000
    return encode_alaw((8000 * (np.sin(2 * np.pi * low * at_s) + np.sin(2 * np.pi * high * at_s))).astype(np.int16))


# --- what operators answer ---


async def call_out(state: Path, *answers: tuple[int, str]) -> list[dict[str, Any]]:
    """The events of a call of ours that is answered so; a text is the Contact of its answer."""
    port, second = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    trunk = TrunkSettings(dial=f"127.0.0.1:{port}")
    async with (
        running_asterisk(state, trunks=[trunk]) as world,
        controlled(world, of_all=True) as controller,
        raw_phone(("127.0.0.1", world.sip_port), port=port) as phone,
        raw_phone(("127.0.0.1", world.sip_port), port=second) as stranger,
    ):
        told = [(status, (("contact", f"<{contact.format(stranger=second)}>"),)) for status, contact in answers]
        phone.answer_with = [(status, headers if answers[at][1] else ()) for at, (status, headers) in enumerate(told)]
        await controller.request(
            "POST",
            f"channels/{LEG}",
            endpoint="PJSIP/+46701740605@trunk-main",
            context=names.OUTBOUND_CONTEXT,
            extension="s",
            priority="1",
        )
        await phone.is_called()

        def over() -> bool:
            return any(
                event["channel"]["id"] == LEG
                for event in controller.events
                if event["type"] in ("ChannelDestroyed", "StasisStart")
            )

        await wait.until(over, 10, what="its answer or its end", seen=lambda: controller.events)
        await asyncio.sleep(0.5)  # a forwarding would be followed now
        assert stranger.got == []
        return list(controller.events)


LEG = "leg-01JD00000000000000000000ZZ"


@pytest.mark.parametrize("contact", ["sip:0701740699@127.0.0.1:{stranger}", f"sip:{NUMBER}@127.0.0.1"])
async def test_forwarding_is_followed_neither_to_a_stranger_nor_to_ourselves(tmp_path: Path, contact: str) -> None:
    events = await call_out(tmp_path, (302, contact))
    assert not [event for event in events if event["type"] == "StasisStart"]
    ended = [event for event in events if event["type"] == "ChannelDestroyed" and event["channel"]["id"] == LEG]
    assert [event["cause"] for event in ended] == [23]


async def test_a_call_that_is_being_forwarded_by_the_operator_rings_and_ends_as_it_is_answered(tmp_path: Path) -> None:
    events = await call_out(tmp_path, (181, ""), (180, ""), (486, ""))
    assert "RINGING" in [event["dialstatus"] for event in events if event["type"] == "Dial"]
    ended = [event for event in events if event["type"] == "ChannelDestroyed" and event["channel"]["id"] == LEG]
    assert [event["cause"] for event in ended] == [17]


async def test_a_call_with_early_sound_is_taken_when_it_is_answered(tmp_path: Path) -> None:
    events = await call_out(tmp_path, (183, ""), (200, ""))
    assert [event["dialstatus"] for event in events if event["type"] == "Dial"][1:] == ["PROGRESS", "ANSWER"]


async def test_a_call_that_leaves_the_offer_to_us_is_answered_with_one(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world, raw_phone(("127.0.0.1", world.sip_port)) as phone:
        answer = await phone.calls(NUMBER, late_offer=True)  # with no controller: the words that ask to wait
        assert "m=audio" in answer.body
        await wait.until(lambda: len(set(b"".join(phone.heard))) > 20, 10, what="words")
