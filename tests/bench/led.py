"""What a led meeting promises: a key is answered, the floor is heard, a code cannot be guessed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.domain.guessing.policy import GuessingPolicy
from tests.bench.figures import Figure, Scale, percentile
from tests.bench.mutes import confbridge
from tests.bench.peers import APP, APPLICATION, Ari, ari, bare_asterisk
from tests.harness import wait
from tests.harness.audio import RATE_HZ
from tests.harness.guesser import HOUR_S, OPEN_CODES, OTHER_TRUNK, Attack, anew, mean_years
from tests.harness.phones import Phone, Phones
from tests.harness.story import TRUNK, Story
from tests.harness.world import samband_world

PRESS_S: Final = 0.1
"""A telephone presses a key for so long."""
SOUND: Final = 0.01
"""Of full scale: louder is a sound, softer is the line's own noise."""
PAUSE_S: Final = 0.7
ONE_LINE_H: Final = 3
"""Hours after which a lone line's own wrong codes brake it in full."""
Act = Callable[[], Awaitable[object]]


async def whisper(folder: Path, scale: Scale) -> Sequence[Figure]:
    """From the release of a command's last key to the first sound of the answer in the presser's ear."""
    times = scale.of(40, 4)
    ours = await _ours_whispers(folder / "ours", times)
    peer = await _peer_plays(folder / "peer", times)
    how = (
        "`*6` in a meeting of two silent telephones: 100 ms after the press of the `6` was asked for → the first "
        "sound; "
        "RFC 4733, so that Asterisk knows of a key when it is released"
    )
    return (
        Figure(
            "key → whisper begins, p95", percentile(ours, 95), "ms", 250, peer_name="bare ARI app: key → sound",
            peer=percentile(peer, 95), samples=len(ours), least=times, how=how, raw={"ours_ms": ours, "peer_ms": peer},
        ),
    )  # fmt: skip


async def _ours_whispers(folder: Path, times: int) -> list[float]:
    folder.mkdir(parents=True)
    async with samband_world(folder) as world:
        meeting = await world.opens_conference("Bench", recorded=False)
        presser, other = await world.phones.instrument("A"), await world.phones.instrument("B")
        await world.joins(other, meeting)
        await world.joins(presser, meeting)
        await _is_silent(presser)
        spent = []
        for _ in range(times):
            await presser.keys("*")
            spent.append(await _until_sound(presser, "6"))
        return spent


async def _peer_plays(folder: Path, times: int) -> list[float]:
    """The least that answers a key: an application that plays a tone to the channel that pressed it."""

    def then(made: Ari, event: dict[str, Any]) -> None:
        channel = event.get("channel", {}).get("id", "")
        if event["type"] == "StasisStart":
            tasks.append(asyncio.create_task(_do(made, f"channels/{channel}/answer")))
        elif event["type"] == "ChannelDtmfReceived" and event["digit"] == "6":
            tasks.append(asyncio.create_task(_do(made, f"channels/{channel}/play", media="tone:1004/500")))
        elif event["type"] == "PlaybackStarted":
            playing.append(event["playback"]["id"])

    tasks: list[asyncio.Task[None]] = []
    playing: list[str] = []
    async with (
        bare_asterisk(folder) as world,
        Phones(folder / "phones", world.sip_port) as phones,
        ari(world.ari_url, world.ari_login, app=APP, everything=False, then=then) as made,
    ):
        presser = await phones.instrument("A")
        await presser.calls(APPLICATION)
        spent = []
        for _ in range(times):
            await presser.keys("*")
            spent.append(await _until_sound(presser, "6", lambda: _stop(made, playing)))
        await asyncio.gather(*tasks)
        return spent


async def _do(made: Ari, path: str, **query: str) -> None:
    await made.do("POST", path, **query)


async def _stop(made: Ari, playing: list[str]) -> None:
    while playing:
        await made.do("DELETE", f"playbacks/{playing.pop()}")


async def _until_sound(phone: Phone, key: str, over: Act | None = None) -> float:
    """Milliseconds. The telephone's own delay before the packet counts too."""
    released_s = time.monotonic() + PRESS_S
    await phone.keys(key)
    first_s = await wait.until(lambda: _first_sound_s(phone, released_s - PRESS_S), 5, what=f"{phone!r} hears a sound")
    if over is not None:
        await over()
    await _is_silent(phone)
    return 1000 * (float(first_s) - released_s)


