"""Simulated telephones as their caller meets them: each manner, unknown numbers, telephones of one's own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware.simulator.g711 import encode_alaw
from hardware.simulator.listener import Address
from hardware.simulator.signals import speech_like
from hardware.simulator.telephones.client import SimulatorError, TelephonesClient
from hardware.simulator.telephones.control import Control
from hardware.simulator.telephones.ear import Ear, Language
from hardware.simulator.telephones.exchange import Exchange
from hardware.simulator.telephones.manners import e164, manner_of
from hardware.simulator.telephones.message import Message
from hardware.simulator.telephones.sound import COMFORT_FRAMES, COMFORT_NOISE, Ports, Sound
from hardware.simulator.telephones.voices import Voices
from tests.harness import wait
from tests.harness.ports import free_port
from tests.harness.sipua import Endpoint, Line

NUMBER = "+46846500400"
OTHER = "+46846500401"
HOST = "127.0.0.1"
WORD = speech_like(0.9, seed=1)
ORDER = speech_like(0.9, seed=2)


class Caller(Endpoint):
    """The system's side of the trunk: it rings, and notes every message and everything that happens."""

    def __init__(self, folder: Path) -> None:
        self.messages: list[Message] = []
        self.happened: list[tuple[str, dict[str, Any]]] = []
        super().__init__(HOST, folder, lambda name, line, **data: self.happened.append((name, data)))

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.messages.append(Message.parse(data))
        super().datagram_received(data, addr)

    @property
    def keys(self) -> str:
        return "".join(data["digit"] for name, data in self.happened if name == "key")

    def answer(self) -> Message | None:
        """The final answer to its INVITE, when it has come."""
        return next((one for one in self.messages if one.status >= 200 and one.method == "INVITE"), None)

    async def gets_answer(self) -> Message:
        await wait.until(lambda: self.answer() is not None, 5, what="an answer")
        found = self.answer()
        assert found is not None
        return found

    async def sees(self, what: Callable[[Message], bool]) -> Message:
        found = await wait.until(lambda: [one for one in self.messages if what(one)], 5, what="a message")
        return found[0]


class Region:
    """Telephones, and one who rings them."""

    def __init__(self, exchange: Exchange, caller: Caller, client: TelephonesClient) -> None:
        self.exchange, self.caller, self.client = exchange, caller, client

    def ring(self, number: str = NUMBER) -> Line:
        return self.caller.call("+4685555555", f"sip:{number}@{HOST}:{self.exchange.port}")


@asynccontextmanager
async def region(
    folder: Path, *telephones: dict[str, Any], own: tuple[str, int] | None = None
) -> AsyncIterator[Region]:
    phrases = {"floor/yours": WORD, "floor/mode-queue": ORDER}
    language = Language({name: sound / 32768 for name, sound in phrases.items()})
    caller = Caller(folder)
    await caller.start(0)
    known = {e164(str(one["number"])): manner_of(one) for one in telephones}
    exchange = Exchange(HOST, (HOST, caller.port), known, Voices(murmur_s=0.4), language, own)
    await exchange.start(0)
    control = Control(exchange, Address(HOST, 0))
    await control.listener.start()
    try:
        async with TelephonesClient(HOST, control.listener.port) as client:
            yield Region(exchange, caller, client)
    finally:
        await control.listener.stop()
        await exchange.stop()
        await caller.stop()


def answers(**more: Any) -> dict[str, Any]:
    return {"number": NUMBER, "manner": "answers", "after_s": 0.05, "key_after_s": 0.05, **more}


async def test_the_trunk_is_there_for_who_asks(tmp_path: Path) -> None:
    async with region(tmp_path, answers()) as here:
        options = Message(
            f"OPTIONS sip:{HOST}:{here.exchange.port} SIP/2.0",
            [
                ("via", f"SIP/2.0/UDP {HOST}:{here.caller.port};rport;branch=z9hG4bKwatch"),
                ("from", "<sip:samband@127.0.0.1>;tag=1"),
                ("to", "<sip:127.0.0.1>"),
                ("call-id", "watch"),
                ("cseq", "1 OPTIONS"),
            ],
        )
        here.caller.send(options, (HOST, here.exchange.port))
        answer = await here.caller.sees(lambda one: one.method == "OPTIONS")
        assert answer.status == 200
        assert answer["contact"] == f"<sip:{HOST}:{here.exchange.port}>"


