"""The peer of eight patches. It is a process that sends so many streams of frames, each by absolute deadlines, and no
more.

`python -m tests.bench.pacer SECONDS PORT…`; at each port of 127.0.0.1 somebody takes AudioSocket frames.
"""

import asyncio
import contextlib
import os
import sys
from typing import Final

from bridge.audio.frame import FRAME_MS, FRAME_SAMPLES

FRAME: Final = bytes([0x10]) + (2 * FRAME_SAMPLES).to_bytes(2, "big") + bytes(2 * FRAME_SAMPLES)
REAL_TIME: Final = 10
"""As the media worker asks for."""


async def _paces(port: int, seconds: float) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    end_s = due_s + seconds
    while due_s < end_s:
        writer.write(FRAME)
        due_s += FRAME_MS / 1000
        await asyncio.sleep(max(0.0, due_s - loop.time()))
    writer.close()


async def _all(seconds: float, ports: list[int]) -> None:
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REAL_TIME))
    await asyncio.gather(*(_paces(port, seconds) for port in ports))


if __name__ == "__main__":
    asyncio.run(_all(float(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
