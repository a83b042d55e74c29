"""A day and a night of traffic. Telephones and radio users talk, a network refuses, queues and loses. Terminals restart
and are unplugged. Nothing may drift, leak or get stuck."""

import asyncio
import gc
import math
import random
import resource
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bridge.domain.kernel.ids import PatchId, TerminalName
from bridge.domain.kernel.reasons import WELL
from bridge.domain.radio.commands import RemovePatch
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import PatchState
from bridge.rakel.call_values import Idle
from hardware.simulator.air import Transmission
from hardware.simulator.settings import NetworkSettings
from tests.harness.principals import somebody
from tests.harness.transmissions import Ended, longest_s
from tests.soak.guards import GUARDS, Guards
from tests.soak.speech import talk
from tests.soak.virtual import run_virtually
from tests.soak.world import CONFERENCE, FIRST_GSSI, FIRST_ISSI, Person, RadioWorld, listening_for_errors, radio_world

HOUR_S: Final = 3600.0
QUIET_S: Final = 300.0
"""Of each hour: nobody begins anything new, and everything must come to rest."""
QUIET_STATES: Final = (PatchState.IDLE, PatchState.OFFLINE)
_PHRASES: Final = 24


@dataclass(frozen=True, slots=True)
class HourOfDay:
    """One hour's count, taken at the end of its quiet."""

    hour: int
    transmissions: int
    by_users: int
    ended: tuple[Ended, ...]
    """Each of our transmissions."""
    longest_delay_ms: int
    delay_ms: int
    """At the end of the quiet: of the meeting's sound, and of the radio's."""
    radio_delay_ms: int
    lost_ms: int
    wasted_frames: int
    """Voice that went to a terminal that was no more on the air. Mostly that one was switched off in mid-word, and
    nothing tells of it before the next heartbeat."""
    objects: int
    resident_mb: float
    stuck: tuple[str, ...]
    """Whatever had not come to rest."""

    @property
    def longest_transmission_s(self) -> float:
        """Of ours, whoever ended it."""
        return longest_s(self.ended)


