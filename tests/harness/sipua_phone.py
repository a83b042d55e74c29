"""The measuring phone's program: `python -m tests.harness.sipua_phone FOLDER JSON`.

Options are `port` (0 takes any), `host` (default 127.0.0.1) and `rough`. Another loopback address as host is a stranger
to the trunk. `rough` are the members of `Roughness`: a line that loses, delays and reorders. It speaks the verbs of
`baresip_phone` and can do what no decent phone does (`event`). It gives any refusal, and keys that are too long, have
no end, or do not exist.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from hardware.simulator.g711 import encode_alaw
from tests.harness.phone_process import Control
from tests.harness.realtime import goes_first
from tests.harness.rough_line import Roughness
from tests.harness.rtp import EVENTS
from tests.harness.sipua import Endpoint

PRESS_MS = 100
GAP_MS = 100


class MeasuringPhone:
    """The verbs."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def own(self, request: dict[str, Any]) -> None:
        self._endpoint.numbers.add(request["number"])

    async def dial(self, request: dict[str, Any]) -> dict[str, int]:
        return {"line": self._endpoint.call(request["number"], request["uri"]).number}

    async def answer(self, request: dict[str, Any]) -> None:
        self._endpoint.lines[request["line"]].respond(200)

    async def refuse(self, request: dict[str, Any]) -> None:
        self._endpoint.lines[request["line"]].respond(request["status"])

    async def hang_up(self, request: dict[str, Any]) -> None:
        self._endpoint.lines[request["line"]].hang_up()

    async def offer(self, request: dict[str, Any]) -> None:
        self._endpoint.lines[request["line"]].offers(request["direction"])

    async def keys(self, request: dict[str, Any]) -> None:
        """`digits`, or `event`: one event code 0…255. `ends`: 0 leaves the key without an end."""
        stream = self._endpoint.lines[request["line"]].stream
        events = [request["event"]] if "event" in request else [EVENTS.index(digit) for digit in request["digits"]]
        press_ms, gap_ms = int(request.get("press_ms", PRESS_MS)), int(request.get("gap_ms", GAP_MS))
        lasts_s = sum(stream.press(event, press_ms, gap_ms, int(request.get("ends", 3))) for event in events)
        await asyncio.sleep(lasts_s)

    async def say(self, request: dict[str, Any]) -> dict[str, float]:
        """Answers when the first sample leaves, with that time."""
        loop = asyncio.get_running_loop()
        started: asyncio.Future[float] = loop.create_future()
        samples = np.frombuffer(await asyncio.to_thread(Path(request["file"]).read_bytes), "<i2")
        self._endpoint.lines[request["line"]].stream.say(encode_alaw(samples), lambda at_s: _tell(loop, started, at_s))
        return {"at_s": await started}

    async def hush(self, request: dict[str, Any]) -> dict[str, float]:
        self._endpoint.lines[request["line"]].stream.hush()
        return {"at_s": asyncio.get_running_loop().time()}

    async def line_quality(self, request: dict[str, Any]) -> dict[str, int]:
        """What became of the packets on a rough line."""
        rough = self._endpoint.lines[request["line"]].rough
        return {} if rough is None else dict(rough.counted)

    async def lateness(self, request: dict[str, Any]) -> dict[str, list[float]]:
        """How late each of the last packets left, against the beat (seconds)."""
        return {"late_s": list(self._endpoint.lines[request["line"]].stream.lateness_s)}


def _tell(loop: asyncio.AbstractEventLoop, started: asyncio.Future[float], at_s: float) -> None:
    loop.call_soon_threadsafe(started.set_result, at_s)


async def main() -> None:
    goes_first()
    control = Control()
    options = json.loads(sys.argv[2])
    rough = Roughness(**options["rough"]) if "rough" in options else None
    endpoint = Endpoint(options.get("host", "127.0.0.1"), Path(sys.argv[1]), control.event, rough)
    await endpoint.start(options.get("port", 0))
    phone = MeasuringPhone(endpoint)
    verbs = ("own", "dial", "answer", "refuse", "hang_up", "offer", "keys", "say", "hush", "lateness", "line_quality")
    try:
        await control.serve({verb: getattr(phone, verb) for verb in verbs})
    finally:
        await endpoint.stop()


if __name__ == "__main__":
    asyncio.run(main())
