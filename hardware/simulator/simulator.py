"""The parts put together: one network, its terminals with their connectors, and the 20 ms beat."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hardware.simulator.audio import AudioSide
from hardware.simulator.clock import FrameClock
from hardware.simulator.commands import Commands
from hardware.simulator.faults import TerminalFaults
from hardware.simulator.identity import HomeNetwork
from hardware.simulator.listener import Address
from hardware.simulator.network import Network
from hardware.simulator.pei import Pei
from hardware.simulator.ports import Port, PtyPort, TcpPort
from hardware.simulator.settings import PROFILES, NetworkSettings, TerminalSettings
from hardware.simulator.signals import Samples
from hardware.simulator.terminal import Terminal


@dataclass(frozen=True, slots=True)
class TerminalPlan:
    """A terminal as asked for. `pei` is the path of the link, or an address to listen on."""

    name: str
    issi: int
    pei: Path | Address
    audio: Address
    profile: str = "mtm5400"
    selected: int | None = None


def _fits(manners: tuple[int, bool] | None, settings: TerminalSettings) -> bool | None:
    """As `Pei.line_fits`."""
    if manners is None:
        return True
    speed, rtscts = manners
    if settings.rtscts not in (None, rtscts):
        return None
    return settings.baud in (None, speed)


@dataclass(slots=True)
class Rig:
    """A terminal with its cables."""

    terminal: Terminal
    faults: TerminalFaults
    port: Port
    audio: AudioSide
    tasks: list[asyncio.Task[None]]


class Simulator:
    """The whole simulated radio side. `start` before use, `stop` after."""

    def __init__(
        self,
        home: HomeNetwork,
        talkgroups: dict[int, str],
        users: dict[int, str],
        terminals: list[TerminalPlan],
        settings: NetworkSettings | None = None,
    ) -> None:
        self.network = Network(home, settings)
        for gssi, name in talkgroups.items():
            self.network.add_talkgroup(gssi, name)
        for issi, name in users.items():
            self.network.add_user(issi, name)
        self.rigs = {plan.name: self._build(plan) for plan in terminals}
        self.clock = FrameClock(self._tick)
        self._beat: asyncio.Task[None] | None = None

    def make_port(self, plan: TerminalPlan) -> Port:
        """The PEI connector of a terminal; who drives the simulator without sockets gives another."""
        return TcpPort(plan.pei.host, plan.pei.port) if isinstance(plan.pei, Address) else PtyPort(plan.pei)

    def make_audio(self, plan: TerminalPlan, transmit: Callable[[Samples, float], bool]) -> AudioSide:
        """The audio connector, likewise."""
        return AudioSide(plan.audio.host, plan.audio.port, transmit, plan.issi)

    def _build(self, plan: TerminalPlan) -> Rig:
        profile = PROFILES[plan.profile]
        if plan.selected is not None and plan.selected not in self.network.talkgroups:
            raise ValueError(f"terminal {plan.name} cannot select {plan.selected}: no such talkgroup")
        audio = self.make_audio(plan, lambda frame, at_s: terminal.transmit(frame, at_s))
        audio.on_connection = lambda connected: self.network.events.add(
            "audio", terminal=plan.name, connected=connected
        )
        terminal = Terminal(plan.name, plan.issi, self.network, profile, profile.settings, audio)
        terminal.selected = plan.selected
        port = self.make_port(plan)
        commands = Commands(terminal, lambda: terminal.settings)

        async def handle(line: str, data: bytes | None) -> list[str]:
            self.network.events.add("command", terminal=plan.name, line=line)
            return await commands.handle(line, data)

        terminal.pei = Pei(
            port.write,
            handle,
            silent=lambda: terminal.settings.silent,
            answer_delay_s=lambda: terminal.settings.answer_delay_ms / 1000,
            wake_up_errors=lambda: terminal.settings.wake_up_errors,
        )
        terminal.pei.on_connection = lambda connected: self.network.events.add(
            "pei", terminal=plan.name, connected=connected
        )
        terminal.pei.on_fed = terminal.fed
        terminal.pei.line_fits = lambda: _fits(port.manners(), terminal.settings)
        self.network.add_terminal(terminal)
        return Rig(terminal, TerminalFaults(terminal), port, audio, [])

    def _tick(self, at_s: float) -> None:
        self.network.tick(at_s)
        for rig in self.rigs.values():
            rig.audio.tick(at_s)

    async def start(self) -> None:
        """Raises OSError when a port is taken or a link cannot be made."""
        for rig in self.rigs.values():
            await rig.audio.start()
            await rig.port.plug(rig.terminal.pei)
            rig.tasks.append(asyncio.create_task(rig.terminal.pei.run()))
        self._beat = asyncio.create_task(self.clock.run())

    async def stop(self) -> None:
        tasks = [task for rig in self.rigs.values() for task in rig.tasks]
        if self._beat is not None:
            tasks.append(self._beat)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.network.close()
        for rig in self.rigs.values():
            await rig.port.unplug()
            await rig.audio.stop()
