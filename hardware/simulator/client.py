"""An asyncio client of the simulator's control port, for tests and demonstrations."""

import asyncio
import base64
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from hardware.simulator.signals import RATE_HZ, Samples

ANSWER_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 256_000_000


class SimulatorError(Exception):
    """The simulator refused a request, or is gone; the text says why."""


@dataclass(frozen=True, slots=True)
class OnAir:
    """One transmission. Times are seconds of CLOCK_MONOTONIC, the same in all processes of the machine."""

    gssi: int
    issi: int
    start_s: float
    end_s: float | None
    reason: str
    """Why it ended: released, tot, preempted, lost, registration_lost, power, hung_up; empty while it lasts."""
    first_sample_s: float | None
    samples: int

    @property
    def spoken_s(self) -> float:
        return self.samples / RATE_HZ


@dataclass(frozen=True, slots=True)
class AirAudio:
    """A talkgroup as one track of int16 at 8 kHz; sample n was on the air at start_s + n / 8000."""

    start_s: float
    samples: Samples


class SimulatorClient:
    """Talks to a running simulator: `async with SimulatorClient(host, port) as radio`."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._seen: dict[str, int] = {}
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=MAX_ANSWER_BYTES)
        self._reader = asyncio.create_task(self._read(reader))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                answer = json.loads(line)
                waiting = self._waiting.pop(answer["id"], None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        except ConnectionError:
            pass
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(SimulatorError("the simulator is gone"))

    async def ask(self, do: str, **request: object) -> Any:
        """One request, answered within `ANSWER_S`. Raises SimulatorError, or TimeoutError when no answer comes."""
        return await self._ask(do, request, ANSWER_S)

    async def _ask(self, do: str, request: dict[str, object], timeout_s: float) -> Any:
        if self._writer is None:
            raise SimulatorError("not connected")
        number = next(self._numbers)
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        self._writer.write(json.dumps({"id": number, "do": do, **request}).encode() + b"\n")
        try:
            async with asyncio.timeout(timeout_s):
                answer = await answered
        finally:
            self._waiting.pop(number, None)
        if not answer["ok"]:
            raise SimulatorError(f"{do}: {answer['error']}")
        return answer["result"]

    # Users

    async def add_user(self, issi: int, name: str) -> None:
        await self.ask("add_user", issi=issi, name=name)

    async def add_talkgroup(self, gssi: int, name: str) -> None:
        await self.ask("add_talkgroup", gssi=gssi, name=name)

    async def link(self, gssi: int, other: int) -> None:
        """The network links two talkgroups: who talks in one is heard in both."""
        await self.ask("link", gssi=gssi, other=other)

    async def unlink(self, gssi: int) -> None:
        await self.ask("unlink", gssi=gssi)

    async def press(
        self,
        issi: int,
        gssi: int,
        *,
        audio: Samples | None = None,
        wav: Path | None = None,
        tone_hz: float | None = None,
        seconds: float | None = None,
        emergency: bool = False,
        priority: int = 0,
    ) -> bool:
        """A user presses and says samples, a sound file, a tone or that many seconds of speech, then releases;
        without any of them it speaks until `release`. True if the floor was free."""
        request: dict[str, object] = {"issi": issi, "gssi": gssi, "emergency": emergency, "priority": priority}
        if audio is not None:
            request["audio"] = base64.b64encode(audio.astype("<i2").tobytes()).decode()
        if wav is not None:
            request["wav"] = str(wav)
        if tone_hz is not None:
            request["tone_hz"] = tone_hz
        if seconds is not None:
            request["seconds"] = seconds
        return bool(await self.ask("press", **request))

    async def release(self, issi: int) -> None:
        await self.ask("release", issi=issi)

    async def lose(self, issi: int) -> None:
        """The user's radio goes out of coverage: it is silent and nobody is told."""
        await self.ask("lose", issi=issi)

    async def end_call(self, gssi: int, cause: int = 13) -> None:
        await self.ask("end_call", gssi=gssi, cause=cause)

    async def send_sds(self, issi: int, to: int, text: str, *, report: bool = False, pid: int = 0x82) -> int:
        """Gives the message reference."""
        return int(await self.ask("send_sds", issi=issi, to=to, text=text, report=report, pid=pid))

    async def send_pdu(self, issi: int, to: int, data: bytes, *, service: int = 12) -> None:
        await self.ask("send_sds", issi=issi, to=to, hex=data.hex(), service=service)

    async def send_status(self, issi: int, to: int, status: int) -> None:
        """Status 0 is an emergency alarm."""
        await self.ask("send_status", issi=issi, to=to, status=status)

    async def set_reachable(self, issi: int, *, reachable: bool) -> None:
        await self.ask("reachable", issi=issi, reachable=reachable)

    async def inbox(self, issi: int | None = None) -> list[dict[str, Any]]:
        """SDS that reached users: receiver, called, sender, service, hex, text."""
        return list(await self.ask("inbox", issi=issi))

    # The air

    async def air(self, gssi: int) -> list[OnAir]:
        return [OnAir(**entry) for entry in await self.ask("air", gssi=gssi)]

    async def air_audio(self, gssi: int, since_s: float | None = None) -> AirAudio:
        """The track from `since_s` (or the first sample) to the last sample so far."""
        result = await self.ask("air_audio", gssi=gssi, since_s=since_s)
        return AirAudio(result["start_s"], _decoded(result["audio"]))

    async def transmission_audio(self, gssi: int, index: int = -1) -> Samples:
        """The samples of one transmission, by its place in `air`."""
        return _decoded(await self.ask("transmission_audio", gssi=gssi, index=index))

    async def save_wav(self, gssi: int, path: Path) -> float:
        """Write the track to a file; gives the time of its first sample."""
        return float(await self.ask("save_wav", gssi=gssi, path=str(path)))

    async def wait_for(
        self, kind: str, *, timeout_s: float = 10.0, since: int | None = None, **match: object
    ) -> dict[str, Any]:
        """The next event of a kind with these facts.

        Kinds: transmission_started and transmission_ended (gssi, issi), demand, call_released (gssi), registration
        (issi, state), talkgroup_selected (issi, gssi), booted, sds_received (receiver, text), audio and pei
        (terminal, connected), command (terminal, line).

        Without `since` it is the next one after what the same question gave last time, be it past or to come; with
        `since` (from `mark`) the first after that number.

        Raises:
            SimulatorError: `timeout` when none came.
        """
        question = json.dumps([kind, match], sort_keys=True)
        after = self._seen.get(question, self._seen.get("", 0)) if since is None else since
        request: dict[str, object] = {"kind": kind, "match": match, "since": after, "for_s": timeout_s}
        found: dict[str, Any] = await self._ask("wait_for", request, timeout_s + ANSWER_S)
        self._seen[question] = int(found["number"])
        return found

    async def mark(self) -> int:
        """The number of the latest event."""
        return int(await self.ask("mark"))

    async def clear(self) -> None:
        """Forget recordings, counts, inboxes, transcripts and past events."""
        self._seen = {"": int(await self.ask("clear"))}

    # Settings, terminals and faults

    async def set(self, terminal: str | None = None, **changes: object) -> None:
        """Change settings of `NetworkSettings` and `TerminalSettings`, the latter for one terminal or all."""
        await self.ask("set", terminal=terminal, changes=changes)

    async def terminal_state(self, terminal: str | None = None) -> dict[str, Any]:
        """Of the first terminal, or the one named; see `Terminal.state`."""
        return dict(await self.ask("terminal_state", terminal=terminal))

    async def wasted_audio(self, terminal: str | None = None) -> Samples:
        """What the terminal got to transmit while it had no grant: the last minute of it."""
        return _decoded(await self.ask("wasted_audio", terminal=terminal))

    async def transcript(self, terminal: str | None = None) -> list[tuple[float, str, str]]:
        """Lines on the PEI: time, to_terminal or from_terminal, text."""
        return [(at_s, way, text) for at_s, way, text in await self.ask("transcript", terminal=terminal)]

    async def fault(self, what: str, terminal: str | None = None, **facts: object) -> None:
        """`unplug`, `replug`, `power_cycle`, `garbage` (bytes, seed), `long_line` (bytes), `raw` (text), `reject`
        (command, cme), `accept`, `cell_change`, `registration` (state), `mode` (mode), `assign_group` (gssi),
        `press_locally` (emergency), `release_locally`, `audio_cut`, `audio_unplug`, `audio_replug`."""
        await self.ask("fault", terminal=terminal, what=what, **facts)


def _decoded(text: str) -> Samples:
    return np.frombuffer(base64.b64decode(text), dtype="<i2").astype(np.int16)
