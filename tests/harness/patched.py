"""A meeting with a talkgroup in it, in its users' words: telephones on one side, radio users on the other.

async with patched_meeting(world, folder, "Kommun A", "Kommun B") as room:
    said = phrase(2.0)
    await room.phones["Kommun A"].says(said)
    await room.goes_on_air(said)
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.audio.frame import GRAIN_MS
from hardware.simulator.client import OnAir
from hardware.simulator.signals import Samples as Pcm
from tests.harness import sound_loss, wait
from tests.harness.audio import RATE_HZ, Samples, Signal
from tests.harness.phones import Phone, Phones
from tests.harness.radio import RadioTerminal, RadioUser, SimulatedRadio
from tests.harness.sound_loss import Compared
from tests.harness.sound_mix import without
from tests.harness.world import Meeting, World

REGISTER_S: Final = 15.0
FIRST_PHRASE: Final = 1000
TURNAROUND_MS: Final = 50.0
"""So long after our own transmission its echo could come; the terminal is not listened to (`media.turnaround_ms`). Of
somebody who takes the channel from us that much may be missing."""
"""Numbers of phrases from here on; no test's own are so high."""

_seeds = itertools.count(1)


def phrase(seconds: float, level: float = -20.0) -> Samples:
    """A phrase that never repeats itself and is like no other phrase, in syllables without a pause."""
    return sound_loss.phrase(FIRST_PHRASE + next(_seeds), seconds, level).astype(np.float32) / np.float32(32767)


LEAD_S: Final = 0.04


def int16(samples: Samples, gain: float = 1.0) -> Pcm:
    """As radio users say it."""
    return np.asarray(np.clip(samples * gain, -1, 1) * 32767, np.int16)


def compared(said: Samples, heard: Samples, among: Sequence[Samples] = ()) -> Compared:
    """What became of a phrase, to 5 ms, among other sounds that are known."""
    rest = int16(heard)
    for other in among:
        rest = without(rest, int16(other))
    return sound_loss.compare(int16(said), rest)


def is_whole(found: Compared) -> bool:
    """Every grain once, in its order; only the very first one may be told as lost.

    A phrase begins at full level out of nothing. The gates on its whole way shape that edge. For some phrases the first
    5 ms then match a little less than the measure asks for.
    """
    at_the_edge = sum(one.ms for one in found.lost if one.said_ms == 0)
    return found.whole or (at_the_edge == found.wrong_ms <= GRAIN_MS)


def lost_ms(said: Samples, heard: Samples) -> float:
    """How much of a phrase is not in its place in what was heard. Sound between its parts does not count."""
    return compared(said, heard).missing_ms


def is_absent(said: Samples, heard: Samples) -> bool:
    """Nothing of it is there."""
    return sound_loss.is_absent(int16(said), int16(heard))


async def hears_whole(
    phone: Phone, said: Samples, since_s: float, within_s: float = 8.0, among: Sequence[Samples] = ()
) -> None:
    """Wait until all of a phrase is in what this phone has heard since then, each grain of it once.

    Args:
        among: What it hears at the same time: others, or words that are whispered to it.
    """
    await wait.until(
        lambda: is_whole(compared(said, phone.heard().between(since_s), among)),
        within_s,
        every_s=0.3,
        what=f"{phone.name} hears all of it",
        seen=lambda: compared(said, phone.heard().between(since_s), among),
    )


async def hears_but_for(phone: Phone, said: Samples, most_ms: float, since_s: float, within_s: float = 8.0) -> None:
    """Wait until this phone has heard the phrase to its end, with no more than so much of it missing."""

    def so() -> bool:
        heard = phone.heard().between(since_s)
        return ends_whole(compared(said, heard)) and lost_ms(said, heard) <= most_ms

    def seen() -> object:
        return compared(said, phone.heard().between(since_s))

    await wait.until(so, within_s, every_s=0.3, what=f"{phone.name} hears all but {most_ms:g} ms", seen=seen)


def hears_nothing_of(phone: Phone, said: Samples, since_s: float) -> None:
    """In all that it has heard since then, and it has heard as long as that would take."""
    heard = phone.heard().between(since_s)
    assert len(heard) >= len(said), f"{phone!r} got no audio"
    assert is_absent(said, heard), f"{phone.name} heard what was not said to it"


