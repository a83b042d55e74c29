"""The whole product as its user starts it: `samband run` in a folder of its own, on free ports.

    async with samband_world(tmp_path) as world:
        meeting = await world.opens_conference("Ledningsgruppen")
        kommun_a = await world.phones.new("Kommun A")
        await kommun_a.calls(world.number)

Nothing here reaches into the program: it is driven by its settings file, its API, its telephones and its signals.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from bridge.ari.install import default_cache
from bridge.ari.settings import AsteriskSettings
from bridge.main.forks import IN_RESERVE
from bridge.main.locks import holder_of
from bridge.main.processes import descendants_of
from tests.harness import preloaded, wait
from tests.harness.asterisk import free_settings
from tests.harness.audio import Signal, sound_file
from tests.harness.phones import Phone, Phones
from tests.harness.ports import free_port
from tests.harness.radio import DEFAULT_TALKGROUPS, DEFAULT_USERS, SimulatedRadio, simulated_radio

ROOT: Final = Path(__file__).parents[2]
RUN: Final = ("bridge.cli", "run")
"""The module and its command."""
UNDER: Final[tuple[str, ...]] = ()
"""The command of a program that starts it, such as strace."""
READY_S: Final = 90.0
STOP_S: Final = 20.0
COMMAND_S: Final = 60.0
NUMBER: Final = "+4685555555"
LOG_LINES: Final = 40


class WorldError(AssertionError):
    """The product did not start, stop or answer as its contract says."""


class Program:
    """`samband run`, which starts and keeps all the rest."""

    def __init__(self, folder: Path, more: Sequence[str] = ()) -> None:
        self.folder = folder
        self._more = more
        self._process: preloaded.Started | None = None
        self.log = folder / "samband.log"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Raises WorldError with the log's end when it is not ready within `READY_S`."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SAMBAND_")}
        environment |= {"SAMBAND_CONFIG": str(self.folder / "samband.toml"), "PYTHONUNBUFFERED": "1"}
        self.log.touch()
        begun = self.log.stat().st_size
        self._process = await preloaded.start(
            *RUN, *self._more, environment=environment, errors=self.log, folder=ROOT, under=UNDER
        )

        def ready() -> bool:
            assert self._process is not None
            return self._process.returncode is not None or b"Samband ready" in self.log.read_bytes()[begun:]

        try:
            await wait.until(ready, READY_S, every_s=0.1)
        except wait.Waited as error:
            raise WorldError(f"samband was not ready within {READY_S:g} s\n{self.log_tail()}") from error
        if self._process.returncode is not None:
            raise WorldError(f"samband ended with {self._process.returncode}\n{self.log_tail()}")

    def log_tail(self, lines: int = LOG_LINES) -> str:
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out: nothing is tidied up."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """Ctrl-C, as its keeper would.

        Raises:
            WorldError: it was not gone within `STOP_S`.
        """
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise WorldError(f"samband did not stop within {STOP_S:g} s\n{self.log_tail()}") from None


class Controller:
    """The process that decides, a child of `samband run`, which starts it again when it is gone."""

    def __init__(self, program: Program) -> None:
        self._program = program

    @property
    def pid(self) -> int:
        """Who holds the controller's lock; the other process of its kind is the reserve.

        Raises:
            LookupError: nobody is in control.
        """
        pid = holder_of(self._program.folder / "var/run/controller.lock")
        if pid is None:
            raise LookupError("no controller is running")
        return pid

    async def kill(self) -> None:
        """SIGKILL to the controller alone: calls and recordings go on in Asterisk."""
        old = self.pid
        os.kill(old, signal.SIGKILL)
        await wait.until(lambda: not _runs(old), 5, what="the controller is gone")

    async def is_back(self, after_pid: int, within_s: float = 15.0) -> int:
        """Wait for another controller than `after_pid`; gives its process id."""

        def new() -> int:
            with contextlib.suppress(LookupError):
                return self.pid if self.pid != after_pid else 0
            return 0

        return await wait.until(new, within_s, what="a new controller")

    def kill_reserve(self) -> None:
        """SIGKILL to the one that would take over."""
        for pid in descendants_of(self._program.pid):
            with contextlib.suppress(OSError):
                if name_of(pid) == IN_RESERVE:
                    os.kill(pid, signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP: it hangs, and Asterisk still believes in it."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


def name_of(pid: int) -> str:
    """As `ps -o comm` shows it.

    Raises:
        OSError: it is gone.
    """
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _runs(pid: int) -> bool:
    """Whether it is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class supervisor_frozen:
    """Nobody starts the controller again inside the block, and no reserve takes over."""

    def __init__(self, world: "World") -> None:
        self._pid = world.program.pid
        self._controller = world.controller

    def __enter__(self) -> None:
        os.kill(self._pid, signal.SIGSTOP)
        self._controller.kill_reserve()

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGCONT)