@dataclass(frozen=True, slots=True)
class DayOfTraffic:
    hours: tuple[HourOfDay, ...]
    errors: tuple[str, ...]
    """What was logged as an error."""

    @property
    def stuck(self) -> tuple[str, ...]:
        return tuple(one for hour in self.hours for one in hour.stuck)

    @property
    def ended(self) -> tuple[Ended, ...]:
        """Each of our transmissions, of all hours."""
        return tuple(one for hour in self.hours for one in hour.ended)

    @property
    def longest_delay_ms(self) -> int:
        return max(hour.longest_delay_ms for hour in self.hours)

    @property
    def objects_grown(self) -> int:
        """From the middle of the run to its end. By then every bounded log is full (20 000 events of the simulated
        network, 10 000 changes of the engine)."""
        return self.hours[-1].objects - self.hours[len(self.hours) // 2].objects

    @property
    def megabytes_grown(self) -> float:
        return self.hours[-1].resident_mb - self.hours[len(self.hours) // 2].resident_mb


Told = Callable[[HourOfDay], bool | None]


def day_of_traffic(
    hours: int = 24, seed: int = 1, terminals: int = 2, told: Told | None = None,
    hour_s: float = HOUR_S, quiet_s: float = QUIET_S, guards: Guards = GUARDS,
) -> DayOfTraffic:  # fmt: skip
    """So many hours of virtual time. `told` gets each hour as it ends; when it says False, that was the last one."""
    return run_virtually(_Day(seed, terminals, told, hour_s, quiet_s, guards).run(hours))


class _Day:
    def __init__(
        self, seed: int, terminals: int, told: Told | None, hour_s: float, quiet_s: float, guards: Guards
    ) -> None:
        self._random = random.Random(seed)
        self._terminals = terminals
        self._told = told
        self._guards = guards
        self._out: dict[str, list[list[float]]] = defaultdict(list)
        """When each terminal's line was out: from, to."""
        self._busy_s, self._quiet_s = hour_s - quiet_s, quiet_s
        self._phrases = [talk(self._random.uniform(0.6, 12), self._random.getrandbits(30)) for _ in range(_PHRASES)]
        self._long = talk(75, self._random.getrandbits(30), (0.28, 0.38))
        self._may_begin = asyncio.Event()

    async def run(self, hours: int) -> DayOfTraffic:
        network = NetworkSettings(hang_time_s=5.0)
        with listening_for_errors() as errors:
            async with radio_world(self._terminals, network=network, guards=self._guards) as world:
                for rig in world.simulator.rigs.values():
                    rig.terminal.change(boot_ms=8000.0)
                people = [await world.joins() for _ in range(3)]
                for at in range(self._terminals):
                    await world.patches_in(at)
                acts = [asyncio.create_task(act) for act in self._acts(world, people)]
                counted = []
                for number in range(1, hours + 1):
                    counted.append(await self._hour(world, people, number))
                    if self._told is not None and self._told(counted[-1]) is False:
                        break
                for task in acts:
                    task.cancel()
                ended = await asyncio.gather(*acts, return_exceptions=True)
                failed = [str(one) for one in ended if not isinstance(one, asyncio.CancelledError)]
        return DayOfTraffic(tuple(counted), (*errors, *failed))

    # --- what happens ---

    def _acts(self, world: RadioWorld, people: list[Person]) -> list[Coroutine[Any, Any, None]]:
        every = self._every
        acts = [every(45, partial(self._somebody_talks, one)) for one in people]
        for at in range(self._terminals):
            name = world.names[at]
            acts += [every(80, partial(self._user_talks, world, at, user)) for user in (0, 1)]
            acts += [
                every(400, partial(self._network_is_odd, world)),
                every(2400, partial(self._loses_registration, world, name)),
                every(5400, partial(self._restarts, world, name)),
                every(7200, partial(self._is_unplugged, world, name)),
                every(900, partial(self._changes_cell, world, name)),
                every(1800, partial(self._pressed_locally, world, name)),
                every(1200, partial(self._babbles, world, name)),
                every(5000, partial(self._is_patched_anew, world, at)),
            ]
        return acts

    async def _every(self, mean_s: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(self._random.expovariate(1 / mean_s))
            await self._may_begin.wait()
            await act()

    async def _somebody_talks(self, person: Person) -> None:
        person.says(self._long if self._random.random() < 0.05 else self._random.choice(self._phrases))
        await person.has_left()

    async def _user_talks(self, world: RadioWorld, at: int, which: int) -> None:
        user = world.user(2 * at + which)
        says = self._long if self._random.random() < 0.03 else self._random.choice(self._phrases)
        priority = 3 if self._random.random() < 0.02 else 0
        user.press(world.network.talkgroups[FIRST_GSSI + at], says, priority, 60.0)
        if self._random.random() < 0.05:
            await asyncio.sleep(self._random.uniform(0.1, 3))
            user.lose_coverage()
        await asyncio.sleep(len(says) / 8000)

    async def _network_is_odd(self, world: RadioWorld) -> None:
        behaviour = self._random.choice(["not_granted", "queue", "no_answer", "grant_to_another"])
        world.network.change(
            behaviour=behaviour, behaviour_times=self._random.randint(1, 3),
            when_busy=self._random.choice(["reject", "queue", "ignore"]), may_ask_again=self._random.random() < 0.5,
        )  # fmt: skip

    async def _loses_registration(self, world: RadioWorld, name: str) -> None:
        faults = world.rig(name).faults
        faults.set_registration(self._random.choice([0, 2, 3]))
        await asyncio.sleep(self._random.uniform(3, 90))
        faults.set_registration(self._random.choice([1, 5]))

    async def _restarts(self, world: RadioWorld, name: str) -> None:
        world.rig(name).faults.power_cycle()
        await asyncio.sleep(30)

    async def _is_unplugged(self, world: RadioWorld, name: str) -> None:
        rig, loop = world.rig(name), asyncio.get_running_loop()
        out = [loop.time(), math.inf]
        self._out[name].append(out)
        await rig.port.unplug()
        await asyncio.sleep(self._random.uniform(1, 60))
        await rig.port.plug(rig.terminal.pei)
        out[1] = loop.time()

    async def _changes_cell(self, world: RadioWorld, name: str) -> None:
        world.rig(name).faults.change_cell()

    async def _pressed_locally(self, world: RadioWorld, name: str) -> None:
        rig = world.rig(name)
        if rig.terminal.in_service and rig.terminal.selected is not None and rig.terminal.current is None:
            rig.faults.press_locally()
            await asyncio.sleep(self._random.uniform(0.5, 5))
            rig.faults.release_locally()

    async def _babbles(self, world: RadioWorld, name: str) -> None:
        pei = world.rig(name).terminal.pei
        pei.raw(self._random.randbytes(self._random.randint(1, 3000)))

    async def _is_patched_anew(self, world: RadioWorld, at: int) -> None:
        patch = PatchId(f"pat-{at + 1:026d}")
        await world.engine.ask(somebody(), RemovePatch(CONFERENCE, patch, at_once=True))
        await asyncio.sleep(self._random.uniform(0, 20))
        await world.patches_in(at)

    # --- what is counted ---

    async def _hour(self, world: RadioWorld, people: list[Person], number: int) -> HourOfDay:
        self._may_begin.set()
        await asyncio.sleep(self._busy_s)
        self._may_begin.clear()
        await asyncio.sleep(self._quiet_s)
        counted = self._count(world, people, number)
        world.network.air.clear()
        for rig in world.simulator.rigs.values():
            rig.audio.clear()
            rig.terminal.pei.transcript.clear()
        for path in world.media.paths.values():
            path.longest_delay_ms = path.lost_ms = 0
        return counted

    def _count(self, world: RadioWorld, people: list[Person], number: int) -> HourOfDay:
        sent = [one for at in range(self._terminals) for one in world.network.air.transmissions(FIRST_GSSI + at)]
        ours = [one for one in sent if one.issi < FIRST_ISSI + self._terminals]
        now_s = asyncio.get_running_loop().time()
        paths = world.media.paths.values()
        gc.collect()
        return HourOfDay(
            hour=number,
            transmissions=len(ours),
            by_users=len(sent) - len(ours),
            ended=tuple(Ended.of(one, now_s, beyond_us=self._is_beyond_us(world, one)) for one in ours),
            longest_delay_ms=max(path.longest_delay_ms for path in paths),
            delay_ms=max(path.path.hold.delay_ms for path in paths),
            radio_delay_ms=max(path.path.radio.jitter.delay_ms for path in paths),
            lost_ms=sum(path.lost_ms for path in paths),
            wasted_frames=sum(rig.audio.counts.not_on_air_voiced for rig in world.simulator.rigs.values()),
            objects=len(gc.get_objects()),
            resident_mb=_resident_mb(),
            stuck=tuple(self._stuck(world, people)),
        )

    def _is_beyond_us(self, world: RadioWorld, sent: Transmission) -> bool:
        """It went on when it was to be cut, and its terminal's line was out then."""
        cut_s = sent.start_s + RadioPolicy().cut_s
        name = world.names[sent.issi - FIRST_ISSI]
        goes_on = sent.end_s is None or sent.end_s > cut_s
        return goes_on and any(begin_s < cut_s < end_s for begin_s, end_s in self._out[name])

    def _stuck(self, world: RadioWorld, people: list[Person]) -> list[str]:
        """What has not come to rest."""
        stuck = [f"{patch.name} is {patch.state.value}: {patch.reason}" for patch in world.patches()
                 if patch.state not in QUIET_STATES]  # fmt: skip
        stuck += [f"{patch.name} is offline: {patch.reason}" for patch in world.patches()
                  if patch.state is PatchState.OFFLINE]  # fmt: skip
        for name, rig in world.simulator.rigs.items():
            driver = world.radio.terminal(TerminalName(name))
            if driver.health() != WELL:
                stuck.append(f"{name} is {driver.health()}")
            if not isinstance(driver.calls.phase, Idle):
                stuck.append(f"{name} is {driver.calls.phase}")
            if rig.terminal.current is not None:
                stuck.append(f"{name} is in a call: {rig.terminal.current}")
        stuck += [f"{patch} is sending" for patch, path in world.media.paths.items() if path.path.sending]
        stuck += [f"{patch} holds {path.path.hold.held_ms} ms" for patch, path in world.media.paths.items()
                  if path.path.hold.has_voice]  # fmt: skip
        stuck += ["a telephone still talks" for person in people if person.pieces_left]
        return stuck


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 1e6, 1)