@pytest.mark.parametrize("number", ["+46846500499", "085555", "growler", "112"])
async def test_a_number_of_no_telephone_does_not_exist(tmp_path: Path, number: str) -> None:
    async with region(tmp_path, answers()) as here:
        here.ring(number)
        answer = await here.caller.gets_answer()
        assert answer.status == 404
        assert answer["reason"] == "Q.850;cause=1"


@pytest.mark.parametrize(
    ("manner", "status", "cause", "rings"),
    [
        ("busy", 486, 17, False),
        ("rejects", 603, 21, True),
        ("out_of_reach", 480, 20, False),
        ("congested", 503, 34, False),
    ],
)
async def test_who_does_not_take_the_call_says_why(
    tmp_path: Path, manner: str, status: int, cause: int, rings: bool
) -> None:
    async with region(tmp_path, {"number": NUMBER, "manner": manner, "after_s": 0.05}) as here:
        here.ring()
        answer = await here.caller.gets_answer()
        assert answer.status == status
        assert answer["reason"] == f"Q.850;cause={cause}"
        assert any(one.status == 180 for one in here.caller.messages) is rings


async def test_a_telephone_that_nobody_answers_rings_until_the_caller_gives_up(tmp_path: Path) -> None:
    async with region(tmp_path, {"number": NUMBER, "manner": "rings_out"}) as here:
        line = here.ring()
        await here.caller.sees(lambda one: one.status == 180)
        line.hang_up()
        assert (await here.caller.gets_answer()).status == 487


@pytest.mark.parametrize("key", ["1", "2", "3"])
async def test_somebody_answers_and_keys(tmp_path: Path, key: str) -> None:
    async with region(tmp_path, answers(key=key)) as here:
        here.ring()
        assert (await here.caller.gets_answer()).status == 200
        await wait.until(lambda: here.caller.keys, 5, what="a key")
        assert here.caller.keys == key


async def test_somebody_hangs_up_without_a_key(tmp_path: Path) -> None:
    async with region(tmp_path, {"number": NUMBER, "manner": "hangs_up", "after_s": 0, "leaves_after_s": 0.1}) as here:
        here.ring()
        assert (await here.caller.gets_answer()).status == 200
        await here.caller.sees(lambda one: one.method == "BYE")
        assert here.caller.keys == ""


async def test_somebody_who_has_taken_part_leaves(tmp_path: Path) -> None:
    async with region(tmp_path, answers(leaves_after_s=0.6)) as here:
        here.ring()
        await here.caller.sees(lambda one: one.method == "BYE")
        assert here.caller.keys == "1"


async def test_a_forwarded_call_is_told_of_and_taken_where_it_leads(tmp_path: Path) -> None:
    there = {"number": NUMBER, "manner": "forwards", "to": OTHER}
    async with region(tmp_path, there, answers(number=OTHER, key="2")) as here:
        here.ring()
        assert (await here.caller.gets_answer()).status == 200
        assert any(one.status == 181 for one in here.caller.messages)
        await wait.until(lambda: here.caller.keys == "2", 5, what="the other's key")


async def test_a_voicemail_greets_beeps_listens_and_hangs_up_without_a_key(tmp_path: Path) -> None:
    machine = {"number": NUMBER, "manner": "voicemail", "after_s": 0, "greeting": "Hej", "listens_s": 0.2}
    async with region(tmp_path, machine) as here:
        line = here.ring()
        await here.caller.gets_answer()
        await wait.until(lambda: line.state == "ended", 20, what="the machine hangs up")
        assert here.caller.keys == ""
        sound = heard(tmp_path, line)
        assert tone_at(sound, 1000.0), "no beep"
        assert np.abs(sound[: 8000 * 5]).max() > 3000, "no greeting"


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_machine_asks_who_calls_before_the_person_keys_or_does_not(tmp_path: Path, accepts: bool) -> None:
    screening = {"number": NUMBER, "manner": "screening", "after_s": 0, "thinks_s": 0.1, "key_after_s": 0.1}
    async with region(tmp_path, {**screening, "greeting": "Vem?", "accepts": accepts}) as here:
        line = here.ring()
        await here.caller.gets_answer()
        await wait.until(lambda: here.caller.keys or line.state == "ended", 20, what="the person's choice")
        assert here.caller.keys == ("1" if accepts else "")