class Room:
    """One meeting with its telephones and its talkgroup.

    Attributes:
        phones: By name; the first one is the host.
        patch: The patch's id.
        terminal: The simulated terminal that carries it.
    """

    def __init__(
        self,
        world: World,
        meeting: Meeting,
        phones: dict[str, Phone],
        patch: dict[str, Any],
        ids: dict[str, str],
    ) -> None:
        assert world.radio is not None
        self.world, self.meeting, self.phones = world, meeting, phones
        self.radio: SimulatedRadio = world.radio
        self.patch: str = patch["id"]
        self.gssi: int = patch["gssi"]
        self.voice: str = patch["participant"]
        self.terminal: RadioTerminal = self.radio.terminals[patch["terminal"]]
        self.ours = {self.terminal.issi}
        """Identities of all terminals that have carried it."""
        self.ids = ids

    def user(self, name: str) -> RadioUser:
        """At home in this talkgroup."""
        return self.radio.user(name, self.gssi)

    async def is_taken_over_by(self, terminal: str, within_s: float) -> None:
        """Another terminal carries the patch from now on, and is on the talkgroup."""
        last: dict[str, Any] = {}

        async def so() -> bool:
            nonlocal last
            last = await self.patch_now()
            return bool(last["terminal"] == terminal and last["state"] != "offline")

        await wait.until(so, within_s, every_s=0.05, what=f"{terminal} takes over", seen=lambda: last)
        self.terminal = self.radio.terminals[terminal]
        self.ours.add(self.terminal.issi)

    async def patch_now(self) -> dict[str, Any]:
        patches = (await self.meeting.view())["patches"]
        return next(one for one in patches if one["id"] == self.patch)

    async def patch_is(self, state: str, within_s: float = 10.0, **members: object) -> dict[str, Any]:
        """Wait until the patch is in a state, and its other members are as given."""
        last: dict[str, Any] = {}

        async def so() -> dict[str, Any]:
            nonlocal last
            last = await self.patch_now()
            wanted = {"state": state, **members}
            return last if all(last[name] == value for name, value in wanted.items()) else {}

        return await wait.until(so, within_s, every_s=0.03, what=f"the patch is {state} {members}", seen=lambda: last)

    async def is_quiet(self, within_s: float = 20.0) -> None:
        """Nobody is on the air, and nothing waits to go there, for half a second."""
        quiet_since_s, now = 0.0, dict[str, Any]()

        async def so() -> bool:
            nonlocal quiet_since_s, now
            now = await self.patch_now()
            if now["state"] != "idle" or now["voice_held"]:
                quiet_since_s = 0.0
                return False
            quiet_since_s = quiet_since_s or time.monotonic()
            return time.monotonic() - quiet_since_s > 0.5

        await wait.until(so, within_s, every_s=0.05, what=f"{self.gssi} is quiet", seen=lambda: now)

    async def begins_anew(self) -> None:
        """As fresh: phones silent, the network as delivered, everything that was on the air forgotten."""
        for phone in self.phones.values():
            await phone.stops_talking()
        await self.radio.set(behaviour="grant", when_busy="reject", grant_delay_ms=100.0, hang_time_s=5.0)
        await self.radio.set(late_ms=60.0, buffer_ms=None)
        await self.is_quiet()
        await self.radio.client.clear()

    # what is heard

    async def transmissions(self) -> list[tuple[int, OnAir]]:
        """Our terminals', each with its place among all of the talkgroup."""
        every = await self.radio.on_air(self.gssi)
        return [(place, one) for place, one in enumerate(every) if one.issi in self.ours]

    async def on_air(self) -> list[OnAir]:
        return [one for _, one in await self.transmissions()]

    async def aired(self) -> Samples:
        """All that our terminal has put on the air, transmission after transmission."""
        sound = [
            await self.radio.client.transmission_audio(self.gssi, place) for place, _ in await self.transmissions()
        ]
        return np.concatenate([np.zeros(0, np.float32), *(one.astype(np.float32) / 32768 for one in sound)])

    async def goes_on_air(
        self, said: Samples, by: str, since_s: float, within_s: float = 15.0, among: Sequence[Samples] = ()
    ) -> Samples:
        """Wait until a phrase is on the air from its first to its last grain, each once. Gives all that was aired.

        Args:
            among: What others say at the same time.

        Another telephone of the meeting is the witness: where one of the two misses something is told place by place.
        """
        witness = next(phone for name, phone in self.phones.items() if name != by)
        aired: Samples = np.zeros(0, np.float32)

        async def so() -> bool:
            nonlocal aired
            aired = await self.aired()
            return is_whole(compared(said, aired, among))

        def seen() -> str:
            on_air, beside = compared(said, aired, among), compared(said, witness.heard().between(since_s), among)
            return f"{len(aired) / RATE_HZ:.2f} s aired: {on_air}; {on_air.beside(beside)}"

        try:
            await wait.until(so, within_s, every_s=0.3, what="the whole phrase is on the air", seen=seen)
        except wait.Waited as error:
            if by in self.phones:
                late_ms = await self.phones[by].latest_ms(since_s)
                error.add_note(f"{by}'s own packets left up to {late_ms:.0f} ms late meanwhile")
            raise
        return aired

    async def goes_on_air_but_for(self, said: Samples, most_ms: float, within_s: float = 15.0) -> Samples:
        """Wait until the phrase's end is on the air, and no more than so much of it is missing. Gives all aired."""
        aired = np.zeros(0, np.float32)

        async def so() -> bool:
            nonlocal aired
            aired = await self.aired()
            return ends_whole(compared(said, aired)) and lost_ms(said, aired) <= most_ms

        def seen() -> str:
            return f"{len(aired) / RATE_HZ:.2f} s aired: {compared(said, aired)}"

        await wait.until(so, within_s, every_s=0.3, what=f"all but {most_ms:g} ms is on the air", seen=seen)
        return aired

    async def says(self, name: str, said: Samples) -> float:
        """A phone says it; gives when its first sample left. A telephone may swallow the first milliseconds of a
        stream, so silence goes ahead."""
        lead = np.zeros(int(LEAD_S * RATE_HZ), np.float32)
        return await self.phones[name].says(np.concatenate([lead, said])) + LEAD_S

    async def says_to_the_radio(self, name: str, said: Samples, within_s: float = 15.0) -> Samples:
        """A phone says it, and it goes on the air whole; gives all that was aired."""
        return await self.goes_on_air(said, name, await self.says(name, said), within_s)

    async def phones_hear(self, sound: Signal, since_s: float, *names: str, within_s: float = 5.0) -> list[float]:
        """Wait until these phones hear it; gives when each began to."""
        spans = await asyncio.gather(
            *(self.phones[name].hears(sound, within_s, since_s=since_s) for name in names or tuple(self.phones))
        )
        return [span.begins_s for span in spans]

    async def wasted_voiced(self) -> int:
        """Frames with sound in them that reached the terminal while it was not allowed to transmit."""
        return int((await self.terminal.state())["audio"]["not_on_air_voiced"])


