"""A hundred talking telephones: what they cost, and how fast they come in."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bridge.ari.secrets import load_or_make_secrets
from tests.bench.figures import Figure, Scale, cpu_s, percentile, rss_mb
from tests.bench.peers import APPLICATION, ROOM, answering_application, ari, bare_asterisk
from tests.harness import wait
from tests.harness.asterisk import AsteriskWorld
from tests.harness.sipp import talkers
from tests.harness.world import Meeting, World, samband_world

CROWD: Final = 100
SETTLE_S: Final = 6.0
ARRIVE_S: Final = 60.0


async def cpu(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Processor time of a conference of 100 talking phones, and the controller's memory with it."""
    count, seconds = scale.of(CROWD, 20), scale.of(30, 8)
    ours, resident, controller = await _product(folder / "ours", count, seconds)
    peer = await _confbridge(folder / "peer", count, seconds)
    how = "utime + stime of Asterisk and the controller; media worker and the telephones (SIPp) not counted"
    name = f"CPU of Asterisk + controller, {count} talking phones"
    raw: dict[str, object] = {"controller_percent": controller, "seconds": seconds}
    return (
        Figure(name, ours, "% of a core", 1.25, limits_ratio=True, peer_name="ConfBridge, no controller", peer=peer,
               samples=seconds, how=how, raw=raw),
        Figure(f"memory of the controller, {count} phones in the meeting", resident, "MB", 300),
    )  # fmt: skip


async def _product(folder: Path, count: int, seconds: int) -> tuple[float, float, float]:
    folder.mkdir(parents=True)
    async with samband_world(folder) as world:
        meeting = await world.opens_conference("Bench", recorded=False)
        async with talkers(folder / "sipp", world.sip_port, "085555555", meeting.code, count, first_ms=1500):
            await meeting.has(count, ARRIVE_S)
            await asyncio.sleep(SETTLE_S)
            asterisk, controller = await _asterisk_pid(world), world.controller.pid
            before = (cpu_s(asterisk), cpu_s(controller))
            await asyncio.sleep(seconds)
            spent = (cpu_s(asterisk) - before[0], cpu_s(controller) - before[1])
            return 100 * sum(spent) / seconds, rss_mb(controller), 100 * spent[1] / seconds


async def _most_are_in(meeting: Meeting, count: int) -> int:
    """SIPp's keys are captured packets and now and then one of them is not heard as a key: wait until no more come."""
    before = -1
    while (now := len([one for one in await meeting.participants() if one["state"] == "present"])) != before or not now:
        before = now
        await asyncio.sleep(5)
        if now == count:
            break
    print(f"bench: {now} of {count} telephones are in", flush=True)
    return now


async def _asterisk_pid(world: World) -> int:
    return int((world.state / "asterisk/run/asterisk.pid").read_text())


async def _confbridge(folder: Path, count: int, seconds: int) -> float:
    async with bare_asterisk(folder) as world:
        async with talkers(folder / "sipp", world.sip_port, ROOM, "", count, first_ms=1500):
            await _in_room(world, count)
            await asyncio.sleep(SETTLE_S)
            pid = world.process.pid() or 0
            before = cpu_s(pid)
            await asyncio.sleep(seconds)
            return 100 * (cpu_s(pid) - before) / seconds


async def _in_room(world: AsteriskWorld, count: int) -> None:
    async def so() -> bool:
        listed = (await world.process.rx("confbridge list bench")).splitlines()
        return sum(line.startswith("PJSIP/") for line in listed) >= count

    await wait.until(so, ARRIVE_S, every_s=0.5, what=f"{count} in ConfBridge")


async def join(folder: Path, scale: Scale) -> Sequence[Figure]:
    """From StasisStart to the conference at 50 calls a second, without the prompts' length and the keying."""
    count = scale.of(300, 50)
    ours = await _joins(folder / "ours", count)
    peer = await _bare_joins(folder / "peer", count)
    how = (
        "the sum, for each caller, of: Stasis entered → greeting begins; # received → join prompt begins; join prompt "
        "ended → in the mixing bridge; by Asterisk's own time stamps"
    )
    raw: dict[str, object] = {"ours_ms": ours, "peer_ms": peer}
    return (
        Figure(
            "StasisStart → in the conference, p99, 50 calls/s", percentile([sum(one) for one in ours], 99), "ms", 100,
            peer_name="bare ARI app: answer, bridge", peer=percentile(peer, 99), samples=len(ours), how=how, raw=raw,
        ),
    )  # fmt: skip


async def _joins(folder: Path, count: int) -> list[tuple[float, float, float]]:
    folder.mkdir(parents=True)
    async with samband_world(folder) as world, AsyncExitStack() as stack:
        secrets = load_or_make_secrets(world.state / "keys")
        port = _ari_port(world)
        login = (secrets.ari_user, secrets.ari_password)
        seen = await stack.enter_async_context(
            ari(f"http://127.0.0.1:{port}/ari", login, app="onlooker", everything=True)
        )
        meeting = await world.opens_conference("Bench", recorded=False)
        crowd = talkers(folder / "sipp", world.sip_port, "085555555", meeting.code, count, per_s=50, first_ms=3000)
        async with crowd:
            await _most_are_in(meeting, count)
        return [spent for channel in _callers(seen.events) if (spent := _spent(seen.events_of(channel)))]


def _ari_port(world: World) -> int:
    lines = (world.folder / "samband.toml").read_text().splitlines()
    return int(next(line.split("=")[1] for line in lines if line.startswith("ari_port")))


def _callers(events: Sequence[dict[str, Any]]) -> list[str]:
    entered = (one for one in events if one["type"] == "ChannelDialplan" and one.get("dialplan_app") == "Stasis")
    return list(dict.fromkeys(one["channel"]["id"] for one in entered if one["channel"]["name"].startswith("PJSIP/")))


def _spent(events: Sequence[dict[str, Any]]) -> tuple[float, float, float] | None:
    """Milliseconds of the three parts; nothing when the caller never came in."""
    entered = next(
        _at_ms(one) for one in events if one["type"] == "ChannelDialplan" and one["dialplan_app"] == "Stasis"
    )
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


async def _bare_joins(folder: Path, count: int) -> list[float]:
    async with bare_asterisk(folder) as world, answering_application(world) as app:
        async with talkers(folder / "sipp", world.sip_port, APPLICATION, "", count, per_s=50, first_ms=3000):

            def all_in() -> bool:
                return bool(sum(one["type"] == "ChannelEnteredBridge" for one in app.events) >= count)

            await wait.until(all_in, ARRIVE_S, every_s=0.2, what=f"{count} in the bare application's bridge")
    spent = []
    for channel in _callers(app.events):
        events = app.events_of(channel)
        entered = next(
            _at_ms(one) for one in events if one["type"] == "ChannelDialplan" and one["dialplan_app"] == "Stasis"
        )
        seated = next(_at_ms(one) for one in events if one["type"] == "ChannelEnteredBridge")
        spent.append(seated - entered)
    return spent