async def test_who_is_given_the_word_says_their_report_and_gives_it_back(tmp_path: Path) -> None:
    async with region(tmp_path, answers(says="")) as here:
        line = here.ring()
        await wait.until(lambda: here.caller.keys == "1", 5, what="the first key")
        line.stream.say(encode_alaw(WORD), lambda at_s: None)
        await wait.until(lambda: here.caller.keys == "1*5", 30, what="the word is given back")
        assert np.abs(heard(tmp_path, line)).max() > 3000, "nothing was said"


async def test_who_wants_the_word_asks_for_it_when_a_speaking_order_begins(tmp_path: Path) -> None:
    async with region(tmp_path, answers(asks_after_s=0.1)) as here:
        line = here.ring()
        await wait.until(lambda: here.caller.keys == "1", 5, what="the first key")
        line.stream.say(encode_alaw(ORDER), lambda at_s: None)
        await wait.until(lambda: here.caller.keys == "1*5", 10, what="the word is asked for")


async def test_a_meeting_is_put_on_hold_with_music_and_taken_back(tmp_path: Path) -> None:
    async with region(tmp_path, answers(holds_after_s=0.3, hold_s=1.0)) as here:
        line = here.ring()
        held = await here.caller.sees(lambda one: one.method == "INVITE" and "a=sendonly" in one.body)
        await here.caller.sees(lambda one: one.start.startswith("INVITE") and "a=sendrecv" in one.body)
        assert held.start.startswith("INVITE")
        assert line.state == "up"
        sound = heard(tmp_path, line)
        assert tone_at(sound, 392.0) or tone_at(sound, 330.0), "no music"


@pytest.mark.parametrize(("suppresses", "least", "most"), [(True, 0, 12), (False, 30, 80)])
async def test_silence_is_sent_or_suppressed(tmp_path: Path, suppresses: bool, least: int, most: int) -> None:
    async with region(tmp_path, answers(key="", suppresses_silence=suppresses)) as here:
        here.ring()
        await here.caller.gets_answer()
        line = await wait.until(here.exchange.lines, 5, what="a call")
        await wait.until(lambda: line[0].state == "up", 5, what="the call is up")
        before = line[0].sound.sent
        await asyncio.sleep(1.0)
        assert least <= line[0].sound.sent - before <= most


