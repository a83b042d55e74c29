"""The radio: delay both ways, speech lost at starts, cuts and denials, the minute, and what a patch costs."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.audio.frame import RATE_HZ
from hardware.simulator.client import SimulatorClient
from tests.bench.figures import Figure, Scale, cpu_s, percentile
from tests.bench.peers import APPLICATION, answering_application, bare_asterisk
from tests.demo.radio import Spoken, says_on_the_air
from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.losses import Losses, losses, phrase
from tests.harness.phones import Phone, Phones
from tests.harness.radio import SimulatedRadio
from tests.harness.world import Meeting, World, samband_world

PHRASE_S: Final = (0.8, 2.5)
SHORT_CUT: Final = "[radio]\nwarn_s = 1\ncut_s = 2\npause_s = 0.5\n"
FULL_MINUTES_S: Final = 600


@asynccontextmanager
async def _patched(folder: Path, *, tables: str = "", groups: int = 1) -> AsyncIterator["_Set"]:
    folder.mkdir(parents=True, exist_ok=True)
    names = tuple(f"rakel-{number}" for number in range(1, groups + 1))
    async with samband_world(folder, radio=True, tables=tables, terminals=names) as world:
        if world.radio is None:
            raise RuntimeError("there is no radio network")
        made = []
        for number in range(groups):
            gssi = 2001 + number
            if number >= 2:
                await world.radio.client.add_talkgroup(gssi, f"RAPS-{number + 1}")
            made.append(await _meeting(world, gssi))
        yield _Set(world, world.radio, made)


class _Set:
    """A running product with its meetings, each with a talker, a listener and a talkgroup of its own."""

    def __init__(self, world: World, radio: SimulatedRadio, meetings: list[tuple[Meeting, Phone, Phone]]) -> None:
        self.world, self.radio, self.meetings = world, radio, meetings

    @property
    def client(self) -> SimulatorClient:
        return self.radio.client

    @property
    def talker(self) -> Phone:
        return self.meetings[0][1]

    @property
    def listener(self) -> Phone:
        return self.meetings[0][2]

    def worker_pid(self) -> int:
        """The media worker, a child of the controller."""
        children = Path(f"/proc/{self.world.controller.pid}/task").glob("*/children")
        pids = [int(pid) for one in children for pid in one.read_text().split()]
        return next(pid for pid in pids if b"bridge.media" in Path(f"/proc/{pid}/cmdline").read_bytes())


async def _meeting(world: World, gssi: int) -> tuple[Meeting, Phone, Phone]:
    meeting = await world.opens_conference(f"Bench {gssi}", recorded=False)
    (await world.api.post("talkgroups", json={"gssi": gssi, "name": f"RAPS {gssi}"})).raise_for_status()
    talker, listener = await world.phones.new("A"), await world.phones.instrument("B")
    await world.joins(talker, meeting)
    await world.joins(listener, meeting)
    (await world.api.post(f"conferences/{meeting.id}/patches", json={"gssi": gssi})).raise_for_status()

    async def on_line() -> bool:
        return bool((await meeting.view())["patches"][0]["state"] == "idle")

    await wait.until(on_line, 20, every_s=0.2, what=f"the patch on {gssi} is on line")
    return meeting, talker, listener


async def both_ways(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Delays and lost speech in phrases of random length, some of them denied at first, some cut."""
    async with _patched(folder / "plain") as stand:
        plain = await _phrases(stand, scale.of(60, 4), denied=False)
        denied = await _phrases(stand, scale.of(20, 2), denied=True, first=1000)
        heard = await _users(stand, scale.of(30, 4))
    async with _patched(folder / "cut", tables=SHORT_CUT) as stand:
        cut = await _phrases(stand, scale.of(20, 2), denied=False, first=2000, lasting=(4.5, 7.0))
    echo = await _bare_leg(folder / "peer", scale.of(30, 4))
    delays = [1000 * spoken.beyond_grant_s for spoken, _ in plain]
    air = [1000 * from_air for from_air, _ in heard]
    cos = [1000 * from_cos for _, from_cos in heard]
    peer = percentile(echo, 95)
    bare = "bare RTP leg in a mixed room"
    how = "first sample said → first sample on the air, less the time from the demand on the serial line to its +CTXG"
    return (
        Figure("phone speech → on the air beyond the grant, p95", percentile(delays, 95), "ms", 60, peer_name=bare,
               peer=peer, samples=len(delays), how=how, raw={"ours_ms": delays, "peer_ms": echo}),
        _lost("speech lost at the start of transmissions, most", [one.start_ms for _, one in plain]),
        _lost("speech lost in and at the end of transmissions, most", [one.inside_ms + one.end_ms for _, one in plain]),
        _lost("speech lost after denial and retry, most", [one.all_ms for _, one in denied]),
        _lost("speech lost across cuts, most", [one.all_ms for _, one in cut]),
        Figure("air → phone, p95", percentile(air, 95), "ms", 60, peer_name=bare, peer=peer, samples=len(air),
               how="first sample on the air → at the telephone", raw={"ours_ms": air}),
        Figure("COS → phones hear, p95", percentile(cos, 95), "ms", 80, samples=len(cos),
               how="+CTXG of another talker on the serial line → at the telephone", raw={"ours_ms": cos}),
    )  # fmt: skip


def _lost(name: str, lost_ms: list[float]) -> Figure:
    return Figure(name, max(lost_ms), "ms", 0, samples=len(lost_ms), raw={"ms": lost_ms})


