"""An asyncio client of the telephones' control port, for tests and scenarios."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hardware.simulator.json_lines import ANSWER_S, LineClient, SimulatorError

SPEAK_S: Final = 40.0

__all__ = ["SimulatorError", "TelephonesClient"]


class TelephonesClient(LineClient):
    """Talks to running simulated telephones: `async with TelephonesClient(host, port) as telephones`."""

    async def state(self) -> dict[str, dict[str, Any]]:
        """Number → name, manner, state (`idle`, `calling`, `ringing`, `up`) and whether it has put the call on hold."""
        return {one["number"]: one for one in await self.ask("state")}

    async def set(self, telephone: Mapping[str, Any]) -> None:
        """Give a telephone another manner: the fields of a `[[telephone]]` table."""
        await self.ask("set", telephone=dict(telephone))

    async def speed(self, speed: float) -> None:
        await self.ask("speed", speed=speed)

    async def call(self, number: str, to: str) -> None:
        """Have a telephone call the system."""
        await self.ask("call", number=number, to=to)

    async def keys(self, number: str, keys: str) -> float:
        """Gives how long the keys take in seconds."""
        return float(await self.ask("keys", number=number, keys=keys))

    async def say(self, number: str, text: str = "") -> None:
        await self.ask("say", number=number, text=text)

    async def speak(self, text: str, voice_of: str, path: Path) -> float:
        """Speak a text into a WAV file, in the voice that goes by a number; gives its length in seconds."""
        return float(await self.ask_within(SPEAK_S, "speak", {"text": text, "voice_of": voice_of, "path": str(path)}))

    async def reset(self) -> None:
        """Every telephone behaves as its file says again, and people wait by the clock."""
        await self.ask("reset")

    async def hang_up(self, number: str) -> None:
        await self.ask("hang_up", number=number)

    async def hold(self, number: str, *, held: bool) -> None:
        await self.ask("hold", number=number, held=held)

    async def mark(self) -> int:
        """The number of the latest event."""
        return int(await self.ask("mark"))

    async def wait_for(self, kind: str, *, since: int = 0, timeout_s: float = 10.0, **match: object) -> dict[str, Any]:
        """The first event after number `since` with these facts: `call` (telephone, state, held, status),
        `heard` (telephone, phrase), `registered` (telephone, lasts_s).

        Raises:
            SimulatorError: `timeout` when none came.
        """
        request: dict[str, object] = {"kind": kind, "match": match, "since": since, "for_s": timeout_s}
        return dict(await self.ask_within(timeout_s + ANSWER_S, "wait_for", request))