def test_a_telephone_that_suppresses_silence_says_now_and_then_that_it_is_still_there() -> None:
    """Else the other end takes its line for lost."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far_end:
        far_end.bind((HOST, 0))
        far_end.settimeout(1)
        sound = Sound(Ports(HOST).opens(), Ear(Language({})))
        sound.peer, sound.suppresses_silence = far_end.getsockname(), True
        for _ in range(2 * COMFORT_FRAMES + 1):
            sound.tick()
        sound.socket.close()
        assert sound.sent == 3
        assert [far_end.recv(200)[1] for _ in range(3)] == [COMFORT_NOISE] * 3


async def test_a_telephone_dials_in_and_keys(tmp_path: Path) -> None:
    async with region(tmp_path) as here:
        here.caller.numbers.add("+4685555555")
        await here.client.call(NUMBER, "+4685555555")
        await wait.until(lambda: here.caller.lines, 5, what="a call comes in")
        line = next(iter(here.caller.lines.values()))
        line.respond(200)
        await here.client.wait_for("call", telephone=NUMBER, state="up")
        await here.client.keys(NUMBER, "12345678#")
        await wait.until(lambda: here.caller.keys == "12345678#", 10, what="the code")
        await here.client.hang_up(NUMBER)
        await wait.until(lambda: line.state == "ended", 5, what="it hangs up")


async def test_a_telephone_of_ones_own_at_the_trunks_usual_address_goes_before(tmp_path: Path) -> None:
    own = Caller(tmp_path / "own")
    await own.start(0)
    own.numbers.add(NUMBER)
    try:
        async with region(tmp_path, answers(), own=(HOST, own.port)) as here:
            line = here.ring()
            await wait.until(lambda: own.lines, 5, what="the own telephone rings")
            mine = next(iter(own.lines.values()))
            assert mine.invite.start == f"INVITE sip:{NUMBER}@{HOST}:{own.port} SIP/2.0"
            mine.respond(200)
            await wait.until(lambda: line.state == "up", 5, what="the call is up")
            line.hang_up()
            await wait.until(lambda: mine.state == "ended", 5, what="it is hung up")
            here.ring(OTHER)
            await here.caller.sees(lambda one: one.status == 404)
    finally:
        await own.stop()


async def test_when_nobody_is_at_the_trunks_usual_address_the_simulated_ones_answer(tmp_path: Path) -> None:
    async with region(tmp_path, answers(), own=(HOST, free_port(socket.SOCK_DGRAM))) as here:
        here.ring()
        assert (await here.caller.gets_answer()).status == 200


async def test_a_telephone_that_registers_takes_its_own_numbers_calls_until_it_is_gone(tmp_path: Path) -> None:
    own = Caller(tmp_path / "own")
    await own.start(0)
    own.numbers.add(NUMBER)
    try:
        async with region(tmp_path, answers(), answers(number=OTHER)) as here:
            register(own, here.exchange.port, expires=60)
            assert (await own.sees(lambda one: one.method == "REGISTER")).status == 200
            here.ring()
            await wait.until(lambda: own.lines, 5, what="the own telephone rings")
            here.ring(OTHER)
            assert (await here.caller.gets_answer()).status == 200
            own.messages.clear()
            register(own, here.exchange.port, expires=0)
            await own.sees(lambda one: one.method == "REGISTER")
            here.caller.messages.clear()
            here.ring()
            assert (await here.caller.gets_answer()).status == 200
            assert len(own.lines) == 1
    finally:
        await own.stop()


async def test_what_cannot_be_done_is_refused_in_words(tmp_path: Path) -> None:
    async with region(tmp_path, answers()) as here:
        with pytest.raises(SimulatorError, match=r"telephone_no_call\(number=\+46846500400\)"):
            await here.client.hang_up(NUMBER)
        with pytest.raises(SimulatorError, match="manner"):
            await here.client.set({"number": NUMBER, "manner": "sings"})
        with pytest.raises(SimulatorError, match="telephones_speed"):
            await here.client.speed(0)
        assert (await here.client.state())[NUMBER]["state"] == "idle"


async def test_another_manner_holds_until_the_telephones_are_reset(tmp_path: Path) -> None:
    async with region(tmp_path, answers()) as here:
        await here.client.set({"number": NUMBER, "manner": "busy", "after_s": 0.0})
        here.ring()
        assert (await here.caller.gets_answer()).status == 486
        await here.client.reset()
        here.caller.messages.clear()
        here.ring()
        assert (await here.caller.gets_answer()).status == 200


def register(own: Caller, port: int, expires: int) -> None:
    request = Message(
        f"REGISTER sip:{HOST}:{port} SIP/2.0",
        [
            ("via", f"SIP/2.0/UDP {HOST}:{own.port};rport;branch=z9hG4bKreg{expires}"),
            ("from", f"<sip:{NUMBER}@{HOST}>;tag=r"),
            ("to", f"<sip:{NUMBER}@{HOST}>"),
            ("call-id", f"register-{expires}"),
            ("cseq", "1 REGISTER"),
            ("contact", f"<sip:{NUMBER}@{HOST}:{own.port}>"),
            ("expires", str(expires)),
        ],
    )
    own.send(request, (HOST, port))


def heard(folder: Path, line: Line) -> Any:
    """What the caller heard of a call: int16 at 8 kHz."""
    return np.frombuffer((folder / f"{line.number}.s16").read_bytes(), "<i2")


def tone_at(sound: Any, hz: float) -> bool:
    """Whether some tenth of a second of it is mostly this tone."""
    for at in range(0, len(sound) - 800, 400):
        piece = sound[at : at + 800].astype(np.float64)
        if np.abs(piece).max() < 300:
            continue
        lines = np.abs(np.fft.rfft(piece * np.hanning(800)))
        if lines[round(hz / 10) - 1 : round(hz / 10) + 2].max() > 0.5 * lines.max():
            return True
    return False