async def _phrases(
    stand: _Set, count: int, *, denied: bool, first: int = 0, lasting: tuple[float, float] = PHRASE_S
) -> list[tuple[Spoken, Losses]]:
    chance = np.random.default_rng(first)
    found = []
    for number in range(first, first + count):
        if denied:
            await stand.radio.set(behaviour="not_granted", behaviour_times=1)
        said = phrase(number, float(chance.uniform(*lasting)))
        spoken = await says_on_the_air(stand.talker, stand.client, said, stand.radio.gssi, stand.radio.terminal.name)
        found.append((spoken, losses(said, spoken.sound)))
        await asyncio.sleep(float(chance.uniform(0.3, 0.8)))
    return found


async def _users(stand: _Set, count: int) -> list[tuple[float, float]]:
    """Seconds from the air, and from the carrier's sign on the serial line, to the listener's ear."""
    found = []
    user = stand.radio.user("Ledning")
    for number in range(count):
        own, began_s = voice(40 + number % 40), time.monotonic()
        await user.presses_ptt(saying=np.asarray(own.lasting(1.5) * 32767, np.int16))
        heard = await stand.listener.hears(own, within_s=5, since_s=began_s)
        sent = (await stand.radio.on_air())[-1]
        lines = await stand.radio.terminal.transcript()
        cos_s = next(
            at for at, way, text in lines if at >= began_s and way == "from_terminal" and text.startswith("+CTXG")
        )
        found.append((heard.begins_s - (sent.first_sample_s or sent.start_s), heard.begins_s - cos_s))
        await asyncio.sleep(2.0)
    return found


async def _bare_leg(folder: Path, count: int) -> list[float]:
    """Milliseconds from a telephone to an RTP socket through a mixed room and nothing else."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(bare_asterisk(folder))
        app = await stack.enter_async_context(answering_application(world))
        phones = await stack.enter_async_context(Phones(folder / "phones", world.sip_port))
        talker, other = await phones.instrument("A"), await phones.instrument("B")
        await talker.calls(APPLICATION)
        await other.calls(APPLICATION)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as leg:
            leg.bind(("127.0.0.1", 0))
            leg.setblocking(False)
            await _external(app, leg.getsockname()[1])
            return [await _first_sound(talker, leg) for _ in range(count)]


async def _external(app: Any, port: int) -> None:
    made = await app.do("POST", "channels/externalMedia", app="bench", external_host=f"127.0.0.1:{port}", format="slin")
    await asyncio.sleep(0.2)
    await app.do("POST", "bridges/bench-mix/addChannel", channel=made["id"])
    await asyncio.sleep(0.5)


async def _first_sound(talker: Phone, leg: socket.socket) -> float:
    with contextlib.suppress(BlockingIOError):
        while True:
            leg.recv(2048)
    arrived: list[float] = []

    async def listens() -> None:
        loop = asyncio.get_running_loop()
        while not arrived:
            packet = await loop.sock_recv(leg, 2048)
            if np.abs(np.frombuffer(packet[12:], ">i2").astype(np.int32)).max(initial=0) > 500:
                arrived.append(time.monotonic())

    listening = asyncio.create_task(listens())
    said_s = await talker.says(talker.voice, for_s=0.5)
    await asyncio.wait_for(listening, 5)
    await asyncio.sleep(1)
    return 1000 * (arrived[0] - said_s)


async def minute(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Unbroken speech by the real clock, and what the patch costs meanwhile."""
    seconds = scale.of(FULL_MINUTES_S, 70)
    async with _patched(folder) as stand:
        said = phrase(7, seconds)
        worker = stand.worker_pid()
        before, began_s = cpu_s(worker), time.monotonic()
        spoken = await says_on_the_air(stand.talker, stand.client, said, stand.radio.gssi, stand.radio.terminal.name)
        percent = 100 * (cpu_s(worker) - before) / (time.monotonic() - began_s)
        found = losses(said, spoken.sound)
        lasted = [(one.end_s or 0) - one.start_s for one in spoken.transmissions]
    what = f"{seconds} s of continuous speech"
    return (
        Figure(f"longest transmission in {what}", max(lasted), "s", 60, samples=len(lasted), raw={"s": lasted}),
        Figure(f"speech lost in {what}", found.all_ms, "ms", 0, samples=len(lasted)),
        Figure("CPU of the media worker, one patch sending", percent, "% of a core", 5, samples=seconds),
    )


async def patches(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Eight talkgroups at once, all sending: every 20 ms frame passes, and nothing is lost."""
    count, seconds = scale.of(8, 2), scale.of(30, 6)
    async with _patched(folder, groups=count) as stand:
        said = [phrase(100 + number, seconds) for number in range(count)]
        sending = (
            says_on_the_air(talker, stand.client, said[number], 2001 + number, f"rakel-{number + 1}")
            for number, (_, talker, _) in enumerate(stand.meetings)
        )
        worker = stand.worker_pid()
        before, began_s = cpu_s(worker), time.monotonic()
        spoken = await asyncio.gather(*sending)
        percent = 100 * (cpu_s(worker) - before) / (time.monotonic() - began_s)
        lost = [losses(one, heard.sound).all_ms for one, heard in zip(said, spoken, strict=True)]
        # A late frame is a hole on the air: then a transmission lasts longer than what was sent in it.
        holes = [1000 * max(0.0, (one.end_s or 0) - (one.first_sample_s or 0) - one.samples / RATE_HZ - 0.1)
                 for heard in spoken for one in heard.transmissions]  # fmt: skip
    return (
        Figure(f"speech lost, {count} patches sending at once", sum(lost), "ms", 0, samples=count, raw={"ms": lost}),
        Figure(f"holes on the air by late frames, {count} patches", sum(holes), "ms", 0, samples=count),
        Figure(f"CPU of the media worker, {count} patches sending", percent, "% of a core", 5.0 * count),
    )
