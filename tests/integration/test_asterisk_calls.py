"""What callers, strangers and trunks get from the real Asterisk and our dialplan, with no controller or a bare one."""

import asyncio
import base64
import csv
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.ari.settings import TrunkSettings
from bridge.domain.telephony.numbers import dialled_forms
from tests.harness import wait
from tests.harness.asterisk import AsteriskWorld, running_asterisk
from tests.harness.audio import Signal, sound_file
from tests.harness.phones import Phones
from tests.harness.ports import free_port

pytestmark = pytest.mark.integration

NUMBER = "085555555"


def invite(number: str, sip_port: int, own: tuple[str, int], tag: str) -> bytes:
    """A plain INVITE without a call's audio behind it (RFC 3261 §13)."""
    body = (
        f"v=0\r\no=- 1 1 IN IP4 {own[0]}\r\ns=-\r\nc=IN IP4 {own[0]}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
    ).encode()
    head = (
        f"INVITE sip:{number}@127.0.0.1:{sip_port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {own[0]}:{own[1]};branch=z9hG4bK{tag}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:0701740605@{own[0]}>;tag={tag}\r\nTo: <sip:{number}@127.0.0.1:{sip_port}>\r\n"
        f"Call-ID: {tag}@{own[0]}\r\nCSeq: 1 INVITE\r\nContact: <sip:0701740605@{own[0]}:{own[1]}>\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def final_status(host: str, number: str, sip_port: int, tag: str) -> int:
    """What an INVITE from this address is answered with in the end; 0 when with nothing within two seconds."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        stranger.bind((host, 0))
        await loop.sock_sendto(stranger, invite(number, sip_port, stranger.getsockname(), tag), ("127.0.0.1", sip_port))
        try:
            async with asyncio.timeout(2):
                while True:
                    status = int((await loop.sock_recv(stranger, 65535)).split()[1])
                    if status >= 200:
                        return status
        except TimeoutError:
            return 0


def basic(user: str, password: str) -> dict[str, str]:
    """The header that logs in."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def prompt(world: AsteriskWorld, language: str, name: str) -> Signal:
    """A prompt as it is recognised: without its last moments, since nothing comes after it on an idle line."""
    whole = sound_file(world.dirs.sounds / language / "samband" / f"{name}.wav")
    return Signal(name, whole.phrase[480:-480], repeats=False)


class Controller:
    """The barest controller: takes the application and keeps its events."""

    def __init__(self, world: AsteriskWorld, session: aiohttp.ClientSession) -> None:
        self._world = world
        self._session = session
        self.events: list[dict[str, Any]] = []

    async def request(self, method: str, path: str, **params: str) -> Any:
        async with self._session.request(method, f"{self._world.ari_url}/{path}", params=params) as reply:
            assert reply.status < 300, await reply.text()
            return await reply.json() if reply.content_type == "application/json" else None

    async def state_of(self, endpoint: str, state: str) -> bool:
        return bool((await self.request("GET", f"endpoints/PJSIP/{endpoint}"))["state"] == state)

    async def started(self, kind: str) -> dict[str, Any]:
        """The channel that came to the application with this first argument; its arguments are in `args`."""

        def found() -> dict[str, Any] | None:
            for event in self.events:
                if event["type"] == "StasisStart" and event["args"][:1] == [kind]:
                    return {**event["channel"], "args": event["args"]}
            return None

        channel = await wait.until(found, 10, what=f"a channel with {kind}", seen=lambda: self.events)
        assert channel is not None
        return channel


@asynccontextmanager
async def controlled(world: AsteriskWorld, *, of_all: bool = False) -> AsyncIterator[Controller]:
    """A controller that hears of its own channels, or `of_all`."""
    subscribed = {"subscribeAll": "true"} if of_all else {}
    async with (
        aiohttp.ClientSession(headers=basic(*world.ari_login)) as session,
        session.ws_connect(f"{world.ari_url}/events", params={"app": "samband", **subscribed}) as events,
    ):
        controller = Controller(world, session)

        async def listen() -> None:
            async for message in events:
                controller.events.append(json.loads(message.data))

        listening = asyncio.create_task(listen())
        try:
            yield controller
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def ami(world: AsteriskWorld, *actions: dict[str, str]) -> str:
    """Log in, do these, and give everything the manager interface said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.settings.ami_port)
    login = {"Action": "Login", "Username": world.secrets.ami_user, "Secret": world.secrets.ami_password}
    for action in (login, *actions, {"Action": "Logoff"}):
        writer.write("".join(f"{key}: {value}\r\n" for key, value in action.items()).encode() + b"\r\n")
    await writer.drain()
    async with asyncio.timeout(10):
        said = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return said


async def test_a_caller_from_an_address_that_is_no_trunk_is_refused_and_never_answered(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world, controlled(world) as controller:
        assert await final_status("127.0.0.3", NUMBER, world.sip_port, "stranger1") in (401, 403, 404)
        assert await controller.request("GET", "channels") == []
        assert controller.events == []


async def test_a_number_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world, controlled(world) as controller:
        for tag, number in enumerate(("0740700000", f"{NUMBER}1", "s", "mix-1", "samband-emergency")):
            assert await final_status("127.0.0.1", number, world.sip_port, f"unknown{tag}") == 404
        assert controller.events == []


async def test_a_network_of_the_trunk_is_let_in(tmp_path: Path) -> None:
    trunk = TrunkSettings(dial="127.0.0.1:5080", accept_from=("127.0.1.0/24",))
    async with running_asterisk(tmp_path, trunks=[trunk]) as world:
        assert await final_status("127.0.1.77", "0740700000", world.sip_port, "inside") == 404
        assert await final_status("127.0.2.77", "0740700000", world.sip_port, "outside") == 401


async def test_ari_asks_for_the_password(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world, aiohttp.ClientSession() as session:
        statuses = []
        for login in (world.ari_login, (world.ari_login[0], "wrong")):
            async with session.get(f"{world.ari_url}/asterisk/ping", headers=basic(*login)) as reply:
                statuses.append(reply.status)
        assert statuses == [200, 401]


async def test_each_way_to_write_our_number_reaches_the_controller_with_its_trunk(tmp_path: Path) -> None:
    trunk = TrunkSettings(dial="127.0.0.1:5080", name="operator-a")
    async with running_asterisk(tmp_path, trunks=[trunk]) as world, controlled(world) as controller:
        for tag, form in enumerate(dialled_forms("+4685555555")):
            assert await final_status("127.0.0.1", form, world.sip_port, f"form{tag}") == 0  # it waits for an answer
            assert (await controller.started("inbound"))["args"] == ["inbound", form, "operator-a"]
            controller.events.clear()


@pytest.mark.slow
async def test_callers_with_no_controller_wait_and_then_meet_in_the_emergency_room(tmp_path: Path) -> None:
    async with (
        running_asterisk(tmp_path / "asterisk") as world,
        Phones(tmp_path / "phones", world.sip_port) as phones,
    ):
        kommun_a, kommun_b = await phones.new("Kommun A"), await phones.new("Kommun B")
        await asyncio.gather(kommun_a.calls(NUMBER), kommun_b.calls(NUMBER))
        since_s = kommun_a.answered_at_s
        await kommun_a.hears(prompt(world, "sv", "emergency/wait"), 10, since_s=since_s)
        await kommun_a.hears(prompt(world, "sv", "emergency/room"), 40, since_s=since_s)
        for phone in (kommun_a, kommun_b):
            await phone.keys(world.secrets.emergency_code + "#")
        await kommun_a.talks()
        await kommun_b.hears(kommun_a.voice, 10)
        logs = [path.read_text() for path in world.dirs.log.rglob("*") if path.is_file()]
        assert not [text for text in logs if world.secrets.emergency_code in text]

        async with controlled(world) as controller:
            caller = (await controller.request("GET", "channels"))[0]
            said = await ami(
                world,
                {
                    "Action": "Redirect",
                    "Channel": caller["name"],
                    "Context": "samband-rescue",
                    "Exten": "s",
                    "Priority": "1",
                },
            )
            assert "Redirect successful" in said
            assert (await controller.started("rescued"))["args"] == ["rescued", NUMBER, "main"]


async def test_a_controller_that_comes_back_within_seconds_gets_the_caller(tmp_path: Path) -> None:
    async with (
        running_asterisk(tmp_path / "asterisk") as world,
        Phones(tmp_path / "phones", world.sip_port) as phones,
    ):
        kommun_a = await phones.new("Kommun A")
        await kommun_a.calls(NUMBER)
        async with controlled(world) as controller:
            channel = await controller.started("inbound")
            assert channel["state"] == "Up"
            assert kommun_a.state == "up"


@pytest.mark.slow
async def test_a_wrong_emergency_code_lets_nobody_in_and_the_right_one_does(tmp_path: Path) -> None:
    async with (
        running_asterisk(tmp_path / "asterisk") as world,
        Phones(tmp_path / "phones", world.sip_port) as phones,
    ):
        guesser, knower = await phones.new("Kommun A"), await phones.new("Kommun B")
        room = prompt(world, "sv", "emergency/room")
        await asyncio.gather(*(phone.calls(NUMBER) for phone in (guesser, knower)))
        await asyncio.gather(*(phone.hears(room, 40, since_s=phone.answered_at_s) for phone in (guesser, knower)))
        seen: list[str] = []

        async def watch() -> None:
            while True:
                seen.append(await world.process.rx("confbridge list samband-emergency"))
                await asyncio.sleep(0.2)

        watching = asyncio.create_task(watch())
        for _ in range(3):
            await guesser.keys("00000000#")
        await knower.keys(world.secrets.emergency_code + "#")
        await wait.until(lambda: seen and knower.number in seen[-1], 10, what="who knows the code is in the room")
        await guesser.is_hung_up(within_s=30)
        watching.cancel()
        assert not [one for one in seen if guesser.number in one]


@pytest.mark.parametrize("language", ["sv", "en"])
async def test_a_prompt_is_heard_in_the_channels_language(tmp_path: Path, language: str) -> None:
    async with (
        running_asterisk(tmp_path / "asterisk", language=language) as world,
        Phones(tmp_path / "phones", world.sip_port) as phones,
        controlled(world) as controller,
    ):
        kommun_a = await phones.new("Kommun A")
        call = asyncio.create_task(kommun_a.calls(NUMBER))
        channel = await controller.started("inbound")
        await controller.request("POST", f"channels/{channel['id']}/answer")
        await call
        await controller.request("POST", f"channels/{channel['id']}/play/ply-1", media="sound:samband/entry/welcome")
        await kommun_a.hears(prompt(world, language, "entry/welcome"), 15, since_s=kommun_a.answered_at_s)


async def test_the_announcers_far_end_names_its_mix(tmp_path: Path) -> None:
    mix = "mix-01JD00000000000000000000ZZ"
    async with running_asterisk(tmp_path) as world, controlled(world) as controller:
        await controller.request(
            "POST", "channels", endpoint=f"Local/{mix}@samband-announcer/n", app="samband", appArgs="announcer-mouth"
        )
        assert (await controller.started("announcer"))["args"] == ["announcer", mix]
        await controller.started("announcer-mouth")


async def test_a_call_out_goes_to_the_trunk_even_if_it_answers_no_options(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setblocking(False)
        peer.bind(("127.0.0.1", 0))
        port = peer.getsockname()[1]
        trunk = TrunkSettings(name="operator-a", dial=f"127.0.0.1:{port}")
        async with running_asterisk(tmp_path, trunks=[trunk]) as world, controlled(world) as controller:
            await wait.until(lambda: controller.state_of("watch-operator-a", "offline"), 15)
            await controller.request(
                "POST",
                "channels",
                endpoint="PJSIP/+46701740605@trunk-operator-a",
                app="samband",
                appArgs="outbound",
                callerId="+4685555555",
            )
            async with asyncio.timeout(5):
                while not (request := await asyncio.get_running_loop().sock_recv(peer, 65535)).startswith(b"INVITE"):
                    pass
    text = request.decode()
    assert text.startswith(f"INVITE sip:+46701740605@127.0.0.1:{port} SIP/2.0")
    assert re.search(r"^From: .*<sip:\+4685555555@", text, re.MULTILINE)
    assert re.search(r"^User-Agent: Samband\r?$", text, re.MULTILINE)
    offered = re.search(r"^m=audio (\d+) RTP/AVP 8 0 (\d+)\r?$", text, re.MULTILINE)
    assert offered is not None
    assert f"a=rtpmap:{offered[2]} telephone-event/8000" in text
    assert world.settings.rtp_first_port <= int(offered[1]) <= world.settings.rtp_last_port


async def test_a_trunk_over_tcp_is_dialled_over_tcp(tmp_path: Path) -> None:
    lines: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            lines.append(line)
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    trunk = TrunkSettings(dial=f"127.0.0.1:{port}", transport="tcp")
    async with server, running_asterisk(tmp_path, trunks=[trunk]) as world, controlled(world) as controller:
        await controller.request("POST", "channels", endpoint="PJSIP/+46701740605@trunk-main", app="samband")
        await wait.until(lambda: any(line.startswith(b"INVITE sip:+46701740605@") for line in lines), 5)


async def test_an_ended_call_leaves_a_line_that_names_it(tmp_path: Path) -> None:
    leg = "leg-01JD00000000000000000000ZZ"
    trunk = TrunkSettings(dial=f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}")
    async with running_asterisk(tmp_path, trunks=[trunk]) as world, controlled(world) as controller:
        await controller.request(
            "POST", f"channels/{leg}", endpoint="PJSIP/+46701740605@trunk-main", app="samband", appArgs="outbound"
        )
        await controller.request("DELETE", f"channels/{leg}")

        def line() -> list[str] | None:
            rows = csv.reader(world.dirs.cdr.read_text().splitlines())
            return next((row for row in rows if row[16] == leg), None)

        row = await wait.until(line, 5, what="a line in the call data")
        assert row is not None
        assert row[14] in ("NO ANSWER", "FAILED")


async def test_an_operator_that_asks_for_a_password_gets_it(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("se;cret word\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as registrar:
        registrar.setblocking(False)
        registrar.bind(("127.0.0.1", 0))
        trunk = TrunkSettings(
            dial=f"127.0.0.1:{registrar.getsockname()[1]}",
            username="samband",
            password_file=password,
            register_at_operator=True,
        )
        async with running_asterisk(tmp_path / "state", trunks=[trunk]) as world:
            async with asyncio.timeout(10):
                while not (request := await asyncio.get_running_loop().sock_recv(registrar, 65535)).startswith(
                    b"REGISTER"
                ):
                    pass
            assert "To: <sip:samband@127.0.0.1>" in request.decode()
            assert "se;cret word" in await world.process.rx("pjsip show auth auth-main")
            said = await ami(world, {"Action": "PJSIPShowRegistrationsOutbound"})
            assert "Event: OutboundRegistrationDetail" in said


async def test_the_manager_user_can_neither_call_nor_command_nor_change_a_file(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world:
        said = await ami(
            world,
            {"Action": "Originate", "Channel": "Local/1@samband-in", "Application": "Hangup"},
            {"Action": "Command", "Command": "core show version"},
            {"Action": "UpdateConfig", "SrcFilename": "pjsip.conf", "DstFilename": "pjsip.conf"},
        )
        assert said.count("Message: Permission denied") == 3
