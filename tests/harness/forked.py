"""What a fork server of the tests makes: `main` is told by its command line what to do.

`python -m tests.harness.forked` is that fork server.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from bridge.main import fork_server


def main(words: Sequence[str]) -> NoReturn:
    """Do as the first word says, and end the process."""
    act, *rest = words
    if act == "tells":
        held = sorted(int(one.name) for one in Path("/proc/self/fd").iterdir() if one.exists())
        print(rest, os.getsid(0) == os.getpid(), held, flush=True)
    if act == "shows":
        print(rest, os.environ["NOTIFY_SOCKET"], flush=True)
    if act == "waits":
        sys.stdin.buffer.read(1)
    while act == "hangs":
        time.sleep(1)
    os._exit(int(rest[0]) if act == "ends" else 0)


if __name__ == "__main__":
    fork_server.main("tests.harness.forked")
