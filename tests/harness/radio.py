"""The simulated radio side as a process, in the words of its users.

async with simulated_radio(tmp_path, users=["Ledning"]) as radio:
    serial, audio = radio.terminal.serial, radio.terminal.audio   # for a [[terminal]] table
    await radio.user("Ledning").presses_ptt(seconds=3)
    heard = await radio.on_air()
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hardware.simulator.client import AirAudio, OnAir, SimulatorClient
from hardware.simulator.signals import Samples
from tests.harness import preloaded

READY_S: Final = 20.0
STOP_S: Final = 10.0
DEFAULT_TALKGROUPS: Final = {"RAPS-1": 2001, "RAPS-2": 2002}
DEFAULT_USERS: Final = ("Ledning", "Insats")
FIRST_USER: Final = 1_002_001
FIRST_TERMINAL: Final = 1_001_001


@dataclass(frozen=True, slots=True)
class RadioUser:
    """A person with a radio. `gssi` without a value is the first talkgroup."""

    name: str
    issi: int
    _client: SimulatorClient
    _home_gssi: int

    async def presses_ptt(
        self,
        *,
        saying: Samples | None = None,
        seconds: float | None = None,
        tone_hz: float | None = None,
        gssi: int | None = None,
        emergency: bool = False,
        priority: int = 0,
    ) -> bool:
        """Says the samples, a tone or seconds of speech and releases; without any, speaks until `releases_ptt`."""
        return await self._client.press(
            self.issi,
            gssi or self._home_gssi,
            audio=saying,
            seconds=seconds,
            tone_hz=tone_hz,
            emergency=emergency,
            priority=priority,
        )

    async def releases_ptt(self) -> None:
        await self._client.release(self.issi)

    async def loses_coverage(self) -> None:
        await self._client.lose(self.issi)

    async def switches_off(self) -> None:
        await self._client.set_reachable(self.issi, reachable=False)

    async def sends(self, text: str, to: int, *, report: bool = False) -> int:
        """An SDS text; gives its message reference."""
        return await self._client.send_sds(self.issi, to, text, report=report)

    async def sends_status(self, status: int, to: int) -> None:
        await self._client.send_status(self.issi, to, status)

    async def received(self) -> list[dict[str, Any]]:
        """SDS that reached this radio: sender, called, service, hex, text."""
        return await self._client.inbox(self.issi)

    async def gets_message(self, timeout_s: float = 10.0) -> dict[str, Any]:
        """Waits for the next SDS to this radio."""
        return await self._client.wait_for("sds_received", receiver=self.issi, timeout_s=timeout_s)

    async def starts_talking(self, timeout_s: float = 10.0) -> None:
        await self._client.wait_for("transmission_started", issi=self.issi, timeout_s=timeout_s)

    async def stops_talking(self, timeout_s: float = 30.0) -> None:
        await self._client.wait_for("transmission_ended", issi=self.issi, timeout_s=timeout_s)


@dataclass(frozen=True, slots=True)
class RadioTerminal:
    """A terminal with its two cables. `serial` and `audio` are what a `[[terminal]]` table takes."""

    name: str
    issi: int
    serial: str
    audio: str
    _client: SimulatorClient

    async def unplug(self) -> None:
        """The serial cable is pulled; the terminal stays on, and goes on transmitting if it was."""
        await self._client.fault("unplug", self.name)

    async def replug(self) -> None:
        await self._client.fault("replug", self.name)

    async def power_cycle(self) -> None:
        await self._client.fault("power_cycle", self.name)

    async def goes_silent(self) -> None:
        await self._client.set(self.name, silent=True)

    async def speaks_again(self) -> None:
        await self._client.set(self.name, silent=False)

    async def loses_registration(self) -> None:
        await self._client.fault("registration", self.name, state=2)

    async def registers(self) -> None:
        await self._client.fault("registration", self.name, state=1)

    async def is_put_into_mode(self, mode: int) -> None:
        """By somebody at its panel: 1 is direct mode."""
        await self._client.fault("mode", self.name, mode=mode)

    async def changes_cell(self) -> None:
        await self._client.fault("cell_change", self.name)

    async def rejects(self, command: str, cme: int) -> None:
        """Commands that begin so are refused with this CME code."""
        await self._client.fault("reject", self.name, command=command, cme=cme)

    async def accepts_again(self) -> None:
        await self._client.fault("accept", self.name)

    async def babbles(self, size_bytes: int = 200) -> None:
        """A burst of garbage on the serial line."""
        await self._client.fault("garbage", self.name, bytes=size_bytes)

    async def sends_overlong_line(self, size_bytes: int = 10_000) -> None:
        await self._client.fault("long_line", self.name, bytes=size_bytes)

    async def says(self, text: str) -> None:
        """Exactly these characters on the serial line."""
        await self._client.fault("raw", self.name, text=text)

    async def loses_audio(self) -> None:
        await self._client.fault("audio_unplug", self.name)

    async def regains_audio(self) -> None:
        await self._client.fault("audio_replug", self.name)

    async def pressed_locally(self, *, emergency: bool = False) -> None:
        await self._client.fault("press_locally", self.name, emergency=emergency)

    async def released_locally(self) -> None:
        await self._client.fault("release_locally", self.name)

    async def set(self, **changes: object) -> None:
        await self._client.set(self.name, **changes)

    async def state(self) -> dict[str, Any]:
        return await self._client.terminal_state(self.name)

    async def wasted_audio(self) -> Samples:
        return await self._client.wasted_audio(self.name)

    async def transcript(self) -> list[tuple[float, str, str]]:
        return await self._client.transcript(self.name)

    async def selects(self, gssi: int, timeout_s: float = 10.0) -> None:
        """Waits until the terminal is in the talkgroup."""
        await self._client.wait_for("talkgroup_selected", issi=self.issi, gssi=gssi, timeout_s=timeout_s)

    async def is_opened(self, timeout_s: float = 10.0) -> None:
        """Waits for the next time that a program opens the serial line."""
        await self._client.wait_for("pei", terminal=self.name, connected=True, timeout_s=timeout_s)

    async def is_closed(self, timeout_s: float = 10.0) -> None:
        await self._client.wait_for("pei", terminal=self.name, connected=False, timeout_s=timeout_s)

    async def gets_command(self, line: str, timeout_s: float = 10.0) -> None:
        """Waits for the next such command, in full."""
        await self._client.wait_for("command", terminal=self.name, line=line, timeout_s=timeout_s)

    async def starts_transmitting(self, timeout_s: float = 10.0) -> None:
        await self._client.wait_for("transmission_started", issi=self.issi, timeout_s=timeout_s)

    async def stops_transmitting(self, timeout_s: float = 70.0) -> None:
        await self._client.wait_for("transmission_ended", issi=self.issi, timeout_s=timeout_s)


class SimulatedRadio:
    """The network with its users and terminals. `client` has everything that has no word here."""

    def __init__(
        self,
        client: SimulatorClient,
        users: Mapping[str, int],
        terminals: Sequence[RadioTerminal],
        talkgroups: Mapping[str, int],
    ) -> None:
        self.client = client
        self.terminals = {terminal.name: terminal for terminal in terminals}
        self.talkgroups = dict(talkgroups)
        """Name → GSSI."""
        self.gssi = next(iter(self.talkgroups.values()))
        """The first talkgroup."""
        self._users = users

    @property
    def terminal(self) -> RadioTerminal:
        """The first one."""
        return next(iter(self.terminals.values()))

    def user(self, name: str, gssi: int | None = None) -> RadioUser:
        """Somebody who is at home in `gssi` (the first talkgroup)."""
        return RadioUser(name, self._users[name], self.client, gssi or self.gssi)

    async def on_air(self, gssi: int | None = None) -> list[OnAir]:
        """All transmissions of a talkgroup, in order."""
        return await self.client.air(gssi or self.gssi)

    async def air_audio(self, gssi: int | None = None, since_s: float | None = None) -> AirAudio:
        return await self.client.air_audio(gssi or self.gssi, since_s)

    async def last_words(self, gssi: int | None = None) -> Samples:
        """The samples of the latest transmission."""
        return await self.client.transmission_audio(gssi or self.gssi, -1)

    async def set(self, **changes: object) -> None:
        await self.client.set(None, **changes)


@asynccontextmanager
async def simulated_radio(
    tmp_dir: Path,
    *,
    talkgroups: Mapping[str, int] = DEFAULT_TALKGROUPS,
    users: Sequence[str] | Mapping[str, int] = DEFAULT_USERS,
    terminals: Sequence[str] = ("rakel-1",),
    profile: str = "mtm5400",
    over_tcp: bool = False,
    arguments: Sequence[str] = (),
) -> AsyncIterator[SimulatedRadio]:
    """Start a simulator on free ports and stop it afterwards.

    Args:
        tmp_dir: Where the links to the pseudo-terminals are put.
        users: Names (identities are given from 1002001 on), or names with identities.
        terminals: Names; identities from 1001001 on.
        over_tcp: PEI on `socket://` instead of a pseudo-terminal.
        arguments: Further ones for the command line, as `["--grant-delay-ms", "100"]`.
    """
    named = dict(users) if isinstance(users, Mapping) else {name: FIRST_USER + at for at, name in enumerate(users)}
    issis = {name: FIRST_TERMINAL + at for at, name in enumerate(terminals)}
    command = ["--control=127.0.0.1:0", f"--profile={profile}", *arguments]
    command += [f"--gssi={name}={gssi}" for name, gssi in talkgroups.items()]
    command += [f"--user={issi}={name}" for name, issi in named.items()]
    for name, issi in issis.items():
        where = "tcp:127.0.0.1:0" if over_tcp else str(tmp_dir / f"{name}.pei")
        command.append(f"--terminal={name},{where},127.0.0.1:0,{issi}")
    process = await preloaded.start("hardware.simulator", *command, piped=("stdout",), errors=tmp_dir / "simulator.log")
    try:
        ready = await _ready_line(process)
        host, _, port = _value(ready, "control").rpartition(":")
        async with SimulatorClient(host, int(port)) as client:
            made = [
                RadioTerminal(name, issi, _value(ready, f"{name}.pei"), _value(ready, f"{name}.audio"), client)
                for name, issi in issis.items()
            ]
            yield SimulatedRadio(client, named, made, talkgroups)
    finally:
        await _stop(process)


async def _ready_line(process: preloaded.Started) -> str:
    if process.stdout is None:
        raise RuntimeError("the simulator has no output")
    async with asyncio.timeout(READY_S):
        line = (await process.stdout.readline()).decode()
    if not line.startswith("simulator ready"):
        raise RuntimeError(f"the simulator did not start: {line!r}")
    return line


def _value(ready: str, name: str) -> str:
    found = re.search(rf"\b{re.escape(name)}=(\S+)", ready)
    if found is None:
        raise RuntimeError(f"the simulator did not say {name}: {ready!r}")
    return found[1]


async def _stop(process: preloaded.Started) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
