"""The radio rows' common ground: a product with talkgroups patched into meetings, and what its users do there."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bridge.audio.frame import RATE_HZ, Samples
from hardware.simulator.client import OnAir
from tests.bench.tap import Tap
from tests.bench.tap import tapped as tap_before
from tests.harness import wait
from tests.harness.phones import Phone, Phones
from tests.harness.radio import RadioTerminal, SimulatedRadio, simulated_radio
from tests.harness.world import Meeting, World, samband_world

FIRST_GSSI: Final = 2001
ON_LINE_S: Final = 30.0
NEVER_S: Final = 10.0
"""Speech of which nothing is on the air so long after its end will not come any more."""
AT_REST_S: Final = 0.6
DEMANDS: Final = ("ATD", "AT+CTXD")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of one thing said by a telephone.

    Attributes:
        said_at_s: When its first sample left the telephone (CLOCK_MONOTONIC).
        sound: On the air, transmission after transmission.
        heard: In the meantime, at another telephone of the meeting; empty where there is none.
        talker_late_ms: How late the talker's own packets left at most: what a telephone that stood still lost is not
            the program's.
        grant_s: From the first demand on the serial line to the answer that let us transmit.
    """

    said_at_s: float
    sound: Samples
    heard: Samples
    transmissions: tuple[OnAir, ...]
    grant_s: float
    denials: int
    talker_late_ms: float

    @property
    def first_sample_s(self) -> float:
        first = self.transmissions[0]
        return first.first_sample_s or first.start_s


class Line:
    """A meeting with its talkgroup: somebody who talks, and perhaps somebody who listens."""

    def __init__(
        self,
        world: World,
        radio: SimulatedRadio,
        meeting: Meeting,
        gssi: int,
        terminal: RadioTerminal,
        talker: Phone,
        listener: Phone | None,
    ) -> None:
        self.world, self.radio, self.meeting, self.gssi = world, radio, meeting, gssi
        self.talker, self.listener = talker, listener
        self.terminal = terminal

    async def patches(self) -> None:
        """Patch the talkgroup in, unannounced, and wait until it is free to talk in."""
        url = f"conferences/{self.meeting.id}/patches"
        body = {"gssi": self.gssi, "terminal": self.terminal.name, "notice": False}
        made = await self.world.api.post(url, json=body)
        if made.is_error:
            raise RuntimeError(f"{url} gave {made.status_code}: {made.text}")
        await wait.until(self.is_free, ON_LINE_S, every_s=0.2, what=f"the patch on {self.gssi} is on line")

    async def says(self, said: Samples) -> Spoken:
        """Say it and wait until all is over: everything sent that will be, and the talkgroup free.

        Raises:
            Waited: It never comes to rest.
        """
        before = len(await self.radio.on_air(self.gssi))
        said_at_s = await self.talker.says(said.astype(np.float32) / np.float32(32767))
        await self._over(before, said_at_s + said.size / RATE_HZ)
        return await self._spoken(before, said_at_s)

    async def _over(self, before: int, last_said_s: float) -> None:
        await asyncio.sleep(max(0.0, last_said_s - time.monotonic()))
        rest_since_s = 0.0

        async def over() -> bool:
            nonlocal rest_since_s
            now_s, air = time.monotonic(), (await self.radio.on_air(self.gssi))[before:]
            sent = bool(air) or now_s - last_said_s > NEVER_S
            if not (sent and all(one.end_s is not None for one in air) and await self.is_free()):
                rest_since_s = 0.0
                return False
            rest_since_s = rest_since_s or now_s
            return now_s - rest_since_s > AT_REST_S

        seen = self.talker.voice.name
        await wait.until(over, 150, every_s=0.2, what=f"the talkgroup {self.gssi} comes to rest", seen=lambda: seen)

    async def is_free(self) -> bool:
        patch = (await self.meeting.view())["patches"][0]
        return bool(patch["state"] == "idle" and not patch["voice_held"])

    async def _spoken(self, before: int, said_at_s: float) -> Spoken:
        air = (await self.radio.on_air(self.gssi))[before:]
        pieces = [await self.radio.client.transmission_audio(self.gssi, before + at) for at in range(len(air))]
        heard = np.zeros(0, np.int16)
        if self.listener is not None:
            heard = np.asarray(self.listener.heard().between(said_at_s) * 32767, np.int16)
        grant_s, denials = granted([line for line in await self.terminal.transcript() if line[0] >= said_at_s])
        sound = np.concatenate([np.zeros(0, np.int16), *pieces])
        late_ms = await self.talker.latest_ms(said_at_s)
        return Spoken(said_at_s, sound, heard, tuple(air), grant_s, denials, late_ms)


