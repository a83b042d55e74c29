"""What a call-out costs: its commit, its end while a hundred telephones ring, and the controller at 20 calls/s."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from bridge.ari.settings import TrunkSettings
from bridge.domain.callout.commands import CancelActivation, NewTarget, StartActivation
from bridge.domain.callout.policy import TrunkPolicy
from bridge.domain.conference.commands import EndConference, OpenConference
from bridge.domain.kernel.ids import ActivationId, ConferenceId, MixId, TargetId
from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.kernel.replies import Done
from tests.bench.alerts import directory, place_call_files
from tests.bench.figures import Figure, Scale, percentile
from tests.bench.invites import BusyEnd, answer_to, header_of, per_second, the_end
from tests.bench.peers import bare_asterisk
from tests.bench.processes import cpu_s
from tests.harness import wait
from tests.harness.ports import free_port
from tests.harness.sipp import FICTION
from tests.harness.world import samband_world
from tests.unit.api.region import TRUNK, Region, a_region

FUNCTIONS: Final = 500
COMMITTED_MS: Final = 50.0
RINGING: Final = 100
STOPPED_S: Final = 1.0
RATE: Final = 20
SHARE: Final = 20.0
_UNLIMITED: Final = 'calls_per_s = 1000\nchannels = 1000\nprefixes = ["+46"]'
_PACED: Final = f'calls_per_s = {RATE}\nchannels = 1000\nprefixes = ["+46"]'
_SAID_S: Final = 30.0


# --- the commit ---


async def commit(folder: Path, scale: Scale) -> Sequence[Figure]:
    """One order after the other, each to a meeting of its own, on this machine's disk."""
    times = scale.of(40, 8)
    async with a_region(folder) as region:
        region.trunk = TrunkPolicy(TRUNK, calls_per_s=1, channels=2)
        await region.restart()
        ours_ms = [await _committed_ms(region, at) for at in range(times)]
    peers_ms = [_inserted_ms(folder / f"bare-{at}.db") for at in range(times)]
    return [
        Figure(
            f"{FUNCTIONS} targets committed, p95",
            percentile(ours_ms, 95),
            "ms",
            COMMITTED_MS,
            peer_name="the same rows inserted by nothing but Python's sqlite3",
            peer=percentile(peers_ms, 50),
            samples=len(ours_ms),
            least=times,
            spread=(min(ours_ms), max(ours_ms)),
            how="from the order in the engine's inbox to its answer, which is given after the commit; two numbers each",
            raw={"ours_ms": ours_ms, "peer_ms": peers_ms},
        )
    ]


async def _committed_ms(region: Region, at: int) -> float:
    conference = ConferenceId(f"cnf-bench-{at:018d}")
    mix = MixId(f"mix-bench-{at:018d}")
    assert isinstance(await region.ask(SYSTEM, OpenConference(conference, mix, "Bench", "+4686007001")), Done)
    targets = tuple(
        NewTarget(
            TargetId(f"tgt-{at:010d}{one:016d}"),
            f"TiB {one}",
            f"Kommun {one}",
            (f"+468465{one:05d}", f"+468466{one:05d}"),
            function_id=f"f{one}",
        )
        for one in range(FUNCTIONS)
    )
    activation = ActivationId(f"act-bench-{at:018d}")
    began_s = time.perf_counter()
    answer = await region.ask(SYSTEM, StartActivation(activation, f"bench-{at}", conference, "Bench", targets))
    ended_s = time.perf_counter()
    assert isinstance(answer, Done), answer
    await region.ask(SYSTEM, CancelActivation(activation))
    await region.ask(SYSTEM, EndConference(conference))
    return 1000 * (ended_s - began_s)


