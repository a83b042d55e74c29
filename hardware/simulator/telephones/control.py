"""Control of the simulated telephones (`json_lines`), for scenarios, tests and the curious."""

import asyncio
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.domain.kernel.reasons import Unusable
from hardware.simulator.g711 import decode_alaw_s16
from hardware.simulator.json_lines import LineServer, Request, actions_of
from hardware.simulator.listener import Address
from hardware.simulator.reasons import TelephoneReason
from hardware.simulator.signals import RATE_HZ, write_wav
from hardware.simulator.telephones.exchange import Exchange
from hardware.simulator.telephones.manners import e164, manner_of

MAX_WAIT_S: Final = 120.0
SLOWEST: Final = 0.1
FASTEST: Final = 100.0


class Control:
    """Everything that can be asked. Telephones are named by their number."""

    def __init__(self, exchange: Exchange, address: Address) -> None:
        self._exchange = exchange
        self._usual = dict(exchange.manners)
        self.listener = LineServer(address, actions_of(self)).listener

    async def do_state(self, request: Request) -> list[dict[str, Any]]:
        """Every telephone, with the call that it has."""
        calls = {line.own: line for line in self._exchange.lines()}
        return [
            {
                "number": number,
                "name": manner.name,
                "manner": manner.__struct_config__.tag,
                "state": calls[number].state if number in calls else "idle",
                "held": number in calls and calls[number].held,
            }
            for number, manner in self._exchange.manners.items()
        ]

    async def do_set(self, request: Request) -> None:
        """Give a telephone another manner, for calls that come from now on; an unknown number becomes a telephone."""
        manner = manner_of(request["telephone"])
        self._exchange.manners[e164(manner.number)] = manner

    async def do_speed(self, request: Request) -> None:
        """How much faster than the clock people wait."""
        speed = float(request["speed"])
        if not SLOWEST <= speed <= FASTEST:
            raise Unusable(TelephoneReason.SPEED(least=SLOWEST, most=FASTEST))
        self._exchange.speed = speed

    async def do_call(self, request: Request) -> None:
        """Have a telephone call the system at `to`."""
        self._exchange.calls(str(request["number"]), str(request["to"]))

    async def do_keys(self, request: Request) -> float:
        """Press keys; gives how long that takes in seconds."""
        return self._exchange.line_of(str(request["number"])).sound.presses(str(request["keys"]))

    async def do_say(self, request: Request) -> None:
        """Begin to say a text."""
        self._exchange.person_of(str(request["number"])).says(str(request.get("text", "")))

    async def do_speak(self, request: Request) -> float:
        """Speak a text, in the voice that goes by `voice_of`, into the WAV file `path`; gives its length in seconds."""
        codes = await self._exchange.voices.speaks(str(request["text"]), str(request["voice_of"]))
        samples = np.frombuffer(decode_alaw_s16(codes), "<i2")
        await asyncio.to_thread(write_wav, Path(str(request["path"])), samples)
        return len(codes) / RATE_HZ

    async def do_hang_up(self, request: Request) -> None:
        self._exchange.line_of(str(request["number"])).hangs_up()

    async def do_hold(self, request: Request) -> None:
        self._exchange.line_of(str(request["number"])).holds(bool(request["held"]))

    async def do_reset(self, request: Request) -> None:
        """Every telephone behaves as its file says again, and people wait by the clock."""
        self._exchange.manners = dict(self._usual)
        self._exchange.speed = 1.0

    async def do_mark(self, request: Request) -> int:
        """The number of the latest event."""
        return self._exchange.events.number

    async def do_wait_for(self, request: Request) -> dict[str, Any]:
        """The first event after number `since` of a `kind` with these facts: `call` (telephone, state), `heard`."""
        timeout_s = min(float(request.get("for_s", 10.0)), MAX_WAIT_S)
        since, match = int(request.get("since", 0)), request.get("match", {})
        return (await self._exchange.events.wait_for(str(request["kind"]), match, since, timeout_s)).as_dict()
