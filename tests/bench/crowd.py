"""A hundred telephones at once: how fast they come in."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bridge.ari.secrets import load_or_make_secrets
from tests.bench.figures import Figure, Scale, percentile
from tests.bench.peers import APPLICATION, Ari, answering_application, ari, bare_asterisk, hang_up_all
from tests.harness import wait
from tests.harness.sipp import talkers
from tests.harness.world import Meeting, World, samband_world

CROWD: Final = 100
ARRIVE_S: Final = 60.0
STILL: Final = 6
"""Seconds in a row without a newcomer: no more come."""
KEYED: Final = "all keys heard"
MEASURED: Final = 0.95
"""Of the callers at least so many must have been measured. One that falls away is slow, or has met a fault."""


async def join(folder: Path, scale: Scale) -> Sequence[Figure]:
    """From StasisStart to the conference at 50 calls a second, without the prompts' length and the keying.

    In waves of a hundred, each gone before the next comes. Else there are more telephones than the machine can play.
    They would be measured in place of what they call.
    """
    waves, count = scale.of(3, 1), scale.of(CROWD, 40)
    ours, astray = await _joins(folder / "ours", waves, count)
    peer = await _bare_joins(folder / "peer", waves, count)
    every = waves * count
    keyed = sum(one == KEYED for one in astray)
    how = (
        f"{waves} waves of {count} telephones at 50 a second, {len(ours)} of {every} measured whole; the sum, for each "
        "caller, of: Stasis entered → greeting begins; # received → join prompt begins; join prompt ended → in the "
        "mixing bridge; by Asterisk's own time stamps"
    )
    raw: dict[str, object] = {"ours_ms": ours, "peer_ms": peer, "astray": astray}
    return (
        Figure(
            "StasisStart → in the conference, p99, 50 calls/s", percentile([sum(one) for one in ours], 99), "ms", 100,
            peer_name="bare ARI app: answer, bridge", peer=percentile(peer, 99), samples=len(ours),
            least=round(MEASURED * every), how=how, raw=raw,
        ),
        Figure(
            "callers who keyed the whole code and are not in", keyed, "callers", 0, samples=every,
            how=f"those whose keys did not all reach Asterisk are the telephones' own: {dict(Counter(astray))}",
        ),
    )  # fmt: skip


async def _joins(folder: Path, waves: int, count: int) -> tuple[list[tuple[float, float, float]], list[str]]:
    """Milliseconds of the three parts for each caller who came in; of each other one, what Asterisk heard of it."""
    folder.mkdir(parents=True)
    spent: list[tuple[float, float, float]] = []
    astray: list[str] = []
    async with samband_world(folder) as world, AsyncExitStack() as stack:
        secrets = load_or_make_secrets(world.state / "keys")
        url, login = f"http://127.0.0.1:{_ari_port(world)}/ari", (secrets.ari_user, secrets.ari_password)
        seen = await stack.enter_async_context(ari(url, login, app="onlooker", everything=True))
        for wave in range(waves):
            seen.events.clear()
            meeting = await world.opens_conference(f"Bench {wave}", recorded=False)
            sipp = folder / f"sipp-{wave}"
            async with talkers(sipp, world.sip_port, "085555555", meeting.code, count, per_s=50, first_ms=3000):
                present = await _as_many_as_come(meeting, count)
            callers = {channel: seen.events_of(channel) for channel in _callers(seen.events)}
            told = {channel: _spent(events) for channel, events in callers.items()}
            spent += [one for one in told.values() if one is not None]
            astray += [_heard_of(callers[channel], meeting.code) for channel, one in told.items() if one is None]
            astray += ["no call"] * (count - len(callers))
            print(
                f"bench: join: {present} of {count} telephones are in; not measured: {dict(Counter(astray))}",
                flush=True,
            )
            await hang_up_all(seen)
    return spent, astray


async def _as_many_as_come(meeting: Meeting, count: int) -> int:
    """SIPp's keys are captured packets, and now and then one of them is not heard as a key. Wait until no more come."""
    before, now, still = -1, 0, 0
    while still < STILL:
        await asyncio.sleep(1)
        now = len([one for one in await meeting.participants() if one["state"] == "present"])
        if now == count:
            break
        still = still + 1 if now == before else 0
        before = now
    return now


def _heard_of(events: Sequence[dict[str, Any]], code: str) -> str:
    """Why a caller is not among the measured, as far as Asterisk can tell."""
    digits = "".join(one["digit"] for one in events if one["type"] == "ChannelDtmfReceived")
    if any(one["type"] == "ChannelEnteredBridge" for one in events):
        return "in, but keyed before the greeting"
    if digits.endswith(f"{code}#"):
        return KEYED
    return f"{len(digits)} of {len(code) + 1} keys heard"


def _ari_port(world: World) -> int:
    lines = (world.folder / "samband.toml").read_text().splitlines()
    return int(next(line.split("=")[1] for line in lines if line.startswith("ari_port")))


def _callers(events: Sequence[dict[str, Any]]) -> list[str]:
    entered = (one for one in events if _enters_stasis(one))
    return list(dict.fromkeys(one["channel"]["id"] for one in entered if one["channel"]["name"].startswith("PJSIP/")))


def _spent(events: Sequence[dict[str, Any]]) -> tuple[float, float, float] | None:
    """Milliseconds of the three parts; nothing when the caller never came in."""
    entered = next(_at_ms(one) for one in events if _enters_stasis(one))
    begun = [_at_ms(one) for one in events if one["type"] == "PlaybackStarted"]
    ended = [_at_ms(one) for one in events if one["type"] == "PlaybackFinished"]
    keyed = [_at_ms(one) for one in events if one["type"] == "ChannelDtmfReceived" and one["digit"] == "#"]
    seated = [_at_ms(one) for one in events if one["type"] == "ChannelEnteredBridge"]
    if not (begun and keyed and seated):
        return None
    joining = next(at for at in begun if at >= keyed[0])
    over = max(at for at in ended if at <= seated[0] + 1)
    return begun[0] - entered, joining - keyed[0], max(0.0, seated[0] - over)


def _at_ms(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp() * 1000


async def _bare_joins(folder: Path, waves: int, count: int) -> list[float]:
    spent: list[float] = []
    async with bare_asterisk(folder) as world, answering_application(world) as app:
        for wave in range(waves):
            app.events.clear()
            async with talkers(folder / f"sipp-{wave}", world.sip_port, APPLICATION, "", count, per_s=50):
                await wait.until(lambda: len(_seated(app)) >= count, ARRIVE_S, every_s=0.2, what=f"{count} are bridged")
            spent += _seated(app)
            await hang_up_all(app)
    return spent


def _seated(app: Ari) -> list[float]:
    """Milliseconds from Stasis to the bridge, of those who are in it."""
    spent = []
    for channel in _callers(app.events):
        events = app.events_of(channel)
        entered = next(_at_ms(one) for one in events if _enters_stasis(one))
        spent += [_at_ms(one) - entered for one in events if one["type"] == "ChannelEnteredBridge"][:1]
    return spent


def _enters_stasis(event: dict[str, Any]) -> bool:
    return event["type"] == "ChannelDialplan" and event.get("dialplan_app") == "Stasis"