def granted(lines: list[tuple[float, str, str]]) -> tuple[float, int]:
    """Seconds from the first demand to its answer, and how many demands were turned down. It is 0 s when none was
    made."""
    asked_s = [at for at, way, text in lines if way == "to_terminal" and text.startswith(DEMANDS)]
    answers = [(at, text) for at, way, text in lines if way == "from_terminal" and text.startswith("+CTXG")]
    denials = sum(_grant(text) not in (GRANTED, TO_ANOTHER) for _, text in answers)
    first_s = next((at for at, text in answers if asked_s and at > asked_s[0] and _grant(text) == GRANTED), None)
    return (first_s - asked_s[0] if first_s is not None else 0.0), denials


GRANTED: Final = 0
TO_ANOTHER: Final = 3


def _grant(text: str) -> int:
    """`+CTXG: <CCinst>,<TxGrant>,…`"""
    return int(text.split(",")[1])


class Stand:
    """The product with its lines."""

    def __init__(self, world: World, radio: SimulatedRadio, tap: Tap | None) -> None:
        self.world, self.radio, self.tap = world, radio, tap
        self.lines: list[Line] = []

    def worker_pid(self) -> int:
        """The media worker, a child of the controller."""
        children = Path(f"/proc/{self.world.controller.pid}/task").glob("*/children")
        pids = [int(pid) for one in children for pid in one.read_text().split()]
        return next(pid for pid in pids if b"bridge.media" in Path(f"/proc/{pid}/cmdline").read_bytes())

    async def levels(self, terminal: str) -> dict[str, float]:
        """What the terminal's audio path tells of itself (`bridge.media.protocol.PathStats`)."""
        answer = await self.world.api.get(f"terminals/{terminal}/levels")
        answer.raise_for_status()
        figures: dict[str, float] = answer.json()["figures"]
        return figures

    async def _line(self, number: int, *, listens: bool) -> Line:
        gssi = FIRST_GSSI + number
        meeting = await self.world.opens_conference(f"Bench {gssi}", recorded=False)
        made = await self.world.api.post("talkgroups", json={"gssi": gssi, "name": f"RAPS-{number + 1}"})
        if made.status_code not in (201, 409):
            raise RuntimeError(f"talkgroups gave {made.status_code}: {made.text}")
        phones: Phones = self.world.phones
        talker = await phones.instrument(f"A{number}")
        await self.world.joins(talker, meeting)
        listener = await phones.instrument(f"B{number}") if listens else None
        if listener is not None:
            await self.world.joins(listener, meeting)
        terminal = list(self.radio.terminals.values())[number]
        return Line(self.world, self.radio, meeting, gssi, terminal, talker, listener)


@asynccontextmanager
async def stand(
    folder: Path,
    *,
    groups: int = 1,
    tables: str = "",
    listens: bool = True,
    patched: bool = True,
    tapped: bool = False,
) -> AsyncIterator[Stand]:
    """The product with so many meetings, each with a talkgroup and a terminal of its own.

    Args:
        listens: With a second telephone in each meeting.
        tapped: With a tap between the product and the terminals' audio.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"rakel-{number}" for number in range(1, groups + 1)]
    talkgroups = {f"RAPS-{number + 1}": FIRST_GSSI + number for number in range(max(2, groups))}
    async with AsyncExitStack() as stack:
        radio = await stack.enter_async_context(simulated_radio(folder, terminals=names, talkgroups=talkgroups))
        terminals = list(radio.terminals.values())
        tap = await stack.enter_async_context(tap_before(list(map(audio_address, terminals)))) if tapped else None
        audio = [f"audiosocket://127.0.0.1:{port}" for port in tap.ports] if tap else [one.audio for one in terminals]
        tables = "\n".join([tables, *map(_table, terminals, audio)])
        world = await stack.enter_async_context(samband_world(folder, tables=tables))
        made = Stand(world, radio, tap)
        made.lines = [await made._line(number, listens=listens) for number in range(groups)]
        if patched:
            await asyncio.gather(*(line.patches() for line in made.lines))
        yield made


def _table(terminal: RadioTerminal, audio: str) -> str:
    return f'[[terminal]]\nname = "{terminal.name}"\nserial = "{terminal.serial}"\naudio = "{audio}"'


def audio_address(terminal: RadioTerminal) -> str:
    """HOST:PORT"""
    return terminal.audio.removeprefix("audiosocket://")