async def add_talkgroups(world: World) -> None:
    """The talkgroups of the simulated network, into the directory."""
    assert world.radio is not None
    for name, gssi in world.radio.talkgroups.items():
        answer = await world.api.post("talkgroups", json={"gssi": gssi, "name": name})
        assert answer.status_code in (201, 409), answer.text


async def patch(
    world: World, meeting: Meeting, gssi: int, terminal: str | None = None, **wanted: object
) -> dict[str, Any]:
    """Ask for a patch; `wanted` are further members, as `keying="floor"`."""
    body: dict[str, object] = {"gssi": gssi, **wanted} | ({"terminal": terminal} if terminal else {})
    answer = await world.api.post(f"conferences/{meeting.id}/patches", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@asynccontextmanager
async def patched_meeting(
    world: World,
    folder: Path,
    *names: str,
    gssi: int = 2001,
    terminal: str | None = None,
    name: str = "Ledningsgruppen",
    recorded: bool = False,
    **wanted: object,
) -> AsyncIterator[Room]:
    """A meeting of measuring phones, the first its host, with a talkgroup that is idle; ended afterwards."""
    async with Phones(folder / "phones", world.sip_port) as telephones:
        groups = {gssi: terminal}
        async with combined(world, telephones, *names, groups=groups, name=name, recorded=recorded, **wanted) as rooms:
            yield rooms[gssi]


@asynccontextmanager
async def combined(
    world: World,
    telephones: Phones,
    *names: str,
    groups: Mapping[int, str | None],
    name: str = "Ledningsgruppen",
    recorded: bool = False,
    **wanted: object,
) -> AsyncIterator[dict[int, Room]]:
    """One meeting with several talkgroups: a room for each, all with the same telephones.

    Args:
        groups: GSSI → terminal, `None` for any.
        wanted: Further members of each patch.
    """
    await add_talkgroups(world)
    meeting = await world.opens_conference(name, recorded=recorded)
    phones = {one: await telephones.instrument(one) for one in names}
    joined = await asyncio.gather(
        *(world.joins(phone, meeting, as_host=at == 0) for at, phone in enumerate(phones.values()))
    )
    ids = {one: participant["id"] for one, participant in zip(names, joined, strict=True)}
    rooms = {
        gssi: Room(world, meeting, phones, await patch(world, meeting, gssi, terminal, **wanted), ids)
        for gssi, terminal in groups.items()
    }
    for room in rooms.values():
        await room.patch_is("idle", REGISTER_S)
    yield rooms
    for room in rooms.values():
        await world.api.delete(f"conferences/{meeting.id}/patches/{room.patch}")  # gone already: as well
    if (await meeting.view())["state"] != "ended":
        await meeting.ends()


def ends_whole(found: Compared) -> bool:
    """The last grain is there."""
    return found.begins_at is not None and all(
        one.said_ms + one.ms < 1000 * found.said_s for one in (*found.lost, *found.moved)
    )


def spoken_s(transmissions: Sequence[OnAir]) -> list[float]:
    """How long each lasted, from its grant to its end."""
    return [round((one.end_s or time.monotonic()) - one.start_s, 3) for one in transmissions]