class Asterisk:
    """The Asterisk that this product started, found by the state folder in its command line."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def processes(self) -> list[int]:
        """Process ids."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if "asterisk" in line and str(self._state) in line:  # a zombie's command line is empty
                    found.append(int(folder.name))
        return found

    async def kill(self) -> None:
        """SIGKILL: every call is gone."""
        victims = self.processes()
        assert victims, "no Asterisk of this world is running"
        self.kill_all(victims)
        await wait.until(lambda: not set(self.processes()) & set(victims), 5, what="Asterisk is gone")

    def freeze(self) -> None:
        """SIGSTOP: it answers nobody. `kill` ends that, or the product where the world's policy is to restart it."""
        for pid in self.processes():
            os.kill(pid, signal.SIGSTOP)

    def kill_all(self, pids: Sequence[int]) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Meeting:
    """One conference, over the API."""

    def __init__(self, api: httpx.AsyncClient, made: dict[str, Any]) -> None:
        self._api = api
        self.id: str = made["id"]
        self.name: str = made["name"]
        self.number: str = made["number"]
        self.code: str = made["code"]
        self.host_code: str = made["host_code"]

    async def view(self) -> dict[str, Any]:
        return await _json(await self._api.get(f"conferences/{self.id}"))

    async def participants(self) -> list[dict[str, Any]]:
        """Those who are in the meeting now."""
        present = (await self.view())["participants"]
        return [one for one in present if one["state"] != "left"]

    async def participant(self, number: str) -> dict[str, Any]:
        """The participant who calls from that number, in any spelling of it.

        Raises:
            LookupError: there is none.
        """
        tail = number[-9:]
        for one in await self.participants():
            if any(str(value).replace("-", "").replace(" ", "").endswith(tail) for value in one.values()):
                return one
        raise LookupError(f"nobody from {number} among {await self.participants()}")

    async def floor(self) -> dict[str, Any]:
        return await _json(await self._api.get(f"conferences/{self.id}/floor"))

    async def sets_floor(self, mode: str) -> dict[str, Any]:
        return await _json(await self._api.put(f"conferences/{self.id}/floor", json={"mode": mode}))

    async def gives_floor(self, participant: str | None = None) -> dict[str, Any]:
        body = {"participant": participant} if participant else {}
        return await _json(await self._api.post(f"conferences/{self.id}/floor/give", json=body))

    async def takes_floor(self) -> dict[str, Any]:
        return await _json(await self._api.post(f"conferences/{self.id}/floor/take"))

    async def lists_speakers(self, *participants: str, turn_s: float) -> None:
        """The speaking list, with turns that end by themselves."""
        limit = {"turn_s": turn_s, "turn_ends": "taken"}
        await _json(await self._api.put(f"conferences/{self.id}/speaking-list/limit", json=limit))
        items = [{"participant": one} for one in participants]
        await _json(await self._api.put(f"conferences/{self.id}/speaking-list", json=items))

    async def mutes(self, participant: str) -> float:
        """Gives the time (CLOCK_MONOTONIC) when the API had answered."""
        await _json(await self._api.post(f"conferences/{self.id}/participants/{participant}/mute"))
        return time.monotonic()

    async def unmutes(self, participant: str) -> float:
        await _json(await self._api.post(f"conferences/{self.id}/participants/{participant}/unmute"))
        return time.monotonic()

    async def removes(self, participant: str) -> None:
        (await self._api.post(f"conferences/{self.id}/participants/{participant}/remove")).raise_for_status()

    async def mutes_all(self) -> None:
        await _json(await self._api.post(f"conferences/{self.id}/mute-all"))

    async def locks(self, locked: bool = True) -> None:
        await _json(await self._api.post(f"conferences/{self.id}/lock", json={"locked": locked}))

    async def records(self, on: bool = True) -> None:
        await _json(await self._api.post(f"conferences/{self.id}/recording", json={"on": on}))

    async def ends(self) -> None:
        await _json(await self._api.post(f"conferences/{self.id}/end"))

    async def has(self, count: int, within_s: float = 10.0) -> list[dict[str, Any]]:
        """Wait until so many are connected."""

        async def connected() -> bool:
            return len([one for one in await self.participants() if one["state"] == "present"]) == count

        await wait.until(connected, within_s, every_s=0.1, what=f"{count} present in {self.name}")
        return await self.participants()


