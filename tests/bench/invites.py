"""INVITEs on the wire: never more in any second than the trunk takes, and hardly less while there is work."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from tests.bench.alerts import directory
from tests.bench.figures import Figure, Scale
from tests.harness import wait
from tests.harness.sipp import FICTION
from tests.harness.world import samband_world

RATES: Final = (5, 20, 40)
SECONDS: Final = 10
"""So long each rate has work."""
WINDOW_S: Final = 1.0
WHOLE: Final = 0.98
_TRUNK: Final = 'calls_per_s = {rate}\nchannels = 1000\nprefixes = ["+46"]'
_STAMP_BYTES: Final = 64


class BusyEnd(asyncio.DatagramProtocol):
    """The far end of a trunk: every number is busy at once. Each INVITE's time is the kernel's, of its arrival."""

    def __init__(self) -> None:
        self.invites_s: dict[str, float] = {}
        """Call-ID → when its first INVITE came."""

    def heard(self, message: bytes, at_s: float) -> list[bytes]:
        """Gives what to answer."""
        text = message.decode(errors="replace")
        if text.startswith("INVITE "):
            self.invites_s.setdefault(header_of(text, "Call-ID"), at_s)
            return [answer_to(text, "486 Busy Here")]
        return [] if text.startswith(("ACK ", "SIP/2.0 ")) else [answer_to(text, "200 OK")]


def header_of(text: str, name: str) -> str:
    found = re.search(rf"^{name}:\s*(.+?)\r?$", text, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def answer_to(request: str, status: str) -> bytes:
    vias = re.findall(r"^Via:.*?$", request, re.MULTILINE | re.IGNORECASE)
    lines = [f"SIP/2.0 {status}", *(via.strip() for via in vias)]
    lines += [f"{name}: {header_of(request, name)}" for name in ("From", "Call-ID", "CSeq")]
    lines += [f"To: {header_of(request, 'To')};tag=busy", "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode()


End = TypeVar("End", bound=BusyEnd)


@asynccontextmanager
async def the_end(end: End, port: int) -> AsyncIterator[End]:
    """At 127.0.0.1:`port`, by UDP."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        bound.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        bound.bind(("127.0.0.1", port))
        bound.setblocking(False)
        loop.add_reader(bound, _read, bound, end)
        try:
            yield end
        finally:
            loop.remove_reader(bound)


SO_TIMESTAMPNS: Final = 35
"""Linux: each datagram with the time at which the kernel took it, however late we read it."""


def _read(bound: socket.socket, end: BusyEnd) -> None:
    with suppress(BlockingIOError):
        while True:
            message, extra, _, address = bound.recvmsg(65535, _STAMP_BYTES)
            stamps = [int.from_bytes(data[:8], "little") + int.from_bytes(data[8:16], "little") / 1e9
                      for _, kind, data in extra if kind == SO_TIMESTAMPNS]  # fmt: skip
            for answer in end.heard(message, stamps[0] if stamps else time.time()):
                bound.sendto(answer, address)


def most_in_a_window(times_s: Sequence[float], window_s: float = WINDOW_S) -> int:
    """The most that lie in any window of this length, wherever it begins: [t, t + window)."""
    ordered, last, most = sorted(times_s), 0, 0
    for first, begin_s in enumerate(ordered):
        while last < len(ordered) and ordered[last] < begin_s + window_s:
            last += 1
        most = max(most, last - first)
    return most


def per_second(times_s: Sequence[float]) -> float:
    """From the first to the last, which are one interval less than there are of them."""
    lasted_s = max(times_s) - min(times_s) if len(times_s) > 1 else 0.0
    return (len(times_s) - 1) / lasted_s if lasted_s > 0 else 0.0


async def pace(folder: Path, scale: Scale) -> Sequence[Figure]:
    """At each rate a list whose numbers are all busy, so that nothing but the trunk's pace holds it up."""
    figures: list[Figure] = []
    for rate in RATES:
        count = min(len(FICTION), max(30, rate * scale.of(SECONDS, 3)))
        times_s = await _invites(folder / f"{rate}", rate, count)
        raw: dict[str, object] = {"at_s": [round(one - times_s[0], 4) for one in times_s]} if times_s else {}
        short = "" if len(times_s) == count else f"{count - len(times_s)} of {count} calls fell away"
        figures += [
            Figure(f"INVITEs in the fullest second, {rate} calls/s allowed", most_in_a_window(times_s), "INVITEs", rate,
                   samples=len(times_s), least=count, wanting=short, raw=raw,
                   how="in any window of 1 s, by the kernel's time of arrival; repeated INVITEs are no new calls"),
            Figure(f"INVITEs a second while there is work, {rate} allowed", per_second(times_s), "1/s", WHOLE * rate,
                   more_is_better=True, samples=len(times_s), least=count, wanting=short),
        ]  # fmt: skip
    return figures


async def _invites(folder: Path, rate: int, count: int) -> list[float]:
    folder.mkdir(parents=True)
    async with (
        samband_world(folder, trunk=_TRUNK.format(rate=rate)) as world,
        the_end(BusyEnd(), world.trunk_port) as end,
    ):
        await directory(world, FICTION[:count])
        end.invites_s.clear()
        started = await world.api.post("activations", json={"list_id": "bench", "rounds": 1, "ring_s": 60})
        started.raise_for_status()
        with suppress(wait.Waited):  # who fell away is told
            await wait.until(lambda: len(end.invites_s) >= count, 2 * count / rate + 15, every_s=0.2)
        (await world.api.post(f"activations/{started.json()['id']}/cancel")).raise_for_status()
        return sorted(end.invites_s.values())
