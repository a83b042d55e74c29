"""`samband run` with controllers that can be made to fail: `python -m tests.harness.mortal run`.

The program is the product's own. When the process gets SIGUSR1, a failure follows the controller's work to become
ready. Any part of that may fail. `python -m tests.harness.mortal` alone forks such controllers.
"""

import asyncio
import signal
import sys

from bridge import cli
from bridge.main import begun, fork_server
from bridge.main import starting as product
from bridge.main.rig import Rig

MODULE = "tests.harness.mortal"


class Failed(RuntimeError):
    """What the test asked for."""


_becomes_ready = product.become_ready


async def _fails(rig: Rig) -> None:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, asked.set)
    await _becomes_ready(rig)
    await asked.wait()
    raise Failed("the test asked for it")


def main() -> None:
    if sys.argv[1:2] == ["run"]:
        begun.FORK_SERVER = MODULE  # type: ignore[misc]
        cli.main()
    product.become_ready = _fails
    fork_server.main()


if __name__ == "__main__":
    main()
