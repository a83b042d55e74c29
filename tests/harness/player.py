"""Stands in the place of the player of exercises, where no region is simulated: `python -m tests.harness.player`.

It reads scenarios as the real one, which does it for this one. It plays nothing. It tells a line, waits for the file
`go-on` beside the token, tells two results, and ends.
"""

import contextlib
import json
import select
import signal
import sys
from pathlib import Path
from types import FrameType

from hardware.simulator.exercise import __main__ as player

GOES_ON = "go-on"
STOPPED = 130


class _Stopped(Exception):
    pass


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _tells(kind: str, **told: object) -> None:
    print(json.dumps({"kind": kind, **told}), flush=True)


def main() -> int:
    """As the real one, with the state of its end."""
    arguments = sys.argv[1:]
    if "--list" in arguments or "--dry-run" in arguments:
        return player.main()
    token = next(Path(one.partition("=")[2]) for one in arguments if one.startswith("--token="))
    sys.argv.append("--dry-run")
    player.main()
    signal.signal(signal.SIGTERM, _stop)
    with contextlib.suppress(_Stopped):
        _tells("line", text="00:01  konferensen öppnas")
        while not token.with_name(GOES_ON).exists():
            if select.select([sys.stdin], [], [], 0.05)[0]:  # nobody writes there: it is the end
                return STOPPED
        _tells("result", expected="minst 2 i mötet", seen="3", met=True)
        _tells("result", expected="Polisen: deltar", seen="väntar", met=False)
        return 1
    return STOPPED


if __name__ == "__main__":
    sys.exit(main())
