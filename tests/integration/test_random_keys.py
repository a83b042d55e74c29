"""Keys by chance from the telephones of a host and a participant. Nothing is left stuck in Asterisk."""

import asyncio
import json
import random
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest

from bridge.ari import names
from bridge.ari.secrets import FILE
from bridge.domain.step import KEYS
from tests.harness import wait
from tests.harness.phones import Phone
from tests.harness.world import Meeting, World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.silent]

SEQUENCES, PRESSES = 20, 2
TWO = [key.sequence for key in KEYS]
ONE = "0123456789*#"
KEY_MS, PAUSE_MS = 80, 60
QUIET_S = 60.0
"""All that was set off is said in this time: eight whispers at each ear, and the announcements. What is read out has
ended: a key ends it."""


class Asterisk:
    """All that Asterisk tells of itself over ARI, beside the controller."""

    def __init__(self, world: World) -> None:
        settings = tomllib.loads((world.folder / "samband.toml").read_text())
        (file,) = world.state.rglob(FILE)
        secrets = json.loads(file.read_text())
        login = aiohttp.encode_basic_auth(secrets["ari_user"], secrets["ari_password"])
        self._headers = {"Authorization": login}
        self._url = f"http://127.0.0.1:{settings['asterisk']['ari_port']}/ari"
        self.playing: dict[str, str] = {}
        """Playback → its channel."""
        self.began: list[tuple[str, str]] = []
        """Every playback that has begun, with its channel."""
        self.spoken_over: list[tuple[str, str]] = []
        """Announcers and whispers that spoke at once, by channel."""

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Self]:
        """Its playbacks are followed meanwhile; the lists can be asked for."""
        async with aiohttp.ClientSession(headers=self._headers) as self._session:
            address = f"{self._url}/events?app=watcher&subscribeAll=true"
            async with self._session.ws_connect(address) as told:
                following = asyncio.create_task(self._follow(told))
                yield self
                following.cancel()
                with suppress(asyncio.CancelledError):
                    await following

    async def _follow(self, told: aiohttp.ClientWebSocketResponse) -> None:
        async for message in told:
            event = message.json()
            playback = event.get("playback", {})
            if event["type"] == "PlaybackStarted":
                channel = playback["target_uri"].removeprefix("channel:")
                self.spoken_over += [(one, channel) for one in self.playing.values() if _collide(one, channel)]
                self.playing[playback["id"]] = channel
                self.began.append((playback["id"], channel))
            elif event["type"] == "PlaybackFinished":
                self.playing.pop(playback["id"], None)

    async def ids(self, kind: str) -> set[str]:
        """Of all its `channels` or `bridges`."""
        async with self._session.get(f"{self._url}/{kind}") as answer:
            answer.raise_for_status()
            return {one["id"] for one in await answer.json()}

    async def knows(self, playback: str) -> bool:
        async with self._session.get(f"{self._url}/playbacks/{playback}") as answer:
            return answer.status != 404

    async def whispers(self) -> set[str]:
        return {one for one in await self.ids("channels") if names.is_snoop(one)}

    async def is_quiet(self) -> bool:
        return not self.playing and not await self.whispers()


def _collide(one: str, other: str) -> bool:
    """Whether these two are never to speak at once: an announcer, and a whisper in its only room."""
    voices = {names.is_snoop(each) for each in (one, other)}
    return voices == {True, False} and any(names.announced_mix(each) for each in (one, other))


class People:
    """A host and a participant, in a meeting that may end under their keys: then they come into another."""

    def __init__(self, world: World, phones: list[Phone]) -> None:
        self.world, self.phones = world, phones
        self.meeting: Meeting

    async def begin(self) -> None:
        self.meeting = await self.world.opens_conference("Ledningsgruppen", recorded=True)
        joining = (self.world.joins(one, self.meeting, as_host=one is self.phones[0]) for one in self.phones)
        await asyncio.gather(*joining)

    async def are_in(self) -> None:
        """Both are, or else the meeting has been ended by key and a new one begun."""
        if (await self.meeting.view())["state"] == "ended":
            await wait.until(lambda: all(one.state == "ended" for one in self.phones), 15, what="both are let go")
            await self.begin()
        await self.meeting.has(len(self.phones))

    async def press(self, chance: random.Random) -> None:
        """Each their own keys, drawn beforehand: how the presses meet is the machine's."""
        drawn = [[chance.choice(TWO if chance.random() < 0.6 else ONE) for _ in range(PRESSES)] for _ in self.phones]
        await asyncio.gather(*(_presses(one, keys) for one, keys in zip(self.phones, drawn, strict=True)))


async def _presses(phone: Phone, commands: list[str]) -> None:
    for keys in commands:
        if phone.state == "up":
            await phone.keys(keys, press_ms=KEY_MS, gap_ms=PAUSE_MS)


@pytest.mark.timeout(150)
async def test_twenty_random_sequences_of_keys_leave_no_channel_playback_or_bridge_stuck(tmp_path: Path) -> None:
    async with samband_world(tmp_path) as world:
        await world.in_control()
        phones = [await world.phones.instrument(name) for name in ("TiB", "Anna")]
        people = People(world, phones)
        async with Asterisk(world).watched() as asterisk:
            before = {kind: await asterisk.ids(kind) for kind in ("channels", "bridges")}
            await people.begin()
            for seed in range(SEQUENCES):
                await people.press(random.Random(seed))
                await people.are_in()
            await _answers(people, asterisk)
            mine = people.meeting
            await mine.ends()
            await wait.until(lambda: all(one.state == "ended" for one in phones), 15, what="both are let go")
            assert (await mine.view())["state"] == "ended"

            async def as_before() -> bool:
                return {kind: await asterisk.ids(kind) for kind in before} == before and not asterisk.playing

            await wait.until(as_before, 15, every_s=0.2, what="no channel, bridge or playback is left")
            assert len(asterisk.began) > SEQUENCES, "the keys were answered"
            assert asterisk.spoken_over == []
            assert not [one for one, _ in asterisk.began if await asterisk.knows(one)]


async def _answers(people: People, asterisk: Asterisk) -> None:
    """What was set off comes to its end, and each of them is then answered by a whisper."""
    await asyncio.gather(*(one.keys("#", press_ms=KEY_MS) for one in people.phones))

    async def quiet() -> bool:
        return await asterisk.is_quiet()

    def seen() -> Any:
        return asterisk.playing

    await wait.until(quiet, QUIET_S, every_s=0.2, what="everything has been said", seen=seen)
    await people.are_in()
    before = len(asterisk.began)
    await asyncio.gather(*(one.keys("**", press_ms=KEY_MS) for one in people.phones))

    def all_answered() -> bool:
        return len({channel for _, channel in asterisk.began[before:] if names.is_snoop(channel)}) >= len(people.phones)

    await wait.until(all_answered, 15, what="each hears the help", seen=seen)
    await asyncio.gather(*(one.keys("*", press_ms=KEY_MS) for one in people.phones))