def _first_sound_s(phone: Phone, since_s: float) -> float:
    heard = phone.heard()
    first = heard.index_of(since_s)
    loud = np.flatnonzero(np.abs(heard.samples[first:]) > SOUND)
    return heard.time_of(first + int(loud[0])) if len(loud) else 0.0


async def _is_silent(phone: Phone) -> None:
    def so() -> bool:
        latest = phone.heard().between(time.monotonic() - PAUSE_S)
        return len(latest) < RATE_HZ // 50 or float(np.abs(latest).max()) <= SOUND

    await asyncio.sleep(PAUSE_S)
    await wait.until(so, 30, every_s=0.1, what=f"nothing is said to {phone!r}")


async def floor(folder: Path, scale: Scale) -> Sequence[Figure]:
    """From the request that gives the floor to the holder's first sample in another telephone's ear."""
    times = scale.of(45, 4)
    ours = await _ours_floor(folder / "ours", times)
    peer = await _peer_unmutes(folder / "peer", times)
    how = "two who talk all the time get the floor by turns over the API, in a meeting with a speaking queue"
    return (
        Figure(
            "give the floor → heard, p95", percentile(ours, 95), "ms", 80, peer_name="ConfBridge unmute by AMI",
            peer=percentile(peer, 95), samples=len(ours), least=times, how=how, raw={"ours_ms": ours, "peer_ms": peer},
        ),
    )  # fmt: skip


async def _ours_floor(folder: Path, times: int) -> list[float]:
    folder.mkdir(parents=True)
    async with samband_world(folder) as world:
        meeting = await world.opens_conference("Bench", recorded=False)
        listener = await world.phones.instrument("L")
        await world.joins(listener, meeting, as_host=True)
        talkers = [await world.phones.instrument(name) for name in "AB"]
        ids = [(await world.joins(one, meeting))["id"] for one in talkers]
        await meeting.sets_floor("queue")
        for one in talkers:
            await one.talks()
        spent = []
        for number in range(times):
            talker = talkers[number % 2]
            await asyncio.sleep(PAUSE_S)
            asked_s = time.monotonic()
            await meeting.gives_floor(ids[number % 2])
            heard = await listener.hears(talker.voice, within_s=5, since_s=asked_s)
            spent.append(1000 * (heard.begins_s - asked_s))
        return spent


async def _peer_unmutes(folder: Path, times: int) -> list[float]:
    async with confbridge(folder) as room:
        talker, switch = await room.enters("A")
        await talker.talks()
        spent = []
        for _ in range(times):
            await switch(True)
            await asyncio.sleep(PAUSE_S)
            asked_s = time.monotonic()
            await switch(False)
            heard = await room.listener.hears(talker.voice, within_s=5, since_s=asked_s)
            spent.append(1000 * (heard.begins_s - asked_s))
        return spent


async def guesses(_folder: Path, scale: Scale) -> Sequence[Figure]:
    """The real rule on a clock that jumps; telephones that redial at once, and codes that come to nothing."""
    hours = scale.of(24, 1)
    attacks = {
        "one line": (1, lambda: "+46701740605", (TRUNK,)),
        "30 lines, another number each call": (30, anew(), (TRUNK,)),
        "30 lines, two trunks": (30, anew(), (TRUNK, OTHER_TRUNK)),
    }
    found: list[Figure] = []
    burst = GuessingPolicy().burst
    for name, (lines, forge, trunks) in attacks.items():
        attack = Attack(Story(), lines, forge, trunks)
        attack.goes_on((ONE_LINE_H if lines == 1 else 0) * HOUR_S)
        per_h = attack.goes_on(hours * HOUR_S) / hours
        how = f"over {hours} h of the clock that jumps; the first {burst} at most come at once"
        found.append(Figure(f"guesses an hour, {name}", per_h, "guesses", samples=round(per_h * hours), how=how))
        found.append(
            Figure(
                f"mean time to a hit on {OPEN_CODES} open codes, {name}", mean_years(per_h), "years", 10,
                more_is_better=True, samples=round(per_h * hours), how="codes of eight digits without a pattern",
            )
        )  # fmt: skip
    return found
