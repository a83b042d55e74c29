"""`samband run` with controllers that can be made to fail: `python -m tests.harness.mortal run`.

The program is the product's own. Only what a controller does to become ready is followed by a failure, as any part of
it may fail, when the process gets SIGUSR1. `python -m tests.harness.mortal` alone is such a controller.
"""

import asyncio
import signal
import sys

from bridge import cli
from bridge.main import __main__ as program
from bridge.main import controller as product
from bridge.main import supervisor
from bridge.main.controller import Controller

MODULE = "tests.harness.mortal"


class Failed(RuntimeError):
    """What the test asked for."""


_becomes_ready = product._become_ready


async def _fails(controller: Controller, server: product._Server, example: bool) -> None:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, asked.set)
    await _becomes_ready(controller, server, example)
    await asked.wait()
    raise Failed("the test asked for it")


def main() -> None:
    if sys.argv[1:2] == ["run"]:
        supervisor.CONTROLLER = MODULE  # type: ignore[misc]
        cli.main()
    product._become_ready = _fails
    program.main()


if __name__ == "__main__":
    main()