class World:
    """A running product and what surrounds it.

    Attributes:
        number: What its callers dial.
        sip_port: Where it listens.
        trunk_port: Where its trunk dials to (an `Exchange` or SIPp belongs there).
        phones: Telephones of this world.
        radio: The simulated radio network, if the world has one.
        program: `samband run`; controller and asterisk: what it started.
    """

    number = NUMBER

    def __init__(
        self, folder: Path, ports: dict[str, int], radio: SimulatedRadio | None, more: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.state = folder / "var"
        self.sip_port, self.trunk_port, self.api_port = ports["sip"], ports["trunk"], ports["api"]
        self.radio = radio
        self.ports = ports
        self.program = Program(folder, more)
        self.controller = Controller(self.program)
        self.asterisk = Asterisk(self.state)
        self.phones = Phones(folder / "phones", self.sip_port)
        self.base_url = f"http://127.0.0.1:{self.api_port}"
        self._api: httpx.AsyncClient | None = None

    @property
    def token(self) -> str:
        return (self.state / "operator.token").read_text().strip()

    @property
    def api(self) -> httpx.AsyncClient:
        """A client with the operator's token, at /api/v1/ (paths without a leading slash)."""
        if self._api is None:
            self._api = httpx.AsyncClient(
                base_url=f"{self.base_url}/api/v1/",
                headers={"Authorization": f"Bearer {self.token}"},
                timeout=10,
                limits=httpx.Limits(max_keepalive_connections=0),  # no socket outlives the test that opened it
            )
        return self._api

    async def opens_conference(self, name: str, **settings: Any) -> Meeting:
        made = await _json(await self.api.post("conferences", json={"name": name, **settings}))
        return Meeting(self.api, made)

    async def joins(self, phone: Phone, meeting: Meeting, *, as_host: bool = False) -> dict[str, Any]:
        """The phone calls in, keys the code over the greeting and is present; gives the participant."""
        await phone.calls(self.number)
        await phone.keys((meeting.host_code if as_host else meeting.code) + "#")

        async def present() -> dict[str, Any]:
            one = await meeting.participant(phone.number)
            return one if one["state"] == "present" else {}

        return await wait.until(present, 15, every_s=0.1, what=f"{phone!r} is in {meeting.name}")

    async def health(self) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=self.base_url) as client:
            answer = await client.get("/readyz")
        parts: dict[str, Any] = answer.json()
        return parts

    async def in_control(self, within_s: float = 20.0) -> None:
        """Wait until a controller answers and has Asterisk."""

        async def so() -> bool:
            try:
                return bool((await self.health())["parts"]["asterisk"] == "ok")
            except httpx.HTTPError:
                return False

        await wait.until(so, within_s, what="the controller is in control")

    async def controller_dies_and_is_back(self) -> float:
        """SIGKILL to the controller in the middle of everything; gives the seconds until another is in control."""
        old, began_s = self.controller.pid, time.monotonic()
        await self.controller.kill()
        await self.controller.is_back(old)
        await self.in_control()
        return time.monotonic() - began_s

    def prompt(self, name: str, language: str = "sv") -> Signal:
        """A spoken prompt as it sounds on the line, to be recognised by ear."""
        found = sorted(self.state.rglob(f"{language}/**/{name}.wav"), key=lambda path: len(path.parts))
        paths = found or sorted((default_cache() / "test-prompts").rglob(f"{language}/**/{name}.wav"))
        if not paths:
            raise LookupError(f"no sound of {name} in {language} under {self.state}")
        return sound_file(paths[0], name)

    async def command(self, *words: str, module: str = "bridge.cli", within_s: float = COMMAND_S) -> tuple[int, str]:
        """One command typed beside it (`samband recordings list`): its exit status and what it printed."""
        environment = {**os.environ, "SAMBAND_CONFIG": str(self.folder / "samband.toml")}
        running = await preloaded.start(module, *words, environment=environment, piped=("stdout",), folder=ROOT)
        printed, _ = await asyncio.wait_for(running.communicate(), within_s)
        return await running.wait(), printed.decode(errors="replace")

    def processes(self) -> dict[int, str]:
        """All that was started for this world and runs: supervisor, controller, reserve, media worker, Asterisk.

        Process ids and command lines, with the name behind each. They are known by the settings file in their
        environment or the state folder in their command line. The log of this world that they write tells too. A zombie
        has none of these.
        """
        setting = f"SAMBAND_CONFIG={self.folder / 'samband.toml'}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_bytes()
                if (
                    str(self.state).encode() in command
                    or setting in (folder / "environ").read_bytes().split(b"\0")
                    or (prints_to := (folder / "fd/2").readlink()).is_relative_to(self.state)
                    or prints_to == self.program.log
                ):
                    line = command.replace(b"\0", b" ").decode(errors="replace").strip()
                    found[int(folder.name)] = f"{line} ({name_of(int(folder.name))})"
        return found

    async def closes(self) -> None:
        if self._api is not None:
            await self._api.aclose()

    def evidence(self) -> str:
        """The ends of all logs, for a failing test."""
        parts = [f"--- samband.log\n{self.program.log_tail()}"]
        for log in sorted(self.state.rglob("*.log")) + sorted(self.state.rglob("messages*")):
            with contextlib.suppress(OSError):
                parts.append(f"--- {log}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:]))
        return "\n".join(parts)


@asynccontextmanager
async def samband_world(
    folder: Path,
    *,
    radio: bool = False,
    tables: str = "",
    trunk: str = "",
    terminals: Sequence[str] = ("rakel-1",),
    talkgroups: Mapping[str, int] = DEFAULT_TALKGROUPS,
    users: Sequence[str] = DEFAULT_USERS,
    each_terminal: str = "",
    asterisk: str = "hung_restart_s = 0",
    region: bool = False,
) -> AsyncIterator[World]:
    """Start the product, give it, stop it and see that nothing of it is left.

    Args:
        folder: An empty folder, such as `tmp_path`.
        radio: With a simulated radio network and its terminals.
        tables: More of samband.toml, as `[callout]\\nkey_wait_s = 5`.
        trunk: More of the trunk's table, as `channels = 2`.
        terminals: Names of the simulated terminals; `tables` goes on in the table of the last one.
        talkgroups: Of the radio network, name → GSSI.
        users: Names of those who have a radio.
        each_terminal: More of every terminal's table, as `poll_s = 1`.
        asterisk: More of the table of Asterisk. One that a test stops is the test's to end, unless it says otherwise.
        region: With its own simulated region, as `make run` starts it: no trunk and no terminal is set.
    """
    async with AsyncExitStack() as stack:
        network = None
        if radio:
            simulator = simulated_radio(folder, terminals=terminals, talkgroups=talkgroups, users=users)
            network = await stack.enter_async_context(simulator)
        settings = _write_settings(folder, network, tables, trunk, each_terminal, asterisk, region)
        world = World(folder, settings, network, ("--with-simulator",) if region else ())
        try:
            await asyncio.to_thread(_lend_prompts, world.state)
            await world.program.start()
            async with world.phones:
                yield world
            await world.program.stop()
            left = world.processes()
            assert not left, f"left running: {left}"
        except BaseException as error:
            error.add_note(world.evidence())
            raise
        finally:
            await world.closes()
            with contextlib.suppress(WorldError):
                await world.program.stop()
            world.asterisk.kill_all([*world.asterisk.processes(), *world.processes()])


def world_at_rest(folder: Path) -> World:
    """A world whose settings and prompts are there, and nothing is started."""
    world = World(folder, _write_settings(folder, None, "", ""), None)
    _lend_prompts(world.state)
    return world


def _lend_prompts(state: Path) -> None:
    """Prompts spoken by an earlier run, so that not every world speaks all of them again."""
    spoken = default_cache() / "test-prompts"
    if spoken.exists():
        shutil.copytree(spoken, state / "asterisk/data/sounds")


def _write_settings(
    folder: Path,
    radio: SimulatedRadio | None,
    tables: str,
    trunk: str,
    each_terminal: str = "",
    more_of_asterisk: str = "",
    region: bool = False,
) -> dict[str, int]:
    asterisk = free_settings()
    ports = {"sip": asterisk.sip_port, "trunk": free_port(socket.SOCK_DGRAM), "api": free_port()}
    ports |= {"radio": free_port(), "telephones": free_port()}
    lines = [
        f'state = "{folder / "var"}"',
        "[asterisk]",
        *(f"{name} = {getattr(asterisk, name)}" for name in ("sip_port", "ari_port", "ami_port")),
        f"rtp_first_port = {asterisk.rtp_first_port}",
        f"rtp_last_port = {asterisk.rtp_last_port}",
        more_of_asterisk,
        *(_simulator(ports, asterisk) if region else ["[[trunk]]", f'dial = "127.0.0.1:{ports["trunk"]}"']),
        *([trunk] if trunk else []),
        "[api]",
        f"port = {ports['api']}",
    ]
    for terminal in radio.terminals.values() if radio is not None else ():
        lines += ["[[terminal]]", f'name = "{terminal.name}"', f'serial = "{terminal.serial}"']
        lines += [f'audio = "{terminal.audio}"', each_terminal]
    (folder / "samband.toml").write_text("\n".join([*lines, tables, ""]))
    return ports


def _simulator(ports: dict[str, int], asterisk: AsteriskSettings) -> list[str]:
    return [
        "[simulator]",
        f"telephones_port = {ports['trunk']}",
        f"telephones_control_port = {ports['telephones']}",
        f"control_port = {ports['radio']}",
        f"audio_port = {free_port()}",
        f"rtp_first_port = {asterisk.rtp_first_port}",
        f"rtp_last_port = {asterisk.rtp_last_port}",
    ]


async def _json(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise WorldError(f"{answer.request.method} {answer.request.url} gave {answer.status_code}: {answer.text}")
    body: dict[str, Any] = answer.json()
    return body
