"""A program that keys a terminal and holds it: `python -m tests.integration.rakel.keyed_program <serial> <gssi>`.

Prints `granted` when the channel is its own. To be killed.
"""

import asyncio
import signal
import sys

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import Gssi, TerminalName
from bridge.domain.radio.events import TerminalChanged, TerminalState, TransmitGranted
from bridge.rakel.radio import RakelRadio
from tests.unit.rakel.peer import RealClock, terminal_settings

NAME = TerminalName("rakel-1")


async def main(serial: str, gssi: Gssi) -> None:
    ready = asyncio.Event()

    def told(event: Event) -> None:
        if isinstance(event, TerminalChanged) and event.state is TerminalState.READY:
            ready.set()
        if isinstance(event, TransmitGranted):
            print("granted", flush=True)

    radio = RakelRadio([terminal_settings(serial, talkgroup=gssi)], RealClock(), told)
    running = asyncio.create_task(radio.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    await ready.wait()
    await radio.demand_transmit(NAME, gssi)
    await asyncio.gather(running, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Gssi(int(sys.argv[2]))))