def _inserted_ms(path: Path) -> float:
    rows = [(f"tgt-{one}", "act", one, "TiB", "Kommun", f'["+468465{one:05d}","+468466{one:05d}"]', "waiting")
            for one in range(FUNCTIONS)]  # fmt: skip
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(
        "CREATE TABLE targets (id PRIMARY KEY, activation, position, function, organisation, numbers, state)"
    )
    began_s = time.perf_counter()
    with database:
        database.executemany("INSERT INTO targets VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    ended_s = time.perf_counter()
    database.close()
    return 1000 * (ended_s - began_s)


# --- the end while telephones ring ---


class RingingEnd(BusyEnd):
    """The far end of a trunk: every number rings until its call is cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.invites: dict[str, str] = {}
        self.cancels_s: dict[str, float] = {}
        """Call-ID → when its first CANCEL came."""

    def heard(self, message: bytes, at_s: float) -> list[bytes]:
        text = message.decode(errors="replace")
        call = header_of(text, "Call-ID")
        if text.startswith("INVITE "):
            self.invites_s.setdefault(call, at_s)
            self.invites[call] = text
            return [answer_to(text, "180 Ringing")]
        if text.startswith("CANCEL "):
            self.cancels_s.setdefault(call, at_s)
            return [answer_to(text, "200 OK"), answer_to(self.invites.get(call, text), "487 Request Terminated")]
        return super().heard(message, at_s)


async def cancel(folder: Path, scale: Scale) -> Sequence[Figure]:
    """In turn ours and the peer."""
    count, times = scale.of(RINGING, 30), scale.of(10, 2)
    ours_s: list[float] = []
    peers_s: list[float] = []
    fewest = count
    for at in range(times):
        for kind, taken in (("ours", ours_s), ("peer", peers_s)):
            end = await (_ours if kind == "ours" else _peer)(folder / f"{kind}-{at}", count)
            taken.append(end[0])
            fewest = min(fewest, end[1])
    return [
        Figure(
            f"cancel → last ring stopped, {count} ringing, p95",
            percentile(ours_s, 95),
            "s",
            STOPPED_S,
            peer_name="Asterisk alone, told to hang up all",
            peer=percentile(peers_s, 50),
            samples=len(ours_s),
            least=times,
            spread=(min(ours_s), max(ours_s)),
            wanting="" if fewest >= count else f"{count - fewest} of {count} calls were never cancelled",
            how="from the request to the last CANCEL, by the kernel's time of arrival",
            raw={"ours_s": ours_s, "peer_s": peers_s},
        )
    ]


async def _ours(folder: Path, count: int) -> tuple[float, int]:
    """How long it took, and how many were stopped."""
    folder.mkdir(parents=True)
    async with samband_world(folder, trunk=_UNLIMITED) as world, the_end(RingingEnd(), world.trunk_port) as end:
        await directory(world, FICTION[:count])
        started = await world.api.post("activations", json={"list_id": "bench", "rounds": 1, "ring_s": 120})
        started.raise_for_status()
        await wait.until(lambda: len(end.invites_s) >= count, 60, every_s=0.2, what="all ring")
        await asyncio.sleep(1.0)  # the measure begins when nothing else is under way
        began_s = time.time()
        (await world.api.post(f"activations/{started.json()['id']}/cancel")).raise_for_status()
        return await _stopped(end, count, began_s)


async def _peer(folder: Path, count: int) -> tuple[float, int]:
    folder.mkdir(parents=True)
    port = free_port()
    trunks = (TrunkSettings(dial=f"127.0.0.1:{port}"),)
    async with the_end(RingingEnd(), port) as end, bare_asterisk(folder / "state", trunks=trunks) as world:
        await place_call_files(world, folder, FICTION[:count], wait_s=120)
        await wait.until(lambda: len(end.invites_s) >= count, 60, every_s=0.2, what="all ring")
        await asyncio.sleep(1.0)
        began_s = time.time()
        await world.process.rx("channel request hangup all")
        return await _stopped(end, count, began_s)


async def _stopped(end: RingingEnd, count: int, began_s: float) -> tuple[float, int]:
    with suppress(wait.Waited):  # who rings on is told
        await wait.until(lambda: len(end.cancels_s) >= count, _SAID_S, every_s=0.1)
    last_s = max(end.cancels_s.values(), default=float("nan"))
    return last_s - began_s, len(end.cancels_s)


# --- the controller's share ---


async def calling(folder: Path, scale: Scale) -> Sequence[Figure]:
    """One list whose numbers are all busy, so that each call begins and ends."""
    count = min(len(FICTION), RATE * scale.of(20, 4))
    (folder / "world").mkdir(parents=True)
    async with samband_world(folder / "world", trunk=_PACED) as world, the_end(BusyEnd(), world.trunk_port) as end:
        await directory(world, FICTION[:count])
        (asterisk,) = world.asterisk.processes()
        controller = world.controller.pid
        before, began_s = (cpu_s(controller), cpu_s(asterisk)), time.monotonic()
        started = await world.api.post("activations", json={"list_id": "bench", "rounds": 1, "ring_s": 60})
        started.raise_for_status()
        with suppress(wait.Waited):
            await wait.until(lambda: len(end.invites_s) >= count, 3 * count / RATE + 15, every_s=0.05)
        lasted_s = time.monotonic() - began_s
        used_s = cpu_s(controller) - before[0], cpu_s(asterisk) - before[1]
        reached = per_second(sorted(end.invites_s.values()))
        (await world.api.post(f"activations/{started.json()['id']}/cancel")).raise_for_status()
    short = "" if len(end.invites_s) >= count else f"{count - len(end.invites_s)} of {count} calls fell away"
    return [
        Figure(
            f"the controller's share of a core at {RATE} calls/s",
            100 * used_s[0] / lasted_s,
            "% of a core",
            SHARE,
            peer_name="Asterisk in the same calls",
            peer=100 * used_s[1] / lasted_s,
            samples=len(end.invites_s),
            least=count,
            wanting=short or ("" if reached >= 0.9 * RATE else f"only {reached:.1f} calls/s were reached"),
            how="utime + stime of the controller from the order to the last INVITE, its start and its board included",
        )
    ]
