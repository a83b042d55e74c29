"""An asyncio client of the simulator's control port, for tests and demonstrations."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hardware.simulator.json_lines import ANSWER_S, LineClient, SimulatorError
from hardware.simulator.signals import RATE_HZ, Samples

__all__ = ["AirAudio", "OnAir", "SimulatorClient", "SimulatorError"]


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
    glued_frames: int = 0
    """Of our audio: came later than its turn, and stands on the air as if it had not."""
    late_frames: int = 0
    """Came so late that it left a hole."""
    lost_frames: int = 0
    """Thrown away by the radio: more came at once than it holds ready."""

    @property
    def spoken_s(self) -> float:
        return self.samples / RATE_HZ


@dataclass(frozen=True, slots=True)
class AirAudio:
    """A talkgroup as one track of int16 at 8 kHz; sample n was on the air at start_s + n / 8000."""

    start_s: float
    samples: Samples


class SimulatorClient(LineClient):
    """Talks to a running simulated radio network: `async with SimulatorClient(host, port) as radio`."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self._seen: dict[str, int] = {}

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
        """A user presses and says samples, a sound file, a tone or that many seconds of speech, then releases. Without
        any of them it speaks until `release`. True if the floor was free."""
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
        """The user's radio goes out of coverage: it is silent, without notice."""
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

        Kinds of the air: transmission_started, transmission_ended and refused (gssi, issi), demand, and call_released
        (gssi).
        Kinds of terminals: registration (issi, state), talkgroup_selected (issi, gssi), booted.
        Others: sds_received (receiver, text), audio and pei (terminal, connected), command (terminal, line).

        Without `since` it is the next one after the same question's last, be it past or to come. With `since` (from
        `mark`) it is the first after that number.

        Raises:
            SimulatorError: `timeout` when none came.
        """
        question = json.dumps([kind, match], sort_keys=True)
        after = self._seen.get(question, self._seen.get("", 0)) if since is None else since
        request: dict[str, object] = {"kind": kind, "match": match, "since": after, "for_s": timeout_s}
        found: dict[str, Any] = await self.ask_within(timeout_s + ANSWER_S, "wait_for", request)
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
        """Sound for the air that the terminal got while it had no grant: the last minute of it."""
        return _decoded(await self.ask("wasted_audio", terminal=terminal))

    async def transcript(self, terminal: str | None = None) -> list[tuple[float, str, str]]:
        """Lines on the PEI: time, to_terminal or from_terminal, text."""
        return [(at_s, way, text) for at_s, way, text in await self.ask("transcript", terminal=terminal)]

    async def fault(self, what: str, terminal: str | None = None, **facts: object) -> None:
        """A fault, or what a user does at the terminal, by its name and what it needs.

        - its lines: `unplug`, `replug`, `audio_cut`, `audio_unplug`, `audio_replug`;
        - its answers: `garbage` (bytes, seed), `long_line` (bytes), `raw` (text), `reject` (command, cme), `accept`;
        - itself: `power_cycle`, `cell_change`, `registration` (state), `mode` (mode), `assign_group` (gssi);
        - its button: `press_locally` (emergency), `release_locally`.
        """
        await self.ask("fault", terminal=terminal, what=what, **facts)


def _decoded(text: str) -> Samples:
    return np.frombuffer(base64.b64decode(text), dtype="<i2").astype(np.int16)
